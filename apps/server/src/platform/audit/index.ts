import { storableJson, storableText } from '../canonical-json.ts';
import type { Clock } from '../clock.ts';
import type { Database, Queryable } from '../database/types.ts';
import { gathered } from '../gathered.ts';
import type { RowObject, RowSink } from '../outbox/types.ts';
import { firstBreak, firstHash, hashOf, type ChainedEntry } from './chain.ts';
import type { AuditEntry, AuditEvent, AuditLog, EntraActivity } from './types.ts';

export type { AuditEntry, AuditEvent, AuditLog, EntraActivity, ModifiedProperty } from './types.ts';

const verifyPageRows = 5_000;
const eventsAtOnce = 200;
const columns = `sequence, at, actor, operation, target, result, ip_address AS "ipAddress", request_id AS "requestId", details,
  previous_hash AS "previousHash", hash`;

/** The audit log in PostgreSQL, each row mirrored to the lake's `AuditLogs`. */
export function createAuditLog({
  database,
  outbox,
  clock,
}: {
  database: Database;
  outbox: RowSink;
  clock: Clock;
}): AuditLog {
  const append = async (events: readonly AuditEvent[], tx: Queryable): Promise<void> => {
    // The lock on this one row makes writers queue, so that the chain has no forks.
    const head = await tx.first<{ sequence: number; hash: Buffer }>('SELECT sequence, hash FROM audit_head FOR UPDATE');
    if (!head) throw new Error('audit_head is empty: somebody has removed the end of the audit chain');
    let { sequence, hash: previousHash } = head;
    const rows = events.map((event): ChainedEntry => {
      const entry = {
        sequence: ++sequence,
        at: clock.now(),
        actor: storableText(event.actor),
        operation: storableText(event.operation),
        target: storableText(event.target),
        result: event.result,
        ipAddress: storableText(event.ipAddress),
        requestId: storableText(event.requestId ?? ''),
        details: storableJson(event.details ?? {}),
        previousHash,
      };
      previousHash = hashOf(entry);
      return { ...entry, hash: previousHash };
    });
    const each = <K extends keyof ChainedEntry>(name: K) => rows.map((row) => row[name]);
    await tx.execute(
      `WITH added AS (
         INSERT INTO audit_log (sequence, at, actor, operation, target, result, ip_address, request_id, details, previous_hash, hash)
         SELECT * FROM unnest($1::bigint[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::jsonb[], $10::bytea[], $11::bytea[]))
       UPDATE audit_head SET sequence = $12, hash = $13`,
      [
        each('sequence'),
        each('at'),
        each('actor'),
        each('operation'),
        each('target'),
        each('result'),
        each('ipAddress'),
        each('requestId'),
        rows.map(({ details }) => JSON.stringify(details)),
        each('previousHash'),
        each('hash'),
        sequence,
        previousHash,
      ],
    );
    await outbox.write(
      'AuditLogs',
      rows.map((row, n) => lakeRow(row, events[n]?.entra)),
      tx,
    );
  };

  /** Events that no transaction of another's brings: those that come while some are written go together in the next. */
  const alone = gathered(eventsAtOnce, (events: readonly AuditEvent[]) =>
    database.transaction((own) => append(events, own)),
  );

  return {
    record: (event, tx) => (tx ? append([event], tx) : alone(event)),
    newest: (limit) =>
      database.query<AuditEntry>(`SELECT ${columns} FROM audit_log ORDER BY sequence DESC LIMIT $1`, [limit]),
    verify: () => verify(database),
  };
}

async function verify(database: Database): Promise<{ intact: boolean; rows: number; brokenAt?: number }> {
  // The head is read first: rows added meanwhile are beyond it and not looked at.
  const head = await database.first<{ sequence: number; hash: Buffer }>('SELECT sequence, hash FROM audit_head');
  if (!head) return { intact: false, rows: 0, brokenAt: 1 };
  let previous: { sequence: number; hash: Buffer } = { sequence: 0, hash: firstHash };
  while (previous.sequence < head.sequence) {
    const page = await database.query<ChainedEntry>(
      `SELECT ${columns} FROM audit_log WHERE sequence > $1 AND sequence <= $2 ORDER BY sequence LIMIT $3`,
      [previous.sequence, head.sequence, verifyPageRows],
    );
    const brokenAt = page.length === 0 ? previous.sequence + 1 : firstBreak(previous, page);
    if (brokenAt !== undefined) return { intact: false, rows: head.sequence, brokenAt };
    previous = page.at(-1)!;
  }
  if (!previous.hash.equals(head.hash)) return { intact: false, rows: head.sequence, brokenAt: head.sequence };
  return { intact: true, rows: head.sequence };
}

/** As Microsoft Entra ID's AuditLogs has it, with our chain under AdditionalDetails. */
function lakeRow(entry: ChainedEntry, entra: EntraActivity | undefined): RowObject {
  const chain = [
    { key: 'PreviousHash', value: entry.previousHash.toString('hex') },
    { key: 'Hash', value: entry.hash.toString('hex') },
  ];
  const row = {
    TimeGenerated: entry.at.toISOString(),
    ActivityDateTime: entry.at.toISOString(),
    Id: String(entry.sequence),
    CorrelationId: entry.requestId,
    OperationName: entry.operation,
    ActivityDisplayName: entry.operation,
    Category: 'Sallyport',
    LoggedByService: 'Sallyport',
    SourceSystem: 'Sallyport',
    Identity: entry.actor,
    InitiatedBy: { user: { userPrincipalName: entry.actor, ipAddress: entry.ipAddress } },
    Result: entry.result === 'success' ? 'success' : 'failure',
    ResultDescription: entry.result,
    TargetResources: [{ displayName: entry.target }],
    AdditionalDetails: [{ key: 'Details', value: JSON.stringify(entry.details) }, ...chain],
  };
  return entra ? { ...row, ...entraColumns(entry, entra), AdditionalDetails: [{ key: 'Category', value: entra.loggedByService }, ...chain] } : row; // prettier-ignore
}

/** What changed stands in the target, so that it need not stand among the details again. */
function entraColumns({ actor, ipAddress }: ChainedEntry, entra: EntraActivity): RowObject {
  const text = (value: unknown) => (value === undefined ? null : JSON.stringify(value));
  const modifiedProperties = [entra.modified].flat().map(({ displayName, oldValue, newValue }) => ({
    displayName,
    oldValue: text(oldValue),
    newValue: text(newValue),
  }));
  const by = { id: entra.actorId, displayName: null, userPrincipalName: actor, ipAddress, roles: [] };
  return {
    Category: entra.category,
    LoggedByService: entra.loggedByService,
    AADOperationType: entra.operationType,
    OperationVersion: '1.0',
    Level: '4',
    InitiatedBy: entra.byApplication
      ? { app: { appId: entra.actorId, displayName: actor, servicePrincipalId: entra.actorId } }
      : { user: by },
    TargetResources: [
      { ...entra.target, modifiedProperties, administrativeUnits: [] },
      ...(entra.second ? [{ ...entra.second, modifiedProperties: [], administrativeUnits: [] }] : []),
    ],
  };
}
