import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { codeAt, makeAdministrator, makePerson, startTestServer, testPassword } from '../apps/server/src/testing.ts';
import { sallyportApplication } from '../apps/server/src/conditional-access/index.ts';
import type { Person } from '../apps/server/src/identity/store.ts';

/**
 * From the call that changes something to the end of a live session, by what changed, among many live sessions:
 * `ended`: of a session that is not in use, found by the server itself; `refused`: of one that asks again and again.
 * The baselines are measured in the same run: the same decisions found by looking every 2 s alone (`polling`), and what a token that lives five minutes or an hour would
 * take, which is even over its life (`lifetime`, computed).
 *
 * node bench/access-change.ts [--rounds 40] [--sessions 500] [--polls 20]
 */
const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '40' },
    sessions: { type: 'string', default: '500' },
    polls: { type: 'string', default: '20' },
  },
});
const rounds = Number(options.rounds);
const background = Number(options.sessions);
const polls = Number(options.polls);

const quantile = (sorted: readonly number[], q: number): number =>
  Math.round((sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? NaN) * 10) / 10;
const spread = (times: readonly number[]) => {
  const sorted = times.toSorted((a, b) => a - b);
  return {
    count: sorted.length,
    p50Ms: quantile(sorted, 0.5),
    p99Ms: quantile(sorted, 0.99),
    maxMs: quantile(sorted, 1),
  };
};

const test = await startTestServer();
const { database, clock } = test.platform;
const { identity } = test.server.domains;
const admin = test.browser();
await makeAdministrator(test, admin);
const { secret: token } = await admin.createToken({
  body: {
    name: 'bench',
    scopes: ['conditionalAccess.read', 'conditionalAccess.manage', 'users.manage', 'alerts.manage'],
  },
});
const graph = async (method: 'POST' | 'PATCH' | 'DELETE', path: string, body?: object): Promise<string> => {
  const answer = await test.server.http.app.inject({
    method,
    url: `/v1.0${path}`,
    headers: { host: 'localhost:8443', authorization: `Bearer ${token}` },
    ...(body ? { payload: body } : {}),
  });
  if (answer.statusCode >= 300) throw new Error(`${answer.statusCode} ${answer.body}`);
  return answer.statusCode === 204 ? '' : answer.json<{ id: string }>().id;
};
const policies = '/identity/conditionalAccess/policies';
const policy = (displayName: string, conditions: object, control = 'block') =>
  graph('POST', policies, {
    displayName,
    state: 'enabled',
    conditions: { applications: { includeApplications: [sallyportApplication] }, ...conditions },
    grantControls: { operator: 'OR', builtInControls: [control] },
  });

const [suspended, onDevices] = [randomUUID(), randomUUID()];
await database.execute(`INSERT INTO groups (id, name) VALUES ($1, 'Suspended'), ($2, 'On devices')`, [
  suspended,
  onDevices,
]);
await policy('Suspended', { users: { includeGroups: [suspended] } });
await policy('Compliant', { users: { includeGroups: [onDevices] } }, 'compliantDevice');
const { person: crowd } = await makePerson(test.platform, 'crowd', 'Security Reader');
await policy('High risk', { users: { includeUsers: ['All'], excludeUsers: [crowd.id] }, userRiskLevels: ['high'] });
await database.execute(
  `INSERT INTO sessions (id, token_hash, person_id, method, created_at, last_seen_at, expires_at, ip_address, user_agent)
   SELECT gen_random_uuid(), uuid_send(gen_random_uuid()), $1, 'passwordTotp', $2::timestamptz, $2::timestamptz, $2::timestamptz + interval '8 hours', '192.0.2.5', 'bench' FROM generate_series(1, $3::int)`,
  [crowd.id, clock.now(), background],
);

interface Live {
  readonly person: Person;
  readonly sessionId: string;
  readonly me: () => Promise<boolean>;
}
let made = 0;
const live = async (): Promise<Live> => {
  const { person, secret } = await makePerson(test.platform, `bench${(made += 1)}`, 'Security Reader');
  const browser = test.browser({ address: '192.0.2.9' });
  const { sessionId } = await browser.signInWithPassword({
    body: {
      userPrincipalName: person.userPrincipalName,
      password: testPassword,
      totpCode: codeAt(secret, clock.now()),
    },
  });
  const me = () =>
    browser.getMe().then(
      () => true,
      () => false,
    );
  if (!(await me())) throw new Error('a session that should be live is not');
  return { person, sessionId, me };
};

/** What is done to a person who is signed in; `before` makes it possible. */
interface Change {
  readonly before?: (live: Live) => Promise<unknown>;
  readonly change: (live: Live) => Promise<unknown>;
  readonly after?: () => Promise<unknown>;
}
let madePolicy = '';
const changes: Readonly<Record<string, Change>> = {
  policy: {
    change: async ({ person }) => (madePolicy = await policy('Now', { users: { includeUsers: [person.id] } })),
    after: () => graph('DELETE', `${policies}/${madePolicy}`),
  },
  group: {
    change: ({ person }) =>
      database.execute('INSERT INTO group_members (group_id, person_id) VALUES ($1, $2)', [suspended, person.id]),
  },
  device: {
    before: async ({ person, sessionId }) => {
      await database.execute(
        `INSERT INTO devices (id, device_id, display_name, owner_id, public_key, key_thumbprint, trust_type, ownership, operating_system, operating_system_version,
           registered_at, is_compliant, compliance_at) VALUES ($1, $1, 'bench', $1, '{}', $3, 'AzureAd', 'company', 'Linux', '6', $2, true, $2)`,
        [person.id, clock.now(), person.id],
      );
      await database.execute('UPDATE sessions SET device_id = $2 WHERE id = $1', [sessionId, person.id]);
      await database.execute('INSERT INTO group_members (group_id, person_id) VALUES ($1, $2)', [onDevices, person.id]);
    },
    change: ({ person }) => graph('PATCH', `/devices/${person.id}`, { isCompliant: false }),
  },
  risk: {
    change: ({ person }) =>
      graph('POST', '/identityProtection/riskyUsers/confirmCompromised', { userIds: [person.id] }),
  },
  account: {
    change: ({ person }) => admin.updatePerson({ params: { id: person.id }, body: { accountEnabled: false } }),
  },
};

const isEnded = async (sessionId: string): Promise<boolean> =>
  (await database.first('SELECT 1 FROM sessions WHERE id = $1 AND revoked_at IS NULL', [sessionId])) === undefined;
const quiet = async (): Promise<void> => {
  for (let left = 600; left > 0 && (await identity.decideAgain()) > 0; left -= 1) await clock.sleep(10);
};

const round = async (
  { before, change, after }: Change,
  inUse: boolean,
  look?: (isOver: () => Promise<boolean>) => Promise<void>,
): Promise<number> => {
  const one = await live();
  await before?.(one);
  await quiet();
  if (!(await one.me())) throw new Error('a session ended before the change');
  const began = performance.now();
  const looking = look?.(() => isEnded(one.sessionId));
  await change(one);
  while (inUse ? await one.me() : !(await isEnded(one.sessionId))) await clock.sleep(1);
  const took = performance.now() - began;
  await looking;
  await after?.();
  return took;
};

await identity.start?.();
const results: Record<string, object> = {};
for (const [name, change] of Object.entries(changes)) {
  const [ended, refused]: [number[], number[]] = [[], []];
  for (let i = 0; i < rounds; i += 1) {
    ended.push(await round(change, false));
    refused.push(await round(change, true));
  }
  results[name] = { ended: spread(ended), refused: spread(refused) };
}
await identity.stop?.();

/** The same look, without being told: it begins at a moment of two seconds that has nothing to do with the change. */
const polling: number[] = [];
for (let i = 0; i < polls; i += 1)
  polling.push(
    await round(changes['group']!, false, async (isOver) => {
      await clock.sleep(2_000 * Math.random());
      while (!(await isOver())) {
        await identity.decideAgain();
        await clock.sleep(2_000);
      }
    }),
  );
const lifetime = (seconds: number) => ({ p50Ms: seconds * 500, p99Ms: seconds * 990, maxMs: seconds * 1_000 });
console.log(
  JSON.stringify({
    cores: availableParallelism(),
    liveSessions: background,
    changes: results,
    baseline: { polling: spread(polling), lifetime: { fiveMinutes: lifetime(300), oneHour: lifetime(3_600) } },
  }),
);
await test.stop();
process.exit(0);
