import type { Clock } from '../../../platform/clock.ts';
import type { Log } from '../../../platform/log.ts';
import type { DoorMetrics } from '../../metrics.ts';
import type { IngestCore } from '../../core.ts';
import { unrecognisedStream } from '../../importer/import.ts';
import { Collector } from './collector.ts';
import { createSyslogCounts, type SyslogCounts, type SyslogTotals } from './counts.ts';
import { PartialRoom } from './framing.ts';
import { Router } from './router.ts';
import { allowedSenders } from './senders.ts';
import { listenTcp, type SyslogTls, type TcpListener } from './tcp.ts';
import { listenUdp, type Listener } from './udp.ts';

export type { SyslogTls } from './tcp.ts';

/** Where lines go that no other source knows. */
const plainSyslog = 'Custom-SyslogText';

/** Lines that are not yet whole, over all connections. */
const partialBytesMax = 64 * 1024 * 1024;

export interface SyslogSettings {
  readonly host: string;
  /** Undefined: not open. 0: any free one. */
  readonly udpPort?: number;
  readonly tcpPort?: number;
  readonly tlsPort?: number;
  readonly connectionsMax: number;
  /** CIDR ranges or addresses; none: all. */
  readonly allowedSenders: readonly string[];
  /** Needed for `tlsPort`. */
  readonly tls?: SyslogTls;
}

export interface SyslogServices {
  readonly core: Pick<IngestCore, 'spool' | 'streams' | 'metrics' | 'pins'>;
  readonly counts: SyslogCounts;
  readonly clock: Clock;
  readonly log: Log;
}

/** What a person should know of the doors. */
export interface SyslogHealth extends SyslogTotals {
  readonly open: readonly string[];
  /** Why lines wait, when they do. */
  readonly blocked: string | undefined;
}

export interface SyslogDoors {
  readonly ports: Readonly<Partial<Record<'udp' | 'tcp' | 'tls', number>>>;
  health(): SyslogHealth;
  /** A renewed certificate, for connections from now on. */
  useTls(tls: SyslogTls): void;
  /** Closes the doors, reads what is under way, and resolves when it is durable. */
  stop(): Promise<void>;
}

export const syslogCounts = (metrics: DoorMetrics, clock: Clock, log: Log): SyslogCounts =>
  createSyslogCounts(metrics, clock, log);

/** Opens the syslog doors that have a port. Throws when a port can't be had; none is open then. */
export async function openSyslogDoors(services: SyslogServices, settings: SyslogSettings): Promise<SyslogDoors> {
  const { core, counts, clock, log } = services;
  const { host, udpPort, tcpPort, tlsPort, connectionsMax, tls } = settings;
  const collector = new Collector({
    router: new Router({
      sources: () => core.streams.sources,
      plainStream: core.streams.has(plainSyslog) ? plainSyslog : unrecognisedStream,
      now: () => clock.now(),
      pins: () => core.pins.current(),
      takes: (stream) =>
        core.streams.has(stream) ? (core.streams.takesLines(stream) ? 'lines' : 'objects') : undefined,
    }),
    append: (stream, lines) => core.spool.append(stream, lines),
    clock,
    log,
    onDurable: (arrived) => core.metrics.accepted(arrived),
  });
  const common = { host, collector, counts, log, allowed: allowedSenders(settings.allowedSenders) };
  const stream = { ...common, connectionsMax, partialRoom: new PartialRoom(partialBytesMax) };
  const listeners: { udp?: Listener; tcp?: TcpListener; tls?: TcpListener } = {};
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> =>
    (stopped ??= (async () => {
      await Promise.all(Object.values(listeners).map((listener) => listener.stop()));
      await collector.stop();
    })());
  try {
    if (udpPort !== undefined) listeners.udp = await listenUdp({ ...common, port: udpPort });
    if (tcpPort !== undefined) listeners.tcp = await listenTcp({ ...stream, port: tcpPort });
    if (tlsPort !== undefined) {
      if (tls === undefined) throw new Error('the syslog door for TLS needs a certificate');
      listeners.tls = await listenTcp({ ...stream, port: tlsPort, tls });
    }
  } catch (error) {
    await stop();
    throw error;
  }
  const ports = Object.fromEntries(Object.entries(listeners).map(([door, { port }]) => [door, port]));
  if (Object.keys(ports).length > 0) log.info({ host, ...ports }, 'syslog doors are open');
  return {
    ports,
    health: () => ({
      ...counts.totals(),
      open: Object.entries(ports).map(([door, port]) => `${door} ${port}`),
      blocked: collector.blocked,
    }),
    useTls: (next) => listeners.tls?.useTls(next),
    stop,
  };
}
