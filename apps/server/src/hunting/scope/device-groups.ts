import { sql, sqlIdentifier, sqlJoin, sqlString, type RowCondition, type Sql, type TableSchema } from '@sallyport/kql';
import { lookupNames } from '@sallyport/lake';

/** Tables that tell of devices in no column of their own, so that their rows can't be told apart: they show nothing. */
const untold: ReadonlySet<string> = new Set(['AlertInfo', 'BehaviorInfo', 'SecurityIncident']);
/** What names the device of a row; the first that is not empty. */
const names = ['Computer', 'DeviceId', 'DeviceName'];

/** The group of a device as DeviceInfo last told it; '' where it tells of none. */
function groupOf(device: Sql, database: string): Sql {
  return sql`dictGetOrDefault(${sqlString(`${database}.${lookupNames.entities.deviceKeys}`)}, 'machine_group', tuple(lower(${device})), '')`;
}

/**
 * The rows of devices of some groups, and those that are of no device. `whole`: the table's rows are of no device. `database`: the engine's, of the workspace that
 * the table is of.
 */
export function deviceGroupCondition(
  table: Pick<TableSchema, 'columns'>,
  name: string,
  groups: readonly string[],
  database: string,
): RowCondition | 'whole' | 'nothing' {
  if (untold.has(name)) return 'nothing';
  const among = sqlJoin(groups.map((group) => sqlString(group)));
  if (name === 'SecurityAlert') return alertsOfHosts(among, database);
  const has = (column: string): boolean => table.columns.some((own) => own.name === column && own.type === 'string');
  const named = names.filter(has);
  const grouped = has('MachineGroup');
  if (named.length === 0 && !grouped) return 'whole';
  return {
    sql: (alias) => {
      const cell = (column: string): Sql => sql`${alias}.${sqlIdentifier(column)}`;
      const told = named.reduceRight<Sql | undefined>(
        (rest, column) =>
          rest
            ? sql`if(${cell(column)} != '', ${groupOf(cell(column), database)}, ${rest})`
            : groupOf(cell(column), database),
        undefined,
      );
      const group = grouped
        ? told
          ? sql`if(${cell('MachineGroup')} != '', ${cell('MachineGroup')}, ${told})`
          : cell('MachineGroup')
        : told!;
      const ofNone = sqlJoin(
        [...named, ...(grouped ? ['MachineGroup'] : [])].map((column) => sql`${cell(column)} = ''`),
        sql` AND `,
      );
      return sql`(${group} IN (${among}) OR (${ofNone}))`;
    },
  };
}

/** Alerts with a host of these groups among their entities, or with none at all. */
const alertsOfHosts = (among: Sql, database: string): RowCondition => ({
  sql: (alias) => {
    const hosts = sql`arrayFilter(x -> lower(JSONExtractString(x, 'Type')) = 'host', JSONExtractArrayRaw(${alias}.${sqlIdentifier('Entities')}))`;
    const full = sql`concat(JSONExtractString(x, 'HostName'), if(JSONExtractString(x, 'DnsDomain') = '', '', concat('.', JSONExtractString(x, 'DnsDomain'))))`;
    return sql`(empty(${hosts}) OR arrayExists(x -> ${groupOf(full, database)} IN (${among}), ${hosts}))`;
  },
});
