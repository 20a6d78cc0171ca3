export * from './parameters.ts';
export * from './schema.ts';
export * from './visibility.ts';
export * from './criteria.ts';
export * from './resources.ts';
export * from './queries.ts';
