import {
  SallyportError,
  type Cell,
  type Column,
  type GrantedPermission,
  type QueryExplanation,
  type QueryResult,
} from '@sallyport/contracts';
import {
  KqlError,
  type Ask,
  type Compiled,
  type CompiledTable,
  type CompileOptions,
  type FunctionDefinition,
  type JsonRows,
  type Kql,
  type KqlCatalogue,
  type Sql,
  type TableSchema,
  type Visualization,
  type WatchlistSchema,
  type WorkspaceSchema,
} from '@sallyport/kql';
import { engineCode, type Lake, type Limits, type Statistics } from '@sallyport/lake';
import { explain } from './explain.ts';
import { ownTables } from './own-tables.ts';
import { createExternal, type External } from './external/index.ts';
import { leftOut } from './long-term.ts';
import { rowsOf, type CutRows } from './rows.ts';
import { Sights, type Seeing } from './scope/seeing.ts';
import type { Place } from './scope/within.ts';
import { dataScopeOf } from '../platform/data-scope.ts';
import type { Principal } from '../platform/principal.ts';
import { workspaceGuid } from '../platform/workspaces/index.ts';

/** What is put behind FROM where a base table is read as `alias`, before WHERE: only the rows that whoever asks may see. `workspace`: default: the table's own. */
export type RowsOf = (alias: Sql, workspace?: Place) => Sql;
/** What a base table is read from instead. It reads no table without `rows`. */
export type ScopedSource = (table: TableSchema, rows: RowsOf) => Sql | undefined;

export interface QueryRequest {
  readonly query: string;
  /** Bounds TimeGenerated of every table read. */
  readonly timespan?: { readonly from: Date; readonly to: Date };
  /** Of its `declare query_parameters(…)`: texts of constants. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** What `now()` is. */
  readonly now: Date;
  /** Rows of the answer. Default 500,000. */
  readonly maxRows?: number;
  /** Whom it is asked as: it reads what that principal may see, and the query log and costs tell its name. */
  readonly as: Principal;
  /** The permission by which that principal sees rows. Default: `securityData.read`. */
  readonly by?: GrantedPermission;
  readonly operation: 'hunting' | 'rule' | 'alert';
  readonly limits?: Partial<Omit<Limits, 'rows'>>;
  readonly signal?: AbortSignal;
  /** What base tables are read from instead: for rules that look at what arrived in a time, and for tests. */
  readonly source?: CompileOptions['source'];
  /** The same, where it sees to what the principal may see by itself. */
  readonly scopedSource?: ScopedSource;
}

/** SQL that reads rows is made for somebody; what is only looked at is for nobody. */
export type CompileFor = CompileOptions & ({ readonly noData: true } | { readonly as: Principal });

export interface OpenRequest extends QueryRequest {
  readonly rows: JsonRows;
  /** Whether the query may give more than one table. */
  readonly several?: boolean;
  /** False (default): the engine has the whole answer before its first byte comes. True: bytes come while it works. */
  readonly early?: boolean;
}

/** One table of an answer, whose rows are still to be read. */
export interface OpenTable extends Described {
  /** Rows as text of JSON, cut at the request's limits. To be read once, or discarded. */
  readonly rows: CutRows;
  /** Known when the engine was waited for; zeros when `early`. */
  readonly statistics: Statistics;
}

interface Described {
  readonly columns: readonly Column[];
  /** What `as` or `fork` named it. */
  readonly name?: string;
  readonly visualization?: Visualization;
}

/** The first table of an answer; with `several`, and where the query gives more, those that follow, each run when it is opened. */
export interface OpenAnswer extends OpenTable {
  /** What rows it did not look at, in words, since they are past their table's interactive time; undefined when there are none. Asks the engine. */
  readonly leftOut: () => Promise<string | undefined>;
  readonly further: readonly (Described & { open(): Promise<OpenTable> })[];
}

/** An answer with all that it took in the engine, what was asked to compile the query too. */
export interface QueryAnswer extends QueryResult {
  readonly statistics: Statistics;
}

/** Runs KQL over the workspace. Everything of Sallyport that asks the lake in KQL goes through here. */
export interface Queries {
  readonly kql: Kql;
  /** The stored functions that queries may call now. */
  readonly functions: () => readonly FunctionDefinition[];
  /** The compiler as somebody knows the workspace: for checks of what they write. */
  kqlOf(as: Principal): Kql;
  /** The tables of which somebody sees any row, with the functions. */
  catalogueOf(as: Principal): KqlCatalogue;
  /** The tables of which somebody sees any row, and whether each. `by`: default: `securityData.read`. */
  tablesOf(as: Principal, by?: GrantedPermission): ReadonlyMap<string, 'whole' | 'some'>;
  /** Whether somebody sees any row of a table. */
  sees(as: Principal, table: string): boolean;
  /**
   * As `Kql.compile`, but a fault of the query is a SallyportError InvalidQuery with its place. What the query asks of other addresses
   * has no rows.
   */
  compile(text: string, options: CompileFor): Compiled;
  /** Compiles and runs. Throws SallyportError: InvalidQuery, QueryLimitExceeded, TooManyRequests, Unavailable. */
  run(request: QueryRequest): Promise<QueryAnswer>;
  /** What becomes of a query; see `explain.ts`. Throws as `run` does, and Forbidden for who sees a part of the data: what the engine reads tells of the rest. */
  explain(request: QueryRequest, run: boolean): Promise<QueryExplanation>;
  /** Compiles and begins to run; the rows pass through as the engine wrote them. Throws as `run` does; so may the rows when `early`. */
  open(request: OpenRequest): Promise<OpenAnswer>;
}

/** Log Analytics' own bound on the rows of one answer. */
export const rowsMax = 500_000;
/** And on its bytes. https://learn.microsoft.com/azure/azure-monitor/service-limits#log-analytics-workspaces */
export const bytesMax = 64_000_000;

/** What a text takes in the engine beside its bytes. */
const textOverhead = 16;

/** The watchlists that there are now. Another `version` when one of them changed what it says. */
export interface KnownWatchlists {
  readonly version: string;
  readonly watchlists: readonly WatchlistSchema[];
}

/** The workspace that queries are over, among the others. */
export interface QueryPlace {
  /** What it may be called. */
  readonly names: () => readonly string[];
  /** Its GUID. */
  readonly tenantId: string;
  /** Those that `workspace('…')` may name; the same list until one changes. */
  readonly others: () => readonly WorkspaceSchema[];
}

/** `functions`: the stored functions that queries may call; asked anew for each query where they change, the same object while they are the same. */
export function createQueries(
  lake: Lake,
  functions: readonly FunctionDefinition[] | (() => readonly FunctionDefinition[]) = [],
  external: External = createExternal(),
  known: () => KnownWatchlists = () => ({ version: '', watchlists: [] }),
  place?: QueryPlace,
): Queries {
  const stored = typeof functions === 'function' ? functions : () => functions;
  const plainNames: readonly string[] = [lake.workspace, workspaceGuid(lake.workspace)];
  const everything = (): KqlCatalogue => {
    const own = lake.kqlCatalogue(stored());
    const names = place?.names() ?? plainNames;
    // The library's state is kept by the version.
    const named = names.join() === plainNames.join() ? own.version : `${own.version} in ${names.join()}`;
    const catalogue = { ...own, version: named, names, ...(place ? { workspaces: place.others() } : {}) };
    const { version, watchlists } = known();
    return watchlists.length === 0
      ? catalogue
      : { ...catalogue, version: `${catalogue.version} watchlists ${version}`, watchlists };
  };
  const sights = new Sights({
    catalogue: everything,
    lookups: lake.lookups,
    tenantId: place?.tenantId,
    here: { id: place?.tenantId ?? workspaceGuid(lake.workspace), database: lake.workspace },
  });
  const seenBy = ({ as, by }: Pick<QueryRequest, 'as' | 'by'>): Seeing => sights.of(dataScopeOf(as, by));
  const { kql } = sights.whole;
  const explained = <T>(error: unknown): T => {
    throw error instanceof KqlError ? invalidQuery(error) : error;
  };
  const compile = (text: string, given: CompileFor): Compiled => {
    const { as, ...options }: CompileOptions & { as?: Principal } = given;
    const answers = external.withoutRows(text);
    try {
      return (as ? seenBy({ as }).kql : kql).compile(text, answers ? { external: answers, ...options } : options);
    } catch (error) {
      return explained(error);
    }
  };

  const engineOptions = ({ as, operation, limits, signal }: QueryRequest) => ({
    who: as.name,
    operation,
    ...(limits ? { limits } : {}),
    ...(signal ? { signal } : {}),
  });
  /** Compiles; what only the data knows is asked of the engine, under the request's own limits. */
  const prepare = async (
    request: QueryRequest,
    maxRows: number,
    more: Pick<CompileOptions, 'output' | 'several' | 'plan'> = {},
    took: (statistics: Statistics) => void = () => undefined,
  ): Promise<Compiled> => {
    const ask: Ask = async (sql) => {
      const { rows, statistics } = await lake.query(sql, engineOptions(request));
      took(statistics);
      return rows;
    };
    const { query, parameters, now, timespan, signal, scopedSource } = request;
    const { kql, rowsOf } = seenBy(request);
    const source: CompileOptions['source'] = scopedSource
      ? (table) => scopedSource(table, (alias, workspace) => rowsOf(table, alias, workspace, now))
      : request.source;
    const options = {
      now,
      maxRows,
      ...(parameters ? { parameters } : {}),
      ...(timespan ? { timespan } : {}),
      ...(source ? { source, sourceIsWithin: scopedSource !== undefined } : {}),
      ...more,
    };
    const answers = await external.prepare(kql, query, options, signal);
    return kql
      .compileAsking(query, answers ? { ...options, external: answers } : options, ask)
      .catch(explained<Compiled>);
  };

  const told = (request: QueryRequest, statistics: Statistics): Statistics =>
    seenBy(request).scope.whole ? statistics : { ...statistics, rowsRead: 0, bytesRead: 0 };
  /** What the engine says of a fault may be about SQL that holds conditions of a scope. */
  const plainly =
    (request: QueryRequest) =>
    (error: unknown): never => {
      const isOfEngine =
        error instanceof SallyportError && error.code === 'InvalidQuery' && !(error.cause instanceof KqlError);
      if (!isOfEngine || seenBy(request).scope.whole || isThrown(error)) throw error;
      throw new SallyportError('InvalidQuery', 'the engine refused the query', { cause: error });
    };

  const queries: Queries = {
    kql,
    kqlOf: (as) => seenBy({ as }).kql,
    catalogueOf: (as) => seenBy({ as }).catalogue(),
    tablesOf: (as, by) => {
      const { within, catalogue } = sights.of(dataScopeOf(as, by));
      return new Map(
        catalogue().tables.map((table) => [table.name, within && within.of(table) !== 'whole' ? 'some' : 'whole']),
      );
    },
    sees: (as, table) => {
      const { scope, catalogue } = seenBy({ as });
      return scope.whole || catalogue().tables.some(({ name }) => name === table);
    },
    functions: stored,
    compile,
    run: async (request) => {
      const maxRows = Math.min(request.maxRows ?? rowsMax, rowsMax);
      let sum = noStatistics;
      const compiled = await prepare(request, maxRows, {}, (one) => {
        sum = added(sum, one);
      });
      const answer = await lake.query(compiled.sql, {
        ...engineOptions(request),
        // One more than asked for: that is how "there is more" shows.
        limits: { ...request.limits, rows: maxRows + 1 },
        tables: ownTables(compiled),
      });
      const rows = answer.rows as Cell[][];
      const reasons = [
        answer.partial?.reason ??
          (rows.length > maxRows ? `more than ${maxRows} rows: the first ${maxRows} are shown` : undefined),
        // Rules look at what has just come.
        request.operation === 'rule' ? undefined : await leftOut(lake, compiled, request),
      ].filter((reason) => reason !== undefined);
      return {
        columns: [...compiled.columns],
        rows: rows.length > maxRows ? rows.slice(0, maxRows) : rows,
        statistics: told(request, added(sum, answer.statistics)),
        ...(compiled.visualization ? { visualization: compiled.visualization } : {}),
        ...(reasons.length > 0 ? { partial: { reason: reasons.join('; ') } } : {}),
      };
    },
    explain: async (request, run) => {
      if (!seenBy(request).scope.whole)
        throw new SallyportError(
          'Forbidden',
          'what the engine reads for a query is shown to those who see all data: it tells of rows beside yours',
        );
      const compiled = await prepare(request, request.maxRows ?? rowsMax, { several: true, plan: true });
      return explain(lake, compiled, { ...engineOptions(request), run });
    },
    open: async (request) => {
      const rows = request.maxRows ?? rowsMax;
      const bytes = request.limits?.bytes ?? bytesMax;
      const compiled = await prepare(request, rows, { output: request.rows, several: request.several ?? false });
      const options = {
        ...engineOptions(request),
        format: 'TSVRaw',
        tables: ownTables(compiled),
        // Past this the engine stops; the texts alone are over the limit then, so that the cut shows.
        limits: { ...request.limits, bytes: bytes + textOverhead * (rows + 1) },
      };
      const open = async (table: CompiledTable): Promise<OpenTable> => {
        const { stream, statistics } = request.early
          ? { stream: await lake.stream(table.sql, options), statistics: noStatistics }
          : await lake.read(table.sql, options);
        return { ...described(table), rows: rowsOf(stream, { rows, bytes }), statistics: told(request, statistics) };
      };
      const further = (compiled.further ?? []).map((table) => ({ ...described(table), open: () => open(table) }));
      return { ...(await open(compiled)), further, leftOut: () => leftOut(lake, compiled, request) };
    },
  };
  return {
    ...queries,
    run: (request) => queries.run(request).catch(plainly(request)),
    open: (request) => queries.open(request).catch(plainly(request)),
  };
}

/** What a query itself says of a value, in its own words. */
const isThrown = (error: unknown): boolean => engineCode(error) === 395;

const described = ({ columns, name, visualization }: CompiledTable): Described => ({
  columns,
  ...(name === undefined ? {} : { name }),
  ...(visualization ? { visualization } : {}),
});

const noStatistics: Statistics = { elapsedSeconds: 0, rowsRead: 0, bytesRead: 0, cpuSeconds: 0 };
const added = (a: Statistics, b: Statistics): Statistics => ({
  elapsedSeconds: a.elapsedSeconds + b.elapsedSeconds,
  rowsRead: a.rowsRead + b.rowsRead,
  bytesRead: a.bytesRead + b.bytesRead,
  cpuSeconds: a.cpuSeconds + b.cpuSeconds,
});

/** A query's fault with its place: `target` is `start..end` in UTF-16 units of the text. */
function invalidQuery(error: KqlError): SallyportError {
  const place = ({ start, end }: { start: number; end: number }) => `${start}..${end}`;
  const all = [error, ...error.others].slice(0, 50);
  return new SallyportError('InvalidQuery', error.message, {
    target: place(error.span),
    details: all.map(({ code, message, span }) => ({ code, message, target: place(span) })),
    cause: error,
  });
}
