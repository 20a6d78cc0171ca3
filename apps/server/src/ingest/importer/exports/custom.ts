import type { Column, Lake } from '@sallyport/lake';

/** Custom tables of a workspace, made by whatever; past it files whose names are different each time would fill the catalogue. */
const tablesMax = 500;

/** The custom tables that one import fills: each is made, or gets what its files bring, before rows go into it. */
export class CustomTables {
  readonly #lake: Lake;
  readonly #columns = new Map<string, Map<string, Column['type']>>();

  constructor(lake: Lake) {
    this.#lake = lake;
  }

  /** The columns that it has, or will have: what is put there is made by `ready`. Undefined when there are too many tables. */
  columnsOf(name: string): Map<string, Column['type']> | undefined {
    const known = this.#columns.get(name);
    if (known !== undefined) return known;
    const table = this.#lake.catalogue.get(name);
    const others = [...this.#lake.catalogue.tables.values()].filter((t) => t.custom).length + this.#columns.size;
    if (table === undefined && others >= tablesMax) return undefined;
    const have = table?.columns ?? [{ name: 'TimeGenerated', type: 'datetime' as const }];
    const columns = new Map(have.map((column) => [column.name, column.type]));
    this.#columns.set(name, columns);
    return columns;
  }

  /** Makes the table of a stream, and the columns that it lacks. Does nothing for any other stream. */
  async ready(stream: string): Promise<void> {
    const name = stream.replace(/^Custom-/, '');
    const wanted = this.#columns.get(name);
    if (wanted === undefined) return;
    const columns = [...wanted].map(([column, type]) => ({ name: column, type }));
    const table = this.#lake.catalogue.get(name);
    if (table === undefined) await this.#lake.createTable({ name, columns });
    else {
      const have = new Set(table.columns.map((c) => c.name));
      const added = columns.filter((column) => !have.has(column.name));
      if (added.length > 0) await this.#lake.addColumns(name, added);
    }
  }
}
