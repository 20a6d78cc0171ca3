import type { Metrics } from '../platform/metrics.ts';

export interface SpoolNumbers {
  readonly bytes: number;
  readonly readySegments: number;
  readonly poisonedSegments: number;
  readonly oldestMs: number;
}

export interface IngestMetrics {
  /** A door took rows. */
  accepted(door: string, rows: number, bytes: number): void;
  /** A door answered an error. */
  refused(door: string, code: string): void;
  /** Where the gauges of the spool get their numbers from now on. */
  watch(spool: () => SpoolNumbers): void;
  /** A segment was stored. */
  loaded(stream: string, rows: Readonly<Record<string, number>>, bytes: number): void;
}

/** Counters of the doors and the spool. Streams and tables are no labels: senders could make any number of them. */
export function createIngestMetrics(metrics: Metrics): IngestMetrics {
  let spool: () => SpoolNumbers | undefined = () => undefined;
  const accepted = metrics.counter('ingest_rows_total', 'Rows that a door acknowledged', ['door']);
  const acceptedBytes = metrics.counter('ingest_bytes_total', 'Bytes of those rows, unpacked', ['door']);
  const refused = metrics.counter('ingest_refused_requests_total', 'Requests that a door refused', ['door', 'code']);
  const stored = metrics.counter('ingest_stored_rows_total', 'Rows stored in tables of the lake');
  const unparsed = metrics.counter('ingest_unparsed_rows_total', 'Lines kept as refused (DCRLogErrors)');
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
    accepted: (door, rows, bytes) => {
      accepted.inc({ door }, rows);
      acceptedBytes.inc({ door }, bytes);
    },
    refused: (door, code) => refused.inc({ door, code }),
    loaded: (_stream, rows, bytes) => {
      for (const [table, count] of Object.entries(rows))
        if (table === 'DCRLogErrors') unparsed.inc(count);
        else stored.inc(count);
      segments.inc();
      segmentBytes.inc(bytes);
    },
  };
}
