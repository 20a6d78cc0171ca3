import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls';
import type { Log } from '../../../platform/log.ts';
import type { Collector } from './collector.ts';
import type { SyslogCounts } from './counts.ts';
import { Framing, type PartialRoom } from './framing.ts';
import { plainAddress } from './senders.ts';
import type { Listener } from './udp.ts';

const keepAliveMs = 60_000;
const handshakeMs = 10_000;
/** On stopping, a connection is read until it has been silent this long, so that what is under way is not lost. */
const silentMs = 250;
/** But at most this long. */
const drainMs = 3_000;

/** PEM. */
export interface SyslogTls {
  readonly certificate: string;
  readonly key: string;
  /** When given, clients must have a certificate by one of these authorities. */
  readonly clientAuthority?: string;
}

export interface TcpOptions {
  readonly host: string;
  readonly port: number;
  readonly connectionsMax: number;
  readonly collector: Collector;
  readonly counts: SyslogCounts;
  readonly partialRoom: PartialRoom;
  readonly allowed: (address: string) => boolean;
  readonly log: Log;
  /** RFC 5425 when given, else plain TCP. */
  readonly tls?: SyslogTls;
}

export interface TcpListener extends Listener {
  useTls(tls: SyslogTls): void;
}

interface Connection {
  readonly socket: Socket;
  /** Below TLS, where there is some. */
  readonly raw: Socket;
  readonly address: string;
  /** Aborts when the connection is cut off: what waits for room waits no more. */
  readonly cut: AbortController;
  /** Cut it off as soon as all that has come is read. */
  ending: boolean;
  lastAt: number;
}

/** Syslog over TCP (RFC 6587) or TLS (RFC 5425). While the lines of a stream wait for the disk no connection that brings some is read: TCP slows the senders. */
export async function listenTcp(options: TcpOptions): Promise<TcpListener> {
  const { counts, allowed, connectionsMax, log, tls } = options;
  const door = tls === undefined ? 'tcp' : 'tls';
  const connections = new Map<Connection, Promise<void>>();
  /** Sockets as they were accepted, by peer. */
  const accepted = new Map<string, Socket>();

  /** Whether a connection may stay, before anything is read of it. */
  const admit = (socket: Socket): void => {
    const reason = !allowed(plainAddress(socket.remoteAddress ?? ''))
      ? 'sender'
      : accepted.size >= connectionsMax
        ? 'connections'
        : undefined;
    if (reason !== undefined) {
      counts.refused(door, reason);
      return void socket.destroy();
    }
    const peer = peerOf(socket);
    accepted.set(peer, socket);
    socket.once('close', () => accepted.delete(peer));
  };
  const serve = (socket: Socket): void => {
    if (socket.destroyed) return;
    // A break shows as the end of what can be read; without a listener it would end the process.
    socket.on('error', (err) => log.debug({ err, door }, 'a syslog connection broke'));
    socket.setKeepAlive(true, keepAliveMs);
    const connection: Connection = {
      socket,
      raw: accepted.get(peerOf(socket)) ?? socket,
      address: plainAddress(socket.remoteAddress ?? ''),
      cut: new AbortController(),
      ending: false,
      lastAt: performance.now(),
    };
    counts.connected(door, 1);
    const done = readLines(connection, options, door).finally(() => {
      connections.delete(connection);
      counts.connected(door, -1);
    });
    connections.set(connection, done);
  };

  const server = tls === undefined ? createServer({ allowHalfOpen: true }) : tlsServer(tls);
  server.on('connection', admit);
  server.on(tls === undefined ? 'connection' : 'secureConnection', serve);
  server.on('tlsClientError', (err: Error) => {
    counts.refused(door, 'certificate');
    log.debug({ err }, 'a TLS handshake of a syslog sender failed');
  });
  server.listen(options.port, options.host);
  await once(server, 'listening');
  server.on('error', (err) => log.error({ err, door }, 'a syslog door failed'));
  return {
    port: (server.address() as AddressInfo).port,
    useTls: (next) => {
      if (isTls(server)) server.setSecureContext(contextOf(next));
    },
    stop: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      // Those whose handshake is not done have said nothing yet.
      const secured = new Set([...connections.keys()].map(({ raw }) => raw));
      for (const socket of accepted.values()) if (!secured.has(socket)) socket.destroy();
      await Promise.all([...connections].map(([connection, done]) => drain(connection, done)));
      await closed;
    },
  };
}

const peerOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;

const isTls = (server: Server): server is TlsServer => 'setSecureContext' in server;

const contextOf = ({ certificate, key, clientAuthority }: SyslogTls) => ({
  cert: certificate,
  key,
  ...(clientAuthority === undefined ? {} : { ca: clientAuthority }),
});

function tlsServer(tls: SyslogTls): TlsServer {
  const mutual = tls.clientAuthority !== undefined;
  return createTlsServer({
    ...contextOf(tls),
    allowHalfOpen: true,
    minVersion: 'TLSv1.2',
    handshakeTimeout: handshakeMs,
    requestCert: mutual,
    rejectUnauthorized: mutual,
  });
}

/** Reads a connection to its end. A chunk is read when the lines of the one before have room. */
async function readLines(
  connection: Connection,
  { collector, counts, partialRoom, log }: TcpOptions,
  door: 'tcp' | 'tls',
): Promise<void> {
  const { socket, address, cut } = connection;
  /** Of the lines of the last chunk. */
  const streams = new Set<string>();
  const framing = new Framing((line, isCut) => {
    if (isCut) counts.cut(door);
    streams.add(collector.add(`syslog-${door}`, address, line));
  }, partialRoom);
  const isCutOff = new Promise<void>((resolve) => cut.signal.addEventListener('abort', () => resolve()));
  try {
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      connection.lastAt = performance.now();
      framing.push(chunk);
      for (let room = collector.room(streams); room !== undefined; room = collector.room(streams)) {
        await Promise.race([room, isCutOff]);
        if (cut.signal.aborted) break;
      }
      streams.clear();
      if (connection.ending && socket.readableLength === 0) cutOff(connection);
    }
  } catch (err) {
    log.debug({ err, door }, 'a syslog connection ended early');
  } finally {
    // A last line without its end is a whole line more often than not; one that is not is sent again by those who keep a queue.
    framing.end();
    socket.destroy();
  }
}

function cutOff({ raw, cut }: Connection): void {
  raw.resetAndDestroy();
  cut.abort();
}

/**
 * Says that we end (senders with a queue then keep what follows), and reads on until there is nothing more under way. Senders that don't listen, as
 * rsyslog over TLS, learn of it by the reset: the next line that they write fails, and is not lost in a connection that nobody reads.
 */
async function drain(connection: Connection, done: Promise<void>): Promise<void> {
  connection.socket.end();
  const startedAt = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    const silent = now - Math.max(connection.lastAt, startedAt) > silentMs;
    if (silent || now - startedAt > 2 * drainMs) cutOff(connection);
    connection.ending = now - startedAt > drainMs;
  }, 50);
  await done;
  clearInterval(timer);
}
