export { openDatabase, isUniqueViolation, isConnectionError } from './pool.ts';
export { Listener } from './listen.ts';
export { remembered } from './remembered.ts';
export { migrate, readMigrations, MigrationError, type Migration } from './migrate.ts';
export type { Database, DatabaseRow, Queryable } from './types.ts';
