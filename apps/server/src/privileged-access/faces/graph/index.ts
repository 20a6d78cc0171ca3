import { SallyportError, type graphPrivilegedAccessRoutes, type PrivilegedKind } from '@sallyport/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Queryable } from '../../../platform/database/index.ts';
import type { Handlers, RequestContext } from '../../../platform/http/index.ts';
import {
  metadataOf,
  pageAnswer,
  pageSql,
  Parameters,
  readListOptions,
  selected,
  versionOf,
  type ListOptions,
  type Properties,
  type RawQuery,
} from '../../../platform/odata/index.ts';
import { z } from 'zod';
import { badRequest } from '../../../platform/errors.ts';
import { approversOf } from '../../approvers.ts';
import { stepsOf, type Approvals } from '../../approvals.ts';
import { askerOf } from '../../caller.ts';
import { PrivilegedAccessError } from '../../errors.ts';
import type { Requests } from '../../requests.ts';
import { allRoles, roleById } from '../../roles.ts';
import { isUuid, requests as rows } from '../../store.ts';
import { principalsOf } from '../../targets.ts';
import type { Asker, Holding, RequestRow } from '../../types.ts';
import { instanceForm, principalForm, requestForm, roleForm, scheduleForm, stepForm } from './forms.ts';
import { graphPolicyHandlers, type PolicyParts } from './policies.ts';
import { instanceProperties, requestProperties, scheduleProperties } from './properties.ts';
import { wishOf } from './wish.ts';

/**
 * Microsoft Graph's privileged access to roles, for its unmodified clients.
 * https://learn.microsoft.com/graph/api/resources/privilegedidentitymanagementv3-overview
 */

const root = 'roleManagement/directory';
const pageMax = 500;
const pageDefault = 100;

interface Reading {
  readonly query: RawQuery;
  readonly request: FastifyRequest;
}
interface Named extends Reading {
  readonly params: { readonly id: string };
}
type Answer = Promise<Record<string, unknown>>;
type Row = RequestRow | Holding;

/** A kind of object: its rows (`r`), what can be asked of them, and how Graph writes one. `$1` is now. */
interface Kind<R extends Row> {
  readonly name: string;
  readonly from: string;
  readonly where: string;
  readonly properties: Properties;
  readonly form: (row: R) => object;
}
const requestsOf = (kind: PrivilegedKind): Kind<RequestRow> => ({
  name: kind === 'active' ? 'roleAssignmentScheduleRequests' : 'roleEligibilityScheduleRequests',
  from: `(SELECT *, scope_id(scope) AS scope_id FROM privileged_requests) r`,
  where: `r.kind = '${kind}' AND r.target_type = 'role' AND $1::timestamptz IS NOT NULL`,
  properties: requestProperties,
  form: requestForm,
});
const inForce = 'r.removed_at IS NULL AND (r.ends_at IS NULL OR r.ends_at > $1)';
const schedulesOf = (kind: PrivilegedKind): Kind<Holding> => ({
  name: kind === 'active' ? 'roleAssignmentSchedules' : 'roleEligibilitySchedules',
  from: 'privileged_holdings r',
  where: `r.kind = '${kind}' AND r.target_type = 'role' AND ${inForce}`,
  properties: scheduleProperties,
  form: scheduleForm,
});
const instancesOf = (kind: PrivilegedKind): Kind<Holding> => ({
  name: kind === 'active' ? 'roleAssignmentScheduleInstances' : 'roleEligibilityScheduleInstances',
  from: 'privileged_holdings r',
  where: `r.kind = '${kind}' AND r.target_type = 'role' AND ${inForce} AND r.starts_at <= $1`,
  properties: instanceProperties,
  form: instanceForm,
});

/** `filterByCurrentUser(on='principal')`, which stands where an id does. */
const byCurrentUser = /^filterByCurrentUser\(on='(\w{1,32})'\)$/;
const ownOrGroups = (me: string): string =>
  `(r.principal_id = ${me} OR r.principal_id IN (SELECT group_id FROM group_members WHERE person_id = ${me}))`;

const Decision = z.object({
  reviewResult: z.enum(['Approve', 'Deny']),
  justification: z.string().max(2_048).nullish(),
});

export interface GraphParts extends PolicyParts {
  readonly platform: PolicyParts['platform'] & { readonly clock: { now(): Date } };
  readonly requests: Requests;
  readonly approvals: Approvals;
}

export function graphPrivilegedAccessHandlers(parts: GraphParts): Handlers<typeof graphPrivilegedAccessRoutes> {
  const { platform, requests, approvals } = parts;
  const { database, clock } = platform;

  const list = async <R extends Row>(
    kind: Kind<R>,
    query: RawQuery,
    request: FastifyRequest,
    own?: (me: Parameters['bind']) => string,
    path = `${root}/${kind.name}`,
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
    const page = pageSql(options, kind.properties, order, parameters);
    const filterValues = parameters.values.slice(0, page.filterParameters);
    const size = Math.min(options.top ?? pageDefault, pageMax);
    const found = await database.query<R & { cursor: string[] }>(
      `SELECT r.*, ${page.cursor} AS cursor FROM ${from} AND ${page.where} ORDER BY ${page.orderBy}
       LIMIT ${parameters.bind(size + 1)} OFFSET ${parameters.bind(options.skip)}`,
      parameters.values,
    );
    const count = options.count
      ? (await database.first<{ n: number }>(`SELECT count(*)::int AS n FROM ${from} AND ${page.filter}`, filterValues))
          ?.n
      : undefined;
    const shown = found.slice(0, size);
    return pageAnswer(request, path, keepingExpanded(options), {
      value: await expanded(database, shown, kind.form, options),
      next: found.length > size ? found[size - 1]?.cursor : undefined,
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
      const [object] = await expanded(database, [row], kind.form, options);
      return {
        '@odata.context': metadataOf(request, `${root}/${kind.name}/$entity`),
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
    const isRequest = kind.properties === requestProperties;
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
      const wish = wishOf(kind, body, asker);
      const row = await requests.submit(wish, asker);
      context.audit({ target: `request ${row.id}`, details: { action: row.action, status: row.status } });
      const path = `${root}/${requestsOf(kind).name}`;
      return reply
        .code(201)
        .header('location', `https://${request.host}/${versionOf(request)}/${path}/${row.id}`)
        .send({
          '@odata.context': metadataOf(request, `${path}/$entity`),
          ...requestForm(row),
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

  /** The steps of an approval, for those whom it concerns. */
  const steps = async (context: RequestContext, id: string) => {
    const asker = await askerOf(database, context);
    const request = await rows.byId(database, id);
    const all = request ? await stepsOf(database, request.id) : [];
    const now = clock.now();
    const found: { readonly form: Record<string, unknown>; readonly mine: boolean }[] = [];
    for (const step of all) {
      const approvers = request ? await approversOf(database, step, request, now) : new Set<string>();
      const isMine = asker.personId !== undefined && approvers.has(asker.personId);
      found.push({ form: stepForm(step, isMine), mine: isMine || step.reviewed_by_id === asker.personId });
    }
    const concerns = asker.readsAll || request?.principal_id === asker.personId || found.some(({ mine: own }) => own);
    if (found.length === 0 || !concerns)
      throw new SallyportError('NotFound', `there is no approval ${id.slice(0, 100)}`);
    return found.map(({ form }) => form);
  };
  const approvalPath = (id: string) => `${root}/roleAssignmentApprovals('${id}')`;

  return {
    ...graphPolicyHandlers(parts),
    graphListAssignmentRequests: (_context, { query, request }) => list(requestsOf('active'), query, request),
    graphGetAssignmentRequest: get(requestsOf('active')),
    graphCreateAssignmentRequest: create('active'),
    graphCancelAssignmentRequest: cancel,
    graphListEligibilityRequests: (_context, { query, request }) => list(requestsOf('eligible'), query, request),
    graphGetEligibilityRequest: get(requestsOf('eligible')),
    graphCreateEligibilityRequest: create('eligible'),
    graphCancelEligibilityRequest: cancel,
    graphListAssignmentSchedules: (_context, { query, request }) => list(schedulesOf('active'), query, request),
    graphGetAssignmentSchedule: get(schedulesOf('active')),
    graphListEligibilitySchedules: (_context, { query, request }) => list(schedulesOf('eligible'), query, request),
    graphGetEligibilitySchedule: get(schedulesOf('eligible')),
    graphListAssignmentInstances: (_context, { query, request }) => list(instancesOf('active'), query, request),
    graphGetAssignmentInstance: get(instancesOf('active')),
    graphListEligibilityInstances: (_context, { query, request }) => list(instancesOf('eligible'), query, request),
    graphGetEligibilityInstance: get(instancesOf('eligible')),

    graphListRoleDefinitions: async (_context, { query, request }) => {
      const options = readListOptions(query, ['$select']);
      const all = await allRoles(database);
      return {
        '@odata.context': metadataOf(request, `${root}/roleDefinitions`),
        value: all.map((role) => selected(roleForm(role), options)),
      };
    },
    graphGetRoleDefinition: async (_context, { params, query, request }) => {
      const options = readListOptions(query, ['$select']);
      const role = isUuid(params.id) ? await roleById(database, params.id.toLowerCase()) : undefined;
      if (!role) throw new SallyportError('NotFound', `there is no role ${params.id.slice(0, 100)}`);
      return { '@odata.context': metadataOf(request, `${root}/roleDefinitions/$entity`), ...selected(roleForm(role), options) }; // prettier-ignore
    },

    graphGetApproval: async (context, { params, query, request }) => {
      const { expand } = readListOptions(query, ['$select', '$expand']);
      const found = await steps(context, params.id);
      return {
        '@odata.context': metadataOf(request, `${root}/roleAssignmentApprovals/$entity`),
        id: params.id,
        ...(expand.includes('steps') ? { steps: found } : {}),
      };
    },
    graphListApprovalSteps: async (context, { params, query, request }) => {
      readListOptions(query, ['$select']);
      return { '@odata.context': metadataOf(request, `${approvalPath(params.id)}/steps`), value: await steps(context, params.id) }; // prettier-ignore
    },
    graphGetApprovalStep: async (context, { params, request }) => {
      const found = (await steps(context, params.id)).find(({ id }) => id === params.stepId);
      if (!found) throw new SallyportError('NotFound', `there is no step ${params.stepId}`);
      return { '@odata.context': metadataOf(request, `${approvalPath(params.id)}/steps/$entity`), ...found };
    },
    graphDecideApprovalStep: async (
      context: RequestContext,
      {
        params,
        body,
        reply,
      }: { params: { id: string; stepId: string }; body: Record<string, unknown>; reply: FastifyReply },
    ) => {
      const decision = Decision.safeParse(body);
      if (!decision.success) throw badRequest('body', decision.error);
      if (!isUuid(params.id)) throw new PrivilegedAccessError('RoleAssignmentRequestNotFound');
      const { reviewResult: result, justification } = decision.data;
      await approvals.decide(params.id, params.stepId, { result, justification: justification ?? '' }, await askerOf(database, context)); // prettier-ignore
      context.audit({ target: `request ${params.id}`, details: { result } });
      return reply.code(204).send();
    },
  };
}

/** Properties that `$expand` adds stay, whatever `$select` says. */
const keepingExpanded = (options: ListOptions): ListOptions =>
  options.select === undefined
    ? options
    : { ...options, select: [...options.select, ...options.expand.map((part) => part.split('(')[0] ?? part)] };

/** The forms of rows, with what `$expand` names of `principal`, `roleDefinition`, `directoryScope` and `activatedUsing`. */
async function expanded<R extends Row>(
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
  const roles = wants('roleDefinition') ? new Map((await allRoles(db)).map((role) => [role.id, role])) : undefined;
  const fromIds = found.flatMap((row) =>
    'activated_from' in row && row.activated_from !== null ? [row.activated_from] : [],
  );
  const from =
    wants('activatedUsing') && fromIds.length > 0
      ? new Map((await db.query<Holding>('SELECT * FROM privileged_holdings WHERE id = ANY($1::uuid[])', [fromIds])).map((row) => [row.id, row])) // prettier-ignore
      : undefined;
  return found.map((row) => {
    const principal = people?.get(row.principal_id);
    const role = roles?.get(row.target_id);
    const eligible = 'activated_from' in row && row.activated_from !== null ? from?.get(row.activated_from) : undefined;
    return {
      ...form(row),
      ...(people ? { principal: principal ? principalForm(principal) : null } : {}),
      ...(roles ? { roleDefinition: role ? roleForm(role) : null } : {}),
      ...(wants('directoryScope') ? { directoryScope: row.scope_id === '/' ? { id: '/' } : { id: row.scope_id } } : {}),
      ...(wants('activatedUsing') ? { activatedUsing: eligible ? scheduleForm(eligible) : null } : {}),
    };
  });
}
