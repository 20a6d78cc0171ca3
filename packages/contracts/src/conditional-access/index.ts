export * from './values.ts';
export * from './strength.ts';
export * from './policy.ts';
export * from './named-location.ts';
export * from './evaluate.ts';
export * from './authentication-context.ts';
export * from './sallyport.ts';
export * from './agreement.ts';
