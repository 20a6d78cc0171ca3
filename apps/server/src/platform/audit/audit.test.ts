import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEphemeralDatabase, type EphemeralDatabase } from '../../supervisor/ephemeral-database.ts';
import { systemClock } from '../clock.ts';
import { silentLog } from '../log.ts';
import { createMetrics } from '../metrics.ts';
import { createOutbox, type Outbox, type RowObject } from '../outbox/index.ts';
import { createAuditLog, type AuditEvent, type AuditLog } from './index.ts';

let ephemeral: EphemeralDatabase;
let audit: AuditLog;
let outbox: Outbox;
const delivered: RowObject[] = [];

beforeAll(async () => {
  ephemeral = await startEphemeralDatabase();
  const { database } = ephemeral;
  const target = { insertRows: async (_table: string, rows: readonly RowObject[]) => void delivered.push(...rows) };
  outbox = createOutbox({ database, target, clock: systemClock, log: silentLog, metrics: createMetrics() });
  audit = createAuditLog({ database, outbox, clock: systemClock });
});
afterAll(() => ephemeral.stop());

const event = (change: Partial<AuditEvent> = {}): AuditEvent => ({
  actor: 'anna@contoso.com',
  operation: 'updateIncident',
  target: 'incident 7',
  result: 'success',
  ipAddress: '192.0.2.1',
  details: { severity: ['Low', 'High'], n: 1.5, nested: { b: null, a: true } },
  ...change,
});

describe('the chain', () => {
  it('is one line, however many write at once, and also reaches the lake', async () => {
    await Promise.all(Array.from({ length: 40 }, (_, i) => audit.record(event({ target: `incident ${i}` }))));
    expect(await audit.verify()).toEqual({ intact: true, rows: 40 });
    expect((await audit.newest(40)).map(({ sequence }) => sequence)).toEqual(
      Array.from({ length: 40 }, (_, i) => 40 - i),
    );
    await outbox.flush();
    expect(delivered).toHaveLength(40);
    expect(delivered[0]).toMatchObject({
      OperationName: 'updateIncident',
      Identity: 'anna@contoso.com',
      Result: 'success',
    });
  });

  it('has no row of a transaction that was rolled back', async () => {
    const { rows } = await audit.verify();
    const failed = ephemeral.database.transaction(async (tx) => {
      await audit.record(event(), tx);
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    expect(await audit.verify()).toEqual({ intact: true, rows });
  });

  it('holds whatever stands in an event', async () => {
    const anyText = fc.oneof(fc.string({ unit: 'binary' }), fc.constant('\0'), fc.constant('\ud800'));
    const anyEvent = fc.record({ actor: anyText, target: anyText, details: fc.dictionary(anyText, fc.jsonValue()) });
    await fc.assert(
      fc.asyncProperty(anyEvent, (change) => audit.record(event(change))),
      { numRuns: 100 },
    );
    expect(await audit.verify()).toMatchObject({ intact: true });
  });

  it.each([
    ['changed', "UPDATE audit_log SET actor = 'eve' WHERE sequence = 5", 5],
    ['changed in its details', `UPDATE audit_log SET details = '{}' WHERE sequence = 6`, 6],
    ['removed from the middle', 'DELETE FROM audit_log WHERE sequence = 7', 7],
    ['removed from the end', 'DELETE FROM audit_log WHERE sequence = (SELECT max(sequence) FROM audit_log)', undefined],
  ])('shows a row that was %s', async (_what, sql, brokenAt) => {
    const { database } = ephemeral;
    await database.execute('CREATE TABLE kept AS SELECT * FROM audit_log');
    expect(await database.execute(sql)).toBe(1);
    const { rows } = await audit.verify();
    expect(await audit.verify()).toEqual({ intact: false, rows, brokenAt: brokenAt ?? rows });
    await database.execute('DELETE FROM audit_log');
    await database.execute('INSERT INTO audit_log SELECT * FROM kept');
    await database.execute('DROP TABLE kept');
    expect(await audit.verify()).toMatchObject({ intact: true });
  });
});
