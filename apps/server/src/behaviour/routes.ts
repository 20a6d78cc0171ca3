import {
  SallyportError,
  type AnomalyConfig,
  type AnomalyStatus,
  type AnomalyTemplate as Shown,
  type anomalyRoutes,
} from '@sallyport/contracts';
import { requireCaller, type Handlers } from '../platform/http/index.ts';
import type { AnomalyTemplate } from './content.ts';
import { ruleIdOf, type AnomalyRule } from './query.ts';
import { anomaliesOf, countAnomalies, learnedDays, readAnomalies, shownColumns } from './read.ts';
import { checkedValues, loadSettings, type RuleSetting, type Settings } from './rules.ts';
import { preview, type Parts } from './run.ts';
import { learnAgain } from './schedule.ts';
import { deleteRule, loadRuns, progress, saveRule, type RunRow } from './store.ts';
import { dayMs } from './windows.ts';
import type { Principal } from '../platform/principal.ts';

/** Anomalies that a template's settings show the number of. */
const countedDays = 14;
/** Of a preview. */
const examplesMax = 50;

export function anomalyHandlers(parts: Parts): Handlers<typeof anomalyRoutes> {
  const { platform, queries, content } = parts;
  const { clock, database } = platform;

  const found = (id: string): AnomalyTemplate => {
    const template = content.anomalies.get(id);
    if (!template) throw new SallyportError('NotFound', `there is no anomaly template ${id}`);
    return template;
  };
  const facts = async (as: Principal) => {
    const to = clock.now();
    const from = new Date(to.getTime() - countedDays * dayMs);
    const [settings, runs, counts] = await Promise.all([
      loadSettings(database, content),
      loadRuns(database),
      countAnomalies(queries, { from, to, as }),
    ]);
    return { settings, runs: new Map(runs.map((run) => [run.part, run])), counts };
  };
  type Facts = Awaited<ReturnType<typeof facts>>;
  const shown = (template: AnomalyTemplate, { settings, runs, counts }: Facts): Shown => {
    const { production, flight } = settings.get(template.id) ?? noSettings(template);
    const config = (setting: RuleSetting) => {
      const id = ruleIdOf(template.id, setting.rule.status);
      return toConfig(setting, runs.get(id), counts.get(id) ?? 0);
    };
    const { id, name, version, kind, description, tactics, techniques, tables, parameters, query } = template;
    return {
      id,
      name,
      version,
      kind,
      description,
      tactics,
      techniques,
      tables,
      parameters,
      query,
      production: config(production),
      flight: flight ? config(flight) : null,
    };
  };
  const showOne = async (id: string, as: Principal): Promise<Shown> => shown(found(id), await facts(as));

  return {
    listAnomalies: async (context, { query }) => {
      const now = clock.now();
      const from = new Date(now.getTime() - query.days * dayMs);
      const as = requireCaller(context);
      return readAnomalies(queries, { ...query, from, to: now }, { as, now, signal: context.signal });
    },

    listAnomalyTemplates: async (context) => {
      const [known, place, days] = await Promise.all([
        facts(requireCaller(context)),
        progress(database).read(),
        learnedDays(queries, clock.now()),
      ]);
      const templates = [...content.anomalies.values()]
        .map((template) => shown(template, known))
        .toSorted((a, b) => a.name.localeCompare(b.name, 'en'));
      return { templates, judgedTo: place?.doneTo.toISOString() ?? null, learnedDays: days };
    },

    setAnomalyRule: async (context, { params, body }) => {
      const template = found(params.id);
      const by = requireCaller(context).name;
      const parameters = checkedValues(template, body.values);
      const { status } = params;
      await saveRule(database, {
        template_id: template.id,
        status,
        enabled: body.enabled,
        parameters,
        by,
        now: clock.now(),
      });
      context.audit({
        target: `anomaly rule ${template.name}`,
        details: { status, enabled: body.enabled, parameters },
      });
      return showOne(template.id, requireCaller(context));
    },

    endAnomalyFlight: async (context, { params, body }) => {
      const template = found(params.id);
      const by = requireCaller(context).name;
      const flight = (await loadSettings(database, content)).get(template.id)?.flight;
      if (!flight) throw new SallyportError('NotFound', `nothing of ${template.name} is in flight`);
      const { parameters } = flight.rule;
      await database.transaction(async (tx) => {
        await deleteRule(tx, template.id, 'Flighting');
        if (!body.promote) return;
        const status = 'Production' as const;
        await saveRule(tx, { template_id: template.id, status, enabled: true, parameters, by, now: clock.now() });
      });
      context.audit({ target: `anomaly rule ${template.name}`, details: { promoted: body.promote, parameters } });
      return showOne(template.id, requireCaller(context));
    },

    previewAnomalyRule: async (context, { params, body }) => {
      const template = found(params.id);
      const rule = {
        template,
        status: 'Flighting',
        parameters: checkedValues(template, body.values),
        configVersion: 0,
      } as const satisfies AnomalyRule;
      const end = (await progress(database).read())?.doneTo ?? clock.now();
      const days = [];
      const anomalies = [];
      for (let back = body.days - 1; back >= 0; back--) {
        const window = windowBack(end, back);
        const answer = await preview(parts, rule, window, requireCaller(context), shownColumns);
        days.push({ from: window.from.toISOString(), to: window.to.toISOString(), anomalies: answer.rows.length });
        anomalies.push(...anomaliesOf(answer.columns, answer.rows));
      }
      return { days, anomalies: anomalies.toSorted((a, b) => b.score - a.score).slice(0, examplesMax) };
    },

    learnBehaviourAgain: async (context, { body }) => {
      const from = await learnAgain(parts, body.days);
      context.audit({ target: 'behaviour analytics', details: { from: from.toISOString() } });
      return { from: from.toISOString() };
    },
  };
}

/** A calendar day (UTC) some days before the day of `end`; the last one ends there. */
function windowBack(end: Date, days: number) {
  const lastDay = Math.floor((end.getTime() - 1) / dayMs) * dayMs;
  const from = lastDay - days * dayMs;
  return { from: new Date(from), to: new Date(Math.min(from + dayMs, end.getTime())) };
}

const noSettings = (template: AnomalyTemplate): Settings => ({
  production: {
    rule: { template, status: 'Production', parameters: {}, configVersion: 0 },
    enabled: true,
  },
});

const toConfig = ({ rule, enabled, row }: RuleSetting, run: RunRow | undefined, anomalies: number): AnomalyConfig => ({
  status: rule.status satisfies AnomalyStatus,
  enabled,
  values: Object.fromEntries(rule.template.parameters.map((p) => [p.name, rule.parameters[p.name] ?? p.default])),
  configVersion: rule.configVersion,
  updatedBy: row?.updated_by ?? null,
  updatedAt: row?.updated_at.toISOString() ?? null,
  anomalies,
  lastRun: run
    ? {
        windowFrom: run.window_from.toISOString(),
        windowTo: run.window_to.toISOString(),
        startedAt: run.started_at.toISOString(),
        elapsedSeconds: run.elapsed_seconds,
        rows: run.rows,
        error: run.error,
      }
    : null,
});
