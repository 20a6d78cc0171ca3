import { randomUUID } from 'node:crypto';
import {
  builtInRoleName,
  builtInRoles,
  customRolesMax,
  isGrantedPermission,
  permissionBundles,
  permissionsIn,
  roleNames,
  SallyportError,
  wholeScope,
  type PermissionEntry,
  type Role,
  type RoleBody,
  type RoleExport,
} from '@sallyport/contracts';
import { isUniqueViolation, type Queryable } from '../platform/database/index.ts';
import { recordChange, type Author } from '../platform/directory-audit.ts';
import type { Caller } from '../platform/http/index.ts';
import type { Platform } from '../platform/types.ts';
import { keepingAnAdministrator } from './administrators.ts';
import { inForce, notOver } from './assignment-store.ts';
import type { PublishPeople } from './assignments.ts';
import { keepingDutiesApart } from './duties.ts';
import { refuseBeyond } from './reach.ts';
import { roleRows, type RoleRow } from './role-store.ts';

const isEntry = (name: string): name is PermissionEntry =>
  isGrantedPermission(name) || permissionBundles.some((bundle) => bundle === name);
const gone = () => new SallyportError('NotFound', 'there is no such role');
const refuseBuiltIn = (id: string): void => {
  if (builtInRoleName(id) !== undefined) throw new SallyportError('Conflict', 'built-in roles can’t be changed');
};

const formOf = (row: RoleRow, assignments: number): Role => ({
  id: row.id,
  displayName: row.displayName,
  description: row.description,
  builtIn: false,
  // One that a later version has taken away grants nothing.
  permissions: row.permissions.filter(isEntry),
  grants: [...permissionsIn(row.permissions)],
  assignments,
  revision: row.revision,
  createdBy: row.createdBy,
  modifiedAt: row.modifiedAt.toISOString(),
});
const builtInForms = (counts: ReadonlyMap<string, number>): Role[] =>
  roleNames.map((name) => {
    const { id, description, permissions } = builtInRoles[name];
    return {
      id,
      displayName: name,
      description,
      builtIn: true,
      permissions: [...permissions],
      grants: [...permissionsIn(permissions)],
      assignments: counts.get(id) ?? 0,
      revision: 0,
      createdBy: null,
      modifiedAt: null,
    };
  });
const bodyOf = ({ displayName, description, permissions }: Role | RoleBody): RoleBody => ({
  displayName,
  description,
  permissions: [...permissions],
});

/** Custom roles: made, changed and removed, each change with its row of `AuditLogs` in the same transaction. */
export function createCustomRoles(platform: Pick<Platform, 'database' | 'clock' | 'audit'>, publish: PublishPeople) {
  const { database, clock, audit } = platform;

  const counts = async (db: Queryable): Promise<ReadonlyMap<string, number>> => {
    const rows = await db.query<{ id: string; n: number }>(
      `SELECT a.role_id AS id, count(*)::int AS n FROM role_assignments a WHERE ${inForce('$1')} GROUP BY 1`,
      [clock.now()],
    );
    return new Map(rows.map(({ id, n }) => [id, n]));
  };
  const all = async (db: Queryable = database): Promise<Role[]> => {
    const [rows, known] = await Promise.all([roleRows.all(db), counts(db)]);
    return [...builtInForms(known), ...rows.map((row) => formOf(row, known.get(row.id) ?? 0))];
  };
  const get = async (id: string, db: Queryable = database): Promise<Role> => {
    const found = (await all(db)).find((role) => role.id === id.toLowerCase());
    if (!found) throw gone();
    return found;
  };

  const record = (
    activity: 'Add role definition' | 'Update role definition' | 'Delete role definition',
    before: RoleRow | undefined,
    after: RoleRow | undefined,
    by: Author,
    tx: Queryable,
  ) => {
    const target = after ?? before;
    const modified = (['displayName', 'description', 'permissions'] as const).flatMap((property) => {
      const [oldValue, newValue] = [before?.[property], after?.[property]];
      if (JSON.stringify(oldValue) === JSON.stringify(newValue)) return [];
      return [
        {
          displayName: property.replace(/^./, (letter) => letter.toUpperCase()),
          ...(oldValue === undefined ? {} : { oldValue }),
          ...(newValue === undefined ? {} : { newValue }),
        },
      ];
    });
    return recordChange(
      audit,
      { activity, target: { id: target?.id ?? '', name: target?.displayName ?? '' }, modified },
      by,
      tx,
    );
  };
  /** People who hold a role, by any assignment that is not over. */
  const holders = async (tx: Queryable, roleId: string): Promise<readonly string[]> => {
    const rows = await tx.query<{ id: string }>(
      `SELECT a.principal_id AS id FROM role_assignments a WHERE a.role_id = $1 AND a.principal_type = 'user' AND ${notOver('$2')}
       UNION SELECT m.person_id FROM role_assignments a JOIN group_members m ON m.group_id = a.principal_id
         WHERE a.role_id = $1 AND a.principal_type = 'group' AND ${notOver('$2')}`,
      [roleId, clock.now()],
    );
    return rows.map(({ id }) => id);
  };

  const add = async (tx: Queryable, body: RoleBody, by: Author): Promise<RoleRow> => {
    if ((await roleRows.count(tx)) >= customRolesMax)
      throw new SallyportError('BadRequest', `there are at most ${customRolesMax} custom roles`);
    const now = clock.now();
    const row = { id: randomUUID(), ...body, createdAt: now, createdBy: by.name, modifiedAt: now, revision: 1 };
    await roleRows.insert(tx, row);
    await record('Add role definition', undefined, row, by, tx);
    return row;
  };
  const change = async (tx: Queryable, before: RoleRow, body: RoleBody, by: Author): Promise<boolean> => {
    const after = { ...before, ...body, modifiedAt: clock.now(), revision: before.revision + 1 };
    const same = JSON.stringify(bodyOf(body)) === JSON.stringify(bodyOf(formOf(before, 0)));
    if (same) return false;
    const now = clock.now();
    const people = await holders(tx, before.id);
    await keepingAnAdministrator(tx, now, () => keepingDutiesApart(tx, people, now, () => roleRows.update(tx, after)));
    await record('Update role definition', before, after, by, tx);
    if (before.displayName !== after.displayName) await publish(people, tx);
    return true;
  };

  const changing = async <T>(caller: Caller, entries: readonly string[], work: (tx: Queryable) => Promise<T>) => {
    // A role may be assigned over everything, so whoever changes one must hold it over everything.
    refuseBeyond(caller.grants, permissionsIn(entries), wholeScope);
    try {
      return await database.transaction(async (tx) => {
        await tx.execute('LOCK TABLE role_definitions IN SHARE ROW EXCLUSIVE MODE');
        return work(tx);
      });
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      throw new SallyportError('Conflict', 'there is a role of this name', { target: 'body.displayName', cause: error }); // prettier-ignore
    }
  };
  const existing = async (tx: Queryable, id: string): Promise<RoleRow> => {
    const row = await roleRows.get(tx, id);
    if (!row) throw gone();
    return row;
  };

  return {
    all,
    get,
    /** Throws Conflict when the name is taken, Forbidden for what is beyond the caller. */
    create: (caller: Caller, body: RoleBody, by: Author): Promise<Role> =>
      changing(caller, body.permissions, async (tx) => formOf(await add(tx, body, by), 0)),
    /** Throws NotFound, Conflict for another revision, the last administrator's, duties that are to be apart, and built-in roles. */
    update: (caller: Caller, id: string, { revision, ...body }: RoleBody & { revision: number }, by: Author) => {
      refuseBuiltIn(id);
      return changing(caller, body.permissions, async (tx) => {
        const before = await existing(tx, id);
        refuseBeyond(caller.grants, permissionsIn(before.permissions), wholeScope);
        if (before.revision !== revision)
          throw new SallyportError('Conflict', 'somebody has changed this role in between; look at it anew');
        await change(tx, before, body, by);
        return get(id, tx);
      });
    },
    /** Throws Conflict while it is assigned. Answers its name. */
    remove: (caller: Caller, id: string, by: Author): Promise<string> => {
      refuseBuiltIn(id);
      return changing(caller, [], async (tx) => {
        const before = await existing(tx, id);
        const assigned = await tx.first(
          `SELECT 1 FROM role_assignments a WHERE a.role_id = $1 AND ${notOver('$2')} LIMIT 1`,
          [id, clock.now()],
        );
        if (assigned) throw new SallyportError('Conflict', 'this role is assigned; end its assignments first');
        await roleRows.remove(tx, id);
        await record('Delete role definition', before, undefined, by, tx);
        return before.displayName;
      });
    },
    clone: async (caller: Caller, id: string, displayName: string, by: Author): Promise<Role> => {
      const { description, permissions } = await get(id);
      return changing(caller, permissions, async (tx) =>
        formOf(await add(tx, { displayName, description, permissions }, by), 0),
      );
    },
    exported: async (): Promise<RoleExport> => ({
      version: 1,
      roles: (await all()).filter(({ builtIn }) => !builtIn).map(bodyOf),
    }),
    /** All of it or nothing. Those of the same name are changed. */
    imported: (caller: Caller, { roles }: RoleExport, by: Author) =>
      changing(
        caller,
        roles.flatMap(({ permissions }) => permissions),
        async (tx) => {
          const result = { created: 0, changed: 0, unchanged: 0 };
          for (const body of roles) {
            const before = await roleRows.byName(tx, body.displayName);
            if (before) result[(await change(tx, before, body, by)) ? 'changed' : 'unchanged'] += 1;
            else {
              await add(tx, body, by);
              result.created += 1;
            }
          }
          return result;
        },
      ),
  };
}
export type CustomRoles = ReturnType<typeof createCustomRoles>;
