import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import type { TokenCredential } from '@azure/core-auth';
import type { Client } from '@sallyport/contracts';
import type { Clock } from '../../platform/clock.ts';
import type { EphemeralOptions } from '../../supervisor/ephemeral-platform.ts';
import { makeAdministrator, startTestServer, type TestServer } from '../../testing.ts';

/** The whole server on a port, with HTTPS under its own CA, for clients that know nothing of tests. */
export interface FaceServer {
  readonly test: TestServer;
  readonly admin: Client;
  /** `https://localhost:…` */
  readonly url: string;
  readonly ca: string;
  /** May read security data. */
  readonly token: string;
  /** May only send logs. */
  readonly sender: string;
  stop(): Promise<void>;
}

/** Trusts the server's CA for the whole process, as `NODE_EXTRA_CA_CERTS` does for a customer. */
export async function startFaceServer(settings: EphemeralOptions['settings'] = {}, clock?: Clock): Promise<FaceServer> {
  const test = await startTestServer({ settings: { collectHost: 'off', ...settings }, ...(clock ? { clock } : {}) });
  const port = await test.server.http.listen({ host: '127.0.0.1', port: 0 });
  const ca = readFileSync(join(test.platform.config.dataDir, 'tls', 'ca.pem'), 'utf8');
  setDefaultCACertificates([...getCACertificates('default'), ca]);
  const admin = test.browser();
  await makeAdministrator(test, admin);
  const secret = async (name: string, scope: 'securityData.read' | 'data.ingest') =>
    (await admin.createToken({ body: { name, scopes: [scope] } })).secret;
  return {
    test,
    admin,
    url: `https://localhost:${port}`,
    ca,
    token: await secret('reader', 'securityData.read'),
    sender: await secret('sender', 'data.ingest'),
    stop: () => test.stop(),
  };
}

export const credentialOf = (token: string): TokenCredential => ({
  getToken: () => Promise.resolve({ token, expiresOnTimestamp: Date.now() + 3_600_000 }),
});

export interface RawAnswer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly text: string;
}

/** A call without a client, for what the wire itself says. */
export function call(
  { url, ca, token }: Pick<FaceServer, 'url' | 'ca' | 'token'>,
  path: string,
  options: { method?: string; body?: unknown; headers?: Record<string, string>; bearer?: string | undefined } = {},
): Promise<RawAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<RawAnswer>();
  const bearer = 'bearer' in options ? options.bearer : token;
  const headers = {
    'content-type': 'application/json',
    ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
    ...options.headers,
  };
  const made = request(
    `${url}${path}`,
    { method: options.method ?? (options.body === undefined ? 'GET' : 'POST'), headers, agent: new Agent({ ca }) },
    (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(parts).toString('utf8'),
        }),
      );
    },
  );
  made.on('error', reject);
  const { body } = options;
  made.end(body === undefined ? undefined : body instanceof URLSearchParams ? body.toString() : JSON.stringify(body));
  return promise;
}

/** One row with a value of each type, and one of nulls. The dynamic has what is hard about JSON. */
export const everyType = `
datatable(b:bool, i:int, l:long, r:real, d:datetime, t:timespan, m:decimal, g:guid, s:string, y:dynamic) [
  true, 7, 9223372036854775807, 0.5, datetime(2020-01-02 03:04:05.1234567), time(1.02:03:04.5), decimal(1.5),
  guid(74be27de-1e4e-49d9-b579-fe0b331d3642), 'a "quoted" line\\nand “another”', dynamic({"a":[1,"x",null]}),
  bool(null), int(null), long(null), real(null), datetime(null), timespan(null), decimal(null), guid(null), '', dynamic(null)
]`;
