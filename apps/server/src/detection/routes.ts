import { SallyportError, type Rule, type RuleSummary, type detectionRoutes } from '@sallyport/contracts';
import type { Queries } from '../hunting/index.ts';
import { sightOf, type Sight } from '../incidents/index.ts';
import { requireCaller, type Handlers, type RequestContext } from '../platform/http/index.ts';
import type { Platform } from '../platform/types.ts';
import { historyHandlers } from './history-routes.ts';
import { benchRuns } from './bench/store.ts';
import { costsByDay, dayCosts } from './costs.ts';
import type { createCoverage } from './coverage/index.ts';
import type { OwnRules } from './own-rules.ts';
import { ownRuleHandlers } from './own-rules-routes.ts';
import type { Simulations } from './simulation/index.ts';
import type { AnalyticsRule, RuleRegistry } from './rules/index.ts';
import { adviceOf } from './run/failures.ts';
import { failuresMax } from './run/run.ts';
import { isEnabled } from './schedule.ts';
import { isResting } from './wake.ts';
import {
  alertCounts,
  lastRuns,
  loadState,
  loadStates,
  newestRuns,
  setEnabled,
  type Cost,
  type RuleState,
  type RunRow,
} from './store.ts';

/** Reference 04: the last 50 runs are shown. */
const runsShown = 50;
/** Days of cost that a rule's page shows. */
const costDays = 14;
const noCost: Cost = { cpuSeconds: 0, rowsRead: 0, bytesRead: 0 };
const costOnly = ({ cpuSeconds, rowsRead, bytesRead }: Cost): Cost => ({ cpuSeconds, rowsRead, bytesRead });

export function detectionHandlers(
  platform: Platform,
  queries: Queries,
  registry: RuleRegistry,
  own: OwnRules,
  coverage: ReturnType<typeof createCoverage>,
  simulations: Simulations,
): Handlers<typeof detectionRoutes> {
  const { database, clock } = platform;
  const rules = () => registry.rules();
  const bench = benchRuns(database);
  const tablesOf = tablesNamed(queries);
  const originOf = (id: string) => {
    const { own: text, template } = registry.originOf(id);
    return {
      origin: text ? ('own' as const) : ('shipped' as const),
      updateAvailable: template !== undefined && template.yaml !== text?.template_text,
    };
  };
  const found = (id: string): AnalyticsRule => {
    const rule = rules().get(id);
    if (!rule) throw new SallyportError('NotFound', `there is no rule ${id}`);
    return rule;
  };
  const sight = (context: RequestContext): Sight => sightOf(requireCaller(context), platform.workspaces);
  const getRule = async (context: RequestContext, id: string): Promise<Rule> => {
    const rule = found(id);
    const now = clock.now();
    const [state, runs, counts, today, costs] = await Promise.all([
      loadState(database, id),
      newestRuns(database, id, runsShown),
      alertCounts(database, sight(context)),
      dayCosts(database, now),
      costsByDay(database, id, costDays),
    ]);
    const whole: Rule = {
      ...toSummary(rule, {
        state,
        now,
        cost: today.get(id),
        last: runs[0],
        alerts: counts.get(id) ?? 0,
        tables: tablesOf(rule),
        ...originOf(id),
      }),
      description: rule.description,
      query: rule.query,
      triggerOperator: rule.triggerOperator,
      triggerThreshold: rule.triggerThreshold,
      eventGrouping: rule.eventGrouping,
      suppression: rule.suppression,
      suppressionFields: [...rule.suppressionFields],
      version: rule.version,
      failing: state?.failure
        ? {
            failure: state.failure,
            inARow: state.consecutive_failures,
            disabledAt: failuresMax,
            advice: adviceOf(state.failure, runs[0]?.error ?? ''),
          }
        : null,
      costs: costs.map(({ day, cpu_seconds, rows_read, bytes_read }) => ({
        day,
        cpuSeconds: cpu_seconds,
        rowsRead: rows_read,
        bytesRead: bytes_read,
      })),
      cpuSecondsPerDayMax: platform.config.ruleCpuSecondsPerDay,
      yaml: rule.yaml,
      runs: runs.map((run) => ({
        windowFrom: run.window_from.toISOString(),
        windowTo: run.window_to.toISOString(),
        startedAt: run.started_at.toISOString(),
        elapsedSeconds: run.elapsed_seconds,
        state: run.state,
        rows: run.rows_found,
        alerts: run.alerts,
        error: run.error,
        failure: run.failure,
        suppressed: run.suppressed,
        cost:
          run.cpu_seconds === null
            ? null
            : { cpuSeconds: run.cpu_seconds, rowsRead: run.rows_read ?? 0, bytesRead: run.bytes_read ?? 0 },
      })),
    };
    // What its runs found and read is about all of the data.
    return sight(context).scope.whole ? whole : { ...ofPart(whole), runs: [], costs: [], failing: null };
  };
  return {
    listBenchRuns: async () => ({ runs: await bench.list() }),
    getBenchRun: async (_, { params }) => {
      const report = await bench.get(params.id);
      if (!report) throw new SallyportError('NotFound', 'there is no such run');
      return report;
    },
    saveBenchRun: async (context, { body }) => {
      const run = await bench.save(body, requireCaller(context).name);
      context.audit({
        target: `test bench ${run.id}`,
        details: { sets: body.sets.map(({ name }) => name).slice(0, 100) },
      });
      return run;
    },
    getCoverage: (context, { query }) => coverage(query.days, requireCaller(context)),
    listRules: async (context) => {
      const now = clock.now();
      const { whole } = sight(context).scope;
      const [states, runs, counts, costs] = await Promise.all([
        loadStates(database),
        lastRuns(database),
        alertCounts(database, sight(context)),
        dayCosts(database, now),
      ]);
      return {
        rules: [...rules().values()].map((rule) => {
          const summary = toSummary(rule, {
            state: states.get(rule.id),
            now,
            cost: costs.get(rule.id),
            last: runs.get(rule.id),
            alerts: counts.get(rule.id) ?? 0,
            tables: tablesOf(rule),
            ...originOf(rule.id),
          });
          return whole ? summary : ofPart(summary);
        }),
        cost: {
          ...(whole ? [...costs.values()].reduce(added, noCost) : noCost),
          shared: costOnly((whole ? costs.get('') : undefined) ?? noCost),
          cpuSecondsMax: platform.config.rulesCpuSecondsPerDay,
        },
      };
    },
    getRule: (context, { params }) => getRule(context, params.id),
    updateRule: async (context, { params, body }) => {
      const rule = found(params.id);
      const by = requireCaller(context).name;
      await setEnabled(database, {
        ruleId: rule.id,
        enabled: body.enabled,
        reason: body.enabled ? null : `disabled by ${by}`,
        by,
        now: clock.now(),
      });
      context.audit({ target: `rule ${rule.id}`, details: { enabled: body.enabled, name: rule.name } });
      return getRule(context, rule.id);
    },
    ...ownRuleHandlers(own, registry),
    ...historyHandlers(rules, own, simulations, platform),
  };
}

/** What is left of a rule for those who see a part of the data: its errors, costs and rests tell of all rows. */
const ofPart = <T extends RuleSummary>(rule: T): T => ({
  ...rule,
  lastError: null,
  resting: null,
  costToday: noCost,
  disabledReason: rule.autoDisabled && rule.disabledReason !== null ? 'it failed again and again' : rule.disabledReason,
});

const added = (a: Cost, b: Cost): Cost => ({
  cpuSeconds: a.cpuSeconds + b.cpuSeconds,
  rowsRead: a.rowsRead + b.rowsRead,
  bytesRead: a.bytesRead + b.bytesRead,
});

/** The tables that a rule names. A rule is read once: pages ask for all of them again and again. */
function tablesNamed(queries: Queries): (rule: AnalyticsRule) => string[] {
  const known = new WeakMap<AnalyticsRule, string[]>();
  return (rule) => {
    const tables = known.get(rule) ?? [...queries.kql.namedTables(rule.query)];
    known.set(rule, tables);
    return tables;
  };
}

function toSummary(
  rule: AnalyticsRule,
  facts: {
    state: RuleState | undefined;
    now: Date;
    cost: Cost | undefined;
    last: RunRow | undefined;
    alerts: number;
    tables: string[];
  } & Pick<RuleSummary, 'origin' | 'updateAvailable'>,
): RuleSummary {
  const { state } = facts;
  const isOn = isEnabled(rule, state);
  return {
    id: rule.id,
    name: rule.name,
    kind: rule.kind,
    severity: rule.severity,
    tactics: [...rule.tactics],
    techniques: [...rule.techniques],
    enabled: isOn,
    queryFrequency: rule.queryFrequency,
    queryPeriod: rule.queryPeriod,
    tables: facts.tables,
    alertCount: facts.alerts,
    lastRunAt: facts.last?.started_at.toISOString() ?? null,
    lastRunState: facts.last?.state ?? 'never',
    lastError: facts.last?.error ?? null,
    disabledReason: isOn ? null : (state?.disabled_reason ?? null),
    autoDisabled: !isOn && state?.enabled === false && state.updated_by === 'system',
    resting: isResting(state, facts.now)
      ? { until: state?.resting_to?.toISOString() ?? facts.now.toISOString(), reason: state?.resting_reason ?? '' }
      : null,
    costToday: costOnly(facts.cost ?? noCost),
    origin: facts.origin,
    updateAvailable: facts.updateAvailable,
  };
}
