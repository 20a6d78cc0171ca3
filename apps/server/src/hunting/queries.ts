import { SallyportError, type Cell, type QueryResult } from '@sallyport/contracts';
import {
  createKql,
  KqlError,
  type Compiled,
  type CompileOptions,
  type FunctionDefinition,
  type Kql,
} from '@sallyport/kql';
import type { Lake, Limits } from '@sallyport/lake';

export interface QueryRequest {
  readonly query: string;
  /** Bounds TimeGenerated of every table read. */
  readonly timespan?: { readonly from: Date; readonly to: Date };
  /** What `now()` is. */
  readonly now: Date;
  /** Rows of the answer. Default 500,000. */
  readonly maxRows?: number;
  /** A user principal name, or what asks: `rule <id>`. */
  readonly who: string;
  readonly operation: 'hunting' | 'rule' | 'alert';
  readonly limits?: Partial<Omit<Limits, 'rows'>>;
  readonly signal?: AbortSignal;
  /** What base tables are read from instead: for rules that look at what arrived in a time, and for tests. */
  readonly source?: CompileOptions['source'];
}

/** Runs KQL over the workspace. Everything of Sallyport that asks the lake in KQL goes through here. */
export interface Queries {
  readonly kql: Kql;
  /** As `Kql.compile`, but a fault of the query is a SallyportError InvalidQuery with its place. */
  compile(text: string, options: CompileOptions): Compiled;
  /** Compiles and runs. Throws SallyportError: InvalidQuery, QueryLimitExceeded, TooManyRequests, Unavailable. */
  run(request: QueryRequest): Promise<QueryResult>;
}

/** Log Analytics' own bound on the rows of one answer. */
export const rowsMax = 500_000;

/** `functions` are the stored functions that queries may call. */
export function createQueries(lake: Lake, functions: readonly FunctionDefinition[] = []): Queries {
  const kql = createKql(() => lake.kqlCatalogue(functions));
  const compile = (text: string, options: CompileOptions): Compiled => {
    try {
      return kql.compile(text, options);
    } catch (error) {
      throw error instanceof KqlError ? invalidQuery(error) : error;
    }
  };
  return {
    kql,
    compile,
    run: async (request) => {
      const maxRows = Math.min(request.maxRows ?? rowsMax, rowsMax);
      const compiled = compile(request.query, {
        now: request.now,
        maxRows,
        ...(request.timespan ? { timespan: request.timespan } : {}),
        ...(request.source ? { source: request.source } : {}),
      });
      const answer = await lake.query(compiled.sql, {
        who: request.who,
        operation: request.operation,
        // One more than asked for: that is how "there is more" shows.
        limits: { ...request.limits, rows: maxRows + 1 },
        tables: compiled.reads.map((read) => read.table),
        ...(request.signal ? { signal: request.signal } : {}),
      });
      const rows = answer.rows as Cell[][];
      const partial =
        answer.partial ??
        (rows.length > maxRows ? { reason: `more than ${maxRows} rows: the first ${maxRows} are shown` } : undefined);
      return {
        columns: [...compiled.columns],
        rows: rows.length > maxRows ? rows.slice(0, maxRows) : rows,
        statistics: answer.statistics,
        ...(compiled.visualization ? { visualization: compiled.visualization } : {}),
        ...(partial ? { partial } : {}),
      };
    },
  };
}

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
