import { SallyportError, type Exception, type exceptionRoutes } from '@sallyport/contracts';
import type { Queries } from '../../hunting/index.ts';
import type { Database } from '../../platform/database/types.ts';
import { requireCaller, type Handlers } from '../../platform/http/index.ts';
import type { AnalyticsRule } from '../rules/index.ts';
import { ruleTuning } from '../tuning/tuning.ts';
import { isActive, type Exceptions } from './exceptions.ts';
import { previewException } from './preview.ts';
import type { ExceptionRow, HitTotals } from './store.ts';

interface Parts {
  readonly exceptions: Exceptions;
  readonly database: Database;
  readonly queries: Queries;
  readonly rules: () => ReadonlyMap<string, AnalyticsRule>;
  readonly now: () => Date;
}

const recentHits = 100;
const listedMax = 5_000;

export function exceptionHandlers(parts: Parts): Handlers<typeof exceptionRoutes> {
  const { exceptions, rules, now } = parts;
  const { store } = exceptions;
  const ruleNamed = (id: string): string => rules().get(id)?.name ?? id;
  const shown = (row: ExceptionRow, totals: HitTotals | undefined): Exception => ({
    id: row.id,
    scope: row.scope,
    target: row.target,
    targetName: row.scope === 'rule' && row.target !== null ? ruleNamed(row.target) : null,
    name: row.name,
    condition: row.condition,
    reason: row.reason,
    owner: row.owner,
    expiresAt: row.expires_at?.toISOString() ?? null,
    enabled: row.enabled,
    state: isActive(row, now()) ? 'active' : row.enabled ? 'expired' : 'disabled',
    createdAt: row.created_at.toISOString(),
    createdBy: row.created_by,
    updatedAt: row.updated_at.toISOString(),
    updatedBy: row.updated_by,
    hits: {
      runs: totals?.runs ?? 0,
      rows: totals?.rows ?? 0,
      alerts: totals?.alerts ?? 0,
      lastAt: totals?.last_at.toISOString() ?? null,
    },
  });
  const found = (id: string): AnalyticsRule => {
    const rule = rules().get(id);
    if (!rule) throw new SallyportError('NotFound', `there is no rule ${id}`);
    return rule;
  };
  const withTotals = async (row: ExceptionRow): Promise<Exception> => shown(row, (await store.totals()).get(row.id));
  return {
    listExceptions: async (_, { query }) => {
      const [all, totals] = await Promise.all([store.all(listedMax), store.totals()]);
      const rule = query.rule === undefined ? undefined : found(query.rule);
      const rows = rule ? all.filter((row) => exceptions.covers(row, rule)) : all;
      return { exceptions: rows.map((row) => shown(row, totals.get(row.id))) };
    },
    getException: async (_, { params: { id } }) => {
      const row = await store.get(id);
      if (!row) throw new SallyportError('NotFound', `there is no exception ${id}`);
      const recent = (await store.hits(id, recentHits)).map((hit) => ({
        at: hit.at.toISOString(),
        ruleId: hit.rule_id,
        ruleName: ruleNamed(hit.rule_id),
        windowTo: hit.window_to.toISOString(),
        rows: hit.rows_left_out,
        alerts: hit.alerts_left_out,
        sample: hit.sample,
      }));
      return { ...(await withTotals(row)), recent };
    },
    createException: async (context, { body }) => {
      const { name, scope, target, condition, reason, owner, expiresAt } = body;
      context.audit({ target: `exception of ${target ?? 'all rules'}`, details: { ...body } });
      const expires = expiresAt === null ? null : new Date(expiresAt);
      const by = requireCaller(context).name;
      const row = await exceptions.create({ name, scope, target, condition, reason, owner, expiresAt: expires, by });
      context.audit({ target: `exception ${row.id}`, details: { ...body } });
      return withTotals(row);
    },
    updateException: async (context, { params: { id }, body }) => {
      context.audit({ target: `exception ${id}`, details: body });
      const { expiresAt, ...rest } = body;
      const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
      const expires = expiresAt === undefined ? {} : { expires_at: expiresAt === null ? null : new Date(expiresAt) };
      return withTotals(await exceptions.change(id, { ...given, ...expires }, requireCaller(context).name));
    },
    deleteException: async (context, { params: { id } }) => {
      context.audit({ target: `exception ${id}` });
      const { name, condition } = await exceptions.remove(id);
      context.audit({ target: `exception ${id}`, details: { name, condition } });
      return {};
    },
    previewException: (context, { body: { days, ...asked } }) =>
      previewException(parts, asked, days, requireCaller(context), context.signal),
    getRuleTuning: (context, { params: { id }, query }) =>
      ruleTuning(parts, found(id), query.days, { as: requireCaller(context), signal: context.signal }),
  };
}
