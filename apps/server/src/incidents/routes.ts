import { incidentRoutes } from '@sallyport/contracts';
import { requireCaller, type Handlers } from '../platform/http/index.ts';
import type { Platform } from '../platform/types.ts';
import { addComment, changeIncident } from './commands.ts';
import { getAlert, getIncident, listIncidents } from './read.ts';
import type { AlertEvents } from './index.ts';

/** `alertEvents` asks a stored alert's query again. */
export function incidentHandlers(platform: Platform, alertEvents: AlertEvents): Handlers<typeof incidentRoutes> {
  const { database } = platform;
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
    getAlertEvents: async (context, { params }) =>
      alertEvents(await getAlert(database, params.id), { who: requireCaller(context).name, signal: context.signal }),
  };
}
