import { setTimeout as delay } from 'node:timers/promises';
import type { Client, Connector, ConnectorDraft } from '@sallyport/contracts';
import { makeAdministrator, startTestServer, type TestServer } from '../../../testing.ts';

export interface TestConnectors {
  readonly admin: Client;
  readonly test: TestServer;
  one(id: string): Promise<Connector>;
  /** Polls it, as a job, and answers it once that has ended and its rows are stored. */
  poll(id: string): Promise<Connector>;
  rows(sql: string): Promise<readonly (readonly unknown[])[]>;
  stop(): Promise<void>;
}

/** The whole server with jobs, on throw-away engines. */
export async function startTestConnectors(settings: Readonly<Record<string, string>>): Promise<TestConnectors> {
  const test = await startTestServer({ settings: { collectHost: 'off', spoolSegmentAge: '50 ms', ...settings } });
  const { ingest } = test.server.domains;
  await ingest.start();
  const admin = test.browser();
  await makeAdministrator(test, admin);
  await test.platform.jobs.launch();
  const one = async (id: string): Promise<Connector> => {
    const found = (await admin.listConnectors()).connectors.find((connector) => connector.id === id);
    if (found === undefined) throw new Error(`no connector ${id}`);
    return found;
  };
  return {
    admin,
    test,
    one,
    poll: async (id) => {
      const before = (await one(id)).lastPollAt;
      await admin.runConnector({ params: { id } });
      for (;;) {
        const now = await one(id);
        if (now.lastPollAt !== before && now.state !== 'polling') {
          await ingest.flush();
          return now;
        }
        await delay(50);
      }
    },
    rows: async (sql) => (await test.platform.lake.query(sql)).rows,
    stop: async () => {
      await test.platform.jobs.stop(0);
      await ingest.stop();
      await test.stop();
    },
  };
}

type Drafts = { readonly [K in ConnectorDraft['kind']]: Extract<ConnectorDraft, { kind: K }> };

/** A draft that no schedule polls by itself: a day between polls, and off. */
export const draft = <K extends ConnectorDraft['kind']>(
  kind: K,
  settings: Drafts[K]['settings'],
  more: {
    readonly name?: string;
    readonly secrets?: Drafts[K]['secrets'];
    readonly stream?: string;
    readonly timeZone?: string;
    readonly workspaceId?: string;
  } = {},
) => ({
  kind,
  name: more.name ?? `test ${kind}`,
  stream: more.stream ?? null,
  timeZone: more.timeZone ?? 'UTC',
  workspaceId: more.workspaceId ?? null,
  intervalSeconds: 86_400,
  enabled: false,
  settings,
  secrets: more.secrets,
});
