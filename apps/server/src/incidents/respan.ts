import type { Queryable } from '../platform/database/types.ts';
import { Board, shareableKeys } from './correlation/index.ts';
import { namesOf, resolveEntities, withKnown, type Inventory } from './entities/index.ts';
import { alertFacts } from './raise.ts';
import { alertRows } from './read.ts';
import { loadShared } from './shared/store.ts';
import { saveSpans } from './store.ts';

/** An incident with more alerts keeps the keys it has: what a few of them share hardly matters there. */
const alertsMax = 5_000;

/** Makes anew what ties later alerts to incidents, from the alerts that they hold now: after a person moved some. Under the correlation lock. */
export async function respan(tx: Queryable, inventory: Inventory, numbers: readonly number[]): Promise<void> {
  for (const number of numbers) {
    const rows = await alertRows(tx, 'a.incident_number = $1 ORDER BY a.start_time, a.id LIMIT $2', [
      number,
      alertsMax + 1,
    ]);
    if (rows.length > alertsMax) continue;
    await tx.execute('DELETE FROM incident_keys WHERE incident_number = $1', [number]);
    if (rows.length === 0) continue;
    const resolved = rows.map((row) => resolveEntities(row.entities));
    const known = await inventory(resolved.flatMap((entities) => entities.flatMap(namesOf)));
    const alerts = rows.map((row, index) => ({
      ...alertFacts({
        id: row.id,
        ruleId: row.rule_id,
        ...(row.workspace_id === null ? {} : { workspaceId: row.workspace_id }),
        name: row.name,
        severity: row.severity,
        tactics: row.tactics,
        techniques: row.techniques,
        startTime: row.start_time,
        endTime: row.end_time,
        entities: resolved[index]!,
        customDetails: row.custom_details,
        queryFrom: row.query_from,
        queryTo: row.query_to,
        createIncident: true,
        grouping: undefined,
      }),
      entities: withKnown(resolved[index]!, known),
    }));
    const keys = alerts.flatMap(shareableKeys);
    const times = { from: alerts[0]!.startAt, to: Math.max(...alerts.map(({ endAt }) => endAt)) };
    const shared = await loadShared(tx, [...new Set(keys)], times);
    const board = new Board({ incidents: [], spans: [], nextNumber: 1, shared });
    for (const alert of alerts) board.fix(alert, number);
    await saveSpans(tx, board.changes, new Map());
  }
}
