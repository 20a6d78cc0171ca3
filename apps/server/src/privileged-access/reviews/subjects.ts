import type { AccessReviewSettings, ReviewStage } from '@sallyport/contracts';
import type { Queryable } from '../../platform/database/index.ts';
import { managers } from '../managers.ts';
import { roleById } from '../roles.ts';
import type { Holding } from '../types.ts';
import { reviewedMax } from './store.ts';

/** Who holds what is reviewed, now. Activations are none: they end by themselves. */
export async function holdingsUnder(
  db: Queryable,
  { targets, kinds, principals }: Pick<AccessReviewSettings, 'targets' | 'kinds' | 'principals'>,
  now: Date,
): Promise<Holding[]> {
  return db.query<Holding>(
    `SELECT h.* FROM privileged_holdings h JOIN unnest($1::text[], $2::uuid[], $3::text[]) AS t (type, id, access)
       ON h.target_type = t.type AND h.target_id = t.id AND h.access = t.access
     WHERE h.kind = ANY($4) AND h.assignment_type = 'Assigned' AND h.removed_at IS NULL AND h.starts_at <= $5 AND (h.ends_at IS NULL OR h.ends_at > $5)
       AND h.principal_type = ANY($6)
     ORDER BY h.created_at, h.id LIMIT ${reviewedMax}`,
    [
      targets.map(({ type }) => type),
      targets.map(({ id }) => id),
      targets.map(({ access }) => access),
      kinds,
      now,
      principals,
    ],
  );
}

export interface Recommended {
  readonly recommendation: 'Approve' | 'Deny';
  readonly basis: string;
}
const day = (at: Date): string => at.toISOString().slice(0, 10);

/** By when an eligibility was activated last; of what is active, when a right of it was used, or else when whoever has it signed in. */
export async function recommend(db: Queryable, holding: Holding, since: Date): Promise<Recommended> {
  const role = holding.target_type === 'role' ? await roleById(db, holding.target_id) : undefined;
  const row = await db.first<{ activated: Date | null; used: Date | null; signedIn: Date | null }>(
    `SELECT (SELECT max(starts_at) FROM privileged_holdings WHERE activated_from = $1) AS activated,
       (SELECT max(last_used_at) FROM permission_uses WHERE principal_id = $2 AND permission = ANY($3)) AS used, greatest(
       (SELECT max(last_seen_at) FROM sessions WHERE person_id = $2), (SELECT last_used_at FROM passwords WHERE person_id = $2),
       (SELECT max(last_used_at) FROM passkeys WHERE person_id = $2)) AS "signedIn"`,
    [holding.id, holding.principal_id, [...(role?.permissions ?? [])]],
  );
  const [last, what]: readonly [Date | null, string] =
    holding.kind === 'eligible'
      ? [row?.activated ?? null, 'activated']
      : row?.used
        ? [row.used, 'used']
        : [row?.signedIn ?? null, 'signed in'];
  if (last !== null && last >= since) return { recommendation: 'Approve', basis: `${what} last on ${day(last)}` };
  if (holding.created_at >= since)
    return { recommendation: 'Approve', basis: `assigned on ${day(holding.created_at)}` };
  return {
    recommendation: 'Deny',
    basis: last === null ? `never ${what}` : `${what} last on ${day(last)}`,
  };
}

/** Who decides on a holding in a stage. Where the stage comes to nobody: those it names, or who manages authorization. */
export async function reviewersOf(
  db: Queryable,
  stage: ReviewStage,
  holding: Pick<Holding, 'principal_id' | 'target_type' | 'target_id'>,
  now: Date,
): Promise<ReadonlySet<string>> {
  const found = await named(db, stage, holding, now);
  if (found.length > 0) return new Set(found);
  if (stage.people.length > 0) return new Set(stage.people.map((id) => id.toLowerCase()));
  return new Set((await managers(db, now)).map(({ id }) => id));
}

async function named(
  db: Queryable,
  stage: ReviewStage,
  holding: Pick<Holding, 'principal_id' | 'target_type' | 'target_id'>,
  now: Date,
): Promise<string[]> {
  const ids = async (sql: string, values: readonly unknown[]) =>
    (await db.query<{ id: string }>(sql, values)).map(({ id }) => id);
  switch (stage.reviewers) {
    case 'self':
      return ids('SELECT id FROM people WHERE id = $1 AND deleted_at IS NULL', [holding.principal_id]);
    case 'manager':
      return ids(
        'SELECT m.id FROM people p JOIN people m ON m.id = p.manager_id WHERE p.id = $1 AND m.disabled_at IS NULL AND m.deleted_at IS NULL',
        [holding.principal_id],
      );
    case 'owners':
      return ids(
        `SELECT principal_id AS id FROM privileged_assignments WHERE $1 = 'group' AND target_type = 'group' AND target_id = $2 AND access = 'owner' AND kind = 'active'
           AND removed_at IS NULL AND starts_at <= $3 AND (ends_at IS NULL OR ends_at > $3)`,
        [holding.target_type, holding.target_id, now],
      );
    case 'people':
      return stage.people.map((id) => id.toLowerCase());
  }
}
