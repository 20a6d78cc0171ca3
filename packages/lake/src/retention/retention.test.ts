import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Catalogue, define } from '../catalogue/catalogue.ts';
import { startEngine, type Engine, type EngineOptions } from '../engine/start.ts';
import { Lake } from '../lake.ts';
import type { LegalHold } from './holds.ts';

const catalogue = new Catalogue([
  define({ name: 'T', columns: { Text: 'string', Key: 'string', N: 'int' } }),
  define({ name: 'U', columns: { Text: 'string' } }),
]);
let folder: string;
let engine: Engine;
const lakes: Lake[] = [];

const options = (more: Partial<EngineOptions> = {}): EngineOptions => ({
  dataDir: join(folder, 'data'),
  poolSize: 4,
  coldDir: join(folder, 'cold'),
  ...more,
});
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-retention-'));
  await chmod(folder, 0o711);
  engine = await startEngine(options());
});
afterAll(async () => {
  await Promise.all(lakes.map((lake) => lake.close()));
  await engine.stop();
  await rm(folder, { recursive: true, force: true });
});

const connect = async (workspace: string, now?: () => Date): Promise<Lake> => {
  const { url, username, password } = engine;
  const lake = await Lake.connect({ url, username, password, workspace, catalogue, ...(now ? { now } : {}) });
  lakes.push(lake);
  return lake;
};
const send = async (sql: string): Promise<string> => {
  const headers = { 'x-clickhouse-user': engine.username, 'x-clickhouse-key': engine.password };
  const answer = await fetch(engine.url, { method: 'POST', body: sql, headers });
  const text = await answer.text();
  if (answer.headers.get('x-clickhouse-exception-code') !== null) throw new Error(text);
  return text.trim();
};
/** Rows that arrived `daysAgo`, a thousand each. */
const arrived = (workspace: string, table: string, daysAgo: readonly number[]): Promise<string> =>
  send(`INSERT INTO ${workspace}.${table} (TimeGenerated, Text, _IngestedAt)
    SELECT now64(7) - toIntervalDay(d), concat('user ', toString(number % 37), ' logged on to host ', toString(cityHash64(number) % 91)), now64(7) - toIntervalDay(d)
    FROM numbers(1000) ARRAY JOIN [${daysAgo.join(', ')}]::Array(Int32) AS d`);
/** Waits for what the engine does in the background, and does now what it would do within hours. */
const settle = async (workspace: string, table: string): Promise<void> => {
  for (let i = 0; i < 100; i++) {
    const left = await send(
      `SELECT count() FROM system.mutations WHERE database = '${workspace}' AND table = '${table}' AND NOT is_done`,
    );
    if (left === '0') break;
    await sleep(50);
  }
  await send(`OPTIMIZE TABLE ${workspace}.${table} FINAL`);
};
const ages = async (lake: Lake, table: string, longTerm = true): Promise<unknown> =>
  (
    await lake.query(
      `SELECT dateDiff('day', _IngestedAt, now64(7)) AS d, count() FROM ${table} GROUP BY d ORDER BY d`,
      { longTerm },
    )
  ).rows;
const hold = (more: Partial<LegalHold>): LegalHold => ({
  id: randomUUID(),
  name: 'case 7',
  reason: 'subpoena',
  tables: ['T'],
  conditions: {},
  createdBy: 'ann',
  createdAt: new Date().toISOString(),
  ...more,
});

describe('the long-term tier', () => {
  test('takes rows that are past the interactive time: smaller, on the cold volume, found only when asked for', async () => {
    const lake = await connect('tiers');
    await lake.ensureTables(['T']);
    await arrived('tiers', 'T', [1, 40, 100]);
    await lake.setRetention('T', { plan: 'Analytics', interactiveDays: 30, retentionDays: 90 });
    await settle('tiers', 'T');
    expect(await ages(lake, 'T', false)).toEqual([[1, 1000]]);
    expect(await ages(lake, 'T')).toEqual([
      [1, 1000],
      [40, 1000],
    ]);
    const [info] = await lake.tableInfo();
    expect(info).toMatchObject({
      plan: 'Analytics',
      interactiveDays: 30,
      retentionDays: 90,
      rows: 2000,
      rowsLastDay: 0,
    });
    expect(info!.longTerm.rows + info!.interactive.rows).toBe(2000);
    const parts = await send(
      "SELECT disk_name, default_compression_codec, max(_IngestedAt) < now() - INTERVAL 30 DAY AS old FROM (SELECT *, _part FROM tiers.T) AS t INNER JOIN system.parts AS p ON p.name = t._part WHERE p.database = 'tiers' AND active GROUP BY ALL ORDER BY ALL",
    );
    expect(parts).toMatch(/cold\tZSTD\(12\)\t1/);
  });

  test('of ten thousand ordinary rows takes less than half of what they took', async () => {
    const lake = await connect('smaller');
    await lake.ensureTables(['T']);
    await arrived('smaller', 'T', [40, 41, 42, 43, 44, 45, 46, 47, 48, 49]);
    const before = (await lake.tableInfo())[0]!.interactive;
    await lake.setRetention('T', { plan: 'Analytics', interactiveDays: 30, retentionDays: 90 });
    await settle('smaller', 'T');
    const after = (await lake.tableInfo())[0]!.longTerm;
    expect(after.rows).toBe(before.rows);
    expect(after.bytesUncompressed).toBe(before.bytesUncompressed);
    expect(after.bytesOnDisk).toBeLessThan(before.bytesOnDisk / 2);
  });
});

describe('retention', () => {
  test('tells what a shorter one deletes, and deletes it of rows that are there', async () => {
    const lake = await connect('shorter');
    await lake.ensureTables(['T']);
    await arrived('shorter', 'T', [1, 20, 80]);
    expect(await lake.expiring('T', 10)).toMatchObject({ rows: 2000, heldRows: 0 });
    await lake.setRetention('T', { plan: 'Analytics', interactiveDays: 10, retentionDays: 10 });
    await settle('shorter', 'T');
    expect(await ages(lake, 'T')).toEqual([[1, 1000]]);
  });
});

describe('a legal hold', () => {
  test('keeps rows that are past retention, over a restart, until it is lifted', async () => {
    let lake = await connect('held');
    await lake.ensureTables(['T', 'U']);
    const one = hold({ filter: 'ignored here', conditions: { T: "Text LIKE 'user 5 %'" } });
    await lake.saveHold(one);
    await arrived('held', 'T', [1, 200]);
    await arrived('held', 'U', [1, 200]);
    await settle('held', 'T');
    await settle('held', 'U');
    const kept = Number(await send("SELECT count() FROM held.T WHERE Text LIKE 'user 5 %'"));
    expect(kept).toBe(54);
    expect(await ages(lake, 'T')).toEqual([
      [1, 1000],
      [200, 27],
    ]);
    expect(await ages(lake, 'U')).toEqual([[1, 1000]]);

    await engine.stop();
    engine = await startEngine(options());
    lake = await connect('held');
    await lake.ensureTables(['T']);
    // Another server's change of retention does not undo it.
    await lake.setRetention('T', { plan: 'Analytics', interactiveDays: 5, retentionDays: 5 });
    expect(await lake.expiring('T', 5)).toMatchObject({ rows: 0, heldRows: 27 });
    await settle('held', 'T');
    expect(await ages(lake, 'T')).toEqual([
      [1, 1000],
      [200, 27],
    ]);
    expect(await lake.purge('T', "Text LIKE 'user 5 %'")).toMatchObject({ rows: 0, heldRows: 54 });
    expect((await lake.tableInfo()).find(({ name }) => name === 'T')?.held).toBe(true);

    await lake.saveHold({ ...one, liftedBy: 'bob', liftedAt: new Date().toISOString() });
    await settle('held', 'T');
    expect(await ages(lake, 'T')).toEqual([[1, 1000]]);
    expect(await lake.purge('T', "Text LIKE 'user 5 %'")).toMatchObject({ rows: 27, heldRows: 0 });
    expect(await ages(lake, 'T')).toEqual([[1, 973]]);
    expect(await lake.holds()).toMatchObject([{ name: 'case 7', liftedBy: 'bob' }]);
  });

  test('of every table keeps those that come later, and keeps a table from being dropped', async () => {
    const lake = await connect('all');
    const other = await connect('all');
    await lake.saveHold(hold({ tables: ['*'] }));
    await other.createTable({ name: 'Mine_CL', columns: [{ name: 'Text', type: 'string' }], retentionDays: 1 });
    await arrived('all', 'Mine_CL', [50]);
    await settle('all', 'Mine_CL');
    expect(await ages(lake, 'Mine_CL')).toEqual([[50, 1000]]);
    await expect(other.dropTable('Mine_CL')).rejects.toMatchObject({ code: 'Conflict' });
    const [one] = await lake.holds();
    await lake.saveHold({ ...one!, liftedBy: 'bob', liftedAt: new Date().toISOString() });
    await other.dropTable('Mine_CL');
    expect(await send("SELECT count() FROM system.tables WHERE database = 'all' AND name = 'Mine_CL'")).toBe('0');
    expect((await connect('all')).catalogue.get('Mine_CL')).toBeUndefined();
  });

  test('ends by itself, for a time range as for all', async () => {
    let now = new Date();
    const lake = await connect('until', () => now);
    await lake.ensureTables(['T']);
    const day = 86_400_000;
    const from = new Date(Date.now() - 150 * day).toISOString();
    await lake.saveHold(hold({ from, until: new Date(Date.now() + day).toISOString() }));
    await arrived('until', 'T', [100, 300]);
    await settle('until', 'T');
    expect(await ages(lake, 'T')).toEqual([[100, 1000]]);
    now = new Date(Date.now() + 2 * day);
    await lake.applyStorage();
    await settle('until', 'T');
    expect(await ages(lake, 'T')).toEqual([]);
  });

  test('by what the engine can’t hold by is refused, and holds nothing', async () => {
    const lake = await connect('refused');
    await lake.ensureTables(['T']);
    await expect(lake.saveHold(hold({ conditions: { T: 'nonsense(Text)' } }))).rejects.toMatchObject({
      target: 'filter',
    });
    await expect(lake.saveHold(hold({ conditions: { T: 'rand() > 5' } }))).rejects.toMatchObject({ target: 'filter' });
    expect(await lake.holds()).toEqual([]);
  });
});
