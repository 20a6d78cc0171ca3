import { ReviewResult, SallyportError, type graphAccessReviewRoutes } from '@sallyport/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { badRequest } from '../../../platform/errors.ts';
import type { Handlers, RequestContext } from '../../../platform/http/index.ts';
import { metadataOf, pageAnswer, readListOptions, selected, versionOf, type ListOptions, type RawQuery } from '../../../platform/odata/index.ts'; // prettier-ignore
import type { Platform } from '../../../platform/types.ts';
import { askerOf, managerOf } from '../../caller.ts';
import type { Reviews } from '../../reviews/index.ts';
import { decisions, runs, standing, type DecisionRow, type ReviewRow, type RunRow } from '../../reviews/store.ts';
import { holdings, isUuid } from '../../store.ts';
import { nameOrId, principalsOf } from '../../targets.ts';
import { targetOf, type Asker, type Holding } from '../../types.ts';
import { equalities } from './filters.ts';
import { decisionForm, definitionForm, instanceForm } from './review-forms.ts';
import { reviewSettingsOf } from './review-wish.ts';

/**
 * Access reviews of privileged access, as Microsoft Graph has them: a definition is a review, an instance one of its runs.
 * https://learn.microsoft.com/graph/api/resources/accessreviewsv2-overview
 */

const root = 'identityGovernance/accessReviews/definitions';
const pageDefault = 100;
const pageMax = 500;
const byReviewer = `filterByCurrentUser(on='reviewer')`;
const listed = ['$filter', '$top', '$skip', '$skiptoken', '$count', '$select'] as const;

const Decision = z.object({
  decision: z.enum([...ReviewResult.options, 'NotReviewed']),
  justification: z.string().max(2_048).nullish(),
});
const guid = z.guid().transform((id) => id.toLowerCase());
const Batch = Decision.extend({ principalId: guid.nullish(), resourceId: guid.nullish() });

type Person = Asker & { readonly personId: string };
interface InstanceNamed {
  readonly params: { readonly id: string; readonly instanceId: string };
}
interface Found {
  readonly review: ReviewRow;
  readonly run: RunRow;
}
interface Item {
  readonly row: DecisionRow;
  readonly holding: Holding | undefined;
}

export interface ReviewFaceParts {
  readonly platform: Pick<Platform, 'database' | 'clock'>;
  readonly reviews: Reviews;
}

export function graphReviewHandlers({
  platform: { database },
  reviews,
}: ReviewFaceParts): Handlers<typeof graphAccessReviewRoutes> {
  const notThere = (what: string) => new SallyportError('NotFound', `there is no access review ${what.slice(0, 128)}`);
  const managing = (context: RequestContext) => managerOf(database, context);
  const personOf = async (context: RequestContext): Promise<Person> => {
    const asker = await askerOf(database, context);
    if (asker.personId === undefined) throw new SallyportError('Forbidden', 'this token is nobody’s');
    return { ...asker, personId: asker.personId };
  };
  const review = async (id: string): Promise<ReviewRow> => {
    if (!isUuid(id)) throw notThere(id);
    return reviews.reviewOf(id);
  };
  const found = async ({ id, instanceId }: InstanceNamed['params']): Promise<Found> => {
    const row = await review(id);
    const run = (await runs.ofReview(database, row.id)).find((one) => one.id === instanceId.toLowerCase());
    if (!run) throw notThere(instanceId);
    return { review: row, run };
  };
  /** What waits for a person, of one review or of all. */
  const waiting = async ({ personId }: Asker, reviewId?: string) =>
    personId === undefined
      ? []
      : (await reviews.waitingFor(personId)).filter((one) => reviewId === undefined || one.review.id === reviewId);

  /** One who may not read all sees what they review. Throws NotFound for others. */
  const seen = async (context: RequestContext, id: string): Promise<Asker> => {
    const asker = await askerOf(database, context);
    if (!asker.readsAll && (await waiting(asker, id.toLowerCase())).length === 0) throw notThere(id);
    return asker;
  };
  const definition = async (row: ReviewRow) => definitionForm(row, await runs.newest(database, row.id));

  /** While it runs what is to be decided on now; afterwards what was decided last. */
  const items = async ({ run }: Found, asker: Asker): Promise<Item[]> => {
    const rows = await decisions.ofRun(database, run.id);
    const shown = run.ended_at === null ? newestOf(rows) : standing(rows);
    const own = asker.readsAll ? undefined : new Set((await ownRows(run, asker)).map(({ id }) => id));
    return itemsOf(shown.filter(({ id }) => own?.has(id) ?? true));
  };
  const itemsOf = async (rows: readonly DecisionRow[]): Promise<Item[]> => {
    const held = await holdings.byIds(
      database,
      rows.map((row) => row.holding_id),
    );
    return rows.map((row) => ({ row, holding: held.get(row.holding_id) }));
  };
  const ownRows = async (run: RunRow, asker: Asker): Promise<readonly DecisionRow[]> =>
    (await waiting(asker)).find((one) => one.run.id === run.id)?.rows ?? [];
  const decisionForms = async (run: RunRow, all: readonly Item[], request: FastifyRequest): Promise<object[]> => {
    const ids = all.flatMap(({ row }) => [row.principal_id, ...(row.reviewed_by_id === null ? [] : [row.reviewed_by_id])]); // prettier-ignore
    const people = await principalsOf(ids, database);
    const names = new Map<string, string>();
    for (const { holding } of all)
      if (holding && !names.has(`${holding.target_id} ${holding.access}`))
        names.set(`${holding.target_id} ${holding.access}`, await nameOrId(targetOf(holding), database));
    const base = `https://${request.host}/${versionOf(request)}`;
    return all.map(({ row, holding }) => {
      const resourceName = holding ? (names.get(`${holding.target_id} ${holding.access}`) ?? '') : '';
      return decisionForm(row, { run, holding, resourceName, people, base });
    });
  };
  const decisionsPath = ({ review: row, run }: Found) => `${root}('${row.id}')/instances('${run.id}')/decisions`;
  const listDecisions = async (
    context: RequestContext,
    { params, query, request }: InstanceNamed & { query: RawQuery; request: FastifyRequest },
    mine = false,
  ) => {
    const asker = await seen(context, params.id);
    const of = await found(params);
    const options = readListOptions(query, listed);
    const wanted = equalities(options.filter);
    const all = (await items(of, mine ? { ...asker, readsAll: false } : asker)).filter(({ row }) => has(row, wanted));
    const { page, next } = pageOf(all, options);
    const value = await decisionForms(of.run, page, request);
    return pageAnswer(request, decisionsPath(of), options, { value, next, count: all.length });
  };

  const decide = async (
    context: RequestContext,
    { params, reply }: InstanceNamed & { reply: FastifyReply },
    wanted: (item: Item) => boolean,
    result: z.infer<typeof Decision> | 'recommended',
  ) => {
    const person = await personOf(context);
    const { run } = await found(params);
    const chosen = (await itemsOf(await ownRows(run, person))).filter(wanted);
    if (chosen.length === 0) throw notThere(`of which the caller decides on that, under ${params.instanceId}`);
    const take = (of: readonly Item[], decision: z.infer<typeof Decision>) =>
      of.length === 0
        ? Promise.resolve(0)
        : reviews.decide(of.map(({ row }) => row.id), decision.decision, decision.justification ?? '', person); // prettier-ignore
    if (result === 'recommended')
      for (const decision of ['Approve', 'Deny'] as const) {
        const of = chosen.filter(({ row }) => row.recommendation === decision);
        await take(of, { decision, justification: 'as it is recommended' });
      }
    else await take(chosen, result);
    const outcome = result === 'recommended' ? result : result.decision;
    context.audit({ target: `review ${params.id}`, details: { result: outcome, decided: chosen.length } });
    return reply.code(204).send();
  };

  /** What somebody who manages reviews does with a run; what `work` answers is audited. */
  const managed =
    (work: (of: Found, asker: Asker) => Promise<object | void>) =>
    async (context: RequestContext, { params, reply }: InstanceNamed & { reply: FastifyReply }) => {
      const asker = await managing(context);
      const of = await found(params);
      const details = await work(of, asker);
      context.audit({ target: `review ${of.review.id}`, ...(details ? { details: { ...details } } : {}) });
      return reply.code(204).send();
    };

  return {
    graphListReviewDefinitions: async (_context, { query, request }) => {
      const options = readListOptions(query, listed);
      const { status } = equalities(options.filter);
      const all: { readonly status?: unknown }[] = [];
      for (const row of await reviews.list()) all.push(await definition(row));
      const matching = all.filter((one) => status === undefined || one.status === status);
      const { page, next } = pageOf(matching, options);
      return pageAnswer(request, root, options, { value: page, next, count: matching.length });
    },
    graphCreateReviewDefinition: async (context, { body, request, reply }) => {
      const row = await reviews.create(reviewSettingsOf(body), await managing(context));
      context.audit({ target: `review ${row.display_name}` });
      return reply
        .code(201)
        .header('location', `https://${request.host}/${versionOf(request)}/${root}/${row.id}`)
        .send({ '@odata.context': metadataOf(request, `${root}/$entity`), ...(await definition(row)) });
    },
    graphGetReviewDefinition: async (context, { params, query, request }) => {
      if (params.id === byReviewer) {
        const options = readListOptions(query, listed);
        const all: object[] = [];
        const own = await waiting(await personOf(context));
        for (const row of new Map(own.map((one) => [one.review.id, one.review])).values())
          all.push(await definition(row));
        const { page, next } = pageOf(all, options);
        return pageAnswer(request, `Collection(${root})`, options, { value: page, next, count: all.length });
      }
      const options = readListOptions(query, ['$select']);
      await seen(context, params.id);
      const form = await definition(await review(params.id));
      return { '@odata.context': metadataOf(request, `${root}/$entity`), ...selected(form, options) };
    },
    graphDeleteReviewDefinition: async (context, { params, reply }) => {
      const asker = await managing(context);
      const row = await review(params.id);
      await reviews.remove(row.id, asker);
      context.audit({ target: `review ${row.display_name}` });
      return reply.code(204).send();
    },
    graphListReviewInstances: async (context, { params, query, request }) => {
      await seen(context, params.id);
      const row = await review(params.id);
      const options = readListOptions(query, listed);
      const { status } = equalities(options.filter);
      const all = (await runs.ofReview(database, row.id)).map((run) => instanceForm(row, run));
      const matching = all.filter((one) => status === undefined || one.status === status);
      const { page, next } = pageOf(matching, options);
      return pageAnswer(request, `${root}('${row.id}')/instances`, options, { value: page, next, count: matching.length }); // prettier-ignore
    },
    graphGetReviewInstance: async (context, { params, query, request }) => {
      const path = `${root}('${params.id}')/instances`;
      if (params.instanceId === byReviewer) {
        const options = readListOptions(query, listed);
        const own = await waiting(await personOf(context), (await review(params.id)).id);
        const { page, next } = pageOf(own.map((one) => instanceForm(one.review, one.run)), options); // prettier-ignore
        return pageAnswer(request, path, options, { value: page, next, count: own.length });
      }
      const options = readListOptions(query, ['$select']);
      await seen(context, params.id);
      const of = await found(params);
      return { '@odata.context': metadataOf(request, `${path}/$entity`), ...selected(instanceForm(of.review, of.run), options) }; // prettier-ignore
    },
    graphListContactedReviewers: async (_context, { params, query, request }) => {
      const options = readListOptions(query, ['$select']);
      const of = await found(params);
      const rows = (await decisions.ofRun(database, of.run.id)).filter(({ stage }) => stage === of.run.stage);
      const people = [...(await reviews.askedOf(of.review, of.run, rows)).values()];
      return {
        '@odata.context': metadataOf(
          request,
          `${root}('${of.review.id}')/instances('${of.run.id}')/contactedReviewers`,
        ),
        '@odata.count': people.length,
        value: people.map(({ id, displayName, name }) =>
          selected(
            { id, displayName, userPrincipalName: name, createdDateTime: of.run.started_at.toISOString() },
            options,
          ),
        ),
      };
    },
    graphListReviewDecisions: listDecisions,
    graphGetReviewDecision: async (context, { params, query, request }) => {
      if (params.decisionId === byReviewer) return listDecisions(context, { params, query, request }, true);
      const options = readListOptions(query, ['$select']);
      const asker = await seen(context, params.id);
      const of = await found(params);
      const one = (await items(of, asker)).filter(({ row }) => row.id === params.decisionId.toLowerCase());
      const [form] = await decisionForms(of.run, one, request);
      if (!form) throw notThere(params.decisionId);
      return { '@odata.context': metadataOf(request, `${decisionsPath(of)}/$entity`), ...selected(form, options) };
    },
    graphUpdateReviewDecision: (context, input) => {
      const sent = Decision.safeParse(input.body);
      if (!sent.success) throw badRequest('body', sent.error);
      return decide(context, input, ({ row }) => row.id === input.params.decisionId.toLowerCase(), sent.data);
    },
    graphBatchRecordDecisions: (context, input) => {
      const sent = Batch.safeParse(input.body);
      if (!sent.success) throw badRequest('body', sent.error);
      const { principalId, resourceId } = sent.data;
      const wanted = ({ row, holding }: Item): boolean =>
        (!principalId || row.principal_id === principalId) && (!resourceId || holding?.target_id === resourceId);
      return decide(context, input, wanted, sent.data);
    },
    graphAcceptRecommendations: (context, input) =>
      decide(context, input, ({ row }) => row.decision === 'NotReviewed', 'recommended'),
    graphStopReviewInstance: managed(async ({ review: row, run }, asker) => {
      if (run.ended_at !== null) throw new SallyportError('Conflict', 'the review does not run');
      await reviews.stop(row.id, asker);
    }),
    graphApplyReviewDecisions: managed(async ({ review: row, run }, asker) => reviews.apply(row.id, asker, run.id)),
    graphResetReviewDecisions: managed(async ({ review: row, run }, asker) => {
      await reviews.reset(row.id, run.id, asker);
    }),
    graphSendReviewReminder: managed(async ({ review: row, run }, asker) => {
      await reviews.remind(row.id, run.id, asker);
    }),
  };
}

/** Of each holding, the row of its last stage. */
const newestOf = (rows: readonly DecisionRow[]): DecisionRow[] =>
  [...Map.groupBy(rows, ({ holding_id: id }) => id).values()].flatMap(
    (of) => of.toSorted((a, b) => b.stage - a.stage)[0] ?? [],
  );

/** What `$filter` demands by `eq`. Throws BadRequest for what can't be asked by. */
function has(row: DecisionRow, wanted: Readonly<Record<string, string>>): boolean {
  const known: Readonly<Record<string, string>> = { decision: row.decision, recommendation: row.recommendation };
  return Object.entries(wanted).every(([name, value]) => {
    if (known[name] === undefined) throw new SallyportError('BadRequest', `Invalid filter clause: \`${name}\` can’t be filtered by here`); // prettier-ignore
    return known[name] === value;
  });
}

/** A page of what is there in full. Its place is how many came before. */
function pageOf<T>(
  all: readonly T[],
  { top, skip, after }: ListOptions,
): { readonly page: readonly T[]; readonly next: readonly string[] | undefined } {
  // prettier-ignore
  const from = after ? Number(after[0]) : skip;
  if (!Number.isSafeInteger(from) || from < 0) throw new SallyportError('BadRequest', '$skiptoken: is none of this service'); // prettier-ignore
  const to = from + Math.max(1, Math.min(top ?? pageDefault, pageMax));
  return { page: all.slice(from, to), next: to < all.length ? [String(to)] : undefined };
}
