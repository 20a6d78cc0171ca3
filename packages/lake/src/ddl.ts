import type { Column, TableDefinition } from './catalogue/catalogue.ts';
import { deviceKeyDdl, deviceKeyOf } from './catalogue/device.ts';
import { promotedDdl } from './catalogue/promoted.ts';
import type { KqlType } from './catalogue/file.ts';
import { coldPolicy, longTermAfter, recompressible, storageMark, ttl, type Storage } from './retention/storage.ts';
import { sqlName, sqlString } from './sql.ts';

const types: Readonly<Record<KqlType, string>> = {
  string: 'String',
  bool: 'Nullable(Bool)',
  int: 'Nullable(Int32)',
  long: 'Nullable(Int64)',
  real: 'Nullable(Float64)',
  decimal: 'Nullable(Decimal(38, 18))',
  datetime: "Nullable(DateTime64(7, 'UTC'))",
  timespan: 'Nullable(Int64)',
  guid: 'Nullable(UUID)',
  dynamic: 'String',
};

/** The engine's type of a KQL type (docs/ARCHITECTURE.md). A timespan is ticks of 100 ns; a dynamic is JSON text, empty for null. */
export const engineType = (type: KqlType): string => types[type];

const instant = "DateTime64(7, 'UTC')";

/** The engine's type of a column. TimeGenerated is never null, since rows are parted and sorted by it. */
export const columnType = ({ name, type }: Column): string => (name === 'TimeGenerated' ? instant : engineType(type));

const codecs: Partial<Record<KqlType, string>> = {
  string: 'CODEC(ZSTD(1))',
  dynamic: 'CODEC(ZSTD(1))',
  datetime: 'CODEC(DoubleDelta, ZSTD(1))',
};

function defaultOf(table: TableDefinition, { name, type }: Column): string {
  if (name === 'TimeGenerated') return " DEFAULT now64(7, 'UTC')";
  if (name === 'Type' && type === 'string') return ` DEFAULT ${sqlString(table.name)}`;
  if (name === 'Timestamp' && type === 'datetime') return ' DEFAULT TimeGenerated';
  return '';
}

/** One column of CREATE TABLE or ADD COLUMN. */
export function columnDdl(table: TableDefinition, column: Column): string {
  const codec = codecs[column.type];
  return `${sqlName(column.name)} ${columnType(column)}${defaultOf(table, column)}${codec === undefined ? '' : ` ${codec}`}`;
}

/** The lake's own columns, after those of the table. */
export const ownColumns = [
  { name: '_IngestedAt', ddl: `_IngestedAt ${instant} DEFAULT now64(7, 'UTC') CODEC(DoubleDelta, ZSTD(1))` },
  { name: '_SegmentId', ddl: '_SegmentId String CODEC(ZSTD(1))' },
  // TimeGenerated as the sender said it, where it could not be: see `possibleTime` of the server's ingest.
  { name: '_TimeGiven', ddl: `_TimeGiven Nullable(${instant}) CODEC(ZSTD(1))` },
] as const;

export interface Place {
  readonly database: string;
  readonly cluster?: ClusterDdl | undefined;
}

export interface ClusterDdl {
  /** Name in the servers' `remote_servers`. */
  readonly cluster: string;
}

/** Parts of more than this, uncompressed, have a file for each column. */
const widePartBytes = 128 * 2 ** 20;

const localSuffix = '_local';

/**
 * A month a partition for times that logs have. All others share one: a sender who makes times up would else make thousands of partitions, each a folder
 * of its own in every insert.
 */
export const monthOf = 'if(toYear(TimeGenerated) BETWEEN 2000 AND 2099, toYYYYMM(TimeGenerated), 0)';

/** What the engine shall do with a table that nobody changed and nothing holds. */
const asShipped = (table: TableDefinition): Storage => ({ ...table, held: undefined, cold: false });

function createLocal(place: Place, table: TableDefinition, storage: Storage): string {
  const { database, cluster } = place;
  const name = `${sqlName(database)}.${sqlName(cluster ? table.name + localSuffix : table.name)}`;
  const device = deviceKeyOf(table.columns);
  const columns = [
    ...table.columns.map((column) => columnDdl(table, column)),
    ...ownColumns.map(({ ddl }) => ddl),
    ...table.promoted.map(promotedDdl),
    ...(device ? [deviceKeyDdl(device)] : []),
  ];
  const index = 'INDEX _segment _SegmentId TYPE minmax GRANULARITY 1';
  const engine = cluster
    ? `ReplicatedMergeTree('/clickhouse/tables/{shard}/${database}/${table.name}', '{replica}')`
    : 'MergeTree';
  const expiry = ttl(storage);
  return [
    `CREATE TABLE IF NOT EXISTS ${name}${cluster ? ` ON CLUSTER ${sqlName(cluster.cluster)}` : ''} (`,
    [...columns, index].map((line) => `  ${line}`).join(',\n'),
    `) ENGINE = ${engine}`,
    `PARTITION BY ${table.partitionBy === 'month' ? monthOf : 'tuple()'}`,
    `ORDER BY (${[...table.sortKey, 'TimeGenerated'].map(sqlName).join(', ')})`,
    ...(expiry === undefined ? [] : [`TTL ${expiry}`]),
    // A spool segment is deleted once its rows are stored, so "stored" has to mean on disk. Our tables are wide: fresh parts are kept in one file
    // (compact), since to sync a file for each column takes several times as long as the insert; merges make them wide.
    `SETTINGS allow_nullable_key = 1, fsync_after_insert = 1, fsync_part_directory = 1, min_bytes_for_wide_part = ${widePartBytes}${storage.cold ? `, storage_policy = ${sqlString(coldPolicy.name)}` : ''}`,
    ...(longTermAfter(storage) === undefined ? [`COMMENT ${sqlString(storageMark(table, storage))}`] : []),
  ].join('\n');
}

/**
 * The statements that make a table. Given a cluster: a replicated table on each shard (macros `{shard}`, `{replica}`) and a Distributed table of
 * the table's own name in front, which spreads rows by segment so that all rows of a segment are on one shard.
 */
export function ddl(table: TableDefinition, place: Place, storage: Storage = asShipped(table)): readonly string[] {
  const { database, cluster } = place;
  const local = createLocal(place, table, storage);
  if (!cluster) return [local];
  const on = `ON CLUSTER ${sqlName(cluster.cluster)}`;
  const localName = `${sqlName(database)}.${sqlName(table.name + localSuffix)}`;
  const comment = longTermAfter(storage) === undefined ? `\nCOMMENT ${sqlString(storageMark(table, storage))}` : '';
  const arguments_ = [cluster.cluster, database, table.name + localSuffix].map(sqlString).join(', ');
  return [
    local,
    `CREATE TABLE IF NOT EXISTS ${sqlName(database)}.${sqlName(table.name)} ${on} AS ${localName}\n` +
      `ENGINE = Distributed(${arguments_}, cityHash64(_SegmentId))${comment}`,
  ];
}

/** Names of the physical tables that ALTER has to reach, with ON CLUSTER where there is one. */
export function alterTargets(name: string, { database, cluster }: Place): readonly string[] {
  const on = cluster ? ` ON CLUSTER ${sqlName(cluster.cluster)}` : '';
  const target = (table: string): string => `${sqlName(database)}.${sqlName(table)}${on}`;
  return cluster ? [target(name + localSuffix), target(name)] : [target(name)];
}

/** Whether what stands in the engine of a table is as `storage` says. `comment` and `ttlDays` are of the physical table. */
export function isStored(
  table: TableDefinition,
  storage: Storage,
  physical: { readonly comment: string; readonly ttlDays: number | undefined },
): boolean {
  if (physical.comment.startsWith('storage ')) return physical.comment === storageMark(table, storage);
  // Made before there were marks: deleted by age, and nothing else.
  return (
    storage.held === undefined &&
    longTermAfter(storage) === undefined &&
    (physical.ttlDays ?? storage.retentionDays) === storage.retentionDays
  );
}

/**
 * Statements that make the engine keep the rows of a table that is there as `storage` says. The mark comes near the end: what was cut off before is done again. The last one
 * is to be run whatever becomes of the others.
 * A merge or mutation that began under the old rule is ended first, so that once these are through nothing deletes by it.
 */
export function restorage(table: TableDefinition, place: Place, storage: Storage): readonly string[] {
  const [stored = '', ...rest] = alterTargets(table.name, place);
  const expiry = ttl(storage);
  const columns = [...table.columns, ...ownColumns].map(({ name }) => name).concat(table.promoted.map((p) => p.stored));
  const comment = `MODIFY COMMENT ${sqlString(storageMark(table, storage))}`;
  const local = place.cluster ? table.name + localSuffix : table.name;
  return [
    `SYSTEM STOP TTL MERGES ${stored}`,
    `KILL MUTATION WHERE database = ${sqlString(place.database)} AND table = ${sqlString(local)} AND command LIKE '%MATERIALIZE TTL%' SYNC`,
    ...(longTermAfter(storage) === undefined
      ? []
      : recompressible(columns, storage.cold).map((command) => `ALTER TABLE ${stored} ${command}`)),
    `ALTER TABLE ${stored} ${expiry === undefined ? 'REMOVE TTL' : `MODIFY TTL ${expiry}`}`,
    ...[stored, ...rest].map((target) => `ALTER TABLE ${target} ${comment}`),
    `SYSTEM START TTL MERGES ${stored}`,
  ];
}

export const onCluster = (cluster: ClusterDdl | undefined): string =>
  cluster ? ` ON CLUSTER ${sqlName(cluster.cluster)}` : '';

export const createDatabase = (name: string, cluster: ClusterDdl | undefined): string =>
  `CREATE DATABASE IF NOT EXISTS ${sqlName(name)}${onCluster(cluster)} ENGINE = Atomic`;
