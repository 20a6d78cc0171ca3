import { TimelineKind, type entityRoutes } from '@sallyport/contracts';
import { incidentsOf, sightOf, type Sight } from '../incidents/index.ts';
import { requireCaller, type Handlers, type RequestContext } from '../platform/http/index.ts';
import type { Principal } from '../platform/principal.ts';
import type { Platform } from '../platform/types.ts';
import { changeEntity } from './change.ts';
import type { Span } from './content/bind.ts';
import type { EntityContent } from './content/load.ts';
import { alertsWith, detailsOf } from './details.ts';
import { readInsights } from './insights.ts';
import { listEntities } from './list.ts';
import type { EntityPlace } from './place.ts';
import { resolveEntity } from './resolve.ts';
import { knownEntity } from './store.ts';
import { readTimeline } from './timeline.ts';

const weekMs = 7 * 24 * 3_600_000;

export function entityHandlers(
  platform: Platform,
  placeOf: (as: Principal, name?: string) => Promise<EntityPlace>,
  content: EntityContent,
): Handlers<typeof entityRoutes> {
  const { clock, database } = platform;
  const spanOf = ({ from, to }: { from?: string | undefined; to?: string | undefined }): Span => {
    const end = to === undefined ? clock.now() : new Date(to);
    return { from: from === undefined ? new Date(end.getTime() - weekMs) : new Date(from), to: end };
  };
  const place = (context: RequestContext, name?: string): Promise<EntityPlace> => placeOf(requireCaller(context), name);
  const sight = (context: RequestContext): Sight => sightOf(requireCaller(context), platform.workspaces);
  const known = (context: RequestContext, id: string) => knownEntity(database, id, sight(context));
  const details = async (context: RequestContext, id: string, workspace?: string) =>
    detailsOf(database, await known(context, id), await place(context, workspace), sight(context));
  return {
    listEntities: (context, { query }) => listEntities(database, query, sight(context)),
    resolveEntity: async (context, { body }) => {
      const id = await resolveEntity(platform, body.kind, body.identifiers, sight(context));
      context.audit({ target: `entity ${id}`, details: { kind: body.kind } });
      return { id };
    },
    getEntity: (context, { params, query }) => details(context, params.id, query.workspace),
    updateEntity: async (context, { params, body }) => {
      const { row } = await known(context, params.id);
      await changeEntity(platform, row.id, body, requireCaller(context).name);
      context.audit({ target: `entity ${row.id}`, details: { kind: row.kind, name: row.name, ...body } });
      return details(context, row.id);
    },
    getEntityTimeline: async (context, { params, query }) =>
      readTimeline(
        { database, content, place: await place(context, query.workspace) },
        await known(context, params.id),
        {
          span: spanOf(query),
          kinds: query.kinds ?? TimelineKind.options,
          limit: query.limit,
          cursor: query.cursor,
          as: requireCaller(context),
          sight: sight(context),
          now: clock.now(),
          signal: context.signal,
        },
      ),
    getEntityInsights: async (context, { params, query }) => ({
      insights: await readInsights(content, await place(context, query.workspace), await known(context, params.id), {
        span: spanOf(query),
        as: requireCaller(context),
        now: clock.now(),
        signal: context.signal,
      }),
    }),
    getEntityIncidents: async (context, { params, query }) => {
      const where = await place(context, query.workspace);
      const alerts = await alertsWith(database, await known(context, params.id), where, sight(context));
      const numbers = [...new Set(alerts.flatMap(({ incidentNumber }) => incidentNumber ?? []))];
      return { incidents: await incidentsOf(database, numbers, sight(context)), alerts };
    },
  };
}
