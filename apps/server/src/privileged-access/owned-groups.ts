import { SallyportError, type ownedGroupRoutes } from '@sallyport/contracts';
import { createGroupCommands } from '../identity/index.ts';
import type { Queryable } from '../platform/database/index.ts';
import type { Handlers, RequestContext } from '../platform/http/index.ts';
import type { Platform } from '../platform/types.ts';
import { askerOf } from './caller.ts';
import { principalIdOf } from './targets.ts';
import type { Asker } from './types.ts';

const groupsMax = 100;
const membersMax = 1_000;

const owned = `SELECT target_id FROM privileged_assignments WHERE target_type = 'group' AND access = 'owner' AND kind = 'active' AND principal_id = $1
  AND removed_at IS NULL AND starts_at <= $2 AND (ends_at IS NULL OR ends_at > $2)`;

/** Whoever owns a group, for as long as they do, changes who is in it: also of one that holds roles, as its owners do in Entra. */
export function ownedGroupHandlers(platform: Platform): Handlers<typeof ownedGroupRoutes> {
  const { database, clock } = platform;
  const groups = createGroupCommands(platform);
  const mustOwn = async (tx: Queryable, personId: string, groupId: string): Promise<void> => {
    const found = await tx.first(`SELECT 1 FROM (${owned}) o WHERE o.target_id = $3`, [personId, clock.now(), groupId]);
    if (!found) throw new SallyportError('NotFound', 'there is no such group of yours');
  };
  /** A token that is nobody's owns nothing. */
  const owner = async (context: RequestContext): Promise<Asker & { readonly personId: string }> => {
    const asker = await askerOf(database, context);
    if (asker.personId === undefined)
      throw new SallyportError('BadRequest', 'this token is nobody’s: nothing here is its own');
    return { ...asker, personId: asker.personId };
  };
  return {
    listOwnedGroups: async (context) => {
      const me = await owner(context);
      const found = await database.query<{ id: string; name: string; rule: string | null }>(
        `SELECT id, name, membership_rule AS rule FROM groups WHERE id IN (${owned}) ORDER BY lower(name), id LIMIT ${groupsMax}`,
        [me.personId, clock.now()],
      );
      const members = await database.query<{ group: string; id: string; name: string; displayName: string }>(
        `SELECT m.group_id AS group, p.id, p.user_principal_name AS name, p.display_name AS "displayName" FROM unnest($1::uuid[]) AS g (id)
         CROSS JOIN LATERAL (SELECT * FROM group_members WHERE group_id = g.id LIMIT ${membersMax}) m JOIN people p ON p.id = m.person_id
         WHERE p.deleted_at IS NULL ORDER BY lower(p.user_principal_name)`,
        [found.map(({ id }) => id)],
      );
      return {
        groups: found.map(({ id, name, rule }) => ({
          id,
          name,
          canChange: rule === null,
          members: members
            .filter(({ group }) => group === id)
            .map((one) => ({ id: one.id, userPrincipalName: one.name, displayName: one.displayName })),
        })),
      };
    },
    addOwnedGroupMember: async (context, { params, body }) => {
      const me = await owner(context);
      await database.transaction(async (tx) => {
        await mustOwn(tx, me.personId, params.id);
        await groups.addMembers(params.id, [await principalIdOf(tx, body.userPrincipalName)], me, tx);
      });
      context.audit({ target: `group ${params.id}`, details: { member: body.userPrincipalName } });
      return {};
    },
    removeOwnedGroupMember: async (context, { params }) => {
      const me = await owner(context);
      await database.transaction(async (tx) => {
        await mustOwn(tx, me.personId, params.id);
        await groups.removeMembers(params.id, [params.memberId], me, {}, tx);
      });
      context.audit({ target: `group ${params.id}`, details: { member: params.memberId } });
      return {};
    },
  };
}
