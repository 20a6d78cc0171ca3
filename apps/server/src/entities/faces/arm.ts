import { SallyportError, TimelineKind, type SentinelWorkspace, type sentinelEntityRoutes } from '@sallyport/contracts';
import { z } from 'zod';
import { alertResource, alertRows, alertWithin, entityResource, sightOf, type Sight } from '../../incidents/index.ts';
import { publicUrlOf } from '../../platform/config/index.ts';
import { readBody, sendArm, workspaceFor } from '../../platform/arm/index.ts';
import { requireCaller, type Handlers, type RequestContext } from '../../platform/http/index.ts';
import type { Principal } from '../../platform/principal.ts';
import type { Platform } from '../../platform/types.ts';
import { isFit, subjectOf } from '../content/subject.ts';
import type { EntityContent } from '../content/load.ts';
import { readInsights } from '../insights.ts';
import { alertOf, type EntityPlace } from '../place.ts';
import { aliasesOf, knownEntity } from '../store.ts';
import { readTimeline } from '../timeline.ts';
import {
  activityResource,
  expansionResource,
  expansions,
  insightResource,
  insightResult,
  timelineKindName,
  timelineResource,
} from './objects.ts';

/** What Microsoft Sentinel's clients are told of an entity. https://learn.microsoft.com/rest/api/securityinsights/entities */

/** Alerts of one expansion; items of one timeline. */
const expandedMax = 200;
const timelineMax = 500;

const time = z.iso.datetime({ offset: true }).transform((text) => new Date(text));
const Timeline = z.looseObject({ kinds: z.array(z.string()).max(10).optional(), startTime: time, endTime: time });
const Insights = z.looseObject({
  startTime: time,
  endTime: time,
  insightQueryIds: z.array(z.string()).max(200).optional(),
});
const Expand = z.looseObject({
  expansionId: z.string().optional(),
  startTime: time.optional(),
  endTime: time.optional(),
});

export function sentinelEntityHandlers(
  platform: Platform,
  placeOf: (as: Principal, name?: string) => Promise<EntityPlace>,
  content: EntityContent,
): Handlers<typeof sentinelEntityRoutes> {
  const { clock, database, workspaces } = platform;
  const url = publicUrlOf(platform.config);
  const rootFor = (params: SentinelWorkspace): string => workspaceFor(params, workspaces).root;
  const place = (context: RequestContext, { workspaceName }: SentinelWorkspace): Promise<EntityPlace> =>
    placeOf(requireCaller(context), workspaceName);
  const sight = (context: RequestContext): Sight => sightOf(requireCaller(context), platform.workspaces);
  const known = (context: RequestContext, id: string) => knownEntity(database, id, sight(context));
  return {
    sentinelExpandEntity: async (context, { params, body, reply }) => {
      const root = rootFor(params);
      const asked = readBody(Expand, body);
      const expansion = expansions.find(({ id }) => id === (asked.expansionId ?? expansions[1].id).toLowerCase());
      if (!expansion) throw new SallyportError('BadRequest', 'the expansion is not known', { target: 'expansionId' });
      const entity = await known(context, params.entityId);
      const values: unknown[] = [aliasesOf(entity), asked.startTime ?? new Date(0), asked.endTime ?? clock.now()];
      const bind = (value: unknown): string => `$${values.push(value)}`;
      const within = `${alertWithin(sight(context), bind)} AND ${alertOf(await place(context, params), bind)}`;
      const alerts = await alertRows(
        database,
        `${within} AND a.id IN (SELECT alert_id FROM alert_entities WHERE entity_id = ANY($1)) AND a.end_time >= $2 AND a.start_time <= $3 ORDER BY a.start_time DESC LIMIT ${expandedMax}`,
        values,
      );
      const own = new Set(aliasesOf(entity));
      const others = new Map(
        alerts
          .flatMap(({ entities }) => entities)
          .filter(({ id }) => !own.has(id))
          .map((one) => [one.id, one]),
      );
      const related = expansion.id === expansions[0].id ? [] : [...others.values()];
      const found = [
        ...alerts.map((alert) => alertResource(alert, root, url)),
        ...related.map((one) => entityResource(one, root)),
      ];
      const kinds = Map.groupBy(found, ({ kind }) => kind);
      return sendArm(reply, 200, {
        value: { entities: found, edges: found.map(({ id }) => ({ targetEntityId: id, additionalData: {} })) },
        metaData: {
          aggregations: [...kinds].map(([entityKind, { length }]) => ({
            aggregationType: 'Count',
            count: length,
            displayName: entityKind,
            entityKind,
          })),
        },
      });
    },
    sentinelEntityTimeline: async (context, { params, body, reply }) => {
      const root = rootFor(params);
      const asked = readBody(Timeline, body);
      const kinds = TimelineKind.options.filter((kind) => asked.kinds?.includes(timelineKindName(kind)) ?? true);
      const { items, problems } = await readTimeline(
        { database, content, place: await place(context, params) },
        await known(context, params.entityId),
        {
          span: { from: asked.startTime, to: asked.endTime },
          kinds,
          limit: timelineMax,
          cursor: undefined,
          as: requireCaller(context),
          sight: sight(context),
          now: clock.now(),
          signal: context.signal,
        },
      );
      const counts = Map.groupBy(items, ({ kind }) => timelineKindName(kind));
      return sendArm(reply, 200, {
        metaData: {
          totalCount: items.length,
          aggregations: [...counts].map(([kind, { length }]) => ({ kind, count: length })),
          errors: problems.map((errorMessage) => ({ kind: errorMessage.split(':', 1)[0], errorMessage })),
        },
        value: items.map((item) => timelineResource(item, root)),
      });
    },
    sentinelEntityInsights: async (context, { params, body, reply }) => {
      rootFor(params);
      const asked = readBody(Insights, body);
      const span = { from: asked.startTime, to: asked.endTime };
      const insights = await readInsights(
        content,
        await place(context, params),
        await known(context, params.entityId),
        {
          span,
          as: requireCaller(context),
          now: clock.now(),
          signal: context.signal,
          ...(asked.insightQueryIds ? { ids: asked.insightQueryIds } : {}),
        },
      );
      return sendArm(reply, 200, {
        metaData: {
          totalCount: insights.length,
          errors: insights.flatMap(({ id, problem }) =>
            problem === null ? [] : [{ kind: 'Insight', queryId: id, errorMessage: problem }],
          ),
        },
        value: insights.map((insight) => insightResult(insight, span)),
      });
    },
    sentinelQueriesOfEntity: async (context, { params, reply }) => {
      const root = rootFor(params);
      const subject = subjectOf(await known(context, params.entityId));
      const own = content.insights.filter(
        (insight) => insight.inputEntityType === subject.kind && isFit(subject, insight.requiredInputFieldsSets),
      );
      return sendArm(reply, 200, { value: own.map((insight) => insightResource(insight, root)) });
    },
    sentinelListEntityQueries: (_context, { params, query, reply }) => {
      const root = rootFor(params);
      const all = [
        ...content.activities.map((activity) => activityResource(activity, root)),
        ...expansions.map((expansion) => expansionResource(expansion, root)),
      ];
      const { kind } = query;
      return sendArm(reply, 200, { value: all.filter((one) => kind === undefined || one.kind === kind) });
    },
    sentinelGetEntityQuery: (_context, { params, reply }) => {
      const root = rootFor(params);
      const id = params.entityQueryId.toLowerCase();
      const activity = content.activities.find((one) => one.id === id);
      const expansion = expansions.find((one) => one.id === id);
      if (activity) return sendArm(reply, 200, activityResource(activity, root));
      if (expansion) return sendArm(reply, 200, expansionResource(expansion, root));
      throw new SallyportError('NotFound', `Entity query '${params.entityQueryId.slice(0, 100)}' could not be found`);
    },
  };
}
