import { compile, type KqlCatalogue } from '@sallyport/kql';
import { loadFunctions } from '@sallyport/lake';
import { startTestLake, type TestLake } from '@sallyport/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';

// `Event` with Sysmon's rows, which are stored in `WindowsEvent` alone: content/functions/Event.yml.

let bench: TestLake;
let catalogue: KqlCatalogue;
const now = new Date('2026-01-01T00:00:00Z');
const options = { now };
const data = {
  RuleName: '-',
  ProcessGuid: '{00000000-0000-0000-0000-000000000001}',
  ProcessId: 4242,
  Image: 'C:\\Windows\\System32\\cmd.exe',
  CommandLine: 'cmd /c "echo 1 > C:\\new\\temp & type a<b"',
  Note: 'one\ntwo\tthree, "four": {5}',
  Empty: '',
};

beforeAll(async () => {
  bench = await startTestLake();
  const { lake } = bench;
  const at = (second: number) => `2026-01-01T00:00:0${second}Z`;
  const windows = { Computer: 'pc1', Channel: 'System', Provider: 'Service Control Manager', EventID: 7045, EventData: { A: 'x' } };
  await lake.insertRows('WindowsEvent', [
    { ...windows, TimeGenerated: at(1) },
    {
      ...windows,
      TimeGenerated: at(2),
      Channel: 'Microsoft-Windows-Sysmon/Operational',
      Provider: 'Microsoft-Windows-Sysmon',
      EventID: 1,
      EventLevel: 4,
      EventLevelName: 'Information',
      Task: 1,
      SystemUserId: 'S-1-5-18',
      EventData: data,
    },
  ]);
  await lake.insertRows('Event', [
    { TimeGenerated: at(1), Computer: 'pc1', EventLog: 'System', Source: 'Service Control Manager', EventID: 7045, EventLevelName: 'Information' },
  ]);
  catalogue = lake.kqlCatalogue(await loadFunctions());
}, 180_000);
afterAll(() => bench.stop());

const rows = async (text: string) => (await bench.lake.query(compile(text, catalogue, options).sql)).rows;

it('shows what Sysmon wrote beside the rows that are stored', { timeout: 120_000 }, async () => {
  expect(
    await rows(
      'Event | order by TimeGenerated asc | project EventLog, Source, EventID, EventLevel, EventLevelName, EventCategory, UserName, Computer, Type, isnotnull(ingestion_time())',
    ),
  ).toEqual([
    ['System', 'Service Control Manager', 7045, null, 'Information', null, '', 'pc1', 'Event', true],
    ['Microsoft-Windows-Sysmon/Operational', 'Microsoft-Windows-Sysmon', 1, 4, 'Information', 1, 'NT AUTHORITY\\SYSTEM', 'pc1', 'Event', true],
  ]);
  expect(await rows(`table('Event') | count`)).toEqual([[1]]);
  expect(await rows('union withsource=T * | where isnotempty(Computer) | summarize count() by T | order by T asc')).toEqual([
    ['Event', 1],
    ['WindowsEvent', 2],
  ]);
});

it('has its data as XML, in order and with every sign', { timeout: 120_000 }, async () => {
  const cells = await rows(
    `Event | where Source == 'Microsoft-Windows-Sysmon' | mv-expand D = parse_xml(EventData).DataItem.EventData.Data | project tostring(D['@Name']), tostring(D['#text'])`,
  );
  expect(cells).toEqual(Object.entries(data).map(([name, value]) => [name, String(value)]));
  const [[parsed]] = (await rows(
    `Event | where EventID == 1 | parse EventData with * 'CommandLine">' CommandLine "<" * | project CommandLine`,
  )) as [[string]];
  expect(parsed).toBe('cmd /c "echo 1 &gt; C:\\new\\temp &amp; type a&lt;b"');
  expect(
    await rows(
      `Event | where EventID == 1 | project tostring(split(RenderedDescription, ':')[0]), RenderedDescription has 'type a<b', ParameterXml startswith '<Param>-</Param><Param>{'`,
    ),
  ).toEqual([['Process Create', true, true]]);
});

it('reads both tables, each with the filters that it can be asked with', { timeout: 120_000 }, () => {
  const { reads } = compile(`Event | where Source == 'Microsoft-Windows-Sysmon' and EventID == 10`, catalogue, options);
  expect(reads.map(({ table }) => table).toSorted()).toEqual(['Event', 'WindowsEvent']);
  expect(reads.find(({ table }) => table === 'WindowsEvent')?.condition).toMatch(/sysmon[\s\S]*EventID/i);
});
