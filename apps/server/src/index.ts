export type { Platform, Domain } from './platform/types.ts';
