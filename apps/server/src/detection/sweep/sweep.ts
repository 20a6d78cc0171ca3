import { SallyportError } from '@sallyport/contracts';
import { alertsPerRaiseMax, type NewAlert, type Raised } from '../../incidents/index.ts';
import type { Queryable } from '../../platform/database/types.ts';
import type { AnalyticsRule } from '../rules/index.ts';
import { saveLeftOut } from '../exceptions/index.ts';
import { firesOnSingleRows } from '../rows/single.ts';
import { evaluate, type Evaluation } from '../run/evaluate.ts';
import { canFind, costOf, type Parts } from '../run/run.ts';
import { suppress } from '../run/suppression.ts';
import { saveRuns, type RunRecord } from '../store.ts';
import { binsOf, type BinOptions } from './bins.ts';
import { concernedBy, newsOf } from './news.ts';
import { callOptions, planRule, type RulePlan, type Task } from './plan.ts';
import { quietRules } from './quiet.ts';
import { allWindows, segmentsIn, type Bin } from './windows.ts';

export interface SweepOptions extends Omit<BinOptions, 'from' | 'to'> {
  /** Time of the rows, TimeGenerated. Default: all time. */
  readonly from?: Date;
  readonly to?: Date;
  readonly onProgress?: (progress: {
    readonly done: number;
    readonly total: number;
    readonly alerts: number;
    readonly incidents: readonly number[];
  }) => void;
}

export interface SweepResult {
  readonly windows: number;
  /** New alerts: those that were there already don't count. */
  readonly alerts: number;
  readonly incidents: readonly number[];
  /** New alerts by the segment that brought the rows of their time; an alert counts for each of its segments. */
  readonly alertsBySegment: ReadonlyMap<string, number>;
  /** Rules that could not be run, and why; each was given up at its first fault. */
  readonly failures: readonly { readonly ruleId: string; readonly ruleName: string; readonly message: string }[];
  /** What was left out, in words. */
  readonly skipped: readonly string[];
  readonly elapsedSeconds: number;
}

interface Found {
  readonly task: Task;
  readonly evaluation: Evaluation;
  readonly run: RunRecord;
}
interface Stored {
  readonly raised: Raised;
  readonly alerts: readonly { readonly rule: AnalyticsRule; readonly alert: NewAlert }[];
}

/** Queries side by side: the engine uses all cores for each anyway. */
const concurrency = 4;
/** Windows between two transactions. */
const chunkWindows = 64;
/** A rule that fires on absence is run in this many windows, the newest. */
const absenceWindowsMax = 100;
export const allTime = { from: new Date('1990-01-01T00:00:00Z'), to: new Date('2100-01-01T00:00:00Z') };

/**
 * Runs rules over past time as if it passed: each rule in the windows in which there is something new to see, alerts in order of time over all rules.
 * Doing it again changes nothing. Rules over tables of our own making (`SecurityAlert`, …) don't see what the same sweep makes.
 */
export async function sweep(
  parts: Parts,
  rules: readonly AnalyticsRule[],
  options: SweepOptions = {},
): Promise<SweepResult> {
  const started = performance.now();
  const failures: { ruleId: string; ruleName: string; message: string }[] = [];
  const failed = new Set<string>();
  const fail = (rule: AnalyticsRule, error: unknown): void => {
    if (!(error instanceof SallyportError) || error.code === 'Unavailable' || options.signal?.aborted) throw error;
    if (!failed.has(rule.id)) failures.push({ ruleId: rule.id, ruleName: rule.name, message: error.message });
    failed.add(rule.id);
  };

  const skipped: string[] = [];
  const range = { ...allTime, ...options };
  const { tasks, queries } = await planTasks(parts, rules.filter(canFind(parts.platform)), skipped, fail, range);
  const segmentsOf = segmentFinder(parts, range, queries);

  const alertsBySegment = new Map<string, number>();
  const incidents = new Set<number>();
  let alerts = 0;
  for (let at = 0; at < tasks.length; at += chunkWindows) {
    options.signal?.throwIfAborted();
    const found: Found[] = [];
    const chunk = tasks.slice(at, at + chunkWindows);
    await eachOf(chunk, async (task, index) => {
      if (failed.has(task.rule.id)) return;
      try {
        found[index] = await runTask(parts, task, options);
      } catch (error) {
        fail(task.rule, error);
      }
    });
    // In order of time: a rule's suppression lets the first window alert.
    for (const stored of await store(
      parts,
      found.filter((one) => one !== undefined),
    )) {
      alerts += stored.raised.alertIds.length;
      for (const number of stored.raised.incidents) incidents.add(number);
      const fresh = new Set(stored.raised.alertIds);
      for (const { rule, alert } of stored.alerts.filter((one) => fresh.has(one.alert.id)))
        for (const segment of await segmentsOf(rule, alert))
          alertsBySegment.set(segment, (alertsBySegment.get(segment) ?? 0) + 1);
    }
    options.onProgress?.({
      done: Math.min(at + chunkWindows, tasks.length),
      total: tasks.length,
      alerts,
      incidents: [...incidents],
    });
  }
  return {
    windows: tasks.length,
    alerts,
    incidents: [...incidents].toSorted((a, b) => a - b),
    alertsBySegment,
    failures,
    skipped,
    elapsedSeconds: (performance.now() - started) / 1_000,
  };
}

/** All windows to run, in order of time and then of rule. */
async function planTasks(
  parts: Parts,
  rules: readonly AnalyticsRule[],
  skipped: string[],
  fail: (rule: AnalyticsRule, error: unknown) => void,
  options: BinOptions,
): Promise<{ tasks: Task[]; queries: ReadonlyMap<string, string> }> {
  const planned: { rule: AnalyticsRule; plan: RulePlan }[] = [];
  const concerned = await concernedBy(parts, rules, options);
  const quiet = await quietRules(parts, concerned, options);
  const asked = concerned.filter((rule) => !quiet.has(rule));
  const news = await newsOf(parts, asked, options);
  await eachOf(
    asked.filter((rule) => news.get(rule)?.length !== 0),
    async (rule) => {
      try {
        // An exception marks rows and takes none away, so what is new is the same.
        const applied = parts.exceptions?.apply(rule) ?? rule;
        planned.push({ rule, plan: await planRule(parts, applied, options, news.get(rule)) });
      } catch (error) {
        fail(rule, error);
      }
    },
  );
  const tasks = planned.flatMap(({ plan }) => plan.tasks);
  // Windows that nothing was in were run when they were due.
  const absent = options.arrived ? [] : planned.filter(({ plan }) => plan.firesOnNothing);
  const ends = tasks.map((task) => task.window.to.getTime());
  for (const { rule, plan } of ends.length > 0 ? absent : []) {
    const known = new Set(plan.tasks.map((task) => task.window.to.getTime()));
    const first = ends.reduce((a, b) => Math.min(a, b));
    const last = ends.reduce((a, b) => Math.max(a, b));
    const all = allWindows(rule, { from: new Date(first - 1), to: new Date(last) }, absenceWindowsMax);
    const asked = parts.exceptions?.apply(rule) ?? rule;
    tasks.push(...all.filter((window) => !known.has(window.to.getTime())).map((window) => ({ rule: asked, window })));
    if (all.length === absenceWindowsMax)
      skipped.push(
        `rule ${rule.id} fires on absence: only its newest ${absenceWindowsMax} windows without rows were run`,
      );
  }
  const sorted = tasks.toSorted(
    (a, b) =>
      a.window.to.getTime() - b.window.to.getTime() || (a.rule.id < b.rule.id ? -1 : a.rule.id > b.rule.id ? 1 : 0),
  );
  return { tasks: sorted, queries: new Map(planned.map(({ rule, plan }) => [rule.id, plan.query])) };
}

/** Tells which segments brought the rows of an alert's time. A rule's tables are asked once, when its first alert is there. */
function segmentFinder({ platform, queries }: Parts, options: BinOptions, compiled: ReadonlyMap<string, string>) {
  const bins = new Map<string, Promise<readonly Bin[]>>();
  return async (rule: AnalyticsRule, alert: NewAlert): Promise<Set<string>> => {
    const own = bins.get(rule.id) ?? binsOf(platform, queries, rule, options, compiled.get(rule.id));
    bins.set(rule.id, own);
    return segmentsIn(await own, alert.startTime, alert.endTime);
  };
}

async function runTask({ platform, queries }: Parts, task: Task, options: SweepOptions): Promise<Found> {
  const now = platform.clock.now();
  const started = performance.now();
  const evaluation =
    task.found ??
    (await evaluate(queries, task.rule, task.window, {
      ...callOptions({ ...allTime, ...options }),
      now,
      twice: firesOnSingleRows({ platform, queries }, task.rule),
    }));
  const run: RunRecord = {
    ruleId: task.rule.id,
    windowFrom: task.window.from,
    windowTo: task.window.to,
    startedAt: now,
    elapsedSeconds: (performance.now() - started) / 1_000,
    ...costOf(evaluation),
    rows: evaluation.rows,
    alerts: evaluation.alerts.length,
  };
  return { task, evaluation, run };
}

/** Stores runs and alerts, in transactions of a bounded size. The alerts of a run are stored with the note that keeps its rule quiet. */
async function store({ platform, incidents }: Parts, found: readonly Found[]): Promise<Stored[]> {
  const stored: Stored[] = [];
  for (let at = 0; at < found.length;) {
    let size = found[at]!.evaluation.alerts.length;
    let end = at + 1;
    while (end < found.length && size + found[end]!.evaluation.alerts.length <= alertsPerRaiseMax)
      size += found[end++]!.evaluation.alerts.length;
    const group = found.slice(at, end);
    stored.push(await platform.database.transaction((tx) => storeSome({ platform, incidents }, group, tx)));
    at = end;
  }
  return stored;
}

async function storeSome(
  { platform, incidents }: Pick<Parts, 'platform' | 'incidents'>,
  found: readonly Found[],
  tx: Queryable,
): Promise<Stored> {
  const now = platform.clock.now();
  const alerts: Stored['alerts'][number][] = [];
  const runs: RunRecord[] = [];
  for (const { task, evaluation, run } of found) {
    const loud = await suppress(tx, task.rule, task.window.to, evaluation, now);
    await saveLeftOut(tx, evaluation.leftOut, now);
    alerts.push(...loud.map((alert) => ({ rule: task.rule, alert })));
    runs.push({ ...run, alerts: loud.length, suppressed: evaluation.alerts.length - loud.length });
  }
  await saveRuns(tx, runs);
  const raised = await incidents.raise(
    alerts.map(({ alert }) => alert),
    tx,
  );
  return { raised, alerts };
}

/** Does `work` for each item, a few at a time. */
export async function eachOf<T>(items: readonly T[], work: (item: T, index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < items.length; index = next++) await work(items[index]!, index);
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, worker));
}
