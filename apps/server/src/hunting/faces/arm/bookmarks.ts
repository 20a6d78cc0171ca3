import {
  Cell,
  EntityKind,
  SallyportError,
  tactics,
  type NewBookmark,
  type sentinelBookmarkRoutes,
} from '@sallyport/contracts';
import { z } from 'zod';
import { checkEtag, etagOf, ifMatch, readBody, rootFor, sendArm } from '../../../platform/arm/index.ts';
import { requireCaller, type Handlers } from '../../../platform/http/index.ts';
import { nextLink, readListOptions } from '../../../platform/odata/index.ts';
import type { BookmarkRow } from '../../hunts/bookmark-store.ts';
import type { Bookmarks, IncidentDoor } from '../../hunts/bookmarks.ts';

/**
 * Hunting bookmarks of Azure Resource Manager's `Microsoft.SecurityInsights`, for the unmodified clients of Microsoft Sentinel.
 * https://learn.microsoft.com/rest/api/securityinsights/bookmarks
 */

const pageSize = 200;
const time = z.iso.datetime({ offset: true }).nullish();
const Body = z.object({
  etag: z.string().max(256).nullish(),
  properties: z.object({
    displayName: z.string().trim().min(1).max(256),
    query: z.string().min(1).max(100_000),
    queryResult: z.string().max(262_144).nullish(),
    notes: z.string().max(10_000).nullish(),
    labels: z.array(z.string().trim().min(1).max(64)).max(50).nullish(),
    tactics: z.array(z.enum(tactics)).max(20).nullish(),
    techniques: z
      .array(z.string().regex(/^T\d{4}(\.\d{3})?$/))
      .max(50)
      .nullish(),
    queryStartTime: time,
    queryEndTime: time,
    entityMappings: z
      .array(
        z.object({
          entityType: z.string().max(64),
          fieldMappings: z
            .array(z.object({ identifier: z.string().max(64), value: z.string().max(2_048) }))
            .max(10)
            .nullish(),
        }),
      )
      .max(20)
      .nullish(),
  }),
});
type Properties = z.infer<typeof Body>['properties'];
const RelationBody = z.object({ properties: z.object({ relatedResourceId: z.string().max(2_048) }) });

interface Parts {
  readonly bookmarks: Bookmarks;
  readonly incidents: IncidentDoor;
  readonly isWorkspace: (name: string) => boolean;
}

export function sentinelBookmarkHandlers({
  bookmarks,
  incidents,
  isWorkspace,
}: Parts): Handlers<typeof sentinelBookmarkRoutes> {
  const named = (id: string): Promise<BookmarkRow | undefined> =>
    z.uuid().safeParse(id).success ? bookmarks.find(id) : Promise.resolve(undefined);
  const known = async (id: string): Promise<BookmarkRow> => {
    const row = await named(id);
    if (!row) throw new SallyportError('NotFound', `Bookmark '${id.slice(0, 100)}' could not be found`);
    return row;
  };
  const resource = async (row: BookmarkRow, root: string) => bookmarkResource(row, root, await incidentOf(row));
  const incidentOf = async ({ incident_number: number }: BookmarkRow): Promise<string | undefined> =>
    number === null ? undefined : incidents.nameOf(number);
  const relationsOf = async (row: BookmarkRow, root: string) => {
    const incident = await incidentOf(row);
    return incident === undefined ? [] : [relationResource(row, incident, root)];
  };
  const resources = (rows: readonly BookmarkRow[], root: string) => Promise.all(rows.map((row) => resource(row, root)));

  return {
    sentinelListBookmarks: async (_context, { params, query, request, reply }) => {
      const root = rootFor(params, isWorkspace);
      const [after] = readListOptions(query, ['$skiptoken']).after ?? [];
      const offset = z.coerce
        .number()
        .int()
        .min(0)
        .max(1_000_000)
        .catch(0)
        .parse(after ?? 0);
      const { total, rows } = await bookmarks.list({}, { limit: pageSize, offset });
      const more = offset + rows.length < total;
      return sendArm(reply, 200, {
        value: await resources(rows, root),
        ...(more ? { nextLink: nextLink(request.url, request.host, [String(offset + rows.length)]) } : {}),
      });
    },
    sentinelGetBookmark: async (_context, { params, reply }) => {
      const root = rootFor(params, isWorkspace);
      return sendArm(reply, 200, await resource(await known(params.bookmarkId), root));
    },
    sentinelPutBookmark: async (context, { params: { bookmarkId: id, ...workspace }, body, request, reply }) => {
      const root = rootFor(workspace, isWorkspace);
      const by = requireCaller(context).name;
      const { etag, properties } = readBody(Body, body);
      if (!z.uuid().safeParse(id).success) throw new SallyportError('BadRequest', 'a bookmark is named by a GUID');
      context.audit({ target: `bookmark ${id}`, details: { name: properties.displayName } });
      const before = await named(id);
      if (!before) {
        const [row] = await bookmarks.create([{ id, ...newBookmark(properties) }], by);
        return sendArm(reply, 201, await resource(row!, root));
      }
      const { name, notes, labels, tactics: all, techniques, entities } = newBookmark(properties, before);
      const change = { name, notes, labels, tactics: all, techniques, entities };
      const row = await bookmarks.change(id, change, by, (now) => checkEtag(now, etag ?? ifMatch(request)));
      return sendArm(reply, 200, await resource(row, root));
    },
    sentinelDeleteBookmark: async (context, { params, request, reply }) => {
      rootFor(params, isWorkspace);
      const row = await named(params.bookmarkId);
      if (!row) return sendArm(reply, 204);
      checkEtag(row, ifMatch(request));
      context.audit({ target: `bookmark ${row.id}` });
      await bookmarks.remove(row.id);
      return sendArm(reply, 200);
    },
    sentinelExpandBookmark: async (_context, { params, reply }) => {
      const root = rootFor(params, isWorkspace);
      const row = await known(params.bookmarkId);
      const entities = incidents.entityResources(row.entities, root);
      const kinds = Map.groupBy(entities, ({ kind }) => kind);
      return sendArm(reply, 200, {
        metaData: { aggregations: [...kinds].map(([entityKind, { length }]) => ({ entityKind, count: length })) },
        value: { entities, edges: [] },
      });
    },
    sentinelListBookmarkRelations: async (_context, { params, reply }) => {
      const root = rootFor(params, isWorkspace);
      return sendArm(reply, 200, { value: await relationsOf(await known(params.bookmarkId), root) });
    },
    sentinelGetBookmarkRelation: async (_context, { params, reply }) => {
      const root = rootFor(params, isWorkspace);
      const relations = await relationsOf(await known(params.bookmarkId), root);
      const relation = relations.find(({ name }) => name === params.relationName);
      if (!relation)
        throw new SallyportError('NotFound', `Relation '${params.relationName.slice(0, 100)}' could not be found`);
      return sendArm(reply, 200, relation);
    },
    sentinelPutBookmarkRelation: async (context, { params, body, reply }) => {
      const root = rootFor(params, isWorkspace);
      const row = await known(params.bookmarkId);
      const { relatedResourceId } = readBody(RelationBody, body).properties;
      const [, name = ''] = /\/incidents\/([^/]+)$/i.exec(relatedResourceId) ?? [];
      const incident = await incidents.numberOf(name);
      if (incident === undefined)
        throw new SallyportError('BadRequest', 'relatedResourceId: the id of an incident is expected');
      context.audit({ target: `incident ${incident}`, details: { bookmark: row.id } });
      await bookmarks.promote([row.id], { incident, severity: 'Medium' }, requireCaller(context).name);
      return sendArm(reply, 201, relationResource(row, name, root));
    },
    sentinelDeleteBookmarkRelation: async (context, { params, reply }) => {
      const root = rootFor(params, isWorkspace);
      const row = await known(params.bookmarkId);
      const relation = (await relationsOf(row, root)).find(({ name }) => name === params.relationName);
      if (!relation) return sendArm(reply, 204);
      context.audit({ target: `bookmark ${row.id}`, details: { incident: row.incident_number } });
      await bookmarks.demote(row.id, requireCaller(context).name);
      return sendArm(reply, 200);
    },
    sentinelListIncidentBookmarks: async (_context, { params, reply }) => {
      const root = rootFor(params, isWorkspace);
      const incident = await incidents.numberOf(params.incidentId);
      if (incident === undefined)
        throw new SallyportError('NotFound', `Incident '${params.incidentId.slice(0, 100)}' could not be found`);
      const { rows } = await bookmarks.list({ incident }, { limit: pageSize, offset: 0 });
      const value = (await resources(rows, root)).map((one) => ({
        ...one,
        type: 'Microsoft.SecurityInsights/Entities',
        kind: 'Bookmark',
      }));
      return sendArm(reply, 200, { value });
    },
  };
}

/** Cells of a row as a client wrote it: values that are no cell as JSON text. */
function rowOf(text: string | null | undefined): Record<string, Cell> {
  if (!text) return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { Result: text };
  }
  const parsed = z.record(z.string(), z.unknown()).safeParse(value);
  if (!parsed.success) return { Result: text };
  return Object.fromEntries(
    Object.entries(parsed.data).map(([name, cell]) => {
      const plain = Cell.safeParse(cell);
      return [name, plain.success ? plain.data : JSON.stringify(cell)];
    }),
  );
}

/** Sentinel calls kinds here otherwise in places. */
const kindNames: Readonly<Record<string, EntityKind>> = { ip: 'IP', url: 'URL', dnsresolution: 'DNS', dns: 'DNS' };
function kindOf(name: string): EntityKind {
  const kind =
    kindNames[name.toLowerCase()] ?? EntityKind.options.find((one) => one.toLowerCase() === name.toLowerCase());
  if (kind) return kind;
  throw new SallyportError('BadRequest', `Invalid data model. [entityMappings: there is no entity type '${name}']`);
}

function newBookmark(properties: Properties, before?: BookmarkRow): NewBookmark {
  const { entityMappings, queryStartTime, queryEndTime } = properties;
  const instant = (text: string | null | undefined): string | null => (text ? new Date(text).toISOString() : null);
  return {
    name: properties.displayName,
    notes: properties.notes ?? before?.notes ?? '',
    labels: properties.labels ?? before?.labels ?? [],
    tactics: properties.tactics ?? before?.tactics ?? [],
    techniques: properties.techniques ?? before?.techniques ?? [],
    query: properties.query,
    queryFrom: instant(queryStartTime),
    queryTo: instant(queryEndTime),
    row: rowOf(properties.queryResult),
    entities:
      entityMappings?.map(({ entityType, fieldMappings }) => ({
        kind: kindOf(entityType),
        identifiers: Object.fromEntries((fieldMappings ?? []).map(({ identifier, value }) => [identifier, value])),
      })) ??
      before?.entities ??
      [],
    huntId: null,
  };
}

const personOf = (name: string) => ({ objectId: null, email: name.includes('@') ? name : null, name });

const bookmarkResource = (row: BookmarkRow, root: string, incident: string | undefined) => ({
  id: `${root}/Bookmarks/${row.id}`,
  name: row.id,
  etag: etagOf(row),
  type: 'Microsoft.SecurityInsights/Bookmarks',
  properties: {
    displayName: row.name,
    notes: row.notes,
    labels: row.labels,
    tactics: row.tactics,
    techniques: row.techniques,
    query: row.query,
    queryResult: JSON.stringify(row.row),
    ...(row.query_from ? { queryStartTime: row.query_from.toISOString() } : {}),
    ...(row.query_to ? { queryEndTime: row.query_to.toISOString() } : {}),
    ...(row.event_at ? { eventTime: row.event_at.toISOString() } : {}),
    entityMappings: row.entities.map(({ kind, identifiers }) => ({
      entityType: kind,
      fieldMappings: Object.entries(identifiers).map(([identifier, value]) => ({ identifier, value })),
    })),
    created: row.created_at.toISOString(),
    createdBy: personOf(row.created_by),
    updated: row.updated_at.toISOString(),
    updatedBy: personOf(row.updated_by),
    ...(incident === undefined
      ? {}
      : { incidentInfo: { incidentId: incident, relationName: relationName(row, incident) } }),
  },
});

const relationName = ({ id }: BookmarkRow, incident: string): string => `${id}_${incident}`;
const relationResource = (row: BookmarkRow, incident: string, root: string) => {
  const name = relationName(row, incident);
  return {
    id: `${root}/Bookmarks/${row.id}/Relations/${name}`,
    name,
    etag: etagOf({ bookmark: row.id, incident }),
    type: 'Microsoft.SecurityInsights/Bookmarks/Relations',
    properties: {
      relatedResourceId: `${root}/Incidents/${incident}`,
      relatedResourceName: incident,
      relatedResourceType: 'Microsoft.SecurityInsights/Incidents',
    },
  };
};
