import { SallyportError, type PrivilegedKind } from '@sallyport/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Database, Queryable } from '../../../platform/database/index.ts';
import type { RequestContext } from '../../../platform/http/index.ts';
import {
  metadataOf,
  pageAnswer,
  Parameters,
  queryPage,
  readListOptions,
  selected,
  versionOf,
  type ListOptions,
  type Properties,
  type RawQuery,
} from '../../../platform/odata/index.ts';
import type { Approvals } from '../../approvals.ts';
import { askerOf } from '../../caller.ts';
import type { Requests } from '../../requests.ts';
import { isUuid } from '../../store.ts';
import { principalsOf } from '../../targets.ts';
import type { Asker, Holding, RequestRow, Wish } from '../../types.ts';
import { principalForm } from './forms.ts';

/** Requests, schedules and their instances, whatever they are of: a face says how Graph names and writes that. */

const pageMax = 500;
const pageDefault = 100;

export interface Reading {
  readonly query: RawQuery;
  readonly request: FastifyRequest;
}
export interface Named extends Reading {
  readonly params: { readonly id: string };
}
export type Answer = Promise<Record<string, unknown>>;
type Row = RequestRow | Holding;

/** What is of one kind of target. */
export interface Face {
  readonly root: string;
  readonly type: 'role' | 'group';
  /** Before `ScheduleRequests`, `Schedules` and `ScheduleInstances`. */
  readonly names: Readonly<Record<PrivilegedKind, string>>;
  readonly properties: { readonly request: Properties; readonly schedule: Properties; readonly instance: Properties };
  readonly forms: {
    readonly request: (row: RequestRow) => object;
    readonly schedule: (row: Holding) => object;
    readonly instance: (row: Holding) => object;
  };
  readonly wishOf: (kind: PrivilegedKind, body: unknown, asker: Asker) => Wish;
  /** What `$expand` names beside `principal` and `activatedUsing`, of each row. */
  readonly expand: (
    db: Queryable,
    rows: readonly Row[],
    wants: (name: string) => boolean,
  ) => Promise<(row: Row) => object>;
}

/** A kind of object: its rows (`r`), what can be asked of them, and how Graph writes one. `$1` is now. */
interface Kind<R extends Row> {
  readonly name: string;
  readonly from: string;
  readonly where: string;
  readonly properties: Properties;
  readonly form: (row: R) => object;
}
const requestsOf = (face: Face, kind: PrivilegedKind): Kind<RequestRow> => ({
  name: `${face.names[kind]}ScheduleRequests`,
  from: `(SELECT *, scope_id(scope) AS scope_id FROM privileged_requests) r`,
  where: `r.kind = '${kind}' AND r.target_type = '${face.type}' AND $1::timestamptz IS NOT NULL`,
  properties: face.properties.request,
  form: face.forms.request,
});
const inForce = 'r.removed_at IS NULL AND (r.ends_at IS NULL OR r.ends_at > $1)';
const schedulesOf = (face: Face, kind: PrivilegedKind): Kind<Holding> => ({
  name: `${face.names[kind]}Schedules`,
  from: 'privileged_holdings r',
  where: `r.kind = '${kind}' AND r.target_type = '${face.type}' AND ${inForce}`,
  properties: face.properties.schedule,
  form: face.forms.schedule,
});
const instancesOf = (face: Face, kind: PrivilegedKind): Kind<Holding> => ({
  name: `${face.names[kind]}ScheduleInstances`,
  from: 'privileged_holdings r',
  where: `r.kind = '${kind}' AND r.target_type = '${face.type}' AND ${inForce} AND r.starts_at <= $1`,
  properties: face.properties.instance,
  form: face.forms.instance,
});

/** `filterByCurrentUser(on='principal')`, which stands where an id does. */
const byCurrentUser = /^filterByCurrentUser\(on='(\w{1,32})'\)$/;
const ownOrGroups = (me: string): string =>
  `(r.principal_id = ${me} OR r.principal_id IN (SELECT group_id FROM group_members WHERE person_id = ${me}))`;

export interface ScheduleParts {
  readonly platform: { readonly database: Database; readonly clock: { now(): Date } };
  readonly requests: Requests;
  readonly approvals: Approvals;
}

/** Handlers of a face, by kind. */
export function scheduleHandlers(face: Face, { platform, requests, approvals }: ScheduleParts) {
  const { database, clock } = platform;

  const list = async <R extends Row>(
    kind: Kind<R>,
    query: RawQuery,
    request: FastifyRequest,
    own?: (me: Parameters['bind']) => string,
    path = `${face.root}/${kind.name}`,
  ): Answer => {
    const options = readListOptions(query);
    const parameters = new Parameters();
    parameters.bind(clock.now());
    const bound = own ? ` AND ${own(parameters.bind)}` : '';
    const from = `${kind.from} WHERE ${kind.where}${bound}`;
    const order = {
      key: { sql: 'r.id::text', type: 'string' },
      defaultOrder: [{ path: 'createdDateTime', descending: true }],
    } as const;
    const { rows, next, count } = await queryPage<R>(database, {
      columns: 'r.*',
      from,
      properties: kind.properties,
      order,
      options,
      parameters,
      pageDefault,
      pageMax,
    });
    return pageAnswer(request, path, keepingExpanded(options), {
      value: await expanded(face, database, rows, kind.form, options),
      next,
      count,
    });
  };

  const one = async <R extends Row>(kind: Kind<R>, id: string): Promise<R> => {
    const row = isUuid(id)
      ? await database.first<R>(`SELECT r.* FROM ${kind.from} WHERE ${kind.where} AND r.id = $2`, [clock.now(), id])
      : undefined;
    if (!row) throw new SallyportError('NotFound', `there is nothing of the id ${id.slice(0, 100)}`);
    return row;
  };

  const get =
    <R extends Row>(kind: Kind<R>) =>
    async (context: RequestContext, { params, query, request }: Named): Answer => {
      const asker = await askerOf(database, context);
      const on = byCurrentUser.exec(params.id)?.[1];
      if (on !== undefined) return mine(kind, on, asker, query, request);
      const options = readListOptions(query, ['$select', '$expand']);
      const row = await one(kind, params.id);
      if (!asker.readsAll && row.principal_id !== asker.personId)
        throw new SallyportError('NotFound', `there is nothing of the id ${params.id.slice(0, 100)}`);
      const [object] = await expanded(face, database, [row], kind.form, options);
      return {
        '@odata.context': metadataOf(request, `${face.root}/${kind.name}/$entity`),
        ...selected(object ?? {}, keepingExpanded(options)),
      };
    };

  /** What is the caller's own: as principal, as the one who asked, or as approver. */
  const mine = async <R extends Row>(
    kind: Kind<R>,
    on: string,
    { personId }: Asker,
    query: RawQuery,
    request: FastifyRequest,
  ): Answer => {
    const path = `Collection(${kind.name})`;
    const me = personId ?? '00000000-0000-0000-0000-000000000000';
    if (on === 'principal') return list(kind, query, request, (bind) => ownOrGroups(`${bind(me)}::uuid`), path);
    const isRequest = kind.properties === face.properties.request;
    if (on === 'createdBy' && isRequest)
      return list(kind, query, request, (bind) => `r.created_by_id = ${bind(me)}::uuid`, path);
    if (on === 'approver' && isRequest) {
      const ids = (await approvals.waitingFor(me)).map(([row]) => row.id);
      return list(kind, query, request, (bind) => `r.id = ANY(${bind(ids)}::uuid[])`, path);
    }
    throw new SallyportError('BadRequest', `\`on\`: \`${on}\` is not supported here`);
  };

  const create =
    (kind: PrivilegedKind) =>
    async (
      context: RequestContext,
      { body, request, reply }: { body: Record<string, unknown>; request: FastifyRequest; reply: FastifyReply },
    ) => {
      const asker = await askerOf(database, context);
      const wish = face.wishOf(kind, body, asker);
      const row = await requests.submit(wish, asker);
      context.audit({ target: `request ${row.id}`, details: { action: row.action, status: row.status } });
      const path = `${face.root}/${requestsOf(face, kind).name}`;
      return reply
        .code(201)
        .header('location', `https://${request.host}/${versionOf(request)}/${path}/${row.id}`)
        .send({
          '@odata.context': metadataOf(request, `${path}/$entity`),
          ...face.forms.request(row),
          isValidationOnly: wish.validationOnly,
        });
    };
  const cancel = async (
    context: RequestContext,
    { params, reply }: { params: { id: string }; reply: FastifyReply },
  ) => {
    await requests.cancel(params.id, await askerOf(database, context));
    context.audit({ target: `request ${params.id}` });
    return reply.code(204).send();
  };

  const listing =
    <R extends Row>(kind: Kind<R>) =>
    (_context: RequestContext, { query, request }: Reading): Answer =>
      list(kind, query, request);
  const of = (kind: PrivilegedKind) => ({
    listRequests: listing(requestsOf(face, kind)),
    getRequest: get(requestsOf(face, kind)),
    createRequest: create(kind),
    cancelRequest: cancel,
    listSchedules: listing(schedulesOf(face, kind)),
    getSchedule: get(schedulesOf(face, kind)),
    listInstances: listing(instancesOf(face, kind)),
    getInstance: get(instancesOf(face, kind)),
  });
  return { active: of('active'), eligible: of('eligible') };
}

/** Properties that `$expand` adds stay, whatever `$select` says. */
const keepingExpanded = (options: ListOptions): ListOptions =>
  options.select === undefined
    ? options
    : { ...options, select: [...options.select, ...options.expand.map((part) => part.split('(')[0] ?? part)] };

/** The forms of rows, with what `$expand` names. */
async function expanded<R extends Row>(
  face: Face,
  db: Queryable,
  found: readonly R[],
  form: (row: R) => object,
  { expand }: ListOptions,
): Promise<object[]> {
  const names = expand.map((part) => part.split('(')[0] ?? part);
  const wants = (name: string): boolean => names.includes(name) || names.includes('*');
  const people = wants('principal')
    ? await principalsOf(
        found.map(({ principal_id: id }) => id),
        db,
      )
    : undefined;
  const more = await face.expand(db, found, wants);
  const fromIds = found.flatMap((row) =>
    'activated_from' in row && row.activated_from !== null ? [row.activated_from] : [],
  );
  const from =
    wants('activatedUsing') && fromIds.length > 0
      ? new Map((await db.query<Holding>('SELECT * FROM privileged_holdings WHERE id = ANY($1::uuid[])', [fromIds])).map((row) => [row.id, row])) // prettier-ignore
      : undefined;
  return found.map((row) => {
    const principal = people?.get(row.principal_id);
    const eligible = 'activated_from' in row && row.activated_from !== null ? from?.get(row.activated_from) : undefined;
    return {
      ...form(row),
      ...(people ? { principal: principal ? principalForm(principal) : null } : {}),
      ...more(row),
      ...(wants('activatedUsing') ? { activatedUsing: eligible ? face.forms.schedule(eligible) : null } : {}),
    };
  });
}
