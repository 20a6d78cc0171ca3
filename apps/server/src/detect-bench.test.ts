import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { detectBench } from './detect-bench.ts';

const rule = (id: string, query: string) =>
  `id: ${id}\nname: ${id}\nkind: Scheduled\nseverity: Low\nqueryFrequency: 1h\nqueryPeriod: 1h\ntriggerOperator: gt\ntriggerThreshold: 0\nquery: |\n  ${query}\n`;
const event = (EventID: number, minute: number) =>
  `${JSON.stringify({ Type: 'SecurityEvent', TimeGenerated: `2026-01-01T00:0${minute}:00Z`, EventID, Account: 'anna' })}\n`;
const failures = (count: number) => Array.from({ length: count }, (_, minute) => event(4625, minute)).join('');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-bench-test-'));
  const write = (name: string, text: string) => writeFile(join(folder, name), text);
  await write(
    'service.yaml',
    rule('service', 'SecurityEvent | where EventID == 4697 | project TimeGenerated, Account'),
  );
  await write(
    'many.yaml',
    rule(
      'many',
      'SecurityEvent | where EventID == 4625 | summarize Failures = count() by Account | where Failures >= 3',
    ),
  );
  await write('service.jsonl', event(4697, 1));
  await write('few.jsonl', failures(2));
  await write('few-too.jsonl', failures(2));
  await write('many.jsonl', failures(3));
  await write('wrong.jsonl', failures(3));
  await write(
    'set.yml',
    [
      'items:',
      '- {path: service.jsonl, expect: attack, rules: [service]}',
      '- {path: few.jsonl, expect: quiet}',
      '- {path: few-too.jsonl, expect: attack}',
      '- {path: many.jsonl, expect: quiet}',
      '- {path: wrong.jsonl, expect: attack, rules: [service]}',
    ].join('\n'),
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('items are loaded together, and rules see each alone', { timeout: 300_000 }, async () => {
  const rules = [join(folder, 'service.yaml'), join(folder, 'many.yaml')];
  const report = await detectBench({ sets: [join(folder, 'set.yml')], rules });
  expect(report.problems).toEqual([]);
  const [set] = report.sets;
  expect(set?.items.map(({ id, outcome, rows, fired }) => [id, outcome, rows, fired.map((one) => one.rule)])).toEqual([
    ['service.jsonl', 'hit', 1, ['service']],
    ['few.jsonl', 'quiet', 2, []],
    ['few-too.jsonl', 'missed', 2, []],
    ['many.jsonl', 'noise', 3, ['many']],
    ['wrong.jsonl', 'missed', 3, ['many']],
  ]);
  expect(set).toMatchObject({
    attacks: 3,
    hit: 1,
    missed: ['few-too.jsonl', 'wrong.jsonl'],
    quiet: 2,
    noise: ['many.jsonl'],
  });
  expect(set).toMatchObject({ alerts: 3, days: 1, alertsPerDay: 3 });
});
