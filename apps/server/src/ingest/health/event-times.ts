import { sqlName, sqlString, type Lake } from '@sallyport/lake';
import { z } from 'zod';
import type { LoadedSegment } from '../loading.ts';

/** When the events of a stream's newest rows were. */
export interface EventTimes {
  readonly stream: string;
  /** ISO 8601. */
  readonly firstEventAt: string;
  readonly lastEventAt: string;
  /** Arrival less event time; negative when events are from the future. */
  readonly lagMedianSeconds: number;
  readonly lagP99Seconds: number;
}

/** Segments of a stream that are looked at, the newest. */
const segmentsMax = 8;
/** Streams looked at at once: a statement must not grow without bound. The others come next time. */
const streamsMax = 100;

interface Recent {
  readonly ids: string[];
  readonly tables: Set<string>;
}

const Row = z.tuple([z.string(), z.number(), z.number(), z.number(), z.number()]);

/** Remembers which segments were stored, and asks the lake when their events were. Imported files are left out: they are old on purpose. */
export class EventClock {
  readonly #streams = new Map<string, Recent>();

  add({ id, origin, rows }: LoadedSegment): void {
    const tables = Object.entries(rows).flatMap(([table, count]) =>
      table === 'DCRLogErrors' || count === 0 ? [] : [table],
    );
    if (origin.importId !== undefined || tables.length === 0) return;
    const known = this.#streams.get(origin.stream);
    if (known === undefined && this.#streams.size >= streamsMax) return;
    const recent = known ?? { ids: [], tables: new Set() };
    this.#streams.set(origin.stream, recent);
    recent.ids.push(id);
    if (recent.ids.length > segmentsMax) recent.ids.shift();
    for (const table of tables) recent.tables.add(table);
  }

  /** Of the streams that stored something since the last call. One statement over the segments' rows. */
  async look(lake: Lake): Promise<readonly EventTimes[]> {
    const streams = [...this.#streams];
    if (streams.length === 0) return [];
    this.#streams.clear();
    const parts = streams.flatMap(([stream, { ids, tables }]) =>
      [...tables].map(
        (table) =>
          `SELECT ${sqlString(stream)} AS stream, TimeGenerated AS event, dateDiff('millisecond', TimeGenerated, _IngestedAt) / 1000 AS lag` +
          ` FROM ${sqlName(table)} WHERE _SegmentId IN (${ids.map(sqlString).join(', ')})`,
      ),
    );
    const { rows } = await lake.query(
      `SELECT stream, toFloat64(toUnixTimestamp64Milli(min(event))), toFloat64(toUnixTimestamp64Milli(max(event))),
         round(quantile(0.5)(lag), 3), round(quantile(0.99)(lag), 3)
       FROM (${parts.join(' UNION ALL ')}) GROUP BY stream`,
      { operation: 'health', tables: [...new Set(streams.flatMap(([, { tables }]) => [...tables]))] },
    );
    return rows.map((row): EventTimes => {
      const [stream, first, last, lagMedianSeconds, lagP99Seconds] = Row.parse(row);
      return {
        stream,
        firstEventAt: new Date(first).toISOString(),
        lastEventAt: new Date(last).toISOString(),
        lagMedianSeconds,
        lagP99Seconds,
      };
    });
  }
}
