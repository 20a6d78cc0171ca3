import { mkdtemp, rm, chmod, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectorKinds } from '@sallyport/contracts';
import { ImapFlow } from 'imapflow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeTestTls } from '../../doors/syslog/testing.ts';
import { draft, startTestConnectors, type TestConnectors } from '../testing/connectors.ts';
import { dovecotInstalled, startDovecot, type Dovecot } from '../testing/dovecot.ts';
import { json, startTestWeb, type TestWeb } from '../testing/web.ts';
import { linksOf } from './links.ts';
import { readReport } from './report.ts';

/** Debian's own: `apt-get install dovecot-imapd`. */
const installed = dovecotInstalled();
if (!installed) console.warn('dovecot is not installed: the tests of mailboxes are skipped');

const password = 'the-mailbox-password';
let folder: string;
let dovecot: Dovecot;
let web: TestWeb;
let authority: string;
let at: TestConnectors;

beforeAll(async () => {
  if (!installed) return;
  folder = await mkdtemp(join(tmpdir(), 'sallyport-imap-'));
  await chmod(folder, 0o755);
  const tls = await makeTestTls(join(folder, 'data'));
  ({ authority } = tls);
  await writeFile(join(folder, 'ca.pem'), authority);
  web = await startTestWeb(tls.server, ({ url, body }, response) => {
    const form = new URLSearchParams(body);
    if (url.pathname === '/introspect')
      return json(response, 200, { active: form.get('token') === 'the-access-token', username: 'phish@contoso.com' });
    json(response, form.get('client_secret') === 'the-client-secret' ? 200 : 401, {
      access_token: 'the-access-token',
      expires_in: 3_600,
    });
  });
  dovecot = await startDovecot(folder, password, tls.server, `${web.base}/introspect`);
  const { ports } = dovecot;
  at = await startTestConnectors({
    connectorInternalHosts: `localhost:${ports.tls}, localhost:${ports.starttls}, localhost:${web.port}`,
    connectorCaFile: join(folder, 'ca.pem'),
  });
}, 120_000);
afterAll(async () => {
  if (!installed) return;
  await at.stop();
  await dovecot.stop();
  await web.close();
  await rm(folder, { recursive: true, force: true });
});

/** A person's mail program. */
async function withMailbox<T>(work: (client: ImapFlow) => Promise<T>): Promise<T> {
  const auth = { user: 'phish@contoso.com', pass: password };
  const client = new ImapFlow({
    host: 'localhost',
    port: dovecot.ports.tls,
    secure: true,
    auth,
    tls: { ca: authority },
    logger: false,
  });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.logout();
  }
}

const mail = (lines: readonly string[]): string => lines.join('\r\n');
const attack = (id: string) =>
  mail([
    'Return-Path: <bounce@mailer.evil.example>',
    'Received: from mailer.evil.example (mailer.evil.example [198.51.100.23]) by mx.contoso.com with ESMTPS; Mon, 05 Jan 2026 09:00:00 +0000',
    'Authentication-Results: mx.contoso.com; spf=fail smtp.mailfrom=mailer.evil.example; dkim=none; dmarc=fail header.from=bank.example',
    'From: "Your Bank" <support@bank.example>',
    'To: Anna <anna@contoso.com>, ben@contoso.com',
    'Subject: =?utf-8?q?Locked_=E2=80=93_act_now?=',
    'Date: Mon, 05 Jan 2026 09:00:00 +0000',
    `Message-ID: <${id}@mailer.evil.example>`,
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary="b"',
    '',
    '--b',
    'Content-Type: text/html; charset=utf-8',
    '',
    '<p>See <a href="https://login.evil.example/a?x=1&amp;y=2">https://bank.example</a></p>',
    '',
    '--b',
    'Content-Type: application/zip; name="invoice.zip"',
    'Content-Disposition: attachment; filename="invoice.zip"',
    'Content-Transfer-Encoding: base64',
    '',
    Buffer.from('PK fake').toString('base64'),
    '',
    '--b--',
    '',
  ]);
const reportOf = (original: string, id: string) =>
  mail([
    'From: Anna <Anna@contoso.com>',
    'To: phish@contoso.com',
    `Subject: suspicious ${id}`,
    `Message-ID: <${id}@contoso.com>`,
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary="r"',
    '',
    '--r',
    'Content-Type: text/plain',
    '',
    'Is this real? https://intranet.contoso.com/help',
    '',
    '--r',
    'Content-Type: message/rfc822',
    'Content-Disposition: attachment; filename="original.eml"',
    '',
    original,
    '--r--',
    '',
  ]);

const settings = (more: object = {}) =>
  connectorKinds.imap.settings.parse({
    host: 'localhost',
    port: dovecot.ports.tls,
    user: 'phish@contoso.com',
    ...more,
  });

describe.skipIf(!installed)('a mailbox of reported mail', () => {
  it('becomes rows once, and is not changed', async () => {
    await withMailbox(async (client) => {
      await client.append('INBOX', reportOf(attack('m1'), 'r1'));
      await client.append(
        'INBOX',
        mail([
          'From: ben@contoso.com',
          'Subject: FW: prize',
          'Message-ID: <r2@contoso.com>',
          '',
          'http://prize.evil.example/win.',
        ]),
      );
    });
    const body = draft('imap', settings(), { secrets: { password } });
    const tested = await at.admin.testConnector({ query: {}, body });
    expect(tested).toMatchObject({ error: null });
    expect(tested.records.map(({ stream }) => stream)).toContain('Custom-ReportedMail');

    const { id } = await at.admin.createConnector({ body });
    expect(await at.poll(id)).toMatchObject({ error: null });
    expect(
      await at.rows(
        "SELECT AccountId, ActionType, JSONExtractString(RawEventData, 'P2Sender'), JSONExtractString(RawEventData, 'SubmissionContentSubType') FROM CloudAppEvents ORDER BY AccountId",
      ),
    ).toEqual([
      ['anna@contoso.com', 'UserSubmission', 'support@bank.example', 'Attached'],
      ['ben@contoso.com', 'UserSubmission', '', 'Forwarded'],
    ]);
    expect(
      await at.rows(
        'SELECT SenderFromAddress, SenderIPv4, RecipientEmailAddress, Subject, AuthenticationDetails FROM EmailEvents',
      ),
    ).toEqual([
      [
        'support@bank.example',
        '198.51.100.23',
        'anna@contoso.com',
        'Locked – act now',
        '{"SPF":"fail","DKIM":"none","DMARC":"fail"}',
      ],
    ]);
    expect(await at.rows('SELECT Url FROM EmailUrlInfo ORDER BY Url')).toEqual([
      ['http://prize.evil.example/win'],
      ['https://bank.example'],
      ['https://login.evil.example/a?x=1&y=2'],
    ]);
    expect(await at.rows('SELECT FileName, FileSize, length(SHA256) FROM EmailAttachmentInfo')).toEqual([
      ['invoice.zip', 7, 64],
    ]);
    expect(
      await at.rows(
        'SELECT count() FROM EmailUrlInfo AS u INNER JOIN EmailEvents AS e ON u.NetworkMessageId = e.NetworkMessageId',
      ),
    ).toEqual([[2]]);

    await withMailbox(async (client) => {
      await client.append('INBOX', reportOf(attack('m3'), 'r3'));
      expect(await client.status('INBOX', { unseen: true })).toMatchObject({ unseen: 3 });
    });
    await at.poll(id);
    await at.poll(id);
    expect(await at.rows('SELECT count() FROM CloudAppEvents')).toEqual([[3]]);
  });

  it('that is made anew by its server is read anew, and what was read is not stored again', async () => {
    await withMailbox(async (client) => {
      await client.mailboxCreate('Reported');
      await client.append('Reported', reportOf(attack('n1'), 'n1'));
    });
    const more = { mailbox: 'Reported', port: dovecot.ports.starttls, security: 'starttls' };
    const body = draft('imap', settings(more), { name: 'another', secrets: { password } });
    const { id } = await at.admin.createConnector({ body });
    const first = await at.poll(id);
    expect(first.error).toBeNull();
    await withMailbox(async (client) => {
      await client.mailboxDelete('Reported');
      await client.mailboxCreate('Reported');
      await client.append('Reported', reportOf(attack('n1'), 'n1'));
      await client.append('Reported', reportOf(attack('n2'), 'n2'));
    });
    expect(await at.poll(id)).toMatchObject({ error: null, rows: first.rows * 2 });
  });

  it('is signed in to with a token of client credentials, as Exchange Online wants it', async () => {
    const more = {
      auth: 'oauth2',
      tokenUrl: `${web.base}/token`,
      clientId: 'c',
      scope: 'https://outlook.office365.com/.default',
    };
    const test = async (secret: string) => {
      const body = draft('imap', settings(more), { name: 'x', secrets: { password: secret } });
      return at.admin.testConnector({ query: {}, body });
    };
    const good = await test('the-client-secret');
    expect(good.error).toBeNull();
    expect(good.records.length).toBeGreaterThan(0);
    expect((await test('another')).error).toContain('gives no token: it answered 401');
  });

  it('that cannot be opened says why', async () => {
    const test = async (more: object, secret = password) => {
      const body = draft('imap', settings(more), { name: 'x', secrets: { password: secret } });
      return (await at.admin.testConnector({ query: {}, body })).error;
    };
    expect(await test({}, 'wrong')).toBe('localhost does not let phish@contoso.com in');
    expect(await test({ mailbox: 'Nowhere' })).toContain('localhost, mailbox Nowhere: ');
    expect(await test({ host: 'imap.example.org' })).toContain('imap.example.org');
  });
});

describe('a reported mail', () => {
  it('has links as they stand in text and HTML, each once', () => {
    const text = 'a (https://a.example/x_(y)) b <https://b.example/>, javascript:alert(1) ftp://c.example/d.';
    const html =
      '<base href="https://e.example"><img src=cid:1><form action="https://f.example/?a&amp;b"><a href=" mailto:x@y">https://a.example/x_(y)</a>';
    expect(linksOf(text, html)).toEqual([
      'https://e.example',
      'https://f.example/?a&b',
      'https://a.example/x_(y)',
      'https://b.example/',
      'ftp://c.example/d',
    ]);
  });

  it('may be anything at all', async () => {
    const empty = await readReport(Buffer.alloc(0));
    expect(empty).toMatchObject({ reporter: '', original: undefined });
    const odd = await readReport(
      Buffer.from('Subject: \u0000=?x?q?\r\nContent-Type: multipart/mixed; boundary=""\r\n\r\n--\r\n'.repeat(50)),
    );
    expect(odd.original).toBeUndefined();
  });

  it('says where it was handed in as the nearest server saw it', async () => {
    const ip = async (...headers: readonly string[]) =>
      (await readReport(Buffer.from([...headers, 'From: a@b', '', 'x'].join('\r\n')))).report.senderIp;
    expect(await ip('X-Forefront-Antispam-Report: CIP:203.0.113.9;CTRY:XX;')).toBe('203.0.113.9');
    expect(await ip('Received-SPF: Fail (x) client-ip=2001:db8::1; helo=x')).toBe('2001:db8::1');
    expect(await ip('Received: from x ([IPv6:2001:db8::2]) by y')).toBe('2001:db8::2');
    expect(await ip('Received: by 192.0.2.1 with SMTP')).toBe('');
  });
});
