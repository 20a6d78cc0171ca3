import { SallyportError } from '@sallyport/contracts';
import { ApplicationBody, ServicePrincipalBody } from '@sallyport/contracts/openid';
import type { Queryable } from '../../platform/database/index.ts';

export interface ApplicationRow {
  readonly id: string;
  readonly appId: string;
  readonly body: ApplicationBody;
  readonly createdAt: Date;
  readonly modifiedAt: Date | null;
}
export interface ServicePrincipalRow {
  readonly id: string;
  readonly appId: string;
  readonly body: ServicePrincipalBody;
  readonly createdAt: Date;
}
export interface CredentialRow {
  readonly keyId: string;
  readonly kind: 'password' | 'certificate';
  readonly displayName: string | null;
  readonly hint: string;
  readonly secretHash: Buffer | null;
  readonly certificate: Buffer | null;
  readonly startsAt: Date;
  readonly endsAt: Date;
}
export interface AppRoleAssignmentRow {
  readonly id: string;
  readonly principalId: string;
  readonly principalType: 'User' | 'Group' | 'ServicePrincipal';
  readonly resourceId: string;
  readonly appRoleId: string;
  readonly createdAt: Date;
}
export interface PermissionGrantRow {
  readonly id: string;
  readonly clientId: string;
  readonly principalId: string | null;
  readonly resourceId: string | null;
  readonly scope: string;
}

export const applicationColumns =
  'o.id, o.app_id AS "appId", o.body, o.created_at AS "createdAt", o.modified_at AS "modifiedAt"';
export const servicePrincipalColumns = 'o.id, o.app_id AS "appId", o.body, o.created_at AS "createdAt"';
const credentialColumns = `c.key_id AS "keyId", c.kind, c.display_name AS "displayName", c.hint, c.secret_hash AS "secretHash", c.certificate,
  c.starts_at AS "startsAt", c.ends_at AS "endsAt"`;
const assignmentColumns = `a.id, a.principal_id AS "principalId", a.principal_type AS "principalType", a.resource_id AS "resourceId",
  a.app_role_id AS "appRoleId", a.created_at AS "createdAt"`;
const grantColumns =
  'g.id, g.client_id AS "clientId", g.principal_id AS "principalId", g.resource_id AS "resourceId", g.scope';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
export const isUuid = (text: string): boolean => uuid.test(text);
/** In Graph's words. */
const missing = (id: string) =>
  new SallyportError(
    'NotFound',
    `Resource '${id.slice(0, 100)}' does not exist or one of its queried reference-property objects are not present.`,
  );
const readApplication = (row: ApplicationRow): ApplicationRow => ({ ...row, body: ApplicationBody.parse(row.body) });

/** By object id, or `appId` as `(appId='…')` names it. */
export interface Named {
  readonly by: 'id' | 'app_id';
  readonly value: string;
}

async function one<Row extends object>(db: Queryable, table: string, columns: string, { by, value }: Named) {
  const row = isUuid(value)
    ? await db.first<Row>(`SELECT ${columns} FROM ${table} o WHERE o.${by} = $1`, [value])
    : undefined;
  if (!row) throw missing(value);
  return row;
}

export const applications = {
  /** Throws NotFound. */
  get: async (db: Queryable, named: Named) =>
    readApplication(await one<ApplicationRow>(db, 'applications', applicationColumns, named)),
  count: async (db: Queryable): Promise<number> =>
    (await db.first<{ n: number }>('SELECT count(*)::int AS n FROM applications'))?.n ?? 0,
  list: async (db: Queryable, most: number) =>
    (
      await db.query<ApplicationRow>(
        `SELECT ${applicationColumns} FROM applications o ORDER BY lower(o.body->>'displayName'), o.id LIMIT $1`,
        [most],
      )
    ).map(readApplication),
  byIdentifierUri: async (db: Queryable, uri: string): Promise<ApplicationRow | undefined> => {
    const row = await db.first<ApplicationRow>(
      `SELECT ${applicationColumns} FROM applications o WHERE o.body->'identifierUris' @> to_jsonb($1::text)`,
      [uri],
    );
    return row && readApplication(row);
  },
  save: (tx: Queryable, { id, appId, body, createdAt, modifiedAt }: ApplicationRow) =>
    tx.execute(
      `INSERT INTO applications (id, app_id, body, created_at, modified_at) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (id) DO UPDATE SET body = excluded.body, modified_at = excluded.modified_at`,
      [id, appId, JSON.stringify(body), createdAt, modifiedAt],
    ),
  remove: (tx: Queryable, id: string) => tx.execute('DELETE FROM applications WHERE id = $1', [id]),
};

export const servicePrincipals = {
  /** Throws NotFound. */
  get: (db: Queryable, named: Named) =>
    one<ServicePrincipalRow>(db, 'service_principals', servicePrincipalColumns, named),
  ofApplication: (db: Queryable, appId: string) =>
    db.first<ServicePrincipalRow>(`SELECT ${servicePrincipalColumns} FROM service_principals o WHERE o.app_id = $1`, [
      appId,
    ]),
  save: (tx: Queryable, { id, appId, body, createdAt }: ServicePrincipalRow) =>
    tx.execute(
      `INSERT INTO service_principals (id, app_id, body, created_at) VALUES ($1, $2, $3, $4)
       ON CONFLICT (id) DO UPDATE SET body = excluded.body`,
      [id, appId, JSON.stringify(body), createdAt],
    ),
  remove: (tx: Queryable, id: string) => tx.execute('DELETE FROM service_principals WHERE id = $1', [id]),
};

export const credentials = {
  of: (db: Queryable, applicationId: string) =>
    db.query<CredentialRow>(
      `SELECT ${credentialColumns} FROM application_credentials c WHERE c.application_id = $1 ORDER BY c.starts_at, c.key_id`,
      [applicationId],
    ),
  insert: (tx: Queryable, applicationId: string, row: CredentialRow) =>
    tx.execute(
      `INSERT INTO application_credentials (key_id, application_id, kind, display_name, hint, secret_hash, certificate, starts_at, ends_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [
        row.keyId,
        applicationId,
        row.kind,
        row.displayName,
        row.hint,
        row.secretHash,
        row.certificate,
        row.startsAt,
        row.endsAt,
      ],
    ),
  remove: (tx: Queryable, applicationId: string, kind: CredentialRow['kind'], keyId: string) =>
    tx.execute('DELETE FROM application_credentials WHERE application_id = $1 AND kind = $2 AND key_id = $3', [
      applicationId,
      kind,
      keyId,
    ]),
};

/** Bounds a list that is answered whole. */
const listedMax = 999;

export const assignments = {
  ofResource: (db: Queryable, resourceId: string) =>
    db.query<AppRoleAssignmentRow & { principalName: string }>(
      `SELECT ${assignmentColumns}, coalesce(p.display_name, g.name, t.body->>'displayName', '') AS "principalName"
       FROM app_role_assignments a LEFT JOIN people p ON p.id = a.principal_id LEFT JOIN groups g ON g.id = a.principal_id
         LEFT JOIN service_principals s ON s.id = a.principal_id LEFT JOIN applications t ON t.app_id = s.app_id
       WHERE a.resource_id = $1 ORDER BY a.created_at, a.id LIMIT $2`,
      [resourceId, listedMax],
    ),
  insert: (tx: Queryable, row: AppRoleAssignmentRow) =>
    tx.execute(
      `INSERT INTO app_role_assignments (id, principal_id, principal_type, resource_id, app_role_id, created_at)
       VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
      [row.id, row.principalId, row.principalType, row.resourceId, row.appRoleId, row.createdAt],
    ),
  remove: (tx: Queryable, resourceId: string, id: string) =>
    tx.first<AppRoleAssignmentRow>(
      `DELETE FROM app_role_assignments a WHERE a.resource_id = $1 AND a.id::text = $2 RETURNING ${assignmentColumns}`,
      [resourceId, id.toLowerCase()],
    ),
  /** Ids of the roles that a person (by groups too) or a service principal has there; the default role is the zero id. */
  held: async (db: Queryable, principalId: string, resourceId: string): Promise<readonly string[]> =>
    (
      await db.query<{ id: string }>(
        `SELECT DISTINCT a.app_role_id AS id FROM app_role_assignments a WHERE a.resource_id = $2
           AND (a.principal_id = $1 OR a.principal_id IN (SELECT group_id FROM group_members WHERE person_id = $1))`,
        [principalId, resourceId],
      )
    ).map(({ id }) => id),
};

export const permissionGrants = {
  list: (db: Queryable, most = listedMax) =>
    db.query<PermissionGrantRow>(
      `SELECT ${grantColumns} FROM oauth2_permission_grants g ORDER BY g.created_at, g.id LIMIT $1`,
      [most],
    ),
  byId: (db: Queryable, id: string) =>
    db.first<PermissionGrantRow>(`SELECT ${grantColumns} FROM oauth2_permission_grants g WHERE g.id::text = $1`, [
      id.toLowerCase(),
    ]),
  remove: (tx: Queryable, id: string) => tx.execute('DELETE FROM oauth2_permission_grants WHERE id = $1', [id]),
  /** What has been consented to for this person, by resource; null is OpenID Connect itself. */
  consented: (db: Queryable, clientId: string, personId: string) =>
    db.query<{ resourceId: string | null; scope: string }>(
      `SELECT resource_id AS "resourceId", string_agg(scope, ' ') AS scope FROM oauth2_permission_grants
       WHERE client_id = $1 AND (principal_id IS NULL OR principal_id = $2) GROUP BY resource_id`,
      [clientId, personId],
    ),
  /** Adds to what was consented to before; with `replace`, puts it in its place. Answers the row as it is then. */
  save: async (tx: Queryable, row: PermissionGrantRow, at: Date, replace = false): Promise<PermissionGrantRow> => {
    const merged = `(SELECT string_agg(DISTINCT s, ' ' ORDER BY s) FROM unnest(string_to_array(g.scope || ' ' || excluded.scope, ' ')) s WHERE s <> '')`;
    const saved = await tx.first<PermissionGrantRow>(
      `INSERT INTO oauth2_permission_grants AS g (id, client_id, principal_id, resource_id, scope, created_at) VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT (client_id, principal_id, resource_id) DO UPDATE SET scope = ${replace ? 'excluded.scope' : merged} RETURNING ${grantColumns}`,
      [row.id, row.clientId, row.principalId, row.resourceId, row.scope, at],
    );
    if (!saved) throw new Error('no consent was saved');
    return saved;
  },
};
