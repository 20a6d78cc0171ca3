import { z } from 'zod';
import { ApplicationBody, PasswordCredential, ServicePrincipalBody } from '../openid/application.ts';
import { route } from '../route.ts';

/** Applications that people sign in to through Sallyport, for the portal. */

const params = z.object({ id: z.uuid() });
const credentialParams = params.extend({ keyId: z.uuid() });

export const ApplicationSummary = z.object({
  id: z.uuid(),
  appId: z.uuid(),
  displayName: z.string(),
  /** Null: it has no service principal, and so nobody signs in to it. */
  servicePrincipalId: z.uuid().nullable(),
  accountEnabled: z.boolean(),
  appRoleAssignmentRequired: z.boolean(),
  createdDateTime: z.iso.datetime(),
  /** When the first of its secrets and certificates ends; null when it has none. */
  credentialsEndDateTime: z.iso.datetime().nullable(),
});
export type ApplicationSummary = z.infer<typeof ApplicationSummary>;

export const ApplicationDetails = z.object({
  id: z.uuid(),
  appId: z.uuid(),
  body: ApplicationBody,
  servicePrincipal: ServicePrincipalBody.extend({ id: z.uuid() }).nullable(),
  passwordCredentials: z.array(PasswordCredential),
  keyCredentials: z.array(PasswordCredential),
  /** What its developers need. */
  endpoints: z.object({ issuer: z.string(), discovery: z.string() }),
});
export type ApplicationDetails = z.infer<typeof ApplicationDetails>;

const read = { method: 'GET', permission: 'applications.read' } as const;
const manage = { permission: 'applications.manage' } as const;

export const applicationRoutes = {
  listApplications: route({
    ...read,
    path: '/api/applications',
    summary: 'Applications that people sign in to through Sallyport',
    response: z.object({ applications: z.array(ApplicationSummary) }),
  }),
  getApplication: route({
    ...read,
    path: '/api/applications/:id',
    summary: 'One application',
    params,
    response: ApplicationDetails,
  }),
  createApplication: route({
    ...manage,
    method: 'POST',
    path: '/api/applications',
    summary: 'Register an application with its service principal',
    body: z.record(z.string().max(128), z.unknown()),
    response: ApplicationDetails,
  }),
  updateApplication: route({
    ...manage,
    method: 'PATCH',
    path: '/api/applications/:id',
    summary: 'Change an application, and whether and by whom it may be used',
    params,
    body: z.object({
      application: z.record(z.string().max(128), z.unknown()).optional(),
      servicePrincipal: ServicePrincipalBody.partial().optional(),
    }),
    response: ApplicationDetails,
  }),
  deleteApplication: route({
    ...manage,
    method: 'DELETE',
    path: '/api/applications/:id',
    summary: 'Remove an application with its secrets, assignments and consents',
    params,
    response: z.object({}),
  }),
  addApplicationSecret: route({
    ...manage,
    method: 'POST',
    path: '/api/applications/:id/secrets',
    summary: 'Make a secret of an application; it is in this answer only',
    params,
    body: z.object({
      displayName: z.string().trim().max(90).optional(),
      endDateTime: z.iso.datetime().optional(),
    }),
    response: PasswordCredential.extend({ secretText: z.string() }),
  }),
  removeApplicationSecret: route({
    ...manage,
    method: 'DELETE',
    path: '/api/applications/:id/secrets/:keyId',
    summary: 'Take a secret away from an application',
    params: credentialParams,
    response: z.object({}),
  }),
} as const;
