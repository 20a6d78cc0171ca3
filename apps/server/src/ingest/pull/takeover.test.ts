import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectorKinds } from '@sallyport/contracts';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startEphemeralPlatform } from '../../supervisor/ephemeral-platform.ts';
import type { OpenPlatform } from '../../platform/create.ts';
import { makeTestTls } from '../doors/syslog/testing.ts';
import { pauseAfter } from './poll.ts';
import {
  advance,
  changeConnector,
  connectorById,
  endPoll,
  insertConnector,
  makeDue,
  takeLease,
  type Progress,
} from './store.ts';
import { json, startTestWeb, type TestWeb } from './testing/web.ts';

const worker = fileURLToPath(new URL('./testing/worker.ts', import.meta.url));
const children: ChildProcess[] = [];
let platform: OpenPlatform;
let stop: () => Promise<void>;
let folder: string;
let web: TestWeb;
let stalled: ServerResponse | undefined;
let isStalling = true;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-takeover-'));
  const tls = await makeTestTls(join(folder, 'tls'));
  await writeFile(join(folder, 'ca.pem'), tls.authority);
  web = await startTestWeb(tls.server, ({ url }, response) => {
    const page = Number(url.searchParams.get('page'));
    if (page === 2 && isStalling) stalled = response;
    else
      json(
        response,
        200,
        page > 3
          ? []
          : [
              { id: `${page}a`, marker: 'takeover' },
              { id: `${page}b`, marker: 'takeover' },
            ],
      );
  });
  ({ platform, stop } = await startEphemeralPlatform());
}, 120_000);
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await web.close();
  await stop();
  await rm(folder, { recursive: true, force: true });
});

/** Each with the same data folder: the second is the first one started again. */
async function startServer(): Promise<ChildProcess> {
  const { databaseUrl, lakeUrl } = platform.config;
  const settings = {
    dataDir: join(folder, 'data'),
    databaseUrl,
    lakeUrl,
    collectHost: 'off',
    ipLocationFile: 'off',
    spoolSegmentAge: '50 ms',
    connectorInternalHosts: `localhost:${web.port}`,
    connectorCaFile: join(folder, 'ca.pem'),
  };
  const child = fork(worker, [JSON.stringify(settings)], {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  children.push(child);
  await once(child, 'message');
  return child;
}

const id = '11111111-2222-4333-8444-555555555555';
const row = async () => {
  const found = await connectorById(platform.database, id);
  if (found === undefined) throw new Error('the connector is gone');
  return found;
};
const draft = () => ({
  id,
  kind: 'http' as const,
  name: 'takeover',
  settings: connectorKinds.http.settings.parse({
    url: `${web.base}/records`,
    paging: 'page',
    pageParameter: 'page',
    idPath: 'id',
  }),
  secrets: null,
  enabled: false,
  stream: null,
  timeZone: 'UTC',
  workspaceId: null,
  intervalSeconds: 86_400,
});
const progress = (checkpoint: unknown): Progress => ({
  page: undefined,
  checkpoint,
  rows: 0,
  bytes: 0,
  items: [],
  forgetBefore: undefined,
  newestAt: undefined,
  caughtUp: false,
  note: undefined,
});

describe('a poll whose server is killed', { timeout: 300_000 }, () => {
  it('is gone on with after the last page that was durable, and each record is stored once', async () => {
    await insertConnector(platform.database, draft(), new Date());
    const first = await startServer();
    first.send(id);
    await vi.waitFor(() => expect(stalled).toBeDefined(), { timeout: 120_000, interval: 50 });
    expect((await row()).stored_rows).toBe(2);
    const died = once(first, 'exit');
    first.kill('SIGKILL');
    await died;
    stalled?.destroy();
    isStalling = false;
    await startServer();
    await vi.waitFor(async () => expect((await row()).last_success_at).not.toBeNull(), {
      timeout: 120_000,
      interval: 100,
    });
    expect(await row()).toMatchObject({ stored_rows: 6, caught_up: true, last_error: null });
    expect(web.asked.map((asked) => asked.replace('GET /records?page=', ''))).toEqual(['1', '2', '2', '3', '4']);
    await vi.waitFor(
      async () => {
        const { rows } = await platform.lake.query(
          "SELECT count(), uniqExact(JSONExtractString(Event, 'id')) FROM GenericEvents_CL WHERE Event LIKE '%takeover%'",
        );
        expect(rows).toEqual([[6, 6]]);
      },
      { timeout: 120_000, interval: 200 },
    );
  });
});

describe('the right to poll', () => {
  const now = new Date('2026-01-05T10:00:00Z');
  const later = new Date('2026-01-05T10:05:00Z');

  it('is of one job at a time, until it is silent for long; a job that runs again has it from its earlier run', async () => {
    const { database } = platform;
    await changeConnector(database, draft(), true, now);
    const a = await takeLease(database, id, 'job a', now);
    expect(a).toBeDefined();
    expect(await takeLease(database, id, 'job b', now)).toBeUndefined();
    const again = await takeLease(database, id, 'job a', now);
    expect(await advance(database, a!.lease, progress({ by: 'a' }), now)).toBe(false);
    expect(await advance(database, again!.lease, progress({ by: 'again' }), now)).toBe(true);
    const b = await takeLease(database, id, 'job b', later);
    expect(b?.connector.checkpoint).toEqual({ by: 'again' });
    expect(await advance(database, again!.lease, progress({ by: 'late' }), later)).toBe(false);
    await endPoll(
      database,
      again!.lease,
      { error: 'late', note: undefined, dueAt: later, wasDueAt: now, behind: false },
      later,
    );
    expect(await row()).toMatchObject({ checkpoint: { by: 'again' }, last_error: null });
  });

  it('does not swallow a poll that a person asks for meanwhile', async () => {
    const { database } = platform;
    await changeConnector(database, draft(), true, now);
    const poll = await takeLease(database, id, 'job d', now);
    await makeDue(database, id, later);
    const nextDay = new Date('2026-01-06T10:00:00Z');
    const outcome = { error: undefined, note: undefined, dueAt: nextDay, wasDueAt: now, behind: false };
    await endPoll(database, poll!.lease, outcome, now);
    expect((await row()).due_at).toEqual(later);
  });

  it('ends when a person changes the connector', async () => {
    const { database } = platform;
    await changeConnector(database, draft(), true, now);
    const before = await takeLease(database, id, 'job c', now);
    await changeConnector(database, draft(), true, now);
    expect(await advance(database, before!.lease, progress({ old: true }), now)).toBe(false);
    expect(await row()).toMatchObject({ checkpoint: null });
  });
});

describe('the pause after a poll', () => {
  const minute = 60_000;
  const after = (failures: number, retryAfterMs = 0, intervalMs = minute) =>
    pauseAfter({ intervalMs, failures, retryAfterMs }, () => 0);
  it('grows with failures, an hour at most, and is what the source asks for when that is longer', () => {
    expect([after(0), after(1), after(2), after(50)]).toEqual([minute, 2 * minute, 4 * minute, 60 * minute]);
    expect(after(1, 10 * minute)).toBe(10 * minute);
    expect(after(5, 0, 24 * 60 * minute)).toBe(24 * 60 * minute);
    expect(pauseAfter({ intervalMs: minute, failures: 0, retryAfterMs: 0 }, () => 0.5)).toBe(1.1 * minute);
  });
});
