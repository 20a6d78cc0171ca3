import type { GrantedPermission, PrincipalType } from '@sallyport/contracts';
import { queryOptions } from '@tanstack/react-query';
import { client } from '../../shared/api.ts';

const key = 'roles';
const ASSIGNMENTS_SHOWN = 1_000;
const PEOPLE_SHOWN = 500;

export const rolesKey = [key] as const;
export const rolesQuery = queryOptions({
  queryKey: [key, 'list'],
  queryFn: ({ signal }) => client.listRoles({ signal }),
});
export const assignmentsQuery = (state: 'now' | 'all' = 'now', roleId?: string) =>
  queryOptions({
    queryKey: [key, 'assignments', state, roleId],
    queryFn: ({ signal }) =>
      client.listRoleAssignments({
        signal,
        query: { state, limit: ASSIGNMENTS_SHOWN, ...(roleId === undefined ? {} : { roleId }) },
      }),
  });
export const dutiesQuery = queryOptions({
  queryKey: [key, 'duties'],
  queryFn: ({ signal }) => client.listDutyRules({ signal }),
});
export const whoQuery = (permission: GrantedPermission, table: string) =>
  queryOptions({
    queryKey: [key, 'who', permission, table],
    queryFn: ({ signal }) =>
      client.explainWhoMay({ signal, query: { permission, ...(table === '' ? {} : { table }) } }),
  });
export const accessQuery = (type: PrincipalType, id: string) =>
  queryOptions({
    queryKey: [key, 'access', type, id],
    queryFn: ({ signal }) => client.explainAccess({ signal, params: { type, id } }),
  });
export const sightQuery = (type: PrincipalType, id: string) =>
  queryOptions({
    queryKey: [key, 'sight', type, id],
    queryFn: ({ signal }) => client.explainSight({ signal, params: { type, id }, query: {} }),
  });
export const unusedQuery = queryOptions({
  queryKey: [key, 'unused'],
  queryFn: ({ signal }) => client.listUnusedRights({ signal }),
});
export const useOfRoleQuery = (id: string) =>
  queryOptions({
    queryKey: [key, 'use', id],
    queryFn: ({ signal }) => client.getRoleUse({ signal, params: { id } }),
  });
export const previewQuery = (id: string, permissions: readonly string[]) =>
  queryOptions({
    queryKey: [key, 'preview', id, ...permissions],
    queryFn: ({ signal }) => client.previewRole({ signal, params: { id }, body: { permissions: [...permissions] } }),
  });

/** Whom a role can be assigned to. */
export interface Principal {
  readonly id: string;
  readonly type: PrincipalType;
  readonly name: string;
  readonly hint: string;
}
export const principalsQuery = (search: string, withApplications: boolean) =>
  queryOptions({
    queryKey: ['directory', 'principals', search, withApplications],
    queryFn: async ({ signal }): Promise<readonly Principal[]> => {
      const [{ people }, { groups }, { applications }] = await Promise.all([
        client.listDirectoryPeople({ signal, query: { search, state: 'enabled', limit: PEOPLE_SHOWN } }),
        client.listDirectoryGroups({ signal }),
        withApplications ? client.listApplications({ signal }) : { applications: [] },
      ]);
      const fits = (name: string): boolean => name.toLowerCase().includes(search.toLowerCase());
      return [
        ...groups
          // Who is in a group by a rule is no decision of anybody's, so it holds no role.
          .filter(({ name, membershipRule }) => membershipRule === null && fits(name))
          .map(({ id, name, members }): Principal => ({ id, type: 'group', name, hint: `group of ${members}` })),
        ...people.map(({ id, userPrincipalName, displayName }): Principal => ({
          id,
          type: 'user',
          name: userPrincipalName,
          hint: displayName,
        })),
        ...applications
          .filter(({ displayName }) => fits(displayName))
          .flatMap(({ servicePrincipalId: id, displayName: name }): Principal[] =>
            id === null ? [] : [{ id, type: 'servicePrincipal', name, hint: 'application' }],
          ),
      ];
    },
  });
