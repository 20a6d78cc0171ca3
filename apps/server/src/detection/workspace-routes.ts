import { SallyportError, type RuleInWorkspace, type ruleHistoryRoutes } from '@sallyport/contracts';
import { requireCaller, type Handlers } from '../platform/http/index.ts';
import type { Platform } from '../platform/types.ts';
import type { Workspace } from '../platform/workspaces/index.ts';
import { dayCosts } from './costs.ts';
import { inWorkspace, type AnalyticsRule } from './rules/index.ts';
import { isEnabledHere } from './schedule.ts';
import { loadStates, newestRuns, setEnabled } from './store.ts';

/** A rule in each workspace. */
export function ruleWorkspaceHandlers(
  rules: () => ReadonlyMap<string, AnalyticsRule>,
  { database, clock, workspaces }: Pick<Platform, 'database' | 'clock' | 'workspaces'>,
): Pick<Handlers<typeof ruleHistoryRoutes>, 'listRuleWorkspaces' | 'setRuleInWorkspace'> {
  const known = (id: string): AnalyticsRule => {
    const rule = rules().get(id);
    if (!rule) throw new SallyportError('NotFound', `there is no rule ${id}`);
    return rule;
  };
  /** As it runs there. */
  const there = (rule: AnalyticsRule, workspace: Workspace): AnalyticsRule =>
    workspaces.isFirst(workspace.id) ? rule : inWorkspace(rule, workspace.id);
  const list = async (rule: AnalyticsRule): Promise<RuleInWorkspace[]> => {
    const [states, costs, alerts] = await Promise.all([
      loadStates(database),
      dayCosts(database, clock.now()),
      database.query<{ workspace_id: string | null; n: number }>(
        'SELECT workspace_id, count(*)::int AS n FROM alerts WHERE rule_id = $1 GROUP BY workspace_id',
        [rule.id],
      ),
    ]);
    const found: RuleInWorkspace[] = [];
    for (const workspace of workspaces.list()) {
      const isDefault = workspaces.isFirst(workspace.id);
      const own = there(rule, workspace);
      const [last] = await newestRuns(database, own.id, 1);
      const enabled = isEnabledHere(own, states);
      found.push({
        workspaceId: workspace.id,
        name: workspace.name,
        isDefault,
        enabled,
        disabledReason: enabled ? null : ((states.get(own.id) ?? states.get(rule.id))?.disabled_reason ?? null),
        lastRunAt: last?.started_at.toISOString() ?? null,
        lastRunState: last?.state ?? 'never',
        lastError: last?.error ?? null,
        alertCount: alerts.find((row) => row.workspace_id === (isDefault ? null : workspace.id))?.n ?? 0,
        cpuSecondsToday: costs.get(own.id)?.cpuSeconds ?? 0,
      });
    }
    return found;
  };
  return {
    listRuleWorkspaces: async (_, { params }) => ({ workspaces: await list(known(params.id)) }),
    setRuleInWorkspace: async (context, { params, body: { enabled } }) => {
      const rule = known(params.id);
      const workspace = workspaces.get(params.workspace);
      const by = requireCaller(context).name;
      context.audit({ target: `rule ${rule.id}`, details: { enabled, workspace: workspace.name, name: rule.name } });
      await setEnabled(database, {
        ruleId: there(rule, workspace).id,
        enabled,
        reason: enabled ? null : `disabled in ${workspace.name} by ${by}`,
        by,
        now: clock.now(),
      });
      const now = (await list(rule)).find(({ workspaceId }) => workspaceId === workspace.id);
      if (!now) throw new SallyportError('NotFound', 'there is no such workspace');
      return now;
    },
  };
}
