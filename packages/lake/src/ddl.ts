import type { Column, TableDefinition } from './catalogue/catalogue.ts';
import type { KqlType } from './catalogue/file.ts';
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
] as const;

export interface ClusterDdl {
  /** Name in the servers' `remote_servers`. */
  readonly cluster: string;
}

/** Kept this many days after it was stored, not after TimeGenerated: old logs that are replayed today stay for their time too. */
export const ttl = (retentionDays: number): string => `toDateTime(_IngestedAt) + INTERVAL ${retentionDays} DAY`;

/** Parts of more than this, uncompressed, have a file for each column. */
const widePartBytes = 128 * 2 ** 20;

const localSuffix = '_local';

function createLocal(database: string, table: TableDefinition, cluster: ClusterDdl | undefined): string {
  const name = `${sqlName(database)}.${sqlName(cluster ? table.name + localSuffix : table.name)}`;
  const columns = [...table.columns.map((column) => columnDdl(table, column)), ...ownColumns.map(({ ddl }) => ddl)];
  const index = 'INDEX _segment _SegmentId TYPE minmax GRANULARITY 1';
  const engine = cluster
    ? `ReplicatedMergeTree('/clickhouse/tables/{shard}/${database}/${table.name}', '{replica}')`
    : 'MergeTree';
  return [
    `CREATE TABLE IF NOT EXISTS ${name}${cluster ? ` ON CLUSTER ${sqlName(cluster.cluster)}` : ''} (`,
    [...columns, index].map((line) => `  ${line}`).join(',\n'),
    `) ENGINE = ${engine}`,
    table.partitionBy === 'month' ? 'PARTITION BY toYYYYMM(TimeGenerated)' : 'PARTITION BY tuple()',
    `ORDER BY (${[...table.sortKey, 'TimeGenerated'].map(sqlName).join(', ')})`,
    `TTL ${ttl(table.retentionDays)}`,
    // A spool segment is deleted once its rows are stored, so "stored" has to mean on disk. Our tables are wide: fresh parts are kept in one file
    // (compact), since to sync a file for each column takes several times as long as the insert; merges make them wide.
    `SETTINGS allow_nullable_key = 1, fsync_after_insert = 1, fsync_part_directory = 1, min_bytes_for_wide_part = ${widePartBytes}`,
  ].join('\n');
}

/**
 * The statements that make a table. Given a cluster: a replicated table on each shard (macros `{shard}`, `{replica}`) and a Distributed table of
 * the table's own name in front, which spreads rows by segment so that all rows of a segment are on one shard.
 */
export function ddl(
  table: TableDefinition,
  options: { database: string; cluster?: ClusterDdl | undefined },
): readonly string[] {
  const { database, cluster } = options;
  const local = createLocal(database, table, cluster);
  if (!cluster) return [local];
  const on = `ON CLUSTER ${sqlName(cluster.cluster)}`;
  const localName = `${sqlName(database)}.${sqlName(table.name + localSuffix)}`;
  const arguments_ = [cluster.cluster, database, table.name + localSuffix].map(sqlString).join(', ');
  return [
    local,
    `CREATE TABLE IF NOT EXISTS ${sqlName(database)}.${sqlName(table.name)} ${on} AS ${localName}\n` +
      `ENGINE = Distributed(${arguments_}, cityHash64(_SegmentId))`,
  ];
}

/** Names of the physical tables that ALTER has to reach, with ON CLUSTER where there is one. */
export function alterTargets(
  name: string,
  options: { database: string; cluster?: ClusterDdl | undefined },
): readonly string[] {
  const { database, cluster } = options;
  const on = cluster ? ` ON CLUSTER ${sqlName(cluster.cluster)}` : '';
  const target = (table: string): string => `${sqlName(database)}.${sqlName(table)}${on}`;
  return cluster ? [target(name + localSuffix), target(name)] : [target(name)];
}
