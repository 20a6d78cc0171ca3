import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { compile, type KqlCatalogue } from '@sallyport/kql';
import { Catalogue, loadFunctions } from '@sallyport/lake';
import { loadLogSources } from '../apps/server/src/detection/index.ts';
import { LogSourceFile } from '../packages/sigma/src/index.ts';
import { openEngine, type Engine } from '../packages/kql/test/engine.ts';
import { compiled, ruleOf, testSource } from '../packages/sigma/src/testing.ts';
import { holds, type SigmaEvent } from './sigma-model.ts';

const now = new Date('2026-01-01T00:00:00Z');

describe('log sources', async () => {
  const sources = await loadLogSources();
  const catalogue: KqlCatalogue = (await Catalogue.load()).kql(await loadFunctions());

  it.each(sources.map((source) => [source.view, source] as const))('%s has the columns that it says', (view, source) => {
    const { columns } = compile(view, catalogue, { now, noData: true });
    const types = new Map(columns.map(({ name, type }) => [name, type]));
    expect(types.get('TimeGenerated')).toBe('datetime');
    for (const name of source.columns.string) expect([name, types.get(name)]).toEqual([name, 'string']);
    for (const name of source.columns.long) expect([name, types.get(name)]).toEqual([name, expect.stringMatching(/^(int|long)$/)]);
    for (const name of [...(source.rest ? [source.rest] : []), ...(source.keywords?.json ?? [])])
      expect([name, types.get(name)]).toEqual([name, 'dynamic']);
    const shown = [...source.customDetails, ...source.entityMappings.flatMap((one) => one.fieldMappings.map((f) => f.columnName))];
    for (const name of shown) expect([...types.keys()]).toContain(name);
    const texts = [...Object.values(source.fields), ...(source.keywords?.text ?? [])];
    const wheres = source.logsources.flatMap(({ where }) => where ?? []);
    const said = [
      'TimeGenerated',
      ...texts.map((kql, at) => `T${at} = (${kql})`),
      ...wheres.map((kql, at) => `W${at} = (${kql})`),
    ];
    const typed = compile(`${view}\n| project ${said.join(', ')}`, catalogue, { now, noData: true }).columns;
    expect(typed.map(({ type }) => type)).toEqual(['datetime', ...texts.map(() => 'string'), ...wheres.map(() => 'bool')]);
  });

  it('no two of them are of the same', () => {
    const keys = sources.flatMap(({ logsources }) =>
      logsources.map(({ product, category, service }) => `${product ?? ''}/${category ?? ''}/${service ?? ''}`),
    );
    expect(keys.filter((key, at) => keys.indexOf(key) !== at)).toEqual([]);
  });
});

describe('on the engine', () => {
  const table = {
    name: 'Events',
    columns: [
      { name: 'TimeGenerated', type: 'datetime' },
      { name: 'A', type: 'string' },
      { name: 'B', type: 'string' },
      { name: 'Ip', type: 'string' },
      { name: 'Message', type: 'string' },
      { name: 'N', type: 'long' },
      { name: 'Rest', type: 'dynamic' },
    ],
  } as const;
  const catalogue: KqlCatalogue = {
    version: 'sigma',
    tables: [table],
    functions: [{ name: testSource.view, parameters: '()', body: testSource.body }],
  };
  let engine: Engine;
  beforeAll(() => {
    engine = openEngine();
    engine.create(table);
  });
  afterAll(() => engine.close());

  const store = (events: readonly (SigmaEvent & { readonly at?: string })[]): void => {
    engine.run('TRUNCATE TABLE Events');
    const text = (value: string): string => `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
    const rows = events.map(
      ({ A, B, Ip, Message, N, Rest, at = '2025-12-31T23:55:00' }) =>
        `('${at}', ${[A, B, Ip, Message].map(text).join(', ')}, ${N ?? 'NULL'}, ${text(JSON.stringify(Rest))})`,
    );
    engine.run(`INSERT INTO Events (TimeGenerated, A, B, Ip, Message, N, Rest) VALUES ${rows.join(', ')}`);
  };
  const ask = (query: string): unknown[][] => engine.rows(compile(query, catalogue, { now }).sql);

  const piece = fc.constantFrom('cmd', 'CMD', '.exe', '\\', '/', '*', '?', '-', ' ', 'é', 'É', "'", '"', '%', '.', 'k', '(', '[', '\n', 'x');
  const words = fc.array(piece, { maxLength: 4 }).map((parts) => parts.join(''));
  const event: fc.Arbitrary<SigmaEvent> = fc.record({
    A: words,
    B: words,
    Ip: fc.constantFrom('', '10.1.2.3', '192.0.2.1', 'fe80::1', 'nobody'),
    Message: words,
    N: fc.option(fc.integer({ min: -2, max: 12 }), { nil: null }),
    Rest: fc.record({ X: fc.oneof(words, fc.integer({ min: 0, max: 9 })), Y: fc.record({ Z: words }) }),
  });
  const textField = fc.constantFrom('A', 'B', 'a-b', 'X', 'Y.Z');
  const pattern = fc
    .array(fc.oneof(piece, fc.constantFrom('*', '?', '\\*', '\\?', '\\\\')), { minLength: 1, maxLength: 4 })
    .map((parts) => parts.join(''));
  const modifiers = fc.constantFrom('', '|contains', '|startswith', '|endswith', '|contains|all', '|cased', '|contains|cased', '|startswith|cased', '|endswith|cased', '|windash', '|contains|windash', '|neq');
  const item = fc.oneof(
    { weight: 6, arbitrary: fc.tuple(textField, modifiers, fc.array(pattern, { minLength: 1, maxLength: 3 })).map(([f, m, v]) => [f + m, v] as const) },
    fc.tuple(textField, fc.constantFrom<null | string>(null, '')).map(([f, v]) => [f, v] as const),
    fc.tuple(fc.constantFrom('N', 'X'), fc.integer({ min: -2, max: 12 })).map(([f, v]) => [f, v] as const),
    fc.tuple(fc.constantFrom('N|lt', 'N|lte', 'N|gt', 'N|gte', 'X|gt'), fc.integer({ min: -2, max: 12 })).map(([f, v]) => [f, v] as const),
    fc.tuple(fc.constantFrom('N', 'A', 'X'), fc.boolean()).map(([f, v]) => [`${f}|exists`, v] as const),
    fc.constantFrom(['A|fieldref', 'B'], ['A|fieldref|contains', 'B'], ['A|fieldref|startswith', 'B'], ['Ip|cidr', '10.0.0.0/8'], ['Ip|cidr', 'fe80::/10']).map(([k, v]) => [k!, v!] as const),
  );
  const map = fc.array(item, { minLength: 1, maxLength: 3 }).map((items) => Object.fromEntries(items));
  const search = fc.oneof({ weight: 3, arbitrary: map }, fc.array(map, { minLength: 1, maxLength: 3 }), fc.array(pattern, { minLength: 1, maxLength: 2 }));
  const condition = fc.constantFrom('s1', 'not s1', 's1 and s2', 's1 or not s2', 's1 and not 1 of f*', '1 of s*', 'all of s*', '(s1 or f1) and not s2', 'not all of them', '2 of s* or f1');
  const rule = fc
    .record({ s1: search, s2: search, f1: search, condition })
    .map((detection) => detection as Record<string, unknown>);

  it('a condition holds for the events that Sigma means', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 12 }), fc.array(rule, { minLength: 15, maxLength: 15 }), (events, rules) => {
        store(events.map((one, n) => ({ ...one, at: at(100 - n) })));
        const conditions = rules.map((detection) => {
          const { rules: [only], problems } = compiled(ruleOf(detection));
          expect(problems).toEqual([]);
          return only?.condition ?? '';
        });
        const said = conditions.map((kql, n) => `R${n} = coalesce(${kql}, false)`);
        const answer = ask(`${testSource.view} | sort by TimeGenerated asc | project ${said.join(', ')}`);
        const wrong = rules.flatMap((detection, n) =>
          events.flatMap((one, row) => {
            const [ours, meant] = [answer[row]?.[n], holds(detection, one)];
            return ours === meant ? [] : [{ ours, meant, event: one, detection, kql: conditions[n] }];
          }),
        );
        expect(wrong.slice(0, 1)).toEqual([]);
      }),
      { numRuns: 15 },
    );
  });

  const at = (minutes: number): string => new Date(now.getTime() - minutes * 60_000).toISOString().slice(0, 19);
  const simple = (A: string, B: string, minutes: number, N = 1) => ({ A, B, Ip: '', Message: '', N, Rest: {}, at: at(minutes) });
  const correlation = (correlation: unknown): string =>
    ['one', 'two', 'three']
      .map((name) => ruleOf({ s: { A: name }, condition: 's' }, { name, title: name, id: `id-${name}` }))
      .concat(ruleOf(undefined, { title: 'C', id: 'c', detection: undefined, logsource: undefined, correlation }))
      .join('---\n');
  const fires = (given: Record<string, unknown>): unknown[][] => {
    const { rules, problems } = compiled(correlation({ rules: ['one', 'two', 'three'], 'group-by': ['B'], timespan: '10m', ...given }));
    expect(problems).toEqual([]);
    return ask(`${rules.at(-1)?.query ?? ''}\n| sort by B asc | project B`);
  };
  it.each([
    [{ type: 'event_count', condition: { gte: 3 } }, [['all'], ['back'], ['many']]],
    [{ type: 'event_count', rules: ['one'], condition: { gt: 2 } }, [['many']]],
    [{ type: 'value_count', condition: { field: 'N', gte: 3 } }, [['many']]],
    [{ type: 'value_sum', condition: { field: 'N', gte: 6 } }, [['many']]],
    [{ type: 'value_avg', condition: { field: 'N', gt: 1.5 } }, [['many']]],
    [{ type: 'temporal' }, [['all'], ['back']]],
    [{ type: 'temporal_ordered' }, [['all']]],
    [{ type: 'temporal', condition: 'one and not two' }, [['many']]],
  ])('%j finds the groups that it means', (given, groups) => {
    const steps = ['one', 'two', 'three'];
    store([
      ...steps.map((step, n) => simple(step, 'all', 3 - n * 1.25)),
      ...steps.toReversed().map((step, n) => simple(step, 'back', 3 - n * 1.25)),
      ...[1, 2, 3].map((n) => simple('one', 'many', 4.25 - n * 1.25, n)),
      // Nothing new: it was told before.
      ...steps.map((step, n) => simple(step, 'past', 5 - n)),
    ]);
    expect(fires(given)).toEqual(groups);
  });
});

it('the recipe shows a file that is one', async () => {
  const recipe = await readFile(new URL('../docs/recipes/sigma-logsource.md', import.meta.url), 'utf8');
  const [, yaml = ''] = /```yaml\n([\s\S]*?)```/.exec(recipe) ?? [];
  const { body } = LogSourceFile.parse(parse(yaml));
  const catalogue = (await Catalogue.load()).kql();
  expect(compile(body, catalogue, { now, noData: true }).columns.map(({ name }) => name)).toContain('Door');
});
