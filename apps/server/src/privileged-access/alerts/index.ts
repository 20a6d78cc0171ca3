import { randomUUID } from 'node:crypto';
import {
  alertIds,
  AlertSettings,
  SallyportError,
  type AlertId,
  type PrivilegedAlert,
  type PrivilegedTarget,
} from '@sallyport/contracts';
import type { Queryable } from '../../platform/database/index.ts';
import type { Platform } from '../../platform/types.ts';
import { ourselves, recordActivity, type Activity } from '../activities.ts';
import { enabledRulesOf, type Policies } from '../policies.ts';
import type { Requests } from '../requests.ts';
import { holdings } from '../store.ts';
import { targetOf, type Asker, type Author } from '../types.ts';
import { alertKinds, type AlertKind, type Finding } from './kinds.ts';

/** Cleared ones are shown, and kept, for so long. */
const keptMs = 30 * 86_400_000;
const incidentsMax = 500;

interface IncidentRow {
  readonly id: string;
  readonly alert_id: AlertId;
  readonly key: string;
  readonly body: Finding;
  readonly raised_at: Date;
  readonly cleared_at: Date | null;
  readonly dismissed_at: Date | null;
}

/** An alert as it is now. */
export interface AlertState {
  readonly id: AlertId;
  readonly kind: AlertKind;
  readonly settings: AlertSettings;
  readonly isActive: boolean;
  /** When its settings changed, or something was raised; undefined: never. */
  readonly modifiedAt: Date | undefined;
  readonly scannedAt: Date | undefined;
  readonly incidents: readonly { readonly id: string; readonly finding: Finding }[];
}

export interface AlertParts {
  readonly platform: Pick<Platform, 'database' | 'clock' | 'audit'>;
  readonly policies: Policies;
  readonly requests: Requests;
}

export function createAlerts({ platform, policies, requests }: AlertParts) {
  const { database, clock, audit } = platform;

  const modifiedOf = async (): Promise<ReadonlyMap<string, Date>> =>
    new Map(
      (
        await database.query<{ id: string; at: Date }>('SELECT id, modified_at AS at FROM privileged_alert_settings')
      ).map(({ id, at }) => [id, at]),
    );
  const incidentRows = () =>
    database.query<IncidentRow>(
      `SELECT * FROM privileged_alert_incidents ORDER BY cleared_at IS NOT NULL, raised_at DESC, id LIMIT ${incidentsMax}`,
    );
  const scannedAt = async (): Promise<Date | undefined> =>
    (await database.first<{ at: Date }>('SELECT at FROM privileged_alert_scan'))?.at;

  const settingsOf = async (db: Queryable): Promise<ReadonlyMap<AlertId, AlertSettings>> => {
    const rows = await db.query<{ id: string; body: unknown }>('SELECT id, body FROM privileged_alert_settings');
    return new Map(
      alertIds.map((id) => {
        const own = AlertSettings.safeParse(rows.find((row) => row.id === id)?.body ?? {});
        return [id, own.success ? own.data : AlertSettings.parse({})];
      }),
    );
  };
  const record = (activity: Activity, id: AlertId, by: Author, tx: Queryable, details = {}) =>
    recordActivity(
      audit,
      activity,
      {
        target: { type: 'role', id, access: '', name: alertKinds[id].displayName },
        details: { alertId: id, severity: alertKinds[id].severity, ...details },
      },
      by,
      tx,
    );

  /** Raises what is new and clears what is so no more. Answers how many of each. */
  const look = async (tx: Queryable, id: AlertId, settings: AlertSettings, now: Date) => {
    const found = settings.isEnabled ? await alertKinds[id].find({ db: tx, policies, settings, now }) : [];
    const live = await tx.query<IncidentRow>(
      'SELECT * FROM privileged_alert_incidents WHERE alert_id = $1 AND cleared_at IS NULL',
      [id],
    );
    const known = new Map(live.map((row) => [row.key, row]));
    const keys = new Set(found.map(({ key }) => key));
    const added = found.filter(({ key }) => !known.has(key));
    const gone = live.filter(({ key }) => !keys.has(key));
    for (const finding of added)
      await tx.execute(
        'INSERT INTO privileged_alert_incidents (id, alert_id, key, body, raised_at) VALUES ($1, $2, $3, $4, $5)',
        [randomUUID(), id, finding.key, JSON.stringify(finding), now],
      );
    for (const finding of found)
      if (known.has(finding.key))
        await tx.execute('UPDATE privileged_alert_incidents SET body = $2 WHERE id = $1', [
          known.get(finding.key)?.id,
          JSON.stringify(finding),
        ]);
    await tx.execute('UPDATE privileged_alert_incidents SET cleared_at = $2 WHERE id = ANY($1::uuid[])', [
      gone.map((row) => row.id),
      now,
    ]);
    if (added.length > 0)
      await record('Triggered PIM alert', id, ourselves, tx, {
        subjects: added.slice(0, 20).map(({ subject }) => subject),
      });
    if (gone.length > 0 && gone.length === live.length && found.length === 0)
      await record('Resolve PIM alert', id, ourselves, tx);
    return { raised: added.length, cleared: gone.length };
  };

  const scan = (): Promise<{ raised: number; cleared: number }> =>
    database.transaction(async (tx) => {
      const now = clock.now();
      await tx.execute('LOCK TABLE privileged_alert_incidents IN SHARE ROW EXCLUSIVE MODE');
      await tx.execute('DELETE FROM privileged_alert_incidents WHERE cleared_at < $1', [
        new Date(now.getTime() - keptMs),
      ]);
      const total = { raised: 0, cleared: 0 };
      for (const [id, settings] of await settingsOf(tx)) {
        const { raised, cleared } = await look(tx, id, settings, now);
        total.raised += raised;
        total.cleared += cleared;
      }
      await tx.execute(
        'INSERT INTO privileged_alert_scan (at) VALUES ($1) ON CONFLICT (one) DO UPDATE SET at = excluded.at',
        [now],
      );
      return total;
    });

  return {
    scan,

    list: async (): Promise<{ scannedAt: string | null; alerts: PrivilegedAlert[] }> => {
      const settings = await settingsOf(database);
      const rows = await incidentRows();
      return {
        scannedAt: (await scannedAt())?.toISOString() ?? null,
        alerts: alertIds.map((id) => {
          const { displayName, severity, description, prevention, mitigation, canFix, uses } = alertKinds[id];
          const own = rows.filter((row) => row.alert_id === id);
          return {
            id,
            displayName,
            severity,
            description,
            prevention,
            mitigation,
            uses: [...uses],
            settings: settings.get(id) ?? AlertSettings.parse({}),
            isActive: own.some((row) => row.cleared_at === null && row.dismissed_at === null),
            incidents: own.map((row) => ({
              id: row.id,
              raisedAt: row.raised_at.toISOString(),
              clearedAt: row.cleared_at?.toISOString() ?? null,
              subject: row.body.subject,
              text: row.body.text,
              canFix: canFix && row.cleared_at === null,
            })),
          };
        }),
      };
    },

    /** Each alert with what it is about now, and when it was looked for and changed. */
    states: async (): Promise<readonly AlertState[]> => {
      const [settings, modified, rows, scanned] = [await settingsOf(database), await modifiedOf(), await incidentRows(), await scannedAt()]; // prettier-ignore
      return alertIds.map((id) => {
        const incidents = rows.filter((row) => row.alert_id === id && row.cleared_at === null);
        const times = [modified.get(id), ...incidents.map((row) => row.raised_at)].flatMap((at) => at?.getTime() ?? []);
        return {
          id,
          kind: alertKinds[id],
          settings: settings.get(id) ?? AlertSettings.parse({}),
          isActive: incidents.some((row) => row.dismissed_at === null),
          modifiedAt: times.length === 0 ? undefined : new Date(Math.max(...times)),
          scannedAt: scanned,
          incidents: incidents.map((row) => ({ id: row.id, finding: row.body })),
        };
      });
    },

    /** What was dismissed counts again: of one alert, or of all. */
    reactivate: (id: AlertId | undefined, by: Author): Promise<void> =>
      database.transaction(async (tx) => {
        for (const one of id === undefined ? alertIds : [id]) {
          const changed = await tx.execute(
            'UPDATE privileged_alert_incidents SET dismissed_at = NULL WHERE alert_id = $1 AND cleared_at IS NULL AND dismissed_at IS NOT NULL',
            [one],
          );
          if (id !== undefined || changed > 0) await record('Refresh PIM alert', one, by, tx);
        }
      }),

    set: (id: AlertId, settings: AlertSettings, by: Author): Promise<void> =>
      database.transaction(async (tx) => {
        const max = id === 'RedundantAssignmentAlert' ? 100 : 365;
        if (alertKinds[id].uses.includes('days') && settings.days > max)
          throw new SallyportError('BadRequest', `\`body.days\`: at most ${max}`, { target: 'body.days' });
        const before = (await settingsOf(tx)).get(id);
        await tx.execute(
          `INSERT INTO privileged_alert_settings (id, body, modified_at) VALUES ($1, $2, $3)
           ON CONFLICT (id) DO UPDATE SET body = excluded.body, modified_at = excluded.modified_at`,
          [id, JSON.stringify(settings), clock.now()],
        );
        if (before?.isEnabled === settings.isEnabled) await record('Update PIM alert setting', id, by, tx);
        else await record(settings.isEnabled ? 'Enable PIM alert' : 'Disable PIM alert', id, by, tx);
      }),

    dismiss: (id: AlertId, by: Author): Promise<void> =>
      database.transaction(async (tx) => {
        await tx.execute(
          'UPDATE privileged_alert_incidents SET dismissed_at = $2 WHERE alert_id = $1 AND cleared_at IS NULL AND dismissed_at IS NULL',
          [id, clock.now()],
        );
        await record('Deactivate PIM alert', id, by, tx);
      }),

    /** Removes the assignment, or asks for multifactor authentication: what the alert's mitigation says. */
    fix: async (incidentId: string, by: Asker): Promise<void> => {
      const row = await database.first<IncidentRow>(
        'SELECT * FROM privileged_alert_incidents WHERE id = $1 AND cleared_at IS NULL',
        [incidentId],
      );
      if (!row || !alertKinds[row.alert_id].canFix)
        throw new SallyportError('NotFound', 'there is nothing to mend of that id');
      const { assignmentId, target } = row.body;
      if (assignmentId !== undefined) await removeAssignment(assignmentId, by);
      if (target !== undefined) await requireFactor(target, by);
      await scan();
    },
  };

  async function removeAssignment(assignmentId: string, by: Asker): Promise<void> {
    const holding = await holdings.byId(database, assignmentId);
    if (!holding || holding.removed_at !== null) return;
    await requests.submit(
      {
        kind: holding.kind,
        action: 'adminRemove',
        target: targetOf(holding),
        principalId: holding.principal_id,
        scopeId: holding.scope_id,
        justification: 'an alert of privileged access',
        ticketNumber: '',
        ticketSystem: '',
        startAt: undefined,
        expiration: undefined,
        validationOnly: false,
      },
      by,
    );
  }

  async function requireFactor(target: PrivilegedTarget, by: Author): Promise<void> {
    await database.transaction(async (tx) => {
      const policy = await policies.one(target, tx);
      const id = 'Enablement_EndUser_Assignment';
      const enabledRules = [...new Set([...enabledRulesOf(policy, id), 'MultiFactorAuthentication'])];
      await policies.change(target, id, { '@odata.type': policy.rules[id]['@odata.type'], enabledRules }, by, tx);
    });
  }
}
export type Alerts = ReturnType<typeof createAlerts>;
