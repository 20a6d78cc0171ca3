import { createHmac } from 'node:crypto';
import type { Queryable } from '../../platform/database/index.ts';
import type { Platform } from '../../platform/types.ts';
import { assignments } from '../applications/store.ts';
import type { UsableApplication } from './clients.ts';

/** Past this many, an application asks for them elsewhere: a token has to fit into headers. */
const groupsMax = 200;

export interface AppPerson {
  readonly id: string;
  readonly userPrincipalName: string;
  readonly displayName: string;
}

/** A person who may sign in. */
export const personOf = (db: Queryable, id: string): Promise<AppPerson | undefined> =>
  db.first<AppPerson>(
    `SELECT id, user_principal_name AS "userPrincipalName", display_name AS "displayName" FROM people WHERE id::text = $1 AND disabled_at IS NULL`,
    [id],
  );

/** What `roles` says: values of the roles that were given, directly or through a group. */
export async function rolesOf(db: Queryable, principalId: string, resource: UsableApplication): Promise<string[]> {
  if (resource.body.appRoles.length === 0) return [];
  const held = new Set(await assignments.held(db, principalId, resource.servicePrincipalId));
  return resource.body.appRoles.flatMap(({ id, value, isEnabled }) =>
    isEnabled && typeof value === 'string' && held.has(id.toLowerCase()) ? [value] : [],
  );
}

async function groupClaims(db: Queryable, personId: string, { body }: UsableApplication) {
  if (!body.groupMembershipClaims || body.groupMembershipClaims === 'None') return {};
  const rows = await db.query<{ id: string }>(
    'SELECT group_id AS id FROM group_members WHERE person_id = $1 ORDER BY group_id LIMIT $2',
    [personId, groupsMax + 1],
  );
  return rows.length > groupsMax ? { hasgroups: true } : { groups: rows.map(({ id }) => id) };
}

export interface ClaimSource {
  readonly tenantId: string;
  readonly personClaims: (person: AppPerson, application: UsableApplication) => Promise<Record<string, unknown>>;
  readonly pairwise: (personId: string, appId: string) => string;
}

/** RFC 9562, version 8: made by a rule of our own. */
export function tenantIdOf(sealing: Platform['sealing']): string {
  const id = sealing.derive('openid-tenant').toString('hex');
  return `${id.slice(0, 8)}-${id.slice(8, 12)}-8${id.slice(13, 16)}-a${id.slice(17, 20)}-${id.slice(20, 32)}`;
}

/** Where claims come from. `tid` is this installation, the same for as long as its sealing key is. */
export function createClaims({ database, sealing }: Pick<Platform, 'database' | 'sealing'>): ClaimSource {
  const key = sealing.derive('openid-pairwise');
  const tenantId = tenantIdOf(sealing);
  return {
    tenantId,
    // OpenID Connect Core, 8.1: not to be computed by those who know both ids.
    pairwise: (personId, appId) => createHmac('sha256', key).update(`${appId} ${personId}`).digest('base64url'),
    personClaims: async (person, application) => {
      const roles = await rolesOf(database, person.id, application);
      return {
        oid: person.id,
        tid: tenantId,
        name: person.displayName,
        preferred_username: person.userPrincipalName,
        email: person.userPrincipalName,
        ...(roles.length > 0 ? { roles } : {}),
        ...(await groupClaims(database, person.id, application)),
      };
    },
  };
}
