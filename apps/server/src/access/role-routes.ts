import { SallyportError, wholeScope, permissionsIn, type DutyRule, type roleRoutes } from '@sallyport/contracts';
import { authorOf } from '../platform/directory-audit.ts';
import { requireCaller, type Handlers } from '../platform/http/index.ts';
import type { Platform } from '../platform/types.ts';
import { listAssignments } from './assignment-list.ts';
import type { Assignments } from './assignments.ts';
import type { CustomRoles } from './custom-roles.ts';
import type { AccessParts } from './index.ts';
import { builtInDutyRule, dutyRows, dutyRulesMax, heldTogether } from './duties.ts';
import { refuseBeyond } from './reach.ts';

export interface RoleServices {
  readonly roles: CustomRoles;
  readonly assignments: Assignments;
  readonly fault: AccessParts['fault'];
}

export function roleHandlers(
  platform: Pick<Platform, 'database' | 'clock'>,
  { roles, assignments, fault }: RoleServices,
): Handlers<typeof roleRoutes> {
  const { database, clock } = platform;
  const one = async (id: string) => {
    const [found] = (await listAssignments(database, { id, state: 'all', limit: 1, offset: 0 }, clock.now()))
      .assignments;
    if (!found) throw new SallyportError('NotFound', 'there is no such assignment');
    return found;
  };
  return {
    listRoles: async () => ({ roles: await roles.all() }),
    getRole: (_context, { params }) => roles.get(params.id),
    createRole: async (context, { body }) => {
      const made = await roles.create(requireCaller(context), body, authorOf(context));
      context.audit({ target: `role ${made.displayName}`, details: { permissions: made.permissions } });
      return made;
    },
    updateRole: async (context, { params, body }) => {
      const changed = await roles.update(requireCaller(context), params.id, body, authorOf(context));
      context.audit({ target: `role ${changed.displayName}`, details: { permissions: changed.permissions } });
      return changed;
    },
    deleteRole: async (context, { params }) => {
      const name = await roles.remove(requireCaller(context), params.id, authorOf(context));
      context.audit({ target: `role ${name}` });
      return {};
    },
    cloneRole: async (context, { params, body }) => {
      const made = await roles.clone(requireCaller(context), params.id, body.displayName, authorOf(context));
      context.audit({ target: `role ${made.displayName}`, details: { from: params.id } });
      return made;
    },
    exportRoles: () => roles.exported(),
    importRoles: async (context, { body }) => {
      const result = await roles.imported(requireCaller(context), body, authorOf(context));
      context.audit({ target: 'roles', details: result });
      return result;
    },
    listRoleAssignments: (_context, { query }) => listAssignments(database, query, clock.now()),
    createRoleAssignment: async (context, { body }) => {
      const wrong = fault(body.scope);
      if (wrong) throw new SallyportError('BadRequest', wrong.message, { target: `body.scope.${wrong.target}` });
      const { id } = await assignments.assign(requireCaller(context), body, authorOf(context));
      const made = await one(id);
      const { roleName, scope, startsAt, endsAt } = made;
      context.audit({ target: `${made.principalType} ${made.principalName}`, details: { roleName, scope, startsAt, endsAt } }); // prettier-ignore
      return made;
    },
    endRoleAssignment: async (context, { params }) => {
      const { roleName, principalType, principalName } = await one(params.id);
      context.audit({ target: `${principalType} ${principalName}`, details: { roleName } });
      await assignments.endAs(requireCaller(context), params.id, authorOf(context));
      return {};
    },
    ...dutyHandlers(platform),
  };
}

const dutyHandlers = ({
  database,
  clock,
}: Pick<Platform, 'database' | 'clock'>): Handlers<
  Pick<typeof roleRoutes, 'listDutyRules' | 'saveDutyRule' | 'deleteDutyRule'>
> => ({
  listDutyRules: async () => ({ rules: await dutyRows.all(database) }),
  saveDutyRule: async (context, { params, body }) => {
    const caller = requireCaller(context);
    refuseBeyond(caller.grants, permissionsIn([body.first, body.second]), wholeScope);
    if (body.first === body.second)
      throw new SallyportError('BadRequest', 'a pair is of two', { target: 'body.second' });
    const shipped = builtInDutyRule(params.id);
    // Of a built-in one only whether it is on is kept here.
    const rule: DutyRule = {
      ...body,
      ...shipped,
      id: params.id,
      enabled: body.enabled,
      builtIn: shipped !== undefined,
    };
    context.audit({ target: `duty rule ${rule.displayName}`, details: { ...rule } });
    return database.transaction(async (tx) => {
      await tx.execute('LOCK TABLE duty_rules IN SHARE ROW EXCLUSIVE MODE');
      const known = await dutyRows.all(tx);
      if (known.length >= dutyRulesMax && !known.some(({ id }) => id === rule.id))
        throw new SallyportError('BadRequest', `there are at most ${dutyRulesMax} pairs`);
      await dutyRows.save(tx, rule, clock.now(), caller.name);
      return { rule, heldBy: rule.enabled ? await heldTogether(tx, rule, clock.now()) : [] };
    });
  },
  deleteDutyRule: async (context, { params }) => {
    refuseBeyond(requireCaller(context).grants, new Set(), wholeScope);
    if (builtInDutyRule(params.id))
      throw new SallyportError('Conflict', 'built-in pairs can be turned off, and not deleted');
    if ((await dutyRows.remove(database, params.id)) === 0)
      throw new SallyportError('NotFound', 'there is no such pair');
    context.audit({ target: `duty rule ${params.id}` });
    return {};
  },
});
