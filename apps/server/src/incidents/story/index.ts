import type { incidentStoryRoutes } from '@sallyport/contracts';
import type { Queries } from '../../hunting/index.ts';
import { requireCaller, type Handlers, type RequestContext } from '../../platform/http/index.ts';
import type { Platform } from '../../platform/types.ts';
import type { Workspace } from '../../platform/workspaces/index.ts';
import { sightOf } from '../within.ts';
import { workspaceOfIncident } from '../workspace.ts';
import { setVerdict } from './evidence.ts';
import { readEvents } from './events.ts';
import { loadGuides } from './next-steps.ts';
import { loadTechniques } from './path.ts';
import { incidentPdf } from './pdf/index.ts';
import { readProcesses } from './processes.ts';
import { similarIncidents } from './similar.ts';
import { readStory, type StoryContent } from './story.ts';

export function storyHandlers(
  platform: Platform,
  queries: Queries,
  queriesOf: (workspace: Workspace) => Promise<Queries>,
): Handlers<typeof incidentStoryRoutes> {
  const { database, clock } = platform;
  let loaded: Promise<StoryContent> | undefined;
  const content = (): Promise<StoryContent> =>
    (loaded ??= Promise.all([loadTechniques(), loadGuides()]).then(([techniques, guides]) => ({ techniques, guides })));
  const asked = (context: RequestContext) => ({
    as: requireCaller(context),
    now: clock.now(),
    signal: context.signal,
  });
  const story = async (number: number) => readStory(database, queries.kql, await content(), number);
  /** Over the workspace that the incident is of. */
  const parts = async (number: number) => ({
    database,
    queries: await queriesOf(await workspaceOfIncident(database, platform.workspaces, number)),
  });
  return {
    getIncidentStory: (_, { params }) => story(params.number),
    setEvidenceVerdict: async (context, { params, body }) => {
      const { evidence, texts } = await setVerdict(platform, params, body, requireCaller(context).name);
      context.audit({ target: `incident ${params.number}`, details: { entity: evidence.entity.name, changes: texts } });
      return evidence;
    },
    getIncidentProcesses: async (context, { params, query }) =>
      readProcesses(await parts(params.number), params.number, query, asked(context)),
    listIncidentEvents: async (context, { params, query }) =>
      readEvents(await parts(params.number), params.number, query.page, asked(context)),
    listSimilarIncidents: async (context, { params }) => ({
      incidents: await similarIncidents(database, params.number, sightOf(requireCaller(context), platform.workspaces)),
    }),
    exportIncidentPdf: async (context, { params, reply }) => {
      const pdf = await incidentPdf(
        { ...(await parts(params.number)), story: () => story(params.number) },
        params.number,
        asked(context),
      );
      context.audit({ target: `incident ${params.number}` });
      return reply
        .header('content-type', 'application/pdf')
        .header('content-disposition', `attachment; filename="incident-${params.number}.pdf"`)
        .send(pdf);
    },
  };
}
