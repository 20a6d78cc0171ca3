import { GroupName, NewPerson, PersonChange, SallyportError, type scimRoutes } from '@sallyport/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { refuseStrongerGroup } from '../../access/index.ts';
import type { Queryable } from '../../platform/database/index.ts';
import { requireCaller, type Handlers, type RequestContext } from '../../platform/http/index.ts';
import { Parameters, type Properties, type RawQuery } from '../../platform/odata/index.ts';
import type { Platform } from '../../platform/types.ts';
import { authorOf } from '../../platform/directory-audit.ts';
import type { GroupCommands } from '../directory/groups.ts';
import type { PeopleCommands } from '../directory/people.ts';
import { groupColumns, personColumns, type DirectoryGroup, type DirectoryPerson } from '../directory/store.ts';
import { list, oneOf, pageMax, resourceTypes, schemas, serviceProviderConfig } from './descriptions.ts';
import { preconditionFailed, scimError } from './errors.ts';
import { scimFilterSql } from './filter.ts';
import { groupDraftOfPatch, groupDraftOfResource, groupForm, type GroupDraft, type Member } from './groups.ts';
import {
  changeOfDraft,
  draftOfPatch,
  draftOfResource,
  enterpriseSchema,
  etagOf,
  userForm,
  type Draft,
} from './user-form.ts';

export { scimErrorFace } from './errors.ts';

const text = (sql: string) => ({ sql, type: 'string', nullable: true }) as const;
const attribute = (name: string) => text(`p.attributes->>'${name}'`);
const enterprise = enterpriseSchema.toLowerCase();
const userProperties: Properties = {
  single: {
    id: { sql: 'p.id::text', type: 'string' },
    username: { sql: 'p.user_principal_name', type: 'string' },
    externalid: text('p.external_id'),
    displayname: { sql: 'p.display_name', type: 'string' },
    active: { sql: '(p.disabled_at IS NULL)', type: 'boolean' },
    title: attribute('jobTitle'),
    'name.givenname': attribute('givenName'),
    'name.familyname': attribute('surname'),
    'emails.value': attribute('mail'),
    'emails.type': { sql: `'work'`, type: 'string' },
    [`${enterprise}:department`]: attribute('department'),
    [`${enterprise}:employeenumber`]: attribute('employeeId'),
    'meta.created': { sql: 'p.created_at', type: 'datetime' },
    'meta.lastmodified': { sql: 'p.modified_at', type: 'datetime' },
  },
};
const groupProperties: Properties = {
  single: {
    id: { sql: 'g.id::text', type: 'string' },
    displayname: { sql: 'g.name', type: 'string' },
    externalid: text('g.external_id'),
    'meta.created': { sql: 'g.created_at', type: 'datetime' },
    'meta.lastmodified': { sql: 'g.modified_at', type: 'datetime' },
  },
};
const users = "people p WHERE p.deleted_at IS NULL AND p.source = 'scim'";
const groupsFrom = "groups g WHERE g.source = 'scim'";
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const gone = (id: string) => new SallyportError('NotFound', `Resource ${id.slice(0, 128)} not found`);
const from = { source: 'scim' } as const;

const baseOf = (request: FastifyRequest): string => `https://${request.host}/scim/v2`;
const one = (query: RawQuery, name: string): string | undefined => {
  const value = query[name];
  return typeof value === 'string' ? value : undefined;
};
const whole = (value: string | undefined, otherwise: number): number => {
  const number = Number(value);
  return value !== undefined && Number.isInteger(number) ? number : otherwise;
};
const media = 'application/scim+json; charset=utf-8';

/** `attributes` and `excludedAttributes` (RFC 7644, 3.9), of whole attributes. */
function shown(form: Record<string, unknown>, query: RawQuery): Record<string, unknown> {
  const names = (name: string) => one(query, name)?.toLowerCase().split(',').map((part) => part.trim().split('.')[0] ?? ''); // prettier-ignore
  const [wanted, unwanted] = [names('attributes'), names('excludedAttributes')];
  const always = new Set(['id', 'schemas', 'meta']);
  return Object.fromEntries(
    Object.entries(form).filter(([name]) => {
      const lower = name.toLowerCase();
      if (always.has(lower)) return true;
      return wanted ? wanted.includes(lower) : !unwanted?.includes(lower);
    }),
  );
}
function send(reply: FastifyReply, form: Record<string, unknown>, status = 200): FastifyReply {
  const meta = form['meta'] as { location?: string; version?: string } | undefined;
  if (meta?.version !== undefined) void reply.header('etag', meta.version);
  if (status === 201 && meta?.location !== undefined) void reply.header('location', meta.location);
  return reply.code(status).type(media).send(JSON.stringify(form));
}
/** Throws 412 when the caller has another version in mind. */
function checkMatch({ headers }: FastifyRequest, current: { readonly revision: number }): void {
  const wanted = headers['if-match'];
  if (wanted === undefined || wanted === '*' || wanted.split(',').some((tag) => tag.trim() === etagOf(current))) return;
  throw preconditionFailed();
}
function checked<T extends z.ZodType>(schema: T, value: unknown): z.infer<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw scimError('invalidValue', `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
}

interface Asked {
  readonly query: RawQuery;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}
interface Sent {
  readonly body: Readonly<Record<string, unknown>>;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}
interface Named {
  readonly params: { readonly id: string };
}

/** SCIM 2.0: a directory elsewhere brings people and groups. It sees and changes what it brought, and no rights in Sallyport. */
export function scimHandlers(
  { database, clock }: Pick<Platform, 'database' | 'clock'>,
  { people, groups }: { readonly people: PeopleCommands; readonly groups: GroupCommands },
): Handlers<typeof scimRoutes> {
  const page = async <Row extends object>(
    { query, request, reply }: Asked,
    what: { columns: string; from: string; properties: Properties; order: string },
    form: (row: Row, base: string) => Promise<Record<string, unknown>> | Record<string, unknown>,
  ) => {
    const parameters = new Parameters();
    const filter = one(query, 'filter');
    const where = filter === undefined ? 'true' : scimFilterSql(filter, what.properties, parameters);
    const total = await database.first<{ n: number }>(`SELECT count(*)::int AS n FROM ${what.from} AND ${where}`, [...parameters.values]); // prettier-ignore
    const start = Math.max(1, whole(one(query, 'startIndex'), 1));
    const count = Math.min(Math.max(0, whole(one(query, 'count'), pageMax)), pageMax);
    const descending = one(query, 'sortOrder')?.toLowerCase() === 'descending' ? 'DESC' : 'ASC';
    const sortBy = one(query, 'sortBy')?.toLowerCase() ?? '';
    const sort = Object.hasOwn(what.properties.single, sortBy) ? what.properties.single[sortBy]?.sql : undefined;
    const rows = await database.query<Row>(
      `SELECT ${what.columns} FROM ${what.from} AND ${where} ORDER BY ${sort === undefined ? '' : `${sort} ${descending}, `}${what.order}
       LIMIT ${parameters.bind(count)} OFFSET ${parameters.bind(start - 1)}`,
      parameters.values,
    );
    const resources = await Promise.all(rows.map(async (row) => shown(await form(row, baseOf(request)), query)));
    return reply.type(media).send(JSON.stringify(list(resources, total?.n ?? 0, start)));
  };
  const person = async (id: string, db: Queryable = database): Promise<DirectoryPerson> => {
    const row = uuid.test(id)
      ? await db.first<DirectoryPerson>(`SELECT ${personColumns} FROM ${users} AND p.id = $1`, [id])
      : undefined;
    if (!row) throw gone(id);
    return row;
  };
  const group = async (id: string, db: Queryable = database): Promise<DirectoryGroup> => {
    const row = uuid.test(id)
      ? await db.first<DirectoryGroup>(`SELECT ${groupColumns} FROM ${groupsFrom} AND g.id = $1`, [id])
      : undefined;
    if (!row) throw gone(id);
    return row;
  };
  const membersOf = (id: string) =>
    database.query<Member>(
      'SELECT p.id, p.user_principal_name AS name FROM group_members m JOIN people p ON p.id = m.person_id WHERE m.group_id = $1 AND p.deleted_at IS NULL ORDER BY p.id',
      [id],
    );
  const userAnswer = (row: DirectoryPerson, base: string) => userForm(row, `${base}/Users/${row.id}`);
  const groupAnswer = async (row: DirectoryGroup, base: string, query: RawQuery = {}) => {
    const without = one(query, 'excludedAttributes')?.toLowerCase().includes('members') === true;
    return groupForm(row, without ? undefined : await membersOf(row.id), base);
  };
  const managerOf = async (draft: Draft): Promise<{ managerId?: string | null }> => {
    if (draft.manager === undefined) return {};
    return { managerId: draft.manager === null ? null : (await person(draft.manager)).id };
  };
  const changeUser = async (
    context: RequestContext,
    id: string,
    draft: Draft,
    { request, reply }: Omit<Sent, 'body'>,
  ) => {
    checkMatch(request, await person(id));
    const change = checked(PersonChange, { ...changeOfDraft(draft), ...(await managerOf(draft)) });
    const provenance = draft.externalId === undefined ? from : { ...from, externalId: draft.externalId };
    const saved = await people.update(id, change, authorOf(context), provenance);
    context.audit({ target: `person ${saved.userPrincipalName}` });
    return send(reply, userAnswer(await person(id), baseOf(request)));
  };
  /** Who is put into a group holds what it holds, which is for those to give who could give it otherwise. */
  const refuseFilling = async (context: RequestContext, id: string, wanted: readonly string[]): Promise<void> => {
    const have = new Set((await membersOf(id)).map((member) => member.id));
    if (wanted.some((one) => !have.has(one)))
      await refuseStrongerGroup(database, requireCaller(context), id, clock.now());
  };
  /** Members are people that SCIM brought. */
  const known = async (ids: readonly string[]) => Promise.all(ids.map(async (id) => (await person(id)).id));
  const changeGroup = async (
    context: RequestContext,
    id: string,
    draft: GroupDraft,
    { request, reply }: Omit<Sent, 'body'>,
  ) => {
    checkMatch(request, await group(id));
    const by = authorOf(context);
    const [members, added] = [draft.members && (await known(draft.members)), await known(draft.added)];
    await refuseFilling(context, id, [...(members ?? []), ...added]);
    const change = {
      ...(draft.displayName === undefined ? {} : { name: checked(GroupName, draft.displayName) }),
      ...(draft.externalId === undefined ? {} : { externalId: draft.externalId }),
    };
    await database.transaction(async (tx) => {
      await groups.update(id, change, by, tx);
      if (members) await groups.setMembers(id, members, by, tx);
      if (added.length > 0) await groups.addMembers(id, added, by, tx);
      if (draft.removed.length > 0)
        await groups.removeMembers(id, draft.removed.filter((one) => uuid.test(one)), by, { lenient: true }, tx); // prettier-ignore
    });
    context.audit({ target: `group ${id}` });
    return send(reply, await groupAnswer(await group(id), baseOf(request)));
  };

  return {
    scimListUsers: (_context, asked) =>
      page<DirectoryPerson>(asked, { columns: personColumns, from: users, properties: userProperties, order: 'p.created_at, p.id' }, userAnswer), // prettier-ignore
    scimGetUser: async (_context, { params, query, request, reply }) => {
      const row = await person(params.id);
      if (request.headers['if-none-match'] === etagOf(row)) return reply.code(304).send();
      return send(reply, shown(userAnswer(row, baseOf(request)), query));
    },
    scimCreateUser: async (context, { body, request, reply }) => {
      const draft = draftOfResource(body, false);
      const { attributes, ...change } = changeOfDraft(draft);
      const displayName = draft.displayName ?? draft.userName;
      const input = checked(NewPerson, { ...change, displayName, attributes, ...(await managerOf(draft)) });
      const made = await people.add(input, authorOf(context), { ...from, externalId: draft.externalId ?? null });
      context.audit({ target: `person ${made.userPrincipalName}` });
      return send(reply, userAnswer(await person(made.id), baseOf(request)), 201);
    },
    scimReplaceUser: (context, { params, body, ...sent }) =>
      changeUser(context, params.id, draftOfResource(body, true), sent),
    scimPatchUser: (context, { params, body, ...sent }) => changeUser(context, params.id, draftOfPatch(body), sent),
    scimDeleteUser: async (context, { params, request, reply }: Named & Omit<Sent, 'body'>) => {
      const row = await person(params.id);
      checkMatch(request, row);
      await people.remove(row.id, authorOf(context));
      context.audit({ target: `person ${row.userPrincipalName}` });
      return reply.code(204).send();
    },
    scimListGroups: (_context, asked) =>
      page<DirectoryGroup>(asked, { columns: groupColumns, from: groupsFrom, properties: groupProperties, order: 'g.created_at, g.id' }, (row, base) => groupAnswer(row, base, asked.query)), // prettier-ignore
    scimGetGroup: async (_context, { params, query, request, reply }) => {
      const row = await group(params.id);
      if (request.headers['if-none-match'] === etagOf(row)) return reply.code(304).send();
      return send(reply, shown(await groupAnswer(row, baseOf(request), query), query));
    },
    scimCreateGroup: async (context, { body, request, reply }) => {
      const draft = groupDraftOfResource(body);
      const name = checked(GroupName, draft.displayName);
      const members = await known(draft.members ?? []);
      const made = await groups.add({ name, externalId: draft.externalId ?? null, source: 'scim' }, members, authorOf(context)); // prettier-ignore
      context.audit({ target: `group ${made.name}` });
      return send(reply, await groupAnswer(await group(made.id), baseOf(request)), 201);
    },
    scimReplaceGroup: (context, { params, body, ...sent }) =>
      changeGroup(context, params.id, { members: [], externalId: null, ...groupDraftOfResource(body) }, sent),
    scimPatchGroup: (context, { params, body, ...sent }) =>
      changeGroup(context, params.id, groupDraftOfPatch(body), sent),
    scimDeleteGroup: async (context, { params, request, reply }: Named & Omit<Sent, 'body'>) => {
      const row = await group(params.id);
      checkMatch(request, row);
      await groups.remove(row.id, authorOf(context));
      context.audit({ target: `group ${row.name}` });
      return reply.code(204).send();
    },
    scimServiceProviderConfig: (_context, { request, reply }) => send(reply, serviceProviderConfig(baseOf(request))),
    scimSchemas: (_context, { request, reply }) => send(reply, list(schemas(baseOf(request)))),
    scimSchema: (_context, { params, request, reply }) => send(reply, oneOf(schemas(baseOf(request)), params.id)),
    scimResourceTypes: (_context, { request, reply }) => send(reply, list(resourceTypes(baseOf(request)))),
    scimResourceType: (_context, { params, request, reply }) =>
      send(reply, oneOf(resourceTypes(baseOf(request)), params.id)),
  };
}
