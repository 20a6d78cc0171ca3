export { identifierOf, kindOf, kinds, type Kind } from './kinds.ts';
export { emptyInventory, namesOf, withKnown, type Inventory, type Known } from './known.ts';
export { mergeEntities, resolveEntities, type MappedEntity, type ResolvedEntity } from './resolve.ts';
export { entitiesColumn, entitiesThatFit } from './serialise.ts';
export { readEntities } from './read.ts';
export { classOfAddress, isWellKnownDomain } from './shared.ts';
