import type { Estate, Presence } from './estate.ts';
import type { Slot } from './calendar.ts';
import { Rng } from './rng.ts';

/** A row by its table's column names; TimeGenerated (and Timestamp in Defender's tables) is added from the event's time. */
export type Row = Readonly<Record<string, unknown>>;

/** A batch for the door: the bytes of one stream, at most `batchBytesMax`. */
export interface DemoBatch {
  /** `Microsoft-<Table>` (rows of that table), `Custom-WindowsEventJson`, `Custom-SyslogText`. */
  readonly stream: string;
  /** One record a line, without a last line feed: JSON objects, or for `Custom-SyslogText` lines of syslog. */
  readonly payload: Buffer;
  readonly rows: number;
  /** Times of the first and last event, milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
}

/** Below the 1 MB that the Logs Ingestion API takes at once. */
export const batchBytesMax = 900_000;

interface Entry {
  readonly at: number;
  readonly stream: string;
  readonly text: string;
}

export const windowsEventStream = 'Custom-WindowsEventJson';
export const syslogStream = 'Custom-SyslogText';

/** Tables of Defender XDR, which have `Timestamp` beside TimeGenerated. */
const defenderTable = /^(Device|Email|UrlClick)/;

/** Takes events in any order and gives them back in time order, hour by hour. */
export class Sink {
  #entries: Entry[] = [];
  #floor = -Infinity;

  /** Events made from now on lie at or after `time`: what would begin a few seconds before its hour begins with it. */
  notBefore(time: number): void {
    this.#floor = time;
  }

  row(table: string, when: number, row: Row): void {
    const at = Math.max(when, this.#floor);
    const time = new Date(at).toISOString();
    const stamped = defenderTable.test(table)
      ? { TimeGenerated: time, Timestamp: time, ...row }
      : { TimeGenerated: time, ...row };
    this.#entries.push({ at, stream: `Microsoft-${table}`, text: JSON.stringify(stamped) });
  }

  /** A Windows event in the shape of its EVTX record. */
  windowsEvent(when: number, event: Row): void {
    const at = Math.max(when, this.#floor);
    this.#entries.push({ at, stream: windowsEventStream, text: JSON.stringify(event) });
  }

  /** A line of a Linux host's log, RFC 5424 or 3164. */
  syslogLine(at: number, line: string): void {
    this.#entries.push({ at, stream: syslogStream, text: line });
  }

  /** Takes out what lies before `until` and not before `from`; what lies earlier than `from` is dropped. */
  take(from: number, until: number): Entry[] {
    const ready = this.#entries.filter((e) => e.at < until && e.at >= from);
    this.#entries = this.#entries.filter((e) => e.at >= until);
    // Array sorting is stable, so events of one instant stay in the order of their making.
    return ready.sort((a, b) => a.at - b.at);
  }
}

/** Groups events by stream and cuts them into batches, ordered by the time of their first event. */
export function batchesOf(entries: readonly Entry[]): DemoBatch[] {
  const open = new Map<string, { parts: Entry[]; bytes: number }>();
  const batches: DemoBatch[] = [];
  for (const entry of entries) {
    const bytes = Buffer.byteLength(entry.text) + 1;
    const group = open.get(entry.stream);
    if (group && group.bytes + bytes <= batchBytesMax) {
      group.parts.push(entry);
      group.bytes += bytes;
      continue;
    }
    if (group) batches.push(closeBatch(entry.stream, group.parts));
    open.set(entry.stream, { parts: [entry], bytes });
  }
  for (const [stream, group] of open) batches.push(closeBatch(stream, group.parts));
  return batches.sort((a, b) => a.from - b.from || (a.stream < b.stream ? -1 : a.stream > b.stream ? 1 : 0));
}

function closeBatch(stream: string, parts: readonly Entry[]): DemoBatch {
  const payload = Buffer.from(parts.map((p) => p.text).join('\n'));
  return { stream, payload, rows: parts.length, from: parts[0]!.at, to: parts.at(-1)!.at };
}

/** What each maker of events is given for one slot. */
export interface SlotContext {
  readonly estate: Estate;
  readonly slot: Slot;
  readonly sink: Sink;
  readonly present: readonly Presence[];
  /** Numbers of a named part of this slot, for one person or device if given. */
  rng(part: string, index?: number): Rng;
}

export const slotContext = (estate: Estate, slot: Slot, sink: Sink, present: readonly Presence[]): SlotContext => {
  const base = estate.rng.fork(`slot ${slot.from}`);
  return { estate, slot, sink, present, rng: (part, index = 0) => base.fork(`${part} ${index}`) };
};
