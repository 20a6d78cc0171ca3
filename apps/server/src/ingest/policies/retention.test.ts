import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BodyOf, Client, tableRoutes } from '@sallyport/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorOf, makeAdministrator, startTestServer, type TestServer } from '../../testing.ts';
import { conditionSql } from './condition.ts';

let test: TestServer;
let admin: Client;

beforeAll(async () => {
  test = await startTestServer({ settings: { collectHost: 'off' } });
  admin = test.browser();
  await makeAdministrator(test, admin);
}, 120_000);
afterAll(() => test.stop());

const day = 86_400_000;
const columns = [{ name: 'User', type: 'string' as const }];
/** A custom table with a row that arrives now for each of the users. */
const made = async (name: string, ...users: readonly string[]): Promise<void> => {
  await admin.createTable({ body: { name, columns } });
  await test.platform.lake.insertRows(
    name,
    users.map((User) => ({ User, TimeGenerated: '2026-01-02T03:04:05Z' })),
  );
};
const usersOf = async (name: string): Promise<unknown> =>
  (await test.platform.lake.query(`SELECT User FROM ${name} ORDER BY User`)).rows.flat();
/** A row that arrived long ago: the lake says when a row arrives, so as a segment of our own. */
const arrivedDaysAgo = async (table: string, days: number): Promise<void> => {
  const path = join(test.platform.spool.folder, randomUUID());
  await writeFile(path, 'x\n', { mode: 0o644 });
  await test.platform.lake.load({ id: randomUUID(), path, reader: { kind: 'lines' }, retry: false }, [
    {
      table,
      columns: ['User', 'TimeGenerated', '_IngestedAt'],
      select: (source) =>
        `SELECT 'old', now64(7) - toIntervalDay(${days}), now64(7) - toIntervalDay(${days}) FROM ${source}`,
    },
  ]);
  await rm(path);
};
const audited = async (operation: string): Promise<string> =>
  JSON.stringify(await test.platform.database.query('SELECT details FROM audit_log WHERE operation = $1', [operation]));

describe('retention of a table', () => {
  it('is told by a query that leaves rows of the long-term tier out', async () => {
    await made('Left_CL', 'ann');
    await arrivedDaysAgo('Left_CL', 40);
    const body = { retentionInDays: 30, totalRetentionInDays: 100 };
    const query = (text: string) => admin.runQuery({ body: { query: text } });
    expect((await query('Left_CL | project User')).partial).toBeUndefined();
    await admin.updateTable({ params: { name: 'Left_CL' }, body });
    const { rows, partial } = await query('Left_CL | project User');
    expect(rows).toEqual([['ann']]);
    expect(partial?.reason).toBe(
      '`Left_CL` has rows older than 30 days in its long-term tier; a search job finds them',
    );
    // The faces of other services say it too, where it is no failure to their clients.
    const { secret } = await admin.createToken({
      body: { name: 'faces', scopes: ['securityData.read'], expiresInDays: 7 },
    });
    const face = async (url: string, payload: object): Promise<string> => {
      const headers = { authorization: `Bearer ${secret}`, prefer: 'include-statistics=true' };
      const answer = await test.server.http.app.inject({ method: 'POST', url, headers, payload });
      expect(answer.statusCode).toBe(200);
      return answer.body;
    };
    const told = '`Left_CL` has rows older than 30 days in its long-term tier; a search job finds them';
    const logs = await face('/v1/workspaces/main/query', { query: 'Left_CL | project User' });
    expect(JSON.parse(logs)).toMatchObject({ tables: [{ rows: [['ann']] }], statistics: { notices: [told] } });
    expect(logs).not.toContain('"error"');
    for (const path of ['/v1/rest/query', '/v2/rest/query']) {
      expect(await face(path, { db: 'main', csl: 'Left_CL | project User' })).toContain(told);
      expect(await face(path, { db: 'main', csl: 'Left_CL | count | where false' })).toContain(told);
      expect(await face(path, { db: 'main', csl: "Left_CL | where User == 'ann'" })).not.toContain('long-term');
    }
    // Where none of them is asked for, nothing is left out.
    expect((await query('Left_CL | where TimeGenerated > ago(1h)')).partial).toBeUndefined();
    expect((await query(`Left_CL | where User == 'ann' | count`)).partial).toBeUndefined();
  });

  it('has the limits of the plan', async () => {
    await made('Limits_CL', 'ann');
    const set = (body: BodyOf<(typeof tableRoutes)['updateTable']>) =>
      admin.updateTable({ params: { name: 'Limits_CL' }, body });
    expect(await set({ totalRetentionInDays: 4_383, retentionInDays: 730 })).toMatchObject({
      plan: 'Analytics',
      retentionInDays: 730,
      totalRetentionInDays: 4_383,
    });
    expect(await set({ plan: 'Auxiliary' })).toMatchObject({ retentionInDays: 30, totalRetentionInDays: 4_383 });
    expect(await errorOf(set({ retentionInDays: 31 }))).toMatchObject({ target: 'body.retentionInDays' });
    expect(await set({ plan: 'Analytics', totalRetentionInDays: 4_383 })).toMatchObject({ retentionInDays: 730 });
    for (const body of [{ retentionInDays: 3 }, { retentionInDays: 731 }, { totalRetentionInDays: 4_384 }])
      expect(await errorOf(set(body))).toMatchObject({ code: 'BadRequest' });
    expect(await errorOf(set({ retentionInDays: 20, totalRetentionInDays: 10 }))).toMatchObject({ code: 'BadRequest' });
  });

  it('is not made shorter than rows are old without a second yes', async () => {
    await made('Old_CL', 'ann');
    await arrivedDaysAgo('Old_CL', 60);
    const params = { name: 'Old_CL' };
    const shorter = { totalRetentionInDays: 30 };
    const preview = await admin.previewRetention({ params, query: shorter });
    expect(preview).toMatchObject({ rows: 1, heldRows: 0 });
    expect(preview.bytesOnDisk).toBeGreaterThan(0);
    expect(await errorOf(admin.updateTable({ params, body: shorter }))).toMatchObject({
      code: 'Conflict',
      target: 'body.totalRetentionInDays',
      message: expect.stringContaining('1 rows of `Old_CL`') as unknown,
    });
    expect(await usersOf('Old_CL')).toEqual(['ann', 'old']);
    expect(await admin.updateTable({ params, body: { ...shorter, deleteRows: true } })).toMatchObject({
      retentionInDays: 30,
      totalRetentionInDays: 30,
    });
    await expect.poll(() => usersOf('Old_CL'), { timeout: 20_000 }).toEqual(['ann']);
    expect(await audited('updateTable')).toContain('"deletes":{"rows":1');
  });

  it('hides from ordinary queries what is past the interactive time', async () => {
    await made('Tier_CL', 'ann');
    await arrivedDaysAgo('Tier_CL', 60);
    await admin.updateTable({ params: { name: 'Tier_CL' }, body: { retentionInDays: 30, totalRetentionInDays: 90 } });
    const answer = await admin.runQuery({ body: { query: 'Tier_CL | project User' } });
    expect(answer.rows).toEqual([['ann']]);
    // A search job finds them, and makes a table of what it found.
    const body = { from: '2020-01-01T00:00:00Z', to: '2100-01-01T00:00:00Z', table: 'Found_SRCH' };
    const search = (query: string) => admin.startSearchJob({ body: { ...body, query } });
    expect(await errorOf(search('Nope_CL'))).toMatchObject({ target: 'body.query' });
    await search("Tier_CL | where User startswith 'o' or User == 'ann' | project TimeGenerated, User, n = 7");
    const state = async () => (await admin.listSearchJobs()).jobs[0];
    await expect.poll(state, { timeout: 20_000 }).toMatchObject({ table: 'Found_SRCH', state: 'succeeded', rows: 2 });
    const found = await admin.runQuery({ body: { query: 'Found_SRCH | sort by User asc | project User, n' } });
    expect(found.rows).toEqual([
      ['ann', 7],
      ['old', 7],
    ]);
    expect(await errorOf(search('Tier_CL'))).toMatchObject({ code: 'Conflict' });
  });
});

describe('a legal hold', () => {
  it('keeps rows from a purge and their table from being deleted until it is lifted, and is audited', async () => {
    await made('Case_CL', 'ann', 'bob', 'eve');
    const { id, active } = await admin.createLegalHold({
      body: { name: 'case 12', reason: 'subpoena', tables: ['Case_CL'], filter: "User in~ ('ANN', 'bob')" },
    });
    expect(active).toBe(true);
    const params = { name: 'Case_CL' };
    const purge = (deleteRows: boolean) => admin.purgeRows({ params, body: { filter: "User != 'zoe'", deleteRows } });
    expect(await purge(false)).toMatchObject({ rows: 1, heldRows: 2 });
    expect(await usersOf('Case_CL')).toEqual(['ann', 'bob', 'eve']);
    expect(await purge(true)).toMatchObject({ rows: 1, heldRows: 2 });
    expect(await usersOf('Case_CL')).toEqual(['ann', 'bob']);
    expect(await errorOf(admin.deleteTable({ params }))).toMatchObject({ code: 'Conflict' });
    expect((await admin.listTables()).tables.find(({ name }) => name === 'Case_CL')?.held).toBe(true);

    const lifted = await admin.liftLegalHold({ params: { id }, body: { reason: 'case closed' } });
    expect(lifted).toMatchObject({ active: false, liftedBy: lifted.createdBy });
    expect(await errorOf(admin.liftLegalHold({ params: { id }, body: { reason: 'again' } }))).toMatchObject({
      code: 'Conflict',
    });
    expect(await purge(true)).toMatchObject({ rows: 2, heldRows: 0 });
    await admin.deleteTable({ params });
    expect(await errorOf(admin.deleteTable({ params }))).toMatchObject({ code: 'NotFound' });
    expect((await admin.listLegalHolds()).holds).toMatchObject([{ name: 'case 12', active: false }]);
    expect(await audited('liftLegalHold')).toContain('case closed');
    expect(await audited('createLegalHold')).toContain('subpoena');
  });

  it('is not for everybody who may change retention', async () => {
    const { secret } = await admin.createToken({
      body: { name: 'tables', scopes: ['data.manage', 'data.read'], expiresInDays: 7 },
    });
    const manager = test.program(secret);
    const body = { name: 'mine', reason: 'none', tables: ['*'] };
    expect(await errorOf(manager.createLegalHold({ body }))).toMatchObject({ code: 'Forbidden' });
    expect((await manager.listLegalHolds()).holds.length).toBeGreaterThan(0);
  });

  it('says what is wrong with it', async () => {
    const hold = (more: object) =>
      errorOf(admin.createLegalHold({ body: { name: 'x', reason: 'y', tables: ['SecurityEvent'], ...more } }));
    expect(await hold({ tables: ['Nope_CL'] })).toMatchObject({ target: 'body.tables.0' });
    expect(await hold({ filter: 'Nope == 1' })).toMatchObject({ target: 'body.filter' });
    expect(await hold({ filter: 'rand() > 0.5' })).toMatchObject({ code: 'BadRequest' });
    expect(await hold({ tables: ['*'], filter: 'true' })).toMatchObject({ code: 'BadRequest' });
    const yesterday = new Date(test.platform.clock.now().getTime() - day).toISOString();
    expect(await hold({ until: yesterday })).toMatchObject({ target: 'body.until' });
  });
});

describe('a condition on rows', () => {
  const sql = (text: string) =>
    conditionSql(text, test.platform.lake.catalogue.get('SecurityEvent')!, new Date('2026-01-01T00:00:00Z'), 'filter');

  it('is one expression over the table’s columns', () => {
    expect(sql('EventID == 1 and Account has "x"')).not.toMatch(/SELECT|__t/);
    expect(sql('tostring(parse_xml(EventData).a) == "x"')).not.toMatch(/SELECT|__t/);
  });

  it.each([
    'Account in ((source | project Account))',
    'EventID > 3) | take 5 | project _Condition = (true',
    'EventID',
    'true) | extend x = (1',
    '',
  ])('is not `%s`', (text) => {
    expect(() => sql(text)).toThrow(/condition|one row|column|syntax|expect|missing|bool/i);
  });
});
