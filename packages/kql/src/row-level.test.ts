import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { expressionFaults, rowLevelFaults } from './row-level.ts';

const source = { name: 'source', columns: [{ name: 'RawData', type: 'string' }] } as const;
const faults = (text: string) =>
  rowLevelFaults(text, source).map(({ message, start, end }) => [text.slice(start, end), message]);

it('takes what looks at rows one by one', () => {
  expect(
    faults(`let Host = 'x';
source // as it comes
| where RawData startswith 'A' and RawData has 'join'
| parse RawData with 'A ' Time:datetime ' ' Rest
| parse-kv Rest as (user:string)
| extend N = array_length(split(Rest, '|')), H = Host
| project-rename User = user
| project-away Rest`),
  ).toEqual([]);
});

it.each([
  ['source | mv-expand A = range(1, 1000000)', 'mv-expand'],
  ['source | join kind=inner (source) on RawData', 'join'],
  ['union source, source', 'union'],
  ['source | summarize count() by RawData', 'summarize'],
  ['print RawData = 1', 'print'],
  ['source | take 5', 'take'],
  ['SecurityEvent | project RawData = Account', 'begins with'],
  ['datatable(RawData:string)["x"]', 'own row'],
  ['source | extend A = toscalar(source | count)', 'own row'],
  ["source | where RawData in (externaldata(x:string)['https://example.com'])", 'own row'],
  ['source | project RawData; source | project RawData', 'one query'],
  ['source | where RawData in (source)', 'named twice'],
  ['', 'begins with'],
])('refuses %s', (text, word) => {
  expect(JSON.stringify(faults(text))).toContain(word);
});

it('takes what ships', () => {
  const root = join(import.meta.dirname, '../../../content/sources');
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('/syslog.kql'));
  const refused = files.filter((name) => rowLevelFaults(readFileSync(join(root, name), 'utf8'), source).length > 0);
  expect(files.length).toBeGreaterThan(3);
  expect(refused).toEqual([]);
});

it.each(['true', "RawData startswith 'A'", "(RawData has ')') and true // so", 'true) and (false'])(
  'takes the expression %s',
  (text) => {
    expect(expressionFaults(text, source.columns)).toEqual([]);
  },
);

it.each([
  'true) | extend A = (1',
  'true) | mv-expand A = range(1, 10) | where (true',
  'true); print (1',
  "RawData in ((externaldata(x:string)['https://example.com']))",
  'RawData in (source)',
])('refuses the expression %s', (text) => {
  expect(expressionFaults(text, source.columns)).not.toEqual([]);
});
