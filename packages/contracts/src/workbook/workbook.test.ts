import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  dropDownValue,
  durationLabel,
  fillJson,
  fillQuery,
  fillText,
  isVisible,
  itemsOf,
  NotAWorkbook,
  ParameterDefinition,
  parametersIn,
  parseWorkbook,
  rowOptions,
  staticOptions,
  textValue,
  timeValue,
  UnsafeParameter,
  type ParameterValue,
} from './index.ts';

const faultOf = (work: () => unknown): unknown => {
  try {
    work();
    return undefined;
  } catch (error) {
    return error;
  }
};
const now = new Date('2026-01-02T00:00:00Z');
const values = (given: Record<string, ParameterValue>): Map<string, ParameterValue> => new Map(Object.entries(given));
const several = (list: string[], trusted = false): ParameterValue => ({
  kind: 'text',
  values: list,
  labels: list,
  multi: true,
  quote: "'",
  delimiter: ',',
  trusted,
});

describe('fillQuery', () => {
  const day = timeValue({ durationMs: 86_400_000 }, now);
  it.each([
    ['T | where TimeGenerated {Time}', 'T | where TimeGenerated  > datetime(2026-01-01T00:00:00.000Z)'],
    [
      'T | make-series n = count() on TimeGenerated from {Time:start} to {Time:end} step {Time:grain}',
      'T | make-series n = count() on TimeGenerated from datetime(2026-01-01T00:00:00.000Z) to datetime(2026-01-02T00:00:00.000Z) step 30m',
    ],
    ["T | where App in ({Apps}) or '*' in ({Apps})", "T | where App in ('a','b\\'c') or '*' in ('a','b\\'c')"],
    ["T | where A == '{One}'", "T | where A == 'it\\'s'"],
    ['T | where A == "{One}"', 'T | where A == "it\'s"'],
    ["T | where A == @'{One}'", "T | where A == @'it''s'"],
    ['T // {One}\n| take 1', "T // it's\n| take 1"],
    ['T | where N > {Number}', 'T | where N > 12'],
    ['let row = dynamic({Row}); T', 'let row = dynamic({"a":"\'b"}); T'],
    ['T | where X == "{Unknown}"', 'T | where X == "{Unknown}"'],
    ["T | where A == '{Row:$.a}'", "T | where A == '\\'b'"],
    ['print strcat("{", A, "}")', 'print strcat("{", A, "}")'],
  ])('%s', (query, expected) => {
    const filled = fillQuery(
      query,
      values({
        Time: day,
        Apps: several(['a', "b'c"]),
        One: textValue("it's"),
        Number: textValue('12'),
        Row: textValue('{"a":"\'b"}'),
      }),
    );
    expect(filled).toBe(expected);
  });

  it('refuses data where code stands, and takes what the author wrote', () => {
    const hostile = "x' | union SigninLogs";
    expect(() => fillQuery('T | where A == {A}', values({ A: textValue(hostile) }))).toThrow(UnsafeParameter);
    expect(fillQuery('T {A}', values({ A: textValue('| where B > 1', true) }))).toBe('T | where B > 1');
  });

  it('never lets data out of its literal', () => {
    const quotes = ["'", '"', "@'", '@"', '```'] as const;
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), fc.constantFrom(...quotes), (text, open) => {
        const close = open.replace('@', '');
        const filled = fillQuery(`T | where A == ${open}{A}${close} | take 1`, values({ A: textValue(text) }));
        const inside = filled.slice(`T | where A == ${open}`.length, -`${close} | take 1`.length);
        const unescaped =
          open === '```'
            ? inside
            : open.startsWith('@')
              ? inside.replaceAll(close + close, '')
              : inside.replaceAll(/\\./gs, '');
        expect(unescaped).not.toContain(close);
      }),
    );
  });

  it('never throws but for what could be code', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), fc.string({ maxLength: 20 }), (query, text) => {
        fillText(query, values({ A: textValue(text) }));
        const fault = faultOf(() => fillQuery(query, values({ A: textValue(text), a: several([text]) })));
        expect(fault === undefined || fault instanceof UnsafeParameter).toBe(true);
      }),
    );
  });
});

describe('parameters', () => {
  const definition = (more: object): ParameterDefinition =>
    ParameterDefinition.parse({ name: 'P', type: 2, multiSelect: true, ...more });
  const options = staticOptions('["a", {"value": "b", "label": "Bee", "selected": true}, 7, {"label": "none"}]');

  it('reads options as they are written, and as a query answers them', () => {
    expect(options.map(({ value, label }) => [value, label])).toEqual([
      ['a', 'a'],
      ['b', 'Bee'],
      ['7', '7'],
    ]);
    expect(rowOptions(['Value', 'Label', 'Selected', 'Group'], [['x', 'Ex', 1, 'g']])).toEqual([
      { value: 'x', label: 'Ex', selected: true, group: 'g' },
    ]);
    expect(rowOptions(['Name'], [['n'], [null]]).map(({ value }) => value)).toEqual(['n', '']);
    expect(staticOptions('{')).toEqual([]);
  });

  it('knows all, the first of them, what was chosen, and what is selected from the start', () => {
    const all = dropDownValue(
      definition({ value: ['value::all'], typeSettings: { selectAllValue: '*' } }),
      options,
      undefined,
      true,
    );
    expect(fillQuery('in ({P})', values({ P: all! }))).toBe("in ('*')");
    const every = dropDownValue(definition({ value: ['value::all'] }), options, undefined, true);
    expect(fillQuery('in ({P})', values({ P: every! }))).toBe("in ('a','b','7')");
    const two = dropDownValue(definition({ value: ['value::2'] }), options, undefined, true);
    expect(two).toMatchObject({ values: ['a', 'b'] });
    expect(dropDownValue(definition({}), options, undefined, true)).toMatchObject({ values: ['b'], labels: ['Bee'] });
    expect(dropDownValue(definition({}), options, ['a'], true)).toMatchObject({ values: ['a'], trusted: true });
    expect(dropDownValue(definition({}), options, ['evil'], true)).toMatchObject({ trusted: false });
    expect(dropDownValue(definition({ isRequired: true }), [], undefined, true)).toBeUndefined();
    const none = dropDownValue(definition({}), [], undefined, true);
    expect(fillQuery('in ({P})', values({ P: none! }))).toBe("in ('')");
  });

  it('says times as Microsoft does', () => {
    expect([86_400_000, 3_600_000, 604_800_000, 300_000].map(durationLabel)).toEqual([
      'Last 24 hours',
      'Last hour',
      'Last 7 days',
      'Last 5 minutes',
    ]);
    expect(fillText('{T}, {T:start}', values({ T: timeValue({ durationMs: 3_600_000 }, now) }))).toBe(
      'Last hour, 2026-01-01T23:00:00.000Z',
    );
  });

  it('writes into JSON and names what a text refers to', () => {
    expect(fillJson('{"a":"{A}"}', values({ A: textValue('"x\\') }))).toBe('{"a":"\\"x\\\\"}');
    expect(parametersIn('{A} {B:label} {A:start} {1} {}')).toEqual(['A', 'B']);
  });
});

describe('parseWorkbook', () => {
  const item = { type: 3, content: { query: 'T' }, name: 'q' };
  it('reads a workbook, one whose parts are JSON text, and one as a resource, alone or in an ARM template', () => {
    const plain = JSON.stringify({ version: 'Notebook/1.0', items: [item] });
    const old = JSON.stringify({
      version: 'Notebook/1.0',
      items: [{ type: 3, content: JSON.stringify({ query: 'T' }), halfWidth: null, conditionalVisibility: null }],
    });
    const template = JSON.stringify({
      resources: [
        { type: 'Microsoft.SecurityInsights/alertRules', properties: {} },
        { type: 'microsoft.insights/workbooks', properties: { displayName: 'Mine', serializedData: plain } },
      ],
    });
    const resource = JSON.stringify({
      type: 'microsoft.insights/workbooks',
      properties: { displayName: '{workbook_type}', serializedData: plain },
    });
    for (const json of [plain, old, `\uFEFF${template}`, resource]) {
      const [first] = parseWorkbook(json).document.items;
      expect(first).toMatchObject({ type: 3, content: { query: 'T' } });
    }
    expect(parseWorkbook(template).name).toBe('Mine');
    expect(parseWorkbook(resource).name).toBeUndefined();
  });

  it('keeps the rest of a workbook when a part is not understood', () => {
    const group = { type: 12, content: { items: [item, { type: 99 }, { type: 3, content: '{' }] } };
    const { document } = parseWorkbook(JSON.stringify({ version: 'Notebook/1.0', items: [group, { type: 1 }] }));
    expect([...itemsOf(document.items)].map(({ type }) => type)).toEqual([12, 3, 0, 0, 0]);
  });

  it.each([
    ['{', /not JSON/],
    ['[]', /the workbook/],
    ['{"version":"Notebook/1.0"}', /items/],
    ['{"version":"1","items":[]}', /version/],
  ])('refuses %s', (json, message) => {
    expect(() => parseWorkbook(json)).toThrow(NotAWorkbook);
    expect(() => parseWorkbook(json)).toThrow(message);
  });

  it('shows a part when all its conditions hold', () => {
    const { document } = parseWorkbook(
      JSON.stringify({
        version: 'Notebook/1.0',
        items: [
          { ...item, conditionalVisibility: { parameterName: 'A', comparison: 'isEqualTo', value: 'x' } },
          {
            ...item,
            conditionalVisibilities: [
              { parameterName: 'A', comparison: 'isNotEqualTo', value: 'x' },
              { parameterName: 'B', comparison: 'isEqualTo' },
            ],
          },
        ],
      }),
    );
    const shown = (a: string): boolean[] => document.items.map((one) => isVisible(one, values({ A: textValue(a) })));
    expect([shown('x'), shown('y')]).toEqual([
      [true, false],
      [false, true],
    ]);
  });
});
