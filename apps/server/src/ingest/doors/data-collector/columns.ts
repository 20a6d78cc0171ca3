import type { TableDefinition } from '@sallyport/lake';

type Column = TableDefinition['columns'][number];
type Cell = string | number | boolean;

const isGuid = (text: string): boolean =>
  /^\{?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\}?$/i.test(text);
const isDate = (text: string): boolean =>
  /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?$/.test(text) && !Number.isNaN(Date.parse(text));

const types = { s: 'string', d: 'real', b: 'bool', t: 'datetime', g: 'string' } as const;
type Suffix = keyof typeof types;

function suffixOf(value: unknown): Suffix {
  // One beyond Float64 is kept as the text `Infinity`: JSON has no other way to say it.
  if (typeof value === 'number') return Number.isFinite(value) ? 'd' : 's';
  if (typeof value === 'boolean') return 'b';
  if (typeof value !== 'string') return 's';
  if (isGuid(value)) return 'g';
  return isDate(value) ? 't' : 's';
}

function cellOf(value: unknown): Cell {
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  return typeof value === 'string' || typeof value === 'boolean' ? value : JSON.stringify(value);
}

/** Longest name that Azure gives a column, without its suffix. */
const nameLengthMax = 45;

const columnName = (property: string): string =>
  property
    .replaceAll(/[^A-Za-z0-9_]/g, '_')
    .replace(/^(?=\d|$)/, '_')
    .slice(0, nameLengthMax);

/** Columns that the senders of that API fill under their own names. */
const plain = new Set(['Computer', 'RawData']);

/** What a table has, and what calls bring beside it. */
export class SuffixedColumns {
  readonly #columns: Map<string, Column['type']>;
  readonly #added = new Map<string, Column['type']>();
  /** The columns of each property and suffix, decided once a call. */
  readonly #decided = new Map<string, string>();

  constructor(have: readonly Column[]) {
    this.#columns = new Map(have.map(({ name, type }) => [name, type]));
  }

  get added(): readonly Column[] {
    return [...this.#added].map(([name, type]) => ({ name, type }));
  }

  #nameOf(property: string, value: unknown): string {
    if (plain.has(property) && typeof value === 'string') return property;
    const base = columnName(property);
    const suffix = suffixOf(value);
    // A property that was text before stays so, even where one of its texts looks like a date.
    const asText = `${base}_s`;
    return (suffix === 't' || suffix === 'g') && !this.#columns.has(`${base}_${suffix}`) && this.#columns.has(asText)
      ? asText
      : `${base}_${suffix}`;
  }

  #columnOf(property: string, value: unknown): string {
    const key = `${property}\n${suffixOf(value)}`;
    const known = this.#decided.get(key);
    if (known !== undefined) return known;
    const name = this.#nameOf(property, value);
    this.#decided.set(key, name);
    if (!this.#columns.has(name)) {
      const type = plain.has(name) ? 'string' : types[name.at(-1) as Suffix];
      this.#columns.set(name, type);
      this.#added.set(name, type);
    }
    return name;
  }

  /** The row of a record. Two properties whose names differ only in signs that a column can't have are both kept: the second joins the first’s text. */
  row(record: Readonly<Record<string, unknown>>): Record<string, Cell> {
    const row: Record<string, Cell> = {};
    for (const [property, value] of Object.entries(record)) {
      if (value === null || value === undefined) continue;
      const name = this.#columnOf(property, value);
      const cell = cellOf(value);
      if (!Object.hasOwn(row, name)) row[name] = cell;
      else if (typeof row[name] === 'string') row[name] = `${row[name]}\n${String(cell)}`;
    }
    return row;
  }
}
