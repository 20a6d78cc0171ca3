import { randomUUID } from 'node:crypto';
import type { Client } from '@sallyport/contracts';
import {
  errorOf,
  codeAt,
  makeAdministrator,
  makePerson,
  startTestServer,
  testPassword,
  type TestServer,
} from '../testing.ts';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { sallyportApplication } from './index.ts';

let server: TestServer;
let admin: Client;
const secrets = new Map<string, string>();
const people = new Map<string, string>();
const staff = randomUUID();
let office = '';
let other = '';

const windows =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';
const macOS =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15';
const platforms = { windows, macOS } as const;
const names = ['bob', 'cleo', 'dan'] as const;
const roles = { 'Security Reader': '5d6b6bb7-de71-4623-b4af-96380a352509', 'Security Operator': '5f2222b1-57c3-48ba-8ad5-d4759f1fde6f' } as const; // prettier-ignore

const Created = z.object({ id: z.string() });
const Outcome = z.object({
  '@sallyport.decision': z.object({ decision: z.enum(['allow', 'block', 'challenge']) }),
  value: z.array(z.object({ id: z.string(), policyApplies: z.boolean() })),
});
const Results = z.array(z.object({ id: z.string(), result: z.string() }));

beforeAll(async () => {
  server = await startTestServer();
  admin = server.browser();
  await makeAdministrator(server, admin);
  for (const [name, role] of [
    ['bob', 'Security Reader'],
    ['cleo', 'Security Operator'],
    ['dan', ''],
  ] as const) {
    // prettier-ignore
    const { person, secret } = await makePerson(server.platform, name, role);
    people.set(name, person.id);
    secrets.set(name, secret);
  }
  await server.platform.database.execute("INSERT INTO groups (id, name) VALUES ($1, 'staff')", [staff]);
  await server.platform.database.execute('INSERT INTO group_members (group_id, person_id) SELECT $1, unnest($2::uuid[])', [staff, [people.get('cleo'), people.get('dan')]]); // prettier-ignore
  const made = await admin.graphCreateNamedLocation({
    body: {
      '@odata.type': '#microsoft.graph.ipNamedLocation',
      displayName: 'Office',
      isTrusted: true,
      ipRanges: [{ '@odata.type': '#microsoft.graph.iPv4CidrRange', cidrAddress: '192.0.2.0/24' }],
    },
  });
  office = Created.parse(JSON.parse(String(made))).id;
  other = (await admin.createApplication({ body: { displayName: 'Shop' } })).appId;
}, 240_000);
afterAll(() => server.stop());

const some = <T>(of: readonly T[]) => fc.subarray([...of], { minLength: 1 });
/** Most conditions are left open, else hardly a policy applies. */
const maybe = <T>(of: fc.Arbitrary<T>, otherwise: T) =>
  fc.oneof({ arbitrary: of, weight: 1 }, { arbitrary: fc.constant(otherwise), weight: 4 });
/** By names: ids are only known once the people are there. */
const drafts = fc.record({
  state: fc.constantFrom('enabled', 'enabled', 'enabledForReportingButNotEnforced', 'disabled'),
  include: fc.oneof(
    fc.constant({ everyone: true, people: [], group: false, roles: [] }),
    fc.record({ everyone: fc.constant(false), people: some(names), group: fc.boolean(), roles: fc.subarray(Object.values(roles)) }), // prettier-ignore
  ),
  exclude: maybe(fc.record({ people: some(names), group: fc.boolean(), roles: fc.subarray(Object.values(roles)) }), { people: [], group: false, roles: [] }), // prettier-ignore
  application: maybe(fc.constantFrom(sallyportApplication, 'other'), 'All'),
  excludesSallyport: maybe(fc.constant(true), false),
  location: maybe(fc.constantFrom('only', 'but', 'trusted'), 'any'),
  clientAppTypes: maybe<readonly string[]>(
    fc.constantFrom(['browser'], ['mobileAppsAndDesktopClients'], ['browser', 'exchangeActiveSync']),
    ['all'],
  ),
  platform: maybe(fc.constantFrom('windows', 'macOS', 'allButWindows'), 'any'),
  control: fc.constantFrom('block', 'mfa', 'mfa', 'compliantDevice', 'passkey'),
});
type Attempt = typeof attempts extends fc.Arbitrary<infer T> ? T : never;
type Draft = typeof drafts extends fc.Arbitrary<infer T> ? T : never;
const attempts = fc.record({
  name: fc.constantFrom(...names),
  address: fc.constantFrom('192.0.2.9', '198.51.100.7', '203.0.113.8'),
  platform: fc.constantFrom('windows', 'macOS'),
});

const idsOf = (of: readonly string[]) => of.map((name) => people.get(name) ?? '');
const locationsOf: Readonly<Record<Draft['location'], () => object | null>> = {
  any: () => null,
  only: () => ({ includeLocations: [office] }),
  but: () => ({ includeLocations: ['All'], excludeLocations: [office] }),
  trusted: () => ({ includeLocations: ['AllTrusted'] }),
};
const platformsOf: Readonly<Record<Draft['platform'], object | null>> = {
  any: null,
  windows: { includePlatforms: ['windows'] },
  macOS: { includePlatforms: ['macOS'] },
  allButWindows: { includePlatforms: ['all'], excludePlatforms: ['windows'] },
};
const policyOf = ({ state, include, exclude, control, ...draft }: Draft, n: number) => ({
  displayName: `Policy ${n}`,
  state,
  conditions: {
    users: {
      includeUsers: include.everyone ? ['All'] : idsOf(include.people),
      includeGroups: include.group ? [staff] : [],
      includeRoles: include.roles,
      excludeUsers: idsOf(exclude.people),
      excludeGroups: exclude.group ? [staff] : [],
      excludeRoles: exclude.roles,
    },
    applications: {
      includeApplications: [draft.application === 'other' ? other : draft.application],
      excludeApplications: draft.excludesSallyport ? [sallyportApplication] : [],
    },
    clientAppTypes: draft.clientAppTypes,
    locations: locationsOf[draft.location](),
    platforms: platformsOf[draft.platform],
  },
  grantControls:
    control === 'passkey'
      ? { operator: 'OR', authenticationStrength: { id: '00000000-0000-0000-0000-000000000004' } }
      : { operator: 'OR', builtInControls: [control] },
});

/** Signs in for real; answers what came of it. */
async function signIn({ name, address, platform }: Attempt): Promise<string> {
  const { database, clock } = server.platform;
  // The same half minute has one code, which is good once.
  await database.execute('UPDATE passwords SET totp_last_step = 0');
  const totpCode = codeAt(secrets.get(name) ?? '', clock.now());
  const body = { userPrincipalName: `${name}@contoso.com`, password: testPassword, totpCode };
  const browser = server.browser({ address, userAgent: platforms[platform] });
  const error = await browser.signInWithPassword({ body }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return error === undefined ? 'in' : ((await errorOf(Promise.reject(error))).message.split(':')[0] ?? '');
}

const before = async ({ name, address, platform }: Attempt) =>
  Outcome.parse(
    await admin.graphEvaluateBeta({
      body: {
        signInIdentity: { '@odata.type': '#microsoft.graph.userSignIn', userId: people.get(name) },
        signInContext: { '@odata.type': '#microsoft.graph.applicationContext', includeApplications: [sallyportApplication] }, // prettier-ignore
        signInConditions: { ipAddress: address, clientAppType: 'browser', devicePlatform: platform },
      },
    }),
  );

/** What the rows of the newest sign-ins say of each policy, oldest first. */
async function rowsOf(count: number) {
  await server.platform.outbox.flush();
  const { rows } = await server.platform.lake.query(
    `SELECT ConditionalAccessPolicies FROM SigninLogs ORDER BY TimeGenerated DESC LIMIT ${count}`,
  );
  return rows.map(([policies]) => Results.parse(JSON.parse(String(policies)))).toReversed();
}

const applied = new Set(['success', 'failure', 'reportOnlySuccess', 'reportOnlyFailure', 'reportOnlyInterrupted']);
const rounds = fc.tuple(
  fc.array(drafts, { minLength: 1, maxLength: 6 }),
  fc.array(attempts, { minLength: 3, maxLength: 6 }),
);

it('says before a sign-in what then happens at it', { timeout: 240_000 }, async () => {
  const differ: object[] = [];
  const seen = { in: 0, blocked: 0, asked: 0, applied: 0, notApplied: 0 };
  for (const [policies, signIns] of fc.sample(rounds, { numRuns: 8, seed: 7 })) {
    await server.platform.database.execute("DELETE FROM conditional_access_objects WHERE kind = 'policy'");
    for (const [n, draft] of policies.entries()) await admin.graphCreatePolicy({ body: policyOf(draft, n) });
    const outcomes = [];
    for (const attempt of signIns)
      outcomes.push({ attempt, said: await before(attempt), outcome: await signIn(attempt) });
    const rows = await rowsOf(signIns.length);
    for (const [n, { attempt, said, outcome }] of outcomes.entries()) {
      const results = new Map(rows[n]?.map(({ id, result }) => [id, applied.has(result)]));
      for (const { id, policyApplies } of said.value) {
        if ((results.get(id) ?? false) !== policyApplies) differ.push({ id, policies, attempt, said, row: rows[n] });
        seen[policyApplies ? 'applied' : 'notApplied']++;
      }
      const { decision } = said['@sallyport.decision'];
      const isBlocked = outcome === 'AADSTS53003';
      if (isBlocked !== (decision === 'block') || (decision === 'allow' && outcome !== 'in'))
        differ.push({ decision, outcome, policies, attempt });
      seen[outcome === 'in' ? 'in' : isBlocked ? 'blocked' : 'asked']++;
    }
  }
  expect(differ).toEqual([]);
  // Each kind of outcome was there.
  expect(Object.entries(seen).filter(([, count]) => count <= 3)).toEqual([]);
});
