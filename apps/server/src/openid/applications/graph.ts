import { SallyportError, type graphApplicationRoutes } from '@sallyport/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { badRequest } from '../../platform/errors.ts';
import { requireCaller, type Handlers, type RequestContext } from '../../platform/http/index.ts';
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
} from '../../platform/odata/index.ts';
import type { Platform } from '../../platform/types.ts';
import type { Author } from './audit.ts';
import type { ApplicationCommands, Body } from './commands.ts';
import { applicationForm, assignmentForm, permissionGrantForm, servicePrincipalForm } from './forms.ts';
import {
  applicationColumns,
  applications,
  assignments,
  credentials,
  permissionGrants,
  servicePrincipalColumns,
  servicePrincipals,
  type ApplicationRow,
  type ServicePrincipalRow,
} from './store.ts';

/**
 * Microsoft Graph's applications and service principals, for its unmodified clients.
 * https://learn.microsoft.com/graph/api/resources/application
 */

const pageMax = 999;
const key: Property = { sql: 'o.id::text', type: 'string' };
const common = {
  id: key,
  appId: { sql: 'o.app_id::text', type: 'string' },
  createdDateTime: { sql: 'o.created_at', type: 'datetime' },
} as const satisfies Record<string, Property>;
const applicationProperties: Properties = {
  single: { ...common, displayName: { sql: `o.body->>'displayName'`, type: 'string' } },
};
const nameSql = `(SELECT t.body->>'displayName' FROM applications t WHERE t.app_id = o.app_id)`;
const principalProperties: Properties = {
  single: {
    ...common,
    displayName: { sql: nameSql, type: 'string' },
    accountEnabled: { sql: `(o.body->>'accountEnabled')::boolean`, type: 'boolean' },
  },
};
/** Set by the server: an export may be sent back. */
const notOfTheBody = new Set(['id', 'appId', 'createdDateTime', 'deletedDateTime', 'publisherDomain', 'passwordCredentials', 'keyCredentials']); // prettier-ignore
const withoutNotes = (body: Body): Body =>
  Object.fromEntries(Object.entries(body).filter(([name]) => !notOfTheBody.has(name) && !name.startsWith('@')));

const PasswordInput = z.object({
  passwordCredential: z
    .object({ displayName: z.string().max(90).nullish(), endDateTime: z.iso.datetime({ offset: true }).nullish() })
    .prefault({}),
});
const KeyIdInput = z.object({ keyId: z.uuid() });
const KeyCredentials = z.array(z.object({ key: z.base64().max(20_000).nullish(), displayName: z.string().max(90).nullish() })).max(5); // prettier-ignore
const AssignmentInput = z.object({ principalId: z.uuid(), appRoleId: z.uuid(), resourceId: z.uuid().optional() });
const GrantInput = z.object({
  clientId: z.uuid(),
  consentType: z.enum(['AllPrincipals', 'Principal']),
  principalId: z.uuid().nullish(),
  resourceId: z.uuid().nullish(),
  scope: z.string().trim().min(1).max(4_000),
});
function read<T extends z.ZodType>(schema: T, body: unknown): z.infer<T> {
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw badRequest('body', parsed.error);
  return parsed.data;
}

interface Reading {
  readonly query: RawQuery;
  readonly request: FastifyRequest;
}
interface Writing {
  readonly body: Body;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}
interface Of {
  readonly params: { readonly id: string };
}
const byId = ({ id }: Of['params']) => ({ by: 'id', value: id }) as const;

export const authorOf = (context: RequestContext): Author => {
  const { id, name } = requireCaller(context);
  return { id, name, ipAddress: context.ipAddress, requestId: context.requestId };
};

export function graphApplicationHandlers(
  { database }: Pick<Platform, 'database'>,
  commands: ApplicationCommands,
): Handlers<typeof graphApplicationRoutes> {
  const formOf = async (row: ApplicationRow) => applicationForm(row, await credentials.of(database, row.id));
  const principalForm = async (row: ServicePrincipalRow) =>
    servicePrincipalForm(row, await applications.get(database, { by: 'app_id', value: row.appId }));

  const list =
    <Row extends object>(
      path: string,
      from: string,
      columns: string,
      properties: Properties,
      form: (row: Row) => Promise<object>,
    ) =>
    // prettier-ignore
    async (_context: RequestContext, { query, request }: Reading) => {
      const options = readListOptions(query);
      const parameters = new Parameters();
      const order = { key, defaultOrder: [{ path: 'createdDateTime', descending: false }] };
      const { rows, next, count } = await queryPage<Row>(database, {
        columns,
        from: `${from} o WHERE true`,
        properties,
        order,
        options,
        parameters,
        pageDefault: 100,
        pageMax,
      });
      return pageAnswer(request, path, options, {
        value: await Promise.all(rows.map(form)),
        next,
        count,
      });
    };
  const entity = (request: FastifyRequest, path: string, object: object) => ({
    '@odata.context': metadataOf(request, `${path}/$entity`),
    ...object,
  });
  const one =
    (path: string, find: (params: Of['params']) => Promise<object>) =>
    async (_context: RequestContext, { params, query, request }: Reading & Of) =>
      entity(request, path, selected(await find(params), readListOptions(query, ['$select'])));
  const made = (
    { request, reply }: Pick<Writing, 'request' | 'reply'>,
    path: string,
    object: { readonly id: string },
  ) =>
    reply
      .code(201)
      .header('location', `https://${request.host}/v1.0/${path}/${object.id}`)
      .send(entity(request, path, object));

  return {
    graphListApplications: list<ApplicationRow>('applications', 'applications', applicationColumns, applicationProperties, formOf), // prettier-ignore
    graphGetApplication: one('applications', async (params) => formOf(await applications.get(database, byId(params)))),
    graphCreateApplication: async (context, { body, request, reply }) => {
      const row = await commands.add(withoutNotes(body), authorOf(context));
      context.audit({ target: `application ${row.id}` });
      return made({ request, reply }, 'applications', await formOf(row));
    },
    graphUpdateApplication: async (context, { params, body, reply }) => {
      const added = read(KeyCredentials, body['keyCredentials'] ?? []);
      await commands.update(byId(params), withoutNotes(body), authorOf(context));
      // One that is there already comes without its key, as it was answered.
      for (const { key: certificate, displayName } of added)
        if (certificate)
          await commands.addCertificate(
            byId(params),
            certificate,
            displayName ?? null,
            authorOf(context),
            requireCaller(context),
          );
      context.audit({ target: `application ${params.id}` });
      return reply.code(204).send();
    },
    graphDeleteApplication: async (context, { params, reply }) => {
      await commands.remove(byId(params), authorOf(context));
      context.audit({ target: `application ${params.id}` });
      return reply.code(204).send();
    },
    graphAddPassword: async (context, { params, body, request, reply }) => {
      const { passwordCredential } = read(PasswordInput, body);
      const { credential, secretText } = await commands.addPassword(
        byId(params),
        passwordCredential,
        authorOf(context),
        requireCaller(context),
      );
      context.audit({ target: `application ${params.id}`, details: { keyId: credential.keyId } });
      return reply.send({
        '@odata.context': metadataOf(request, 'microsoft.graph.passwordCredential'),
        customKeyIdentifier: null,
        keyId: credential.keyId,
        displayName: credential.displayName,
        hint: credential.hint,
        secretText,
        startDateTime: credential.startsAt.toISOString(),
        endDateTime: credential.endsAt.toISOString(),
      });
    },
    graphRemovePassword: async (context, { params, body, reply }) => {
      const { keyId } = read(KeyIdInput, body);
      await commands.removeCredential(byId(params), 'password', keyId, authorOf(context));
      context.audit({ target: `application ${params.id}`, details: { keyId } });
      return reply.code(204).send();
    },

    graphListServicePrincipals: list<ServicePrincipalRow>('servicePrincipals', 'service_principals', servicePrincipalColumns, principalProperties, principalForm), // prettier-ignore
    graphGetServicePrincipal: one('servicePrincipals', async (params) =>
      principalForm(await servicePrincipals.get(database, byId(params))),
    ),
    graphCreateServicePrincipal: async (context, { body, request, reply }) => {
      const { appId } = read(z.looseObject({ appId: z.uuid() }), body);
      const row = await commands.addPrincipal(appId, withoutNotes(body), authorOf(context));
      context.audit({ target: `servicePrincipal ${row.id}` });
      return made({ request, reply }, 'servicePrincipals', await principalForm(row));
    },
    graphUpdateServicePrincipal: async (context, { params, body, reply }) => {
      await commands.updatePrincipal(byId(params), withoutNotes(body), authorOf(context));
      context.audit({ target: `servicePrincipal ${params.id}` });
      return reply.code(204).send();
    },
    graphDeleteServicePrincipal: async (context, { params, reply }) => {
      await commands.removePrincipal(byId(params), authorOf(context));
      context.audit({ target: `servicePrincipal ${params.id}` });
      return reply.code(204).send();
    },
    graphListAppRoleAssignments: async (_context, { params, query, request }) => {
      const options = readListOptions(query, ['$top', '$count', '$select']);
      const resource = await servicePrincipals.get(database, byId(params));
      const { body } = await applications.get(database, { by: 'app_id', value: resource.appId });
      const rows = await assignments.ofResource(database, resource.id);
      const value = rows.map((row) => assignmentForm(row, body.displayName));
      return pageAnswer(request, 'appRoleAssignments', options, {
        value: value.slice(0, options.top ?? value.length),
        next: undefined,
        count: options.count ? value.length : undefined,
      });
    },
    graphAssignAppRole: async (context, { params, body, request, reply }) => {
      const input = read(AssignmentInput, body);
      if (input.resourceId !== undefined && input.resourceId !== params.id)
        throw new SallyportError('BadRequest', 'the resource is another than that of the address');
      const { row, resourceName } = await commands.assign(byId(params), input, authorOf(context));
      context.audit({ target: `servicePrincipal ${params.id}` });
      return made({ request, reply }, `servicePrincipals/${params.id}/appRoleAssignedTo`, assignmentForm(row, resourceName)); // prettier-ignore
    },
    graphUnassignAppRole: async (context, { params, reply }) => {
      await commands.unassign(byId(params), params.assignmentId, authorOf(context));
      context.audit({ target: `servicePrincipal ${params.id}` });
      return reply.code(204).send();
    },

    graphListPermissionGrants: async (_context, { query, request }) => {
      const options = readListOptions(query, ['$top', '$count', '$select']);
      const value = (await permissionGrants.list(database)).map(permissionGrantForm);
      return pageAnswer(request, 'oauth2PermissionGrants', options, {
        value: value.slice(0, options.top ?? value.length),
        next: undefined,
        count: options.count ? value.length : undefined,
      });
    },
    graphGetPermissionGrant: one('oauth2PermissionGrants', async ({ id }) => {
      const row = await permissionGrants.byId(database, id);
      if (!row) throw new SallyportError('NotFound', `there is no permission grant ${id.slice(0, 40)}`);
      return permissionGrantForm(row);
    }),
    graphCreatePermissionGrant: async (context, { body, request, reply }) => {
      const { clientId, consentType, principalId, resourceId, scope } = read(GrantInput, body);
      if ((consentType === 'Principal') !== (typeof principalId === 'string'))
        throw new SallyportError('BadRequest', 'principalId goes with the consentType Principal');
      const grant = { clientId, principalId: principalId ?? null, resourceId: resourceId ?? null, scope };
      const row = await commands.consent(grant, 'Add delegated permission grant', authorOf(context), true);
      context.audit({ target: `oauth2PermissionGrant ${row.id}` });
      return made({ request, reply }, 'oauth2PermissionGrants', permissionGrantForm(row));
    },
    graphDeletePermissionGrant: async (context, { params, reply }) => {
      await commands.withdraw(params.id, authorOf(context));
      context.audit({ target: `oauth2PermissionGrant ${params.id}` });
      return reply.code(204).send();
    },
  };
}
