import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  deliveryMethods,
  signalEvents,
  streamEvents,
  type Client,
  type StreamConfiguration,
} from '@sallyport/contracts';
import {
  createLocalJWKSet,
  decodeJwt,
  exportJWK,
  generateKeyPair,
  jwtVerify,
  SignJWT,
  type CryptoKey,
  type JSONWebKeySet,
  type JWTPayload,
} from 'jose';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { call, startFaceServer, type FaceServer } from '../hunting/faces/testing.ts';
import { tokenOf } from '../incidents/faces/testing.ts';
import { codeAt, errorOf, makePerson, setRole, testPassword } from '../testing.ts';
import type { Person } from '../identity/store.ts';

vi.setConfig({ testTimeout: 60_000 });

let server: FaceServer;
let token: string;
let bob: Person;
let secret: string;

/** Another company's system: takes what is pushed to it, and has signals, keys and a configuration of its own. */
class Peer {
  readonly taken: { readonly token: string; readonly authorization: string | undefined; readonly contentType: string | undefined }[] = []; // prettier-ignore
  readonly polled: { ack: string[]; setErrs: Record<string, { err: string }> }[] = [];
  waiting: Record<string, string> = {};
  answers: { readonly status: number; readonly body: string }[] = [];
  keys: JSONWebKeySet = { keys: [] };
  url = '';
  server: Server | undefined;

  async start(): Promise<void> {
    this.server = createServer((request, response) => {
      void this.#body(request).then((body) => {
        const [status, answer] = this.#answer(request, body);
        response.writeHead(status, { 'content-type': 'application/json' }).end(answer);
      });
    });
    await new Promise<void>((resolve) => this.server?.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }
  async #body(request: IncomingMessage): Promise<string> {
    let body = '';
    for await (const part of request) body += String(part);
    return body;
  }
  #answer(request: IncomingMessage, body: string): [number, string] {
    const { authorization, 'content-type': contentType } = request.headers;
    switch (request.url) {
      case '/.well-known/ssf-configuration':
        return [200, JSON.stringify({ issuer: this.url, jwks_uri: `${this.url}/jwks` })];
      case '/jwks':
        return [200, JSON.stringify(this.keys)];
      case '/poll': {
        const asked = JSON.parse(body) as Peer['polled'][number] & { maxEvents: number };
        this.polled.push(asked);
        for (const jti of [...asked.ack, ...Object.keys(asked.setErrs)]) delete this.waiting[jti];
        return [200, JSON.stringify({ sets: asked.maxEvents === 0 ? {} : this.waiting })];
      }
      default: {
        this.taken.push({ token: body, authorization, contentType });
        const { status, body: text } = this.answers.shift() ?? { status: 202, body: '' };
        return [status, text];
      }
    }
  }
}
const peer = new Peer();
let key: CryptoKey;
const audience = 'https://sallyport.contoso.com';

const api = async (method: string, path: string, body?: object, bearer = token) => {
  const answer = await fetch(`${server.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${bearer}`, ...(body ? { 'content-type': 'application/json' } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await answer.text();
  const parsed: unknown = text === '' ? undefined : JSON.parse(text);
  return { status: answer.status, body: parsed };
};
const stream = async (wish: object): Promise<StreamConfiguration> => {
  const { status, body } = await api('POST', '/ssf/streams', wish);
  expect(status).toBe(201);
  return body as StreamConfiguration;
};
const run = () => server.test.server.domains.sharedSignals.run();
const signIn = async (): Promise<Client> => {
  await server.test.platform.database.execute('UPDATE passwords SET totp_last_step = 0');
  const browser = server.test.browser();
  await browser.signInWithPassword({
    body: { userPrincipalName: bob.userPrincipalName, password: testPassword, totpCode: codeAt(secret, new Date()) },
  });
  return browser;
};
interface Set extends JWTPayload {
  readonly sub_id: Record<string, unknown>;
  readonly events: Record<string, Record<string, unknown>>;
}
/** Checked with jose by the published keys, as a receiver of somebody else's would. */
const checked = async (setToken: string, { iss, aud }: StreamConfiguration): Promise<Set> => {
  const configuration = JSON.parse(
    (await call(server, '/.well-known/ssf-configuration', { bearer: undefined })).text,
  ) as {
    issuer: string;
    jwks_uri: string;
  };
  expect(configuration.issuer).toBe(iss);
  const jwks = JSON.parse(
    (await call(server, new URL(configuration.jwks_uri).pathname, { bearer: undefined })).text,
  ) as JSONWebKeySet;
  const { payload } = await jwtVerify(setToken, createLocalJWKSet(jwks), {
    issuer: iss,
    audience: aud,
    typ: 'secevent+jwt',
  });
  expect(payload).not.toHaveProperty('sub');
  expect(payload).not.toHaveProperty('exp');
  return payload as Set;
};
const poll = async ({ stream_id: id }: StreamConfiguration, body: object = {}) =>
  (await api('POST', `/ssf/poll/${id}`, body)).body as {
    sets: Record<string, string>;
    moreAvailable: boolean;
  };

/** A token of the peer's. */
const peerSet = (
  claims: {
    events: object;
    sub_id?: object;
    jti?: string;
    iat?: number;
    iss?: string;
    aud?: string;
    exp?: number;
    sub?: string;
  },
  { by = key, kid = 'peer', typ = 'secevent+jwt' }: { by?: CryptoKey; kid?: string; typ?: string } = {},
) =>
  new SignJWT({
    iss: peer.url,
    aud: audience,
    jti: randomUUID(),
    iat: Math.floor(Date.now() / 1_000),
    ...claims,
  })
    .setProtectedHeader({ alg: 'ES256', typ, kid })
    .sign(by);
const email = (): object => ({ format: 'email', email: bob.userPrincipalName });
const revoked = (sub_id: object = email()) => ({ sub_id, events: { [signalEvents['session-revoked']]: {} } });
const pushTo = async (id: string, setToken: string, bearer = token) => {
  const answer = await fetchRaw(`/ssf/receive/${id}`, setToken, bearer);
  return [answer.status, answer.text === '' ? '' : (JSON.parse(answer.text) as { err?: string }).err] as const;
};
const fetchRaw = async (path: string, body: string, bearer: string) => {
  const answer = await fetch(`${server.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/secevent+jwt' },
    body,
  });
  return { status: answer.status, text: await answer.text() };
};

beforeAll(async () => {
  await peer.start();
  const pair = await generateKeyPair('ES256', { extractable: true });
  key = pair.privateKey;
  peer.keys = { keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'peer', alg: 'ES256', use: 'sig' }] };
  server = await startFaceServer({ sharedSignalsInternalHosts: peer.url.slice('http://'.length) });
  token = await tokenOf(server, ['sharedSignals.exchange']);
  const made = await makePerson(server.test.platform, 'bob', 'Security Operator');
  bob = made.person;
  secret = made.secret;
}, 240_000);
afterAll(async () => {
  peer.server?.close();
  await server.stop();
});

describe('the transmitter', () => {
  it('has its configuration, and streams that their receivers keep', async () => {
    const made = await stream({
      events_requested: [signalEvents['session-revoked'], 'urn:unknown'],
      description: 'Ours',
    });
    expect(made).toMatchObject({
      delivery: { method: deliveryMethods.poll },
      events_delivered: [signalEvents['session-revoked']],
      description: 'Ours',
    });
    const { stream_id: id } = made;
    expect((await api('GET', `/ssf/streams?stream_id=${id}`)).body).toEqual(made);
    expect((await api('GET', '/ssf/streams')).body).toEqual([made]);
    const changed = await api('PATCH', '/ssf/streams', { stream_id: id, description: 'Mine' });
    expect(changed.body).toEqual({ ...made, description: 'Mine' });
    const replaced = await api('PUT', '/ssf/streams', { stream_id: id, delivery: { method: deliveryMethods.poll } });
    expect(replaced.body).toMatchObject({ events_requested: [], events_delivered: Object.values(signalEvents) });
    expect((await api('GET', `/ssf/status?stream_id=${id}`)).body).toEqual({ stream_id: id, status: 'enabled' });
    const another = await tokenOf(server, ['sharedSignals.exchange', 'data.ingest']);
    expect((await api('GET', `/ssf/streams?stream_id=${id}`, undefined, another)).status).toBe(404);
    expect((await api('DELETE', `/ssf/streams?stream_id=${id}`)).status).toBe(204);
    expect((await api('GET', `/ssf/streams?stream_id=${id}`)).status).toBe(404);
  });

  it('speaks to no host that nobody allowed', async () => {
    const wish = (endpoint_url: string) => ({ delivery: { method: deliveryMethods.push, endpoint_url } });
    for (const url of [
      'http://169.254.169.254/latest',
      'https://example.org/x',
      `${peer.url.replace('127.0.0.1', 'localhost')}/x`,
    ])
      expect((await api('POST', '/ssf/streams', wish(url))).status).toBe(400);
  });

  it('tells of what happens, by poll, until it is acknowledged', async () => {
    const own = await stream({});
    const browser = await signIn();
    await browser.signOut();
    await server.admin.updatePerson({ params: { id: bob.id }, body: { accountEnabled: false } });
    await server.admin.updatePerson({ params: { id: bob.id }, body: { accountEnabled: true } });
    await run();
    const first = await poll(own, { maxEvents: 1 });
    expect(first.moreAvailable).toBe(true);
    const { sets } = await poll(own);
    const tokens = await Promise.all(Object.values(sets).map((one) => checked(one, own)));
    expect(tokens.map(({ events }) => Object.keys(events)[0])).toEqual([
      signalEvents['session-revoked'],
      signalEvents['account-disabled'],
      signalEvents['account-enabled'],
    ]);
    expect(tokens[0]?.sub_id).toEqual(email());
    expect(tokens[0]?.events[signalEvents['session-revoked']]).toEqual({
      event_timestamp: expect.any(Number) as number,
    });
    expect(Object.keys((await poll(own, { ack: Object.keys(sets) })).sets)).toEqual([]);
    // Of whom is removed nothing is told, and again once they are added.
    const subject = { stream_id: own.stream_id, subject: email() };
    expect((await api('POST', '/ssf/subjects/remove', subject)).status).toBe(204);
    await (await signIn()).signOut();
    await run();
    expect((await poll(own)).sets).toEqual({});
    expect((await api('POST', '/ssf/subjects/add', subject)).status).toBe(200);
    const [one, two] = [await signIn(), await signIn()];
    const { sessionId } = await one.getMe();
    await one.signOut();
    await run();
    const { sets: next } = await poll(own);
    const [set] = await Promise.all(Object.values(next).map((each) => checked(each, own)));
    // One of two sessions: it is named, or both would be meant.
    expect(set?.sub_id).toEqual({ format: 'complex', user: email(), session: { format: 'opaque', id: sessionId } });
    await two.signOut();
    await api('DELETE', `/ssf/streams?stream_id=${own.stream_id}`);
  });

  it('tells of credentials, roles, devices, risk and stronger sign-ins', async () => {
    const { database, clock } = server.test.platform;
    const own = await stream({});
    await database.execute(`UPDATE passwords SET password_hash = password_hash || ' ' WHERE person_id = $1`, [bob.id]);
    await database.execute(`UPDATE passwords SET password_hash = rtrim(password_hash) WHERE person_id = $1`, [bob.id]);
    await setRole(server.admin, bob.id, 'Security Reader');
    await database.execute(
      `INSERT INTO devices (id, device_id, display_name, owner_id, public_key, key_thumbprint, trust_type, ownership, operating_system, operating_system_version,
         registered_at, is_compliant, compliance_at) VALUES ($1, $1, 'BOB', $2, '{}', 'x', 'AzureAd', 'company', 'Linux', '6', $3, true, $3)`,
      ['6a1d1a3e-2f9b-4c55-8f5e-4b8d3f0f7a11', bob.id, clock.now()],
    );
    await database.execute('UPDATE devices SET is_compliant = false');
    await server.test.server.domains.identityProtection.raiseCompromise(bob, {
      by: 'a test',
      key: 'k',
      at: clock.now(),
    });
    await signIn();
    await database.execute(`UPDATE sessions SET method = 'passkey' WHERE person_id = $1 AND revoked_at IS NULL`, [
      bob.id,
    ]);
    await run();
    const { sets } = await poll(own);
    const told = await Promise.all(Object.values(sets).map((one) => checked(one, own)));
    const of = (kind: keyof typeof signalEvents) =>
      told.map(({ events }) => events[signalEvents[kind]]).filter(Boolean);
    expect(of('credential-change')[0]).toMatchObject({ credential_type: 'password', change_type: 'update' });
    expect(of('token-claims-change')[0]).toMatchObject({ claims: { roles: ['Security Reader'] } });
    expect(of('device-compliance-change')[0]).toMatchObject({
      previous_status: 'compliant',
      current_status: 'not-compliant',
    });
    expect(of('credential-compromise')[0]).toMatchObject({ credential_type: 'password' });
    expect(of('risk-level-change')[0]).toMatchObject({
      principal: 'USER',
      current_level: 'HIGH',
      previous_level: 'LOW',
    });
    expect(of('assurance-level-change')[0]).toMatchObject({ namespace: 'RFC8176', previous_level: 'otp', current_level: 'pop', change_direction: 'increase' }); // prettier-ignore
    await api('DELETE', `/ssf/streams?stream_id=${own.stream_id}`);
    await setRole(server.admin, bob.id, 'Security Operator');
  });

  it('pushes in order, again after a failure, and lets go of what is refused', async () => {
    const own = await stream({
      delivery: {
        method: deliveryMethods.push,
        endpoint_url: `${peer.url}/events`,
        authorization_header: 'Bearer of-the-peer',
      },
    });
    expect((await api('POST', '/ssf/verify', { stream_id: own.stream_id, state: 'abc' })).status).toBe(204);
    expect((await api('POST', '/ssf/verify', { stream_id: own.stream_id })).status).toBe(429);
    peer.answers = [{ status: 503, body: '' }];
    await run();
    expect(peer.taken).toHaveLength(1);
    await server.test.platform.database.execute(`UPDATE ssf_streams SET next_attempt_at = '-infinity'`);
    await (await signIn()).signOut();
    await run();
    const [first, again, next] = peer.taken;
    expect(again?.token).toBe(first?.token);
    expect(again).toMatchObject({ authorization: 'Bearer of-the-peer', contentType: 'application/secevent+jwt' });
    expect((await checked(again?.token ?? '', own)).events).toEqual({ [streamEvents.verification]: { state: 'abc' } });
    expect(Object.keys((await checked(next?.token ?? '', own)).events)).toEqual([signalEvents['session-revoked']]);
    peer.answers = [{ status: 400, body: '{"err":"invalid_audience","description":"not ours"}' }];
    await (await signIn()).signOut();
    await run();
    const waiting = () => server.test.platform.database.query('SELECT 1 FROM ssf_sets');
    expect(await waiting()).toEqual([]);
    const refusal = (await server.test.platform.audit.newest(10)).find(
      ({ operation }) => operation === 'SecurityEventRefused',
    );
    expect(refusal?.details).toMatchObject({ reason: 'invalid_audience: not ours' });
    await api('POST', '/ssf/status', { stream_id: own.stream_id, status: 'paused', reason: 'Works' });
    await (await signIn()).signOut();
    await run();
    expect(await waiting()).toHaveLength(1);
    await api('POST', '/ssf/status', { stream_id: own.stream_id, status: 'enabled' });
    await run();
    expect(await waiting()).toEqual([]);
    await api('DELETE', `/ssf/streams?stream_id=${own.stream_id}`);
  });
});

describe('the receiver', () => {
  let receiverId: string;
  beforeAll(async () => {
    const made = await server.admin.createSignalReceiver({
      body: { name: 'Peer', issuer: peer.url, audience, delivery: 'push' },
    });
    receiverId = made.id;
  });
  const status = async (browser: Client) => (await browser.getMe().then(() => 200, () => 401)); // prettier-ignore

  it('ends sessions, once', async () => {
    const browser = await signIn();
    const setToken = await peerSet(revoked());
    expect(await pushTo(receiverId, setToken)).toEqual([202, '']);
    expect(await status(browser)).toBe(401);
    // Sent again it is acknowledged again, and ends nothing.
    const another = await signIn();
    expect(await pushTo(receiverId, setToken)).toEqual([202, '']);
    expect(await status(another)).toBe(200);
    const same = await peerSet({
      ...revoked(),
      jti: decodeJwt(setToken).jti ?? '',
      iat: Math.floor(Date.now() / 1_000) - 9,
    });
    expect(await pushTo(receiverId, same)).toEqual([400, 'invalid_request']);
    expect(await status(another)).toBe(200);
    const opaque = await peerSet(revoked({ format: 'opaque', id: bob.userPrincipalName.toUpperCase() }));
    expect(await pushTo(receiverId, opaque)).toEqual([202, '']);
    expect(await status(another)).toBe(401);
    const third = await signIn();
    expect(await pushTo(receiverId, await peerSet(revoked({ format: 'iss_sub', iss: peer.url, sub: bob.userPrincipalName })))).toEqual([202, '']); // prettier-ignore
    expect(await status(third)).toBe(401);
  });

  it('takes nothing that is forged, for others, too old, or something else', async () => {
    const browser = await signIn();
    const stranger = await generateKeyPair('ES256');
    const now = Math.floor(Date.now() / 1_000);
    const cases: [string, string, string][] = [
      ['by another key', await peerSet(revoked(), { by: stranger.privateKey }), 'invalid_key'],
      ['by a key that is unknown', await peerSet(revoked(), { by: stranger.privateKey, kid: 'x' }), 'invalid_key'],
      ['for somebody else', await peerSet({ ...revoked(), aud: 'https://fabrikam.com' }), 'invalid_audience'],
      ['of another issuer', await peerSet({ ...revoked(), iss: 'https://fabrikam.com' }), 'invalid_issuer'],
      ['of the future', await peerSet({ ...revoked(), iat: now + 3_600 }), 'invalid_request'],
      ['of long ago', await peerSet({ ...revoked(), iat: now - 40 * 86_400 }), 'invalid_request'],
      ['an identity token', await peerSet({ ...revoked(), sub: bob.id }), 'invalid_request'],
      ['of another type', await peerSet(revoked(), { typ: 'JWT' }), 'invalid_request'],
      ['without a signature', `${(await peerSet(revoked())).split('.').slice(0, 2).join('.')}.`, 'invalid_key'],
      ['no token', 'nothing', 'invalid_request'],
      ['nothing in it', await peerSet({ sub_id: email(), events: {} }), 'invalid_request'],
    ];
    for (const [what, setToken, err] of cases)
      expect([what, ...(await pushTo(receiverId, setToken))]).toEqual([what, 400, err]);
    expect((await fetchRaw(`/ssf/receive/${receiverId}`, await peerSet(revoked()), server.sender)).status).toBe(403);
    expect(await status(browser)).toBe(200);
    const audited = (await server.test.platform.audit.newest(20)).filter(
      ({ operation }) => operation === 'SecurityEventNotAccepted',
    );
    expect(audited).toHaveLength(cases.length);
  });

  it('changes devices and risk, and leaves emergency accounts alone', async () => {
    const device = { format: 'complex', device: { format: 'opaque', id: '6a1d1a3e-2f9b-4c55-8f5e-4b8d3f0f7a11' } };
    const compliance = (current_status: string) => ({ sub_id: device, events: { [signalEvents['device-compliance-change']]: { current_status } } }); // prettier-ignore
    const { database } = server.test.platform;
    const isCompliant = () => database.first(`SELECT is_compliant AS is, compliance_source AS by FROM devices`);
    await pushTo(receiverId, await peerSet(compliance('compliant')));
    expect(await isCompliant()).toEqual({ is: true, by: 'Shared Signals: Peer' });
    await pushTo(receiverId, await peerSet(compliance('not-compliant')));
    expect(await isCompliant()).toMatchObject({ is: false });
    const compromise = { sub_id: email(), events: { [signalEvents['credential-compromise']]: { credential_type: 'password' } } }; // prettier-ignore
    await pushTo(receiverId, await peerSet(compromise));
    expect(await database.first(`SELECT risk_level AS level FROM risky_subjects WHERE id = $1`, [bob.id])).toEqual({ level: 'high' }); // prettier-ignore
    expect(await pushTo(receiverId, await peerSet(revoked({ format: 'email', email: 'anna@contoso.com' })))).toEqual([202, '']); // prettier-ignore
    expect((await server.admin.getMe()).userPrincipalName).toBe('anna@contoso.com');
    const [last] = (await server.test.platform.audit.newest(5)).filter(
      ({ operation }) => operation === 'SecurityEventReceived',
    );
    expect(last?.details).toMatchObject({ done: [expect.stringContaining('an emergency account') as string] });
  });

  it('polls, acknowledges what it took, and says why not of the rest', async () => {
    await server.admin.createSignalReceiver({
      body: {
        name: 'Polled',
        issuer: peer.url,
        audience,
        delivery: 'poll',
        pollUrl: `${peer.url}/poll`,
        authorization: 'Bearer p',
      },
    });
    const browser = await signIn();
    const good = await peerSet(revoked());
    const bad = await peerSet({ ...revoked(), aud: 'https://fabrikam.com' });
    const [goodId, badId] = [good, bad].map((one) => decodeJwt(one).jti ?? '') as [string, string];
    peer.waiting = { [goodId]: good, [badId]: bad };
    await run();
    expect(await status(browser)).toBe(401);
    expect(peer.waiting).toEqual({});
    expect(peer.polled.at(-1)).toMatchObject({ ack: [goodId], setErrs: { [badId]: { err: 'invalid_audience' } } });
  });

  it('takes signals of hosts alone that are allowed', async () => {
    const made = (issuer: string) =>
      server.admin.createSignalReceiver({ body: { name: randomUUID(), issuer, audience, delivery: 'push' } });
    expect(await errorOf(made('http://169.254.169.254'))).toMatchObject({ code: 'BadRequest' });
    expect(await errorOf(made('https://example.org'))).toMatchObject({ code: 'BadRequest' });
    await server.admin.deleteSignalReceiver({ params: { id: receiverId } });
    expect((await server.admin.listSignalReceivers()).receivers.map(({ name }) => name)).toEqual(['Polled']);
  });
});
