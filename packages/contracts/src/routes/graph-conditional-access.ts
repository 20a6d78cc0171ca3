import { z } from 'zod';
import { route } from '../route.ts';

/** Microsoft Graph's Conditional Access: paths, options and objects are theirs, and read by the face in that service's words. */

const text = z.string().max(16_384);
const query = z.record(z.string().max(128), z.union([text, z.array(text).max(20)]));
const params = z.object({ id: z.string().min(1).max(128) });
const body = z.record(z.string().max(128), z.unknown());
const response = z.record(z.string(), z.unknown());

/** `Policy.Read.All` of Graph. */
const read = { method: 'GET', permission: 'authorization.read', query, response } as const;
/** `Policy.ReadWrite.ConditionalAccess` of Graph. */
const write = { permission: 'authorization.manage', response: 'raw' } as const;
const evaluate = { method: 'POST', permission: 'authorization.read', body, response } as const;

const policies = '/v1.0/identity/conditionalAccess/policies';
const locations = '/v1.0/identity/conditionalAccess/namedLocations';
const strengths = '/v1.0/policies/authenticationStrengthPolicies';

export const graphConditionalAccessRoutes = {
  graphListPolicies: route({ ...read, path: policies, summary: 'Microsoft Graph: Conditional Access policies' }),
  graphGetPolicy: route({ ...read, path: `${policies}/:id`, summary: 'Microsoft Graph: one policy', params }),
  graphCreatePolicy: route({
    ...write,
    method: 'POST',
    path: policies,
    summary: 'Microsoft Graph: make a policy',
    body,
  }),
  graphUpdatePolicy: route({
    ...write,
    method: 'PATCH',
    path: `${policies}/:id`,
    summary: 'Microsoft Graph: change a policy',
    params,
    body,
  }),
  graphDeletePolicy: route({
    ...write,
    method: 'DELETE',
    path: `${policies}/:id`,
    summary: 'Microsoft Graph: delete a policy',
    params,
  }),
  graphListNamedLocations: route({ ...read, path: locations, summary: 'Microsoft Graph: named locations' }),
  graphGetNamedLocation: route({
    ...read,
    path: `${locations}/:id`,
    summary: 'Microsoft Graph: one named location',
    params,
  }),
  graphCreateNamedLocation: route({
    ...write,
    method: 'POST',
    path: locations,
    summary: 'Microsoft Graph: make a named location',
    body,
  }),
  graphUpdateNamedLocation: route({
    ...write,
    method: 'PATCH',
    path: `${locations}/:id`,
    summary: 'Microsoft Graph: change a named location',
    params,
    body,
  }),
  graphDeleteNamedLocation: route({
    ...write,
    method: 'DELETE',
    path: `${locations}/:id`,
    summary: 'Microsoft Graph: delete a named location',
    params,
  }),
  graphListStrengths: route({ ...read, path: strengths, summary: 'Microsoft Graph: authentication strengths' }),
  graphGetStrength: route({
    ...read,
    path: `${strengths}/:id`,
    summary: 'Microsoft Graph: one authentication strength',
    params,
  }),
  graphCreateStrength: route({
    ...write,
    method: 'POST',
    path: strengths,
    summary: 'Microsoft Graph: make an authentication strength',
    body,
  }),
  graphUpdateStrength: route({
    ...write,
    method: 'PATCH',
    path: `${strengths}/:id`,
    summary: 'Microsoft Graph: change an authentication strength',
    params,
    body,
  }),
  graphDeleteStrength: route({
    ...write,
    method: 'DELETE',
    path: `${strengths}/:id`,
    summary: 'Microsoft Graph: delete an authentication strength',
    params,
  }),
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
