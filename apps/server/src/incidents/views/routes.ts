import { SallyportError, type Handover, type queueRoutes } from '@sallyport/contracts';
import type { Queryable } from '../../platform/database/types.ts';
import { requireCaller, type Handlers, type RequestContext } from '../../platform/http/index.ts';
import type { Platform } from '../../platform/types.ts';
import { changeIncident } from '../commands.ts';
import { serviceLevels, setServiceLevels } from '../service-levels.ts';
import { sightOf } from '../within.ts';
import { createHandover, handoverFacts, listHandovers } from './handover.ts';
import { deleteView, saveView, setDefaultView, viewsFor } from './store.ts';

export function queueHandlers(
  platform: Platform,
  onHandover: (handover: Handover, tx: Queryable) => Promise<void>,
): Handlers<typeof queueRoutes> {
  const { clock, database } = platform;
  const sight = (context: RequestContext) => sightOf(requireCaller(context), platform.workspaces);
  return {
    updateIncidents: async (context, { body: { numbers, change } }) => {
      const by = requireCaller(context).name;
      const failures: { number: number; code: string; message: string }[] = [];
      const changed: number[] = [];
      for (const number of new Set(numbers))
        try {
          if ((await changeIncident(platform, number, change, by)).length > 0) changed.push(number);
        } catch (error) {
          if (!(error instanceof SallyportError)) throw error;
          failures.push({ number, code: error.code, message: error.message });
        }
      context.audit({ target: 'incidents', details: { changed, change, failed: failures.map((one) => one.number) } });
      return { changed: changed.length, failures };
    },
    listIncidentViews: (context) => viewsFor(database, requireCaller(context).name),
    saveIncidentView: (context, { params: { id }, body }) => {
      const caller = requireCaller(context);
      if (body.shared && !caller.permissions.has('alerts.manage'))
        throw new SallyportError('Forbidden', 'sharing a view needs the permission alerts.manage');
      context.audit({ target: `view ${body.name}`, details: { shared: body.shared } });
      return saveView(platform, { id, ...body }, caller.name);
    },
    deleteIncidentView: async (context, { params: { id } }) => {
      context.audit({ target: `view ${id}` });
      await deleteView(database, id, requireCaller(context).name);
      return {};
    },
    setDefaultIncidentView: async (context, { body: { id } }) => {
      await setDefaultView(database, id, requireCaller(context).name);
      return {};
    },
    getServiceLevels: async () => ({ levels: await serviceLevels(database) }),
    setServiceLevels: async (context, { body: { levels } }) => {
      const before = await serviceLevels(database);
      await database.transaction((tx) => setServiceLevels(tx, levels));
      context.audit({ target: 'service levels', details: { before, levels } });
      return { levels };
    },
    getHandoverFacts: (context, { query: { since } }) =>
      handoverFacts(database, new Date(since), clock.now(), sight(context)),
    listHandovers: async (context) => ({ handovers: await listHandovers(database, sight(context)) }),
    createHandover: async (context, { body }) => {
      context.audit({ target: 'handover', details: { to: body.to } });
      return createHandover(platform, body, requireCaller(context).name, sight(context), onHandover);
    },
  };
}
