import { z } from 'zod';
import { route } from '../route.ts';

/** Microsoft Graph's `identityGovernance/accessReviews`: paths, options and objects are theirs, and read by the face in that service's words. */

const text = z.string().max(16_384);
const query = z.record(z.string().max(128), z.union([text, z.array(text).max(20)]));
const response = z.record(z.string(), z.unknown());
const body = z.record(z.string().max(128), z.unknown());
const params = z.object({ id: z.string().min(1).max(128) });
const instanceParams = params.extend({ instanceId: z.string().min(1).max(128) });
const decisionParams = instanceParams.extend({ decisionId: z.string().min(1).max(128) });

/** `AccessReview.Read.All` of Graph. */
const read = { method: 'GET', permission: 'authorization.read', query, response } as const;
/** What is the caller's to review, and more for those who may read all. */
const own = { ...read, permission: 'privilegedAccess.request' } as const;
/** `AccessReview.ReadWrite.All`. */
const manage = { method: 'POST', permission: 'authorization.manage', response: 'raw' } as const;
/** What the caller is a reviewer of. */
const decide = { permission: 'privilegedAccess.request', response: 'raw' } as const;
const definitions = '/v1.0/identityGovernance/accessReviews/definitions';
const instances = `${definitions}/:id/instances` as const;
const instance = `${instances}/:instanceId` as const;

/** Where one is named, `filterByCurrentUser(on='reviewer')` may stand: those of the caller. */
export const graphAccessReviewRoutes = {
  graphListReviewDefinitions: route({ ...read, path: definitions, summary: 'Microsoft Graph: access reviews' }),
  graphCreateReviewDefinition: route({
    ...manage,
    path: definitions,
    summary: 'Microsoft Graph: begin an access review, or plan it',
    body,
  }),
  graphGetReviewDefinition: route({
    ...own,
    path: `${definitions}/:id`,
    summary: 'Microsoft Graph: one access review, or those of the caller',
    params,
  }),
  graphDeleteReviewDefinition: route({
    ...manage,
    method: 'DELETE',
    path: `${definitions}/:id`,
    summary: 'Microsoft Graph: delete an access review',
    params,
  }),
  graphListReviewInstances: route({
    ...own,
    path: instances,
    summary: 'Microsoft Graph: the runs of an access review',
    params,
  }),
  graphGetReviewInstance: route({
    ...own,
    path: instance,
    summary: 'Microsoft Graph: one run of an access review, or those of the caller',
    params: instanceParams,
  }),
  graphListContactedReviewers: route({
    ...read,
    path: `${instance}/contactedReviewers`,
    summary: 'Microsoft Graph: who was asked in a run of an access review',
    params: instanceParams,
  }),
  graphListReviewDecisions: route({
    ...own,
    path: `${instance}/decisions`,
    summary: 'Microsoft Graph: what is decided in a run of an access review',
    params: instanceParams,
  }),
  graphGetReviewDecision: route({
    ...own,
    path: `${instance}/decisions/:decisionId`,
    summary: 'Microsoft Graph: one decision of an access review, or those of the caller',
    params: decisionParams,
  }),
  graphUpdateReviewDecision: route({
    ...decide,
    method: 'PATCH',
    path: `${instance}/decisions/:decisionId`,
    summary: 'Microsoft Graph: decide on one',
    params: decisionParams,
    body,
  }),
  graphBatchRecordDecisions: route({
    ...decide,
    method: 'POST',
    path: `${instance}/batchRecordDecisions`,
    summary: 'Microsoft Graph: decide on all, or on those of somebody or something',
    params: instanceParams,
    body,
  }),
  graphAcceptRecommendations: route({
    ...decide,
    method: 'POST',
    path: `${instance}/acceptRecommendations`,
    summary: 'Microsoft Graph: decide as it is recommended on what is not decided yet',
    params: instanceParams,
  }),
  graphStopReviewInstance: route({
    ...manage,
    path: `${instance}/stop`,
    summary: 'Microsoft Graph: end a run of an access review now',
    params: instanceParams,
  }),
  graphApplyReviewDecisions: route({
    ...manage,
    path: `${instance}/applyDecisions`,
    summary: 'Microsoft Graph: apply what was decided in a run that ended',
    params: instanceParams,
  }),
  graphResetReviewDecisions: route({
    ...manage,
    path: `${instance}/resetDecisions`,
    summary: 'Microsoft Graph: take back what was decided in the stage that runs',
    params: instanceParams,
  }),
  graphSendReviewReminder: route({
    ...manage,
    path: `${instance}/sendReminder`,
    summary: 'Microsoft Graph: remind those who have not decided yet',
    params: instanceParams,
  }),
} as const;
