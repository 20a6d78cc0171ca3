import type { LoadedSegment } from '../loading.ts';
import type { Arrived, DoorMetrics } from '../metrics.ts';

/** Rows that came and were stored or refused, by stream. */
export interface StreamCount {
  readonly stream: string;
  /** Over all tables that the stream fills. */
  rows: number;
  refused: number;
  bytes: number;
}

export interface SenderCount {
  readonly stream: string;
  readonly door: string;
  readonly sender: string;
  rows: number;
  bytes: number;
}

export interface TableCount {
  readonly table: string;
  rows: number;
  /** Of the segments, shared among their tables by rows. */
  bytes: number;
  segments: number;
}

export interface DoorCount {
  readonly door: string;
  calls: number;
  rows: number;
  bytes: number;
}

export interface ReasonCount {
  readonly door: string;
  readonly kind: 'refused' | 'dropped' | 'cut';
  readonly reason: string;
  count: number;
}

export interface DoorError {
  readonly door: string;
  readonly at: string;
  readonly reason: string;
  readonly message: string;
}

/** What was counted since the book was emptied. */
export interface Gathered {
  readonly streams: readonly StreamCount[];
  readonly senders: readonly SenderCount[];
  readonly tables: readonly TableCount[];
  readonly doors: readonly DoorCount[];
  readonly reasons: readonly ReasonCount[];
  /** The last error of each door. */
  readonly errors: readonly DoorError[];
}

/** Kinds of things counted between two writes; those past it are left out. Senders can name tables' own streams only, so this is near under attack alone. */
const kindsMax = 10_000;
/** Senders of UDP may forge any number of addresses: past this those of a stream are one. */
const sendersMax = 2_000;
export const otherSenders = '(others)';
const messageLengthMax = 500;

/** Things counted by name. */
class Counts<T extends object> {
  #all = new Map<string, T>();

  get size(): number {
    return this.#all.size;
  }

  has(key: string): boolean {
    return this.#all.has(key);
  }

  /** Changes what is there under a name, or `first`. */
  change(key: string, first: T, change: (count: T) => void): void {
    let count = this.#all.get(key);
    if (count === undefined) {
      if (this.#all.size >= kindsMax) return;
      this.#all.set(key, (count = first));
    }
    change(count);
  }

  take(): T[] {
    const all = [...this.#all.values()];
    this.#all = new Map();
    return all;
  }
}

/** Gathers what doors and streams do, until it is written to the database. */
export class HealthBook implements DoorMetrics {
  readonly #now: () => Date;
  readonly #streams = new Counts<StreamCount>();
  readonly #senders = new Counts<SenderCount>();
  readonly #tables = new Counts<TableCount>();
  readonly #doors = new Counts<DoorCount>();
  readonly #reasons = new Counts<ReasonCount>();
  readonly #errors = new Map<string, DoorError>();
  readonly #connections = new Map<string, number>();

  constructor(now: () => Date) {
    this.#now = now;
  }

  /** Connections of a door that are open now. */
  connections(door: string): number {
    return this.#connections.get(door) ?? 0;
  }

  accepted({ door, sender = '', stream, rows, bytes }: Arrived): void {
    this.#addDoor({ door, calls: 0, rows, bytes });
    const key = JSON.stringify([stream, door, sender]);
    const known = this.#senders.has(key) || this.#senders.size < sendersMax;
    this.#addSender({ stream, door, sender: known ? sender : otherSenders, rows, bytes });
  }

  called(door: string): void {
    this.#addDoor({ door, calls: 1, rows: 0, bytes: 0 });
  }

  refused(door: string, reason: string, message: string): void {
    this.#addReason({ door, kind: 'refused', reason, count: 1 });
    this.#errors.set(door, {
      door,
      at: this.#now().toISOString(),
      reason,
      message: message.slice(0, messageLengthMax),
    });
  }

  dropped(door: string, where: string, datagrams: number): void {
    this.#addReason({ door, kind: 'dropped', reason: where, count: datagrams });
    const message =
      where === 'kernel' ? 'datagrams came faster than they were read' : 'the spool had no room for datagrams';
    this.#errors.set(door, { door, at: this.#now().toISOString(), reason: 'dropped', message });
  }

  cut(door: string): void {
    this.#addReason({ door, kind: 'cut', reason: '', count: 1 });
  }

  connected(door: string, change: 1 | -1): void {
    this.#connections.set(door, this.connections(door) + change);
    if (change === 1) this.called(door);
  }

  /** A segment was stored. */
  loaded({ origin, rows, bytes }: LoadedSegment): void {
    const tables = Object.entries(rows).filter(([, count]) => count > 0);
    const all = tables.reduce((sum, [, count]) => sum + count, 0);
    const refused = rows['DCRLogErrors'] ?? 0;
    this.#addStream({ stream: origin.stream, rows: all - refused, refused, bytes });
    for (const [table, count] of tables)
      this.#addTable({ table, rows: count, bytes: Math.round((bytes * count) / all), segments: 1 });
  }

  /** Empties the book. */
  take(): Gathered {
    const errors = [...this.#errors.values()];
    this.#errors.clear();
    return {
      streams: this.#streams.take(),
      senders: this.#senders.take(),
      tables: this.#tables.take(),
      doors: this.#doors.take(),
      reasons: this.#reasons.take(),
      errors,
    };
  }

  /** Puts back what could not be written. */
  giveBack({ streams, senders, tables, doors, reasons, errors }: Gathered): void {
    for (const count of streams) this.#addStream(count);
    for (const count of senders) this.#addSender(count);
    for (const count of tables) this.#addTable(count);
    for (const count of doors) this.#addDoor(count);
    for (const count of reasons) this.#addReason(count);
    for (const error of errors) if (!this.#errors.has(error.door)) this.#errors.set(error.door, error);
  }

  #addStream({ stream, rows, refused, bytes }: StreamCount): void {
    this.#streams.change(stream, { stream, rows: 0, refused: 0, bytes: 0 }, (count) => {
      count.rows += rows;
      count.refused += refused;
      count.bytes += bytes;
    });
  }

  #addSender({ stream, door, sender, rows, bytes }: SenderCount): void {
    this.#senders.change(
      JSON.stringify([stream, door, sender]),
      { stream, door, sender, rows: 0, bytes: 0 },
      (count) => {
        count.rows += rows;
        count.bytes += bytes;
      },
    );
  }

  #addTable({ table, rows, bytes, segments }: TableCount): void {
    this.#tables.change(table, { table, rows: 0, bytes: 0, segments: 0 }, (count) => {
      count.rows += rows;
      count.bytes += bytes;
      count.segments += segments;
    });
  }

  #addDoor({ door, calls, rows, bytes }: DoorCount): void {
    this.#doors.change(door, { door, calls: 0, rows: 0, bytes: 0 }, (count) => {
      count.calls += calls;
      count.rows += rows;
      count.bytes += bytes;
    });
  }

  #addReason({ door, kind, reason, count }: ReasonCount): void {
    this.#reasons.change(JSON.stringify([door, kind, reason]), { door, kind, reason, count: 0 }, (entry) => {
      entry.count += count;
    });
  }
}
