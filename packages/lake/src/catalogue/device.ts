import { sqlName, sqlString } from '../sql.ts';

/** What names the device of a row; the first that is not empty. */
export const deviceNames = ['Computer', 'DeviceId', 'DeviceName', 'SourceDevice', 'DestinationDevice'] as const;
/** What a row says itself of its device's group. */
const groupColumn = 'MachineGroup';

/** What a device key begins with that is a group's name, and not a device's. */
export const groupMark = '\0';

/** The column by which the engine keeps whose device a row is of, which KQL does not see. */
export interface DeviceKey {
  /** The columns that name the device, in their order. */
  readonly names: readonly string[];
  /** Whether rows may say the group themselves. */
  readonly grouped: boolean;
  /** The engine's column: its name says what it is made from, as a table may gain columns. */
  readonly stored: string;
}

/** What such columns' names begin with. */
export const deviceKeyPrefix = '_device/';

/** Undefined where no column of a table tells of a device. */
export function deviceKeyOf(
  columns: readonly { readonly name: string; readonly type: string }[],
): DeviceKey | undefined {
  const has = (name: string): boolean => columns.some((column) => column.name === name && column.type === 'string');
  const names = deviceNames.filter(has);
  const grouped = has(groupColumn);
  if (names.length === 0 && !grouped) return undefined;
  return { names, grouped, stored: deviceKeyPrefix + [...names, ...(grouped ? [groupColumn] : [])].join('/') };
}

/**
 * One column of CREATE TABLE or ADD COLUMN: the device's name in lower case, or its group behind a mark where the row says it; empty where a row is of no device. Few values for many rows, so that what is asked of
 * devices is asked of each value once.
 */
export function deviceKeyDdl({ names, grouped, stored }: DeviceKey): string {
  const name = names
    .map(sqlName)
    .reduceRight((rest, column) => (rest === '' ? column : `if(${column} != '', ${column}, ${rest})`), '');
  const device = name === '' ? `''` : `lower(${name})`;
  const value = grouped
    ? `if(${sqlName(groupColumn)} != '', concat(${sqlString(groupMark)}, ${sqlName(groupColumn)}), ${device})`
    : device;
  return `${sqlName(stored)} LowCardinality(String) MATERIALIZED ${value} CODEC(ZSTD(1))`;
}
