import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { sleep } from '../crash-server.ts';
import { startTestWeb, type TestWeb } from '../ingest/pull/testing/web.ts';
import { secretPurpose } from './clouds/connections.ts';
import { TestArm } from './clouds/testing/arm.ts';
import { startNodes, type NodePerson, type Nodes } from './nodes.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 300_000 });

const client = { tenantId: randomUUID(), clientId: randomUUID(), secret: 'of the application' };
const arm = new TestArm(client);
let nodes: Nodes;
let web: TestWeb;
beforeAll(async () => {
  nodes = await startNodes(3);
  for (const { output } of nodes.servers) if (!output.endsWith('exit: null')) throw new Error(output);
  web = await startTestWeb(nodes.tls, (request, response) => arm.answer(request, response));
});
afterAll(async () => {
  await nodes.stop();
  await web.close();
});

const all = [0, 1, 2];

/**
 * Asks a server until it has been asked after `end`. Answers what it should not have said: a refusal that came before the end, or leave for somebody who
 * asked after it. Both are known from when it was asked and answered, whatever else keeps the machine busy; how soon is the bench's (bench/privileged-access).
 */
async function wrongUntil(person: NodePerson, node: number, end: Date): Promise<readonly string[]> {
  const wrong: string[] = [];
  for (;;) {
    const asked = Date.now() - end.getTime();
    const may = await person.may(node);
    const answered = Date.now() - end.getTime();
    if (may === undefined || (may ? asked >= 0 : answered < 0))
      wrong.push(`asked ${asked} ms, answered ${answered} ms: ${String(may)}`);
    if (asked >= 0) return wrong;
    await sleep(100);
  }
}

/** Somebody holds a role in a cloud from now for so many seconds. */
async function inCloud(principalId: string, seconds: number): Promise<void> {
  const { database, sealing } = nodes.platform;
  const [connection, role, now] = [randomUUID(), randomUUID(), new Date()];
  const { secret, ...ids } = client;
  const settings = { provider: 'azure', ...ids, authorityUrl: web.base, resourceManagerUrl: web.base };
  await database.execute(
    `INSERT INTO cloud_connections (id, name, settings, secret_sealed, created_at, created_by) VALUES ($1, 'Azure', $2, $3, $4, 'test')`,
    [connection, JSON.stringify(settings), sealing.seal(Buffer.from(secret), secretPurpose(connection)), now],
  );
  await database.execute(
    `INSERT INTO cloud_roles (id, connection_id, name, role_id, scope, created_at) VALUES ($1, $2, 'Reader', $3, '/subscriptions/s', $4)`,
    [role, connection, randomUUID(), now],
  );
  await database.execute('INSERT INTO cloud_identities VALUES ($1, $2, $3)', [connection, principalId, randomUUID()]);
  await database.execute(
    `INSERT INTO privileged_assignments (id, target_type, target_id, access, principal_id, principal_type, kind, starts_at, ends_at, created_at, created_by)
     VALUES ($1, 'cloudRole', $2, '', $3, 'user', 'active', $4, $5, $4, 'test')`,
    [randomUUID(), role, principalId, now, new Date(now.getTime() + seconds * 1_000)],
  );
}

describe('three servers on one database', () => {
  it('let somebody in from an activation on one until its end, on every one', async () => {
    const ann = await nodes.eligible('ann');
    // Servers that have just started, all at once, may be too busy for the first request.
    await Promise.all(all.map((node) => ann.until(node, false)));
    const end = await ann.activate(0, 10);
    await Promise.all(all.map((node) => ann.until(node, true)));
    expect(await Promise.all(all.map((node) => wrongUntil(ann, node, end)))).toEqual([[], [], []]);
  });

  it('that are killed lengthen nothing, in a cloud neither', async () => {
    const bob = await nodes.eligible('bob');
    const end = await bob.activate(1, 5);
    await Promise.all(all.map((node) => bob.until(node, true)));
    await nodes.servers[0]?.kill();
    await nodes.servers[1]?.kill();
    expect(await wrongUntil(bob, 2, end)).toEqual([]);
    await inCloud(bob.id, 15);
    await vi.waitFor(() => expect(arm.assignments).toHaveLength(1), { timeout: 14_000, interval: 50 });
    const later = await bob.activate(2, 3);
    await nodes.servers[2]?.kill();
    await nodes.servers[0]?.startBeside();
    await sleep(Math.max(0, later.getTime() - Date.now()));
    expect(await bob.may(0)).toBe(false);
    await vi.waitFor(
      async () => {
        const open = await nodes.platform.database.query(
          `SELECT 1 FROM role_assignments WHERE principal_id = $1 AND assignment_type = 'Activated' AND removed_at IS NULL`,
          [bob.id],
        );
        expect(open).toEqual([]);
        expect(arm.assignments).toEqual([]);
      },
      { timeout: 30_000, interval: 100 },
    );
  });
});
