import type { graphConditionalAccessRoutes } from '@sallyport/contracts';
import { WhatIfRequest } from '@sallyport/contracts/conditional-access';
import { requestOfWhatIf, whatIf } from '@sallyport/policy';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { requireCaller, type Handlers, type RequestContext } from '../../../platform/http/index.ts';
import { metadataOf, readListOptions, selected, versionOf, type RawQuery } from '../../../platform/odata/index.ts';
import type { Platform } from '../../../platform/types.ts';
import { refusal } from '../../checks.ts';
import type { Author, Commands } from '../../commands.ts';
import type { Decider } from '../../decider.ts';
import { graphForm } from '../../forms.ts';
import type { Kind } from '../../kinds.ts';
import type { Body } from '../../store.ts';
import { listOf, oneOf, strengthsFor } from './lists.ts';

/**
 * Microsoft Graph's Conditional Access, for its unmodified clients.
 * https://learn.microsoft.com/graph/api/resources/conditionalaccesspolicy
 */

const paths: Readonly<Record<Kind, string>> = {
  policy: 'identity/conditionalAccess/policies',
  namedLocation: 'identity/conditionalAccess/namedLocations',
  authenticationStrength: 'policies/authenticationStrengthPolicies',
  authenticationContext: 'identity/conditionalAccess/authenticationContextClassReferences',
};

interface Reading {
  readonly query: RawQuery;
  readonly request: FastifyRequest;
}
interface Writing {
  readonly body: Body;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}
interface Named {
  readonly params: { readonly id: string };
}

export function graphConditionalAccessHandlers(
  { database }: Pick<Platform, 'database'>,
  commands: Commands,
  decider: Decider,
): Handlers<typeof graphConditionalAccessRoutes> {
  const authorOf = (context: RequestContext): Author => {
    const { id, name } = requireCaller(context);
    return { id, name, ipAddress: context.ipAddress, requestId: context.requestId };
  };
  const list =
    (kind: Kind) =>
    (_context: RequestContext, { query, request }: Reading) =>
      listOf(database, kind, paths[kind], query, request);
  const get =
    (kind: Kind) =>
    async (_context: RequestContext, { params, query, request }: Reading & Named) => {
      const options = readListOptions(query, ['$select']);
      const object = selected(await oneOf(database, kind, params.id), options);
      return { '@odata.context': metadataOf(request, `${paths[kind]}/$entity`), ...object };
    };
  const create =
    (kind: Kind) =>
    async (context: RequestContext, { body, request, reply }: Writing) => {
      const made = await commands.add(kind, body, authorOf(context));
      context.audit({ target: `${kind} ${made.id}` });
      const object = graphForm(made, await strengthsFor(database, kind));
      const address = `https://${request.host}/${versionOf(request)}/${paths[kind]}/${made.id}`;
      return reply
        .code(201)
        .header('location', address)
        .send({ '@odata.context': metadataOf(request, `${paths[kind]}/$entity`), ...object });
    };
  const update =
    (kind: Kind) =>
    async (context: RequestContext, { params, body, reply }: Writing & Named) => {
      await commands.update(kind, params.id, body, authorOf(context));
      context.audit({ target: `${kind} ${params.id}` });
      return reply.code(204).send();
    };
  const remove =
    (kind: Kind) =>
    async (context: RequestContext, { params, reply }: Named & Pick<Writing, 'reply'>) => {
      await commands.remove(kind, params.id, authorOf(context));
      context.audit({ target: `${kind} ${params.id}` });
      return reply.code(204).send();
    };

  const evaluate = async (_context: RequestContext, { body, request }: Pick<Writing, 'body' | 'request'>) => {
    const parsed = WhatIfRequest.safeParse(body);
    if (!parsed.success)
      throw refusal(parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message })));
    const identity = parsed.data.signInIdentity;
    const facts = 'userId' in identity ? await decider.factsOf(identity.userId) : {};
    const applied = parsed.data.appliedPoliciesOnly ?? false;
    const set = await decider.current();
    const { decision, value } = whatIf(set, requestOfWhatIf(parsed.data, facts), { appliedPoliciesOnly: applied });
    return {
      '@odata.context': metadataOf(request, 'Collection(microsoft.graph.whatIfAnalysisResult)'),
      '@sallyport.decision': {
        decision: decision.decision,
        required: decision.required,
        reasons: decision.reasons,
        emergencyAccess: decision.emergencyAccess,
      },
      value,
    };
  };

  return {
    graphListPolicies: list('policy'),
    graphGetPolicy: get('policy'),
    graphCreatePolicy: create('policy'),
    graphUpdatePolicy: update('policy'),
    graphDeletePolicy: remove('policy'),
    graphListNamedLocations: list('namedLocation'),
    graphGetNamedLocation: get('namedLocation'),
    graphCreateNamedLocation: create('namedLocation'),
    graphUpdateNamedLocation: update('namedLocation'),
    graphDeleteNamedLocation: remove('namedLocation'),
    graphListStrengths: list('authenticationStrength'),
    graphGetStrength: get('authenticationStrength'),
    graphCreateStrength: create('authenticationStrength'),
    graphUpdateStrength: update('authenticationStrength'),
    graphDeleteStrength: remove('authenticationStrength'),
    graphListAuthenticationContexts: list('authenticationContext'),
    graphGetAuthenticationContext: get('authenticationContext'),
    graphCreateAuthenticationContext: create('authenticationContext'),
    graphUpdateAuthenticationContext: update('authenticationContext'),
    graphDeleteAuthenticationContext: remove('authenticationContext'),
    graphListPoliciesBeta: list('policy'),
    graphGetPolicyBeta: get('policy'),
    graphCreatePolicyBeta: create('policy'),
    graphUpdatePolicyBeta: update('policy'),
    graphDeletePolicyBeta: remove('policy'),
    graphListNamedLocationsBeta: list('namedLocation'),
    graphGetNamedLocationBeta: get('namedLocation'),
    graphCreateNamedLocationBeta: create('namedLocation'),
    graphUpdateNamedLocationBeta: update('namedLocation'),
    graphDeleteNamedLocationBeta: remove('namedLocation'),
    graphEvaluate: evaluate,
    graphEvaluateBeta: evaluate,
  };
}
