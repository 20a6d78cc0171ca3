import { compressionFunctions } from './compression.ts';
import { geoHostFunctions } from './geo/index.ts';
import type { HostFunction, PreparedFunction } from './host.ts';
import { punycodeFunctions } from './punycode.ts';
import { indexByName } from './registry.ts';
import { schemaFunctions } from './schema.ts';
import { statisticsFunctions } from './statistics.ts';
import { userAgentFunctions } from './user-agent.ts';
import { zoneHostFunctions } from './zones.ts';

/** Every function that runs outside of the engine, by name: see `host.ts`. */
export const hostFunctions: ReadonlyMap<string, HostFunction | PreparedFunction> = indexByName<
  HostFunction | PreparedFunction
>([
  compressionFunctions,
  geoHostFunctions,
  punycodeFunctions,
  schemaFunctions,
  statisticsFunctions,
  userAgentFunctions,
  zoneHostFunctions,
]);
