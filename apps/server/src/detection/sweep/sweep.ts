import { SallyportError } from '@sallyport/contracts';
import { alertsPerRaiseMax, type NewAlert } from '../../incidents/index.ts';
import type { AnalyticsRule } from '../rules/index.ts';
import { evaluate } from '../run/evaluate.ts';
import type { Parts } from '../run/run.ts';
import { saveRuns, type RunRecord } from '../store.ts';
import { binsOf, type BinOptions } from './bins.ts';
import { callOptions, planRule, type RulePlan, type Task } from './plan.ts';
import { quietRules } from './quiet.ts';
import { allWindows, segmentsIn, type Bin } from './windows.ts';

export interface SweepOptions extends Omit<BinOptions, 'from' | 'to'> {
  /** Time of the rows, TimeGenerated. Default: all time. */
  readonly from?: Date;
  readonly to?: Date;
  /** Until when a rule's own suppression keeps it quiet, ms since 1970, by rule. */
  readonly quietUntil?: ReadonlyMap<string, number>;
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
  readonly alerts: readonly NewAlert[];
  readonly run: RunRecord | undefined;
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
  const { tasks, queries } = await planTasks(parts, rules, skipped, fail, range);
  const segmentsOf = segmentFinder(parts, range, queries);

  const alertsBySegment = new Map<string, number>();
  const incidents = new Set<number>();
  const quietUntil = new Map<string, number>(options.quietUntil);
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
    const kept = found.filter((one) => one !== undefined).map((one) => suppress(one, quietUntil));
    for (const raised of await store(parts, kept)) {
      alerts += raised.alertIds.length;
      for (const number of raised.incidents) incidents.add(number);
      const fresh = new Set(raised.alertIds);
      for (const found of kept)
        for (const alert of found.alerts.filter((one) => fresh.has(one.id)))
          for (const segment of await segmentsOf(found.task.rule, alert))
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
  const quiet = await quietRules(parts, rules, options);
  await eachOf(
    rules.filter((rule) => !quiet.has(rule)),
    async (rule) => {
      try {
        planned.push({ rule, plan: await planRule(parts, rule, options) });
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
    tasks.push(...all.filter((window) => !known.has(window.to.getTime())).map((window) => ({ rule, window })));
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
  const { rows, alerts } =
    task.found ??
    (await evaluate(queries, task.rule, task.window, { ...callOptions({ ...allTime, ...options }), now }));
  const run: RunRecord = {
    ruleId: task.rule.id,
    windowFrom: task.window.from,
    windowTo: task.window.to,
    startedAt: now,
    elapsedSeconds: (performance.now() - started) / 1_000,
    rows,
    alerts: alerts.length,
  };
  return { task, alerts, run };
}

/** A rule's suppression, in the time of the windows. Call in order of time. */
function suppress(found: Found, quietUntil: Map<string, number>): Found {
  const { rule, window } = found.task;
  if (rule.suppression === 0 || found.alerts.length === 0) return found;
  if (window.to.getTime() <= (quietUntil.get(rule.id) ?? -Infinity)) return { ...found, alerts: [], run: undefined };
  quietUntil.set(rule.id, window.to.getTime() + rule.suppression * 1_000);
  return found;
}

/** Stores runs and alerts, in transactions of a bounded size. */
async function store({ platform, incidents }: Parts, found: readonly Found[]) {
  const alerts = found.flatMap((one) => one.alerts);
  const runs = found.flatMap((one) => one.run ?? []);
  const raised = [];
  for (let at = 0; at === 0 || at < alerts.length; at += alertsPerRaiseMax)
    raised.push(
      await platform.database.transaction(async (tx) => {
        if (at === 0) await saveRuns(tx, runs);
        return incidents.raise(alerts.slice(at, at + alertsPerRaiseMax), tx);
      }),
    );
  return raised;
}

/** Does `work` for each item, a few at a time. */
export async function eachOf<T>(items: readonly T[], work: (item: T, index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < items.length; index = next++) await work(items[index]!, index);
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, worker));
}
