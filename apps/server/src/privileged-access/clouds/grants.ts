import type { CloudProvisioning } from '@sallyport/contracts';
import type { Queryable } from '../../platform/database/index.ts';
import type { Holding } from '../types.ts';

/** What a cloud should have by now: who holds what, is somebody there, and may still sign in here. */
const wanted = `SELECT DISTINCT a.target_id AS cloud_role_id, a.principal_id, a.principal_type, i.external_id
  FROM privileged_assignments a JOIN cloud_roles r ON r.id = a.target_id
  JOIN cloud_identities i ON i.connection_id = r.connection_id AND i.principal_id = a.principal_id
  WHERE a.target_type = 'cloudRole' AND a.kind = 'active' AND a.removed_at IS NULL AND a.starts_at <= $1 AND (a.ends_at IS NULL OR a.ends_at > $1)
    AND (a.principal_type <> 'user' OR EXISTS (SELECT 1 FROM people p WHERE p.id = a.principal_id AND p.deleted_at IS NULL AND p.disabled_at IS NULL))`;
const isWanted = `EXISTS (SELECT 1 FROM (${wanted}) w WHERE w.cloud_role_id = g.cloud_role_id AND w.principal_id = g.principal_id AND w.external_id = g.external_id)`;

/** Lays down what is to be written into clouds and taken out of them; `provision.ts` does it. Another identity there: first the old is taken away. */
export async function wantCloudGrants(tx: Queryable, now: Date): Promise<number> {
  const ended = await tx.execute(
    `UPDATE cloud_grants g SET state = 'PendingRevocation', changed_at = $1, next_at = $1, attempts = 0, last_error = NULL
     WHERE g.state IN ('PendingProvisioning', 'Provisioned') AND NOT ${isWanted}`,
    [now],
  );
  const again = await tx.execute(
    `UPDATE cloud_grants g SET state = 'PendingProvisioning', changed_at = $1, next_at = $1, attempts = 0, last_error = NULL
     WHERE g.state = 'PendingRevocation' AND ${isWanted}`,
    [now],
  );
  const begun = await tx.execute(
    `INSERT INTO cloud_grants (id, cloud_role_id, principal_id, principal_type, external_id, state, changed_at, next_at)
     SELECT gen_random_uuid(), w.cloud_role_id, w.principal_id, w.principal_type, w.external_id, 'PendingProvisioning', $1, $1 FROM (${wanted}) w
     WHERE NOT EXISTS (SELECT 1 FROM cloud_grants g WHERE g.cloud_role_id = w.cloud_role_id AND g.principal_id = w.principal_id AND g.state <> 'Revoked')`,
    [now],
  );
  return ended + again + begun;
}

/** How far the cloud is with each of these, by id; those of no cloud are not there. */
export async function provisioningOf(
  db: Queryable,
  rows: readonly Holding[],
): Promise<ReadonlyMap<string, CloudProvisioning>> {
  const ids = rows
    .filter(({ target_type: type, kind }) => type === 'cloudRole' && kind === 'active')
    .map(({ id }) => id);
  if (ids.length === 0) return new Map();
  const found = await db.query<{
    id: string;
    state: CloudProvisioning['state'] | null;
    since: Date;
    error: string | null;
  }>(
    `SELECT a.id, g.state, coalesce(g.changed_at, a.starts_at) AS since,
       CASE WHEN i.external_id IS NULL AND g.state IS NULL THEN 'nobody in the cloud' ELSE g.last_error END AS error
     FROM privileged_assignments a JOIN cloud_roles r ON r.id = a.target_id
     LEFT JOIN cloud_identities i ON i.connection_id = r.connection_id AND i.principal_id = a.principal_id
     LEFT JOIN LATERAL (SELECT * FROM cloud_grants g WHERE g.cloud_role_id = a.target_id AND g.principal_id = a.principal_id
       AND (g.state <> 'Revoked' OR g.changed_at >= a.starts_at) ORDER BY g.state = 'Revoked', g.changed_at DESC LIMIT 1) g ON true
     WHERE a.id = ANY($1::uuid[]) AND a.applied_at IS NOT NULL
       AND (a.removed_at IS NULL OR g.state IN ('PendingRevocation', 'Revoked'))`,
    [ids],
  );
  return new Map(
    found.map(({ id, state, since, error }) => [
      id,
      { state: state ?? 'PendingProvisioning', since: since.toISOString(), error },
    ]),
  );
}
