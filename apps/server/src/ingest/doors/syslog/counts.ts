import type { Clock } from '../../../platform/clock.ts';
import type { Log } from '../../../platform/log.ts';
import type { DoorMetrics } from '../../metrics.ts';

export type SyslogDoor = 'udp' | 'tcp' | 'tls';
/** Why a connection or a datagram was not taken: its address, too many at once, or its certificate. */
export type SyslogRefusal = 'sender' | 'connections' | 'certificate';
/** Where a datagram was dropped: here, since the spool is full or the disk slow; or before, since this process was too slow. */
export type SyslogDrop = 'spool' | 'kernel';

export interface SyslogTotals {
  readonly dropped: Readonly<Record<SyslogDrop, number>>;
  readonly refused: number;
  readonly cutLines: number;
  readonly connections: number;
}

export interface SyslogCounts {
  dropped(where: SyslogDrop, datagrams: number): void;
  refused(door: SyslogDoor, reason: SyslogRefusal): void;
  cut(door: SyslogDoor): void;
  connected(door: SyslogDoor, change: 1 | -1): void;
  totals(): SyslogTotals;
}

const refusals: Readonly<Record<SyslogRefusal, string>> = {
  sender: 'the sender’s address is not allowed',
  connections: 'too many connections at once',
  certificate: 'the TLS handshake failed, or the client has no certificate by a known authority',
};

/** A condition that goes on is told once a minute. */
const tellEveryMs = 60_000;

/** Totals of the syslog doors since the start; each count goes into the metrics of all doors too. */
export function createSyslogCounts(metrics: DoorMetrics, clock: Clock, log: Log): SyslogCounts {
  const totals = { dropped: { spool: 0, kernel: 0 }, refused: 0, cutLines: 0, connections: 0 };
  const toldAt = new Map<string, number>();
  const tell = (topic: string, facts: object, message: string): void => {
    const now = clock.now().getTime();
    if (now - (toldAt.get(topic) ?? -Infinity) < tellEveryMs) return;
    toldAt.set(topic, now);
    log.warn(facts, message);
  };
  return {
    dropped: (where, datagrams) => {
      metrics.dropped('syslog-udp', where, datagrams);
      totals.dropped[where] += datagrams;
      tell(where, { where, total: totals.dropped[where] }, 'syslog datagrams were dropped');
    },
    refused: (door, reason) => {
      metrics.refused(`syslog-${door}`, reason, refusals[reason]);
      totals.refused++;
      tell(`${door} ${reason}`, { door, reason }, 'a syslog sender was refused');
    },
    cut: (door) => {
      metrics.cut(`syslog-${door}`);
      totals.cutLines++;
    },
    connected: (door, change) => {
      metrics.connected(`syslog-${door}`, change);
      totals.connections += change;
    },
    totals: () => ({ ...totals, dropped: { ...totals.dropped } }),
  };
}
