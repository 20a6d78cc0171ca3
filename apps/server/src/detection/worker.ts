import { randomUUID } from 'node:crypto';
import { SallyportError } from '@sallyport/contracts';
import { countBackfill, feedBackfills, noteGap } from './backfill/store.ts';
import { healthRow } from './health.ts';
import { QuietWindows } from './quiet-windows.ts';
import type { RuleWindow } from './run/alerts.ts';
import { runProperties } from './run/health-properties.ts';
import { runRule, type Parts } from './run/run.ts';
import type { AnalyticsRule } from './rules/index.ts';
import { isEnabledHere } from './schedule.ts';
import { loadStates, noteSuccesses, saveRuns, type RunRecord } from './store.ts';
import {
  keepWindows,
  leaseMs,
  putOffWindows,
  releaseWindows,
  takeOut,
  takeWindows,
  type QueuedWindow,
} from './window-queue.ts';

/** Rules that one server runs at once: the engine uses all cores for each anyway. */
const rulesAtOnce = 2;
/** Windows taken at once. Most of them have nothing to look at, which is told for all of them together. */
const takenMax = 256;
/** What is not begun by then is given back, so that what has come due meanwhile and is more urgent gets its turn. */
const batchMs = 20_000;
/** Between two looks when there is nothing, and after a fault. */
const pollMs = 1_000;
const patienceMs = 5_000;
/** The lake was away. */
const putOffSeconds = 15;
/** What can't be run for so long is left, as a gap. */
const retryForMs = 24 * 3_600_000;

interface Taken {
  readonly queued: QueuedWindow;
  readonly rule: AnalyticsRule;
  readonly window: RuleWindow;
}
interface Checked extends Taken {
  /** No table that the rule reads has a row in it. */
  readonly isEmpty: boolean;
}

/** Told of each window: what became of it, and how long after it was due what it gave was stored; nothing of that for a back-fill. */
export type OnRan = (
  result: 'quiet' | 'succeeded' | 'failed' | 'suppressed' | 'resting',
  lateSeconds: number | undefined,
) => void;

/** Runs the windows that are in the queue, each once among all servers. */
export class RuleWorker {
  readonly #parts: Parts;
  readonly #rules: () => ReadonlyMap<string, AnalyticsRule>;
  readonly #server = randomUUID();
  readonly #stopping = new AbortController();
  readonly #partsOf: (rule: AnalyticsRule) => Parts;
  /** Of each workspace. */
  readonly #quiet = new Map<Parts, QuietWindows>();
  readonly #onRan: OnRan;
  readonly #catchUp: () => Promise<void>;
  #wake = new AbortController();
  #running: Promise<void> | undefined;

  /**
   * `partsOf`: what a rule runs over, where that is not `parts`. `catchUp`: learns of rules and workspaces that other servers have made, before a window is taken for one
   * of a rule that is no more.
   */
  constructor(
    parts: Parts,
    rules: () => ReadonlyMap<string, AnalyticsRule>,
    onRan: OnRan = () => undefined,
    partsOf: (rule: AnalyticsRule) => Parts = () => parts,
    catchUp: () => Promise<void> = () => Promise.resolve(),
  ) {
    this.#parts = parts;
    this.#rules = rules;
    this.#partsOf = partsOf;
    this.#onRan = onRan;
    this.#catchUp = catchUp;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Ends after the runs that are under way; the rest is given back. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  /** Something was put into the queue. */
  wake(): void {
    this.#wake.abort();
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#parts.platform;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      this.#wake = new AbortController();
      const { signal: woken } = this.#wake;
      try {
        if (await this.round()) continue;
        await clock.sleep(pollMs, AbortSignal.any([woken, signal]));
      } catch (err) {
        log.error({ err }, 'windows of rules could not be run; that is tried again');
        await clock.sleep(patienceMs, signal);
      }
    }
  }

  /** Takes windows and runs them. Answers whether there was something to do. */
  async round(): Promise<boolean> {
    const { database, clock, log } = this.#parts.platform;
    const queued = await takeWindows(database, { server: this.#server, max: takenMax });
    if (queued.length === 0) return feedBackfills(database, this.#rules(), clock.now());
    const keeping = setInterval(() => {
      keepWindows(database, this.#server).catch((err: unknown) =>
        log.warn({ err }, 'could not say that rules are being run'),
      );
    }, leaseMs / 4);
    try {
      const taken = await this.#withoutRulesThatAreOff(queued);
      await this.#runAll(await this.#withoutQuiet(taken));
    } finally {
      clearInterval(keeping);
    }
    return true;
  }

  /** Windows of rules that are no more, or were switched off since, are not run. */
  async #withoutRulesThatAreOff(queued: readonly QueuedWindow[]): Promise<readonly Taken[]> {
    const { database, clock } = this.#parts.platform;
    if (queued.some(({ ruleId }) => !this.#rules().has(ruleId))) await this.#catchUp();
    const rules = this.#rules();
    const states = await loadStates(database);
    const taken: Taken[] = [];
    const off: QueuedWindow[] = [];
    for (const one of queued) {
      const rule = rules.get(one.ruleId);
      if (rule && (one.backfill !== null || isEnabledHere(rule, states)))
        taken.push({ queued: one, rule, window: { from: one.from, to: one.to } });
      else off.push(one);
    }
    if (off.length > 0)
      await database.transaction(async (tx) => {
        for (const { ruleId, to } of await takeOut(tx, this.#server, off)) {
          const rule = rules.get(ruleId);
          if (rule) await noteGap(tx, { ruleId, ...endsOf(rule, to), reason: 'disabled', at: clock.now() });
        }
      });
    return taken;
  }

  /** Stores the runs of windows in which there is nothing to find, and answers the others. */
  async #withoutQuiet(taken: readonly Taken[]): Promise<readonly Checked[]> {
    const { log } = this.#parts.platform;
    const empty = new Set<Taken>();
    try {
      for (const some of Map.groupBy(taken, ({ rule }) => this.#partsOf(rule)).values())
        if (some[0]) for (const one of await this.#quietOf(some[0].rule).of(some)) empty.add(one);
    } catch (err) {
      if (!(err instanceof SallyportError)) throw err;
      log.warn({ err }, 'could not ask which tables have rows; rules are run one by one');
    }
    const checked = taken.map((one) => ({ ...one, isEmpty: empty.has(one) }));
    const needsNoRun = ({ rule, isEmpty }: Checked) => isEmpty && this.#quietOf(rule).isProven(rule);
    await this.#storeQuiet(checked.filter(needsNoRun));
    return checked.filter((one) => !needsNoRun(one));
  }

  #quietOf(rule: AnalyticsRule): QuietWindows {
    const parts = this.#partsOf(rule);
    const quiet = this.#quiet.get(parts) ?? new QuietWindows(parts);
    this.#quiet.set(parts, quiet);
    return quiet;
  }

  async #storeQuiet(quiet: readonly Taken[]): Promise<void> {
    if (quiet.length === 0) return;
    const { database, outbox, clock } = this.#parts.platform;
    const now = clock.now();
    const stored = await database.transaction(async (tx) => {
      const queued = quiet.map((one) => one.queued);
      const own = new Set(await takeOut(tx, this.#server, queued));
      const ran = quiet
        .filter((one) => own.has(one.queued))
        .map((one) => ({ ...one, run: emptyRun(one.rule, one.window, now) }));
      await saveRuns(
        tx,
        ran.map(({ run }) => run),
      );
      await noteSuccesses(tx, [...new Set(ran.map(({ rule }) => rule.id))]);
      await outbox.write(
        'SentinelHealth',
        ran.map(({ rule, run }) =>
          healthRow(rule, {
            now,
            status: 'Success',
            description: 'Rule executed successfully',
            properties: { ...runProperties(rule, run), QueryResultAmount: 0, AlertsGeneratedAmount: 0 },
          }),
        ),
        tx,
      );
      for (const [id, windows] of Map.groupBy(ran, (one) => one.queued.backfill))
        if (id !== null) await countBackfill(tx, id, { windows: windows.length, failed: 0, alerts: 0 });
      return ran;
    });
    for (const { queued } of stored) this.#note(queued, 'quiet');
  }

  /** Each rule's windows in order of time; a few rules at once, those with something to see first, and of these the most urgent. */
  async #runAll(windows: readonly Checked[]): Promise<void> {
    const started = performance.now();
    const all = [...Map.groupBy(windows, ({ rule }) => rule.id).values()];
    const [empty, full] = [all.filter(hasNoRow), all.filter((line) => !hasNoRow(line))];
    const lines = [...full, ...empty];
    const isOver = () => this.#stopping.signal.aborted || performance.now() - started > batchMs;
    let next = 0;
    const worker = async () => {
      while (next < lines.length && !isOver()) {
        const line = lines[next++]!;
        while (line.length > 0 && !isOver()) if (!(await this.#runOne(line.shift()!))) break;
      }
    };
    await Promise.all(Array.from({ length: Math.min(rulesAtOnce, lines.length) }, worker));
    const left = lines.flat().map(({ queued }) => queued);
    if (left.length > 0) await releaseWindows(this.#parts.platform.database, this.#server, left);
  }

  /** False when it is to be tried again later, and so are those after it. */
  async #runOne(one: Checked): Promise<boolean> {
    const { rule, window, queued, isEmpty } = one;
    const { log, database } = this.#parts.platform;
    const { backfill } = queued;
    try {
      if (isEmpty && this.#quietOf(rule).isProven(rule)) {
        await this.#storeQuiet([one]);
        return true;
      }
      const outcome = await runRule(this.#partsOf(rule), rule, window, {
        claim: async (tx) => (await takeOut(tx, this.#server, [queued])).length > 0,
        stored: async (tx, { alerts, failed }) => {
          if (backfill !== null) await countBackfill(tx, backfill, { windows: 1, failed: failed ? 1 : 0, alerts });
        },
      });
      if (outcome.state === 'failed') log.warn({ rule: rule.id, to: window.to, error: outcome.error }, 'a rule failed');
      if (outcome.state === 'succeeded' && outcome.rows === 0 && isEmpty) this.#quietOf(rule).proved(rule);
      if (outcome.state !== 'taken') this.#note(queued, outcome.state);
      return true;
    } catch (err) {
      log.warn({ err, rule: rule.id, to: window.to }, 'a window of a rule could not be run; that is tried again');
      if (this.#now() - queued.dueAt.getTime() > retryForMs && backfill === null) await this.#giveUp(rule, queued);
      else {
        await putOffWindows(database, [queued], putOffSeconds);
        await saveRuns(database, [
          { ...emptyRun(rule, window, this.#parts.platform.clock.now()), error: messageOf(err) },
        ]);
      }
      return false;
    }
  }

  async #giveUp(rule: AnalyticsRule, queued: QueuedWindow): Promise<void> {
    const { database, clock } = this.#parts.platform;
    await database.transaction(async (tx) => {
      for (const { ruleId, to } of await takeOut(tx, this.#server, [queued]))
        await noteGap(tx, { ruleId, ...endsOf(rule, to), reason: 'lake', at: clock.now() });
    });
  }

  #note({ dueAt, backfill }: QueuedWindow, result: Parameters<OnRan>[0]): void {
    this.#onRan(result, backfill === null ? Math.max(0, (this.#now() - dueAt.getTime()) / 1_000) : undefined);
  }

  #now(): number {
    return this.#parts.platform.clock.now().getTime();
  }
}

const hasNoRow = (line: readonly Checked[]): boolean => line.every(({ isEmpty }) => isEmpty);

const messageOf = (error: unknown): string =>
  error instanceof SallyportError ? error.message : 'it could not be run; the log of the server says why';

/** The one window that ends there, as ends of windows. */
const endsOf = (rule: AnalyticsRule, to: Date) => ({
  after: new Date(to.getTime() - rule.queryFrequency * 1_000),
  upto: to,
});

const emptyRun = (rule: AnalyticsRule, window: RuleWindow, now: Date): RunRecord => ({
  ruleId: rule.id,
  windowFrom: window.from,
  windowTo: window.to,
  startedAt: now,
  elapsedSeconds: 0,
  rows: 0,
  alerts: 0,
});
