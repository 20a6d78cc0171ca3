import type { Cell, Column } from '@sallyport/contracts';

/** Rows of an answer, however they are kept. */
export interface Rows {
  readonly count: number;
  cell(row: number, column: number): Cell;
  row(row: number): Cell[];
  /** A number for each row by which its cells of a column are in order; null cells have `Infinity`. Made when it is asked for. */
  ranks(column: number): Float64Array;
}

const numeric = new Set<Column['type']>(['int', 'long', 'real', 'decimal']);
const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Rows as the client gives them. */
export function rowsOf(columns: readonly Column[], rows: readonly (readonly Cell[])[]): Rows {
  const cell = (row: number, column: number): Cell => rows[row]?.[column] ?? null;
  return {
    count: rows.length,
    cell,
    row: (row) => [...(rows[row] ?? [])],
    ranks: (column) => {
      if (numeric.has(columns[column]?.type ?? 'string'))
        return Float64Array.from(rows, (_, row) => numberOf(cell(row, column)));
      const texts = [...new Set(rows.map((_, row) => cell(row, column)))].filter((one) => one !== null).map(String);
      const ranks = new Map([...new Set(texts)].toSorted(byText).map((text, rank) => [text, rank]));
      return Float64Array.from(rows, (_, row) => {
        const value = cell(row, column);
        return value === null ? Infinity : (ranks.get(String(value)) ?? Infinity);
      });
    },
  };
}

const numberOf = (cell: Cell): number => {
  const number = cell === null ? Infinity : Number(cell);
  return Number.isNaN(number) ? Infinity : number;
};

/** One column of a table: numbers as doubles, all else as numbers of distinct texts. */
type Stored =
  | { readonly kind: 'number'; values: Float64Array; readonly others: Map<number, Cell> }
  | { readonly kind: 'text'; codes: Uint32Array; readonly texts: Cell[]; readonly known: Map<Cell, number> };

const START = 4_096;

/** Takes rows one by one, and keeps them by column: each text once, however often it comes. */
export class ColumnarRows implements Rows {
  readonly #columns: readonly Stored[];
  #count = 0;
  #room = START;

  constructor(columns: readonly Column[]) {
    this.#columns = columns.map(({ type }): Stored =>
      numeric.has(type)
        ? { kind: 'number', values: new Float64Array(START), others: new Map() }
        : { kind: 'text', codes: new Uint32Array(START), texts: [null], known: new Map([[null, 0]]) },
    );
  }

  get count(): number {
    return this.#count;
  }

  push(row: readonly Cell[]): void {
    if (this.#count === this.#room) this.#grow();
    const at = this.#count++;
    this.#columns.forEach((column, index) => {
      const cell = row[index] ?? null;
      if (column.kind === 'number') {
        if (typeof cell === 'number') column.values[at] = cell;
        else column.others.set(at, cell);
        return;
      }
      let code = column.known.get(cell);
      if (code === undefined) {
        code = column.texts.push(cell) - 1;
        column.known.set(cell, code);
      }
      column.codes[at] = code;
    });
  }

  #grow(): void {
    this.#room *= 2;
    for (const column of this.#columns)
      if (column.kind === 'number') {
        const { values } = column;
        column.values = new Float64Array(this.#room);
        column.values.set(values);
      } else {
        const { codes } = column;
        column.codes = new Uint32Array(this.#room);
        column.codes.set(codes);
      }
  }

  /** Lets go of what only more rows would need. */
  seal(): this {
    for (const column of this.#columns) if (column.kind === 'text') column.known.clear();
    return this;
  }

  cell(row: number, column: number): Cell {
    const stored = this.#columns[column];
    if (!stored || row >= this.#count) return null;
    if (stored.kind === 'text') return stored.texts[stored.codes[row] ?? 0] ?? null;
    return stored.others.has(row) ? (stored.others.get(row) ?? null) : (stored.values[row] ?? null);
  }

  row(row: number): Cell[] {
    return this.#columns.map((_, column) => this.cell(row, column));
  }

  ranks(column: number): Float64Array {
    const stored = this.#columns[column];
    const ranks = new Float64Array(this.#count);
    if (!stored) return ranks;
    if (stored.kind === 'number') {
      for (let row = 0; row < this.#count; row++)
        ranks[row] = stored.others.has(row) ? numberOf(stored.others.get(row) ?? null) : stored.values[row]!;
      return ranks;
    }
    const order = stored.texts.map((_, code) => code).slice(1);
    order.sort((a, b) => byText(String(stored.texts[a]), String(stored.texts[b])));
    const rankOf = new Float64Array(stored.texts.length).fill(Infinity);
    order.forEach((code, rank) => {
      rankOf[code] = rank;
    });
    for (let row = 0; row < this.#count; row++) ranks[row] = rankOf[stored.codes[row]!]!;
    return ranks;
  }
}
