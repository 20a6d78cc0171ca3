import { randomUUID } from 'node:crypto';
import type { ConnectorKind } from '@sallyport/contracts';
import type { Database, Queryable } from '../../platform/database/types.ts';
import type { Item } from './types.ts';

/** A connector as it is stored. */
export interface ConnectorRow {
  readonly id: string;
  readonly kind: ConnectorKind;
  readonly name: string;
  readonly settings: unknown;
  readonly secrets: Buffer | null;
  readonly enabled: boolean;
  readonly stream: string | null;
  /** Of times that say none. */
  readonly time_zone: string;
  /** Null: the first. */
  readonly workspace_id: string | null;
  readonly interval_seconds: number;
  readonly revision: number;
  readonly checkpoint: unknown;
  readonly due_at: Date;
  readonly lease_until: Date | null;
  readonly last_poll_at: Date | null;
  readonly last_success_at: Date | null;
  readonly last_error: string | null;
  readonly last_note: string | null;
  readonly failures: number;
  readonly stored_rows: number;
  readonly stored_bytes: number;
  readonly newest_at: Date | null;
  readonly caught_up: boolean;
  readonly created_at: Date;
}

export interface NewConnector {
  readonly id: string;
  readonly kind: ConnectorKind;
  readonly name: string;
  readonly settings: unknown;
  readonly secrets: Buffer | null;
  readonly enabled: boolean;
  readonly stream: string | null;
  readonly timeZone: string;
  readonly workspaceId: string | null;
  readonly intervalSeconds: number;
}

/** The right to poll a connector: of one run of one job, for the settings of one revision. */
export interface Lease {
  readonly connectorId: string;
  readonly run: string;
  readonly revision: number;
}

/** Most connectors; each costs a look a poll. */
export const connectorsMax = 500;

export const listConnectors = (db: Queryable): Promise<ConnectorRow[]> =>
  db.query<ConnectorRow>(`SELECT * FROM connectors ORDER BY name LIMIT ${connectorsMax}`);

export const connectorById = (db: Queryable, id: string): Promise<ConnectorRow | undefined> =>
  db.first<ConnectorRow>('SELECT * FROM connectors WHERE id = $1', [id]);

/** Answers false when the name is taken, or there are as many as may be. */
export async function insertConnector(db: Queryable, c: NewConnector, now: Date): Promise<boolean> {
  const rows = await db.execute(
    `INSERT INTO connectors (id, kind, name, settings, secrets, enabled, stream, time_zone, interval_seconds, due_at, created_at, workspace_id)
     SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11::uuid WHERE (SELECT count(*) FROM connectors) < ${connectorsMax}
     ON CONFLICT (name) DO NOTHING`,
    [
      c.id,
      c.kind,
      c.name,
      JSON.stringify(c.settings),
      c.secrets,
      c.enabled,
      c.stream,
      c.timeZone,
      c.intervalSeconds,
      now,
      c.workspaceId,
    ],
  );
  return rows === 1;
}

/** Changes it; whoever polls it now loses the right to. `anew`: forgets how far it has come. */
export async function changeConnector(tx: Queryable, c: NewConnector, anew: boolean, now: Date): Promise<void> {
  await tx.execute(
    `UPDATE connectors SET name = $2, settings = $3, secrets = $4, enabled = $5, stream = $6, interval_seconds = $7, due_at = $8, time_zone = $10, workspace_id = $11,
       revision = revision + 1, failures = 0, last_error = NULL, last_note = NULL, lease_until = NULL,
       checkpoint = CASE WHEN $9 THEN NULL ELSE checkpoint END,
       caught_up = caught_up AND NOT $9, newest_at = CASE WHEN $9 THEN NULL ELSE newest_at END
     WHERE id = $1`,
    [
      c.id,
      c.name,
      JSON.stringify(c.settings),
      c.secrets,
      c.enabled,
      c.stream,
      c.intervalSeconds,
      now,
      anew,
      c.timeZone,
      c.workspaceId,
    ],
  );
  if (anew) await tx.execute('DELETE FROM connector_items WHERE connector_id = $1', [c.id]);
}

export const removeConnector = async (db: Queryable, id: string): Promise<string | undefined> =>
  (await db.first<{ name: string }>('DELETE FROM connectors WHERE id = $1 RETURNING name', [id]))?.name;

/** Enabled ones whose time has come and that nobody polls. */
export const dueConnectors = (
  db: Queryable,
  now: Date,
): Promise<Pick<ConnectorRow, 'id' | 'kind' | 'due_at' | 'settings'>[]> =>
  db.query(
    `SELECT id, kind, due_at, settings FROM connectors
     WHERE enabled AND due_at <= $1 AND (lease_until IS NULL OR lease_until < $1) ORDER BY due_at LIMIT ${connectorsMax}`,
    [now],
  );

const leaseMs = 120_000;

/** Takes the right to poll, unless another job has it. A job that runs again after its server died takes it from its own earlier run. */
export async function takeLease(
  db: Queryable,
  id: string,
  job: string,
  now: Date,
): Promise<{ readonly connector: ConnectorRow; readonly lease: Lease } | undefined> {
  const run = randomUUID();
  const connector = await db.first<ConnectorRow>(
    `UPDATE connectors SET lease_job = $2, lease_run = $3, lease_until = $4, last_poll_at = $5
     WHERE id = $1 AND (lease_until IS NULL OR lease_until < $5 OR lease_job = $2) RETURNING *`,
    [id, job, run, new Date(now.getTime() + leaseMs), now],
  );
  return connector && { connector, lease: { connectorId: id, run, revision: connector.revision } };
}

/** SQL: `$1` … `$3` are a lease that still holds. */
export const holds = 'id = $1 AND lease_run = $2 AND revision = $3';
export const held = ({ connectorId, run, revision }: Lease) => [connectorId, run, revision] as const;

/** Says again that the poll goes on. Answers whether it may. */
export const keepLease = async (db: Queryable, lease: Lease, now: Date): Promise<boolean> =>
  (await db.execute(`UPDATE connectors SET lease_until = $4 WHERE ${holds} AND lease_until IS NOT NULL`, [
    ...held(lease),
    new Date(now.getTime() + leaseMs),
  ])) === 1;

export interface Progress {
  /** The page, when there was something to store. */
  readonly page: string | undefined;
  readonly checkpoint: unknown;
  readonly rows: number;
  readonly bytes: number;
  readonly items: readonly Item[];
  readonly forgetBefore: Date | undefined;
  readonly newestAt: Date | undefined;
  readonly caughtUp: boolean;
  readonly note: string | undefined;
}

/** What a page, now durable, has brought. Answers false when the right to poll was lost, and then nothing is noted. */
export const advance = (database: Database, lease: Lease, progress: Progress, now: Date): Promise<boolean> =>
  database.transaction(async (tx) => {
    const { page, checkpoint, rows, bytes, items, forgetBefore, newestAt, caughtUp, note } = progress;
    const changed = await tx.execute(
      `UPDATE connectors SET checkpoint = $4, stored_rows = stored_rows + $5, stored_bytes = stored_bytes + $6,
         newest_at = greatest(newest_at, $7), caught_up = $8, last_note = coalesce($9, last_note), lease_until = $10
       WHERE ${holds} AND lease_until IS NOT NULL`,
      [
        ...held(lease),
        JSON.stringify(checkpoint),
        rows,
        bytes,
        newestAt ?? null,
        caughtUp,
        note ?? null,
        new Date(now.getTime() + leaseMs),
      ],
    );
    if (changed !== 1) return false;
    if (page !== undefined) await tx.execute('DELETE FROM connector_pages WHERE id = $1', [page]);
    if (items.length > 0)
      await tx.execute(
        `INSERT INTO connector_items (connector_id, item, at) SELECT $1, i.item, i.at
         FROM jsonb_to_recordset($2::jsonb) AS i(item text, at timestamptz)
         ON CONFLICT (connector_id, item) DO UPDATE SET at = excluded.at`,
        [lease.connectorId, JSON.stringify(items)],
      );
    if (forgetBefore !== undefined)
      await tx.execute('DELETE FROM connector_items WHERE connector_id = $1 AND at < $2', [
        lease.connectorId,
        forgetBefore,
      ]);
    return true;
  });

/** Which of the items were taken before. */
export async function takenItems(db: Queryable, connectorId: string, items: readonly string[]): Promise<Set<string>> {
  if (items.length === 0) return new Set();
  const rows = await db.query<{ item: string }>(
    'SELECT item FROM connector_items WHERE connector_id = $1 AND item = ANY($2)',
    [connectorId, items],
  );
  return new Set(rows.map(({ item }) => item));
}

/** The poll has ended, and the next is due. Answers false when the right to poll was lost. */
export async function endPoll(
  db: Queryable,
  lease: Lease,
  outcome: {
    readonly error: string | undefined;
    readonly note: string | undefined;
    readonly dueAt: Date;
    /** When this poll was due. A person who has asked for another meanwhile gets it. */
    readonly wasDueAt: Date;
    readonly behind: boolean;
  },
  now: Date,
): Promise<boolean> {
  const { error, note, dueAt, wasDueAt, behind } = outcome;
  const changed = await db.execute(
    `UPDATE connectors SET lease_until = NULL, due_at = CASE WHEN due_at = $9 THEN $4 ELSE least(due_at, $4) END, last_error = $5, last_note = $6,
       last_success_at = CASE WHEN $5::text IS NULL THEN $7 ELSE last_success_at END,
       failures = CASE WHEN $5::text IS NULL THEN 0 ELSE failures + 1 END,
       caught_up = CASE WHEN $5::text IS NULL THEN NOT $8 ELSE caught_up END
     WHERE ${holds}`,
    [...held(lease), dueAt, error ?? null, note ?? null, now, behind, wasDueAt],
  );
  return changed === 1;
}

/** Makes it due at once. */
export const makeDue = async (db: Queryable, id: string, now: Date): Promise<void> => {
  await db.execute('UPDATE connectors SET due_at = $2 WHERE id = $1', [id, now]);
};
