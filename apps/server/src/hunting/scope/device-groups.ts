import { sql, sqlIdentifier, sqlJoin, sqlString, type RowCondition, type Sql, type TableSchema } from '@sallyport/kql';
import { deviceNames, groupMark, lookupNames } from '@sallyport/lake';

/** Whose rows are of what has more rows in another table, which name its devices, and the column that both have. */
const toldBy: ReadonlyMap<string, { readonly key: string; readonly by: string }> = new Map([
  ['AlertInfo', { key: 'AlertId', by: 'AlertEvidence' }],
  ['AlertEvidence', { key: 'AlertId', by: 'AlertEvidence' }],
  ['BehaviorInfo', { key: 'BehaviorId', by: 'BehaviorEntities' }],
  ['BehaviorEntities', { key: 'BehaviorId', by: 'BehaviorEntities' }],
]);
/** As Microsoft has them in these. */
const namesOfTold = ['DeviceId', 'DeviceName'];

/** The group of a device, whose name is in lower case, as DeviceInfo last told it; '' where it tells of none. A plain key, and no tuple of it, is looked up once for each value that a column of few has. */
function groupOfKey(key: Sql, database: string): Sql {
  return sql`dictGetOrDefault(${sqlString(`${database}.${lookupNames.entities.deviceKeys}`)}, 'machine_group', ${key}, '')`;
}
const groupOf = (device: Sql, database: string): Sql => groupOfKey(sql`lower(${device})`, database);

/**
 * The rows of devices of some groups, and those that are of no device. `whole`: the table's rows are of no device. `database`: the engine's, of the workspace that
 * the table is of.
 */
export function deviceGroupCondition(
  table: Pick<TableSchema, 'columns' | 'deviceKey'>,
  name: string,
  groups: readonly string[],
  database: string,
): RowCondition | 'whole' {
  const among = sqlJoin(groups.map((group) => sqlString(group)));
  if (name === 'SecurityAlert') return { sql: (alias) => aboutHosts(alias, among, database) };
  if (name === 'SecurityIncident') return { sql: (alias) => ofAlerts(alias, among, database) };
  const has = (column: string): boolean => table.columns.some((own) => own.name === column && own.type === 'string');
  const named = deviceNames.filter(has);
  const grouped = has('MachineGroup');
  const told = toldBy.get(name);
  if (named.length === 0 && !grouped && !told) return 'whole';
  const { deviceKey } = table;
  return {
    sql: (alias, { isStored }) => {
      if (!told && isStored && deviceKey !== undefined)
        return ofDeviceKey(sql`${alias}.${sqlIdentifier(deviceKey)}`, groups, database);
      const { within, ofNone } = devicesOf(alias, named, grouped, among, database);
      if (!told) return sql`(${within} OR ${ofNone})`;
      const others = sql`${alias}.${sqlIdentifier(told.key)} IN ${toldWithin(told, among, database)}`;
      // Whoever sees devices of no group sees no more of rows of no device.
      return named.length === 0 ? others : sql`if(${ofNone}, ${others}, ${within})`;
    },
  };
}

/** The same by the table's own column of devices: see `deviceKeyDdl` of the lake. */
function ofDeviceKey(key: Sql, groups: readonly string[], database: string): Sql {
  // A group's name behind the mark, of rows that say it themselves; an empty one: of no device.
  const own = groups.filter((group) => group !== '').map((group) => sqlString(groupMark + group));
  const among = sqlJoin(groups.map((group) => sqlString(group)));
  const told = sql`${groupOfKey(key, database)} IN (${among})`;
  // Of what no device is called, DeviceInfo tells no group.
  const byName = groups.includes('') ? sql`(${told} AND NOT startsWith(${key}, ${sqlString(groupMark)}))` : told;
  return sql`(${key} IN (${sqlJoin([sqlString(''), ...own])}) OR ${byName})`;
}

/** Whether a row is of a device of the groups, and whether it is of none. */
function devicesOf(
  alias: Sql,
  named: readonly string[],
  grouped: boolean,
  among: Sql,
  database: string,
): { readonly within: Sql; readonly ofNone: Sql } {
  const cell = (column: string): Sql => sql`${alias}.${sqlIdentifier(column)}`;
  const told = named.reduceRight<Sql | undefined>(
    (rest, column) =>
      rest
        ? sql`if(${cell(column)} != '', ${groupOf(cell(column), database)}, ${rest})`
        : groupOf(cell(column), database),
    undefined,
  );
  const own = cell('MachineGroup');
  const group = !grouped ? told : told ? sql`if(${own} != '', ${own}, ${told})` : own;
  const columns = [...named, ...(grouped ? ['MachineGroup'] : [])];
  const ofNone = sqlJoin(
    columns.map((column) => sql`${cell(column)} = ''`),
    sql` AND `,
  );
  return {
    within: group ? sql`${group} IN (${among})` : sql`false`,
    ofNone: columns.length > 0 ? sql`(${ofNone})` : sql`true`,
  };
}

/** The keys of what is told of a device of the groups, or of none at all: of what is told of nothing yet, it can't be said. */
function toldWithin({ key, by }: { key: string; by: string }, among: Sql, database: string): Sql {
  const { within, ofNone } = devicesOf(sql`_told`, namesOfTold, false, among, database);
  const place = sql`${sqlIdentifier(database)}.${sqlIdentifier(by)}`;
  const id = sql`_told.${sqlIdentifier(key)}`;
  // A row of no device is in no group, whichever are asked for.
  return sql`(SELECT ${id} FROM ${place} AS _told GROUP BY ${id} HAVING max(${within} AND NOT ${ofNone}) OR min(${ofNone}))`;
}

/** Alerts with a host of these groups among their entities, or with none at all. */
function aboutHosts(alias: Sql, among: Sql, database: string): Sql {
  const hosts = sql`arrayFilter(x -> lower(JSONExtractString(x, 'Type')) = 'host', JSONExtractArrayRaw(${alias}.${sqlIdentifier('Entities')}))`;
  const full = sql`concat(JSONExtractString(x, 'HostName'), if(JSONExtractString(x, 'DnsDomain') = '', '', concat('.', JSONExtractString(x, 'DnsDomain'))))`;
  return sql`(empty(${hosts}) OR arrayExists(x -> ${groupOf(full, database)} IN (${among}), ${hosts}))`;
}

/** Incidents all of whose alerts are within: a row tells of each of them. */
function ofAlerts(alias: Sql, among: Sql, database: string): Sql {
  const place = sql`${sqlIdentifier(database)}.${sqlIdentifier('SecurityAlert')}`;
  const ids = sql`JSONExtract(${alias}.${sqlIdentifier('AlertIds')}, 'Array(String)')`;
  const within = sql`SELECT groupUniqArray(_alert.${sqlIdentifier('SystemAlertId')}) FROM ${place} AS _alert WHERE ${aboutHosts(sql`_alert`, among, database)}`;
  return sql`(notEmpty(${ids}) AND hasAll((${within}), ${ids}))`;
}
