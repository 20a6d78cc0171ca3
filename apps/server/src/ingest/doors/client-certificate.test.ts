import { mkdtemp, rm } from 'node:fs/promises';
import { request, type RequestOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDoorServer, type DoorServer } from '../testing/door-server.ts';
import { makeTestTls, type TestTls } from './syslog/testing.ts';

const path = '/dataCollectionRules/dcr-default/streams/Microsoft-Syslog';
let server: DoorServer;
let elsewhere: string;
beforeAll(async () => {
  server = await startDoorServer({ clientCertificates: 'on' });
  elsewhere = await mkdtemp(join(tmpdir(), 'sallyport-other-ca-'));
});
afterAll(async () => {
  await server.stop();
  await rm(elsewhere, { recursive: true, force: true });
});

const clientNamed = async (name: string, dataDir = server.test.platform.config.dataDir): Promise<TestTls['client']> =>
  (await makeTestTls(dataDir, name)).client;

/** One call on a connection of its own; answers its status. */
function call(client: TestTls['client'] | undefined, options: RequestOptions = {}): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const own = client === undefined ? {} : { cert: client.certificate, key: client.key };
  const to = { host: 'localhost', port: server.port, ca: server.ca, agent: false, method: 'POST', path, ...own };
  const sent = request({ ...to, ...options }, (response) => {
    response.resume();
    response.once('end', () => resolve(response.statusCode ?? 0));
  });
  sent.once('error', reject);
  sent.end(options.method === 'GET' ? undefined : JSON.stringify([{ Computer: 'mtls' }]));
  return promise;
}

describe('a client certificate', () => {
  it('stands for the token of its name', async () => {
    expect(await call(await clientNamed('sender'))).toBe(204);
    expect(await server.rows(`SELECT Computer FROM Syslog WHERE Computer = 'mtls'`)).toEqual([['mtls']]);
  });

  it('stands for no token that may not send logs, none that is not there, and opens nothing else', async () => {
    expect(await call(await clientNamed('reader'))).toBe(401);
    expect(await call(await clientNamed('nobody'))).toBe(401);
    expect(await call(await clientNamed('sender'), { method: 'GET', path: '/api/tables' })).toBe(401);
  });

  it('counts for nothing when another authority made it, or a page in a browser shows it', async () => {
    expect(await call(await clientNamed('sender', elsewhere))).toBe(401);
    expect(await call(await clientNamed('sender'), { headers: { origin: 'https://evil.example' } })).toBe(401);
  });

  it('is not needed, and a token wins over it', async () => {
    const headers = { authorization: `Bearer ${server.token}` };
    expect(await call(undefined, { headers })).toBe(204);
    expect(await call(undefined)).toBe(401);
    expect(await call(await clientNamed('sender'), { headers: { authorization: 'Bearer sp_none' } })).toBe(401);
  });

  it('ends with its token', async () => {
    const client = await clientNamed('brief');
    const { token } = await server.admin.createToken({ body: { name: 'brief', scopes: ['data.ingest'] } });
    expect(await call(client)).toBe(204);
    await server.admin.revokeToken({ params: { id: token.id } });
    expect(await call(client)).toBe(401);
  });
});
