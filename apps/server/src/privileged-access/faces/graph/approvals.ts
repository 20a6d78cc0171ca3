import { SallyportError } from '@sallyport/contracts';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { Database } from '../../../platform/database/index.ts';
import { badRequest } from '../../../platform/errors.ts';
import type { RequestContext } from '../../../platform/http/index.ts';
import { metadataOf, readListOptions } from '../../../platform/odata/index.ts';
import { approversOf } from '../../approvers.ts';
import { stepsOf, type Approvals } from '../../approvals.ts';
import { askerOf } from '../../caller.ts';
import { PrivilegedAccessError } from '../../errors.ts';
import { isUuid, requests as rows } from '../../store.ts';
import { stepForm } from './forms.ts';
import type { Answer, Face, Named } from './schedules.ts';

const Decision = z.object({
  reviewResult: z.enum(['Approve', 'Deny']),
  justification: z.string().max(2_048).nullish(),
});

interface StepNamed extends Named {
  readonly params: { readonly id: string; readonly stepId: string };
}

/** Approvals of a face's requests. `parts`: what Graph calls them, `steps` of beta and `stages` of v1.0. */
export function approvalHandlers(
  { root, type }: Pick<Face, 'root' | 'type'>,
  { name, parts }: { readonly name: string; readonly parts: 'steps' | 'stages' },
  { platform, approvals }: { readonly platform: { readonly database: Database; readonly clock: { now(): Date } }; readonly approvals: Approvals }, // prettier-ignore
) {
  const { database, clock } = platform;

  /** The steps of an approval, for those whom it concerns. */
  const steps = async (context: RequestContext, id: string) => {
    const asker = await askerOf(database, context);
    const row = await rows.byId(database, id);
    const request = row?.target_type === type ? row : undefined;
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
  const approvalPath = (id: string) => `${root}/${name}('${id}')`;

  return {
    get: async (context: RequestContext, { params, query, request }: Named): Answer => {
      const { expand } = readListOptions(query, ['$select', '$expand']);
      const found = await steps(context, params.id);
      return {
        '@odata.context': metadataOf(request, `${root}/${name}/$entity`),
        id: params.id,
        ...(expand.includes(parts) ? { [parts]: found } : {}),
      };
    },
    listParts: async (context: RequestContext, { params, query, request }: Named): Answer => {
      readListOptions(query, ['$select']);
      return { '@odata.context': metadataOf(request, `${approvalPath(params.id)}/${parts}`), value: await steps(context, params.id) }; // prettier-ignore
    },
    getPart: async (context: RequestContext, { params, request }: StepNamed): Answer => {
      const found = (await steps(context, params.id)).find(({ id }) => id === params.stepId);
      if (!found) throw new SallyportError('NotFound', `there is no step ${params.stepId}`);
      return { '@odata.context': metadataOf(request, `${approvalPath(params.id)}/${parts}/$entity`), ...found };
    },
    decidePart: async (
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
