import { SallyportError, type graphSecurityRoutes, type IncidentChange } from '@sallyport/contracts';
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { requireCaller, type Handlers, type RequestContext } from '../../../platform/http/index.ts';
import {
  metadataOf as contextOf,
  pageAnswer as listAnswer,
  readListOptions,
  selected,
  type ListOptions,
  type RawQuery,
} from '../../../platform/odata/index.ts';
import type { Platform } from '../../../platform/types.ts';
import { addAlertComment, changeAlert, type AlertChange } from '../../alert-commands.ts';
import { addComment, changeIncident } from '../../commands.ts';
import type { AlertRow } from '../../read.ts';
import { findingsOfAlerts } from '../../story/read.ts';
import type { IncidentRow } from '../../types.ts';
import {
  alertById,
  alertsOfIncidents,
  commentsOfAlerts,
  commentsOfIncidents,
  incidentById,
  pageOfAlerts,
  pageOfIncidents,
} from './lists.ts';
import { alertOf, commentOf, incidentOf, type Place } from './objects.ts';
import {
  AlertPatch,
  alertStatuses,
  classifications,
  CommentBody,
  IncidentPatch,
  incidentStatuses,
  ownDetermination,
  ownValue,
  severities,
} from './values.ts';
import { shownOf, sightOf, type Sight } from '../../within.ts';

/**
 * Microsoft Graph's `security/incidents` and `security/alerts_v2`, for its unmodified clients.
 * https://learn.microsoft.com/graph/api/resources/security-api-overview
 */

/** Rows of a page: without `$top`, and at most. A larger `$top` gets pages of the most. */
const pages = { incidents: { default: 50, max: 1_000 }, alerts: { default: 100, max: 1_000 } } as const;
/** An incident brings up to 500 alerts with all their entities. */
const expandedMax = 50;

const itemOptions = ['$select', '$expand'] as const;

export function graphSecurityHandlers(platform: Platform, place: Place): Handlers<typeof graphSecurityRoutes> {
  const { database } = platform;

  const seen = (context: RequestContext) => sightOf(requireCaller(context), platform.workspaces);

  const incidentsOf = async (rows: readonly IncidentRow[], options: ListOptions, sight: Sight) => {
    expandOnly(options, ['alerts']);
    const numbers = rows.map((row) => row.number);
    const shown = await shownOf(database, sight, rows);
    const comments = await commentsOfIncidents(
      database,
      shown.filter(({ outside = 0 }) => outside === 0).map(({ number }) => number),
    );
    const plain = shown.map((row) => incidentOf(row, comments.get(row.number) ?? [], place));
    if (options.expand.length === 0) return plain;
    const alerts = await alertsOfIncidents(database, numbers, sight);
    const made = await alertsWithComments([...alerts.values()].flat());
    const byIncident = Map.groupBy(made, (alert) => alert.incidentId);
    return plain.map((incident) => ({ ...incident, alerts: byIncident.get(incident.id ?? '') ?? [] }));
  };
  const alertsWithComments = async (rows: readonly AlertRow[]) => {
    const ids = rows.map((row) => row.id);
    const [comments, findings] = await Promise.all([commentsOfAlerts(database, ids), findingsOfAlerts(database, ids)]);
    return rows.map((row) => alertOf(row, comments.get(row.id) ?? [], place, findings.get(row.id)));
  };
  const oneIncident = async (context: RequestContext, request: FastifyRequest, id: string, query: RawQuery = {}) => {
    const sight = seen(context);
    const options = readListOptions(query, itemOptions);
    const [incident] = await incidentsOf([await incidentById(database, id, sight)], options, sight);
    return { '@odata.context': contextOf(request, 'security/incidents/$entity'), ...selected(incident ?? {}, options) };
  };
  const oneAlert = async (context: RequestContext, request: FastifyRequest, id: string, query: RawQuery = {}) => {
    const options = readListOptions(query, itemOptions);
    expandOnly(options, []);
    const [alert] = await alertsWithComments([await alertById(database, id, seen(context))]);
    return { '@odata.context': contextOf(request, 'security/alerts_v2/$entity'), ...selected(alert ?? {}, options) };
  };

  return {
    graphListIncidents: async (context, { query, request }) => {
      const sight = seen(context);
      const options = readListOptions(query);
      const max = options.expand.length > 0 ? expandedMax : pages.incidents.max;
      const page = await pageOfIncidents(
        database,
        options,
        Math.min(options.top ?? pages.incidents.default, max),
        sight,
      );
      const value = await incidentsOf(page.rows, options, sight);
      return listAnswer(request, 'security/incidents', options, { ...page, value });
    },
    graphGetIncident: (context, { params, query, request }) => oneIncident(context, request, params.id, query),
    graphUpdateIncident: async (context, { params, body, request }) => {
      const incident = await incidentById(database, params.id);
      const { number } = incident;
      const changes = await changeIncident(
        platform,
        number,
        incidentChange(body, incident),
        requireCaller(context).name,
      );
      context.audit({ target: `incident ${number}`, details: { changes } });
      return oneIncident(context, request, params.id);
    },
    graphCommentIncident: async (context, { params, body, request }) => {
      const { number } = await incidentById(database, params.id);
      await addComment(platform, number, read(CommentBody, body).comment, requireCaller(context).name);
      context.audit({ target: `incident ${number}` });
      const comments = (await commentsOfIncidents(database, [number])).get(number) ?? [];
      const path = `security/incidents('${number}')/comments`;
      return { '@odata.context': contextOf(request, path), value: comments.map(commentOf) };
    },
    graphListAlerts: async (context, { query, request }) => {
      const options = readListOptions(query);
      expandOnly(options, []);
      const size = Math.min(options.top ?? pages.alerts.default, pages.alerts.max);
      const page = await pageOfAlerts(database, options, size, seen(context));
      const value = await alertsWithComments(page.rows);
      return listAnswer(request, 'security/alerts_v2', options, { ...page, value });
    },
    graphGetAlert: (context, { params, query, request }) => oneAlert(context, request, params.id, query),
    graphUpdateAlert: async (context, { params, body, request }) => {
      const { id } = await alertById(database, params.id);
      const changes = await changeAlert(platform, id, alertChange(read(AlertPatch, body)), requireCaller(context).name);
      context.audit({ target: `alert ${id}`, details: { changes } });
      return oneAlert(context, request, id);
    },
    graphCommentAlert: async (context, { params, body, request }) => {
      const { id } = await alertById(database, params.id);
      await addAlertComment(platform, id, read(CommentBody, body).comment, requireCaller(context).name);
      context.audit({ target: `alert ${id}` });
      const comments = (await commentsOfAlerts(database, [id])).get(id) ?? [];
      const path = `security/alerts_v2('${id}')/comments`;
      return { '@odata.context': contextOf(request, path), value: comments.map(commentOf) };
    },
  };
}

function read<T extends z.ZodType>(schema: T, body: unknown): z.infer<T> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new SallyportError('BadRequest', `${issue?.path.join('/') ?? 'body'}: ${issue?.message ?? 'not understood'}`);
}

function alertChange({ status, classification, determination, assignedTo }: z.infer<typeof AlertPatch>): AlertChange {
  return {
    ...(status === undefined ? {} : { status: ownValue('status', alertStatuses, status) }),
    ...(classification === undefined
      ? {}
      : { classification: ownValue('classification', classifications, classification) }),
    ...(determination === undefined ? {} : { determination: ownDetermination(determination) }),
    ...(assignedTo === undefined ? {} : { owner: assignedTo?.trim() || null }),
  };
}

function incidentChange(body: unknown, before: IncidentRow): IncidentChange {
  const patch = read(IncidentPatch, body);
  const { classification, determination, owner } = alertChange({ ...patch, status: undefined });
  const status = patch.status === undefined ? undefined : ownValue('status', incidentStatuses, patch.status);
  // Graph's clients may resolve without a classification; ours is then Undetermined.
  const unclassified = status === 'Closed' && classification === undefined && before.classification === null;
  return {
    ...(status === undefined ? {} : { status }),
    ...(classification === undefined ? {} : { classification }),
    ...(unclassified ? { classification: 'Undetermined' as const } : {}),
    ...(determination === undefined ? {} : { determination }),
    ...(owner === undefined ? {} : { owner }),
    ...(patch.displayName === undefined ? {} : { title: patch.displayName }),
    ...(patch.severity === undefined ? {} : { severity: ownValue('severity', severities, patch.severity) }),
    ...(patch.customTags === undefined ? {} : { labels: patch.customTags }),
    ...(patch.resolvingComment === undefined ? {} : { classificationComment: patch.resolvingComment }),
  };
}

function expandOnly({ expand }: ListOptions, known: readonly string[]): void {
  const unknown = expand.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new SallyportError('BadRequest', `$expand: could not find a navigation property named \`${unknown}\``);
}
