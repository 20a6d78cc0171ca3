import type { Clock } from '../../../platform/clock.ts';
import type { Log } from '../../../platform/log.ts';
import type { Metrics } from '../../../platform/metrics.ts';

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

/** A condition that goes on is told once a minute. */
const tellEveryMs = 60_000;

export function createSyslogCounts(metrics: Metrics, clock: Clock, log: Log): SyslogCounts {
  const dropped = metrics.counter('syslog_dropped_datagrams_total', 'Datagrams that were lost', ['where']);
  const refused = metrics.counter('syslog_refused_total', 'Connections and datagrams not taken', ['door', 'reason']);
  const cut = metrics.counter('syslog_cut_lines_total', 'Lines that were too long, and are kept cut', ['door']);
  const connections = metrics.gauge('syslog_connections', 'Open connections', ['door']);
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
      dropped.inc({ where }, datagrams);
      totals.dropped[where] += datagrams;
      tell(where, { where, total: totals.dropped[where] }, 'syslog datagrams were dropped');
    },
    refused: (door, reason) => {
      refused.inc({ door, reason });
      totals.refused++;
      tell(`${door} ${reason}`, { door, reason }, 'a syslog sender was refused');
    },
    cut: (door) => {
      cut.inc({ door });
      totals.cutLines++;
    },
    connected: (door, change) => {
      connections.inc({ door }, change);
      totals.connections += change;
    },
    totals: () => ({ ...totals, dropped: { ...totals.dropped } }),
  };
}
