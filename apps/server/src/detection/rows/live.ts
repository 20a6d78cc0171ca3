import { alertsPerRunMax, SallyportError } from '@sallyport/contracts';
import { sql, sqlIdentifier, sqlInteger } from '@sallyport/kql';
import { alertsPerRaiseMax, type NewAlert } from '../../incidents/index.ts';
import type { Queryable } from '../../platform/database/types.ts';
import { saveLeftOut } from '../exceptions/index.ts';
import type { AnalyticsRule } from '../rules/index.ts';
import { instant, limits, type Evaluation } from '../run/evaluate.ts';
import { arrivedLatestMs, liveSince } from '../run/alerted-rows.ts';
import { classOf } from '../run/failures.ts';
import { gently } from '../plans/index.ts';
import { costOf, recordFailure, type Parts } from '../run/run.ts';
import { isQuiet, suppress } from '../run/suppression.ts';
import { isEnabledHere } from '../schedule.ts';
import { loadStates, noteSuccess, saveRuns, type RuleState, type RunRecord } from '../store.ts';
import { forgetOld, lookedAt, noteArrival, waiting, type ArrivedSegment, type WaitingSegment } from './arrivals.ts';
import { atTimes, evaluateHit, hitsOrAll, isPassing, ofSegments } from './find.ts';
import { plannerOf, type RowPlan, type RowPlanner } from './plan.ts';
import type { Hit, PassRows, SourceRules } from './pass.ts';
import { sourcesWithRows } from './probe.ts';
import { settleRound, settlingRoundsMax } from './settle.ts';
import { firesOnSingleRows } from './single.ts';

/** Between two looks when there is nothing, and after a fault. */
const pollMs = 1_000;
const patienceMs = 5_000;
/** After a pass, as long as it took, so that many rules take no more than half of the time. More segments go into the next one then. */
const restMsMax = 2_000;
/** So long at least, measuring and settling go on after a pass. */
const tendMsMin = 500;
/** Rows of a segment are in the table at most this long before it is told of. */
const loadTimeMs = 15 * 60_000;
const measuredRows = 200_000;
/** Sources whose sets of patterns are kept apart: those that had rows last. */
const activeMax = 40;
const forgetEveryMs = 3_600_000;

/**
 * NRT rules that look at rows one by one, over each row once, as it arrives; and scheduled ones that fire on single rows, ahead of their windows, which then leave out what
 * was alerted of here. A segment is noted in the database before the spool or the outbox lets go of it, and
 * taken off the list in the transaction that stores what its rows gave: so no row is missed and none looked at twice, whatever is killed when.
 */
export class LiveRows {
  readonly #parts: Parts;
  readonly #rules: () => ReadonlyMap<string, AnalyticsRule>;
  readonly #planner: RowPlanner;
  readonly #workspaceId: string | undefined;
  readonly #stopping = new AbortController();
  #plan: RowPlan | undefined;
  /** What the plan was made of: the compiler's names, and the rules themselves, since a changed rule keeps its id. */
  #plannedOf: { readonly version: string; readonly rules: readonly AnalyticsRule[] } | undefined;
  #others: ReadonlySet<string> | undefined;
  /** Sources that had rows, and of which the texts are to be measured when there is time. */
  readonly #toMeasure = new Set<SourceRules<AnalyticsRule>>();
  /** Sources that had rows, newest last: their sets of patterns are to stay prepared in the engine beside each other. */
  readonly #active = new Set<SourceRules<AnalyticsRule>>();
  #roundsOfSettling = 0;
  #wake = new AbortController();
  #running: Promise<void> | undefined;
  #forgottenAt = 0;

  /** `workspaceId`: the workspace that `parts` are of; undefined for the first. */
  constructor(parts: Parts, rules: () => ReadonlyMap<string, AnalyticsRule>, workspaceId?: string) {
    this.#parts = parts;
    this.#workspaceId = workspaceId;
    this.#rules = rules;
    this.#planner = plannerOf(parts.queries, parts.platform);
  }

  /** Whether the rule is run here and needs no windows. Until rules are planned, every NRT rule may be. */
  runs(rule: AnalyticsRule): boolean {
    return rule.kind === 'NRT' && this.#others?.has(rule.id) !== true;
  }

  /** Resolves when it is sure that the segment will be looked at. */
  async arrived(segment: ArrivedSegment): Promise<void> {
    if (![...this.#rules().values()].some((rule) => this.#mayLook(rule))) return;
    await noteArrival(this.#parts.platform.database, segment, this.#parts.platform.clock.now());
    this.#wake.abort();
  }

  #mayLook(rule: AnalyticsRule): boolean {
    return rule.kind === 'NRT' || firesOnSingleRows(this.#parts, rule);
  }

  start(): void {
    this.#running ??= this.#run();
  }
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#parts.platform;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      this.#wake = new AbortController();
      let wait = pollMs;
      let isIdle = true;
      const started = performance.now();
      try {
        const looked = await this.look();
        const tended = await this.#tend(performance.now() - started);
        isIdle = !looked && !tended;
        if (!isIdle) wait = Math.min(restMsMax, performance.now() - started);
      } catch (err) {
        if (signal.aborted) return;
        log.error({ err }, 'rows that arrived could not be looked at; that is tried again');
        wait = patienceMs;
        isIdle = false;
      }
      await clock.sleep(wait, isIdle ? AbortSignal.any([this.#wake.signal, signal]) : signal);
    }
  }

  /** Looks at what waits, as much as one pass takes. Answers whether there was something. */
  async look(): Promise<boolean> {
    const { database, clock } = this.#parts.platform;
    const now = clock.now();
    if (now.getTime() - this.#forgottenAt > forgetEveryMs) {
      this.#forgottenAt = now.getTime();
      await forgetOld(database, now);
    }
    const states = await loadStates(database);
    const plan = await this.#planned(states);
    const segments = await waiting(database, this.#workspaceId);
    if (segments.length === 0) return false;
    const tables = new Set(segments.flatMap((one) => one.tables));
    const resting = new Set([...states.values()].flatMap(({ rule_id, resting_to }) => (resting_to ? [rule_id] : [])));
    const pass = new Pass(this.#parts, resting, segments, now, this.#stopping.signal);
    for (const source of await pass.sources(plan, tables)) {
      await pass.over(source);
      if (source.isUnmeasured) this.#toMeasure.add(source);
      this.#active.delete(source);
      this.#active.add(source);
      if (this.#active.size > activeMax) this.#active.delete(this.#active.values().next().value!);
    }
    await pass.store();
    return true;
  }

  /** Does what makes later passes cheaper, for as long as the pass took: rows may come without end, so that no time is free. Answers whether there was something. */
  async #tend(passMs: number): Promise<boolean> {
    const until = performance.now() + Math.max(tendMsMin, passMs);
    let tended = false;
    while (performance.now() < until && !this.#stopping.signal.aborted) {
      if (!(await this.#measureOne()) && !(await this.#settle())) break;
      tended = true;
    }
    return tended;
  }

  /** Measures how frequent texts are in the newest rows of one source. Answers whether there was one to measure. */
  async #measureOne(): Promise<boolean> {
    const [source] = this.#toMeasure;
    if (source === undefined) return false;
    this.#toMeasure.delete(source);
    if (this.#plan?.sources.includes(source) !== true) return true;
    const { lake, log, clock } = this.#parts.platform;
    const newest = ofNewest(new Date(clock.now().getTime() - loadTimeMs));
    await source
      .measure({ lake, queries: this.#parts.queries }, newest, { who: 'rules', operation: 'rule' })
      .catch((err: unknown) => {
        if (isPassing(err)) throw err;
        log.warn({ err, source: source.source }, 'how frequent texts are in its rows could not be measured');
      });
    return true;
  }

  /** One round of `settleRound`. Answers whether another is worth it. */
  async #settle(): Promise<boolean> {
    for (const source of this.#active) if (this.#plan?.sources.includes(source) !== true) this.#active.delete(source);
    const active = [...this.#active];
    if (active.every(({ isSettled }) => isSettled)) {
      this.#roundsOfSettling = 0;
      return false;
    }
    if (++this.#roundsOfSettling > settlingRoundsMax) {
      for (const source of active) source.moveApart([]);
      return false;
    }
    return settleRound(active, this.#parts.platform, {
      who: 'rules',
      operation: 'rule',
      limits,
      signal: this.#stopping.signal,
    });
  }

  async #planned(states: ReadonlyMap<string, RuleState>): Promise<RowPlan> {
    const { log } = this.#parts.platform;
    const apply = this.#parts.exceptions?.apply ?? ((rule: AnalyticsRule) => rule);
    const enabled = [...this.#rules().values()].filter((r) => this.#mayLook(r) && isEnabledHere(r, states));
    const rules = enabled.map(apply);
    const version = this.#parts.queries.kql.version();
    const before = this.#plannedOf;
    const same = before?.version === version && before.rules.length === rules.length;
    if (this.#plan && same && rules.every((rule, i) => rule === before.rules[i])) return this.#plan;
    const pause = gently();
    const plan = await this.#planner.plan(rules, {
      before: this.#plan,
      pause: async () => {
        await pause();
        this.#stopping.signal.throwIfAborted();
      },
    });
    const others = plan.others.filter(({ rule }) => rule.kind === 'NRT');
    for (const { rule, fault } of others)
      if (this.#others?.has(rule.id) !== true) log.info({ rule: rule.id, fault }, 'a rule is run over windows');
    this.#others = new Set(others.map(({ rule }) => rule.id));
    this.#plan = plan;
    this.#plannedOf = { version, rules };
    return plan;
  }
}

const ofNewest = (since: Date): PassRows => ({
  source: (table) =>
    sql`(SELECT * FROM ${sqlIdentifier(table.name)} WHERE _IngestedAt >= ${instant(since)} LIMIT ${sqlInteger(measuredRows)})`,
});

type RowsAtTimes = Parameters<typeof evaluateHit>[2];

/** One look at some segments. */
class Pass {
  readonly #parts: Parts;
  readonly #resting: ReadonlySet<string>;
  readonly #ids: readonly string[];
  readonly #most: number;
  readonly #since: Date;
  readonly #now: Date;
  readonly #signal: AbortSignal;
  readonly #runs: { readonly rule: AnalyticsRule; readonly found: Evaluation; readonly run: RunRecord }[] = [];
  readonly #failed: { readonly rule: AnalyticsRule; readonly run: RunRecord }[] = [];

  constructor(
    parts: Parts,
    resting: ReadonlySet<string>,
    segments: readonly WaitingSegment[],
    now: Date,
    signal: AbortSignal,
  ) {
    this.#parts = parts;
    this.#resting = resting;
    this.#ids = segments.map((one) => one.segment_id);
    this.#most = segments.reduce((sum, { rows }) => sum + Number(rows), 0);
    this.#since = new Date(Math.min(...segments.map((one) => one.arrived_at.getTime())) - loadTimeMs);
    this.#now = now;
    this.#signal = signal;
  }

  /** The sources that have rows here. */
  async sources(plan: RowPlan, tables: ReadonlySet<string>): Promise<readonly SourceRules<AnalyticsRule>[]> {
    const options = { who: 'rules', operation: 'rule', limits, signal: this.#signal };
    try {
      return await sourcesWithRows(this.#parts, plan.sources, tables, ofSegments(this.#ids, this.#since), options);
    } catch (err) {
      if (isPassing(err)) throw err;
      this.#parts.platform.log.warn({ err }, 'all sources of rows are asked');
      return plan.sources;
    }
  }

  async over(source: SourceRules<AnalyticsRule>): Promise<void> {
    const rows = (times?: readonly string[]) => atTimes(this.#ids, this.#since, times);
    const window = { from: this.#since, to: this.#now };
    const arrived = ofSegments(this.#ids, this.#since, this.#most);
    for (const hit of await hitsOrAll(this.#parts, source, arrived, this.#signal)) {
      const { rule } = hit;
      // What it misses is asked when it wakes.
      if (this.#resting.has(rule.id)) continue;
      if (await isQuiet(this.#parts.platform.database, rule, this.#now)) continue;
      if (rule.kind === 'Scheduled') {
        await this.#ahead(hit, rows);
        continue;
      }
      const started = performance.now();
      const run = (found: Pick<RunRecord, 'rows' | 'alerts' | 'error' | 'failure' | 'cost'>): RunRecord => ({
        ruleId: rule.id,
        windowFrom: window.from,
        windowTo: window.to,
        startedAt: this.#now,
        elapsedSeconds: (performance.now() - started) / 1_000,
        ...found,
      });
      try {
        const found = await evaluateHit(this.#parts, hit, rows, window, this.#signal);
        if (found.rows === 0 && found.leftOut.length === 0) continue;
        this.#runs.push({ rule, found, run: run({ ...costOf(found), rows: found.rows, alerts: found.alerts.length }) });
      } catch (error) {
        if (isPassing(error) || !(error instanceof SallyportError)) throw error;
        this.#failed.push({ rule, run: run({ rows: 0, alerts: 0, error: error.message, failure: classOf(error) }) });
      }
    }
  }

  /**
   * A scheduled rule ahead of its window: the first alert at once, or one a row as far as a run would make; what is more, or is old, or can't be told apart, is left to its
   * windows, and so are faults and what exceptions leave out.
   */
  async #ahead({ rule, times }: Pick<Hit<AnalyticsRule>, 'rule' | 'times'>, rows: RowsAtTimes): Promise<void> {
    const { database } = this.#parts.platform;
    const oldest = new Date(this.#now.getTime() - arrivedLatestMs);
    const recent = times?.filter((time) => Date.parse(time.replace(' ', 'T').replace(/Z?$/, 'Z')) >= oldest.getTime());
    if (!recent || recent.length === 0) return;
    const room =
      (rule.eventGrouping === 'SingleAlert' ? 1 : alertsPerRunMax(rule)) -
      (await liveSince(database, rule.id, new Date(this.#now.getTime() - rule.queryFrequency * 1_000)));
    if (room <= 0) return;
    const started = performance.now();
    const window = { from: oldest, to: this.#now };
    try {
      const found = await evaluateHit(this.#parts, { rule, times: recent }, rows, window, this.#signal);
      if (found.alerts.length === 0 || found.keys.length === 0 || found.alerts.length > room) return;
      const run = {
        ruleId: rule.id,
        windowFrom: this.#since,
        windowTo: this.#now,
        startedAt: this.#now,
        elapsedSeconds: (performance.now() - started) / 1_000,
        ...costOf(found),
        rows: found.rows,
        alerts: found.alerts.length,
      };
      this.#runs.push({ rule, found: { ...found, leftOut: [] }, run });
    } catch (error) {
      if (isPassing(error) || !(error instanceof SallyportError)) throw error;
    }
  }

  /** Stores all in one transaction, with the segments taken off the list. */
  async store(): Promise<void> {
    const { database, log } = this.#parts.platform;
    const stored = await database.transaction(async (tx) => {
      if (!(await lookedAt(tx, this.#ids, this.#now))) return false;
      const alerts = await this.#loud(tx);
      for (let at = 0; at < alerts.length; at += alertsPerRaiseMax)
        await this.#parts.incidents.raise(alerts.slice(at, at + alertsPerRaiseMax), tx);
      return true;
    });
    if (!stored) return;
    for (const { rule, run } of this.#failed) {
      log.warn({ rule: rule.id, error: run.error }, 'a rule failed');
      await recordFailure(this.#parts.platform, rule, run);
    }
  }

  /** Notes the runs, and answers the alerts that their rules' suppression lets through. */
  async #loud(tx: Queryable): Promise<readonly NewAlert[]> {
    const alerts: NewAlert[] = [];
    const runs: RunRecord[] = [];
    for (const { rule, found, run } of this.#runs) {
      const loud = await suppress(tx, rule, this.#now, found, this.#now, 'arrived');
      alerts.push(...loud);
      await saveLeftOut(tx, found.leftOut, this.#now);
      runs.push({ ...run, alerts: loud.length, suppressed: found.alerts.length - loud.length });
      await noteSuccess(tx, rule.id, this.#now);
    }
    await saveRuns(tx, runs);
    return alerts;
  }
}
