import { randomUUID } from 'node:crypto';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, trustingFetch } from '@sallyport/testkit/running';
import { createClient, type Client } from '@sallyport/contracts';
import { ServerProcess, sleep, switchOffShippedRules } from '../crash-server.ts';
import { codeAt, makePerson, testPassword } from '../testing.ts';
import type { OpenPlatform } from '../platform/create.ts';
import { loadTls, type TlsMaterial } from '../platform/http/index.ts';
import { startEphemeralPlatform } from '../supervisor/ephemeral-platform.ts';

/** Several server processes on one database and one lake, for the test and the bench of privileged access. */

const readerRole = '5d6b6bb7-de71-4623-b4af-96380a352509';
/** How often it is looked whether somebody may; before the end that is known only at the last: a server answers an address so many times a minute. */
const pollMs = 10;
const beforeEndMs = 300;
const patienceMs = 30_000;

export interface Nodes {
  readonly platform: OpenPlatform;
  /** For a server beside them, which they trust. */
  readonly tls: TlsMaterial;
  readonly servers: readonly ServerProcess[];
  readonly urls: readonly string[];
  /** Somebody who is eligible for Security Reader, and signed in. */
  eligible(name: string): Promise<NodePerson>;
  stop(): Promise<void>;
}
export interface NodePerson {
  readonly id: string;
  /** Activates on a server for so many seconds. Answers when it ends. */
  activate(node: number, seconds: number): Promise<Date>;
  /** Whether a server lets them see incidents. Undefined: it does not answer. */
  may(node: number): Promise<boolean | undefined>;
  /** When a server first says so, milliseconds of the process. */
  until(node: number, may: boolean): Promise<number>;
}

export async function startNodes(count: number): Promise<Nodes> {
  const { platform, stop } = await startEphemeralPlatform({ settings: { collectHost: 'off' } });
  await switchOffShippedRules(platform);
  const ports: number[] = [];
  for (let i = 0; i < count; i++) ports.push(await freePort());
  const { dataDir } = platform.config;
  // What each would make if it were the first: then all can start at once. They trust others by their own authority, too.
  const tls = await loadTls(platform.config, platform.clock);
  const servers = ports.map((port) => new ServerProcess(platform, port, folderOf(dataDir, port)));
  const urls = ports.map((port) => `https://127.0.0.1:${port}`);
  const ca = join(dataDir, 'tls', 'ca.pem');
  process.env['NODE_EXTRA_CA_CERTS'] = ca;
  await Promise.all(servers.map((server) => server.startBeside()));
  return {
    platform,
    tls,
    servers,
    urls,
    // Each has cookies of their own.
    eligible: (name) => eligiblePerson(platform, urls, trustingFetch(ca), name),
    stop: async () => {
      for (const server of servers) await server.kill();
      await stop();
    },
  };
}

/** A server's own, with the keys and the authority of all: what it has taken and not yet stored is nobody else's. */
function folderOf(dataDir: string, port: number): string {
  const folder = join(dataDir, `server-${port}`);
  for (const part of ['keys', 'tls']) cpSync(join(dataDir, part), join(folder, part), { recursive: true });
  return folder;
}

async function eligiblePerson(
  platform: OpenPlatform,
  urls: readonly string[],
  call: typeof fetch,
  name: string,
): Promise<NodePerson> {
  const { person, secret } = await makePerson(platform, name);
  const now = new Date();
  await platform.database.execute(
    `INSERT INTO role_assignments (id, role_id, principal_id, principal_type, kind, starts_at, created_at, created_by) VALUES ($1, $2, $3, 'user', 'eligible', $4, $4, 'test')`,
    [randomUUID(), readerRole, person.id, now],
  );
  let cookie = '';
  const keeping: typeof fetch = async (...request) => {
    const answer = await call(...request);
    cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? cookie;
    return answer;
  };
  const clientAt = (url: string): Client =>
    createClient({
      baseUrl: url,
      fetch: keeping,
      headers: () => ({ 'x-sallyport-csrf': '1', origin: url, ...(cookie === '' ? {} : { cookie }) }),
    });
  const clients = urls.map(clientAt);
  await clients[0]?.signInWithPassword({
    body: { userPrincipalName: person.userPrincipalName, password: testPassword, totpCode: codeAt(secret, now) },
  });
  const may = async (node: number): Promise<boolean | undefined> => {
    try {
      const { status } = await call(`${urls[node]}/api/incidents`, { headers: { cookie } });
      if (status === 429) throw new Error('asked too often');
      return status === 200 ? true : status === 403 ? false : undefined;
    } catch (error) {
      if (error instanceof TypeError) return undefined;
      throw error;
    }
  };
  let end = 0;
  return {
    id: person.id,
    may,
    activate: async (node, seconds) => {
      const client = clients[node];
      if (!client) throw new Error(`there is no server ${node}`);
      const { request } = await client.askForPrivilegedAccess({
        body: {
          action: 'selfActivate',
          target: { type: 'role', id: readerRole, access: '' },
          justification: 'measured',
          expiration: { type: 'afterDuration', duration: `PT${seconds}S` },
        },
      });
      const row = await platform.database.first<{ at: Date }>(
        `SELECT ends_at AS at FROM role_assignments WHERE principal_id = $1 AND assignment_type = 'Activated' ORDER BY created_at DESC LIMIT 1`,
        [person.id],
      );
      if (!row) throw new Error(`it was not activated: ${request.status} ${request.principal.id} ${person.id}`);
      end = row.at.getTime();
      return row.at;
    },
    until: async (node, wanted) => {
      if (!wanted) await sleep(Math.max(0, end - beforeEndMs - Date.now()));
      const deadline = performance.now() + patienceMs;
      while (performance.now() < deadline) {
        if ((await may(node)) === wanted) return performance.now();
        await sleep(pollMs);
      }
      throw new Error(`server ${node} never said ${wanted}`);
    },
  };
}
