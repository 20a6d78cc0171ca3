import type { Metrics } from '../platform/metrics.ts';
import type { HealthBook } from './health/book.ts';

export interface SpoolNumbers {
  readonly bytes: number;
  readonly readySegments: number;
  readonly poisonedSegments: number;
  readonly oldestMs: number;
}

/** Rows of one stream that one sender brought through one door, and that are durable. */
export interface Arrived {
  readonly door: string;
  /** Its address, or the name of its token or computer; undefined when it is not known. */
  readonly sender: string | undefined;
  readonly stream: string;
  readonly rows: number;
  /** Unpacked. */
  readonly bytes: number;
}

/** What is counted of every door, in one shape for all. */
export interface DoorMetrics {
  accepted(arrived: Arrived): void;
  /** A call came to the door, or a connection was opened. */
  called(door: string): void;
  /** A call, a connection or a datagram was not taken. `reason`: a code of few kinds; `message` says it in words. */
  refused(door: string, reason: string, message: string): void;
  /** Datagrams were lost: `spool` for want of room, `kernel` since this process was too slow. */
  dropped(door: string, where: string, datagrams: number): void;
  /** A line was too long, and is kept cut. */
  cut(door: string): void;
  connected(door: string, change: 1 | -1): void;
}

export interface IngestMetrics extends DoorMetrics {
  /** Where the gauges of the spool get their numbers from now on. */
  watch(spool: () => SpoolNumbers): void;
  /** Rows that policies of their tables did not store. */
  saved(savings: readonly { readonly reason: string; readonly rows: number; readonly bytes: number }[]): void;
  /** Rows whose time could not be, and became that of arrival. */
  retimed(rows: number): void;
  /** A segment was stored. */
  loaded(stream: string, rows: Readonly<Record<string, number>>, bytes: number): void;
}

/** Counters of the doors and the spool; what doors do goes into `book` too. Streams, tables and senders are no labels: there could be any number of them. */
export function createIngestMetrics(metrics: Metrics, book?: HealthBook): IngestMetrics {
  let spool: () => SpoolNumbers | undefined = () => undefined;
  const accepted = metrics.counter('ingest_rows_total', 'Rows that a door acknowledged', ['door']);
  const acceptedBytes = metrics.counter('ingest_bytes_total', 'Bytes of those rows, unpacked', ['door']);
  const calls = metrics.counter('ingest_calls_total', 'Calls to a door, and connections opened', ['door']);
  const refused = metrics.counter(
    'ingest_refused_requests_total',
    'Calls, connections and datagrams that a door refused',
    ['door', 'code'],
  );
  const dropped = metrics.counter('ingest_dropped_datagrams_total', 'Datagrams that were lost', ['door', 'where']);
  const cut = metrics.counter('ingest_cut_lines_total', 'Lines that were too long, and are kept cut', ['door']);
  const connections = metrics.gauge('ingest_connections', 'Open connections of a door', ['door']);
  const stored = metrics.counter('ingest_stored_rows_total', 'Rows stored in tables of the lake');
  const unparsed = metrics.counter('ingest_unparsed_rows_total', 'Lines kept as refused (DCRLogErrors)');
  const saved = metrics.counter('ingest_dropped_rows_total', 'Rows that a policy of their table did not store', [
    'reason',
  ]);
  const savedBytes = metrics.counter('ingest_dropped_bytes_total', 'Bytes of those rows, uncompressed', ['reason']);
  const retimed = metrics.counter(
    'ingest_retimed_rows_total',
    'Rows whose time could not be, and became that of arrival',
  );
  const segments = metrics.counter('ingest_segments_total', 'Spool segments stored');
  const segmentBytes = metrics.counter('ingest_segment_bytes_total', 'Bytes of those segments');
  const gauge = (name: string, help: string, value: (numbers: SpoolNumbers) => number) => {
    const made = metrics.gauge(name, help);
    Object.assign(made, {
      collect: () => {
        const numbers = spool();
        if (numbers !== undefined) made.set(value(numbers));
      },
    });
  };
  gauge('spool_bytes', 'Bytes that are acknowledged and not yet in the lake', (s) => s.bytes);
  gauge('spool_ready_segments', 'Closed segments that wait for the engine', (s) => s.readySegments);
  gauge('spool_poisoned_segments', 'Segments that the engine does not take', (s) => s.poisonedSegments);
  gauge('spool_lag_seconds', 'Age of the oldest closed segment', (s) => s.oldestMs / 1_000);
  return {
    watch: (numbers) => {
      spool = numbers;
    },
    accepted: (arrived) => {
      const { door, rows, bytes } = arrived;
      accepted.inc({ door }, rows);
      acceptedBytes.inc({ door }, bytes);
      book?.accepted(arrived);
    },
    called: (door) => {
      calls.inc({ door });
      book?.called(door);
    },
    refused: (door, code, message) => {
      refused.inc({ door, code });
      book?.refused(door, code, message);
    },
    dropped: (door, where, datagrams) => {
      dropped.inc({ door, where }, datagrams);
      book?.dropped(door, where, datagrams);
    },
    cut: (door) => {
      cut.inc({ door });
      book?.cut(door);
    },
    connected: (door, change) => {
      connections.inc({ door }, change);
      book?.connected(door, change);
    },
    saved: (savings) => {
      for (const { reason, rows, bytes } of savings) {
        saved.inc({ reason }, rows);
        savedBytes.inc({ reason }, bytes);
      }
    },
    retimed: (rows) => retimed.inc(rows),
    loaded: (_stream, rows, bytes) => {
      for (const [table, count] of Object.entries(rows))
        if (table === 'DCRLogErrors') unparsed.inc(count);
        else stored.inc(count);
      segments.inc();
      segmentBytes.inc(bytes);
    },
  };
}
