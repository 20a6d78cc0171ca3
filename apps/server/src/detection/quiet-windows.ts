import { SallyportError, triggers } from '@sallyport/contracts';
import { sqlIdentifier, sqlString } from '@sallyport/kql';
import { z } from 'zod';
import type { RuleWindow } from './run/alerts.ts';
import type { Parts } from './run/run.ts';
import type { AnalyticsRule } from './rules/index.ts';
import { mayGiveRowsOfNothing } from './sweep/row-level.ts';

/** Tables that one statement asks of. */
const tablesAtOnce = 200;
/** A second more on either side: bounds are compared as whole seconds. */
const marginMs = 1_000;

interface Known {
  /** Of the catalogue that it was read with. */
  readonly version: string;
  readonly tables: readonly string[];
  /** It was run over a window without rows, and found none: it brings no rows of its own. */
  isProven: boolean;
}

interface Wanted {
  readonly rule: AnalyticsRule;
  readonly window: RuleWindow;
}

/**
 * Which windows need no run: none of the tables that the rule reads has a row of that time, so that its answer is that over empty tables, and that is
 * known to have no rows and to raise no alert. A rule that fires on absence, or that could bring rows of its own, is always run; so is an NRT rule, whose
 * windows are of arrival. The first window without rows is run: what it gives is the proof for those after it.
 */
export class QuietWindows {
  readonly #parts: Pick<Parts, 'platform' | 'queries'>;
  readonly #known = new WeakMap<AnalyticsRule, Known>();

  constructor(parts: Pick<Parts, 'platform' | 'queries'>) {
    this.#parts = parts;
  }

  /** Those of the windows in which there is no row. They need no run once their rule `isProven`. Throws as `lake.query` does. */
  async of<W extends Wanted>(windows: readonly W[]): Promise<ReadonlySet<W>> {
    const candidates = windows.flatMap((one) => {
      const known = this.#knownOf(one.rule);
      return known ? [{ one, known }] : [];
    });
    const times = await this.#timesOf(new Set(candidates.flatMap(({ known }) => known.tables)));
    const quiet = new Set<W>();
    for (const { one, known } of candidates) {
      const { from, to } = one.window;
      const hasRows = known.tables.some((table) => {
        const range = times.get(table);
        return range !== undefined && range.first - marginMs < to.getTime() && range.last + marginMs >= from.getTime();
      });
      if (!hasRows) quiet.add(one);
    }
    return quiet;
  }

  isProven(rule: AnalyticsRule): boolean {
    return this.#known.get(rule)?.isProven === true;
  }

  /** A window without rows was run and gave none. */
  proved(rule: AnalyticsRule): void {
    const known = this.#known.get(rule);
    if (known) known.isProven = true;
  }

  #knownOf(rule: AnalyticsRule): Known | undefined {
    if (rule.kind !== 'Scheduled' || triggers(rule, 0) || mayGiveRowsOfNothing(rule.query)) return undefined;
    // Its items are of no time, and not among the reads.
    if (rule.query.includes('_GetWatchlist')) return undefined;
    const { platform, queries } = this.#parts;
    const { version } = platform.lake.kqlCatalogue();
    const before = this.#known.get(rule);
    if (before?.version === version) return before;
    try {
      const { reads } = queries.compile(rule.query, { now: platform.clock.now(), noData: true });
      const known = { version, tables: [...new Set(reads.map(({ table }) => table))], isProven: false };
      this.#known.set(rule, known);
      return known;
    } catch (error) {
      // Its own run tells what is wrong.
      if (error instanceof SallyportError) return undefined;
      throw error;
    }
  }

  /** First and last TimeGenerated of tables that have rows, milliseconds. The engine knows them of each part. */
  async #timesOf(wanted: ReadonlySet<string>): Promise<Map<string, { first: number; last: number }>> {
    const { lake } = this.#parts.platform;
    const filled = lake.kqlCatalogue().tables.filter(({ name, empty }) => wanted.has(name) && !empty);
    const Row = z.tuple([z.string(), z.number(), z.number()]);
    const found = new Map<string, { first: number; last: number }>();
    for (let at = 0; at < filled.length; at += tablesAtOnce) {
      const asked = filled.slice(at, at + tablesAtOnce).map(({ name }) => {
        const table = sqlIdentifier(name).text;
        const at = (edge: 'min' | 'max') =>
          `toInt64(toUnixTimestamp(ifNull(${edge}(TimeGenerated), toDateTime64(0, 7, 'UTC'))))`;
        return `SELECT ${sqlString(name).text} AS name, ${at('min')} AS first, ${at('max')} AS last FROM ${table} HAVING count() > 0`;
      });
      const { rows } = await lake.query(asked.join('\nUNION ALL\n'), { who: 'rules', operation: 'rule' });
      for (const row of rows) {
        const [name, first, last] = Row.parse(row);
        found.set(name, { first: first * 1_000, last: (last + 1) * 1_000 });
      }
    }
    return found;
  }
}
