import { randomUUID } from 'node:crypto';
import type { Delivery, Subscription, SubscriptionContent } from '@sallyport/contracts';
import { storableJson } from '../platform/canonical-json.ts';
import type { Queryable } from '../platform/database/types.ts';
import type { Payload } from './payload.ts';

export interface SubscriptionRow {
  readonly id: string;
  readonly name: string;
  readonly kind: Subscription['kind'];
  readonly target: string;
  readonly secret_sealed: Buffer | null;
  readonly enabled: boolean;
  readonly events: Subscription['events'];
  readonly severities: Subscription['severities'];
  readonly owners: string[];
  readonly updated_at: Date;
  readonly updated_by: string;
  readonly last_sent_at: Date | null;
  readonly last_error: string | null;
}
type CountedRow = SubscriptionRow & { waiting: number };

const counted = `s.*, (SELECT count(*)::int FROM deliveries d WHERE d.subscription_id = s.id AND d.next_at IS NOT NULL) AS waiting`;

export const toSubscription = (row: CountedRow): Subscription => ({
  id: row.id,
  name: row.name,
  kind: row.kind,
  target: row.target,
  enabled: row.enabled,
  events: row.events,
  severities: row.severities,
  owners: row.owners,
  updatedAt: row.updated_at.toISOString(),
  updatedBy: row.updated_by,
  waiting: row.waiting,
  lastSentAt: row.last_sent_at?.toISOString() ?? null,
  lastError: row.last_error,
});

export const subscriptionsMax = 100;

export const subscriptions = {
  all: (db: Queryable) =>
    db.query<CountedRow>(`SELECT ${counted} FROM subscriptions s ORDER BY lower(s.name), s.id LIMIT $1`, [
      subscriptionsMax,
    ]),
  byId: (db: Queryable, id: string) =>
    db.first<CountedRow>(`SELECT ${counted} FROM subscriptions s WHERE s.id = $1`, [id]),
  insert: async (
    db: Queryable,
    row: SubscriptionContent & { id: string; secretSealed: Buffer | null; at: Date; by: string },
  ): Promise<void> => {
    await db.execute(
      `INSERT INTO subscriptions (id, name, kind, target, secret_sealed, enabled, events, severities, owners, updated_at, updated_by)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
      [
        row.id,
        row.name,
        row.kind,
        row.target,
        row.secretSealed,
        row.enabled,
        row.events,
        row.severities,
        row.owners,
        row.at,
        row.by,
      ],
    );
  },
  update: (db: Queryable, id: string, content: SubscriptionContent, at: Date, by: string) =>
    db.execute(
      `UPDATE subscriptions SET name = $2, target = $3, enabled = $4, events = $5, severities = $6, owners = $7, updated_at = $8, updated_by = $9
       WHERE id = $1`,
      [id, content.name, content.target, content.enabled, content.events, content.severities, content.owners, at, by],
    ),
  delete: (db: Queryable, id: string) =>
    db.first<{ name: string }>('DELETE FROM subscriptions WHERE id = $1 RETURNING name', [id]),
  succeeded: (db: Queryable, id: string, at: Date) =>
    db.execute('UPDATE subscriptions SET last_sent_at = $2, last_error = NULL WHERE id = $1', [id, at]),
  failed: (db: Queryable, id: string, error: string, disable: boolean) =>
    db.execute('UPDATE subscriptions SET last_error = $2, enabled = enabled AND NOT $3 WHERE id = $1', [
      id,
      error,
      disable,
    ]),
};

/** One to be tried now. */
export interface DueDelivery {
  readonly id: string;
  readonly payload: Payload;
  /** With this one. */
  readonly attempts: number;
  readonly subscription: string;
}

interface DeliveryRow {
  readonly id: string;
  readonly event: string;
  readonly created_at: Date;
  readonly attempts: number;
  readonly next_at: Date | null;
  readonly finished_at: Date | null;
  readonly sent: boolean;
  readonly last_error: string | null;
}

const listedMax = 100;

export const deliveries = {
  insert: async (
    tx: Queryable,
    rows: readonly { subscription: string; payload: Payload }[],
    now: Date,
  ): Promise<void> => {
    if (rows.length === 0) return;
    await tx.execute(
      `INSERT INTO deliveries (id, subscription_id, event, payload, created_at, next_at)
       SELECT id, subscription, event, payload, $2::timestamptz, $2 FROM jsonb_to_recordset($1::jsonb) AS x(id uuid, subscription uuid, event text, payload jsonb)`,
      [
        JSON.stringify(
          storableJson(
            rows.map(({ subscription, payload }) => ({
              id: randomUUID(),
              subscription,
              event: payload.type,
              payload,
            })),
          ),
        ),
        now,
      ],
    );
  },
  /** Takes those that are due, for as long as `leaseMs`: then another server may try them. */
  take: (db: Queryable, now: Date, leaseMs: number, max: number) =>
    db.query<DueDelivery>(
      `UPDATE deliveries d SET attempts = attempts + 1, next_at = $2 WHERE id = ANY(ARRAY(
         SELECT d.id FROM deliveries d JOIN subscriptions s ON s.id = d.subscription_id AND s.enabled
         WHERE d.next_at <= $1 ORDER BY d.next_at, d.id LIMIT $3 FOR UPDATE OF d SKIP LOCKED))
       RETURNING id, payload, attempts, subscription_id AS subscription`,
      [now, new Date(now.getTime() + leaseMs), max],
    ),
  sent: (db: Queryable, id: string, at: Date) =>
    db.execute('UPDATE deliveries SET sent = true, next_at = NULL, finished_at = $2, last_error = NULL WHERE id = $1', [
      id,
      at,
    ]),
  /** `next`: when it is tried again; undefined: no more. */
  failed: (db: Queryable, id: string, error: string, next: Date | undefined, at: Date) =>
    db.execute('UPDATE deliveries SET last_error = $2, next_at = $3, finished_at = $4 WHERE id = $1', [
      id,
      error,
      next ?? null,
      next === undefined ? at : null,
    ]),
  of: async (db: Queryable, subscription: string): Promise<Delivery[]> =>
    (
      await db.query<DeliveryRow>(
        `SELECT id, event, created_at, attempts, next_at, finished_at, sent, last_error FROM deliveries WHERE subscription_id = $1
         ORDER BY created_at DESC, id LIMIT $2`,
        [subscription, listedMax],
      )
    ).map((row) => ({
      id: row.id,
      event: row.event,
      createdAt: row.created_at.toISOString(),
      state: row.sent ? 'sent' : row.next_at === null ? 'failed' : 'waiting',
      attempts: row.attempts,
      nextAt: row.next_at?.toISOString() ?? null,
      finishedAt: row.finished_at?.toISOString() ?? null,
      lastError: row.last_error,
    })),
  forget: (db: Queryable, before: Date) => db.execute('DELETE FROM deliveries WHERE finished_at < $1', [before]),
};
