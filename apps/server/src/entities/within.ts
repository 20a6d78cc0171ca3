import { alertWithin, bindingOnce, type Bind, type Sight } from '../incidents/index.ts';

/**
 * The inventory for those who see a part of the data. Of a host in their groups they see everything where their scope is by groups alone, as they see all rows of it; of all else what the alerts
 * within say, and nothing that rows outside may have told.
 */
const alike =
  'alert_entities l ON l.alert_id = a.id JOIN entities e ON e.id = l.entity_id LEFT JOIN inventory_keys k ON k.alias = e.id';

/** Whether all that the inventory tells of a row (`i`) is of data within. */
function toldWhole({ scope, first }: Sight, bind: Bind): string {
  const hosts = scope.parts.flatMap(({ dataSources, tables, rows, workspaces, deviceGroups }) => {
    if (dataSources !== 'all' || tables !== 'all' || rows.length > 0 || deviceGroups === 'all') return [];
    // The inventory is of the first workspace's rows; of risks, that in the first is told.
    if (workspaces !== 'all' && !workspaces.includes(first)) return [];
    return [`coalesce(i.properties ->> 'Group', '') = ANY(${bind(deviceGroups)}::text[])`];
  });
  return hosts.length === 0 ? 'false' : `(i.kind = 'Host' AND (${hosts.join(' OR ')}))`;
}

/** What stands for the table `inventory`, with the columns that are read of it. */
export function inventoryWithin(sight: Sight, given: Bind): string {
  if (sight.scope.whole) return 'inventory';
  const bind = bindingOnce(given);
  const whole = toldWhole(sight, bind);
  return `(
    SELECT i.id, i.kind, i.name, i.strong, i.identifiers, i.properties, i.sources, i.events, i.first_seen, i.last_seen, i.criticality, i.criticality_concluded, i.criticality_reason,
      i.criticality_set_by, coalesce(r.score, 0::smallint) AS risk_score, coalesce(r.reasons, '[]'::jsonb) AS risk_reasons, i.owner, i.tags, i.search
    FROM inventory i LEFT JOIN inventory_risks r ON r.entity_id = i.id AND r.workspace_id IS NULL WHERE ${whole}
    UNION ALL
    SELECT coalesce(k.entity_id, e.id), e.kind, (array_agg(e.name ORDER BY e.strong DESC, e.id))[1], bool_or(e.strong), (array_agg(e.identifiers ORDER BY e.strong DESC, e.id))[1],
      '{}'::jsonb, '{}'::text[], 0, min(a.start_time), max(a.end_time), 0::smallint, 0::smallint, '', NULL::text, 0::smallint, '[]'::jsonb, NULL::text, '{}'::text[],
      lower(string_agg(DISTINCT concat_ws(' ', e.name, e.identifiers ->> 'Name', e.identifiers ->> 'HostName', e.identifiers ->> 'Address'), ' '))
    FROM alerts a JOIN ${alike} WHERE ${alertWithin(sight, bind)}
      AND NOT EXISTS (SELECT 1 FROM inventory i WHERE i.id = coalesce(k.entity_id, e.id) AND ${whole})
    GROUP BY coalesce(k.entity_id, e.id), e.kind) AS inventory`;
}

/** What stands for the table `inventory_keys` (`alias`, `key`, `entity_id`): that two names are one's is told by rows, too. */
export function keysWithin(sight: Sight, given: Bind): string {
  if (sight.scope.whole) return 'inventory_keys';
  const bind = bindingOnce(given);
  return `(
    SELECT n.alias, n.key, n.entity_id FROM inventory_keys n JOIN inventory i ON i.id = n.entity_id WHERE ${toldWhole(sight, bind)}
    UNION
    SELECT e.id, coalesce(k.key, 'entity:' || e.id), coalesce(k.entity_id, e.id) FROM alerts a JOIN ${alike} WHERE ${alertWithin(sight, bind)}) AS inventory_keys`;
}
