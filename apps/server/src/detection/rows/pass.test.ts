import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createQueries, type Queries } from '../../hunting/index.ts';
import { startTestLake, type TestLake } from '@sallyport/testkit';
import { sql, sqlIdentifier } from '@sallyport/kql';
import { plannerOf } from './plan.ts';
import { parseRule, type AnalyticsRule } from '../rules/index.ts';
import { systemPrincipal } from '../../platform/principal.ts';

let test: TestLake;
let queries: Queries;
const functions = [
  {
    name: 'Processes',
    parameters: '()',
    body: `union (SecurityEvent | where EventID == 4688 | project TimeGenerated, Image = NewProcessName, Line = CommandLine, Parent = ParentProcessName, Id = EventID),
           (DeviceProcessEvents | project TimeGenerated, Image = FolderPath, Line = ProcessCommandLine, Parent = InitiatingProcessFolderPath, Id = int(1))`,
  },
];
beforeAll(async () => {
  test = await startTestLake();
  queries = createQueries(test.lake, functions);
  const event = (n: number, more: object) => ({
    TimeGenerated: new Date(Date.UTC(2026, 0, 1) + n * 1_000).toISOString(),
    EventID: 4688,
    Computer: 'pc1',
    NewProcessName: String.raw`C:\Windows\System32\svchost.exe`,
    CommandLine: 'svchost.exe -k netsvcs',
    ...more,
  });
  await test.lake.insertRows('SecurityEvent', [
    event(0, {}),
    event(1, { NewProcessName: String.raw`C:\Windows\System32\whoami.EXE`, CommandLine: 'whoami /all' }),
    event(2, { NewProcessName: String.raw`C:\Temp\svchost.exe` }),
    event(3, { EventID: 1102, NewProcessName: '', CommandLine: '' }),
    event(4, { EventID: 4624, TargetAccount: 'CONTOSO\\anna', LogonType: 9, NewProcessName: '', CommandLine: '' }),
    event(5, { CommandLine: 'x \u212Aelvin y' }),
  ]);
  await test.lake.insertRows('DeviceProcessEvents', [
    {
      TimeGenerated: '2026-01-01T00:01:00Z',
      FolderPath: String.raw`C:\Windows\System32\whoami.exe`,
      ProcessCommandLine: 'whoami',
    },
  ]);
});
afterAll(() => test.stop());

const rule = (query: string): AnalyticsRule => {
  const id = createHash('sha256').update(query).digest('hex');
  const { rule: read } = parseRule(
    JSON.stringify({ id, name: 'of a test', kind: 'NRT', severity: 'Low', query }),
    'test.yaml',
  );
  if (!read) throw new Error(`not a rule: ${query}`);
  return read;
};

it('finds what each rule finds by itself', { timeout: 300_000 }, async () => {
  const texts = [
    String.raw`Processes | where Image endswith @'\whoami.exe'`,
    String.raw`Processes | where Image endswith @'\svchost.exe' and not(Image startswith @'C:\Windows\System32\' or Line contains 'nothing')`,
    `SecurityEvent | where EventID == 1102`,
    `SecurityEvent | where EventID == 4624 and LogonType == 9 | extend A = tolower(TargetAccount) | where A has 'anna' | project TimeGenerated, A`,
    `Processes | where Line contains 'kelvin'`,
    `Processes | where not(Line contains 'kelvin')`,
    `let names = dynamic(['whoami', 'net1']); Processes | where Line has_any (names)`,
    `Processes | where Line matches regex @'(?i)WHO(ami)? +/all'`,
    `Processes | where Id == 1 or Line in~ ('SVCHOST.exe -k netsvcs')`,
    `Processes | where isempty(Line)`,
    `Processes | where Image contains 'nowhere'`,
  ];
  const plan = await plannerOf(queries).plan(texts.map(rule));
  expect(plan.others).toEqual([]);
  const rows = { source: (table: { name: string }) => sql`(SELECT * FROM ${sqlIdentifier(table.name)})` };
  const counts = async () => {
    const found = new Map<string, number>();
    for (const source of plan.sources)
      for (const hit of await source.hits({ lake: test.lake, queries }, rows)) found.set(hit.rule.query, hit.rows);
    return texts.map((text) => found.get(text) ?? 0);
  };
  const expected = [];
  for (const query of texts)
    expected.push(
      (await queries.run({ query, now: new Date(), as: systemPrincipal('test'), operation: 'rule' })).rows.length,
    );
  expect(await counts()).toEqual(expected);
  for (const source of plan.sources) await source.measure({ lake: test.lake, queries }, rows);
  expect(await counts()).toEqual(expected);
  for (const source of plan.sources) {
    await source.prepare({ lake: test.lake });
    expect(source.isSettled).toBe(false);
    source.moveApart(source.index.scans);
    expect(source.index.scans.every(({ patterns }) => patterns.at(-1)?.includes('salt1'))).toBe(true);
  }
  expect(await counts()).toEqual(expected);
  for (const source of plan.sources) source.moveApart([]);
  expect(plan.sources.every(({ isSettled }) => isSettled)).toBe(true);
  expect(expected.filter((n) => n > 0).length).toBeGreaterThan(6);
});
