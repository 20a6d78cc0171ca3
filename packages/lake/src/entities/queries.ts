import type { KqlType } from '../catalogue/file.ts';
import { sqlName, sqlString } from '../sql.ts';

/** What the dictionaries of entities are read from. */
export const entityTables = ['IdentityInfo', 'DeviceInfo', 'DeviceNetworkInfo'] as const;
export type EntityTable = (typeof entityTables)[number];

/** Most identities, and most devices, that are known: those with the newest rows. A hundred thousand of them take about 100 MB. */
const entitiesMax = 100_000;
/** An address that two devices had within this time is nobody's: bridges of containers and of virtual machines have the same on every host. */
const sharedHours = 24;
/** Reading is bounded, whatever there is; large groups go to the disk. */
const bounds = 'SETTINGS max_memory_usage = 2000000000, max_bytes_before_external_group_by = 500000000';

/** What is told of an entity: columns of its table. */
const identityColumns: readonly (readonly [string, KqlType])[] = [
  ['AccountUPN', 'string'],
  ['AccountObjectId', 'string'],
  ['AccountSID', 'string'],
  ['AccountCloudSID', 'string'],
  ['AccountName', 'string'],
  ['SAMAccountName', 'string'],
  ['AccountDomain', 'string'],
  ['AccountDisplayName', 'string'],
  ['MailAddress', 'string'],
  ['EmployeeId', 'string'],
  ['Department', 'string'],
  ['JobTitle', 'string'],
  ['Manager', 'string'],
  ['City', 'string'],
  ['Country', 'string'],
  ['UserType', 'string'],
  ['IsAccountEnabled', 'bool'],
  ['IsServiceAccount', 'bool'],
  ['AssignedRoles', 'dynamic'],
  ['BlastRadius', 'string'],
  ['RiskLevel', 'string'],
  ['RiskState', 'string'],
  ['Tags', 'string'],
];
const deviceColumns: readonly (readonly [string, KqlType])[] = [
  ['DeviceId', 'string'],
  ['DeviceName', 'string'],
  ['AadDeviceId', 'string'],
  ['DeviceType', 'string'],
  ['DeviceCategory', 'string'],
  ['OSPlatform', 'string'],
  ['OSVersion', 'string'],
  ['JoinType', 'string'],
  ['MachineGroup', 'string'],
  ['DeviceManualTags', 'string'],
  ['DeviceDynamicTags', 'string'],
  ['AssetValue', 'string'],
  ['ExposureLevel', 'string'],
  ['IsInternetFacing', 'bool'],
  ['LoggedOnUsers', 'dynamic'],
  ['OnboardingStatus', 'string'],
  ['PublicIP', 'string'],
];

/** A bag of what is known, as JSON text. */
function bag(columns: readonly (readonly [string, KqlType])[]): string {
  const member = ([name, type]: readonly [string, KqlType]): string => {
    const column = sqlName(name);
    const key = sqlString(`"${name}":`);
    if (type === 'bool') return `if(isNull(${column}), '', concat(${key}, toString(assumeNotNull(${column}))))`;
    return `if(${column} = '', '', concat(${key}, ${type === 'string' ? `toJSONString(${column})` : column}))`;
  };
  return `concat('{', arrayStringConcat(arrayFilter(m -> m != '', [${columns.map(member).join(', ')}]), ','), '}')`;
}

const firstOf = (...columns: string[]): string => `coalesce(${columns.map((c) => `nullIf(${c}, '')`).join(', ')}, '')`;
const identity = firstOf('AccountObjectId', 'AccountCloudSID', 'AccountSID', 'AccountUPN', 'AccountName');
const device = firstOf('DeviceId', 'DeviceName');

/** `id`, `at` and the columns of the newest row of each entity. */
function newest(table: string, entity: string, columns: readonly string[]): string {
  const names = columns.map(sqlName);
  const values = names.map((name, i) => `tupleElement(_row, ${i + 1}) AS ${name}`);
  // The hash of no text is no entity's.
  return `(SELECT id, at, ${values.join(', ')} FROM (
    SELECT cityHash64(lower(${entity})) AS id, max(TimeGenerated) AS at, argMax(tuple(${names.join(', ')}), TimeGenerated) AS _row
    FROM ${table} WHERE ${entity} != '' GROUP BY id ORDER BY at DESC LIMIT ${entitiesMax}))`;
}

const names = (columns: readonly (readonly [string, KqlType])[]): string[] => columns.map(([name]) => name);

/** `id`, `info`. */
const entities = (table: string, entity: string, columns: readonly (readonly [string, KqlType])[]): string =>
  `SELECT id, ${bag(columns)} AS info FROM ${newest(table, entity, names(columns))} ${bounds}`;

export const identitiesSql = (table: string): string => entities(table, identity, identityColumns);
export const devicesSql = (table: string): string => entities(table, device, deviceColumns);

/** Of a name that only one may bear, the entity with the newest row; of others, that which alone bears it. */
const byKey = (keys: string): string =>
  `SELECT key, if(max(own), argMaxIf(id, at, own), if(uniqExact(id) = 1, any(id), 0)) AS id
   FROM (${keys}) WHERE key != '' GROUP BY key HAVING id != 0 ${bounds}`;

/** Entities with each of their names: `own` names are one entity's alone, `shared` ones may be several's. */
const named = (rows: string, own: readonly string[], shared: readonly string[]): string => {
  const entry = (isOwn: boolean) => (sql: string) => `(lower(${sql}), ${isOwn})`;
  const list = [...own.map(entry(true)), ...shared.map(entry(false))].join(', ');
  return `SELECT tupleElement(_key, 1) AS key, tupleElement(_key, 2) AS own, id, at FROM (SELECT id, at, arrayJoin([${list}]) AS _key FROM ${rows})`;
};

/** `key`, `id`. */
export function identityKeysSql(table: string): string {
  const name = firstOf('SAMAccountName', 'AccountName');
  const qualified = (domain: string): string =>
    `if(AccountDomain = '' OR ${name} = '', '', concat(${domain}, '\\\\', ${name}))`;
  return byKey(
    named(
      newest(table, identity, names(identityColumns)),
      ['AccountUPN', 'AccountObjectId', 'AccountSID', 'AccountCloudSID', 'MailAddress', qualified('AccountDomain')],
      [qualified(`splitByChar('.', AccountDomain)[1]`), 'SAMAccountName', 'AccountName'],
    ),
  );
}

/** `key`, `id`, and `machine_group`: the MachineGroup of the device's newest row. */
export function deviceKeysSql(table: string, networkTable: string | undefined): string {
  const own = named(
    newest(table, device, names(deviceColumns)),
    ['DeviceId', 'DeviceName', 'AadDeviceId'],
    [`splitByChar('.', DeviceName)[1]`],
  );
  const keys = byKey(networkTable === undefined ? own : `${own} UNION ALL ${addresses(networkTable)}`);
  const groups = `SELECT id, MachineGroup AS machine_group FROM ${newest(table, device, names(deviceColumns))}`;
  return `SELECT k.key AS key, k.id AS id, d.machine_group AS machine_group FROM (${keys}) AS k LEFT JOIN (${groups}) AS d ON d.id = k.id ${bounds}`;
}

/** The addresses that each device had in its newest row for each adapter. */
function addresses(table: string): string {
  const adapters = `SELECT cityHash64(lower(${device})) AS id, max(TimeGenerated) AS at, argMax(IPAddresses, TimeGenerated) AS list
    FROM ${table} WHERE ${device} != '' GROUP BY id, lower(MacAddress), NetworkAdapterName ORDER BY at DESC LIMIT ${10 * entitiesMax}`;
  const each = `SELECT id, at, arrayJoin(arrayMap(a -> lower(JSONExtractString(a, 'IPAddress')), JSONExtractArrayRaw(list))) AS key FROM (${adapters})`;
  const kept = `SELECT replaceOne(key, '::ffff:', '') AS key, id, max(at) AS at FROM (${each})
    WHERE NOT match(key, '^(127\\\\.|169\\\\.254\\\\.|0\\\\.|::1$|::$|fe[89ab])') GROUP BY key, id`;
  // Whoever had it last, when nobody else had it in the day before.
  return `SELECT key, true AS own, tupleElement(holders[1], 2) AS id, tupleElement(holders[1], 1) AS at
    FROM (SELECT key, arrayReverseSort(groupArray((at, id))) AS holders FROM (${kept}) GROUP BY key)
    WHERE length(holders) = 1 OR tupleElement(holders[2], 1) < tupleElement(holders[1], 1) - INTERVAL ${sharedHours} HOUR`;
}
