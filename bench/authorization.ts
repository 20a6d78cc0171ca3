import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { grantedPermissions, type GrantedPermission } from '../packages/contracts/src/index.ts';
import { createEffectiveAccess, readRights, type Rights } from '../apps/server/src/access/effective.ts';
import { refusal } from '../apps/server/src/platform/http/steps/permission.ts';
import { startTestServer } from '../apps/server/src/testing.ts';

/**
 * Authorisation of one request: whose rights are these now, directly and through groups, and may they do what the route asks for. Many assignments, many
 * roles; people and permissions are drawn at random. `remembered`: as the server does it, each person asked for before; `first`: those asked for the first time since
 * something changed. The baseline of the same run asks the database at each request (`everyTime`), as a server without memory would.
 *
 * node bench/authorization.ts [--assignments 10000] [--roles 500] [--people 2000] [--requests 200000] [--baseline 3000]
 */
const { values: options } = parseArgs({
  options: {
    assignments: { type: 'string', default: '10000' },
    roles: { type: 'string', default: '500' },
    people: { type: 'string', default: '2000' },
    requests: { type: 'string', default: '200000' },
    baseline: { type: 'string', default: '3000' },
  },
});
const [assignments, roles, people, requests, baseline] = [
  options.assignments,
  options.roles,
  options.people,
  options.requests,
  options.baseline,
].map(Number) as [number, number, number, number, number];
const groups = 200;
const membersOfAGroup = 20;
/** Of each five assignments one is a group's. */
const groupEvery = 5;

/** The same numbers each time (mulberry32). */
let state = 20_261_126;
const random = (): number => {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
};
const oneOf = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
const ids = (n: number): string[] => Array.from({ length: n }, () => randomUUID());

const quantile = (sorted: Float64Array, q: number): number =>
  Math.round((sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? NaN) * 100) / 100;
const spread = (micros: Float64Array) => {
  const sorted = micros.toSorted();
  return {
    count: sorted.length,
    p50Us: quantile(sorted, 0.5),
    p99Us: quantile(sorted, 0.99),
    maxUs: quantile(sorted, 1),
  };
};

const test = await startTestServer();
const { database, clock } = test.platform;
const now = clock.now();
const [person, group, role] = [ids(people), ids(groups), ids(roles)];

await database.execute(
  `INSERT INTO people (id, user_principal_name, display_name) SELECT id, 'p' || n || '@contoso.com', 'P' FROM unnest($1::uuid[]) WITH ORDINALITY AS p(id, n)`,
  [person],
);
await database.execute(
  `INSERT INTO groups (id, name) SELECT id, 'group ' || n FROM unnest($1::uuid[]) WITH ORDINALITY AS g(id, n)`,
  [group],
);
const members = group.flatMap((id) => Array.from({ length: membersOfAGroup }, () => [id, oneOf(person)] as const));
await database.execute(
  'INSERT INTO group_members (group_id, person_id) SELECT * FROM unnest($1::uuid[], $2::uuid[]) ON CONFLICT DO NOTHING',
  [members.map(([id]) => id), members.map(([, id]) => id)],
);
for (const [n, id] of role.entries())
  await database.execute(
    `INSERT INTO role_definitions (id, display_name, permissions, created_at, created_by, modified_at) VALUES ($1, $2, $3, $4, 'bench', $4)`,
    [id, `role ${n}`, grantedPermissions.filter(() => random() < 0.2), now],
  );
const scopes = ['{}', '{}', '{"tables": ["SigninLogs", "AuditLogs"]}', '{"deviceGroups": ["Servers"]}'];
const given = Array.from({ length: assignments }, (_, n) => ({
  type: n % groupEvery === 0 ? 'group' : 'user',
  principal: oneOf(n % groupEvery === 0 ? group : person),
  role: oneOf(role),
  scope: oneOf(scopes),
}));
await database.execute(
  `INSERT INTO role_assignments (id, role_id, principal_id, principal_type, kind, scope, starts_at, created_at, created_by)
   SELECT gen_random_uuid(), role, principal, type, 'active', scope::jsonb, $5, $5, 'bench'
   FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[]) AS a(role, principal, type, scope)`,
  [given.map((one) => one.role), given.map((one) => one.principal), given.map((one) => one.type), given.map((one) => one.scope), now], // prettier-ignore
);
await database.execute('ANALYZE');

/** What the pipeline does for a request, once it knows who asks. */
const decide = ({ roles: names, permissions, grants }: Rights, id: string, permission: GrantedPermission): boolean =>
  refusal(permission, {
    kind: 'person',
    id,
    name: id,
    displayName: id,
    roles: names,
    personId: id,
    permissions,
    grants,
    session: undefined,
  }) === undefined;

let allowed = 0;
const measure = async (count: number, rightsOf: (id: string) => Promise<Rights>): Promise<Float64Array> => {
  const micros = new Float64Array(count);
  for (let n = 0; n < count; n += 1) {
    const [id, permission] = [oneOf(person), oneOf(grantedPermissions)];
    const began = performance.now();
    if (decide(await rightsOf(id), id, permission)) allowed += 1;
    micros[n] = (performance.now() - began) * 1_000;
  }
  return micros;
};

const effective = createEffectiveAccess(test.platform);
effective.start();
// It remembers as soon as it can hear of changes.
while ((await effective.of(person[0]!)) !== (await effective.of(person[0]!))) await clock.sleep(10);
const first = new Float64Array(person.length);
for (const [n, id] of person.entries()) {
  const began = performance.now();
  await effective.of(id);
  first[n] = (performance.now() - began) * 1_000;
}
// Decisions differ by nothing but memory.
for (let n = 0; n < 200; n += 1) {
  const id = oneOf(person);
  const [kept, asked] = [await effective.of(id), await readRights(database, id, clock.now())];
  if ([...kept.permissions].sort().join() !== [...asked.permissions].sort().join())
    throw new Error(`what is remembered of ${id} is not what the database says`);
}
const remembered = await measure(requests, (id) => effective.of(id));
const everyTime = await measure(baseline, (id) => readRights(database, id, clock.now()));
await effective.stop();
console.log(
  JSON.stringify({
    cores: availableParallelism(),
    assignments,
    roles,
    people,
    groups,
    allowed,
    remembered: spread(remembered),
    first: spread(first),
    baseline: { everyTime: spread(everyTime) },
  }),
);
await test.stop();
