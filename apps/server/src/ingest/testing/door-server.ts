import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import type { Client } from '@sallyport/contracts';
import { makeAdministrator, startTestServer, type TestServer } from '../../testing.ts';

export interface DoorAnswer {
  readonly status: number;
  /** Parsed when it is JSON. */
  readonly body: unknown;
  readonly headers: NodeJS.Dict<string | string[]>;
}

export interface DoorServer {
  readonly test: TestServer;
  readonly admin: Client;
  readonly port: number;
  readonly url: string;
  /** PEM of the authority, and its file. */
  readonly ca: string;
  readonly caFile: string;
  /** Token with the scope `data.ingest`, and its id. */
  readonly token: string;
  readonly tokenId: string;
  /** What that token signs with. */
  readonly sharedKey: string;
  /** Token without it. */
  readonly reader: string;
  /** A call without a client, for what no client would send. */
  call(
    method: string,
    path: string,
    options?: { body?: Buffer | string; headers?: Record<string, string> },
  ): Promise<DoorAnswer>;
  /** Rows of a query, once everything acknowledged is stored. */
  rows(sql: string): Promise<readonly (readonly unknown[])[]>;
  stop(): Promise<void>;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** The whole server on a port, over HTTPS. A segment is closed by `rows` alone, so that a test can fill the spool. */
export async function startDoorServer(settings: Record<string, string> = {}): Promise<DoorServer> {
  const test = await startTestServer({ settings: { collectHost: 'off', spoolSegmentAge: '1 min', ...settings } });
  const { ingest } = test.server.domains;
  await ingest.start();
  const port = await test.server.http.listen({ host: '127.0.0.1', port: 0 });
  const caFile = join(test.platform.config.dataDir, 'tls', 'ca.pem');
  const ca = readFileSync(caFile, 'utf8');
  const agent = new Agent({ ca, keepAlive: true });
  const admin = test.browser();
  await makeAdministrator(test, admin);
  const sender = await admin.createToken({ body: { name: 'sender', scopes: ['data.ingest'] } });
  const reader = await admin.createToken({ body: { name: 'reader', scopes: ['data.read'] } });
  return {
    test,
    admin,
    port,
    url: `https://localhost:${port}`,
    ca,
    caFile,
    token: sender.secret,
    tokenId: sender.token.id,
    sharedKey: sender.sharedKey ?? '',
    reader: reader.secret,
    call: (method, path, { body, headers = {} } = {}) => {
      const { promise, resolve, reject } = Promise.withResolvers<DoorAnswer>();
      const sent = request({ host: 'localhost', port, path, method, headers, agent }, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: parsed(Buffer.concat(parts).toString()),
          }),
        );
      });
      sent.on('error', reject);
      sent.end(body);
      return promise;
    },
    rows: async (sql) => {
      await ingest.flush();
      return (await test.platform.lake.query(sql, { tables: ['GenericEvents_CL'] })).rows;
    },
    stop: async () => {
      agent.destroy();
      await ingest.stop();
      await test.stop();
    },
  };
}
