import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PinRequest } from '@sallyport/contracts';
import type { z } from 'zod';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorOf } from '../../testing.ts';
import { startDoorServer, type DoorServer } from '../testing/door-server.ts';
import { StreamPins } from './stream-pins.ts';

let server: DoorServer;
let syslogPort: number;
beforeAll(async () => {
  const free = createServer().listen(0, '127.0.0.1');
  await once(free, 'listening');
  syslogPort = (free.address() as AddressInfo).port;
  free.close();
  await once(free, 'close');
  server = await startDoorServer({ syslogTcpPort: String(syslogPort) });
}, 300_000);
afterAll(() => server.stop());

async function syslog(line: string): Promise<void> {
  const socket = connect(syslogPort, '127.0.0.1');
  await once(socket, 'connect');
  socket.end(`${line}\n`);
  socket.resume();
  await once(socket, 'close');
}

/** Rows of a table with a text in one column, waited for: a sender over syslog hears nothing of its lines. */
async function vendorsOf(agent: string, count: number): Promise<unknown[]> {
  const query = `SELECT EventVendor FROM ASimWebSessionLogs WHERE HttpUserAgent = '${agent}' ORDER BY EventVendor`;
  for (let attempt = 0; attempt < 100; attempt++) {
    const rows = await server.rows(query);
    if (rows.length >= count) return rows.flat();
    await sleep(50);
  }
  throw new Error(`no ${count} rows of ${agent}`);
}

/** Apache's combined format is nginx's too: nothing in the line tells which wrote it. */
const access = (agent: string): string =>
  `203.0.113.9 - - [05/Jan/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "${agent}"`;
const save = (pin: z.input<typeof PinRequest>) => server.admin.savePin({ body: pin });

describe('a pin', () => {
  it('sends a sender’s lines over syslog to its stream, until it is taken off', { timeout: 60_000 }, async () => {
    await syslog(access('before'));
    expect(await vendorsOf('before', 1)).toEqual(['Apache']);
    await save({ kind: 'sender', match: '127.0.0.0/8', stream: 'Custom-ApacheAccess' });
    const pin = await save({ kind: 'sender', match: '127.0.0.1', stream: 'Custom-NginxAccess' });
    await syslog(access('pinned'));
    expect(await vendorsOf('pinned', 1)).toEqual(['nginx']);
    const { pins } = await server.admin.listPins();
    expect(pins.map(({ match, stream }) => [match, stream])).toEqual([
      ['127.0.0.0/8', 'Custom-ApacheAccess'],
      ['127.0.0.1', 'Custom-NginxAccess'],
    ]);
    for (const { id } of pins) await server.admin.deletePin({ params: { id } });
    await syslog(access('after'));
    expect(await vendorsOf('after', 1)).toEqual(['Apache']);
    expect(await errorOf(server.admin.deletePin({ params: { id: pin.id } }))).toMatchObject({ code: 'NotFound' });
  });

  it('says the time zone of a sender’s lines, with a stream or without', { timeout: 300_000 }, async () => {
    const times = async (program: string) => {
      for (let attempt = 0; attempt < 100; attempt++) {
        const rows = await server.rows(`SELECT toString(TimeGenerated) FROM Syslog WHERE ProcessName = '${program}'`);
        if (rows.length > 0) return rows.flat();
        await sleep(50);
      }
      throw new Error(`no row of ${program}`);
    };
    const line = (program: string) => `<38>Jul  5 2025 10:00:00 host1 ${program}: hello`;
    const { id } = await save({ kind: 'sender', match: '127.0.0.1', stream: null, timeZone: 'Europe/Berlin' });
    await syslog(line('zonealone'));
    expect(await times('zonealone')).toEqual(['2025-07-05 08:00:00.0000000']);
    await save({ kind: 'sender', match: '127.0.0.1', stream: 'Custom-SyslogText', timeZone: 'Asia/Tokyo' });
    await syslog(line('zoneandstream'));
    expect(await times('zoneandstream')).toEqual(['2025-07-05 01:00:00.0000000']);
    await server.admin.deletePin({ params: { id } });
    await syslog(line('nozone'));
    expect(await times('nozone')).toEqual(['2025-07-05 10:00:00.0000000']);
    const neither = { kind: 'sender', match: '127.0.0.1', stream: null, timeZone: null } as const;
    expect((await errorOf(save(neither))).message).toContain('a stream, a time zone or a workspace');
  });

  it('sends what does not fit a stream of objects by what it looks like', { timeout: 60_000 }, async () => {
    await save({ kind: 'sender', match: '127.0.0.1', stream: 'Custom-NginxAccess' });
    await save({ kind: 'sender', match: '127.0.0.1', stream: 'Custom-TraefikAccess' });
    await syslog(access('no object'));
    expect(await vendorsOf('no object', 1)).toEqual(['Apache']);
    const { pins } = await server.admin.listPins();
    expect(pins).toHaveLength(1);
    for (const { id } of pins) await server.admin.deletePin({ params: { id } });
  });

  it('holds for a token and for a webhook, where the call names no stream itself', async () => {
    const headers = { authorization: `Bearer ${server.token}`, 'content-type': 'application/json' };
    const post = (path: string, agent: string) =>
      server.call('POST', path, { body: JSON.stringify({ Computer: 'pinned', ProcessName: agent }), headers });
    const programs = async () =>
      (await server.rows(`SELECT ProcessName FROM Syslog WHERE Computer = 'pinned' ORDER BY ProcessName`)).flat();
    await post('/webhooks/printer', 'a');
    expect(await programs()).toEqual([]);
    await save({ kind: 'webhook', match: 'printer', stream: 'Microsoft-Syslog' });
    await post('/webhooks/printer', 'b');
    await post('/webhooks/other', 'c');
    expect(await programs()).toEqual(['b']);
    await save({ kind: 'token', match: 'sender', stream: 'Microsoft-Syslog' });
    await post('/webhooks/other', 'd');
    await post('/webhooks/other?stream=Custom-GenericJson', 'e');
    const event = { event: { Computer: 'pinned', ProcessName: 'f' } };
    const sent = await server.call('POST', '/services/collector/event', {
      body: JSON.stringify(event),
      headers: { authorization: `Splunk ${server.token}` },
    });
    expect(sent.status).toBe(200);
    expect(await programs()).toEqual(['b', 'd', 'f']);
  });

  it('is refused for a stream that there is not, and for an address that is none', async () => {
    expect(await errorOf(save({ kind: 'sender', match: '192.0.2.1', stream: 'Custom-Nothing' }))).toMatchObject({
      code: 'NotFound',
      target: 'stream',
    });
    for (const match of ['nobody', '192.0.2.0/33', ''])
      expect(await errorOf(save({ kind: 'sender', match, stream: 'Custom-SyslogText' }))).toMatchObject({
        code: 'BadRequest',
      });
  });

  it('of the narrowest range counts, in either family', () => {
    const at = { id: '', timeZone: null, workspaceId: null, createdAt: '', createdBy: '' };
    const pins = new StreamPins([
      { ...at, kind: 'sender', match: '10.0.0.0/8', stream: 'wide' },
      { ...at, kind: 'sender', match: '10.1.0.0/16', stream: 'narrow' },
      { ...at, kind: 'sender', match: '10.1.2.3', stream: 'one' },
      { ...at, kind: 'sender', match: '2001:db8::/32', stream: 'six' },
    ]);
    expect(
      ['10.9.9.9', '10.1.9.9', '10.1.2.3', '2001:db8::1', '192.0.2.1', 'host'].map((a) => pins.ofSender(a)),
    ).toEqual(['wide', 'narrow', 'one', 'six', undefined, undefined]);
  });
});
