export * from './parameters.ts';
export * from './schema.ts';
export * from './visibility.ts';
