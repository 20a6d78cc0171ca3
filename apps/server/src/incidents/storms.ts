import type { Queryable } from '../platform/database/types.ts';
import type { NewAlert } from './types.ts';

/** Alerts of one rule about one hour: what comes beyond them is a storm, and so is the next hour of it. */
export const alertsPerHourMax = 200;
const hourMs = 3_600_000;
const keptHours = 48;

/**
 * Counts the alerts (in order of time) and answers the ids of those that are part of a storm of their rule. An alert of a storm joins what is there, and bridges and begins
 * nothing, so that a rule that goes wrong neither floods the queue nor draws stories together. Which alerts of that hour are the first 200 depends on the order in which
 * they come: the one place, beside the bounds of `decide`, where order counts. Under the correlation lock.
 */
export async function stormsOf(tx: Queryable, alerts: readonly NewAlert[]): Promise<ReadonlySet<string>> {
  if (alerts.length === 0) return new Set();
  const groups = Map.groupBy(alerts, (alert) => `${hourOf(alert)} ${ruleOf(alert)}`);
  const rates = [...groups.values()].map((group) => ({
    rule_id: ruleOf(group[0]!),
    hour: new Date(hourOf(group[0]!)),
    alerts: group.length,
  }));
  const now = await tx.query<{ rule_id: string; hour: Date; alerts: number; before: number }>(
    `WITH counted AS (
       INSERT INTO alert_rates AS r SELECT * FROM jsonb_to_recordset($1::jsonb) AS x(rule_id text, hour timestamptz, alerts int)
       ON CONFLICT (rule_id, hour) DO UPDATE SET alerts = r.alerts + excluded.alerts RETURNING *)
     SELECT c.*, coalesce((SELECT p.alerts FROM alert_rates p WHERE p.rule_id = c.rule_id AND p.hour = c.hour - interval '1 hour'), 0) AS before FROM counted c`,
    [JSON.stringify(rates)],
  );
  return new Set(
    now.flatMap(({ rule_id, hour, alerts: total, before }) => {
      const group = groups.get(`${hour.getTime()} ${rule_id}`) ?? [];
      const calm = before > alertsPerHourMax ? 0 : Math.max(0, alertsPerHourMax - (total - group.length));
      return group.slice(calm).map(({ id }) => id);
    }),
  );
}

/** A rule in each workspace has storms of its own. */
const ruleOf = ({ ruleId, workspaceId }: NewAlert): string =>
  workspaceId === undefined ? ruleId : `${ruleId}@${workspaceId}`;

const hourOf = ({ startTime }: NewAlert): number => Math.floor(startTime.getTime() / hourMs) * hourMs;

/** Counts of hours that no alert is expected for any more. */
export const forgetRates = (db: Queryable, before: Date): Promise<number> =>
  db.execute('DELETE FROM alert_rates WHERE hour < $1', [new Date(before.getTime() - keptHours * hourMs)]);
