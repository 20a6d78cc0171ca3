import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import type { Log } from '../../../platform/log.ts';
import type { Collector } from './collector.ts';
import type { SyslogCounts } from './counts.ts';
import { plainAddress } from './senders.ts';

/** Asked of the kernel, which gives at most net.core.rmem_max: datagrams wait there while this process is busy. */
const receiveBytes = 8 * 1024 * 1024;
/** How often the kernel's own drops are looked up. */
const kernelEveryMs = 5_000;

export interface Listener {
  readonly port: number;
  stop(): Promise<void>;
}

export interface UdpOptions {
  readonly host: string;
  readonly port: number;
  readonly collector: Collector;
  readonly counts: SyslogCounts;
  readonly allowed: (address: string) => boolean;
  readonly log: Log;
}

/** One datagram, one line (RFC 5426). What there is no room for is dropped, counted and told: UDP can't be slowed. */
export async function listenUdp(options: UdpOptions): Promise<Listener> {
  const { host, collector, counts, allowed, log } = options;
  const socket = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4' });
  socket.on('message', (bytes, { address }) => {
    const from = plainAddress(address);
    if (!allowed(from)) return counts.refused('udp', 'sender');
    let end = bytes.length;
    while (end > 0 && isLineEnd(bytes[end - 1]!)) end--;
    if (end > 0 && !collector.offer('syslog-udp', from, bytes.subarray(0, end))) counts.dropped('spool', 1);
  });
  socket.bind(options.port, host);
  await once(socket, 'listening');
  socket.on('error', (err) => log.error({ err }, 'the syslog door for UDP failed'));
  enlarge(socket);
  const { port } = socket.address();
  const watching = watchKernelDrops(port, counts);
  return {
    port,
    stop: async () => {
      await watching.stop();
      await new Promise<void>((resolve) => socket.close(() => resolve()));
    },
  };
}

const isLineEnd = (byte: number): boolean => byte === 0x0a || byte === 0x0d || byte === 0;

function enlarge(socket: Socket): void {
  try {
    socket.setRecvBufferSize(receiveBytes);
  } catch {
    // Some systems refuse instead of giving less: their default stays.
  }
}

/** Counts datagrams that the kernel dropped since its buffer was full: Linux tells so for each socket. */
function watchKernelDrops(port: number, counts: SyslogCounts): { stop(): Promise<void> } {
  let seen = 0;
  const look = async (): Promise<void> => {
    const drops = await kernelDrops(port);
    if (drops > seen) counts.dropped('kernel', drops - seen);
    seen = Math.max(seen, drops);
  };
  const timer = setInterval(() => void look(), kernelEveryMs);
  timer.unref();
  return {
    stop: async () => {
      clearInterval(timer);
      await look();
    },
  };
}

/** The last column of /proc/net/udp, over the sockets of a port; 0 where there is no such file. */
async function kernelDrops(port: number): Promise<number> {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  let drops = 0;
  for (const path of ['/proc/self/net/udp', '/proc/self/net/udp6']) {
    const text = await readFile(path, 'utf8').catch(() => '');
    for (const line of text.split('\n')) {
      const fields = line.trim().split(/\s+/);
      if (fields[1]?.endsWith(`:${hex}`)) drops += Number(fields.at(-1)) || 0;
    }
  }
  return drops;
}
