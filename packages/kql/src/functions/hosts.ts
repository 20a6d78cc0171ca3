import { geoHostFunctions } from './geo/index.ts';
import type { HostFunction } from './host.ts';
import { indexByName } from './registry.ts';

/** Every function that runs outside of the engine, by name: see `host.ts`. */
export const hostFunctions: ReadonlyMap<string, HostFunction> = indexByName([geoHostFunctions]);
