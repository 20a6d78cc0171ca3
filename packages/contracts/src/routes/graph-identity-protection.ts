import { z } from 'zod';
import { route } from '../route.ts';

/** Microsoft Graph's identityProtection: paths, options and objects are theirs, and read by the face in that service's words. */

const text = z.string().max(16_384);
const query = z.record(z.string().max(128), z.union([text, z.array(text).max(20)]));
const params = z.object({ id: z.string().min(1).max(320) });
const response = z.record(z.string(), z.unknown());
/** As many as Graph takes in a call. */
const ids = z.array(z.string().min(1).max(320)).min(1).max(60);

/** `IdentityRiskEvent.Read.All`, `IdentityRiskyUser.Read.All` of Graph. */
const read = { method: 'GET', permission: 'securityData.read', query, response } as const;
/** `IdentityRiskyUser.ReadWrite.All` of Graph. */
const write = { method: 'POST', permission: 'alerts.manage', response: 'raw' } as const;
const root = '/v1.0/identityProtection';
const ofUsers = { ...write, body: z.object({ userIds: ids }) } as const;
const ofServicePrincipals = { ...write, body: z.object({ servicePrincipalIds: ids }) } as const;

export const graphIdentityProtectionRoutes = {
  graphListRiskDetections: route({
    ...read,
    path: `${root}/riskDetections`,
    summary: 'Microsoft Graph: risk detections of users',
  }),
  graphGetRiskDetection: route({
    ...read,
    path: `${root}/riskDetections/:id`,
    summary: 'Microsoft Graph: one risk detection of a user',
    params,
  }),
  graphListRiskyUsers: route({ ...read, path: `${root}/riskyUsers`, summary: 'Microsoft Graph: risky users' }),
  graphGetRiskyUser: route({
    ...read,
    path: `${root}/riskyUsers/:id`,
    summary: 'Microsoft Graph: one risky user',
    params,
  }),
  graphListRiskyUserHistory: route({
    ...read,
    path: `${root}/riskyUsers/:id/history`,
    summary: 'Microsoft Graph: how the risk of a user came about',
    params,
  }),
  graphDismissRiskyUsers: route({
    ...ofUsers,
    path: `${root}/riskyUsers/dismiss`,
    summary: 'Microsoft Graph: dismiss the risk of users',
  }),
  graphConfirmUsersCompromised: route({
    ...ofUsers,
    path: `${root}/riskyUsers/confirmCompromised`,
    summary: 'Microsoft Graph: confirm that users are compromised',
  }),
  graphConfirmUsersSafe: route({
    ...ofUsers,
    path: `${root}/riskyUsers/confirmSafe`,
    summary: 'Microsoft Graph: confirm that users are safe',
  }),
  graphListServicePrincipalRiskDetections: route({
    ...read,
    path: `${root}/servicePrincipalRiskDetections`,
    summary: 'Microsoft Graph: risk detections of service principals',
  }),
  graphGetServicePrincipalRiskDetection: route({
    ...read,
    path: `${root}/servicePrincipalRiskDetections/:id`,
    summary: 'Microsoft Graph: one risk detection of a service principal',
    params,
  }),
  graphListRiskyServicePrincipals: route({
    ...read,
    path: `${root}/riskyServicePrincipals`,
    summary: 'Microsoft Graph: risky service principals',
  }),
  graphGetRiskyServicePrincipal: route({
    ...read,
    path: `${root}/riskyServicePrincipals/:id`,
    summary: 'Microsoft Graph: one risky service principal',
    params,
  }),
  graphListRiskyServicePrincipalHistory: route({
    ...read,
    path: `${root}/riskyServicePrincipals/:id/history`,
    summary: 'Microsoft Graph: how the risk of a service principal came about',
    params,
  }),
  graphDismissRiskyServicePrincipals: route({
    ...ofServicePrincipals,
    path: `${root}/riskyServicePrincipals/dismiss`,
    summary: 'Microsoft Graph: dismiss the risk of service principals',
  }),
  graphConfirmServicePrincipalsCompromised: route({
    ...ofServicePrincipals,
    path: `${root}/riskyServicePrincipals/confirmCompromised`,
    summary: 'Microsoft Graph: confirm that service principals are compromised',
  }),
} as const;
