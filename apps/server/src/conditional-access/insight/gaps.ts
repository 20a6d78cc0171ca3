import type { AccessGap } from '@sallyport/contracts';
import { findGaps, type Gap, type PolicySet, type UserSignIn } from '@sallyport/policy';
import type { Queryable } from '../../platform/database/index.ts';
import { sallyportApplication } from '../applications.ts';
import type { Decider } from '../decider.ts';

const peopleMax = 20_000;
const applicationsMax = 2_000;
const gapsMax = 500;
/** Questions to the database at one time. */
const factsAtOnce = 16;

interface Named {
  readonly id: string;
  readonly name: string;
}

/** Whom and what no enabled policy protects. People who can't sign in are left out. */
export async function gapsOf(db: Queryable, decider: Decider) {
  const set = await decider.current();
  const people = await db.query<Named>(
    'SELECT id, user_principal_name AS name FROM people WHERE disabled_at IS NULL ORDER BY lower(user_principal_name) LIMIT $1',
    [peopleMax + 1],
  );
  const registered = await db.query<Named>(
    `SELECT app_id AS id, body->>'displayName' AS name FROM applications ORDER BY lower(body->>'displayName') LIMIT $1`,
    [applicationsMax + 1],
  );
  const applications = [{ id: sallyportApplication, name: 'Sallyport' }, ...registered.slice(0, applicationsMax)];
  const asked = await signInsOf(decider, people.slice(0, peopleMax));
  const { gaps, pairs, pairsWithoutDemand, truncated } = findGaps(
    set.given,
    set.directory,
    asked,
    applications.map(({ id }) => id),
  );
  const names = new Map([...people, ...applications].map(({ id, name }) => [id, name]));
  return {
    gaps: gaps.slice(0, gapsMax).map((gap) => answerOf(gap, set, names)),
    people: Math.min(people.length, peopleMax),
    applications: applications.length,
    pairs,
    pairsWithoutDemand,
    truncated: truncated || people.length > peopleMax || registered.length > applicationsMax || gaps.length > gapsMax,
  };
}

async function signInsOf(decider: Decider, people: readonly Named[]): Promise<UserSignIn[]> {
  const found: UserSignIn[] = [];
  for (let at = 0; at < people.length; at += factsAtOnce)
    found.push(
      ...(await Promise.all(
        people.slice(at, at + factsAtOnce).map(async ({ id }): Promise<UserSignIn> => {
          const { groups = [], roles = [] } = await decider.factsOf(id);
          return { kind: 'user', userId: id, groups, roles };
        }),
      )),
    );
  return found;
}

function answerOf(gap: Gap, set: PolicySet, names: ReadonlyMap<string, string>): AccessGap {
  const named = (ids: readonly string[]): Named[] => ids.map((id) => ({ id, name: names.get(id) ?? id }));
  return {
    reason: gap.reason,
    users: named(gap.users),
    userCount: gap.userCount,
    applications: named(gap.applications),
    applicationCount: gap.applicationCount,
    policies: gap.policyIds.map((id) => ({
      id,
      name: set.policies.find((policy) => policy.id === id)?.displayName ?? id,
    })),
    conditions: [...gap.conditions],
  };
}
