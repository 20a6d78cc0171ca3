export { startEngine, type Engine, type EngineExit, type EngineOptions } from './engine/start.ts';
export {
  Catalogue,
  define,
  shippedTables,
  type Column,
  type KqlCatalogue,
  type KqlFunction,
  type TableDefinition,
} from './catalogue/catalogue.ts';
export {
  loadFunctions,
  readFunctions,
  shippedFunctions,
  shippedLogSources,
  type ShippedFunction,
} from './catalogue/functions.ts';
export { deviceNames, groupMark } from './catalogue/device.ts';
export type { Statistics } from './connection.ts';
export { loadAsim, type AsimSchema } from './catalogue/asim.ts';
export { KqlType, TableFile, TableFileError, parseTableFile } from './catalogue/file.ts';
export { columnType, ddl, engineType, type ClusterDdl } from './ddl.ts';
export {
  Lake,
  type Asked,
  defaultLimits,
  lookupNames,
  type LakeOptions,
  type Limits,
  type LookupNames,
  type QueryOptions,
  type QueryResult,
  type ReadAnswer,
} from './lake.ts';
export { readDatabases, shippedLocations, type LocationDatabases } from './ip-location/database.ts';
export type { Location } from './ip-location/locate.ts';
export { MmdbError } from './ip-location/mmdb.ts';
export type { EntitiesResult } from './entities/store.ts';
export type { IpLocationResult } from './ip-location/store.ts';
export type { Deletion } from './retention/deleting.ts';
export { covers, everyTable, heldRows, isActive, LegalHold } from './retention/holds.ts';
export {
  auxiliaryInteractiveDays,
  interactiveRows,
  tablePlans,
  type Retention,
  type TablePlan,
} from './retention/storage.ts';
export { noRows, type TableStatus, type TierSize } from './retention/table-status.ts';
export type { LoadLimits, LoadResult, LoadSegment, LoadStatement, SharedRows } from './load.ts';
export type { PayloadRange } from './parts.ts';
export { convertText, type Reader } from './reader.ts';
export { engineCode } from './errors.ts';
export { sqlName, sqlString } from './sql.ts';
export { watchlistColumn, type WatchlistItemRow } from './watchlists.ts';
export { Shares, soleShare } from './spool/shares.ts';
export {
  Spool,
  SpoolFull,
  type PoisonedSegment,
  type SpoolOptions,
  type SpoolSegment,
  type SpoolStats,
} from './spool/spool.ts';
