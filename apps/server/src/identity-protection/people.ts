import type { RiskSubject } from './types.ts';
import type { Queryable } from '../platform/database/index.ts';

/** Whom a log names: by the id of an account, by a user principal name, or both. */
export interface Named {
  readonly id: string;
  readonly name: string;
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * The people behind names of logs, whichever provider wrote them: those of the directory by their id or user principal name, others as the log knows them. By what
 * `keyOf` says of the name.
 */
export async function resolvePeople(db: Queryable, named: readonly Named[]): Promise<ReadonlyMap<string, RiskSubject>> {
  const rows = await db.query<{ id: string; name: string; displayName: string }>(
    `SELECT id::text, user_principal_name AS name, display_name AS "displayName" FROM people WHERE lower(user_principal_name) = ANY($1) OR id = ANY($2::uuid[])`,
    [
      [...new Set(named.map(({ name }) => name.toLowerCase()))],
      [...new Set(named.map(({ id }) => id).filter((id) => uuid.test(id)))],
    ],
  );
  const byName = new Map(rows.map((row) => [row.name.toLowerCase(), row]));
  const byId = new Map(rows.map((row) => [row.id, row]));
  return new Map(
    named.map((one) => {
      const person = byId.get(one.id.toLowerCase()) ?? byName.get(one.name.toLowerCase());
      const subject = person
        ? { kind: 'user' as const, ...person }
        : { kind: 'user' as const, id: one.id || one.name.toLowerCase(), name: one.name, displayName: one.name };
      return [keyOf(one), subject];
    }),
  );
}

export const keyOf = ({ id, name }: Named): string => `${id}|${name.toLowerCase()}`;
