import { randomUUID, X509Certificate } from 'node:crypto';
import { SallyportError } from '@sallyport/contracts';
import { ApplicationBody, ServicePrincipalBody } from '@sallyport/contracts/openid';
import type { z } from 'zod';
import { refuseStronger } from '../../access/index.ts';
import { storableJson } from '../../platform/canonical-json.ts';
import { isUniqueViolation, type Queryable } from '../../platform/database/index.ts';
import { badRequest } from '../../platform/errors.ts';
import type { Principal } from '../../platform/principal.ts';
import { hashSecret, newSecret } from '../../platform/tokens.ts';
import type { Platform } from '../../platform/types.ts';
import { ownApiUri } from '../provider/own-api.ts';
import { recordChange, type Activity, type Author } from './audit.ts';
import { applicationForm, servicePrincipalForm } from './forms.ts';
import {
  applications,
  assignments,
  credentials,
  permissionGrants,
  servicePrincipals,
  type ApplicationRow,
  type AppRoleAssignmentRow,
  type CredentialRow,
  type Named,
  type PermissionGrantRow,
  type ServicePrincipalRow,
} from './store.ts';

const applicationsMax = 1_000;
const credentialsMax = 20;
/** Two years, as Entra's portal goes to at most. */
const secretLifetimeMaxMs = 2 * 366 * 86_400_000;
const defaultSecretLifetimeMs = 180 * 86_400_000;
const rsaBitsMin = 2_048;
const defaultRole = '00000000-0000-0000-0000-000000000000';

function checked<T extends z.ZodType>(schema: T, value: unknown): z.infer<T> {
  const parsed = schema.safeParse(storableJson(value));
  if (!parsed.success) throw badRequest('body', parsed.error);
  return parsed.data;
}
const bad = (message: string, target: string) =>
  new SallyportError('BadRequest', message, { target: `body.${target}` });

/** The provider holds a client to one way of proving itself, so that a stolen code of its page can't be redeemed as its server. */
function checkApplication(body: ApplicationBody): ApplicationBody {
  const kinds = [body.web, body.spa, body.publicClient].filter(({ redirectUris }) => redirectUris.length > 0);
  if (kinds.length > 1 || (body.web.redirectUris.length > 0 && body.isFallbackPublicClient))
    throw bad('an application has redirect URIs of one platform: register one for each of them', 'web');
  return body;
}

export type Body = Readonly<Record<string, unknown>>;
export interface NewPassword {
  readonly displayName?: string | null | undefined;
  readonly endDateTime?: string | null | undefined;
}

/** Registers, changes and removes applications and what goes with them, each with its row of `AuditLogs` in the same transaction. */
export function createApplicationCommands(platform: Pick<Platform, 'database' | 'clock' | 'audit'>) {
  const { database, clock } = platform;
  const ofApplication = (row: ApplicationRow) =>
    ({ id: row.id, displayName: row.body.displayName, type: 'Application' }) as const;
  const ofServicePrincipal = async (tx: Queryable, row: ServicePrincipalRow) => {
    const { body } = await applications.get(tx, { by: 'app_id', value: row.appId });
    return { id: row.id, displayName: body.displayName, type: 'ServicePrincipal' } as const;
  };
  const applicationChanged = (
    activity: Activity,
    { before, after }: { before?: ApplicationRow; after?: ApplicationRow },
    by: Author,
    tx: Queryable,
  ) => {
    const row = after ?? before;
    if (!row) throw new Error('nothing was changed');
    const values = {
      ...(before ? { oldValue: applicationForm(before, []) } : {}),
      ...(after ? { newValue: applicationForm(after, []) } : {}),
    };
    return recordChange(platform, activity, { target: ofApplication(row), property: 'Application', ...values }, by, tx);
  };
  /** Identifier URIs name an application alone. */
  const uniqueUris = async (tx: Queryable, { id, body }: ApplicationRow) => {
    for (const uri of body.identifierUris) {
      if (uri === ownApiUri) throw bad(`${ownApiUri} is Sallyport itself`, 'identifierUris');
      const other = await applications.byIdentifierUri(tx, uri);
      if (other && other.id !== id) throw bad(`another application has the identifier URI ${uri}`, 'identifierUris');
    }
  };
  const locked = async (tx: Queryable) => {
    await tx.execute('LOCK TABLE applications IN SHARE ROW EXCLUSIVE MODE');
  };
  const addPrincipal = async (tx: Queryable, appId: string, input: unknown, by: Author) => {
    await applications.get(tx, { by: 'app_id', value: appId });
    const row = { id: randomUUID(), appId, body: checked(ServicePrincipalBody, input), createdAt: clock.now() };
    await servicePrincipals.save(tx, row);
    const target = await ofServicePrincipal(tx, row);
    await recordChange(platform, 'Add service principal', { target, property: 'ServicePrincipal', newValue: row.body }, by, tx); // prettier-ignore
    return row;
  };
  /** Whoever has its secret is the application, and holds what its roles grant. */
  const refuseCredential = async (tx: Queryable, { appId }: ApplicationRow, caller: Principal): Promise<void> => {
    const principal = await servicePrincipals.ofApplication(tx, appId);
    if (principal) await refuseStronger(tx, caller, principal.id, clock.now());
  };
  const credentialsChanged = async (
    tx: Queryable,
    row: ApplicationRow,
    before: readonly CredentialRow[],
    by: Author,
  ) => {
    const said = (rows: readonly CredentialRow[]) =>
      rows.map(({ keyId, kind, displayName, endsAt }) => ({ keyId, kind, displayName, endDateTime: endsAt }));
    await recordChange(
      platform,
      'Update application – Certificates and secrets management ',
      {
        target: ofApplication(row),
        property: 'KeyDescription',
        oldValue: said(before),
        newValue: said(await credentials.of(tx, row.id)),
      },
      by,
      tx,
    );
  };

  return {
    /** Registers an application; with `usable`, its service principal too. Throws BadRequest. */
    add: (input: Body, by: Author, usable = false): Promise<ApplicationRow> =>
      database.transaction(async (tx) => {
        await locked(tx);
        if ((await applications.count(tx)) >= applicationsMax)
          throw new SallyportError('BadRequest', `there are at most ${applicationsMax} applications`);
        const body = checkApplication(checked(ApplicationBody, input));
        const row = { id: randomUUID(), appId: randomUUID(), body, createdAt: clock.now(), modifiedAt: null };
        await uniqueUris(tx, row);
        await applications.save(tx, row);
        await applicationChanged('Add application', { after: row }, by, tx);
        if (usable) await addPrincipal(tx, row.appId, {}, by);
        return row;
      }),

    /** Each member that is given takes the place of the one before, as Graph has it. Throws NotFound, BadRequest. */
    update: (named: Named, patch: Body, by: Author): Promise<ApplicationRow> =>
      database.transaction(async (tx) => {
        await locked(tx);
        const before = await applications.get(tx, named);
        const body = checkApplication(checked(ApplicationBody, { ...before.body, ...patch }));
        const after = { ...before, body, modifiedAt: clock.now() };
        await uniqueUris(tx, after);
        await applications.save(tx, after);
        await applicationChanged('Update application', { before, after }, by, tx);
        return after;
      }),

    remove: (named: Named, by: Author): Promise<ApplicationRow> =>
      database.transaction(async (tx) => {
        const before = await applications.get(tx, named);
        await applications.remove(tx, before.id);
        await applicationChanged('Delete application', { before }, by, tx);
        return before;
      }),

    /** A new secret of 256 bits. It is in the answer only. Throws NotFound, BadRequest, and Forbidden where the application holds more than who adds it. */
    addPassword: (named: Named, { displayName, endDateTime }: NewPassword, by: Author, caller: Principal) =>
      database.transaction(async (tx) => {
        const row = await applications.get(tx, named);
        await refuseCredential(tx, row, caller);
        const before = await credentials.of(tx, row.id);
        if (before.length >= credentialsMax)
          throw new SallyportError(
            'BadRequest',
            `an application has at most ${credentialsMax} secrets and certificates`,
          );
        const now = clock.now();
        const endsAt = endDateTime ? new Date(endDateTime) : new Date(now.getTime() + defaultSecretLifetimeMs);
        if (!(endsAt > now) || endsAt.getTime() - now.getTime() > secretLifetimeMaxMs)
          throw bad('a secret ends in the future, two years from now at the latest', 'passwordCredential.endDateTime');
        const secretText = newSecret();
        const credential: CredentialRow = {
          keyId: randomUUID(),
          kind: 'password',
          displayName: displayName ?? null,
          hint: secretText.slice(0, 3),
          secretHash: hashSecret(secretText),
          certificate: null,
          startsAt: now,
          endsAt,
        };
        await credentials.insert(tx, row.id, credential);
        await credentialsChanged(tx, row, before, by);
        return { credential, secretText };
      }),

    /** A certificate whose key signs the application's assertions. Throws as `addPassword` does. */
    addCertificate: (named: Named, base64: string, displayName: string | null, by: Author, caller: Principal) =>
      database.transaction(async (tx) => {
        const row = await applications.get(tx, named);
        await refuseCredential(tx, row, caller);
        const before = await credentials.of(tx, row.id);
        if (before.length >= credentialsMax)
          throw new SallyportError(
            'BadRequest',
            `an application has at most ${credentialsMax} secrets and certificates`,
          );
        const certificate = readCertificate(base64);
        const credential: CredentialRow = {
          keyId: randomUUID(),
          kind: 'certificate',
          displayName,
          hint: certificate.fingerprint.replaceAll(':', ''),
          secretHash: null,
          certificate: certificate.raw,
          startsAt: certificate.validFromDate,
          endsAt: certificate.validToDate,
        };
        await credentials.insert(tx, row.id, credential);
        await credentialsChanged(tx, row, before, by);
        return credential;
      }),

    removeCredential: (named: Named, kind: CredentialRow['kind'], keyId: string, by: Author): Promise<void> =>
      database.transaction(async (tx) => {
        const row = await applications.get(tx, named);
        const before = await credentials.of(tx, row.id);
        if (!before.some((one) => one.keyId === keyId.toLowerCase() && one.kind === kind))
          throw new SallyportError('BadRequest', `No ${kind} credential found with keyId '${keyId.slice(0, 40)}'.`);
        await credentials.remove(tx, row.id, kind, keyId);
        await credentialsChanged(tx, row, before, by);
      }),

    /** Throws NotFound, BadRequest, Conflict. */
    addPrincipal: async (appId: string, input: Body, by: Author): Promise<ServicePrincipalRow> => {
      try {
        return await database.transaction((tx) => addPrincipal(tx, appId, input, by));
      } catch (error) {
        if (!isUniqueViolation(error)) throw error;
        throw new SallyportError('Conflict', `The service principal cannot be created: the appId ${appId} has one.`);
      }
    },

    updatePrincipal: (named: Named, patch: Body, by: Author): Promise<void> =>
      database.transaction(async (tx) => {
        const before = await servicePrincipals.get(tx, named);
        const body = checked(ServicePrincipalBody, { ...before.body, ...patch });
        await servicePrincipals.save(tx, { ...before, body });
        const target = await ofServicePrincipal(tx, before);
        const values = { oldValue: before.body, newValue: body };
        await recordChange(platform, 'Update service principal', { target, property: 'ServicePrincipal', ...values }, by, tx); // prettier-ignore
      }),

    removePrincipal: (named: Named, by: Author): Promise<void> =>
      database.transaction(async (tx) => {
        const before = await servicePrincipals.get(tx, named);
        const target = await ofServicePrincipal(tx, before);
        const application = await applications.get(tx, { by: 'app_id', value: before.appId });
        await servicePrincipals.remove(tx, before.id);
        const oldValue = servicePrincipalForm(before, application);
        await recordChange(platform, 'Remove service principal', { target, property: 'ServicePrincipal', oldValue }, by, tx); // prettier-ignore
      }),

    /** Gives a person, a group or a service principal a role of an application. Throws NotFound, BadRequest. */
    assign: (named: Named, { principalId, appRoleId }: { principalId: string; appRoleId: string }, by: Author) =>
      database.transaction(async (tx) => {
        const resource = await servicePrincipals.get(tx, named);
        const { body } = await applications.get(tx, { by: 'app_id', value: resource.appId });
        const principalType = await typeOf(tx, principalId);
        const role = body.appRoles.find(({ id, isEnabled }) => isEnabled && id === appRoleId.toLowerCase());
        const member = principalType === 'ServicePrincipal' ? 'Application' : 'User';
        if (appRoleId !== defaultRole && role?.allowedMemberTypes.includes(member) !== true)
          throw bad(`the application has no role ${appRoleId} for a ${principalType}`, 'appRoleId');
        const row: AppRoleAssignmentRow = {
          id: randomUUID(),
          principalId,
          principalType,
          resourceId: resource.id,
          appRoleId,
          createdAt: clock.now(),
        };
        if ((await assignments.insert(tx, row)) === 0)
          throw new SallyportError('BadRequest', 'Permission being assigned already exists on the object');
        const target = await ofServicePrincipal(tx, resource);
        await recordChange(platform, addedTo[principalType], { target, property: 'AppRole.Id', newValue: row }, by, tx);
        return { row, resourceName: target.displayName };
      }),

    unassign: (named: Named, id: string, by: Author): Promise<void> =>
      database.transaction(async (tx) => {
        const resource = await servicePrincipals.get(tx, named);
        const row = await assignments.remove(tx, resource.id, id);
        if (!row) throw new SallyportError('NotFound', `there is no assignment ${id.slice(0, 40)}`);
        const target = await ofServicePrincipal(tx, resource);
        await recordChange(platform, removedFrom[row.principalType], { target, property: 'AppRole.Id', oldValue: row }, by, tx); // prettier-ignore
      }),

    /** Consent for all people, or for one. Throws NotFound. */
    consent: (grant: Omit<PermissionGrantRow, 'id'>, activity: Activity, by: Author, replace = false) =>
      database.transaction(async (tx) => {
        const client = await servicePrincipals.get(tx, { by: 'id', value: grant.clientId });
        if (grant.resourceId !== null) await servicePrincipals.get(tx, { by: 'id', value: grant.resourceId });
        const saved = await permissionGrants.save(tx, { ...grant, id: randomUUID() }, clock.now(), replace);
        const target = await ofServicePrincipal(tx, client);
        await recordChange(platform, activity, { target, property: 'ConsentContext', newValue: saved }, by, tx);
        return saved;
      }),

    withdraw: (id: string, by: Author): Promise<void> =>
      database.transaction(async (tx) => {
        const row = await permissionGrants.byId(tx, id);
        if (!row) throw new SallyportError('NotFound', `there is no permission grant ${id.slice(0, 40)}`);
        const client = await servicePrincipals.get(tx, { by: 'id', value: row.clientId });
        await permissionGrants.remove(tx, row.id);
        const target = await ofServicePrincipal(tx, client);
        // Tokens that were given on it end with it.
        await tx.execute(
          `DELETE FROM openid_objects WHERE client_id = $1 AND model <> 'Session' AND ($2::uuid IS NULL OR account_id = $2)`,
          [client.appId, row.principalId],
        );
        await recordChange(platform, 'Remove delegated permission grant', { target, property: 'DelegatedPermissionGrant.Scope', oldValue: row }, by, tx); // prettier-ignore
      }),
  };
}

const addedTo = {
  User: 'Add app role assignment grant to user',
  Group: 'Add app role assignment to group',
  ServicePrincipal: 'Add app role assignment to service principal',
} as const;
const removedFrom = {
  User: 'Remove app role assignment from user',
  Group: 'Remove app role assignment from group',
  ServicePrincipal: 'Remove app role assignment from service principal',
} as const;

async function typeOf(db: Queryable, id: string): Promise<AppRoleAssignmentRow['principalType']> {
  const found = await db.first<{ type: AppRoleAssignmentRow['principalType'] }>(
    `SELECT 'User' AS type FROM people WHERE id = $1 UNION ALL SELECT 'Group' FROM groups WHERE id = $1
     UNION ALL SELECT 'ServicePrincipal' FROM service_principals WHERE id = $1`,
    [id],
  );
  if (!found) throw bad(`there is nobody with the id ${id}`, 'principalId');
  return found.type;
}

/** PEM or DER, in base64 as Graph has it. Throws BadRequest. */
function readCertificate(base64: string): X509Certificate {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(Buffer.from(base64, 'base64'));
  } catch (cause) {
    throw new SallyportError('BadRequest', 'this is no certificate', { target: 'body.keyCredentials', cause });
  }
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = certificate.publicKey;
  const strong =
    (type === 'rsa' && (details?.modulusLength ?? 0) >= rsaBitsMin) ||
    (type === 'ec' && details?.namedCurve === 'prime256v1') ||
    type === 'ed25519';
  if (!strong) throw bad(`the key must be RSA of at least ${rsaBitsMin} bits, P-256 or Ed25519`, 'keyCredentials');
  return certificate;
}

export type ApplicationCommands = ReturnType<typeof createApplicationCommands>;
