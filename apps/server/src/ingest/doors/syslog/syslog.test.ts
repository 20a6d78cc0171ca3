import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { setTimeout as sleep } from 'node:timers/promises';
import { SallyportError } from '@sallyport/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../platform/clock.ts';
import { silentLog } from '../../../platform/log.ts';
import { startTestIngest, type TestIngest } from '../../testing/core.ts';
import { openSyslogDoors, syslogCounts, type SyslogDoors } from './index.ts';
import { makeTestTls, openTestDoors, type TestTls } from './testing.ts';
import { createMetrics } from '../../../platform/metrics.ts';
import { createIngestMetrics } from '../../metrics.ts';

let ingest: TestIngest;
let tls: TestTls;
let doors: SyslogDoors | undefined;

beforeAll(async () => {
  ingest = await startTestIngest();
  tls = await makeTestTls(join(ingest.folder, 'data'));
}, 60_000);
afterEach(async () => {
  await doors?.stop();
  doors = undefined;
});
afterAll(() => ingest[Symbol.asyncDispose]());

async function socketTo(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

async function send(socket: Socket, text: string): Promise<void> {
  socket.end(text);
  socket.resume();
  await once(socket, 'close');
}

const stamp = (): string => `<38>1 ${new Date().toISOString()}`;

/** Messages of Syslog of one program, with their hosts. */
async function messages(program: string): Promise<unknown[]> {
  await ingest.core.flush();
  const rows = await ingest.rows(
    `SELECT HostName, SyslogMessage FROM Syslog WHERE ProcessName = '${program}' ORDER BY SyslogMessage`,
  );
  return rows.map(([host, message]) => `${String(host)}: ${String(message)}`);
}

describe('syslog doors', () => {
  it('take lines and counted frames over TCP, and what is left at the end', async () => {
    doors = await openTestDoors(ingest, { tcpPort: 0 });
    const socket = await socketTo(doors.ports.tcp!);
    const counted = `${stamp()} h1 tcpform - - - two\nlines`;
    await send(
      socket,
      `${stamp()} h1 tcpform - - - one\n${counted.length} ${counted}<38>Jan  8 03:37:09 h2 tcpform[7]: three\n${stamp()} - tcpform - - - four`,
    );
    await doors.stop();
    expect(await messages('tcpform')).toEqual(['127.0.0.1: four', 'h1: one', 'h2: three', 'h1: two lines']);
  });

  it('take datagrams', async () => {
    doors = await openTestDoors(ingest, { udpPort: 0 });
    const socket = createSocket('udp4');
    const port = doors.ports.udp!;
    for (const text of [
      `${stamp()} h1 udpform - - - one\n`,
      '<38>udpform: no header',
      '<38>Jan  8 03:37:09 udpform[1]: no host',
    ])
      await new Promise((done) => socket.send(text, port, '127.0.0.1', done));
    socket.close();
    await sleep(100);
    await doors.stop();
    expect(await messages('udpform')).toEqual(['127.0.0.1: no header', '127.0.0.1: no host', 'h1: one']);
  });

  it('know each line’s source, also of JSON behind a header, in one connection', async () => {
    doors = await openTestDoors(ingest, { tcpPort: 0 });
    const event = {
      System: {
        EventID: 4999,
        TimeCreated: { SystemTime: new Date().toISOString() },
        Computer: 'mixed-host',
        Channel: 'Mixed',
      },
      EventData: { a: 'b' },
    };
    const broken = '{"System":{"EventID":1,"TimeCreated":';
    const text = [
      `${stamp()} h1 mixed - - - plain`,
      JSON.stringify(event),
      `<38>Jan  8 03:37:09 h1 mixed: ${JSON.stringify({ ...event, EventData: { a: 'c' } })}`,
      `<38>Jan  8 03:37:09 h1 mixed: ${broken}`,
      `<38>Jan  8 03:37:09 h1 mixed: {"other":1}`,
    ].join('\n');
    await send(await socketTo(doors.ports.tcp!), text);
    await doors.stop();
    expect(await messages('mixed')).toEqual([`h1: plain`, `h1: ${broken}`, 'h1: {"other":1}'].toSorted());
    const rows = await ingest.rows(
      `SELECT EventData FROM WindowsEvent WHERE Computer = 'mixed-host' AND EventID = 4999 ORDER BY EventData`,
    );
    expect(rows.map(([data]) => JSON.parse(String(data)) as unknown)).toEqual([{ a: 'b' }, { a: 'c' }]);
  });

  it('keep a line of more than 1 MiB cut, and count it', async () => {
    doors = await openTestDoors(ingest, { tcpPort: 0 });
    const before = doors.health().cutLines;
    const socket = await socketTo(doors.ports.tcp!);
    await send(socket, `${stamp()} h1 longform - - - ${'x'.repeat(3 * 2 ** 20)}\n${stamp()} h1 longform - - - next\n`);
    await doors.stop();
    expect((await messages('longform')).map((text) => String(text).length)).toEqual([
      'h1: next'.length,
      expect.closeTo(2 ** 20, -2),
    ]);
    expect(doors.health().cutLines - before).toBe(1);
  });

  it('refuse senders of other ranges and connections past the bound, and count them', async () => {
    doors = await openTestDoors(ingest, { tcpPort: 0, udpPort: 0, allowedSenders: ['10.0.0.0/8', '::1'] });
    const before = doors.health().refused;
    await send(await socketTo(doors.ports.tcp!), `${stamp()} h1 refused - - - x\n`);
    const datagram = createSocket('udp4');
    await new Promise((done) => datagram.send(`${stamp()} h1 refused - - - x`, doors!.ports.udp!, '127.0.0.1', done));
    datagram.close();
    await expect.poll(() => doors!.health().refused - before).toBe(2);
    await doors.stop();
    doors = await openTestDoors(ingest, { tcpPort: 0, connectionsMax: 1, allowedSenders: ['127.0.0.0/8'] });
    const first = await socketTo(doors.ports.tcp!);
    await expect.poll(() => doors!.health().connections).toBe(1);
    await send(await socketTo(doors.ports.tcp!), `${stamp()} h1 refused - - - x\n`);
    await send(first, `${stamp()} h1 refused - - - taken\n`);
    await doors.stop();
    expect(await messages('refused')).toEqual(['h1: taken']);
  });

  it('serve TLS with our certificate, and take only clients with one by our CA where that is set', async () => {
    doors = await openTestDoors(ingest, { tlsPort: 0, tls: { ...tls.server, clientAuthority: tls.authority } });
    const port = doors.ports.tls!;
    const trusting = { port, host: 'localhost', ca: tls.authority };
    const { certificate, key } = tls.client;
    const named = connectTls({ ...trusting, cert: certificate, key });
    await once(named, 'secureConnect');
    await send(named, `${stamp()} h1 tlsform - - - with\n`);
    const nameless = connectTls(trusting);
    const error = once(nameless, 'error');
    nameless.write(`${stamp()} h1 tlsform - - - without\n`);
    expect(String(await error)).toMatch(/certificate required|ECONNRESET|EPIPE/);
    await doors.stop();
    expect(await messages('tlsform')).toEqual(['h1: with']);
  });
});

describe('when the spool is full', () => {
  type Append = (stream: string, lines: Uint8Array) => Promise<void>;
  const full = () => Promise.reject(new SallyportError('TooManyRequests', 'the spool is full'));

  const openOver = (append: Append): Promise<SyslogDoors> => {
    const { streams, metrics, spool, pins } = ingest.core;
    const services = {
      core: { streams, metrics, pins, spool: { append, stats: () => spool.stats() } },
      counts: syslogCounts(createIngestMetrics(createMetrics()), systemClock, silentLog),
      clock: systemClock,
      log: silentLog,
    };
    const settings = { host: '127.0.0.1', connectionsMax: 10, allowedSenders: [] };
    return openSyslogDoors(services, { ...settings, tcpPort: 0, udpPort: 0 });
  };

  const line = `${stamp()} h1 full - - - ${'x'.repeat(60_000)}\n`;
  const total = 64 * 2 ** 20;
  /** Writes as fast as it may; ends early when the connection does. */
  async function flood(socket: Socket, onSent: (bytes: number) => void): Promise<void> {
    for (let sent = 0; sent < total && socket.writable; sent += line.length) {
      if (!socket.write(line))
        await Promise.race([once(socket, 'drain'), once(socket, 'close')]).catch(() => undefined);
      onSent(line.length);
    }
  }

  it('senders over TCP wait, datagrams are dropped and counted, and nothing that was taken is lost', async () => {
    let isFull = true;
    let [stored, sent] = [0, 0];
    const open = (doors = await openOver((_stream, lines) => {
      if (isFull) return full();
      stored += lines.length + 1;
      return Promise.resolve();
    }));
    const socket = await socketTo(open.ports.tcp!);
    const sending = flood(socket, (bytes) => (sent += bytes));
    await expect.poll(() => open.health().blocked).toBe('the spool is full');
    await sleep(1_000);
    const stuck = sent;
    await sleep(300);
    expect(sent).toBe(stuck);
    expect(stuck).toBeLessThan(total);
    const datagrams = createSocket('udp4');
    const text = `${stamp()} h1 full - - - ${'y'.repeat(60_000)}`;
    let taken = 0;
    for (; taken < 1_000 && open.health().dropped.spool === 0; taken++) {
      await new Promise((done) => datagrams.send(text, open.ports.udp!, '127.0.0.1', done));
      await sleep(1);
    }
    datagrams.close();
    expect(open.health().dropped.spool).toBeGreaterThan(0);
    isFull = false;
    await sending;
    const closed = once(socket, 'close');
    socket.end();
    socket.resume();
    await closed;
    await open.stop();
    const { spool, kernel } = open.health().dropped;
    expect(stored).toBe(sent + (taken - spool - kernel) * (text.length + 1));
  }, 60_000);

  it('one stream that the spool takes no more of holds up no other stream, nor its senders', async () => {
    const stored: string[] = [];
    const open = (doors = await openOver((stream, lines) => {
      if (stream === 'Custom-SyslogText') return full();
      stored.push(Buffer.from(lines).toString());
      return Promise.resolve();
    }));
    const sending = flood(await socketTo(open.ports.tcp!), () => undefined);
    await expect.poll(() => open.health().blocked).toBe('the spool is full');
    await sleep(500);
    const system = {
      EventID: 4999,
      Channel: 'Security',
      Computer: 'calm',
      TimeCreated: { SystemTime: '2026-01-05T10:00:00Z' },
    };
    const event = JSON.stringify({ System: { ...system, Provider: { Name: 'p' } }, EventData: { a: 'b' } });
    await send(await socketTo(open.ports.tcp!), `${event}\n`);
    await expect.poll(() => stored.join('\n')).toContain('"calm"');
    expect(open.health().blocked).toBe('the spool is full');
    await open.stop();
    await sending;
  }, 60_000);

  it('a stop waits for nobody', async () => {
    const open = (doors = await openOver(full));
    const socket = await socketTo(open.ports.tcp!);
    const sending = flood(socket, () => undefined);
    await expect.poll(() => open.health().blocked).toBe('the spool is full');
    const startedAt = performance.now();
    await open.stop();
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    await sending;
    expect(socket.writable).toBe(false);
  });
});
