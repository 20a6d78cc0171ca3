import type { Column, TableDefinition } from '@sallyport/lake';
import { SuffixedColumns } from '../../doors/data-collector/columns.ts';
import { isDayFirst, isoOfPortalTime, isPortalTime } from './times.ts';

export type Row = Readonly<Record<string, unknown>>;

/** `TimeGenerated [UTC]`: the portal writes the zone of a column of times behind its name. */
const zoned = /^(.*\S)\s+\[([^\]]+)\]$/;

/** The column's own name, and the zone that stands behind it. */
export function nameOf(header: string): { readonly name: string; readonly zone: string | undefined } {
  const [, name, zone] = zoned.exec(header) ?? [];
  return name === undefined ? { name: header, zone: undefined } : { name, zone };
}

/** Columns that every export of a table may have, and that say nothing where the table has none. */
const ofAnyTable = new Set([
  'ManagementGroupName',
  'MG',
  'SourceSystem',
  'TenantId',
  'Type',
  '_BilledSize',
  '_IsBillable',
  '_ItemId',
  '_ResourceId',
  '_SubscriptionId',
  '_TimeReceived',
]);

const bySuffix: Readonly<Record<string, Column['type']>> = {
  s: 'string',
  d: 'real',
  b: 'bool',
  t: 'datetime',
  g: 'string',
};
const suffixOf = (name: string): string | undefined => /[^_]_([sdbtg])$/.exec(name)?.[1];

/** Whether names are a table's own: with the suffixes of the Data Collector API, or with what Azure adds to each row. */
export const areColumnNames = (names: readonly string[]): boolean =>
  names.some((name) => ['TimeGenerated', 'Type'].includes(name) || suffixOf(name) !== undefined);

/** Columns that one import may add to a custom table, as in Azure. */
const columnsMax = 500;
/** Names that are told of columns that the table has not. */
const unknownMax = 200;

/** Properties in which raw records say when they happened, likeliest first. */
const timeNames = [
  'TimeGenerated',
  '@timestamp',
  'timestamp',
  'Timestamp',
  'EventTime',
  'eventTime',
  'createdAt',
  'created_at',
  'createdTime',
  'when',
  'time',
  'ts',
  'date',
];

function timeIn(row: Row): string | undefined {
  const text = timeNames.map((name) => row[name]).find((value) => typeof value === 'string' && value !== '');
  return typeof text === 'string' && /^\d{4}-\d\d-\d\d/.test(text) && !Number.isNaN(Date.parse(text))
    ? text
    : undefined;
}

function cellOf(type: Column['type'], value: unknown, dayFirst: boolean): unknown {
  if (typeof value !== 'string') return value;
  if (type === 'datetime') return isoOfPortalTime(value, dayFirst) ?? value;
  if (type === 'bool') return /^(true|1)$/i.test(value) ? true : /^(false|0)$/i.test(value) ? false : undefined;
  if (type !== 'int' && type !== 'long' && type !== 'real') return value;
  // A long beyond 2^53 would lose its last digits as a number of JavaScript.
  const number = Number(value.replaceAll(',', ''));
  if (value.trim() === '' || Number.isNaN(number)) return undefined;
  return Number.isInteger(number) && !Number.isSafeInteger(number) ? value : number;
}

/** Makes rows of a table out of rows as they were exported: names without zones, times as ISO 8601, texts of CSV as their columns' types. */
export class ExportedRows {
  readonly #columns: Map<string, Column['type']>;
  readonly #unknown = new Set<string>();
  readonly #zones = new Set<string>();
  readonly #names = new Map<string, ReturnType<typeof nameOf>>();
  readonly #suffixed: SuffixedColumns | undefined;
  readonly #mayAdd: boolean;
  readonly #dayFirst: boolean;

  /**
   * `columns`: those of the table; `mayAdd`: what rows bring beside them is added to it, since the table is custom, or shall be. `raw`: the records are a vendor's own,
   * and their columns get the suffixes that the Data Collector API gives.
   */
  constructor(
    columns: Map<string, Column['type']>,
    sample: readonly Row[],
    { mayAdd, raw }: { readonly mayAdd: boolean; readonly raw: boolean },
  ) {
    this.#columns = columns;
    this.#mayAdd = mayAdd;
    this.#suffixed = raw ? new SuffixedColumns([...columns].map(([name, type]) => ({ name, type }))) : undefined;
    const texts = sample.flatMap((row) => Object.values(row)).filter((value) => typeof value === 'string');
    this.#dayFirst = isDayFirst(texts);
  }

  /** What a person should know: columns that were left out, zones that were taken for UTC. */
  get message(): string | undefined {
    const told: string[] = [];
    if (this.#unknown.size > 0)
      told.push(`columns that the table has not were left out: ${[...this.#unknown].join(', ')}`);
    if (this.#zones.size > 0) told.push(`times in the zone ${[...this.#zones].join(', ')} were taken as UTC`);
    return told.length === 0 ? undefined : told.join('; ');
  }

  row(exported: Row): Record<string, unknown> {
    const row = this.#suffixed === undefined ? this.#named(exported) : this.#raw(exported, this.#suffixed);
    return { TimeGenerated: timeIn(exported), ...row };
  }

  #named(exported: Row): Record<string, unknown> {
    const row: Record<string, unknown> = {};
    for (const [header, value] of Object.entries(exported)) {
      if (value === null || value === undefined || value === '') continue;
      const { name, zone } = this.#nameOf(header);
      if (zone !== undefined && zone !== 'UTC') this.#zones.add(zone);
      const type = this.#columns.get(name) ?? this.#add(name, zone, value);
      if (type !== undefined) row[name] = cellOf(type, value, this.#dayFirst);
    }
    return row;
  }

  #raw(exported: Row, suffixed: SuffixedColumns): Record<string, unknown> {
    const row: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(suffixed.row(exported)))
      if (this.#columns.has(name) || this.#addTyped(name, () => suffixed.added.find((c) => c.name === name)?.type))
        row[name] = value;
    return row;
  }

  #nameOf(header: string): ReturnType<typeof nameOf> {
    let name = this.#names.get(header);
    if (name === undefined) this.#names.set(header, (name = nameOf(header)));
    return name;
  }

  #add(name: string, zone: string | undefined, value: unknown): Column['type'] | undefined {
    if (ofAnyTable.has(name)) return undefined;
    return this.#addTyped(name, () => {
      if (zone !== undefined) return 'datetime';
      const suffix = suffixOf(name);
      if (suffix !== undefined) return bySuffix[suffix];
      if (typeof value === 'number') return 'real';
      if (typeof value === 'boolean') return 'bool';
      return typeof value === 'object' ? 'dynamic' : 'string';
    });
  }

  #addTyped(name: string, typeOf: () => Column['type'] | undefined): Column['type'] | undefined {
    const type = this.#mayAdd && this.#columns.size < columnsMax && /^\w{1,100}$/.test(name) ? typeOf() : undefined;
    if (type !== undefined) this.#columns.set(name, type);
    else if (this.#unknown.size < unknownMax) this.#unknown.add(name);
    return type;
  }
}

/** Whether a sample of a table's rows can be stored as it is: no zones in names, no times as the portal writes them, no column that the table has not. */
export function areAsStored(table: Pick<TableDefinition, 'columns'>, sample: readonly Row[]): boolean {
  const types = new Map(table.columns.map(({ name, type }) => [name, type]));
  return sample.every((row) =>
    Object.entries(row).every(
      ([name, value]) =>
        (types.has(name) || ofAnyTable.has(name)) &&
        !(types.get(name) === 'datetime' && typeof value === 'string' && isPortalTime(value)),
    ),
  );
}
