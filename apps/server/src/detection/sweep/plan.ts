import { SallyportError, triggers, type Cell } from '@sallyport/contracts';
import type { Queries } from '../../hunting/index.ts';
import type { Platform } from '../../platform/types.ts';
import type { AnalyticsRule } from '../rules/index.ts';
import { windowOf, type RuleWindow } from '../run/alerts.ts';
import { firesOnSingleRows } from '../rows/single.ts';
import { evaluate, rowsLookedAt } from '../run/evaluate.ts';
import { evaluationOf, type Evaluation } from '../run/evaluation.ts';
import { ResultTable } from '../run/table.ts';
import { binnedQuery, windowColumn } from './binned.ts';
import { binsOf, segmentsMax, type BinOptions } from './bins.ts';
import { inlined } from './inlined.ts';
import { mayGiveRowsOfNothing, rowLevelPart } from './row-level.ts';
import { binSeconds, windowsWithNews, type Bin } from './windows.ts';
import { rulePrincipal } from '../rules/principal.ts';

export interface Task {
  readonly rule: AnalyticsRule;
  readonly window: RuleWindow;
  /** What a run over the window gives, where that is known already. */
  readonly found?: Evaluation;
}

export interface RulePlan {
  readonly tasks: readonly Task[];
  /** Whether the rule raises an alert over empty tables. */
  readonly firesOnNothing: boolean;
  /** A query that reads what the rule reads and has been compiled: the rule's own, or the one for all windows at once. */
  readonly query: string;
}

type Parts = { readonly platform: Pick<Platform, 'lake' | 'clock'>; readonly queries: Queries };

/** Rows of a rule over all time that are cut into windows here. With more, its windows are asked one by one. */
const rowsAtOnceMax = 100_000;
const limits = { seconds: 300 };
/** Far enough from any log: what a query says there is what it says over empty tables. */
const longAgo = new Date('1980-01-01T00:00:00Z');

/**
 * The windows of a rule over past time in which there is something new to see. One query answers for all windows at once where the rule looks at rows one
 * by one; where only its beginning does, that beginning's rows say which windows are worth asking. `known`: its bins (`binsOf`) over `wholeWindows`, where somebody
 * has asked for them.
 */
export async function planRule(
  parts: Parts,
  rule: AnalyticsRule,
  time: BinOptions,
  known?: readonly Bin[],
): Promise<RulePlan> {
  const { segments, ...rest } = time;
  const few = segments !== undefined && segments.length <= segmentsMax;
  const options: BinOptions = { ...rest, ...wholeWindows(rule, time), ...(few ? { segments } : {}) };
  // A restriction to segments or to arrival is of the tables' rows, so it needs their own bins.
  const own =
    options.segments || options.arrived
      ? (known ?? (await binsOf(parts.platform, parts.queries, rule, options)))
      : undefined;
  if (own?.length === 0) return { tasks: [], firesOnNothing: false, query: rule.query };
  const wanted: Wanted = {
    after: time.from.getTime(),
    upTo: time.to.getTime() + rule.queryFrequency * 1_000,
    ends: own && new Set(windowsWithNews(rule, own).map((window) => window.to.getTime())),
  };
  const part = rowLevelPart(
    inlined(rule.query, parts.queries.functions()),
    (name) => parts.platform.lake.catalogue.get(name)?.columns,
  );
  const atOnce = part?.whole ? await rowsAtOnce(parts, rule, options) : undefined;
  if (atOnce)
    return {
      tasks: keep(tasksOfRows(parts, rule, atOnce), wanted),
      firesOnNothing: triggers(rule, 0),
      query: rule.query,
    };
  const binned = part && rule.queryFrequency === rule.queryPeriod ? binnedQuery(part, rule.queryFrequency) : undefined;
  const grouped = binned === undefined ? undefined : await askAtOnce(parts, rule, binned, options);
  if (grouped?.has(windowColumn) && !mayGiveRowsOfNothing(rule.query))
    return {
      tasks: keep(tasksOfGroups(parts, rule, grouped), wanted),
      firesOnNothing: triggers(rule, 0),
      query: binned ?? rule.query,
    };
  const bins =
    (part && (await binsOfPart(parts, rule, part.text, options))) ??
    own ??
    (await binsOf(parts.platform, parts.queries, rule, options));
  const firesOnNothing = mayGiveRowsOfNothing(rule.query)
    ? (await evaluate(parts.queries, rule, windowOf(rule, longAgo), callOptions(options))).alerts.length > 0
    : triggers(rule, 0);
  return {
    tasks: keep(
      windowsWithNews(rule, bins).map((window) => ({ rule, window })),
      wanted,
    ),
    firesOnNothing,
    query: rule.query,
  };
}

/** The time asked for, made longer to whole windows and what they look back on. */
export function wholeWindows(rule: AnalyticsRule, { from, to }: BinOptions): { from: Date; to: Date } {
  const step = rule.queryFrequency * 1_000;
  return {
    from: new Date(Math.floor(from.getTime() / step) * step - rule.queryPeriod * 1_000),
    to: new Date((Math.floor(to.getTime() / step) + 1) * step),
  };
}

/** Which windows are asked for: those whose newest part lies in the time, and of these some. */
interface Wanted {
  readonly after: number;
  readonly upTo: number;
  readonly ends: ReadonlySet<number> | undefined;
}
const keep = (tasks: readonly Task[], { after, upTo, ends }: Wanted): readonly Task[] =>
  tasks.filter(({ window }) => {
    const end = window.to.getTime();
    return end > after && end <= upTo && (ends?.has(end) ?? true);
  });

export const callOptions = ({ signal, source }: BinOptions) => ({
  ...(signal ? { signal } : {}),
  ...(source ? { source } : {}),
});

/** The rule's rows over the whole time; undefined when they are too many, or have no time of their own. */
async function rowsAtOnce(parts: Parts, rule: AnalyticsRule, options: BinOptions): Promise<ResultTable | undefined> {
  const table = await askAtOnce(parts, rule, rule.query, options);
  return table && hasTime(table.columns) ? table : undefined;
}

/** A query's answer over the whole time; undefined when that is too much, or the query (one of our making) makes no sense. */
async function askAtOnce(
  { queries }: Parts,
  rule: AnalyticsRule,
  query: string,
  options: BinOptions,
): Promise<ResultTable | undefined> {
  try {
    const answer = await queries.run({
      query,
      now: options.to,
      timespan: { from: options.from, to: options.to },
      maxRows: rowsAtOnceMax,
      as: rulePrincipal(rule),
      operation: 'rule',
      limits,
      ...callOptions(options),
    });
    return answer.partial ? undefined : new ResultTable(answer.columns, answer.rows);
  } catch (error) {
    if (!(error instanceof SallyportError)) throw error;
    // Too much at once may be little enough for each window.
    if (error.code === 'QueryLimitExceeded' || (error.code === 'InvalidQuery' && query !== rule.query))
      return undefined;
    throw error;
  }
}

/** Tasks from rows that are marked with the start of their window. */
function tasksOfGroups({ platform }: Parts, rule: AnalyticsRule, table: ResultTable): Task[] {
  const mark = table.columns.findIndex((column) => column.name === windowColumn);
  const columns = table.columns.toSpliced(mark, 1);
  const now = platform.clock.now();
  const groups = Map.groupBy(table.rows, (row) => table.time(row, windowColumn));
  return [...groups].flatMap(([start, marked]): Task[] => {
    if (start === undefined) return [];
    const rows = marked.slice(0, rowsLookedAt(rule)).map((row) => row.toSpliced(mark, 1));
    const window = windowOf(rule, new Date(start + rule.queryFrequency * 1_000));
    return [
      {
        rule,
        window,
        found: evaluationOf(rule, window, new ResultTable(columns, rows), { now }),
      },
    ];
  });
}

const hasTime = (columns: ResultTable['columns']): boolean =>
  columns.some((column) => column.name === 'TimeGenerated' && column.type === 'datetime');

function tasksOfRows(parts: Parts, rule: AnalyticsRule, table: ResultTable): Task[] {
  const timed = table.rows.flatMap((row): { at: number; row: readonly Cell[] }[] => {
    const at = table.time(row, 'TimeGenerated');
    return at === undefined ? [] : [{ at, row }];
  });
  const now = parts.platform.clock.now();
  const twice = firesOnSingleRows(parts, rule);
  const second = ({ at }: { at: number }) => Math.floor(at / 1_000);
  const bySecond = Map.groupBy(timed, second);
  const bins = [...bySecond.keys()].map((at) => ({ at, segments: [] }));
  // Windows that don't overlap: each row is in one, and needn't be looked for in all.
  const step = rule.queryFrequency;
  const byEnd =
    step === rule.queryPeriod
      ? Map.groupBy(timed, (one) => (Math.floor(second(one) / step) + 1) * step * 1_000)
      : undefined;
  return windowsWithNews(rule, bins, 1).map((window) => {
    const rows = (byEnd ? (byEnd.get(window.to.getTime()) ?? []) : timed)
      .filter(({ at }) => at >= window.from.getTime() && at < window.to.getTime())
      .map(({ row }) => row);
    const looked = rows.slice(0, rowsLookedAt(rule));
    return { rule, window, found: evaluationOf(rule, window, new ResultTable(table.columns, looked), { now, twice }) };
  });
}

/** The minutes in which the rule's beginning has rows; undefined when that can't be asked. */
async function binsOfPart(
  parts: Parts,
  rule: AnalyticsRule,
  part: string,
  options: BinOptions,
): Promise<Bin[] | undefined> {
  const query = `${part}\n| where isnotnull(TimeGenerated)\n| summarize by Minute = bin(TimeGenerated, 1m)`;
  const table = await askAtOnce(parts, rule, query, options);
  if (table?.columns[0]?.type !== 'datetime') return undefined;
  return table.rows
    .flatMap((row) => table.time(row, 'Minute') ?? [])
    .map((at) => ({ at: Math.floor(at / 1_000 / binSeconds) * binSeconds, segments: [] }))
    .toSorted((a, b) => a.at - b.at);
}
