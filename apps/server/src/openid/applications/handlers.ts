import type { ApplicationDetails, applicationRoutes } from '@sallyport/contracts';
import { publicUrlOf } from '../../platform/config/index.ts';
import { requireCaller, type Handlers } from '../../platform/http/index.ts';
import type { Platform } from '../../platform/types.ts';
import type { ApplicationCommands } from './commands.ts';
import { authorOf } from './graph.ts';
import { applications, credentials, servicePrincipals, type CredentialRow } from './store.ts';

const listedMax = 1_000;
const credentialForm = ({ keyId, displayName, hint, startsAt, endsAt }: CredentialRow) => ({
  keyId,
  displayName,
  hint,
  startDateTime: startsAt.toISOString(),
  endDateTime: endsAt.toISOString(),
});

export function applicationHandlers(
  { database, config }: Pick<Platform, 'database' | 'config'>,
  commands: ApplicationCommands,
): Handlers<typeof applicationRoutes> {
  const issuer = publicUrlOf(config);
  const detailsOf = async (id: string): Promise<ApplicationDetails> => {
    const { appId, body } = await applications.get(database, { by: 'id', value: id });
    const principal = await servicePrincipals.ofApplication(database, appId);
    const held = await credentials.of(database, id);
    return {
      id,
      appId,
      body,
      servicePrincipal: principal ? { ...principal.body, id: principal.id } : null,
      passwordCredentials: held.filter(({ kind }) => kind === 'password').map(credentialForm),
      keyCredentials: held.filter(({ kind }) => kind === 'certificate').map(credentialForm),
      endpoints: {
        issuer,
        discovery: `${issuer}/.well-known/openid-configuration`,
      },
    };
  };
  return {
    listApplications: async () => {
      const rows = await database.query<{
        id: string;
        principal: string | null;
        ends: Date | null;
        enabled: boolean;
        required: boolean;
      }>(
        `SELECT a.id, s.id AS principal, (SELECT min(c.ends_at) FROM application_credentials c WHERE c.application_id = a.id) AS ends,
           coalesce((s.body->>'accountEnabled')::boolean, false) AS enabled,
           coalesce((s.body->>'appRoleAssignmentRequired')::boolean, false) AS required
         FROM applications a LEFT JOIN service_principals s ON s.app_id = a.app_id`,
      );
      const facts = new Map(rows.map((row) => [row.id, row]));
      return {
        applications: (await applications.list(database, listedMax)).map(({ id, appId, body, createdAt }) => ({
          id,
          appId,
          displayName: body.displayName,
          servicePrincipalId: facts.get(id)?.principal ?? null,
          accountEnabled: facts.get(id)?.enabled ?? false,
          appRoleAssignmentRequired: facts.get(id)?.required ?? false,
          createdDateTime: createdAt.toISOString(),
          credentialsEndDateTime: facts.get(id)?.ends?.toISOString() ?? null,
        })),
      };
    },
    getApplication: (_context, { params }) => detailsOf(params.id),
    createApplication: async (context, { body }) => {
      const { id } = await commands.add(body, authorOf(context), true);
      context.audit({ target: `application ${id}` });
      return detailsOf(id);
    },
    updateApplication: async (context, { params, body: { application, servicePrincipal } }) => {
      context.audit({ target: `application ${params.id}` });
      const named = { by: 'id', value: params.id } as const;
      if (application) await commands.update(named, application, authorOf(context));
      if (servicePrincipal) {
        const { appId } = await applications.get(database, named);
        await commands.updatePrincipal({ by: 'app_id', value: appId }, servicePrincipal, authorOf(context));
      }
      return detailsOf(params.id);
    },
    deleteApplication: async (context, { params }) => {
      context.audit({ target: `application ${params.id}` });
      await commands.remove({ by: 'id', value: params.id }, authorOf(context));
      return {};
    },
    addApplicationSecret: async (context, { params, body }) => {
      const made = await commands.addPassword(
        { by: 'id', value: params.id },
        body,
        authorOf(context),
        requireCaller(context),
      );
      context.audit({ target: `application ${params.id}`, details: { keyId: made.credential.keyId } });
      return { ...credentialForm(made.credential), secretText: made.secretText };
    },
    removeApplicationSecret: async (context, { params }) => {
      context.audit({ target: `application ${params.id}`, details: { keyId: params.keyId } });
      await commands.removeCredential({ by: 'id', value: params.id }, 'password', params.keyId, authorOf(context));
      return {};
    },
  };
}
