import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Client, Severity } from '@sallyport/contracts';
import { SMTPServer } from 'smtp-server';
import { Webhook } from 'standardwebhooks';
import { simpleParser, type ParsedMail } from 'mailparser';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { alertFor } from '../incidents/faces/testing.ts';
import { manualClock } from '../platform/clock.ts';
import { errorOf, makeAdministrator, startTestServer, type TestServer } from '../testing.ts';
import { retryAfterMs } from './deliver.ts';
import { mailOf, testPayload } from './payload.ts';

vi.setConfig({ testTimeout: 240_000 });

// Whoever checks a signature holds its time to be near the present.
const clock = manualClock(new Date());
let test: TestServer;
let admin: Client;

interface Received {
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}
const received: Received[] = [];
/** What the receiver answers next. */
let answer: (request: IncomingMessage) => number = () => 204;
let receiver: Server;
let port = 0;
const mails: ParsedMail[] = [];
let smtp: SMTPServer;

const portOf = (server: { address(): AddressInfo | string | null } | undefined): number => {
  const address = server?.address();
  return typeof address === 'object' && address ? address.port : 0;
};

beforeAll(async () => {
  receiver = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      received.push({
        path: request.url ?? '',
        headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)])),
        body: Buffer.concat(parts).toString(),
      });
      const status = answer(request);
      response.writeHead(status, status === 302 ? { location: 'http://169.254.169.254/latest' } : {}).end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  port = portOf(receiver);
  smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData: (stream, _session, done) => {
      void simpleParser(stream).then((mail) => mails.push(mail));
      stream.on('end', () => done());
    },
  });
  await new Promise<void>((resolve) => smtp.listen(0, '127.0.0.1', resolve));
  test = await startTestServer({
    clock,
    settings: {
      webhookInternalHosts: `127.0.0.1:${port}`,
      smtpUrl: `smtp://127.0.0.1:${portOf(smtp.server)}`,
      smtpFrom: 'sallyport@contoso.com',
    },
  });
  const browser = test.browser();
  await makeAdministrator(test, browser);
  // Sessions end while the clock is moved on for days.
  const scopes = ['securityData.read', 'alerts.manage', 'systemSettings.read', 'systemSettings.manage'] as const;
  admin = test.program((await browser.createToken({ body: { name: 'soc', scopes: [...scopes] } })).secret);
}, 600_000);
afterAll(async () => {
  await test?.stop();
  await new Promise((resolve) => receiver.close(resolve));
  await new Promise<void>((resolve) => smtp.close(resolve));
});
beforeEach(async () => {
  received.length = mails.length = 0;
  answer = () => 204;
  await test.platform.database.execute('TRUNCATE incidents, alerts, entities, work_events, subscriptions CASCADE');
});

const incidentOf = async (host: string, severity: Severity): Promise<number> => {
  const alerts = [alertFor(host, 1, { severity, name: 'Odd\r\nBcc: all@contoso.com' })];
  const { incidents } = await test.platform.database.transaction((tx) =>
    test.server.domains.incidents.raise(alerts, tx),
  );
  return incidents[0]!;
};
/** What happened is told, and what is due is sent. */
async function tellAndSend(): Promise<number> {
  await test.server.domains.incidents.tell();
  return test.server.domains.notifications.deliver();
}
const webhook = (more: object = {}) => ({
  name: 'Chat',
  kind: 'webhook' as const,
  target: `http://127.0.0.1:${port}/hook`,
  ...more,
});

describe('webhooks', () => {
  it('are signed so that the library of the standard takes them', async () => {
    const { secret } = await admin.createSubscription({ body: webhook() });
    const number = await incidentOf('pc1', 'High');
    expect(await tellAndSend()).toBe(1);
    const [one] = received;
    expect(JSON.parse(one!.body)).toMatchObject({
      type: 'incident.created',
      data: { kind: 'incident', number, severity: 'High', url: `https://localhost:8443/incidents/${number}` },
    });
    expect(new Webhook(secret!).verify(one!.body, one!.headers)).toMatchObject({ type: 'incident.created' });
    expect(() => new Webhook(secret!).verify(one!.body.replace('High', 'Low'), one!.headers)).toThrow(/signature/i);
    const { subscriptions } = await admin.listSubscriptions();
    expect(subscriptions).toMatchObject([{ waiting: 0, lastError: null, lastSentAt: clock.now().toISOString() }]);
    expect(JSON.stringify(subscriptions)).not.toContain('whsec_');
  });

  it('are filtered by event, severity and owner', async () => {
    await admin.createSubscription({
      body: webhook({ events: ['incident.changed'], severities: ['High'], owners: ['anna@contoso.com'] }),
    });
    const [high, low] = [await incidentOf('pc1', 'High'), await incidentOf('pc2', 'Low')];
    for (const number of [high, low])
      await admin.updateIncident({ params: { number }, body: { owner: 'anna@contoso.com', status: 'Active' } });
    await admin.updateIncident({ params: { number: high }, body: { owner: 'bert@contoso.com' } });
    await tellAndSend();
    // Given away before it was told: by then it is not hers.
    expect(received).toHaveLength(0);
    await admin.updateIncident({ params: { number: high }, body: { owner: 'anna@contoso.com' } });
    await tellAndSend();
    expect(received.map(({ body }) => JSON.parse(body) as unknown)).toMatchObject([
      {
        type: 'incident.changed',
        data: { number: high, changes: { owner: { from: 'bert@contoso.com', to: 'anna@contoso.com' } } },
      },
    ]);
  });

  it('are tried again with the same id, later each time, and given up at the end', async () => {
    const { subscription } = await admin.createSubscription({ body: webhook() });
    answer = () => 500;
    await incidentOf('pc1', 'High');
    await tellAndSend();
    for (const wait of retryAfterMs) {
      clock.advance(wait - 1);
      expect(await test.server.domains.notifications.deliver()).toBe(0);
      clock.advance(1);
      expect(await test.server.domains.notifications.deliver()).toBe(1);
    }
    clock.advance(10 * 24 * 3_600_000);
    expect(await test.server.domains.notifications.deliver()).toBe(0);
    expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(received).toHaveLength(retryAfterMs.length + 1);
    const [delivery] = await test.platform.database.query<{ attempts: number; last_error: string; sent: boolean }>(
      'SELECT attempts, last_error, sent FROM deliveries WHERE subscription_id = $1',
      [subscription.id],
    );
    expect(delivery).toEqual({ attempts: 10, last_error: `127.0.0.1:${port} answered 500`, sent: false });
  });

  it('don’t follow redirections, and end for good where they are gone', async () => {
    const id = randomUUID();
    await test.platform.database.execute(
      `INSERT INTO subscriptions (id, name, kind, target, secret_sealed, enabled, events, severities, owners, updated_at, updated_by)
       SELECT $1, 'Gone', 'webhook', $2, $3, true, '{}', '{}', '{}', now(), 'anna'`,
      [id, `http://127.0.0.1:${port}/gone`, test.platform.sealing.seal(Buffer.alloc(32), `webhook:${id}`)],
    );
    answer = () => 302;
    await incidentOf('pc1', 'High');
    await test.server.domains.incidents.tell();
    await test.server.domains.notifications.deliver();
    expect(received.map(({ path }) => path)).toEqual(['/gone']);
    answer = () => 410;
    clock.advance(retryAfterMs[0]!);
    await test.server.domains.notifications.deliver();
    const row = await test.platform.database.first('SELECT enabled, last_error FROM subscriptions WHERE id = $1', [id]);
    expect(row).toEqual({ enabled: false, last_error: `127.0.0.1:${port} answered 410` });
  });
});

describe('what may be sent to', () => {
  it.each([
    'http://169.254.169.254/latest/meta-data',
    'https://internal.contoso.com/hook',
    'http://127.0.0.1:1/hook',
    'https://[::1]/hook',
  ])('is not %s', async (target) => {
    expect((await errorOf(admin.createSubscription({ body: webhook({ target }) }))).code).toBe('BadRequest');
  });

  it('is an address without a password, and mail to addresses alone', async () => {
    for (const body of [
      webhook({ target: `http://user:pass@127.0.0.1:${port}/` }),
      webhook({ target: 'file:///etc/passwd' }),
      { name: 'Mail', kind: 'mail' as const, target: 'not an address' },
    ])
      expect((await errorOf(admin.createSubscription({ body }))).code).toBe('BadRequest');
  });
});

describe('mails', () => {
  it('go through the SMTP server, and can’t have headers put into them', async () => {
    const body = { name: 'Mail', kind: 'mail' as const, target: 'soc@contoso.com\nboss@contoso.com' };
    const made = await admin.createSubscription({ body });
    expect(made.secret).toBeNull();
    const number = await incidentOf('pc1', 'High');
    await tellAndSend();
    await vi.waitFor(() => expect(mails).toHaveLength(1), 30_000);
    const [mail] = mails;
    expect(mail!.subject).toBe(`[High] Incident ${number} created: Odd Bcc: all@contoso.com on pc1.contoso.com`);
    expect(mail!.from?.value).toMatchObject([{ address: 'sallyport@contoso.com' }]);
    expect([mail!.to].flat().flatMap((to) => to?.value.map(({ address }) => address))).toEqual([
      'soc@contoso.com',
      'boss@contoso.com',
    ]);
    expect(mail!.bcc).toBeUndefined();
    expect(mail!.text).toContain(`https://localhost:8443/incidents/${number}`);
    const result = await admin.testSubscription({ params: { id: made.subscription.id } });
    expect(result).toEqual({ sent: true, message: 'it was taken' });
    await vi.waitFor(() => expect(mails.at(-1)?.subject).toContain('Test'), 30_000);
  });

  it('show what would hide', () => {
    const payload = testPayload('https://localhost', 'anna', clock.now());
    const mail = mailOf({ ...payload, data: { ...payload.data, title: 'a\u202eb\u0000c', text: 'x\u001b[31m' } });
    expect(mail.subject).toContain('a\u{FFFD}b\u{FFFD}c');
    expect(mail.text).not.toContain('\u001b');
  });
});
