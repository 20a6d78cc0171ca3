import {
  SallyportError,
  type IncidentChange,
  type SentinelWorkspace,
  type sentinelIncidentRoutes,
} from '@sallyport/contracts';
import { checkEtag, ifMatch, sendArm, workspaceFor } from '../../../platform/arm/index.ts';
import { requireCaller, type Handlers, type RequestContext } from '../../../platform/http/index.ts';
import { nextLink, readListOptions } from '../../../platform/odata/index.ts';
import type { Platform } from '../../../platform/types.ts';
import type { Workspaces } from '../../../platform/workspaces/index.ts';
import { addComment, changeIncident } from '../../commands.ts';
import type { Inventory } from '../../entities/index.ts';
import { createIncident, deleteComment, deleteIncident, editComment } from '../../manual.ts';
import { moveAlerts } from '../../moves.ts';
import { alertRows } from '../../read.ts';
import { bookmarksOf } from '../../store.ts';
import type { IncidentRow } from '../../types.ts';
import { sentinelTaskHandlers } from './tasks.ts';
import { commentBody, incidentBody, relatedAlert } from './body.ts';
import {
  alertResource,
  armKind,
  commentResource,
  entityResource,
  incidentResource,
  relationName,
  relationResource,
  type ArmComment,
} from './objects.ts';
import {
  armIncidents,
  commentNamed,
  commentsOf,
  entitiesAfter,
  incidentNamed,
  isUuid,
  knownEntity,
  knownIncident,
} from './read.ts';
import { requireSeen, shownOf, sightOf } from '../../within.ts';

/**
 * Incidents of Azure Resource Manager's `Microsoft.SecurityInsights`, for the unmodified clients of Microsoft Sentinel.
 * https://learn.microsoft.com/rest/api/securityinsights/incidents
 */

const entitiesPage = 200;
const pageDefault = 50;
/** Reference 04: the list gives at most 1,000. */
const pageMax = 1_000;

/** What the face knows of where it is: the portal's address, and the workspaces, each with its own incidents. */
export interface ArmPlace {
  readonly url: string;
  readonly workspaces: Pick<Workspaces, 'find' | 'isFirst'>;
  readonly inventory: Inventory;
}

export function sentinelIncidentHandlers(
  platform: Platform,
  { url, workspaces, inventory }: ArmPlace,
): Handlers<typeof sentinelIncidentRoutes> {
  const { database } = platform;
  const seen = (context: RequestContext) => sightOf(requireCaller(context), platform.workspaces);
  /** `of`: as rows name the workspace. */
  const place = (params: SentinelWorkspace) => {
    const { workspace, root } = workspaceFor(params, workspaces);
    return { root, of: workspaces.isFirst(workspace.id) ? null : workspace.id };
  };
  const incidentOf = async (params: SentinelWorkspace & { incidentId: string }) => {
    const { root, of } = place(params);
    const incident = await knownIncident(database, params.incidentId, of);
    return { root, incident, id: `${root}/Incidents/${incident.name}` };
  };
  const resourcesOf = async (rows: readonly IncidentRow[], root: string) => {
    const bookmarks = await bookmarksOf(
      database,
      rows.map(({ number }) => number),
    );
    return rows.map((row) => incidentResource(row, root, url, bookmarks.get(row.number)?.length ?? 0));
  };
  const alertsOf = (incident: IncidentRow) =>
    alertRows(database, 'a.incident_number = $1 ORDER BY a.start_time, a.id LIMIT $2', [incident.number, pageMax]);

  return {
    ...sentinelTaskHandlers(platform, async (params) => {
      const { incident, id } = await incidentOf(params);
      return { number: incident.number, id };
    }),
    sentinelListEntities: async (_context, { params, query, request, reply }) => {
      const { root } = place(params);
      const [after = ''] = readListOptions(query, ['$skiptoken']).after ?? [];
      const found = await entitiesAfter(database, after, entitiesPage + 1);
      const page = found.slice(0, entitiesPage);
      const last = found.length > entitiesPage ? page.at(-1) : undefined;
      return sendArm(reply, 200, {
        value: page.map((entity) => entityResource(entity, root)),
        ...(last ? { nextLink: nextLink(request.url, request.host, [last.id]) } : {}),
      });
    },
    sentinelGetEntity: async (_context, { params, reply }) => {
      const { root } = place(params);
      const { entityId } = params;
      const [alert] = isUuid(entityId) ? await alertRows(database, 'a.id = $1', [entityId]) : [];
      if (alert) return sendArm(reply, 200, alertResource(alert, root, url));
      return sendArm(reply, 200, entityResource(await knownEntity(database, entityId), root));
    },
    sentinelListIncidents: async (context, { params, query, request, reply }) => {
      const { root, of } = place(params);
      const options = readListOptions(query, ['$filter', '$orderby', '$top', '$skiptoken']);
      const { rows, next } = await armIncidents(
        database,
        of,
        options,
        Math.min(options.top ?? pageDefault, pageMax),
        seen(context),
      );
      return sendArm(reply, 200, {
        value: await resourcesOf(await shownOf(database, seen(context), rows), root),
        ...(next === undefined ? {} : { nextLink: nextLink(request.url, request.host, next) }),
      });
    },
    sentinelGetIncident: async (context, { params, reply }) => {
      const { root, incident } = await incidentOf(params);
      const sight = seen(context);
      await requireSeen(database, sight, incident.number);
      return sendArm(reply, 200, (await resourcesOf(await shownOf(database, sight, [incident]), root))[0]);
    },
    sentinelPutIncident: async (context, { params, body, request, reply }) => {
      const { root, of } = place(params);
      const by = requireCaller(context).name;
      const { change, etag, firstActivity, lastActivity } = incidentBody(body);
      const known = await incidentNamed(database, params.incidentId, of);
      if (!known) {
        if (!isUuid(params.incidentId)) throw new SallyportError('BadRequest', 'an incident is named by a GUID');
        const made = { name: params.incidentId, workspaceId: of, change, firstActivity, lastActivity };
        const number = await createIncident(platform, made, by);
        context.audit({ target: `incident ${number}` });
      } else {
        const changes = await changeIncident(platform, known.number, withoutSystem(change, known), by, (before) =>
          checkEtag(before, etag ?? ifMatch(request)),
        );
        context.audit({ target: `incident ${known.number}`, details: { changes } });
      }
      const incident = await knownIncident(database, params.incidentId, of);
      return sendArm(reply, known ? 200 : 201, (await resourcesOf([incident], root))[0]);
    },
    sentinelDeleteIncident: async (context, { params, request, reply }) => {
      const { of } = place(params);
      const known = await incidentNamed(database, params.incidentId, of);
      if (!known) return sendArm(reply, 204);
      context.audit({ target: `incident ${known.number}` });
      await deleteIncident(platform, known.number, requireCaller(context).name, (before) =>
        checkEtag(before, ifMatch(request)),
      );
      return sendArm(reply, 200);
    },
    sentinelListIncidentAlerts: async (_context, { params, reply }) => {
      const { root, incident } = await incidentOf(params);
      return sendArm(reply, 200, { value: (await alertsOf(incident)).map((row) => alertResource(row, root, url)) });
    },
    sentinelListIncidentEntities: async (_context, { params, reply }) => {
      const { root, incident } = await incidentOf(params);
      const alerts = await alertsOf(incident);
      const all = new Map(alerts.flatMap(({ entities }) => entities).map((entity) => [entity.id, entity]));
      const kinds = Map.groupBy(all.values(), ({ kind }) => armKind(kind));
      return sendArm(reply, 200, {
        entities: [...all.values()].map((entity) => entityResource(entity, root)),
        metaData: [...kinds].map(([entityKind, { length }]) => ({ entityKind, count: length })),
      });
    },
    sentinelListComments: async (_context, { params, reply }) => {
      const { incident, id } = await incidentOf(params);
      return sendArm(reply, 200, {
        value: (await commentsOf(database, incident.number)).map((row) => commentResource(row, id)),
      });
    },
    sentinelGetComment: async (_context, { params, reply }) => {
      const { incident, id } = await incidentOf(params);
      const comment = await commentNamed(database, incident.number, params.commentId);
      return sendArm(reply, 200, commentResource(found(comment, params.commentId), id));
    },
    sentinelPutComment: async (context, { params, body, request, reply }) => {
      const { incident, id } = await incidentOf(params);
      const by = requireCaller(context).name;
      const { message, etag } = commentBody(body);
      if (!isUuid(params.commentId)) throw new SallyportError('BadRequest', 'a comment is named by a GUID');
      const known = await commentNamed(database, incident.number, params.commentId);
      context.audit({ target: `incident ${incident.number}`, details: { comment: params.commentId } });
      if (known) {
        checkEtag(known, etag ?? ifMatch(request));
        await editComment(platform, incident.number, { name: known.name, message }, by);
      } else await addComment(platform, incident.number, message, by, params.commentId);
      const comment = await commentNamed(database, incident.number, params.commentId);
      return sendArm(reply, known ? 200 : 201, commentResource(found(comment, params.commentId), id));
    },
    sentinelDeleteComment: async (context, { params, reply }) => {
      const { incident } = await incidentOf(params);
      const known = await commentNamed(database, incident.number, params.commentId);
      if (!known) return sendArm(reply, 204);
      context.audit({ target: `incident ${incident.number}`, details: { comment: known.name } });
      await deleteComment(platform, incident.number, known.name, requireCaller(context).name);
      return sendArm(reply, 200);
    },
    sentinelListRelations: async (_context, { params, reply }) => {
      const { root, incident } = await incidentOf(params);
      const alerts = await alertsOf(incident);
      return sendArm(reply, 200, { value: alerts.map(({ id }) => relationResource(incident.name, id, root)) });
    },
    sentinelGetRelation: async (_context, { params, reply }) => {
      const { root, incident } = await incidentOf(params);
      const alert = (await alertsOf(incident)).find(
        ({ id }) => relationName(incident.name, id) === params.relationName,
      );
      if (!alert)
        throw new SallyportError('NotFound', `Relation '${params.relationName.slice(0, 100)}' could not be found`);
      return sendArm(reply, 200, relationResource(incident.name, alert.id, root));
    },
    sentinelPutRelation: async (context, { params, body, reply }) => {
      const { root, incident } = await incidentOf(params);
      const alertId = relatedAlert(body);
      context.audit({ target: `incident ${incident.number}`, details: { alert: alertId } });
      await moveAlerts({ ...platform, inventory }, [alertId], incident.number, requireCaller(context).name);
      return sendArm(reply, 201, relationResource(incident.name, alertId, root));
    },
    sentinelDeleteRelation: async (context, { params, reply }) => {
      const { incident } = await incidentOf(params);
      const alert = (await alertsOf(incident)).find(
        ({ id }) => relationName(incident.name, id) === params.relationName,
      );
      if (!alert) return sendArm(reply, 204);
      context.audit({ target: `incident ${incident.number}`, details: { alert: alert.id } });
      await moveAlerts({ ...platform, inventory }, [alert.id], null, requireCaller(context).name);
      return sendArm(reply, 200);
    },
  };
}

function found(comment: ArmComment | undefined, name: string): ArmComment {
  if (!comment) throw new SallyportError('NotFound', `Comment '${name.slice(0, 100)}' could not be found`);
  return comment;
}

/** Labels that were given back as they were read have ours among them. */
const withoutSystem = (change: IncidentChange, { system_labels }: IncidentRow): IncidentChange => ({
  ...change,
  ...(change.labels ? { labels: change.labels.filter((label) => !system_labels.includes(label)) } : {}),
});
