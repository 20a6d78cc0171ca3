import { AssignmentScope, builtInRoles, type Client } from '@sallyport/contracts';
import { randomUUID } from 'node:crypto';
import { vi } from 'vitest';
import { resolveEntities, type NewAlert } from '../../incidents/index.ts';
import {
  codeAt,
  makeAdministrator,
  makePerson,
  startTestServer,
  testPassword,
  type TestServer,
} from '../../testing.ts';
import { people, rowsOf, type EstateRow } from './testing.ts';

/** A server with rows of several devices, alerts about them, and people who see a part. Tests only. */

const tables = [
  'Syslog',
  'SecurityEvent',
  'DeviceProcessEvents',
  'DeviceInfo',
  'IdentityInfo',
  'EmailEvents',
  'AlertInfo',
  'AlertEvidence',
];
export const secretTitle = 'zqincidentq';

export interface Asker {
  readonly client: Client;
  readonly id: string;
  /** As a client on the wire, with the cookie of the session. */
  readonly call: (
    method: 'GET' | 'POST',
    url: string,
    body?: object,
  ) => Promise<{ readonly status: number; readonly text: string }>;
}

export interface Served {
  readonly test: TestServer;
  readonly admin: Client;
  /** Sees the devices of group A. */
  readonly karl: Asker;
  /** Sees those of group B. */
  readonly nora: Asker;
  readonly rows: readonly EstateRow[];
  /** Numbers of incidents, by whose hosts they are: of A, of B, of both. */
  readonly numbers: { readonly inside: number; readonly outside: number; readonly both: number };
  /** Words that are not of rows that somebody of the estate sees. */
  readonly toldOf: (name: 'group' | 'nora', text: string, query?: string) => string[];
}

export const alertOf = (name: string, hosts: readonly string[], more: Partial<NewAlert> = {}): NewAlert => {
  const at = new Date(Date.now() - 3_600_000);
  const id = randomUUID();
  return {
    id,
    ruleId: `rule-${name}`,
    name,
    description: `about ${name}`,
    severity: 'Medium',
    tactics: ['Persistence'],
    techniques: ['T1543.003'],
    startTime: at,
    endTime: at,
    entities: resolveEntities(hosts.map((host) => ({ kind: 'Host', identifiers: { HostName: host } }))),
    customDetails: {},
    query: 'Syslog',
    queryFrom: new Date(0),
    queryTo: new Date(),
    createIncident: true,
    grouping: undefined,
    row: {
      SystemAlertId: id,
      AlertName: name,
      TimeGenerated: at,
      Entities: hosts.map((host) => ({ Type: 'host', HostName: host })),
    },
    ...more,
  };
};

/** Somebody who sees a part, signed in. */
export async function askerOf(test: TestServer, name: string, scope: Partial<AssignmentScope>): Promise<Asker> {
  const { database, clock } = test.platform;
  const { person, secret } = await makePerson(test.platform, name);
  await database.execute(
    `INSERT INTO role_assignments (id, role_id, principal_id, principal_type, kind, scope, starts_at, created_at, created_by)
     VALUES ($1, $2, $3, 'user', 'active', $4, $5, $5, $6)`,
    [
      randomUUID(),
      builtInRoles['Security Administrator'].id,
      person.id,
      JSON.stringify(AssignmentScope.parse(scope)),
      clock.now(),
      `test ${name}`,
    ],
  );
  let cookie = '';
  const client = test.browser({ onCookie: (now) => (cookie = now) });
  const totpCode = codeAt(secret, clock.now());
  await client.signInWithPassword({
    body: { userPrincipalName: person.userPrincipalName, password: testPassword, totpCode },
  });
  return {
    client,
    id: person.id,
    call: async (method, url, body) => {
      const answer = await test.server.http.app.inject({
        method,
        url,
        headers: {
          host: 'localhost:8443',
          cookie,
          'x-sallyport-csrf': '1',
          origin: 'https://localhost:8443',
          'content-type': 'application/json',
        },
        ...(body ? { payload: JSON.stringify(body) } : {}),
      });
      return { status: answer.statusCode, text: answer.payload };
    },
  };
}

export async function startServed(): Promise<Served> {
  const test = await startTestServer({ settings: { collectHost: 'off' } });
  const { platform, server } = test;
  const { lake, database } = platform;
  const admin = test.browser();
  await makeAdministrator(test, admin);
  const rows = rowsOf(tables.flatMap((name) => lake.catalogue.get(name) ?? []));
  const other = await admin.createWorkspace({ body: { name: 'other' } });
  for (const workspace of ['main', 'other'] as const) {
    const place = workspace === 'main' ? lake : await platform.workspaces.lake(platform.workspaces.get(other.id));
    const some = rows.filter((row) => row.workspace === workspace);
    for (const [table, own] of Map.groupBy(some, (row) => row.table))
      await place.insertRows(table, own.map(({ cells }) => cells)); // prettier-ignore
    await place.refreshEntities();
  }
  const more = [
    { DeviceName: 'in2', DeviceId: 'dev-in2', MachineGroup: 'A' },
    { DeviceName: 'out2', DeviceId: 'dev-out2', MachineGroup: 'B' },
  ];
  await lake.insertRows('DeviceInfo', more.map((device) => ({ TimeGenerated: new Date().toISOString(), ...device }))); // prettier-ignore
  await lake.refreshEntities();
  // Rows count as arrived once they have settled.
  vi.useFakeTimers({ now: Date.now() + 15_000, toFake: ['Date'] });
  await server.domains.entities.refresh();
  vi.useRealTimers();

  const karl = await askerOf(test, 'karl', { deviceGroups: ['A'] });
  const nora = await askerOf(test, 'nora', { deviceGroups: ['B'] });
  const raise = (...alerts: NewAlert[]) => database.transaction((tx) => server.domains.incidents.raise(alerts, tx));
  await raise(alertOf('inside', ['in1']), alertOf(secretTitle, ['out1']));
  await raise(alertOf('joint', ['in2']), alertOf('zqsharedq', ['out2']));
  const all = (await admin.listIncidents({ query: {} })).incidents;
  const of = (title: string): number => all.find((one) => one.title.includes(title))?.number ?? 0;
  await admin.mergeIncidents({ params: { number: of('joint') }, body: { incidents: [of('zqsharedq')] } });

  const group = people.find(({ name }) => name === 'group')!;
  const hidden = {
    group: new Set(rows.filter((row) => !group.sees(row)).map(({ token }) => token)),
    nora: new Set(rows.filter(({ groups }) => groups !== undefined && !groups.includes('B')).map(({ token }) => token)),
  };
  return {
    test,
    admin,
    karl,
    nora,
    rows,
    numbers: { inside: of('inside'), outside: of(secretTitle), both: of('joint') },
    toldOf: (name, text, query = '') =>
      (text.match(/zq[0-9a-z]+q/g) ?? []).filter((word) => hidden[name].has(word) && !query.includes(word)),
  };
}
