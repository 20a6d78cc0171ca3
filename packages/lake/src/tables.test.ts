import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Catalogue, define } from './catalogue/catalogue.ts';
import { ddl } from './ddl.ts';
import { startEngine, type Engine } from './engine/start.ts';
import { Lake } from './lake.ts';

const cluster = 'sallyport';
/** Macros and a cluster, as an operator's servers have them. */
const configXml = `<macros><shard>1</shard><replica>a</replica></macros>
<remote_servers><${cluster}><shard><replica><host>127.0.0.1</host><port>9000</port></replica></shard></${cluster}></remote_servers>`;

let folder: string;
let engine: Engine;
let shipped: Catalogue;
const open: Lake[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-tables-'));
  await chmod(folder, 0o711);
  shipped = await Catalogue.load();
  engine = await startEngine({ dataDir: join(folder, 'data'), poolSize: 4, configXml });
});
afterAll(async () => {
  await Promise.all(open.map((lake) => lake.close()));
  await engine.stop();
  await rm(folder, { recursive: true, force: true });
});

const connect = async (workspace: string, catalogue = shipped): Promise<Lake> => {
  const { url, username, password } = engine;
  const lake = await Lake.connect({ url, username, password, workspace, catalogue });
  open.push(lake);
  return lake;
};
const send = async (sql: string): Promise<{ code: string | null; text: string }> => {
  const headers = { 'x-clickhouse-user': engine.username, 'x-clickhouse-key': engine.password };
  const answer = await fetch(engine.url, { method: 'POST', body: sql, headers });
  return { code: answer.headers.get('x-clickhouse-exception-code'), text: await answer.text() };
};
const table = (columns: Record<string, 'int' | 'string' | 'long' | 'datetime'>): Catalogue =>
  new Catalogue([define({ name: 'T', columns, sortKey: ['a'] })]);

describe('a physical table', () => {
  test('is known to be empty until something is stored, also by another server', async () => {
    const [one, other] = [await connect('empty', table({ a: 'int' })), await connect('empty', table({ a: 'int' }))];
    const empty = (lake: Lake) => lake.kqlCatalogue().tables[0]?.empty;
    const { held, version } = one.kqlCatalogue();
    expect([empty(one), empty(other)]).toEqual([true, true]);
    await one.insertRows('T', [{ a: 1 }]);
    expect(empty(one)).toBeUndefined();
    expect(one.kqlCatalogue()).toMatchObject({ version });
    expect(one.kqlCatalogue().held).not.toBe(held);
    await other.reloadTables();
    expect(empty(other)).toBeUndefined();
  });

  test('gets the columns that its catalogue gained, and keeps its rows', async () => {
    const before = await connect('grows', table({ a: 'int' }));
    await before.insertRows('T', [{ a: 1 }]);
    const after = await connect('grows', table({ a: 'int', b: 'string', Timestamp: 'datetime' }));
    await after.insertRows('T', [{ a: 2, b: 'x', TimeGenerated: '2024-01-01T00:00:00Z' }]);
    const { rows } = await after.query('SELECT a, b, Timestamp FROM T ORDER BY a');
    expect(rows[1]).toEqual([2, 'x', '2024-01-01T00:00:00.0000000Z']);
    expect(rows[0]?.slice(0, 2)).toEqual([1, '']);
  });

  test('whose column changed its type is an error that names both', async () => {
    await (await connect('changes', table({ a: 'int' }))).ensureTables(['T']);
    const after = await connect('changes', table({ a: 'long' }));
    await expect(after.ensureTables(['T'])).rejects.toMatchObject({ code: 'Conflict', target: 'T.a' });
  });

  test('is made once by many at a time', async () => {
    const [one, two] = [await connect('race'), await connect('race')];
    const names = ['Syslog', 'AuditLogs', 'Heartbeat'];
    await Promise.all([one, two, one, two].map((lake) => lake.ensureTables(names)));
    expect((await two.query('SELECT count() FROM Syslog')).rows).toEqual([[0]]);
    await expect(one.ensureTables(['Nope'])).rejects.toMatchObject({ code: 'NotFound', target: 'Nope' });
  });
});

describe('custom tables', () => {
  test('outlive their maker, with columns added and retention changed', async () => {
    const lake = await connect('custom');
    await lake.createTable({ name: 'Mine_CL', columns: [{ name: 'a', type: 'int' }], retentionDays: 30 });
    await lake.insertRows('Mine_CL', [{ a: 1 }]);
    await lake.addColumns('Mine_CL', [
      { name: 'b', type: 'guid' },
      { name: 'Computer', type: 'string' },
    ]);
    await lake.insertRows('Mine_CL', [{ a: 2, Computer: 'PC1' }]);
    await lake.setRetention('Mine_CL', { plan: 'Analytics', interactiveDays: 45, retentionDays: 45 });
    await lake.setRetention('Syslog', { plan: 'Analytics', interactiveDays: 400, retentionDays: 400 });
    const again = await connect('custom');
    expect(again.catalogue.get('Mine_CL')).toMatchObject({ custom: true, retentionDays: 45 });
    expect(again.catalogue.get('Syslog')).toMatchObject({ custom: false, retentionDays: 400 });
    // Whose device a row is of is kept beside it, of rows from before too.
    expect((await again.query('SELECT a, b, `_device/Computer` FROM Mine_CL ORDER BY a')).rows).toEqual([
      [1, null, ''],
      [2, null, 'pc1'],
    ]);
    const { rows } = await again.query(
      "SELECT create_table_query FROM system.tables WHERE database = 'custom' AND name = 'Mine_CL'",
    );
    expect(rows[0]?.[0]).toContain('toIntervalDay(45)');
    expect(again.kqlCatalogue().tables.find(({ name }) => name === 'Mine_CL')?.columns).toContainEqual({
      name: 'b',
      type: 'guid',
    });
  });

  test('that ship get columns too, which outlive a change of retention', async () => {
    const lake = await connect('shipped');
    const shipped = lake.catalogue.get('AADUserInfo_CL');
    await lake.addColumns('AADUserInfo_CL', [{ name: 'new_d', type: 'real' }]);
    await lake.setRetention('AADUserInfo_CL', { plan: 'Analytics', interactiveDays: 45, retentionDays: 45 });
    const again = await connect('shipped');
    const table = again.catalogue.get('AADUserInfo_CL');
    expect(table).toMatchObject({ custom: false, retentionDays: 45, sortKey: shipped?.sortKey });
    expect(table?.columns).toHaveLength((shipped?.columns.length ?? 0) + 1);
    await again.insertRows('AADUserInfo_CL', [{ new_d: 1 }]);
    expect((await again.query('SELECT new_d FROM AADUserInfo_CL')).rows).toEqual([[1]]);
    await expect(again.addColumns('Syslog', [{ name: 'new_d', type: 'real' }])).rejects.toThrow('not a custom table');
  });

  test('refuse a name without _CL, one that is taken, another type, a shipped table', async () => {
    const lake = await connect('refused');
    const columns = [{ name: 'a', type: 'int' as const }];
    await expect(lake.createTable({ name: 'Mine', columns })).rejects.toMatchObject({ code: 'BadRequest' });
    await lake.createTable({ name: 'Mine_CL', columns });
    await expect(lake.createTable({ name: 'Mine_CL', columns })).rejects.toMatchObject({ code: 'Conflict' });
    await expect(lake.addColumns('Mine_CL', [{ name: 'a', type: 'long' }])).rejects.toMatchObject({ code: 'Conflict' });
    await expect(lake.addColumns('Syslog', columns)).rejects.toMatchObject({ code: 'BadRequest' });
  });
});

describe('rows are', () => {
  test('found by time when older than the epoch, and kept from when they were stored', async () => {
    const lake = await connect('times');
    const times = ['1601-01-01T00:00:00Z', '1969-12-31T23:59:59Z', '2019-05-06T07:08:09Z', '2290-01-01T00:00:00Z'];
    await lake.insertRows(
      'SecurityEvent',
      times.map((TimeGenerated) => ({ TimeGenerated, EventID: 1 })),
    );
    const count = async (where: string): Promise<unknown> =>
      (await lake.query(`SELECT count() FROM SecurityEvent WHERE ${where}`)).rows[0]?.[0];
    expect(await count("TimeGenerated < toDateTime64('1970-01-01', 7, 'UTC')")).toBe(2);
    expect(await count("TimeGenerated > toDateTime64('2280-01-01', 7, 'UTC')")).toBe(1);
    expect(await count('EventID = 1')).toBe(4);
  });
});

describe('the DDL of a cluster', () => {
  const samples = ['SecurityEvent', 'SigninLogs', 'DeviceProcessEvents', 'Watchlist', 'ThreatIntelIndicators', 'Usage'];

  test('parses for every table of the catalogue', async () => {
    const statements = [...shipped.tables.values()].flatMap((t) => ddl(t, { database: 'w', cluster: { cluster } }));
    expect(statements).toHaveLength(2 * shipped.tables.size);
    // Each as one element of a UNION would nest too deep; formatQueryOrNull parses many in one statement, which is what EXPLAIN AST does.
    const batch = 100;
    for (let at = 0; at < statements.length; at += batch) {
      const list = statements.slice(at, at + batch).map((s) => `$sql$${s}$sql$`);
      const { text } = await send(
        `SELECT countIf(isNull(formatQueryOrNull(arrayJoin([${list.join(', ')}])))) SETTINGS max_query_size = 10000000`,
      );
      expect(text).toBe('0\n');
    }
  }, 60_000);

  test.each(samples)('of %s is refused for want of Keeper only, and its Distributed table is made', async (name) => {
    const [local = '', front = ''] = ddl(shipped.get(name)!, { database: 'clustered', cluster: { cluster } });
    const on = ` ON CLUSTER \`${cluster}\``;
    expect(local).toContain(on);
    await send('CREATE DATABASE IF NOT EXISTS clustered');
    expect(await send(local.replace(on, ''))).toMatchObject({ code: '225' });
    // The same with an engine that needs no Keeper, so that the rest of the statement is run too.
    expect(await send(local.replace(on, '').replace(/ReplicatedMergeTree\(.*\)/, 'MergeTree'))).toMatchObject({
      code: null,
    });
    expect(await send(front.replace(on, ''))).toMatchObject({ code: null });
  });

  test('two-stage plans over remote() give what one stage gives', async () => {
    const lake = await connect('staged');
    await lake.insertRows(
      'Syslog',
      Array.from({ length: 500 }, (_, i) => ({ Computer: `c${i % 7}`, Facility: `f${i % 3}` })),
    );
    const query = (from: string): string =>
      `SELECT Computer, count() AS n, uniqExact(Facility) AS f, quantileExact(0.5)(length(Facility)) FROM ${from} GROUP BY Computer ORDER BY Computer FORMAT JSONCompactEachRow`;
    const direct = await send(query('staged.Syslog'));
    const staged = await send(
      query("remote('127.0.0.1', 'staged', 'Syslog')").replace(
        ' FORMAT',
        ' SETTINGS prefer_localhost_replica = 1 FORMAT',
      ),
    );
    expect(direct.code).toBeNull();
    expect(staged).toEqual(direct);
    const twice = await send(
      "SELECT count() FROM remote('127.0.0.1,127.0.0.1', 'staged', 'Syslog') SETTINGS prefer_localhost_replica = 1",
    );
    expect(twice.text).toBe('1000\n');
  });
});
