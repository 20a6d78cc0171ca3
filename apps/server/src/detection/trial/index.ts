import { SallyportError } from '@sallyport/contracts';
import type { AnalyticsRule } from '../rules/index.ts';
import { isByArrival } from '../rules/index.ts';
import { windowOf } from '../run/alerts.ts';
import { runRule, type Parts } from '../run/run.ts';
import { comparisonsOf } from './literals.ts';
import { madeRows } from './made-rows.ts';

export interface Trial {
  /** Rules that were run. */
  readonly rules: number;
  /** Rows that were made for them. */
  readonly rows: number;
  /** Those whose query gave rows, and those that raised an alert. */
  readonly withRows: number;
  readonly withAlerts: number;
  readonly failed: readonly { readonly path: string; readonly code: string; readonly message: string }[];
}

export interface TrialOptions {
  /** Rows of each table for each rule. Default 24. */
  readonly rowsPerTable?: number;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Rules whose rows are stored together. */
const rulesAtOnce = 20;
/** Tables of one rule that get rows: a `union *` would want them all. */
const tablesMax = 40;

/**
 * Runs each rule once as on schedule, over rows that are made for the tables that it reads: values by column, and those that its query compares them with, so that
 * some pass its filters. Rows of other rules lie beside them. For a fresh workspace.
 */
export async function tryRules(
  parts: Parts,
  rules: readonly AnalyticsRule[],
  options: TrialOptions = {},
): Promise<Trial> {
  const failed: { path: string; code: string; message: string }[] = [];
  let [rows, withRows, withAlerts] = [0, 0, 0];
  for (let at = 0; at < rules.length; at += rulesAtOnce) {
    const some = rules.slice(at, at + rulesAtOnce);
    rows += await storeRows(parts, some, options.rowsPerTable ?? 24);
    for (const rule of some) {
      const end = endOf(rule, parts.platform.clock.now());
      try {
        const outcome = await runRule(parts, rule, windowOf(rule, end));
        if (outcome.state === 'failed') failed.push({ path: rule.path, code: outcome.failure, message: outcome.error });
        else if (outcome.state === 'succeeded') {
          withRows += Number(outcome.rows > 0);
          withAlerts += Number(outcome.alerts > 0);
        }
      } catch (error) {
        if (!(error instanceof SallyportError)) throw error;
        failed.push({ path: rule.path, code: error.code, message: error.message });
      }
    }
    options.onProgress?.(at + some.length, rules.length);
  }
  return { rules: rules.length, rows, withRows, withAlerts, failed };
}

/** The window ends now; that of a rule over what arrives takes in what has just come. */
const endOf = (rule: AnalyticsRule, now: Date): Date => new Date(now.getTime() + (isByArrival(rule.kind) ? 1_000 : 0));

async function storeRows(
  { platform, queries }: Parts,
  rules: readonly AnalyticsRule[],
  count: number,
): Promise<number> {
  const { lake, clock } = platform;
  const to = clock.now();
  const byTable = new Map<string, Readonly<Record<string, unknown>>[]>();
  for (const rule of rules) {
    const { from } = windowOf(rule, to);
    const comparisons = comparisonsOf(rule.query);
    const recentMs = Math.min(rule.queryFrequency, rule.queryPeriod) * 1_000;
    for (const name of tablesOf(queries, rule, to).slice(0, tablesMax)) {
      const table = lake.catalogue.get(name);
      const made = table ? madeRows(table, comparisons, { from, to, recentMs, count }) : [];
      byTable.set(name, [...(byTable.get(name) ?? []), ...made]);
    }
  }
  let stored = 0;
  for (const [table, made] of byTable) {
    await lake.insertRows(table, made);
    stored += made.length;
  }
  return stored;
}

/** None where it does not compile: its run tells. */
function tablesOf(queries: Parts['queries'], rule: AnalyticsRule, now: Date): readonly string[] {
  try {
    return [...new Set(queries.compile(rule.query, { now, noData: true }).reads.map(({ table }) => table))];
  } catch (error) {
    if (error instanceof SallyportError) return [];
    throw error;
  }
}
