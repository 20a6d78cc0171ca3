import type { HostFunction, PreparedFunction } from '../host.ts';
import type { ScalarFunction } from '../registry.ts';
import { coverFunctions } from './covers.ts';
import { geohashFunctions } from './geohash.ts';
import { h3Functions } from './h3.ts';
import { pointFunctions } from './points.ts';
import { s2CellFunctions } from './s2cells.ts';
import { madeFunctions } from './made.ts';
import { preparedFunctions } from './prepared.ts';
import { shapeFunctions } from './shapes.ts';

/** Kusto's geospatial functions. Those over points and cells are SQL; those over shapes run outside of the engine. */
export const geoFunctions: readonly ScalarFunction[] = [
  ...pointFunctions,
  ...geohashFunctions,
  ...h3Functions,
  ...s2CellFunctions,
];
export const geoHostFunctions: readonly (HostFunction | PreparedFunction)[] = [
  ...shapeFunctions,
  ...madeFunctions,
  ...preparedFunctions,
  ...coverFunctions,
];
