import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collect, functionsOf, textOf } from './items.ts';

const files: Readonly<Record<string, string>> = {
  'rule.yaml': 'name: A rule\nkind: Scheduled\nseverity: High\nquery: Syslog | take 1\n',
  'custom-detection.yaml': 'displayName: A detection\nqueryCondition:\n  queryText: Syslog | take 2\n',
  'exported.yaml': 'DisplayName: A rule\nQuery: Syslog | take 3\nKind: Scheduled\n',
  'deployed.yaml': 'properties:\n  displayName: A rule\n  query: Syslog | take 4\n',
  'function.yaml': 'name: A view of logs\nfunctionAlias: AView\nquery: Syslog | take 5\n',
  'parser.yaml':
    'ParserName: vimThing\nParserParams:\n- {Name: starttime, Type: datetime, Default: datetime(null)}\nParserQuery: Syslog | take 6\n',
  'parsers.jsonl': '{"name":null,"query":"Syslog | take 7"}\n',
  'workbook.json': JSON.stringify({
    version: 'Notebook/1.0',
    items: [
      { type: 9, content: { parameters: [{ name: 'Kind', type: 2, query: 'Syslog | take 8' }] } },
      { type: 3, content: { query: "Syslog | where '*' in ({Kind}) | take 9" } },
      { type: 3, name: 'elsewhere', content: { query: 'Resources', queryType: 1 } },
    ],
  }),
  'other.json': '{}',
  'other.yaml': 'title: not a query\n',
};
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-items-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('content as files', () => {
  it('is read in every form that rules, detections and parsers have', () => {
    const { items, failures } = collect([folder]);
    expect(items.map((i) => Number(i.query.trim().slice(-1))).toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(failures).toEqual([
      { path: join(folder, 'other.yaml'), code: 'NoQuery', message: 'it has no `query`' },
      {
        path: `${join(folder, 'workbook.json')}: elsewhere`,
        code: 'NotDrawn',
        message: 'it asks a service that is not here (query of type 1)',
      },
    ]);
  });
  it('gives functions to the rest by each of their names', () => {
    const { items } = collect([folder]);
    const shipped = ['vimThing', 'vimOther'].map((name) => ({ name, parameters: '()', body: 'Syslog' }));
    expect(functionsOf(items, shipped, ['Taken']).map((f) => `${f.name}${f.parameters}`)).toEqual([
      'vimOther()',
      'AView()',
      'vimThing(starttime:datetime=datetime(null))',
    ]);
    expect(functionsOf(items, [], ['vimThing']).map((f) => f.name)).toEqual(['AView']);
    const parser = items.find((i) => i.path.endsWith('parser.yaml'))!;
    const { text, offset } = textOf(parser, 'table');
    expect(text.slice(offset, offset + parser.query.length)).toBe(parser.query);
  });
});
