import { createHash } from 'node:crypto';
import type { TableDefinition } from '../catalogue/catalogue.ts';
import { sqlName, sqlString } from '../sql.ts';

/**
 * How a table keeps its rows, as Log Analytics has it. `Analytics`: ordinary queries find rows for the interactive time. `Auxiliary`: the same, and rows are
 * stored as cheaply as can be a day after they came; its interactive time is fixed.
 * https://learn.microsoft.com/azure/azure-monitor/logs/data-platform-logs#table-plans
 */
export const tablePlans = ['Analytics', 'Auxiliary'] as const;
export type TablePlan = (typeof tablePlans)[number];

/** Days, fixed by the plan. */
export const auxiliaryInteractiveDays = 30;
/** When rows of an Auxiliary table go to the long-term tier: after the day in which most questions are asked. */
const auxiliaryHotDays = 1;

/** What a table's rows are kept by. */
export interface Retention {
  readonly plan: TablePlan;
  /** Days after arrival in which ordinary queries find a row. At most `retentionDays`. */
  readonly interactiveDays: number;
  /** Days after arrival when a row is deleted. */
  readonly retentionDays: number;
}

/** What the engine shall do with a table's rows. */
export interface Storage extends Retention {
  /** SQL of the rows that nothing may delete; 'true' for all of them, undefined for none. */
  readonly held: string | undefined;
  /** Rows of the long-term tier move to the cold volume. */
  readonly cold: boolean;
}

/** Level 12 is where ZSTD gets slow; beyond it logs hardly shrink. Reading costs the same at every level. */
export const longTermCodec = 'ZSTD(12)';
/** Of parts that are not recompressed yet. */
const freshCodec = 'ZSTD(1)';
/** Names in the engine's storage configuration. The first is what the engine calls the only volume it has without one. */
export const coldPolicy = { name: 'tiered', hot: 'default', cold: 'cold' } as const;

/** Days after which rows are in the long-term tier; undefined for a table without one. */
export function longTermAfter({ plan, interactiveDays, retentionDays }: Retention): number | undefined {
  if (plan === 'Auxiliary') return auxiliaryHotDays;
  return interactiveDays < retentionDays ? interactiveDays : undefined;
}

const age = (days: number): string => `toDateTime(_IngestedAt) + INTERVAL ${days} DAY`;

/** What follows `TTL`; undefined when rows stay for ever. Age counts from when a row was stored: old logs that are replayed today stay for their time too. */
export function ttl(storage: Storage): string | undefined {
  const { held, cold, retentionDays } = storage;
  const after = longTermAfter(storage);
  const rules = [
    ...(held === 'true' ? [] : [`${age(retentionDays)} DELETE${held === undefined ? '' : ` WHERE NOT (${held})`}`]),
    ...(after === undefined ? [] : [`${age(after)} RECOMPRESS CODEC(${longTermCodec})`]),
    ...(after === undefined || !cold ? [] : [`${age(after)} TO VOLUME ${sqlString(coldPolicy.cold)}`]),
  ];
  return rules.length === 0 ? undefined : rules.join(', ');
}

/** Differs where what the engine was told of a table differs: the comment of its physical table. */
export function storageMark(table: TableDefinition, storage: Storage): string {
  // A column that came later has a codec of its own, which recompression leaves as it is.
  const names = [...table.columns.map(({ name }) => name), ...table.promoted.map(({ stored }) => stored)];
  const columns = longTermAfter(storage) === undefined ? [] : names;
  const text = JSON.stringify([ttl(storage), storage.cold && longTermAfter(storage) !== undefined, columns]);
  return `storage ${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;
}

/** Commands of ALTER TABLE, one a statement, that make a table's rows recompress: a codec said of a column stands above that of a part. */
export function recompressible(columns: readonly string[], cold: boolean): readonly string[] {
  const settings = [
    `default_compression_codec = ${sqlString(freshCodec)}`,
    ...(cold ? [`storage_policy = ${sqlString(coldPolicy.name)}`] : []),
  ];
  return [
    columns.map((name) => `MODIFY COLUMN ${sqlName(name)} CODEC(Default)`).join(', '),
    `MODIFY SETTING ${settings.join(', ')}`,
  ];
}

/** SQL of the rows that ordinary queries find, for a table that keeps others longer. */
export function interactiveRows(retention: Retention): string | undefined {
  if (retention.interactiveDays >= retention.retentionDays) return undefined;
  // Without a quote: it goes as a setting, inside of text inside of text.
  return `_IngestedAt >= now64(7) - toIntervalDay(${retention.interactiveDays})`;
}
