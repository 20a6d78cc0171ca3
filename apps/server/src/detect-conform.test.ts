import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { detectConform } from './detect-conform.ts';

const sysmon = (image: string, second: number): string =>
  JSON.stringify({
    System: {
      Provider: { Name: 'Microsoft-Windows-Sysmon' },
      EventID: 1,
      TimeCreated: { SystemTime: `2026-01-01T10:00:0${second}Z` },
      EventRecordID: String(second),
      Channel: 'Microsoft-Windows-Sysmon/Operational',
      Computer: 'pc01.contoso.com',
    },
    EventData: { Image: image, CommandLine: image, User: 'CONTOSO\\anna', ParentImage: 'C:\\Windows\\explorer.exe' },
  });
const rule = (id: string, value: string): string => `title: ${id}
id: ${id}
logsource: { product: windows, category: process_creation }
detection: { s: { Image|endswith: '${value}' }, condition: s }
level: low
`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-conform-'));
  await Promise.all(['rules', 'logs/a'].map((path) => mkdir(join(folder, path), { recursive: true })));
  const write = (path: string, text: string) => writeFile(join(folder, path), text);
  await write('logs/a/one.jsonl', `${sysmon('C:\\one.exe', 1)}\n${sysmon('C:\\ONE.exe', 2)}\n`);
  await write('logs/a/two.jsonl', `${sysmon('C:\\two.exe', 3)}\n`);
  await write('rules/one.yml', rule('one', String.raw`\one.exe`));
  await write('rules/two.yml', rule('two', String.raw`\two.exe`));
  await write('rules/any.yml', rule('any', '.exe'));
  await write(
    'rules/sentinel.yaml',
    'id: counts\nname: Counts\nkind: Scheduled\nseverity: Low\nqueryFrequency: 1h\nqueryPeriod: 1h\nquery: WindowsEvent | where EventID == 1 | summarize count() by Computer | where count_ > 1\n',
  );
  await write(
    'logs/labels.json',
    JSON.stringify([
      { rule: 'one', path: 'elsewhere/a/one.evtx', expected: 2 },
      { rule: 'one', path: 'elsewhere/a/two.evtx', expected: 1 },
      { rule: 'nobody', path: 'a/two.jsonl' },
      { rule: 'counts', path: 'a/one.jsonl' },
      { rule: 'one', path: 'a/lost.jsonl' },
    ]),
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('holds what fires on each log by itself against the labels', { timeout: 240_000 }, async () => {
  const report = await detectConform({ folder: join(folder, 'logs'), rules: [join(folder, 'rules')] });
  expect(report).toMatchObject({
    total: 5,
    fired: 2,
    counted: 2,
    countAgrees: 1,
    missed: [
      { rule: 'one', path: 'elsewhere/a/two.evtx', reason: 'no row met the condition' },
      { rule: 'nobody', reason: 'there is no such rule' },
      { rule: 'one', path: 'a/lost.jsonl', reason: 'there is no such log' },
    ],
    countDiffers: [{ rule: 'one', path: 'elsewhere/a/two.evtx', expected: 1, matches: 0 }],
    alsoFired: [
      { rule: 'any', logs: 2 },
      { rule: 'two', logs: 1 },
    ],
    problems: [],
  });
});

it('tells of labels that are none', async () => {
  await expect(detectConform({ folder: join(folder, 'rules'), rules: [] })).rejects.toThrow('labels.json');
});
