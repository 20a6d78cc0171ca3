export { compile, compileAsking, maxQueryLength, tablesOf, type Ask } from './compile.ts';
export { createKql, type Kql, type Read } from './create-kql.ts';
export type { Depends } from './depends.ts';
export { conform, type ConformCase, type ConformReport, type Executor } from './conform.ts';
export { externalWithoutRows } from './external.ts';
export { ownFunctions } from './functions/entities.ts';
export { soundJson } from './functions/json-repair.ts';
export { namedTables } from './named-tables.ts';
export { expressionFaults, rowLevelFaults, type RowFault } from './row-level.ts';
export { rowCondition } from './row-condition.ts';
export {
  rowQuery,
  sourceColumns,
  type Clause,
  type Literal,
  type NotRowLevel,
  type RowQuery,
} from './row-query/row-query.ts';
export { KqlError, type OwnCode, type Span } from './errors.ts';
export { workspacesPerQuery } from './workspaces.ts';
export {
  Sql,
  sql,
  string as sqlString,
  identifier as sqlIdentifier,
  integer as sqlInteger,
  join as sqlJoin,
} from './sql.ts';
export {
  engineSettings,
  everyRewrite,
  kqlTypes,
  storedTable,
  type Column,
  type Compiled,
  type CompiledTable,
  type ExternalDataRequest,
  type ExternalRequest,
  type HttpRequest,
  type CompileOptions,
  type FunctionDefinition,
  type Entities,
  type IpLocation,
  type Lookups,
  type JsonRows,
  type KqlCatalogue,
  type KqlType,
  type RowCondition,
  type RowScope,
  type Rewrites,
  type TableRead,
  type TableSchema,
  type Visualization,
  type WatchlistSchema,
  type Within,
  type WorkspaceSchema,
} from './types.ts';
