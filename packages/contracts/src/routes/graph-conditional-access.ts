import { z } from 'zod';
import { route } from '../route.ts';

/** Microsoft Graph's Conditional Access: paths, options and objects are theirs, and read by the face in that service's words. */

const text = z.string().max(16_384);
const query = z.record(z.string().max(128), z.union([text, z.array(text).max(20)]));
const params = z.object({ id: z.string().min(1).max(128) });
const body = z.record(z.string().max(128), z.unknown());
const response = z.record(z.string(), z.unknown());

/** `Policy.Read.All` of Graph. */
const read = { method: 'GET', permission: 'conditionalAccess.read', query, response } as const;
/** `Policy.ReadWrite.ConditionalAccess` of Graph. */
const write = { permission: 'conditionalAccess.manage', response: 'raw' } as const;
const evaluate = { method: 'POST', permission: 'conditionalAccess.read', body, response } as const;

/** One kind of object under its address: what can be done with it is always the same. */
const routesOf = <const P extends string>(path: P, one: string, many: string) => ({
  list: route({ ...read, path, summary: `Microsoft Graph: ${many}` }),
  get: route({ ...read, path: `${path}/:id`, summary: `Microsoft Graph: one ${one}`, params }),
  create: route({ ...write, method: 'POST', path, summary: `Microsoft Graph: make a ${one}`, body }),
  update: route({
    ...write,
    method: 'PATCH',
    path: `${path}/:id`,
    summary: `Microsoft Graph: change a ${one}`,
    params,
    body,
  }),
  remove: route({
    ...write,
    method: 'DELETE',
    path: `${path}/:id`,
    summary: `Microsoft Graph: delete a ${one}`,
    params,
  }),
});
const policy = ['Conditional Access policy', 'Conditional Access policies'] as const;
const location = ['named location', 'named locations'] as const;
const policies = routesOf('/v1.0/identity/conditionalAccess/policies', ...policy);
const locations = routesOf('/v1.0/identity/conditionalAccess/namedLocations', ...location);
const strengths = routesOf('/v1.0/policies/authenticationStrengthPolicies', 'strength', 'authentication strengths');
const contexts = routesOf(
  '/v1.0/identity/conditionalAccess/authenticationContextClassReferences',
  'authentication context',
  'authentication contexts',
);
const betaPolicies = routesOf('/beta/identity/conditionalAccess/policies', ...policy);
const betaLocations = routesOf('/beta/identity/conditionalAccess/namedLocations', ...location);

export const graphConditionalAccessRoutes = {
  graphListPolicies: policies.list,
  graphGetPolicy: policies.get,
  graphCreatePolicy: policies.create,
  graphUpdatePolicy: policies.update,
  graphDeletePolicy: policies.remove,
  graphListNamedLocations: locations.list,
  graphGetNamedLocation: locations.get,
  graphCreateNamedLocation: locations.create,
  graphUpdateNamedLocation: locations.update,
  graphDeleteNamedLocation: locations.remove,
  graphListStrengths: strengths.list,
  graphGetStrength: strengths.get,
  graphCreateStrength: strengths.create,
  graphUpdateStrength: strengths.update,
  graphDeleteStrength: strengths.remove,
  graphListAuthenticationContexts: contexts.list,
  graphGetAuthenticationContext: contexts.get,
  graphCreateAuthenticationContext: contexts.create,
  graphUpdateAuthenticationContext: contexts.update,
  graphDeleteAuthenticationContext: contexts.remove,
  graphListPoliciesBeta: betaPolicies.list,
  graphGetPolicyBeta: betaPolicies.get,
  graphCreatePolicyBeta: betaPolicies.create,
  graphUpdatePolicyBeta: betaPolicies.update,
  graphDeletePolicyBeta: betaPolicies.remove,
  graphListNamedLocationsBeta: betaLocations.list,
  graphGetNamedLocationBeta: betaLocations.get,
  graphCreateNamedLocationBeta: betaLocations.create,
  graphUpdateNamedLocationBeta: betaLocations.update,
  graphDeleteNamedLocationBeta: betaLocations.remove,
  graphEvaluate: route({
    ...evaluate,
    path: '/v1.0/identity/conditionalAccess/evaluate',
    summary: 'Microsoft Graph: what policies would do at a sign-in',
  }),
  graphEvaluateBeta: route({
    ...evaluate,
    path: '/beta/identity/conditionalAccess/evaluate',
    summary: 'Microsoft Graph (beta): what policies would do at a sign-in',
  }),
} as const;
