import { SallyportError, TimelineKind, type sentinelEntityRoutes } from '@sallyport/contracts';
import { z } from 'zod';
import type { Queries } from '../../hunting/index.ts';
import { alertResource, alertRows, alertWithin, entityResource, sightOf, type Sight } from '../../incidents/index.ts';
import { publicUrlOf } from '../../platform/config/index.ts';
import { readBody, rootFor, sendArm } from '../../platform/arm/index.ts';
import { requireCaller, type Handlers, type RequestContext } from '../../platform/http/index.ts';
import type { Platform } from '../../platform/types.ts';
import { isFit, subjectOf } from '../content/subject.ts';
import type { EntityContent } from '../content/load.ts';
import { readInsights } from '../insights.ts';
import { filledTables } from '../routes.ts';
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
  {
    queries,
    content,
    isWorkspace,
  }: { queries: Queries; content: EntityContent; isWorkspace: (name: string) => boolean },
): Handlers<typeof sentinelEntityRoutes> {
  const { clock, database } = platform;
  const url = publicUrlOf(platform.config);
  const parts = (context: RequestContext) => ({
    database,
    queries,
    content,
    filled: filledTables(queries, requireCaller(context)),
  });
  const sight = (context: RequestContext): Sight => sightOf(requireCaller(context), platform.workspaces);
  const known = (context: RequestContext, id: string) => knownEntity(database, id, sight(context));
  return {
    sentinelExpandEntity: async (context, { params, body, reply }) => {
      const root = rootFor(params, isWorkspace);
      const asked = readBody(Expand, body);
      const expansion = expansions.find(({ id }) => id === (asked.expansionId ?? expansions[1].id).toLowerCase());
      if (!expansion) throw new SallyportError('BadRequest', 'the expansion is not known', { target: 'expansionId' });
      const entity = await known(context, params.entityId);
      const values: unknown[] = [aliasesOf(entity), asked.startTime ?? new Date(0), asked.endTime ?? clock.now()];
      const within = alertWithin(sight(context), (value) => `$${values.push(value)}`);
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
      const root = rootFor(params, isWorkspace);
      const asked = readBody(Timeline, body);
      const kinds = TimelineKind.options.filter((kind) => asked.kinds?.includes(timelineKindName(kind)) ?? true);
      const { items, problems } = await readTimeline(parts(context), await known(context, params.entityId), {
        span: { from: asked.startTime, to: asked.endTime },
        kinds,
        limit: timelineMax,
        cursor: undefined,
        as: requireCaller(context),
        sight: sight(context),
        now: clock.now(),
        signal: context.signal,
      });
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
      rootFor(params, isWorkspace);
      const asked = readBody(Insights, body);
      const span = { from: asked.startTime, to: asked.endTime };
      const insights = await readInsights(parts(context), await known(context, params.entityId), {
        span,
        as: requireCaller(context),
        now: clock.now(),
        signal: context.signal,
        ...(asked.insightQueryIds ? { ids: asked.insightQueryIds } : {}),
      });
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
      const root = rootFor(params, isWorkspace);
      const subject = subjectOf(await known(context, params.entityId));
      const own = content.insights.filter(
        (insight) => insight.inputEntityType === subject.kind && isFit(subject, insight.requiredInputFieldsSets),
      );
      return sendArm(reply, 200, { value: own.map((insight) => insightResource(insight, root)) });
    },
    sentinelListEntityQueries: (_context, { params, query, reply }) => {
      const root = rootFor(params, isWorkspace);
      const all = [
        ...content.activities.map((activity) => activityResource(activity, root)),
        ...expansions.map((expansion) => expansionResource(expansion, root)),
      ];
      const { kind } = query;
      return sendArm(reply, 200, { value: all.filter((one) => kind === undefined || one.kind === kind) });
    },
    sentinelGetEntityQuery: (_context, { params, reply }) => {
      const root = rootFor(params, isWorkspace);
      const id = params.entityQueryId.toLowerCase();
      const activity = content.activities.find((one) => one.id === id);
      const expansion = expansions.find((one) => one.id === id);
      if (activity) return sendArm(reply, 200, activityResource(activity, root));
      if (expansion) return sendArm(reply, 200, expansionResource(expansion, root));
      throw new SallyportError('NotFound', `Entity query '${params.entityQueryId.slice(0, 100)}' could not be found`);
    },
  };
}
