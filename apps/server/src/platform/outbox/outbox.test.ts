import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEphemeralPlatform } from '../../supervisor/ephemeral-platform.ts';
import type { OpenPlatform } from '../create.ts';
import { createMetrics } from '../metrics.ts';
import { createOutbox, type Outbox, type RowTarget } from './index.ts';

let platform: OpenPlatform;
let stop: () => Promise<void>;
beforeAll(async () => void ({ platform, stop } = await startEphemeralPlatform()));
afterAll(() => stop());

const outboxTo = (target: RowTarget): Outbox => {
  const { database, clock, log } = platform;
  return createOutbox({ database, target, clock, log, metrics: createMetrics() });
};
const signIn = (n: number) => ({ UserPrincipalName: `${n}@contoso.com`, ResultType: '0', Status: { errorCode: n } });
const namesInLake = async (table = 'SigninLogs') => {
  const { rows } = await platform.lake.query(`SELECT UserPrincipalName FROM ${table} ORDER BY UserPrincipalName`);
  return rows.map(([name]) => name);
};

describe('the outbox', () => {
  it('brings rows to the lake with the state they tell of, or neither', async () => {
    const { database, outbox } = platform;
    await database.transaction((tx) => outbox.write('SigninLogs', [signIn(1)], tx));
    const failed = database.transaction(async (tx) => {
      await outbox.write('SigninLogs', [signIn(2)], tx);
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    await outbox.flush();
    expect(await namesInLake()).toEqual(['1@contoso.com']);
    expect(await database.query('SELECT 1 FROM lake_outbox_batches')).toEqual([]);
  });

  it('stores a batch once, when a server dies between the lake and the database', async () => {
    let dying = true;
    const dies = outboxTo({
      insertRows: async (...args) => {
        await platform.lake.insertRows(...args);
        if (dying) throw new Error('killed after the insert');
      },
    });
    await dies.write('SigninLogs', [signIn(3), signIn(4)]);
    const flushed = dies.flush();
    await expect.poll(async () => (await namesInLake()).length).toBe(3);
    dying = false;
    await flushed;
    expect(await namesInLake()).toEqual(['1@contoso.com', '3@contoso.com', '4@contoso.com']);
  });

  it('stores every row once when several servers drain it together', async () => {
    const servers = [outboxTo(platform.lake), outboxTo(platform.lake), outboxTo(platform.lake)];
    for (const server of servers) server.start();
    await Promise.all(
      Array.from({ length: 30 }, (_, i) => servers[i % 3]!.write('SigninLogs', [signIn(100 + i), signIn(200 + i)])),
    );
    await platform.outbox.flush();
    await Promise.all(servers.map((server) => server.stop()));
    const names = await namesInLake();
    expect(names).toHaveLength(63);
    expect(new Set(names).size).toBe(63);
  });

  it('brings what can be stored of a batch, and tells why the rest can not', async () => {
    const { database, outbox } = platform;
    const wrong = { NoSuchColumn: 'the value' };
    await outbox.write('SigninLogs', [signIn(300), wrong, signIn(301), signIn(302)]);
    await outbox.write('AuditLogs', [{ OperationName: 'x' }]);
    await outbox.flush();
    expect((await namesInLake()).filter((name) => String(name).startsWith('30'))).toHaveLength(3);
    const { rows } = await platform.lake.query('SELECT InputStreamId, OperationName, Message FROM DCRLogErrors');
    expect(rows).toEqual([['SigninLogs', 'Store', expect.stringMatching(/no column `NoSuchColumn`.*the value/)]]);
    expect(await database.query('SELECT 1 FROM lake_outbox')).toEqual([]);
    expect((await platform.lake.query('SELECT count() FROM AuditLogs')).rows[0]).toEqual([1]);
  });
});
