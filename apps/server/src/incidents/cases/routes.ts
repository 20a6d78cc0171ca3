import type { caseRoutes } from '@sallyport/contracts';
import { requireCaller, type Handlers, type RequestContext } from '../../platform/http/index.ts';
import type { Platform } from '../../platform/types.ts';
import {
  addCaseComment,
  addEvidence,
  changeCase,
  createCase,
  linkIncidents,
  removeEvidence,
  unlinkIncident,
} from './commands.ts';
import { sightOf, type Sight } from '../within.ts';
import { getCase, listCases } from './store.ts';

export function caseHandlers(platform: Platform): Handlers<typeof caseRoutes> {
  const { database } = platform;
  const sight = (context: RequestContext): Sight => sightOf(requireCaller(context), platform.workspaces);
  return {
    listCases: (context, { query }) => listCases(database, query, sight(context)),
    createCase: async (context, { body: { incidents, ...change } }) => {
      const number = await createCase(platform, change, incidents, requireCaller(context).name);
      context.audit({ target: `case ${number}`, details: { incidents } });
      return getCase(database, number);
    },
    getCase: (context, { params }) => getCase(database, params.number, sight(context)),
    updateCase: async (context, { params: { number }, body }) => {
      const changes = await changeCase(platform, number, body, requireCaller(context).name);
      context.audit({ target: `case ${number}`, details: { changes } });
      return getCase(database, number);
    },
    linkCaseIncidents: async (context, { params: { number }, body }) => {
      context.audit({ target: `case ${number}`, details: { incidents: body.numbers } });
      await linkIncidents(platform, number, body.numbers, requireCaller(context).name);
      return getCase(database, number);
    },
    unlinkCaseIncident: async (context, { params: { number, incident } }) => {
      context.audit({ target: `case ${number}`, details: { incident } });
      await unlinkIncident(platform, number, incident, requireCaller(context).name);
      return getCase(database, number);
    },
    addCaseEvidence: async (context, { params: { number }, body }) => {
      context.audit({ target: `case ${number}`, details: { kind: body.kind, title: body.title } });
      await addEvidence(platform, number, body, requireCaller(context).name);
      return getCase(database, number);
    },
    removeCaseEvidence: async (context, { params: { number, id } }) => {
      context.audit({ target: `case ${number}`, details: { evidence: id } });
      await removeEvidence(platform, number, id, requireCaller(context).name);
      return getCase(database, number);
    },
    addCaseComment: async (context, { params: { number }, body }) => {
      context.audit({ target: `case ${number}` });
      return { id: await addCaseComment(platform, number, body.message, requireCaller(context).name) };
    },
  };
}
