import { sqlName, sqlString, type Lake } from '@sallyport/lake';
import { z } from 'zod';
import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { RowSink } from '../../platform/outbox/types.ts';
import type { LoadedSegment } from '../loading.ts';
import type { IngestMetrics } from '../metrics.ts';
import { savingsTable } from './policy.ts';

/** A sender whose events had a time that could not be. */
export interface WrongClock {
  readonly table: string;
  /** As its rows name it; empty where they do not. */
  readonly sender: string;
  readonly rows: number;
  /** Of its last such event: how far its time was ahead of ours; negative when behind. */
  readonly offsetSeconds: number;
}

/** How often it is looked, and how often at most one sender is told of. */
const lookEveryMs = 60_000;
const tellEveryMs = 3_600_000;
const sendersMax = 200;
const tablesMax = 200;
/** Columns that name a sender, in this order. */
const senderColumns = ['Computer', 'DeviceName', 'HostName', 'DvcHostname'];

const Row = z.tuple([z.string(), z.number(), z.number()]);

/** Tells of senders whose clock is off, as rows of `SentinelHealth`. What arrived is looked at once a minute, and only tables that got rows. */
export class ClockWatch {
  readonly #lake: Lake;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #outbox: RowSink;
  readonly #metrics: IngestMetrics;
  readonly #loaded = new Set<string>();
  readonly #told = new Map<string, number>();
  #since: string | undefined;

  constructor(options: { lake: Lake; clock: Clock; log: Log; outbox: RowSink; metrics: IngestMetrics }) {
    this.#lake = options.lake;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#outbox = options.outbox;
    this.#metrics = options.metrics;
  }

  add({ origin, rows }: LoadedSegment): void {
    if (origin.framing === 'import') return;
    for (const [table, count] of Object.entries(rows))
      if (count > 0 && table !== 'DCRLogErrors' && table !== savingsTable && this.#loaded.size < tablesMax)
        this.#loaded.add(table);
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#clock.sleep(lookEveryMs, signal);
      if (signal.aborted) return;
      await this.look().catch((err: unknown) => this.#log.warn({ err }, 'could not look at senders’ clocks'));
    }
  }

  /** Looks at what arrived since the last look, and writes of senders that were not told of within the hour. */
  async look(): Promise<readonly WrongClock[]> {
    const tables = [...this.#loaded];
    this.#loaded.clear();
    // The engine's clock says when rows arrive, so it says from when to look too.
    const [[until] = []] = (await this.#lake.query(`SELECT toString(now64(7, 'UTC'))`)).rows;
    const since = this.#since;
    this.#since = z.string().parse(until);
    const found: WrongClock[] = [];
    for (const table of tables) found.push(...(await this.#lookAt(table, since)));
    this.#metrics.retimed(found.reduce((sum, { rows }) => sum + rows, 0));
    const now = this.#clock.now();
    const news = found.filter((one) => (this.#told.get(keyOf(one)) ?? 0) <= now.getTime() - tellEveryMs);
    if (news.length > 0)
      await this.#outbox.write(
        'SentinelHealth',
        news.map((one) => healthRow(one, now)),
      );
    for (const [key, at] of this.#told) if (at <= now.getTime() - tellEveryMs) this.#told.delete(key);
    for (const one of news) this.#told.set(keyOf(one), now.getTime());
    return found;
  }

  async #lookAt(table: string, since: string | undefined): Promise<WrongClock[]> {
    const columns = this.#lake.catalogue.get(table)?.columns ?? [];
    const sender = senderColumns.find((name) => columns.some((c) => c.name === name && c.type === 'string'));
    const from = since === undefined ? `now64(7) - toIntervalMinute(5)` : `toDateTime64(${sqlString(since)}, 7, 'UTC')`;
    const { rows } = await this.#lake.query(
      `SELECT ${sender === undefined ? `''` : sqlName(sender)} AS s, count(), argMax(dateDiff('second', _IngestedAt, assumeNotNull(_TimeGiven)), _IngestedAt)
       FROM ${sqlName(table)} WHERE _IngestedAt >= ${from} AND _TimeGiven IS NOT NULL GROUP BY s ORDER BY count() DESC LIMIT ${sendersMax}`,
      { operation: 'data' },
    );
    return rows.map((row) => {
      const [name, count, offsetSeconds] = Row.parse(row);
      return { table, sender: name, rows: count, offsetSeconds };
    });
  }
}

const keyOf = ({ table, sender }: WrongClock): string => `${table} ${sender}`;

/** https://learn.microsoft.com/azure/sentinel/health-table-reference */
function healthRow({ table, sender, rows, offsetSeconds }: WrongClock, now: Date) {
  const way = offsetSeconds > 0 ? 'ahead of' : 'behind';
  return {
    TimeGenerated: now,
    OperationName: 'Sender clock',
    Status: 'Warning',
    Description: `${rows} events of ${sender === '' ? 'a sender' : sender} for ${table} had a time ${Math.abs(offsetSeconds)} s ${way} ours; they have the time of their arrival`,
    Reason: 'TimeGenerated can’t be',
    SentinelResourceId: `${table}/${sender}`,
    SentinelResourceKind: 'Table',
    SentinelResourceName: sender === '' ? table : sender,
    SentinelResourceType: 'Data connector',
    ExtendedProperties: { Table: table, Sender: sender, Rows: rows, OffsetSeconds: offsetSeconds },
    SourceSystem: 'Sallyport',
    Type: 'SentinelHealth',
  };
}
