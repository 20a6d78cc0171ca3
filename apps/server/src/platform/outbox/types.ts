import type { Queryable } from '../database/types.ts';

/** A row by column name. Values as JSON: datetime as ISO 8601 text or Date, dynamic as a plain value (it is stored as JSON text). */
export type RowObject = Readonly<Record<string, unknown>>;

export interface RowSink {
  /**
   * Queues rows for a table of the lake. Resolves when they are in PostgreSQL; they are in the lake a second or so later, exactly once,
   * whatever is killed when. Pass the transaction that changes the state these rows tell of, so that both happen or neither.
   * `TimeGenerated` is filled with now when missing. At most 10,000 rows a call.
   */
  write(table: string, rows: readonly RowObject[], tx?: Queryable): Promise<void>;
  /** Calls `listener` for each batch once the lake has it, before it is forgotten here; a listener that throws is asked again. One listener. */
  onDelivered(listener: (batch: DeliveredBatch) => Promise<void>): void;
  /** Resolves when everything queued before the call is in the lake. */
  flush(): Promise<void>;
}

export interface DeliveredBatch {
  readonly table: string;
  readonly rows: number;
  readonly segmentId: string;
}
