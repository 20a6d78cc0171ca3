import { SallyportError } from '@sallyport/contracts';
import { sql, sqlIdentifier, sqlJoin, sqlString, type CompileOptions } from '@sallyport/kql';
import { isByArrival, type AnalyticsRule } from '../rules/index.ts';
import type { RuleWindow } from '../run/alerts.ts';
import { askRule, instant, limits } from '../run/evaluate.ts';
import { evaluationOf, type Evaluation } from '../run/evaluation.ts';
import type { Parts } from '../run/run.ts';
import { ResultTable } from '../run/table.ts';
import type { Hit, PassRows, SourceRules } from './pass.ts';
import { rulePrincipal } from '../rules/principal.ts';

type Source = NonNullable<CompileOptions['source']>;

/** Rows of some segments, `most` in all. What was stored before `since` is none of theirs: with it, the engine looks at few parts. */
export const ofSegments = (ids: readonly string[], since: Date, most?: number): PassRows => ({
  source: segmentsTable,
  params: { segments: ids, since: since.getTime() },
  ...(most === undefined ? {} : { most }),
});
const segmentsTable: Source = (table) =>
  sql`(SELECT * FROM ${sqlIdentifier(table.name)} WHERE _SegmentId IN {segments:Array(String)}
    AND _IngestedAt >= fromUnixTimestamp64Milli({since:Int64}, 'UTC'))`;

/** The same for one query: rows of these times (TimeGenerated as the engine writes it); of all, where there are none. */
export const atTimes =
  (ids: readonly string[], since: Date, times: readonly string[] | undefined): Source =>
  (table) => {
    const arrived = sql`_IngestedAt >= ${instant(since)}`;
    const own = sql`_SegmentId IN (${sqlJoin(ids.map(sqlString))}) AND ${arrived}`;
    const at = times?.map((time) => sql`toDateTime64(${sqlString(time)}, 7, 'UTC')`);
    const timed = at && at.length > 0 ? sql` AND TimeGenerated IN (${sqlJoin(at)})` : sql``;
    return sql`(SELECT * FROM ${sqlIdentifier(table.name)} WHERE ${own}${timed})`;
  };

/** What a rule makes of rows that the pass found: its own query over them, so that its alerts are what a run over them gives. */
export async function evaluateHit(
  { queries }: Pick<Parts, 'queries'>,
  { rule, times }: Pick<Hit<AnalyticsRule>, 'rule' | 'times'>,
  rows: (times?: readonly string[]) => Source,
  window: RuleWindow,
  signal?: AbortSignal,
): Promise<Evaluation> {
  const answer = await askRule(queries, rule, {
    now: window.to,
    source: rows(times),
    as: rulePrincipal(rule),
    operation: 'rule',
    limits,
    ...(signal ? { signal } : {}),
  });
  const table = new ResultTable(answer.columns, answer.rows);
  // The same rows are the same alert, whichever pass comes to them.
  const key = `rows ${(times ?? [window.to.toISOString()]).toSorted().join(' ')}`;
  const twice = !isByArrival(rule.kind);
  return evaluationOf(rule, window, table, { now: window.to, key, byRows: true, twice, cost: answer.statistics });
}

/** Whether it will pass: of the engine or the moment, not of a rule. */
export const isPassing = (error: unknown): boolean =>
  !(error instanceof SallyportError) || error.code === 'Unavailable' || error.code === 'TooManyRequests';

/**
 * The rules of a source that have something to find. Where they can't be asked together, since one of them breaks the statement, each counts as one that may: its
 * own run tells.
 */
export async function hitsOrAll(
  parts: Pick<Parts, 'platform' | 'queries'>,
  source: SourceRules<AnalyticsRule>,
  rows: PassRows,
  signal?: AbortSignal,
): Promise<readonly Pick<Hit<AnalyticsRule>, 'rule' | 'times'>[]> {
  try {
    const { lake } = parts.platform;
    const options = { who: 'rules', operation: 'rule', limits, ...(signal ? { signal } : {}) };
    return await source.hits({ lake, queries: parts.queries }, rows, options);
  } catch (err) {
    if (isPassing(err) || signal?.aborted) throw err;
    parts.platform.log.warn({ err, source: source.source, rules: source.rules.length }, 'rules are asked one by one');
    return source.rules.map((rule) => ({ rule, times: undefined }));
  }
}
