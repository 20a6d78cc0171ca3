import { SallyportError, type ruleHistoryRoutes } from '@sallyport/contracts';
import { requireCaller, type Handlers } from '../platform/http/index.ts';
import type { Platform } from '../platform/types.ts';
import { historyOf, startBackfill, stopBackfill } from './backfill/index.ts';
import type { OwnRules } from './own-rules.ts';
import type { AnalyticsRule } from './rules/index.ts';
import type { Simulations } from './simulation/index.ts';
import { ruleWorkspaceHandlers } from './workspace-routes.ts';

/** What is asked and done about the past of rules. */
export function historyHandlers(
  rules: () => ReadonlyMap<string, AnalyticsRule>,
  own: Pick<OwnRules, 'check'>,
  simulations: Simulations,
  platform: Pick<Platform, 'database' | 'clock' | 'workspaces'>,
): Handlers<typeof ruleHistoryRoutes> {
  const saved = (id: string): AnalyticsRule => {
    const rule = rules().get(id);
    if (!rule) throw new SallyportError('NotFound', `there is no rule ${id}`);
    return rule;
  };
  const ofText = async (text: string, id: string | undefined): Promise<AnalyticsRule> => {
    const { rules: found, problems } = await own.check(text);
    const rule = id === undefined ? found[0] : found.find((one) => one.id === id);
    if (rule) return rule;
    const [first] = problems;
    throw new SallyportError(
      'BadRequest',
      first ? `line ${first.line}: ${first.message}` : 'the text has no such rule',
      {
        target: 'body.text',
      },
    );
  };
  return {
    ...ruleWorkspaceHandlers(rules, platform),
    getRuleHistory: (_, { params }) => historyOf(platform, saved(params.id)),
    startBackfill: async (context, { params, body }) => {
      const rule = saved(params.id);
      const span = { after: new Date(body.after), upto: new Date(body.upto) };
      context.audit({ target: `rule ${rule.id}`, details: { ...body, name: rule.name } });
      return startBackfill(platform, rule, span, requireCaller(context).name);
    },
    stopBackfill: async (context, { params }) => {
      const rule = saved(params.id);
      context.audit({ target: `rule ${rule.id}`, details: { backfill: params.backfill, name: rule.name } });
      return stopBackfill(platform, rule, params.backfill);
    },
    simulateRule: async (context, { body: { ruleId, text, windows, span } }) => {
      if (text === undefined && ruleId === undefined)
        throw new SallyportError('BadRequest', 'say which rule: `ruleId`, `text` or both', { target: 'body' });
      const rule = text === undefined ? saved(ruleId ?? '') : await ofText(text, ruleId);
      return simulations.start(rule, { windows, span }, requireCaller(context).name, context.signal);
    },
    getRuleSimulation: (_, { params }) => simulations.get(params.id),
    cancelRuleSimulation: async (_, { params }) => {
      await simulations.cancel(params.id);
      return {};
    },
  };
}
