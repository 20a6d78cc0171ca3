import { triggers } from '@sallyport/contracts';
import { sqlIdentifier, sqlString } from '@sallyport/kql';
import { z } from 'zod';
import type { RuleWindow } from './run/alerts.ts';
import { metConditions } from './met-conditions.ts';
import { readsBy } from './plans/index.ts';
import type { Parts } from './run/run.ts';
import type { AnalyticsRule } from './rules/index.ts';
import { mayGiveRowsOfNothing } from './sweep/row-level.ts';

/** Tables that one statement asks of. */
const tablesAtOnce = 200;
/** A second more on either side: bounds are compared as whole seconds. */
const marginMs = 1_000;

/** Rules that were run over a window without rows, and found none: they bring no rows of their own. By catalogue. */
type Proven = WeakMap<AnalyticsRule, string>;

interface Wanted {
  readonly rule: AnalyticsRule;
  readonly window: RuleWindow;
}

/**
 * Which windows need no run: none of the tables that the rule reads has a row of that time that its conditions want, so that its answer is that over empty tables, and that is
 * known to have no rows and to raise no alert. A rule that fires on absence, or that could bring rows of its own, is always run; so is an NRT rule, whose
 * windows are of arrival. Of a rule that calls functions which may bring rows, the first window without rows is run: what it gives is the proof for those
 * after it.
 */
export class QuietWindows {
  readonly #parts: Pick<Parts, 'platform' | 'queries'>;
  readonly #proven: Proven = new WeakMap();

  constructor(parts: Pick<Parts, 'platform' | 'queries'>) {
    this.#parts = parts;
  }

  /** Those of the windows in which there is no row for their rules. They need no run once their rule `isProven`. Throws as `lake.query` does. */
  async of<W extends Wanted>(windows: readonly W[]): Promise<ReadonlySet<W>> {
    const may = windows.filter(({ rule }) => mayBeQuiet(rule));
    const readsOf = await readsBy(
      this.#parts,
      may.map(({ rule }) => rule.query),
    );
    const candidates = may.flatMap((one) => {
      const reads = readsOf(one.rule.query);
      return reads ? [{ one, reads }] : [];
    });
    const times = await this.#timesOf(new Set(candidates.flatMap(({ reads }) => reads.map(({ table }) => table))));
    const filled = candidates.flatMap(({ one, reads }) =>
      reads.flatMap(({ table, condition }) => {
        const { from, to } = one.window;
        const range = times.get(table);
        const hasRows = range && range.first - marginMs < to.getTime() && range.last + marginMs >= from.getTime();
        return hasRows ? [{ one, window: one.window, table, condition }] : [];
      }),
    );
    // Of a rule that is run in any case there is nothing to ask.
    const asked = filled.filter(({ one }) => this.isProven(one.rule));
    const met = await metConditions(this.#parts, asked);
    const loud = new Set(filled.filter((read) => met.has(read) || !this.isProven(read.one.rule)).map(({ one }) => one));
    return new Set(candidates.flatMap(({ one }) => (loud.has(one) ? [] : one)));
  }

  isProven(rule: AnalyticsRule): boolean {
    const { kql } = this.#parts.queries;
    if (this.#proven.get(rule) === kql.version()) return true;
    const { tables, functions } = kql.dependsOn(rule.query);
    if (tables === undefined || functions.some(({ body }) => mayGiveRowsOfNothing(body))) return false;
    this.proved(rule);
    return true;
  }

  /** A window without rows was run and gave none. */
  proved(rule: AnalyticsRule): void {
    this.#proven.set(rule, this.#parts.queries.kql.version());
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

/** A rule that raises nothing over nothing. Items of watchlists are of no time, and not among the reads. */
const mayBeQuiet = (rule: AnalyticsRule): boolean =>
  rule.kind === 'Scheduled' &&
  !triggers(rule, 0) &&
  !mayGiveRowsOfNothing(rule.query) &&
  !rule.query.includes('_GetWatchlist');
