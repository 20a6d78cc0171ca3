import type { Alert, incidentRoutes } from '@sallyport/contracts';
import type { Queries } from '../hunting/index.ts';
import { requireCaller, type Handlers, type RequestContext } from '../platform/http/index.ts';
import type { Platform } from '../platform/types.ts';
import { addComment, changeIncident } from './commands.ts';
import { getAlert, getIncident, listIncidents } from './read.ts';

/** The rows behind an alert that a page can show. */
const eventsMax = 1_000;

export function incidentHandlers(platform: Platform, queries: Queries): Handlers<typeof incidentRoutes> {
  const { database } = platform;
  const eventsOf = async (alert: Alert, context: RequestContext) => {
    const timespan = { from: new Date(alert.queryFrom), to: new Date(alert.queryTo) };
    const { columns, rows } = await queries.run({
      query: alert.query,
      timespan,
      now: timespan.to,
      maxRows: eventsMax,
      who: requireCaller(context).name,
      operation: 'alert',
      signal: context.signal,
    });
    return { columns, rows };
  };
  return {
    listIncidents: (_, { query }) => listIncidents(database, query),
    getIncident: (_, { params }) => getIncident(database, params.number),
    updateIncident: async (context, { params, body }) => {
      const changes = await changeIncident(platform, params.number, body, requireCaller(context).name);
      context.audit({ target: `incident ${params.number}`, details: { changes } });
      return getIncident(database, params.number);
    },
    addComment: async (context, { params, body }) => {
      await addComment(platform, params.number, body.message, requireCaller(context).name);
      context.audit({ target: `incident ${params.number}` });
      return getIncident(database, params.number);
    },
    getAlertEvents: async (context, { params }) => eventsOf(await getAlert(database, params.id), context),
  };
}
