import { axisAggregates, axisFunctions } from './series/axis.ts';
import type { ScalarFunction } from './registry.ts';
import { refused, seriesColumnsOf, type SeriesColumns, type SeriesTable } from './series/columns.ts';
import { decomposeTables, seasonalFunctions } from './series/decompose.ts';
import { elementwiseFunctions } from './series/elementwise.ts';
import { fillFunctions } from './series/fill.ts';
import { filterFunctions } from './series/filters.ts';
import { fitFunctions, fitTables } from './series/fit.ts';
import { fourierTables } from './series/fourier.ts';
import { measureFunctions, statsTable } from './series/measures.ts';
import { outlierFunctions } from './series/outliers.ts';
import { periodTables } from './series/periods.ts';
import { polyTable } from './series/poly.ts';

/**
 * Functions over series: dynamic arrays of numbers. An element that is no number is null, and stays null.
 * https://learn.microsoft.com/kusto/query/scalar-functions#series-processing-functions
 */

const tables: readonly SeriesTable[] = [
  statsTable,
  polyTable,
  ...fitTables,
  ...periodTables,
  ...decomposeTables,
  ...fourierTables,
];

/** The functions that give several columns, by name. */
export const seriesColumns: ReadonlyMap<string, SeriesColumns> = new Map(
  tables.map((t) => [t.name, seriesColumnsOf(t)]),
);

export { axisAggregates as seriesAggregates };
export const seriesFunctions: readonly ScalarFunction[] = [
  ...axisFunctions,
  ...elementwiseFunctions,
  ...fillFunctions,
  ...filterFunctions,
  ...fitFunctions,
  ...measureFunctions,
  ...outlierFunctions,
  ...seasonalFunctions,
  ...tables.map(refused),
];
