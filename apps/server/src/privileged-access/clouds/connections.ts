import { randomUUID } from 'node:crypto';
import {
  cloudProviders,
  CloudSettings,
  SallyportError,
  type CloudConnection,
  type CloudIdentity,
  type CloudProviderFacts,
  type CloudRole,
} from '@sallyport/contracts';
import { canonicalJson } from '../../platform/canonical-json.ts';
import { isUniqueViolation, type Queryable } from '../../platform/database/index.ts';
import type { Platform } from '../../platform/types.ts';
import { principalsOf } from '../targets.ts';
import type { Author } from '../types.ts';

const connectionsMax = 50;
const rolesMax = 500;
const identitiesMax = 10_000;

export const secretPurpose = (connectionId: string): string => `cloud-connection:${connectionId}`;

interface ConnectionRow {
  readonly id: string;
  readonly name: string;
  readonly settings: unknown;
  readonly secret_sealed: Buffer;
  readonly created_at: Date;
  readonly created_by: string;
  readonly failing_since: Date | null;
  readonly last_error: string | null;
  readonly last_success_at: Date | null;
}
export interface ConnectionInput {
  readonly name: string;
  readonly settings: CloudSettings;
  readonly secret?: string | undefined;
}

const badRequest = (field: string, message: string): SallyportError =>
  new SallyportError('BadRequest', `\`body.${field}\`: ${message}`, { target: `body.${field}` });
function mustMatch({ pattern, example }: CloudProviderFacts['scope'], field: string, value: string): void {
  if (!pattern.test(value)) throw badRequest(field, `as ${example}`);
}
const factsOf = (settings: CloudSettings): CloudProviderFacts => cloudProviders[settings.provider];

/** Connections to clouds, their roles, and who is whom there; each change with its row of the audit in the same transaction. */
export function createConnections({
  database,
  clock,
  audit,
  sealing,
}: Pick<Platform, 'database' | 'clock' | 'audit' | 'sealing'>) {
  // prettier-ignore
  const record = (operation: string, target: string, by: Author, tx: Queryable, details: object = {}) =>
    audit.record(
      {
        actor: by.name,
        operation,
        target,
        result: 'success',
        ipAddress: by.ipAddress,
        requestId: by.requestId,
        details: { service: 'PIM', ...details },
      },
      tx,
    );
  const find = async (db: Queryable, id: string, lock: '' | 'FOR UPDATE' = ''): Promise<ConnectionRow> => {
    const row = await db.first<ConnectionRow>(
      `SELECT * FROM cloud_connections WHERE id = $1 AND removed_at IS NULL ${lock}`,
      [id],
    );
    if (!row) throw new SallyportError('NotFound', 'there is no such connection');
    return row;
  };
  /** Throws Conflict while something is held by the roles, or not yet taken away. */
  const mustBeFree = async (tx: Queryable, where: 'r.id' | 'r.connection_id', id: string): Promise<void> => {
    const held = await tx.first(
      `SELECT 1 FROM cloud_roles r WHERE ${where} = $1 AND (
         EXISTS (SELECT 1 FROM privileged_assignments a WHERE a.target_id = r.id AND a.target_type = 'cloudRole' AND a.removed_at IS NULL AND (a.ends_at IS NULL OR a.ends_at > $2))
         OR EXISTS (SELECT 1 FROM cloud_grants g WHERE g.cloud_role_id = r.id AND g.state <> 'Revoked'))`,
      [id, clock.now()],
    );
    if (held) throw new SallyportError('Conflict', 'it is assigned, or not yet taken away: remove that first');
  };
  const taken = (error: unknown, message: string): never => {
    if (isUniqueViolation(error)) throw new SallyportError('Conflict', message, { cause: error });
    throw error;
  };

  const list = async (): Promise<CloudConnection[]> => {
    const rows = await database.query<ConnectionRow & { readonly pending: number }>(
      `SELECT c.*, (SELECT count(*)::int FROM cloud_grants g JOIN cloud_roles r ON r.id = g.cloud_role_id
         WHERE r.connection_id = c.id AND g.state IN ('PendingProvisioning', 'PendingRevocation')) AS pending
       FROM cloud_connections c WHERE c.removed_at IS NULL ORDER BY lower(c.name) LIMIT ${connectionsMax}`,
    );
    const ids = rows.map(({ id }) => id);
    const roles = await database.query<CloudRole & { readonly of: string }>(
      `SELECT id, name, role_id AS "roleId", scope, connection_id AS of FROM cloud_roles WHERE connection_id = ANY($1::uuid[]) AND removed_at IS NULL
       ORDER BY lower(name), id LIMIT ${connectionsMax * rolesMax}`,
      [ids],
    );
    const identities = await database.query<Omit<CloudIdentity, 'name'> & { readonly of: string }>(
      `SELECT principal_id AS "principalId", external_id AS "externalId", connection_id AS of FROM cloud_identities WHERE connection_id = ANY($1::uuid[])
       ORDER BY principal_id LIMIT ${identitiesMax}`,
      [ids],
    );
    const names = await principalsOf(
      identities.map(({ principalId }) => principalId),
      database,
    );
    return rows.map((row) => ({
      id: row.id,
      name: row.name,
      settings: CloudSettings.parse(row.settings),
      createdAt: row.created_at.toISOString(),
      createdBy: row.created_by,
      failingSince: row.failing_since?.toISOString() ?? null,
      lastError: row.last_error,
      lastSuccessAt: row.last_success_at?.toISOString() ?? null,
      pending: row.pending,
      roles: roles.filter(({ of }) => of === row.id).map(({ of: _of, ...role }) => role),
      identities: identities
        .filter(({ of }) => of === row.id)
        .map(({ principalId, externalId }) => ({
          principalId,
          name: names.get(principalId)?.name ?? principalId,
          externalId,
        })),
    }));
  };
  const one = async (id: string): Promise<CloudConnection> => {
    const found = (await list()).find((connection) => connection.id === id);
    if (!found) throw new SallyportError('NotFound', 'there is no such connection');
    return found;
  };

  return {
    list,
    /** The connection, to ask about a scope of it. Throws NotFound, BadRequest for what is no scope. */
    over: async (id: string, scope: string): Promise<ConnectionRow> => {
      const row = await find(database, id);
      mustMatch(factsOf(CloudSettings.parse(row.settings)).scope, 'scope', scope);
      return row;
    },

    /** Throws Conflict for a name that is taken, BadRequest for one too many. */
    create: async ({ name, settings, secret = '' }: ConnectionInput, by: Author): Promise<CloudConnection> => {
      const id = randomUUID();
      await database
        .transaction(async (tx) => {
          await tx.execute('LOCK TABLE cloud_connections IN SHARE ROW EXCLUSIVE MODE');
          const count = await tx.first<{ n: number }>(
            'SELECT count(*)::int AS n FROM cloud_connections WHERE removed_at IS NULL',
          );
          if ((count?.n ?? 0) >= connectionsMax)
            throw new SallyportError('BadRequest', `there are at most ${connectionsMax} connections`);
          await tx.execute(
            'INSERT INTO cloud_connections (id, name, settings, secret_sealed, created_at, created_by) VALUES ($1, $2, $3, $4, $5, $6)',
            [id, name, JSON.stringify(settings), sealing.seal(Buffer.from(secret), secretPurpose(id)), clock.now(), by.name], // prettier-ignore
          );
          await record('CloudConnectionAdded', name, by, tx, { connectionId: id, settings });
        })
        .catch((error: unknown) => taken(error, 'a connection has this name'));
      return one(id);
    },

    /** Throws NotFound, Conflict; BadRequest where a secret that is kept would be sent somewhere else. */
    update: async (id: string, input: ConnectionInput, by: Author): Promise<CloudConnection> => {
      await database
        .transaction(async (tx) => {
          const before = await find(tx, id, 'FOR UPDATE');
          const old = CloudSettings.parse(before.settings);
          if (old.provider !== input.settings.provider)
            throw badRequest('settings.provider', 'another cloud is another connection');
          if (input.secret === undefined && canonicalJson(old) !== canonicalJson(input.settings))
            throw badRequest('secret', 'it is given anew when where it is used changes');
          const sealed =
            input.secret === undefined
              ? before.secret_sealed
              : sealing.seal(Buffer.from(input.secret), secretPurpose(id));
          // What waits because of the old ones is tried at once.
          await tx.execute(
            'UPDATE cloud_connections SET name = $2, settings = $3, secret_sealed = $4, not_before = NULL WHERE id = $1',
            [id, input.name, JSON.stringify(input.settings), sealed],
          );
          await tx.execute(
            `UPDATE cloud_grants g SET next_at = $2 FROM cloud_roles r WHERE r.id = g.cloud_role_id AND r.connection_id = $1 AND g.state LIKE 'Pending%'`,
            [id, clock.now()],
          );
          await record('CloudConnectionChanged', input.name, by, tx, {
            connectionId: id,
            before: { name: before.name, settings: old },
            settings: input.settings,
            secretChanged: input.secret !== undefined,
          });
        })
        .catch((error: unknown) => taken(error, 'a connection has this name'));
      return one(id);
    },

    /** Throws NotFound, Conflict. */
    remove: (id: string, by: Author): Promise<void> =>
      database.transaction(async (tx) => {
        const { name } = await find(tx, id, 'FOR UPDATE');
        await mustBeFree(tx, 'r.connection_id', id);
        const now = clock.now();
        await tx.execute('UPDATE cloud_roles SET removed_at = $2 WHERE connection_id = $1 AND removed_at IS NULL', [id, now]); // prettier-ignore
        await tx.execute('DELETE FROM cloud_identities WHERE connection_id = $1', [id]);
        // Its secret goes at once; its name stays for the history.
        await tx.execute(`UPDATE cloud_connections SET removed_at = $2, secret_sealed = '' WHERE id = $1`, [id, now]);
        await record('CloudConnectionRemoved', name, by, tx, { connectionId: id });
      }),

    /** Throws NotFound, BadRequest, Conflict for one that is there. */
    addRole: async (id: string, { name, roleId, scope }: Omit<CloudRole, 'id'>, by: Author): Promise<CloudRole> => {
      const role = { id: randomUUID(), name, roleId, scope };
      await database
        .transaction(async (tx) => {
          const connection = await find(tx, id, 'FOR UPDATE');
          const facts = factsOf(CloudSettings.parse(connection.settings));
          mustMatch(facts.role, 'roleId', roleId);
          mustMatch(facts.scope, 'scope', scope);
          const count = await tx.first<{ n: number }>(
            'SELECT count(*)::int AS n FROM cloud_roles WHERE connection_id = $1 AND removed_at IS NULL',
            [id],
          );
          if ((count?.n ?? 0) >= rolesMax)
            throw new SallyportError('BadRequest', `a connection has at most ${rolesMax} roles`);
          await tx.execute(
            'INSERT INTO cloud_roles (id, connection_id, name, role_id, scope, created_at) VALUES ($1, $2, $3, $4, $5, $6)',
            [role.id, id, name, roleId, scope, clock.now()],
          );
          await record('CloudRoleAdded', `${name} (${connection.name})`, by, tx, { connectionId: id, targetId: role.id, roleId, scope }); // prettier-ignore
        })
        .catch((error: unknown) => taken(error, 'the connection has this role over this scope already'));
      return role;
    },

    /** Throws NotFound, Conflict. */
    removeRole: (id: string, roleId: string, by: Author): Promise<void> =>
      database.transaction(async (tx) => {
        const connection = await find(tx, id, 'FOR UPDATE');
        await mustBeFree(tx, 'r.id', roleId);
        const gone = await tx.first<{ name: string }>(
          'UPDATE cloud_roles SET removed_at = $3 WHERE id = $2 AND connection_id = $1 AND removed_at IS NULL RETURNING name',
          [id, roleId, clock.now()],
        );
        if (!gone) throw new SallyportError('NotFound', 'there is no such role');
        await record('CloudRoleRemoved', `${gone.name} (${connection.name})`, by, tx, { connectionId: id, targetId: roleId }); // prettier-ignore
      }),

    /** Throws NotFound, BadRequest. What is held by who they were goes, and is given to who they are. */
    setIdentity: (id: string, principalId: string, externalId: string, by: Author): Promise<void> =>
      database.transaction(async (tx) => {
        const connection = await find(tx, id, 'FOR UPDATE');
        const principal = (await principalsOf([principalId], tx)).get(principalId);
        const facts = factsOf(CloudSettings.parse(connection.settings));
        const wanted = externalId.trim();
        const before = await tx.first<{ externalId: string }>(
          'SELECT external_id AS "externalId" FROM cloud_identities WHERE connection_id = $1 AND principal_id = $2',
          [id, principalId],
        );
        if (wanted === '')
          await tx.execute('DELETE FROM cloud_identities WHERE connection_id = $1 AND principal_id = $2', [
            id,
            principalId,
          ]);
        else {
          if (!principal) throw badRequest('principal', 'there is nobody of this id');
          if (!facts.principal.pattern.test(wanted)) throw badRequest('externalId', `is no ${facts.principal.label}`);
          await tx.execute(
            `INSERT INTO cloud_identities (connection_id, principal_id, external_id) VALUES ($1, $2, $3)
             ON CONFLICT (connection_id, principal_id) DO UPDATE SET external_id = excluded.external_id`,
            [id, principalId, wanted],
          );
        }
        await record('CloudIdentitySet', `${principal?.name ?? principalId} (${connection.name})`, by, tx, {
          connectionId: id,
          principalId,
          before: before?.externalId ?? null,
          externalId: wanted === '' ? null : wanted,
        });
      }),
  };
}
export type Connections = ReturnType<typeof createConnections>;
