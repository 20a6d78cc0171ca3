import { SallyportError, type graphIdentityProtectionRoutes, type RiskSubjectKind } from '@sallyport/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Queryable } from '../../../platform/database/index.ts';
import type { Handlers, RequestContext } from '../../../platform/http/index.ts';
import {
  metadataOf,
  pageAnswer,
  queryPage,
  Parameters,
  readListOptions,
  selected,
  type Properties,
  type Property,
  type RawQuery,
} from '../../../platform/odata/index.ts';
import type { Platform } from '../../../platform/types.ts';
import type { Author, Judgement } from '../../commands.ts';
import type { DetectionRow, HistoryRow, SubjectRow } from '../../types.ts';
import { detectionForm, historyForm, subjectForm } from './forms.ts';
import { detectionProperties, historyProperties, subjectProperties } from './properties.ts';

/**
 * Microsoft Graph's identityProtection, for its unmodified clients.
 * https://learn.microsoft.com/graph/api/resources/identityprotection-overview
 */

/** Graph's own page sizes. */
const pageMax = 500;
const pageDefault = 100;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

interface Reading {
  readonly query: RawQuery;
  readonly request: FastifyRequest;
}
interface Named extends Reading {
  readonly params: { readonly id: string };
}
interface Writing {
  readonly reply: FastifyReply;
}
type Answer = Promise<Record<string, unknown>>;

/** A kind of object: its rows, what can be asked of them, and how Graph writes one. */
interface Kind<Row> {
  readonly path: string;
  /** Table and condition; `r` is the row. */
  readonly from: string;
  readonly properties: Properties;
  readonly key: Property;
  readonly order: string;
  readonly form: (row: Row) => object;
}

const detectionsOf = (kind: RiskSubjectKind): Kind<DetectionRow> => ({
  path: `identityProtection/${kind === 'user' ? 'riskDetections' : 'servicePrincipalRiskDetections'}`,
  from: `risk_detections r WHERE r.subject_kind = '${kind}'`,
  properties: detectionProperties(kind),
  key: { sql: 'r.id::text', type: 'string' },
  order: 'detectedDateTime',
  form: detectionForm,
});
const subjectsOf = (kind: RiskSubjectKind): Kind<SubjectRow> => ({
  path: `identityProtection/${kind === 'user' ? 'riskyUsers' : 'riskyServicePrincipals'}`,
  from: `risky_subjects r WHERE r.kind = '${kind}'`,
  properties: subjectProperties(kind),
  key: { sql: 'r.id', type: 'string' },
  order: 'riskLastUpdatedDateTime',
  form: subjectForm,
});

export function graphIdentityProtectionHandlers(
  { database }: Pick<Platform, 'database'>,
  judge: (kind: RiskSubjectKind, ids: readonly string[], judgement: Judgement, by: Author) => Promise<void>,
  authorOf: (context: RequestContext) => Author,
): Handlers<typeof graphIdentityProtectionRoutes> {
  const list =
    <Row extends object>(kind: Kind<Row>) =>
    (_context: RequestContext, { query, request }: Reading): Answer =>
      listOf(database, kind, query, request);
  const get =
    <Row extends object>(kind: Kind<Row>) =>
    async (_context: RequestContext, { params, query, request }: Named): Answer => {
      const options = readListOptions(query, ['$select']);
      const row = await oneOf(database, kind, params.id);
      return { '@odata.context': metadataOf(request, `${kind.path}/$entity`), ...selected(kind.form(row), options) };
    };
  const historyOf =
    (kind: RiskSubjectKind) =>
    async (_context: RequestContext, { params, query, request }: Named): Answer => {
      const subject = await oneOf(database, subjectsOf(kind), params.id);
      const path = `${subjectsOf(kind).path}('${encodeURIComponent(subject.id)}')/history`;
      const kindOfHistory: Kind<HistoryRow> = {
        path,
        from: `risk_history r WHERE r.kind = '${kind}' AND r.subject_id = `,
        properties: historyProperties,
        key: { sql: 'r.id::text', type: 'string' },
        order: 'riskLastUpdatedDateTime',
        form: (row) => historyForm(subject, row),
      };
      return listOf(database, kindOfHistory, query, request, subject.id);
    };
  const judging =
    (kind: RiskSubjectKind, judgement: Judgement) =>
    async (context: RequestContext, ids: readonly string[], { reply }: Writing): Promise<FastifyReply> => {
      context.audit({ target: `${kind} ${ids.join(', ')}`.slice(0, 500) });
      await judge(kind, ids, judgement, authorOf(context));
      return reply.code(204).send();
    };
  const users =
    (judgement: Judgement) =>
    (context: RequestContext, input: Writing & { readonly body: { readonly userIds: readonly string[] } }) =>
      judging('user', judgement)(context, input.body.userIds, input);
  const servicePrincipals =
    (judgement: Judgement) =>
    (
      context: RequestContext,
      input: Writing & { readonly body: { readonly servicePrincipalIds: readonly string[] } },
    ) =>
      judging('servicePrincipal', judgement)(context, input.body.servicePrincipalIds, input);
  return {
    graphListRiskDetections: list(detectionsOf('user')),
    graphGetRiskDetection: get(detectionsOf('user')),
    graphListRiskyUsers: list(subjectsOf('user')),
    graphGetRiskyUser: get(subjectsOf('user')),
    graphListRiskyUserHistory: historyOf('user'),
    graphDismissRiskyUsers: users('dismiss'),
    graphConfirmUsersCompromised: users('confirmCompromised'),
    graphConfirmUsersSafe: users('confirmSafe'),
    graphListServicePrincipalRiskDetections: list(detectionsOf('servicePrincipal')),
    graphGetServicePrincipalRiskDetection: get(detectionsOf('servicePrincipal')),
    graphListRiskyServicePrincipals: list(subjectsOf('servicePrincipal')),
    graphGetRiskyServicePrincipal: get(subjectsOf('servicePrincipal')),
    graphListRiskyServicePrincipalHistory: historyOf('servicePrincipal'),
    graphDismissRiskyServicePrincipals: servicePrincipals('dismiss'),
    graphConfirmServicePrincipalsCompromised: servicePrincipals('confirmCompromised'),
  };
}

/** `owner`: what `from` ends with, bound. */
async function listOf<Row extends object>(
  db: Queryable,
  kind: Kind<Row>,
  query: RawQuery,
  request: FastifyRequest,
  owner?: string,
): Answer {
  const options = readListOptions(query);
  const parameters = new Parameters();
  const from = owner === undefined ? kind.from : `${kind.from}${parameters.bind(owner)}`;
  const order = { key: kind.key, defaultOrder: [{ path: kind.order, descending: true }] };
  const { rows, next, count } = await queryPage<Row>(db, {
    columns: 'r.*',
    from,
    properties: kind.properties,
    order,
    options,
    parameters,
    pageDefault,
    pageMax,
  });
  return pageAnswer(request, kind.path, options, {
    value: rows.map((row) => kind.form(row)),
    next,
    count,
  });
}

async function oneOf<Row extends object>(db: Queryable, kind: Kind<Row>, id: string): Promise<Row> {
  const usable = kind.key.sql !== 'r.id::text' || uuid.test(id);
  const row = usable ? await db.first<Row>(`SELECT r.* FROM ${kind.from} AND ${kind.key.sql} = $1`, [id]) : undefined;
  if (row) return row;
  throw new SallyportError('NotFound', `there is nothing of the id ${id.slice(0, 100)}`);
}
