import { beforeAll, describe, expect, test } from 'vitest';
import { storyOf } from './contoso.ts';
import { hour } from './calendar.ts';
import { batchesOf, syslogStream, windowsEventStream, type DemoBatch } from './sink.ts';
import type { StoryStep } from './story.ts';
import { allBatches, linesOf, rowsByTable, testEnd, testPeople, type ParsedRow } from './testing.ts';

describe('the intrusion', () => {
  const options = { seed: 'test', end: testEnd, people: testPeople, days: 4 };
  let steps: StoryStep[];
  let batches: DemoBatch[];
  let tables: Map<string, ParsedRow[]>;
  beforeAll(async () => {
    steps = storyOf(options);
    batches = await allBatches({ days: 4 });
    tables = rowsByTable(batches);
  });

  test('goes from the mail to the cleared logs, in time order, and ends shortly before now', () => {
    expect(steps.map((s) => s.stage)).toEqual([
      'phish',
      'click',
      'aitm-sign-in',
      'inbox-rule',
      'collection',
      'internal-phish',
      'implant',
      'ssh-brute-force',
      'ssh-success',
      'linux-account',
      'discovery',
      'remote-service',
      'antivirus-off',
      'lsass-dump',
      'domain-admin',
      'aws-key',
      'aws-trail-stopped',
      'exfiltration',
      'log-clearing',
    ]);
    const last = steps.at(-1)!.time.getTime();
    expect(testEnd.getTime() - last).toBeGreaterThan(0);
    expect(testEnd.getTime() - last).toBeLessThan(hour);
    for (const step of steps) expect(step.technique).toMatch(/^T\d{4}(\.\d{3})?$/);
  });

  test('each of its addresses, and each device, is in the rows', () => {
    const text = batches.map((b) => b.payload.toString()).join('\n');
    for (const step of steps)
      for (const entity of [
        ...(step.entities.ips ?? []),
        ...(step.entities.devices ?? []),
        ...(step.entities.urls ?? []),
      ])
        expect({ stage: step.stage, entity, found: text.includes(entity) }).toMatchObject({ found: true });
  });

  test('begins on a working morning whenever now is', () => {
    for (let n = 0; n < 7; n++) {
      const start = storyOf({ ...options, end: new Date(testEnd.getTime() + n * 24.7 * hour) })[0]!.time;
      expect([1, 2, 3, 4, 5]).toContain(start.getUTCDay());
      expect(start.toISOString()).toContain('T08:14:00');
    }
  });

  test('is all there is: without it none of its marks are left', async () => {
    const calm = await allBatches({ story: false, days: 4 });
    const text = calm.map((b) => b.payload.toString()).join('\n');
    const marks = [
      '192.0.2.66',
      '192.0.2.67',
      '192.0.2.77',
      '192.0.2.99',
      'svc-helpdesk2',
      'comsvcs',
      ' -Enc ',
      'contoso.com.example.net',
      'StopLogging',
      'LogFileCleared',
    ];
    expect(marks.filter((mark) => text.includes(mark))).toEqual([]);
    const added = rowCount(batches) - rowCount(calm);
    expect(added).toBeGreaterThan(500);
    expect(added).toBeLessThan(2_000);
  });

  test('stands out by the measures that rules use', () => {
    const signIns = tables.get('SigninLogs')!;
    expect(signIns.filter((r) => r['Location'] === 'PA').map((r) => r['UserPrincipalName'])).toEqual(
      Array(2).fill(steps[0]!.entities.accounts![0]),
    );
    const failures = groupCount(
      signIns.filter((r) => r['ResultType'] === '50126'),
      'UserPrincipalName',
    );
    expect(Math.max(...failures.values())).toBeLessThan(10);
    const failedLines = linesOf(batches, syslogStream).filter((l) => l.includes('Failed password'));
    expect(failedLines).toHaveLength(180);
    const quietFailures = tables.get('Syslog')!.filter((r) => String(r['SyslogMessage']).includes('Failed password'));
    expect(quietFailures.length).toBeLessThan(400);
    expect(linesOf(batches, windowsEventStream).filter((l) => l.includes('"EventID":1102'))).toHaveLength(2);
  });
});

test('batches are cut before they grow too large', () => {
  const text = 'x'.repeat(200_000);
  const batches = batchesOf(Array.from({ length: 9 }, (_, at) => ({ at, stream: 'Custom-SyslogText', text })));
  expect(batches.map((b) => b.rows)).toEqual([4, 4, 1]);
});

const rowCount = (batches: readonly DemoBatch[]) => batches.reduce((sum, b) => sum + b.rows, 0);

function groupCount(rows: readonly ParsedRow[], column: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(String(row[column]), (counts.get(String(row[column])) ?? 0) + 1);
  return counts;
}
