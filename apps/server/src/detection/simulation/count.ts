import { SallyportError, type FiringSettings, type QueryResult } from '@sallyport/contracts';
import type { Queries } from '../../hunting/index.ts';
import type { Platform } from '../../platform/types.ts';
import { windowOf, type RuleWindow } from '../run/alerts.ts';
import { limits, rowsLookedAt } from '../run/evaluate.ts';
import { binnedQuery, windowColumn } from '../sweep/binned.ts';
import { binsOf, type WindowedRule } from '../sweep/bins.ts';
import { inlined } from '../sweep/inlined.ts';
import { mayGiveRowsOfNothing, rowLevelPart, type ColumnsOf } from '../sweep/row-level.ts';
import { binSeconds } from '../sweep/windows.ts';
import { systemPrincipal } from '../../platform/principal.ts';

export interface Cost {
  readonly queries: number;
  readonly elapsedSeconds: number;
  readonly rowsRead: number;
  readonly bytesRead: number;
}
export interface Counted {
  /** By window, in order of time. */
  readonly rows: readonly number[];
  readonly cost: Cost;
}

/** Windows of a rule that follow each other: `count` of them, the first of which ends at `firstTo`. */
export interface WindowRange {
  readonly firstTo: Date;
  readonly count: number;
}

export type SimulatedRule = WindowedRule & FiringSettings;
export interface CountParts {
  readonly platform: Pick<Platform, 'lake'>;
  readonly queries: Queries;
}

export const nothing: Cost = { queries: 0, elapsedSeconds: 0, rowsRead: 0, bytesRead: 0 };
export const plus = (a: Cost, b: Cost): Cost => ({
  queries: a.queries + b.queries,
  elapsedSeconds: a.elapsedSeconds + b.elapsedSeconds,
  rowsRead: a.rowsRead + b.rowsRead,
  bytesRead: a.bytesRead + b.bytesRead,
});
const costOf = ({ statistics }: QueryResult): Cost => ({
  queries: 1,
  elapsedSeconds: statistics.elapsedSeconds,
  rowsRead: statistics.rowsRead,
  bytesRead: statistics.bytesRead,
});

/** Bins of one answer; a rule of more is asked window by window. */
const binsMax = 200_000;
/** Far enough from any log: what a query says there is what it says over empty tables. */
const longAgo = new Date('1980-01-01T00:00:00Z');

export const windowAt = (rule: SimulatedRule, { firstTo }: WindowRange, index: number): RuleWindow =>
  windowOf(rule, new Date(firstTo.getTime() + index * rule.queryFrequency * 1_000));

/**
 * The rows that a rule finds in each window, by one query: where it looks at rows one by one they are counted in bins that make up the windows, where
 * it groups them and windows don't overlap the window is one more key. Undefined where neither would be the same as asking each window.
 * Throws as `Queries.run` does.
 */
export async function countAtOnce(
  parts: CountParts,
  rule: SimulatedRule,
  range: WindowRange,
  signal?: AbortSignal,
): Promise<Counted | undefined> {
  const query = atOnceQuery(
    rule,
    range,
    inlined(rule.query, parts.queries.functions()),
    (name) => parts.platform.lake.catalogue.get(name)?.columns,
  );
  if (!query) return undefined;
  const timespan = { from: windowAt(rule, range, 0).from, to: windowAt(rule, range, range.count - 1).to };
  let answer: QueryResult;
  try {
    answer = await ask(parts.queries, rule, query.text, { timespan, now: timespan.to, maxRows: binsMax, signal });
  } catch (error) {
    // A query of our making that makes no sense: it has taken TimeGenerated away.
    if (error instanceof SallyportError && error.code === 'InvalidQuery') return undefined;
    throw error;
  }
  if (answer.partial || answer.columns[0]?.type !== 'datetime') return undefined;
  const bins = new Map(answer.rows.map(([at, rows]) => [Date.parse(String(at)) / 1_000, Number(rows)]));
  const perWindow = rule.queryPeriod / query.binSeconds;
  const rows = Array.from({ length: range.count }, (_, index) => {
    const from = windowAt(rule, range, index).from.getTime() / 1_000;
    let sum = 0;
    for (let bin = 0; bin < perWindow; bin++) sum += bins.get(from + bin * query.binSeconds) ?? 0;
    return sum;
  });
  return { rows, cost: costOf(answer) };
}

/** The query that counts rows by the start of a bin, and the width of a bin. Windows begin and end with bins. */
function atOnceQuery(
  rule: SimulatedRule,
  range: WindowRange,
  text: string,
  tableColumns: ColumnsOf,
): { text: string; binSeconds: number } | undefined {
  const { queryFrequency: step, queryPeriod: period } = rule;
  const part = rowLevelPart(text, tableColumns);
  if (!part) return undefined;
  if (part.whole) {
    const width = greatestCommonDivisor(step, period);
    if (((range.count - 1) * step + period) / width > binsMax) return undefined;
    const bin = `bin_at(TimeGenerated, ${width}s, datetime(1970-01-01))`;
    return {
      text: `${part.text}\n| where isnotnull(TimeGenerated)\n| summarize Rows = count() by Bin = ${bin}\n| project Bin, Rows`,
      binSeconds: width,
    };
  }
  if (step !== period || mayGiveRowsOfNothing(rule.query)) return undefined;
  const binned = binnedQuery(part, step);
  return binned === undefined
    ? undefined
    : {
        text: `${binned}\n| summarize Rows = count() by ${windowColumn}\n| project ${windowColumn}, Rows`,
        binSeconds: step,
      };
}

/** The windows in which a rule's tables have rows that it looks at; the others need not be asked. Undefined where all must be. */
export async function windowsWithRows(
  parts: CountParts,
  rule: SimulatedRule,
  range: WindowRange,
  signal?: AbortSignal,
): Promise<ReadonlySet<number> | undefined> {
  if (mayGiveRowsOfNothing(rule.query)) return undefined;
  const whole = { from: windowAt(rule, range, 0).from, to: windowAt(rule, range, range.count - 1).to };
  const bins = await binsOf(parts.platform, parts.queries, rule, { ...whole, ...(signal ? { signal } : {}) });
  const minutes = bins.map(({ at }) => at);
  const found = new Set<number>();
  for (let index = 0, low = 0; index < range.count; index++) {
    const window = windowAt(rule, range, index);
    const [from, to] = [window.from.getTime() / 1_000, window.to.getTime() / 1_000];
    while (low < minutes.length && minutes[low]! + binSeconds <= from) low++;
    if (low < minutes.length && minutes[low]! < to) found.add(index);
  }
  return found;
}

/** The rows that a rule finds in one window, as its run would. Throws as `Queries.run` does. */
export async function countWindow(
  { queries }: CountParts,
  rule: SimulatedRule,
  window: RuleWindow,
  signal?: AbortSignal,
): Promise<{ rows: number; cost: Cost }> {
  const request = { timespan: window, now: window.to, signal };
  try {
    const answer = await ask(queries, rule, `${rule.query}\n| count`, { ...request, maxRows: 1 });
    return { rows: Number(answer.rows[0]?.[0] ?? 0), cost: costOf(answer) };
  } catch (error) {
    if (!(error instanceof SallyportError) || error.code !== 'InvalidQuery') throw error;
    // Something that nothing may follow, `render` above all.
    const answer = await ask(queries, rule, rule.query, { ...request, maxRows: rowsLookedAt(rule) });
    return { rows: answer.rows.length, cost: costOf(answer) };
  }
}

/** The rows that a rule finds where there are none. */
export const countNothing = (parts: CountParts, rule: SimulatedRule, signal?: AbortSignal) =>
  countWindow(parts, rule, windowOf(rule, longAgo), signal);

const ask = (
  queries: Queries,
  rule: SimulatedRule,
  query: string,
  request: { timespan: RuleWindow; now: Date; maxRows: number; signal: AbortSignal | undefined },
): Promise<QueryResult> =>
  queries.run({
    query,
    timespan: request.timespan,
    now: request.now,
    maxRows: request.maxRows,
    as: systemPrincipal(`rule ${rule.id}`),
    operation: 'rule',
    limits,
    ...(request.signal ? { signal: request.signal } : {}),
  });

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
