import {
  builtInRoles,
  errorCodes,
  grantedPermissions,
  jobs,
  permissions,
  permissionsIn,
  permissionsOfEverybody,
  roleNames,
  routes,
  workTasks,
  wholeScope,
  workParts,
  type AssignmentScope,
  type Client,
  type GrantedPermission,
  type PermissionEntry,
  type RouteDefinition,
  type WorkTask,
  type WorkPart,
} from '@sallyport/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeAt, makeAdministrator, makePerson, startTestServer, testPassword, type TestServer } from './testing.ts';

/** Calls under way at once. */
const atOnce = 8;
const customRoles = 8;

interface Role {
  readonly name: string;
  readonly permissions: readonly PermissionEntry[];
  readonly id?: string;
  readonly scope?: AssignmentScope;
  readonly byGroup?: boolean;
}
const narrow: AssignmentScope = { ...wholeScope, tables: ['SigninLogs'] };
/** Together all permissions, each in few of them; bundles of categories; through groups; and over a part. */
const custom: readonly Role[] = [
  ...Array.from({ length: customRoles }, (_, n): Role => ({
    name: `Custom ${n}`,
    permissions: grantedPermissions.filter((_one, index) => index % customRoles === n),
    byGroup: n % 2 === 1,
  })),
  { name: 'Custom operations reader', permissions: ['securityOperations.all.read', 'securityPosture.all.manage'] },
  { name: 'Custom settings', permissions: ['authorizationAndSettings.all.manage'], byGroup: true },
  { name: 'Custom data', permissions: ['dataOperations.all.manage', 'securityOperations.all.manage'] },
  {
    name: 'Custom everything over a table',
    permissions: ['securityOperations.all.manage', 'authorizationAndSettings.all.manage', 'dataOperations.all.manage'],
    scope: narrow,
  },
];
const builtIn: readonly Role[] = roleNames.map((name) => ({ name, ...builtInRoles[name] }));

/** Written anew, from the table alone. */
const expected = ({ permissions: entries, scope }: Role): ReadonlySet<GrantedPermission> =>
  new Set([
    ...permissionsOfEverybody,
    ...[...permissionsIn(entries)].filter((one) => scope === undefined || permissions[one].whole !== true),
  ]);

let test: TestServer;
let admin: Client;
const cookies = new Map<string, string>();

beforeAll(async () => {
  test = await startTestServer();
  admin = test.browser();
  await makeAdministrator(test, admin);
  for (const role of [...builtIn, ...custom]) await holder(role);
}, 240_000);
afterAll(() => test.stop());

/** Somebody who holds this role and nothing else, signed in. */
async function holder({ name, id, permissions: entries, scope = wholeScope, byGroup = false }: Role): Promise<void> {
  const { person, secret } = await makePerson(test.platform, name.toLowerCase().replaceAll(' ', '-'));
  const roleId =
    id ?? (await admin.createRole({ body: { displayName: name, description: '', permissions: [...entries] } })).id;
  const groupId = crypto.randomUUID();
  if (byGroup) await admin.saveGroup({ params: { id: groupId }, body: { name, members: [person.userPrincipalName] } });
  const principal = byGroup
    ? ({ principalId: groupId, principalType: 'group' } as const)
    : ({ principalId: person.id, principalType: 'user' } as const);
  await admin.createRoleAssignment({ body: { ...principal, roleId, scope } });
  const browser = test.browser({ onCookie: (cookie) => cookies.set(name, cookie) });
  const totpCode = codeAt(secret, test.platform.clock.now());
  await browser.signInWithPassword({
    body: { userPrincipalName: person.userPrincipalName, password: testPassword, totpCode },
  });
}

async function isRefused(route: RouteDefinition, cookie: string): Promise<boolean> {
  const { statusCode, body } = await test.server.http.app.inject({
    method: route.method,
    url: route.path.replaceAll(/:\w+/g, '00000000-0000-4000-8000-000000000000'),
    headers: { host: 'localhost:8443', 'x-sallyport-csrf': '1', cookie },
    ...(route.body === undefined ? {} : { payload: {} }),
  });
  // Some faces say 401, or nothing of permissions, as the products that they stand for do. What a handler refuses names no permission.
  if (statusCode === errorCodes.Unauthenticated) return true;
  const text = `this needs the permission \`${route.permission}\``;
  // A handler that asks for it over everything says so.
  const named =
    (body.includes(text) && !body.includes(`${text} over everything`)) || route.permission === 'data.ingest';
  return statusCode === errorCodes.Forbidden && named;
}

const asked = Object.entries(routes as Record<string, RouteDefinition>).filter(
  ([name, { permission }]) => permission !== 'public' && name !== 'signOut',
);

describe('every route, asked by somebody with the role', () => {
  it.each([...builtIn, ...custom])('$name', async (role) => {
    const held = expected(role);
    const cookie = cookies.get(role.name) ?? '';
    const wrong: string[] = [];
    const seen = { allowed: 0, refused: 0 };
    const waiting = asked.values();
    const work = async (): Promise<void> => {
      for (const [name, route] of waiting) {
        const { permission } = route;
        const may = permission === 'signedIn' || permission === 'public' || held.has(permission);
        const refused = await isRefused(route, cookie);
        seen[refused ? 'refused' : 'allowed'] += 1;
        if (refused === may) wrong.push(`${name} needs ${permission} and was ${refused ? 'refused' : 'allowed'}`);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, work));
    expect(wrong).toEqual([]);
    expect(seen.allowed).toBeGreaterThan(0);
    expect(seen.refused > 0).toBe(held.size < grantedPermissions.length);
  });
});

describe('the table of permissions', () => {
  it('has no permission that nothing asks for, but those that wait for what is not there yet', () => {
    const used = new Set<string>(
      Object.values(routes as Record<string, RouteDefinition>).map(({ permission }) => permission),
    );
    const idle = grantedPermissions.filter((name) => !used.has(name) && permissions[name].awaits === undefined);
    expect(idle).toEqual([]);
  });

  it('has every job that is registered, and the part as which it runs', () => {
    const known: Readonly<Record<string, WorkTask>> = jobs;
    expect(test.platform.jobs.names.filter((name) => !Object.hasOwn(known, name))).toEqual([]);
    expect(Object.keys(known).filter((name) => !test.platform.jobs.names.includes(name))).toEqual([]);
    const held: Readonly<Record<string, WorkPart>> = workParts;
    const beyond = Object.values<WorkTask>(workTasks).filter(({ as, needs }) => needs.some((need) => held[as]?.permissions.includes(need) !== true)); // prettier-ignore
    expect(beyond).toEqual([]);
  });
});
