import { CloudSettings, type CloudGrantState } from '@sallyport/contracts';
import type { Queryable } from '../../platform/database/index.ts';
import type { Platform, RowObject } from '../../platform/types.ts';
import { timeOf } from '../time.ts';
import { CloudError, type Cloud, type CloudGrant } from './types.ts';

/** What one call may take, and for how long a server that was killed in it holds its grant: longer, so that two are never at one. */
const callMs = 20_000;
const leaseMs = 30_000;
const atOnce = 16;
const firstRetryMs = 1_000;
/** However long a cloud refuses, it is asked again this often: what is over must go. */
const lastRetryMs = 300_000;

/** A grant that waits, with all that it takes. */
interface DueGrant extends CloudGrant {
  readonly state: Extract<CloudGrantState, 'PendingProvisioning' | 'PendingRevocation'>;
  readonly attempts: number;
  readonly principalId: string;
  readonly principalName: string;
  readonly cloudRoleId: string;
  readonly roleName: string;
  readonly connectionId: string;
}
interface Account {
  readonly id: string;
  readonly name: string;
  readonly settings: unknown;
  readonly secret_sealed: Buffer;
}

export interface ProvisionParts {
  readonly platform: Pick<Platform, 'database' | 'clock' | 'audit' | 'outbox' | 'sealing' | 'log'>;
  readonly open: (account: Account) => Cloud;
}

const entraTypes = { user: 'User', group: 'Group', servicePrincipal: 'ServicePrincipal' } as const;
const done = { PendingProvisioning: 'Provisioned', PendingRevocation: 'Revoked' } as const;
const operations = { PendingProvisioning: 'CloudRoleGiven', PendingRevocation: 'CloudRoleTakenAway' } as const;

/**
 * Writes into clouds what is to be there, and takes out what is over, until each has said yes. What is asked for may change under a call: then its answer tells
 * nothing of the new state, and the next round sees to that.
 */
export function createProvisioning({ platform, open }: ProvisionParts) {
  const { database, clock, audit, outbox, log } = platform;

  const lease = (): Promise<{ readonly now: Date; readonly due: readonly DueGrant[] }> =>
    database.transaction(async (tx) => {
      const now = await timeOf(clock, tx);
      const due = await tx.query<DueGrant>(
        `UPDATE cloud_grants g SET leased_until = $2 FROM cloud_roles r WHERE r.id = g.cloud_role_id AND g.id IN (
           SELECT d.id FROM cloud_grants d JOIN cloud_roles dr ON dr.id = d.cloud_role_id JOIN cloud_connections c ON c.id = dr.connection_id
           WHERE d.state IN ('PendingProvisioning', 'PendingRevocation') AND d.next_at <= $1 AND (d.leased_until IS NULL OR d.leased_until <= $1)
             AND (c.not_before IS NULL OR c.not_before <= $1) ORDER BY d.state DESC, d.next_at LIMIT ${atOnce} FOR UPDATE OF d SKIP LOCKED)
         RETURNING g.id, g.state, g.attempts, g.principal_id AS "principalId", g.principal_type AS "principalType", g.external_id AS "externalId", r.id AS "cloudRoleId",
           r.role_id AS "roleId", r.scope, r.name AS "roleName", r.connection_id AS "connectionId",
           coalesce((SELECT user_principal_name FROM people WHERE id = g.principal_id), (SELECT name FROM groups WHERE id = g.principal_id), g.principal_id::text) AS "principalName"`,
        [now, new Date(now.getTime() + leaseMs)],
      );
      return { now, due };
    });

  const record = (
    grant: DueGrant,
    account: Account,
    result: 'success' | 'failure',
    error: string | null,
    tx: Queryable,
  ) =>
    audit.record(
      {
        actor: 'Sallyport',
        operation: result === 'success' ? operations[grant.state] : 'CloudRoleRefused',
        target: `${grant.roleName} (${account.name}) of ${grant.principalName}`,
        result,
        ipAddress: '',
        details: {
          service: 'PIM',
          targetType: 'cloudRole',
          targetId: grant.cloudRoleId,
          principalId: grant.principalId,
          grantId: grant.id,
          externalId: grant.externalId,
          scope: grant.scope,
          ...(error === null ? {} : { error, wanted: done[grant.state] }),
        },
        entra: {
          category: 'ResourceManagement',
          loggedByService: 'PIM',
          operationType: grant.state === 'PendingProvisioning' ? 'Add' : 'Delete',
          actorId: '',
          byApplication: true,
          target: { id: grant.cloudRoleId, displayName: `${grant.roleName} (${account.name})`, type: 'Role' },
          second: {
            id: grant.principalId,
            displayName: grant.principalName,
            type: entraTypes[grant.principalType],
          },
          modified: [
            { displayName: 'Scope', newValue: grant.scope },
            { displayName: 'ExternalId', newValue: grant.externalId },
            ...(error === null ? [] : [{ displayName: 'Error', newValue: error }]),
          ],
        },
      },
      tx,
    );

  const settle = (grant: DueGrant, account: Account, error: CloudError | undefined): Promise<void> =>
    database.transaction(async (tx) => {
      const now = await timeOf(clock, tx);
      const wait = Math.max(
        Math.min(lastRetryMs, firstRetryMs * 2 ** Math.min(grant.attempts, 20)),
        error?.retryAfterMs ?? 0,
      );
      const next = new Date(now.getTime() + wait);
      await tx.execute(
        `UPDATE cloud_grants SET leased_until = NULL,
           attempts = CASE WHEN state <> $2 THEN attempts WHEN $3::text IS NULL THEN 0 ELSE attempts + 1 END,
           last_error = CASE WHEN state = $2 THEN $3 ELSE last_error END, changed_at = CASE WHEN state = $2 AND $3::text IS NULL THEN $4 ELSE changed_at END,
           next_at = CASE WHEN state = $2 AND $3::text IS NOT NULL THEN $5 ELSE next_at END,
           state = CASE WHEN state = $2 AND $3::text IS NULL THEN $6 ELSE state END WHERE id = $1`,
        [grant.id, grant.state, error?.message ?? null, now, next, done[grant.state]],
      );
      // The first refusal and the last yes; those between say nothing new.
      if (!error || grant.attempts === 0)
        await record(grant, account, error ? 'failure' : 'success', error?.message ?? null, tx);
      const changed = await tx.execute(
        error
          ? `UPDATE cloud_connections SET failing_since = $2, last_error = $3 WHERE id = $1 AND failing_since IS NULL`
          : `UPDATE cloud_connections SET failing_since = NULL, last_error = NULL, not_before = NULL WHERE id = $1 AND failing_since IS NOT NULL`,
        error ? [account.id, now, error.message] : [account.id],
      );
      if (error)
        await tx.execute(
          'UPDATE cloud_connections SET last_error = $2, not_before = coalesce($3, not_before) WHERE id = $1',
          [account.id, error.message, error.retryAfterMs === undefined ? null : next],
        );
      else await tx.execute('UPDATE cloud_connections SET last_success_at = $2 WHERE id = $1', [account.id, now]);
      if (changed > 0) await outbox.write('SentinelHealth', [healthRow(account, now, error?.message)], tx);
    });

  const work = async (grant: DueGrant, account: Account, stop: AbortSignal): Promise<void> => {
    const signal = AbortSignal.any([stop, AbortSignal.timeout(callMs)]);
    let failure: CloudError | undefined;
    try {
      const cloud = open(account);
      await (grant.state === 'PendingProvisioning' ? cloud.give(grant, signal) : cloud.takeAway(grant, signal));
    } catch (error) {
      if (!(error instanceof CloudError)) log.warn({ err: error, grant: grant.id }, 'a cloud could not be asked');
      failure = error instanceof CloudError ? error : new CloudError('it could not be asked');
    }
    await settle(grant, account, failure);
  };

  return {
    /** One round: what is due, at most 16. Answers how many were tried. */
    provision: async (stop: AbortSignal): Promise<number> => {
      const { due } = await lease();
      if (due.length === 0) return 0;
      const accounts = await database.query<Account>(
        'SELECT id, name, settings, secret_sealed FROM cloud_connections WHERE id = ANY($1::uuid[])',
        [due.map(({ connectionId }) => connectionId)],
      );
      const byId = new Map(accounts.map((account) => [account.id, account]));
      await Promise.all(
        due.flatMap((grant) => {
          const account = byId.get(grant.connectionId);
          return account ? [work(grant, account, stop)] : [];
        }),
      );
      return due.length;
    },
  };
}
export type Provisioning = ReturnType<typeof createProvisioning>;

/** Begins and ends of a cloud's refusing. https://learn.microsoft.com/azure/sentinel/health-table-reference */
const healthRow = ({ id, name, settings }: Account, now: Date, error: string | undefined): RowObject => ({
  TimeGenerated: now,
  OperationName: 'Cloud role assignment status change',
  Status: error === undefined ? 'Success' : 'Failure',
  Description: error ?? 'the cloud takes assignments again',
  Reason: error ?? '',
  SentinelResourceId: `clouds/${id}`,
  SentinelResourceKind: CloudSettings.safeParse(settings).data?.provider ?? '',
  SentinelResourceName: name,
  SentinelResourceType: 'Cloud connection',
  ExtendedProperties: {},
  SourceSystem: 'Sallyport',
  Type: 'SentinelHealth',
});
