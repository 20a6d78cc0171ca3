import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEphemeralDatabase, type EphemeralDatabase } from '../../supervisor/ephemeral-database.ts';
import { silentLog } from '../log.ts';
import { isUniqueViolation, migrate, readMigrations, type Migration } from './index.ts';

let ephemeral: EphemeralDatabase;
beforeAll(async () => void (ephemeral = await startEphemeralDatabase()));
afterAll(() => ephemeral.stop());

describe('queries', () => {
  it('gives bigint as number, and refuses one past 2^53', async () => {
    expect(await ephemeral.database.first('SELECT 7::bigint AS n')).toEqual({ n: 7 });
    await expect(ephemeral.database.query('SELECT 9007199254740993::bigint')).rejects.toThrow('past 2^53');
  });

  it('commits or rolls back a transaction as a whole', async () => {
    const { database } = ephemeral;
    await database.execute('CREATE TABLE t (n integer PRIMARY KEY)');
    const failing = database.transaction(async (tx) => {
      await tx.execute('INSERT INTO t VALUES (1)');
      await tx.execute('INSERT INTO t VALUES (1)');
    });
    await expect(failing).rejects.toSatisfy((error) => isUniqueViolation(error, 't_pkey'));
    expect(await database.query('SELECT * FROM t')).toEqual([]);
    await database.transaction((tx) => tx.execute('INSERT INTO t VALUES (1)'));
    expect(await database.query('SELECT * FROM t')).toEqual([{ n: 1 }]);
  });

  it('outlives the loss of its connections', async () => {
    const { database } = ephemeral;
    await database.query('SELECT 1');
    const killed = database.query('SELECT pg_terminate_backend(pg_backend_pid())');
    await expect(killed).rejects.toMatchObject({ code: 'Unavailable', retryAfterSeconds: 2 });
    expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });
});

describe('migrations', () => {
  const shipped = readMigrations();
  const extra: Migration = { number: 9_998, name: 'extra', sql: 'CREATE TABLE extra ()', checksum: 'a' };

  it('run once, even when several servers start together', async () => {
    const runs = await Promise.all([1, 2, 3].map(() => migrate(ephemeral.url, silentLog, [...shipped, extra])));
    expect(runs.filter((count) => count === 1)).toHaveLength(1);
  });

  it('refuse an edited one, an unknown one, and leave nothing of one that fails', async () => {
    const run = (...more: Migration[]) => migrate(ephemeral.url, silentLog, [...shipped, ...more]);
    await expect(run({ ...extra, checksum: 'b' })).rejects.toThrow('migration 9998 (extra) has been edited');
    await expect(run()).rejects.toThrow('the database has migration 9998 (extra), which this version does not know');
    const bad = { number: 9_999, name: 'bad', sql: 'CREATE TABLE half (); SELECT 1/0', checksum: 'c' };
    await expect(run(extra, bad)).rejects.toThrow('migration 9999 (bad) failed: division by zero');
    expect(await ephemeral.database.query("SELECT 1 FROM pg_tables WHERE tablename = 'half'")).toEqual([]);
  });
});
