import { TimelineKind, type entityRoutes } from '@sallyport/contracts';
import type { Queries } from '../hunting/index.ts';
import { incidentsOf } from '../incidents/index.ts';
import { requireCaller, type Handlers } from '../platform/http/index.ts';
import type { Platform } from '../platform/types.ts';
import { changeEntity } from './change.ts';
import type { Span } from './content/bind.ts';
import type { EntityContent } from './content/load.ts';
import { alertsWith, detailsOf } from './details.ts';
import { readInsights } from './insights.ts';
import { listEntities } from './list.ts';
import { resolveEntity } from './resolve.ts';
import { knownEntity } from './store.ts';
import { readTimeline } from './timeline.ts';

const weekMs = 7 * 24 * 3_600_000;

/** Tables that hold rows. */
export const filledTables = ({ lake }: Pick<Platform, 'lake'>): ReadonlySet<string> =>
  new Set(
    lake
      .kqlCatalogue()
      .tables.filter(({ empty }) => !empty)
      .map(({ name }) => name),
  );

export function entityHandlers(
  platform: Platform,
  queries: Queries,
  content: EntityContent,
): Handlers<typeof entityRoutes> {
  const { clock, database } = platform;
  const spanOf = ({ from, to }: { from?: string | undefined; to?: string | undefined }): Span => {
    const end = to === undefined ? clock.now() : new Date(to);
    return { from: from === undefined ? new Date(end.getTime() - weekMs) : new Date(from), to: end };
  };
  const parts = () => ({ database, queries, content, filled: filledTables(platform) });
  const details = async (id: string) => detailsOf(database, await knownEntity(database, id), filledTables(platform));
  return {
    listEntities: (_, { query }) => listEntities(database, query),
    resolveEntity: async (context, { body }) => {
      const id = await resolveEntity(platform, body.kind, body.identifiers);
      context.audit({ target: `entity ${id}`, details: { kind: body.kind } });
      return { id };
    },
    getEntity: (_, { params }) => details(params.id),
    updateEntity: async (context, { params, body }) => {
      const { row } = await knownEntity(database, params.id);
      await changeEntity(platform, row.id, body, requireCaller(context).name);
      context.audit({ target: `entity ${row.id}`, details: { kind: row.kind, name: row.name, ...body } });
      return details(row.id);
    },
    getEntityTimeline: async (context, { params, query }) =>
      readTimeline(parts(), await knownEntity(database, params.id), {
        span: spanOf(query),
        kinds: query.kinds ?? TimelineKind.options,
        limit: query.limit,
        cursor: query.cursor,
        as: requireCaller(context),
        now: clock.now(),
        signal: context.signal,
      }),
    getEntityInsights: async (context, { params, query }) => ({
      insights: await readInsights(parts(), await knownEntity(database, params.id), {
        span: spanOf(query),
        as: requireCaller(context),
        now: clock.now(),
        signal: context.signal,
      }),
    }),
    getEntityIncidents: async (_, { params }) => {
      const alerts = await alertsWith(database, await knownEntity(database, params.id));
      const numbers = [...new Set(alerts.flatMap(({ incidentNumber }) => incidentNumber ?? []))];
      return { incidents: await incidentsOf(database, numbers), alerts };
    },
  };
}
