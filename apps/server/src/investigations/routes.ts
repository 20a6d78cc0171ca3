import { SallyportError, type investigationRoutes } from '@sallyport/contracts';
import { sightOf, type Sight } from '../incidents/index.ts';
import { requireCaller, type Handlers, type RequestContext } from '../platform/http/index.ts';
import { decideAction } from './actions.ts';
import { listGroups, setLevel } from './automation.ts';
import { startByHand, type Parts } from './join.ts';
import { getInvestigation, listInvestigations } from './read.ts';
import { investigationOf, isUnderWay, lockedInvestigation, logEntry } from './store.ts';

export function investigationHandlers(parts: Parts): Handlers<typeof investigationRoutes> {
  const { playbooks } = parts;
  const { clock, database, workspaces } = parts.platform;
  const sight = (context: RequestContext): Sight => sightOf(requireCaller(context), workspaces);
  return {
    listInvestigations: async (context, { query }) => ({
      investigations: await listInvestigations(database, playbooks, query.state?.split(','), sight(context)),
    }),
    getInvestigation: (context, { params }) => getInvestigation(database, playbooks, params.id, sight(context)),
    getIncidentInvestigation: async (context, { params }) => {
      const row = await investigationOf(database, params.number);
      return { investigation: row ? await getInvestigation(database, playbooks, row.id, sight(context)) : null };
    },
    startInvestigation: async (context, { params, body }) => {
      context.audit({ target: `incident ${params.number}`, details: { alert: body.alertId ?? 'all' } });
      const id = await startByHand(parts, params.number, body.alertId, requireCaller(context).name);
      return getInvestigation(database, playbooks, id);
    },
    stopInvestigation: async (context, { params }) => {
      context.audit({ target: `investigation ${params.id}` });
      await stop(parts, params.id, requireCaller(context).name);
      return getInvestigation(database, playbooks, params.id);
    },
    decideAction: async (context, { params, body }) => {
      context.audit({ target: `action ${params.id}`, details: { decision: body.decision } });
      const { action, changed } = await decideAction(parts, params.id, body, requireCaller(context).name);
      context.audit({
        target: `action ${params.id}`,
        details: { decision: body.decision, kind: action.kind, entity: action.target.name, changed },
      });
      return action;
    },
    listInvestigationPlaybooks: () =>
      Promise.resolve({
        playbooks: [...playbooks.values()].map(({ id, name, description, condition, steps }) => ({
          id,
          name,
          description,
          condition,
          steps: steps.map((step) => ({ id: step.id, name: step.name, for: step.for, tables: step.tables })),
        })),
      }),
    listDeviceGroupAutomation: async (context) => ({ groups: await listGroups(parts, requireCaller(context)) }),
    setDeviceGroupAutomation: async (context, { body }) => {
      const by = requireCaller(context).name;
      context.audit({ target: `device group ${body.name}`, details: { level: body.level } });
      await setLevel({ clock, database }, body, by);
      return { groups: await listGroups(parts, requireCaller(context)) };
    },
  };
}

/** Throws NotFound, and Conflict where it does not run. */
const stop = ({ platform: { clock, database } }: Parts, id: string, by: string): Promise<void> =>
  database.transaction(async (tx) => {
    const row = await lockedInvestigation(tx, id);
    if (!row) throw new SallyportError('NotFound', `there is no investigation ${id}`);
    if (!isUnderWay(row.state)) throw new SallyportError('Conflict', 'this investigation has ended');
    const now = clock.now();
    await tx.execute(
      `UPDATE investigations SET state = 'terminatedByUser', state_reason = $2, updated_at = $3, ended_at = $3 WHERE id = $1`,
      [id, `${by} ended it.`, now],
    );
    await logEntry(tx, id, { kind: 'ended', text: `${by} ended it.` }, now);
  });
