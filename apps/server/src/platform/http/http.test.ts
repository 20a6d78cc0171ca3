import { setTimeout as delay } from 'node:timers/promises';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { request as httpsRequest } from 'node:https';
import { route, wholeScope, type ErrorBody } from '@sallyport/contracts';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { startEphemeralPlatform } from '../../supervisor/ephemeral-platform.ts';
import type { OpenPlatform } from '../create.ts';
import { createHttpServer, loadTls, type Caller, type HttpServer } from './index.ts';

const testRoutes = {
  echo: route({
    method: 'POST',
    path: '/api/echo/:n',
    permission: 'alerts.manage',
    summary: '',
    params: z.object({ n: z.coerce.number().int() }),
    query: z.object({ q: z.string().optional() }),
    body: z.object({ name: z.string().min(1), rows: z.array(z.object({ id: z.int() })).default([]) }),
    bodyLimit: 2_000,
    response: z.object({ n: z.int(), name: z.string() }),
  }),
  raw: route({
    method: 'POST',
    path: '/api/raw',
    permission: 'data.ingest',
    summary: '',
    body: 'raw',
    bodyLimit: 1_000,
    response: 'raw',
  }),
  fail: route({ method: 'GET', path: '/api/fail', permission: 'public', summary: '', response: z.object({}) }),
  signIn: route({ method: 'POST', path: '/api/sign', permission: 'public', summary: '', response: z.object({}) }),
  slow: route({
    method: 'GET',
    path: '/api/slow',
    permission: 'public',
    summary: '',
    response: z.object({ aborted: z.boolean() }),
  }),
};

const caller = (permissions: string[]): Caller => ({
  kind: 'person',
  id: 'p',
  name: 'anna@contoso.com',
  displayName: 'Anna',
  roles: [],
  personId: 'p',
  permissions: new Set(permissions as never[]),
  grants: [{ permissions: new Set(permissions as never[]), scope: wholeScope }],
  session: { id: 's', method: 'passkey', startedAt: new Date(0) },
});

let platform: OpenPlatform;
let stop: () => Promise<void>;
let server: HttpServer;
let aborts = 0;

beforeAll(async () => {
  ({ platform, stop } = await startEphemeralPlatform());
  const { log, audit, metrics, tracing, config, clock } = platform;
  server = await createHttpServer({
    requireWholeIncident: () => Promise.resolve(),
    log,
    audit,
    metrics,
    tracing,
    tls: await loadTls(config, clock),
    publicUrl: 'https://sallyport.example:8443',
    trustedProxies: [],
    portalFolder: '/nonexistent',
    drainTime: 300,
    rateLimits: { signIn: 3, door: 100, other: 10_000 },
    authenticator: {
      certificate: () => Promise.resolve(undefined),
      sharedKey: () => Promise.resolve(undefined),
      signers: () => Promise.resolve([]),
      session: async (cookie) => (cookie === 'good' ? caller(['alerts.manage']) : undefined),
      token: async (token) =>
        token === 'good' ? { ...caller(['data.ingest']), kind: 'token', session: undefined } : undefined,
    },
  });
  server.bind(testRoutes, {
    echo: (context, { params, body }) => {
      context.audit({ target: `thing ${params.n}`, details: { name: body.name } });
      return { n: params.n, name: body.name };
    },
    raw: async (_context, { body, reply }) => {
      let bytes = 0;
      for await (const chunk of body) bytes += (chunk as Buffer).length;
      return reply.code(202).send({ bytes });
    },
    fail: () => {
      throw new Error('the password of the database is hunter2');
    },
    signIn: () => ({}),
    slow: async (context) => {
      context.signal.addEventListener('abort', () => aborts++);
      await delay(400);
      return { aborted: context.signal.aborted };
    },
  });
});
afterAll(async () => {
  await server.close();
  await stop();
});

interface Call {
  readonly method?: 'GET' | 'POST';
  readonly headers?: Record<string, string>;
  readonly payload?: string | Buffer | object;
}
const call = (url: string, { method = 'POST', headers = {}, payload }: Call = {}) =>
  server.app.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) });
const codeOf = (response: { json: () => ErrorBody }) => response.json().error.code;
const browser = { cookie: '__Host-sallyport=good', 'x-sallyport-csrf': '1', host: 'localhost:8443' };
const audited = (operation: string) =>
  platform.database.query(`SELECT target, result, details FROM audit_log WHERE operation = $1 ORDER BY sequence`, [
    operation,
  ]);

describe('a write with a session cookie', () => {
  const echo = (headers: Record<string, string>) => call('/api/echo/7', { headers, payload: { name: 'x' } });

  it('is taken from a page of ours, and audited', async () => {
    for (const origin of ['https://sallyport.example:8443', 'https://localhost:8443'])
      expect((await echo({ ...browser, origin })).json()).toEqual({ n: 7, name: 'x' });
    expect((await audited('echo')).at(-1)).toEqual({ target: 'thing 7', result: 'success', details: { name: 'x' } });
  });

  it.each([
    ['without the header', { 'x-sallyport-csrf': '' }],
    ['from another origin', { origin: 'https://evil.example' }],
    ['from the same host without TLS', { origin: 'http://localhost:8443' }],
    ['from an opaque origin', { origin: 'null' }],
  ])('is refused %s, and audited as denied', async (_what, change) => {
    const before = (await audited('echo')).length;
    const response = await echo({ ...browser, ...change });
    expect([response.statusCode, codeOf(response)]).toEqual([403, 'Forbidden']);
    expect((await audited('echo')).slice(before)).toMatchObject([{ result: 'denied' }]);
  });
});

describe('a body', () => {
  const echo = (payload: string | object, type = 'application/json') =>
    call('/api/echo/7', { headers: { ...browser, 'content-type': type }, payload });

  it('that does not fit its schema answers every fault with its place', async () => {
    const { error } = (await echo({ name: '', rows: [{ id: 1 }, { id: 'x' }] })).json<ErrorBody>();
    expect(error).toMatchObject({ code: 'BadRequest', target: 'body.name' });
    expect(error.details!.map(({ target }) => target)).toEqual(['body.name', 'body.rows.1.id']);
  });

  it.each([
    ['malformed', '{"name":', 'application/json', 400, 'BadRequest'],
    ['with __proto__', '{"name":"x","__proto__":{"a":1}}', 'application/json', 400, 'BadRequest'],
    ['of another type', 'name=x', 'application/x-www-form-urlencoded', 415, 'UnsupportedMediaType'],
    ['too large', JSON.stringify({ name: 'x'.repeat(3_000) }), 'application/json', 413, 'PayloadTooLarge'],
  ])('that is %s is refused', async (_what, payload, type, status, code) => {
    const response = await echo(payload, type);
    expect([response.statusCode, codeOf(response)]).toEqual([status, code]);
  });

  it('whatever it is, never makes an internal error', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.json(), fc.string()), async (payload) => {
        expect((await echo(payload)).statusCode).toBeLessThan(500);
      }),
      { numRuns: 60 },
    );
  });
});

describe('a raw body', () => {
  const send = (payload: Buffer, headers: Record<string, string> = {}) =>
    call('/api/raw', { headers: { authorization: 'Bearer good', ...headers }, payload });

  it('comes to the handler as it is, whatever its type', async () => {
    for (const type of ['application/json', 'application/x-ndjson'])
      expect((await send(Buffer.from('{"a'), { 'content-type': type })).json()).toEqual({ bytes: 3 });
  });

  it('is cut off past the limit of its route', async () => {
    const response = await send(Buffer.alloc(1_001));
    expect([response.statusCode, codeOf(response)]).toEqual([413, 'PayloadTooLarge']);
    expect((await send(Buffer.alloc(1_000))).statusCode).toBe(202);
  });
});

describe('errors', () => {
  it('that are not meant for callers tell nothing', async () => {
    const response = await call('/api/fail', { method: 'GET' });
    expect(response.statusCode).toBe(500);
    expect(response.body).not.toContain('hunter2');
    expect(response.json<ErrorBody>().error).toEqual({
      code: 'InternalError',
      message: 'something went wrong; the log has it under the request id',
      requestId: response.headers['x-request-id'],
    });
  });

  it('of unknown paths have the same shape; a page says that the portal is being built', async () => {
    expect(codeOf(await call('/api/none', { method: 'GET' }))).toBe('NotFound');
    expect(codeOf(await call('/assets/none.js', { method: 'GET' }))).toBe('NotFound');
    const page = await call('/incidents', { method: 'GET', headers: { accept: 'text/html' } });
    expect([page.statusCode, page.body]).toEqual([503, expect.stringContaining('is being built')]);
  });

  it('of a token that is no good stand on every route, and ask for a bearer', async () => {
    const response = await call('/api/fail', { method: 'GET', headers: { authorization: 'Bearer bad' } });
    expect([response.statusCode, response.headers['www-authenticate']]).toEqual([401, 'Bearer']);
  });
});

describe('rate limits', () => {
  it('hold sign-in per address, and say when to come back', async () => {
    const statuses = [];
    for (let i = 0; i < 5; i++) statuses.push(await call('/api/sign', { headers: { 'x-sallyport-csrf': '1' } }));
    expect(statuses.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200, 429, 429]);
    expect(Number(statuses[4]!.headers['retry-after'])).toBeGreaterThan(0);
    expect(codeOf(statuses[4]!)).toBe('TooManyRequests');
  });
});

describe('every answer', () => {
  it('has the security headers, HSTS under a real name, and a request id', async () => {
    const { headers } = await call('/api/none', { method: 'GET' });
    expect(headers['content-security-policy']).toContain("default-src 'none';script-src 'self';");
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect(headers['strict-transport-security']).toContain('max-age=31536000');
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('over TLS', () => {
  const ca = () => readFileSync(`${platform.config.dataDir}/tls/ca.pem`);
  const get = (port: number, path: string) => {
    const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: string }>();
    const sent = httpsRequest({ host: 'localhost', port, path, ca: ca(), agent: false }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += String(chunk)));
      response.on('end', () => resolve({ status: response.statusCode!, body }));
    });
    sent.on('error', reject).end();
    return { promise, sent };
  };

  it('ends a body that says nothing of its length when it is past the limit', async () => {
    const port = await server.listen({ host: '127.0.0.1', port: 0 });
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const headers = {
      authorization: 'Bearer good',
      'transfer-encoding': 'chunked',
      'content-type': 'application/json',
    };
    const sent = httpsRequest({ host: 'localhost', port, path: '/api/raw', method: 'POST', headers, ca: ca() });
    sent.on('response', (response) => resolve(response.resume().statusCode!)).on('error', reject);
    for (let i = 0; i < 3; i++) sent.write(Buffer.alloc(500));
    expect(await promise).toBe(413);
    sent.destroy();
  });

  it('gives the CA, tells a handler that its client went away, and drains on closing', async () => {
    const { port } = server.app.server.address() as AddressInfo;
    expect((await get(port, '/ca.pem').promise).body).toBe(ca().toString());
    const left = get(port, '/api/slow');
    await delay(100);
    left.sent.destroy();
    await expect(left.promise).rejects.toThrow('socket hang up');
    await expect.poll(() => aborts).toBe(1);
    const finishing = get(port, '/api/slow').promise;
    await delay(200);
    const closing = server.close();
    expect(await finishing).toEqual({ status: 200, body: '{"aborted":false}' });
    await closing;
    await expect(get(port, '/ca.pem').promise).rejects.toThrow('ECONNREFUSED');
  });
});
