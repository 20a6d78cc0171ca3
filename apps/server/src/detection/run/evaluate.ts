import { sql, sqlIdentifier, sqlInteger, type CompileOptions, type Sql } from '@sallyport/kql';
import type { Queries, QueryRequest } from '../../hunting/index.ts';
import { exceptionColumn } from '../exceptions/left-out.ts';
import type { AnalyticsRule } from '../rules/index.ts';
import type { RuleWindow } from './alerts.ts';
import { evaluationOf, type Evaluation } from './evaluation.ts';
import { ResultTable } from './table.ts';
import { rulePrincipal } from '../rules/principal.ts';

export type { Evaluation } from './evaluation.ts';

export interface EvaluateOptions {
  /** When the alerts are made; default the window's end. */
  readonly now?: Date;
  readonly signal?: AbortSignal;
  /** What base tables are read from instead. */
  readonly source?: CompileOptions['source'];
  /** The window is of the time of arrival (`_IngestedAt`), as for NRT rules, not of TimeGenerated. */
  readonly byArrival?: boolean;
  /** Its rows may be looked at as they arrive, too. Default false. */
  readonly twice?: boolean;
}

/** Rows of a run that are looked at. A rule that gives more has found nothing in particular; the threshold is still counted right. */
const rowsMax = 10_000;
export const rowsLookedAt = (rule: Pick<AnalyticsRule, 'triggerThreshold'>): number =>
  Math.max(rowsMax, rule.triggerThreshold + 1);
/** One run may not hold the engine longer. */
export const limits = { seconds: 120 };

/**
 * Asks a rule's query over a window and makes its alerts, without storing them. `now()` in the query is the window's end. Throws SallyportError as
 * `Queries.run` does.
 */
export async function evaluate(
  queries: Queries,
  rule: AnalyticsRule,
  window: RuleWindow,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  const answer = await askRule(queries, rule, {
    now: window.to,
    ...(options.byArrival
      ? { source: arrivedIn(window) }
      : rule.kind === 'ThreatIntelligence'
        ? { source: besideIndicators(window) }
        : { timespan: window }),
    ...(options.source ? { source: options.source } : {}),
    as: rulePrincipal(rule),
    operation: 'rule',
    limits,
    ...(options.signal ? { signal: options.signal } : {}),
  });
  return evaluationOf(rule, window, new ResultTable(answer.columns, answer.rows), {
    now: options.now ?? window.to,
    byRows: options.byArrival ?? false,
    twice: options.twice ?? false,
    cost: answer.statistics,
  });
}

/**
 * Asks a rule's query, as many rows of it as are looked at. Where those under an exception are so many that others may have been cut off, it is asked for the others
 * alone as well.
 */
export async function askRule(
  queries: Pick<Queries, 'run'>,
  rule: AnalyticsRule,
  request: Omit<QueryRequest, 'query' | 'maxRows'>,
): ReturnType<Queries['run']> {
  const maxRows = rowsLookedAt(rule);
  const answer = await queries.run({ ...request, query: rule.query, maxRows });
  const mark = answer.columns.findIndex(({ name }) => name === exceptionColumn);
  if (mark < 0 || answer.rows.length < maxRows) return answer;
  const query = `${rule.query}\n| where isempty(${exceptionColumn})`;
  const others = await queries.run({ ...request, query, maxRows });
  return { ...answer, rows: [...others.rows, ...answer.rows.filter((row) => row[mark] !== '')] };
}

/** What arrived in a window, of each table. */
const arrivedIn =
  ({ from, to }: RuleWindow): NonNullable<CompileOptions['source']> =>
  (table) =>
    sql`(SELECT * FROM ${sqlIdentifier(table.name)} WHERE _IngestedAt >= ${instant(from)} AND _IngestedAt < ${instant(to)})`;

/** The tables of a window, and all indicators there are, however long ago they came. */
const besideIndicators =
  ({ from, to }: RuleWindow): NonNullable<CompileOptions['source']> =>
  (table) =>
    table.name === 'ThreatIntelIndicators' || !table.columns.some(({ name }) => name === 'TimeGenerated')
      ? undefined
      : sql`(SELECT * FROM ${sqlIdentifier(table.name)} WHERE TimeGenerated >= ${instant(from)} AND TimeGenerated < ${instant(to)})`;

/** A moment as the engine's own type. */
export const instant = (at: Date): Sql => sql`fromUnixTimestamp64Milli(${sqlInteger(at.getTime())}, 'UTC')`;
