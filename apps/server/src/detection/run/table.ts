import type { Cell, Column } from '@sallyport/contracts';

/** A query's answer, with cells found by column name. */
export class ResultTable {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
  readonly #byName: ReadonlyMap<string, number>;

  constructor(columns: readonly Column[], rows: readonly (readonly Cell[])[]) {
    this.columns = columns;
    this.rows = rows;
    this.#byName = new Map(columns.map((column, index) => [column.name, index]));
  }

  /** A cell as text; empty for null and for a column that isn't there. A dynamic string (`"a"`) is its text. */
  text(row: readonly Cell[], column: string): string {
    const index = this.#byName.get(column);
    const cell = index === undefined ? null : row[index];
    if (cell === null || cell === undefined) return '';
    const text = String(cell);
    if (this.columns[index!]?.type !== 'dynamic') return text;
    const value = parseJson(text);
    return value === null ? '' : typeof value === 'string' ? value : text;
  }

  /** A cell as the values in it: those of a dynamic array each, any other value alone. */
  values(row: readonly Cell[], column: string): string[] {
    const index = this.#byName.get(column);
    if (index !== undefined && this.columns[index]?.type === 'dynamic') {
      const value = parseJson(String(row[index] ?? ''));
      if (Array.isArray(value)) return value.map((item) => (typeof item === 'string' ? item : JSON.stringify(item)));
    }
    const text = this.text(row, column);
    return text === '' ? [] : [text];
  }

  /** A cell as milliseconds since 1970, or undefined. */
  time(row: readonly Cell[], column: string): number | undefined {
    const at = Date.parse(this.text(row, column));
    return Number.isNaN(at) ? undefined : at;
  }

  has(column: string): boolean {
    return this.#byName.has(column);
  }

  /**
   * A row as text, the same however the engine ordered what has no order: arrays are sorted, so that `make_set` of another run gives the same.
   */
  fingerprint(row: readonly Cell[]): string {
    return JSON.stringify(
      row.map((cell, index) =>
        this.columns[index]?.type === 'dynamic' && typeof cell === 'string' ? canonical(parseJson(cell)) : cell,
      ),
    );
  }
}

function parseJson(text: string): unknown {
  try {
    return text === '' ? null : (JSON.parse(text) as unknown);
  } catch {
    return text;
  }
}

function canonical(value: unknown): unknown {
  if (Array.isArray(value))
    return value
      .map((item) => JSON.stringify(canonical(item)))
      .toSorted()
      .map((item) => item);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, inner]) => [key, canonical(inner)] as const)
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
}
