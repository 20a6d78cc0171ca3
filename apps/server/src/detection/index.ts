import { fileURLToPath } from 'node:url';
import type {
  detectionRoutes,
  exceptionRoutes,
  repositoryRoutes,
  sentinelRuleRoutes,
  sentinelWatchlistRoutes,
  watchlistRoutes,
} from '@sallyport/contracts';
import type { Queries } from '../hunting/index.ts';
import type { Incidents } from '../incidents/index.ts';
import type { Handlers } from '../platform/http/index.ts';
import type { Domain, Platform } from '../platform/types.ts';
import type { Workspace } from '../platform/workspaces/index.ts';
import { RuleCosts } from './costs.ts';
import { createCoverage, type AnomalyKind, type TableSources } from './coverage/index.ts';
import { exceptionHandlers, Exceptions, scheduleExpiry } from './exceptions/index.ts';
import { alertRuleHandlers } from './faces/alert-rules.ts';
import { sentinelWatchlistHandlers } from './faces/watchlists.ts';
import { scheduleForgetting } from './forget.ts';
import { scheduleLate } from './late.ts';
import { OwnRules } from './own-rules.ts';
import { RulePlaces } from './places.ts';
import { planAhead } from './plans/index.ts';
import { detectionHandlers } from './routes.ts';
import type { ArrivedSegment } from './rows/arrivals.ts';
import { Repositories, repositoryHandlers } from './repositories/index.ts';
import { loadRules, RuleRegistry, type AnalyticsRule, type LoadedRules } from './rules/index.ts';
import { windowOf } from './run/alerts.ts';
import { runRule, type RunOutcome } from './run/run.ts';
import { isEnabledHere, scheduleRules } from './schedule.ts';
import { Simulations } from './simulation/index.ts';
import { loadStates } from './store.ts';
import { RuleWorker, type OnRan } from './worker.ts';
import { sweep, type SweepOptions, type SweepResult } from './sweep/sweep.ts';
import { readItems, scheduleWatchlists, watchlistHandlers, Watchlists } from './watchlists/index.ts';
import { followRights, type RightsOf } from './rules/on-behalf-of.ts';

export {
  loadLogSources,
  loadRules,
  parseRule,
  readRuleFiles,
  type AnalyticsRule,
  type LoadedRules,
  type Problem,
  type ReadRuleFiles,
} from './rules/index.ts';
export { readLabels, type LabelledLog } from './conform/labels.ts';
export { countMatches, type Matches, type RowRule } from './conform/matches.ts';
export { readImport } from './rules/import/read.ts';
export type { ImportFile } from './rules/import/unpack.ts';
export { tryRules, type Trial } from './trial/index.ts';
export { evaluateItems, type ItemAlert } from './bench/evaluate-items.ts';
export { readSet } from './bench/forms.ts';
export type { LabelledItem, LabelledSet } from './bench/set.ts';
export { startBackfill } from './backfill/index.ts';
export { Exceptions } from './exceptions/index.ts';
export { noteArrival } from './rows/arrivals.ts';
export { evaluate as evaluateWindow } from './run/evaluate.ts';
export { queueDue } from './schedule.ts';
export { RuleWorker } from './worker.ts';
export { ownRuleStore } from './rules/store.ts';
export { huntingQueryStore } from './hunting-queries/store.ts';
export { alertCounts } from './store.ts';
export type { AnomalyKind, TableSources } from './coverage/index.ts';
export type { RunOutcome } from './run/run.ts';
export type { SweepOptions, SweepResult } from './sweep/sweep.ts';
export { Watchlists } from './watchlists/index.ts';

/** Loading where addresses are takes seconds: for rules that want to know. */
export const asksForPlaces = /\bgeo_info_from_ip_address\b|\b(?:Src|Dst)Geo[A-Z]/;

/** Where the rules that ship are. */
export const shippedRules = fileURLToPath(new URL('../../../../content/rules', import.meta.url));

/** The rules that ship do not change while a process runs. */
let loadedOnce: Promise<LoadedRules> | undefined;

export interface Detection extends Domain<Handlers<typeof detectionRoutes>> {
  /** See `followRights`: brings rules that run for people up to what these may see. */
  followRights(): Promise<number>;
  readonly watchlists: Handlers<typeof watchlistRoutes>;
  readonly exceptions: Handlers<typeof exceptionRoutes>;
  readonly repositories: Handlers<typeof repositoryRoutes>;
  /** For clients of Microsoft Sentinel. */
  readonly sentinel: {
    readonly rules: Handlers<typeof sentinelRuleRoutes>;
    readonly watchlists: Handlers<typeof sentinelWatchlistRoutes>;
  };
  /** All rules there are now: those that ship, and in front of them people's own. */
  readonly rules: LoadedRules;
  /** Tells of a segment whose rows are in the lake. Resolves when it is sure that the rules that look at rows as they arrive will. */
  arrived(segment: ArrivedSegment): Promise<void>;
  /** Runs one rule over the window that ends at `windowEnd`, and stores what it finds. Doing it again changes nothing. */
  runRule(rule: AnalyticsRule, windowEnd: Date): Promise<RunOutcome>;
  /** Runs rules (default: those that are enabled) over past time in a workspace (default: the first); see `sweep`. */
  sweep(
    options?: SweepOptions & {
      readonly rules?: readonly AnalyticsRule[];
      readonly workspaceId?: string | undefined;
    },
  ): Promise<SweepResult>;
}

export interface DetectionOptions {
  readonly queries: Queries;
  /** Those of a workspace beside the first. Default: there is one workspace. */
  readonly queriesOf?: (workspace: Workspace) => Promise<Queries>;
  readonly incidents: Incidents;
  /** What those who made rules may do now. Default: nobody looks. */
  readonly rightsOf?: RightsOf;
  /** Those that `queries` knows. Default: it knows none. */
  readonly watchlists?: Watchlists;
  /** Folders and files with rules. Default: those that ship. */
  readonly ruleFolders?: readonly string[];
  /** Run rules as time passes. Default true; replay runs them by `sweep` alone. */
  readonly scheduled?: boolean;
  /** Sources that bring rows, by table: what would close a gap of coverage. Default: none is known. */
  readonly tableSources?: () => Promise<TableSources>;
  /** Kinds of anomalies, which coverage counts beside rules. Default: none is known. */
  readonly anomalyKinds?: () => Promise<readonly AnomalyKind[]>;
}

const latenessBuckets = [1, 5, 15, 30, 60, 120, 300, 900, 3_600];

function ranObserver(metrics: Platform['metrics']): OnRan {
  const seconds = metrics.histogram(
    'rule_lateness_seconds',
    'Time from when a window of a rule was due until what it gave was stored',
    [],
    latenessBuckets,
  );
  const windows = metrics.counter('rule_windows_total', 'Windows of rules that were run, or needed no run', ['result']);
  return (result, lateSeconds) => {
    windows.inc({ result });
    if (lateSeconds !== undefined) seconds.observe(lateSeconds);
  };
}

/** Rules: import, schedule, run, alert. Reads the rules; what is wrong with some of them is logged, and the others run. */
export async function createDetection(platform: Platform, options: DetectionOptions): Promise<Detection> {
  const shipped = await (options.ruleFolders
    ? loadRules(options.ruleFolders)
    : (loadedOnce ??= loadRules([shippedRules])));
  for (const problem of shipped.problems.filter((one) => one.level === 'error'))
    platform.log.warn(problem, 'a rule was not loaded');
  const registry = new RuleRegistry(platform, shipped);
  await registry.refresh();
  const rulesNow = () => registry.rules();
  const exceptions = new Exceptions({ platform, queries: options.queries, rules: rulesNow });
  await exceptions.refresh();
  const parts = { platform, queries: options.queries, incidents: options.incidents, exceptions };
  const costs = new RuleCosts(platform, () => places.rules());
  const places: RulePlaces = new RulePlaces(parts, {
    rules: rulesNow,
    queriesOf: options.queriesOf ?? (() => Promise.resolve(options.queries)),
    onOpened: (place) => costs.count(place.parts.platform.lake),
  });
  const stopped = new AbortController();
  let planning: Promise<void> | undefined;
  const catchUp = async (): Promise<void> => {
    await registry.refresh();
    await places.catchUp();
  };
  const worker = new RuleWorker(parts, () => places.rules(), ranObserver(platform.metrics), places.partsOf, catchUp);
  if (options.scheduled !== false) {
    scheduleRules(
      parts,
      () => places.rules(),
      places.isLive,
      () => worker.wake(),
    );
    scheduleLate(platform, places);
    scheduleForgetting(parts, rulesNow);
    scheduleWatchlists(platform);
    scheduleExpiry(platform.jobs, exceptions);
  }
  const arrived = (segment: ArrivedSegment): Promise<void> =>
    options.scheduled === false ? Promise.resolve() : places.arrived(segment);
  const watchlists = options.watchlists ?? new Watchlists(platform);
  const own = new OwnRules({ platform, queries: options.queries, registry });
  const { rightsOf } = options;
  const ofMakers = async (): Promise<number> => (rightsOf ? followRights(platform, registry, rightsOf) : 0);
  if (options.scheduled !== false)
    platform.jobs.schedule('rule-rights', '* * * * *', async () => {
      await ofMakers();
    });
  const repositories = new Repositories({ platform, queries: options.queries, registry, own, watchlists });
  if (options.scheduled !== false) repositories.schedule();
  const coverage = createCoverage({
    platform,
    queries: options.queries,
    rules: rulesNow,
    sources: options.tableSources ?? (() => Promise.resolve(new Map())),
    anomalies: options.anomalyKinds ?? (() => Promise.resolve([])),
  });
  const simulations = new Simulations({ platform, queries: options.queries });
  if (options.scheduled !== false) simulations.define();
  return {
    get rules() {
      return registry.loaded();
    },
    watchlists: watchlistHandlers({
      watchlists,
      queries: options.queries,
      rules: rulesNow,
      now: () => platform.clock.now(),
    }),
    exceptions: exceptionHandlers({
      exceptions,
      database: platform.database,
      queries: options.queries,
      rules: rulesNow,
      now: () => platform.clock.now(),
    }),
    repositories: repositoryHandlers(platform, repositories),
    sentinel: {
      rules: alertRuleHandlers({ platform, registry, own }),
      watchlists: sentinelWatchlistHandlers({
        watchlists,
        items: readItems({ watchlists, queries: options.queries, now: () => platform.clock.now() }),
        isWorkspace: platform.workspaces.isFirst,
      }),
    },
    followRights: ofMakers,
    handlers: detectionHandlers(platform, options.queries, registry, own, coverage, simulations),
    arrived,
    runRule: (rule, windowEnd) => runRule(parts, rule, windowOf(rule, windowEnd)),
    sweep: async ({ rules, workspaceId, ...rest } = {}) => {
      const place = await places.in(workspaceId);
      const states = await loadStates(platform.database);
      const enabled = [...place.rules().values()].filter((rule) => isEnabledHere(rule, states));
      return sweep(place.parts, rules ?? enabled, rest);
    },
    start: async () => {
      // The first query builds the compiler's tables, a second and more: before anybody asks.
      options.queries.kql.readsOf('SecurityAlert');
      await registry.refresh();
      registry.follow();
      watchlists.follow();
      exceptions.follow();
      if (options.scheduled === false) return;
      await places.refresh();
      platform.outbox.onDelivered(({ table, rows, segmentId }) => arrived({ id: segmentId, rows: { [table]: rows } }));
      places.start();
      worker.start();
      costs.start();
      planning = planAhead(parts, () => [...rulesNow().values()].map(({ query }) => query), stopped.signal);
    },
    stop: async () => {
      stopped.abort();
      repositories.stop();
      await planning;
      await registry.stop();
      await watchlists.stop();
      await exceptions.stop();
      await worker.stop();
      await places.stop();
      await costs.stop();
      await costs.flush();
    },
  };
}
