import { integer, sql, type Sql } from '../../sql.ts';
import type { KqlType } from '../../types.ts';
import { scalarWith, type CallInfo, type Operand, type Parameter, type ScalarFunction } from '../registry.ts';

/**
 * Functions that give several columns (series_stats, series_fit_line, …). The binder makes a hidden column of the whole answer, a tuple,
 * and reads its elements in a step above, so that the engine analyses and computes it once.
 */
export interface SeriesTable {
  readonly name: string;
  readonly parameters: readonly Parameter[];
  readonly columns: readonly { readonly name: string; readonly type: KqlType }[];
  /** A tuple with an element for each column. */
  readonly build: (args: readonly Operand[], call: CallInfo) => Sql;
}
/** Such a function as the binder takes it. */
export interface SeriesColumns {
  /** The whole tuple. */
  readonly whole: ScalarFunction;
  readonly types: readonly KqlType[];
  /** One entry for each column, where no step can stand beneath (`print`). */
  readonly each: readonly ScalarFunction[];
}

export const seriesColumnsOf = (table: SeriesTable): SeriesColumns => ({
  whole: scalarWith(table.name, table.parameters, 'dynamic', table.build, 'never'),
  types: table.columns.map((c) => c.type),
  each: table.columns.map((column, i) =>
    scalarWith(
      table.name,
      table.parameters,
      column.type,
      (args, call) => sql`tupleElement(${call.name(table.build(args, call))}, ${integer(i + 1)})`,
      'maybe',
    ),
  ),
});
/** What the function is where only one value can stand. */
export const refused = (table: SeriesTable): ScalarFunction =>
  scalarWith(table.name, table.parameters, table.columns[0]!.type, (_args, call) =>
    call.fail('gives several columns: it stands by itself in extend, project or print'),
  );
