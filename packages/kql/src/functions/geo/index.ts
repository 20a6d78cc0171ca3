import type { HostFunction } from '../host.ts';
import type { ScalarFunction } from '../registry.ts';

/** Kusto's geospatial functions. Those over points and cells are SQL; those over shapes run outside of the engine. */
export const geoFunctions: readonly ScalarFunction[] = [];
export const geoHostFunctions: readonly HostFunction[] = [];
