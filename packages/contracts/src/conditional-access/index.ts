export * from './values.ts';
export * from './strength.ts';
export * from './policy.ts';
export * from './named-location.ts';
export * from './evaluate.ts';
