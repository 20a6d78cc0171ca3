import { SallyportError, type Alert, type incidentRoutes } from '@sallyport/contracts';
import type { Queries } from '../hunting/index.ts';
import { requireCaller, type Handlers, type RequestContext } from '../platform/http/index.ts';
import type { Platform } from '../platform/types.ts';
import { addComment, changeIncident } from './commands.ts';
import type { Inventory } from './entities/index.ts';
import { listIncidents } from './list.ts';
import { deleteComment, editComment } from './manual.ts';
import { mergeIncidents, moveAlerts, previewMerge, splitIncident } from './moves.ts';
import { getAlert, getIncident, listAlerts } from './read.ts';
import { sightOf } from './within.ts';

/** The rows behind an alert that a page can show. */
const eventsMax = 1_000;

export function incidentHandlers(
  platform: Platform,
  { queries, inventory }: { readonly queries: Queries; readonly inventory: Inventory },
): Handlers<typeof incidentRoutes> {
  const { database } = platform;
  const sight = (context: RequestContext) => sightOf(requireCaller(context), platform.workspaces);
  const moving = { ...platform, inventory };
  const eventsOf = async (alert: Alert, context: RequestContext) => {
    const timespan = { from: new Date(alert.queryFrom), to: new Date(alert.queryTo) };
    const { columns, rows } = await queries.run({
      query: alert.query,
      timespan,
      now: timespan.to,
      maxRows: eventsMax,
      as: requireCaller(context),
      operation: 'alert',
      signal: context.signal,
    });
    return { columns, rows };
  };
  return {
    listIncidents: (context, { query }) => listIncidents(database, query, platform.clock.now(), sight(context)),
    getIncident: (context, { params }) => getIncident(database, params.number, sight(context)),
    updateIncident: async (context, { params, body }) => {
      const changes = await changeIncident(platform, params.number, body, requireCaller(context).name);
      context.audit({ target: `incident ${params.number}`, details: { changes } });
      return getIncident(database, params.number);
    },
    addComment: async (context, { params, body }) => {
      await addComment(platform, params.number, body.message, requireCaller(context).name, body.id);
      context.audit({ target: `incident ${params.number}` });
      return getIncident(database, params.number);
    },
    listIncidentAlerts: async (context, { params, query }) =>
      listAlerts(database, params.number, { limit: query.limit, cursor: query.cursor }, sight(context)),
    previewMerge: (_, { params, query }) =>
      previewMerge(database, params.number, query.incidents.split(',').map(Number)),
    mergeIncidents: async (context, { params, body }) => {
      context.audit({ target: `incident ${params.number}`, details: { merged: body.incidents } });
      await mergeIncidents(moving, params.number, body.incidents, requireCaller(context).name);
      return getIncident(database, params.number);
    },
    splitIncident: async (context, { params, body }) => {
      const made = await splitIncident(moving, params.number, body.alerts, requireCaller(context).name);
      context.audit({ target: `incident ${params.number}`, details: { split: made, alerts: body.alerts } });
      return getIncident(database, made);
    },
    linkAlerts: async (context, { params, body }) => {
      context.audit({ target: `incident ${params.number}`, details: { alerts: body.alerts } });
      await moveAlerts(moving, body.alerts, params.number, requireCaller(context).name);
      return getIncident(database, params.number);
    },
    unlinkAlerts: async (context, { params: { number }, body }) => {
      context.audit({ target: `incident ${number}`, details: { unlinked: body.alerts } });
      const { alerts } = await getIncident(database, number);
      const other = body.alerts.find((id) => !alerts.some((alert) => alert.systemAlertId === id.toLowerCase()));
      if (other !== undefined)
        throw new SallyportError('NotFound', `alert ${other} is not among the first of incident ${number}`, {
          target: 'body.alerts',
        });
      await moveAlerts(moving, body.alerts, null, requireCaller(context).name);
      return getIncident(database, number);
    },
    editComment: async (context, { params: { number, id }, body }) => {
      context.audit({ target: `incident ${number}`, details: { comment: id } });
      await editComment(platform, number, { name: id, message: body.message }, requireCaller(context).name);
      return getIncident(database, number);
    },
    deleteComment: async (context, { params: { number, id } }) => {
      context.audit({ target: `incident ${number}`, details: { comment: id } });
      await deleteComment(platform, number, id, requireCaller(context).name);
      return getIncident(database, number);
    },
    getAlertEvents: async (context, { params }) =>
      eventsOf(await getAlert(database, params.id, sight(context)), context),
  };
}
