import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestIngest, type TestIngest } from '../testing/core.ts';
import type { IngestPolicy, Policies } from './policy.ts';
import { savingsOfTable } from './savings.ts';

let test: TestIngest;
const held = new Map<string, IngestPolicy>();
let version = 0;
const policies: Policies = {
  get version() {
    return version;
  },
  of: (table) => held.get(table),
};
const set = (table: string, policy?: IngestPolicy): void => {
  if (policy === undefined) held.delete(table);
  else held.set(table, policy);
  version++;
};

beforeAll(async () => {
  test = await startTestIngest({ policies });
  for (const name of ['A_CL', 'B_CL', 'C_CL', 'D_CL', 'E_CL'])
    await test.lake.lake.createTable({
      name,
      columns: [
        { name: 'Id', type: 'string' },
        { name: 'User', type: 'string' },
        { name: 'N', type: 'int' },
      ],
    });
}, 60_000);
afterAll(() => test[Symbol.asyncDispose]());
beforeEach(() => {
  held.clear();
  version++;
});

const send = async (table: string, rows: readonly object[]): Promise<void> => {
  await test.core.append(`Custom-${table}`, Buffer.from(JSON.stringify(rows)));
  await test.core.flush();
};
const rowsOf = (table: string, columns = 'Id') =>
  test.rows(`SELECT ${columns} FROM ${table} ORDER BY Id`).then((rows) => rows.map((r) => (r.length === 1 ? r[0] : r)));
const savings = (table: string) => savingsOfTable(test.lake.lake, table, 1);

describe('a filter', () => {
  it('drops rows for which it is not true, and counts them with their size', async () => {
    set('A_CL', { filter: "User has 'ann' or N > 10" });
    await send('A_CL', [
      { Id: '1', User: 'ann', N: 1 },
      { Id: '2', User: 'bob', N: 5 },
      { Id: '3', User: 'bob', N: 11 },
      { Id: '4', User: 'zoe' },
    ]);
    expect(await rowsOf('A_CL')).toEqual(['1', '3']);
    const [saving, ...others] = await savings('A_CL');
    expect(saving).toMatchObject({ reason: 'filter', rows: 2 });
    expect(saving!.bytes).toBeGreaterThan(20);
    expect(others).toEqual([]);
    expect(await test.metrics.registry.metrics()).toMatch(/ingest_dropped_rows_total\{reason="filter"\} 2/);
  });

  it('may ask for columns that a source does not give, and works behind its transform', async () => {
    set('Syslog', { filter: "isempty(CollectorHostName) and ProcessName == 'sshd'" });
    const line = (text: string) => `<38>1 2026-02-03T04:05:06Z web1 ${text}`;
    await test.core.append(
      'Custom-SyslogText',
      Buffer.from([line('sshd 1 - - Accepted'), line('cron 2 - - job'), 'no syslog at all'].join('\n')),
    );
    await test.core.flush();
    expect(await test.rows('SELECT ProcessName, SyslogMessage FROM Syslog')).toEqual([['sshd', 'Accepted']]);
    expect(await savings('Syslog')).toMatchObject([{ reason: 'filter', rows: 1 }]);
    expect(await test.rows('SELECT Message FROM DCRLogErrors')).toEqual([['no syslog at all']]);
  });

  it('that can’t be applied drops nothing', async () => {
    set('B_CL', { filter: 'Gone == 1' });
    await send('B_CL', [{ Id: '1' }]);
    expect(await rowsOf('B_CL')).toEqual(['1']);
    expect(await savings('B_CL')).toEqual([]);
  });
});

describe('a sample', () => {
  it('keeps all rows of some values, the same ones each time, and says what a row stands for', async () => {
    await test.lake.lake.addOwnColumn('C_CL', { name: 'ItemCount', type: 'int' });
    set('C_CL', { sample: { oneIn: 4, by: ['User'] } });
    const batch = (from: number) =>
      Array.from({ length: 400 }, (_, i) => ({ Id: String(from + i).padStart(4, '0'), User: `u${i % 200}` }));
    await send('C_CL', batch(0));
    await send('C_CL', batch(1000));
    const users = await test.rows('SELECT User, count() AS n, sum(ItemCount) FROM C_CL GROUP BY User');
    expect(users.length).toBeGreaterThan(25);
    expect(users.length).toBeLessThan(80);
    for (const [, rows, stands] of users) expect([rows, stands]).toEqual([4, 16]);
    expect((await savings('C_CL')).map(({ reason, rows }) => [reason, rows])).toEqual([
      ['sample', 800 - 4 * users.length],
    ]);
  });
});

describe('duplicates', () => {
  it('are dropped within a segment and across segments, by what the table holds', async () => {
    set('D_CL', { dedupe: { by: ['Id'], withinHours: 24 } });
    await send('D_CL', [{ Id: '1' }, { Id: '2' }, { Id: '1', N: 9 }]);
    await send('D_CL', [{ Id: '2' }, { Id: '3' }, {}, {}]);
    await send('D_CL', [{ Id: '' }, { Id: '3' }]);
    expect(await rowsOf('D_CL')).toEqual(['', '1', '2', '3']);
    expect((await savings('D_CL')).map(({ reason, rows }) => [reason, rows])).toEqual([['duplicate', 5]]);
  });

  it('are dropped when many segments bring them at once', async () => {
    set('E_CL', { filter: 'N >= 0', dedupe: { by: ['Id', 'N'], withinHours: 1 } });
    const rows = Array.from({ length: 300 }, (_, i) => ({ Id: String(i % 100).padStart(3, '0'), N: 7 }));
    await Promise.all(
      Array.from({ length: 12 }, () => test.core.append('Custom-E_CL', Buffer.from(JSON.stringify(rows)))),
    );
    await test.core.flush();
    expect(await rowsOf('E_CL', 'Id, count() OVER (PARTITION BY Id)')).toEqual(
      Array.from({ length: 100 }, (_, i) => [String(i).padStart(3, '0'), 1]),
    );
    expect((await savings('E_CL')).reduce((sum, s) => sum + s.rows, 0)).toBe(12 * 300 - 100);
  });
});

describe('the time of a live event', () => {
  it('that can’t be is that of its arrival, and what was given is kept beside', async () => {
    const soon = new Date(Date.now() + 30 * 60_000).toISOString();
    const late = new Date(Date.now() - 20 * 86_400_000).toISOString();
    await send('A_CL', [
      { Id: 't1', TimeGenerated: '2299-12-31T00:00:00Z' },
      { Id: 't2', TimeGenerated: '1970-01-01T00:00:00Z' },
      { Id: 't3', TimeGenerated: soon },
      { Id: 't4', TimeGenerated: late },
      { Id: 't5' },
    ]);
    const rows = await test.rows(
      "SELECT Id, abs(dateDiff('second', TimeGenerated, _IngestedAt)) < 10, toYear(_TimeGiven), _TimeGiven IS NULL FROM A_CL WHERE startsWith(Id, 't') ORDER BY Id",
    );
    expect(rows.map(([id, arrival, year]) => [id, arrival, year])).toEqual([
      ['t1', 1, 2299],
      ['t2', 1, 1970],
      ['t3', 0, null],
      ['t4', 0, null],
      ['t5', 1, null],
    ]);
  });

  it('of many years takes few partitions', async () => {
    const years = Array.from({ length: 200 }, (_, i) => ({
      Id: `y${i}`,
      TimeGenerated: `${1900 + i * 2}-06-01T00:00:00Z`,
    }));
    await test.lake.lake.insertRows('B_CL', years);
    const [[partitions] = []] = await test.rows(
      "SELECT uniqExact(if(toYear(TimeGenerated) BETWEEN 2000 AND 2099, toYYYYMM(TimeGenerated), 0)) FROM B_CL WHERE startsWith(Id, 'y')",
    );
    expect(Number(partitions)).toBe(51);
  });
});
