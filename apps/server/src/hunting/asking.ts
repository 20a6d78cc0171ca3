import type { QueryExplanation, QueryResult } from '@sallyport/contracts';
import type { JsonRows } from '@sallyport/kql';
import { requireCaller, type RequestContext } from '../platform/http/index.ts';
import type { Platform } from '../platform/types.ts';
import type { Workspace } from '../platform/workspaces/index.ts';
import type { OpenAnswer, OpenTable, Queries, ScopedSource } from './queries.ts';
import { queryLogRow, type AskedQuery } from './query-log.ts';
import type { CutRows } from './rows.ts';
import { createTurns } from './turns.ts';
import type { WorkspaceQueries } from './workspace-queries.ts';

/** Longest that a query which someone asked may take, as in Log Analytics' portal (10 minutes). */
export const secondsMax = 600;

/** A query that someone asks, through the portal or a client. */
export interface Asked {
  readonly query: string;
  /** What it is over. Default: the first. */
  readonly workspace?: Workspace | undefined;
  /** Of its `declare query_parameters(…)`: texts of constants. */
  readonly parameters?: Readonly<Record<string, string>> | undefined;
  readonly timespan?: { readonly from: Date; readonly to: Date } | undefined;
  readonly maxRows?: number | undefined;
  /** Default and most: `secondsMax`. */
  readonly seconds?: number | undefined;
  /** Of the answer's rows as text. */
  readonly bytes?: number | undefined;
  /** Default: now. */
  readonly now?: Date | undefined;
  /** What base tables are read from instead. */
  readonly source?: ScopedSource | undefined;
  /** For the log: which program asks, and where. */
  readonly client: string;
  readonly target: string;
  /** Ends the query beside the asker's leaving. */
  readonly signal?: AbortSignal | undefined;
}

export interface OpenAsked extends Asked {
  readonly rows: JsonRows;
  readonly several?: boolean | undefined;
  readonly early?: boolean | undefined;
}

/** Runs what people and clients ask: within their limits, under their name, and each with its row in `LAQueryLogs`. */
export interface Asking {
  run(context: RequestContext, asked: Asked): Promise<QueryResult>;
  explain(context: RequestContext, asked: Asked, run: boolean): Promise<QueryExplanation>;
  /** The rows are the caller's to read to their end, or to discard: then the query is logged. */
  open(context: RequestContext, asked: OpenAsked): Promise<OpenAnswer>;
}

export function createAsking({ clock, log, outbox }: Platform, queries: WorkspaceQueries): Asking {
  const over = ({ workspace }: Asked): Promise<Queries> =>
    workspace ? queries.of(workspace) : Promise.resolve(queries.first);
  const turns = createTurns();
  const signalOf = (context: RequestContext, { signal }: Asked): AbortSignal =>
    signal ? AbortSignal.any([signal, context.signal]) : context.signal;
  const turn = (context: RequestContext, asked: Asked) =>
    turns.take(requireCaller(context).id, signalOf(context, asked));

  const request = (context: RequestContext, asked: Asked, now: Date) => ({
    query: asked.query,
    now: asked.now ?? now,
    as: requireCaller(context),
    operation: 'hunting' as const,
    limits: {
      seconds: Math.min(asked.seconds ?? secondsMax, secondsMax),
      ...(asked.bytes === undefined ? {} : { bytes: asked.bytes }),
    },
    signal: signalOf(context, asked),
    ...(asked.maxRows === undefined ? {} : { maxRows: asked.maxRows }),
    ...(asked.timespan ? { timespan: asked.timespan } : {}),
    ...(asked.parameters ? { parameters: asked.parameters } : {}),
    ...(asked.source ? { scopedSource: asked.source } : {}),
  });

  /** Begins a row of the log; what it answers writes it. */
  const noted = (context: RequestContext, asked: Asked) => {
    const startedAt = clock.now();
    const started = performance.now();
    const note = async (outcome: AskedQuery['outcome']): Promise<void> => {
      const row = queryLogRow({
        query: asked.query,
        timespan: asked.timespan,
        who: requireCaller(context).name,
        requestId: context.requestId,
        client: asked.client,
        target: asked.target,
        startedAt,
        elapsedMs: performance.now() - started,
        outcome,
      });
      // The answer is there whether or not it can be noted now.
      await outbox.write('LAQueryLogs', [row]).catch((err: unknown) => log.error({ err }, 'a query was not logged'));
    };
    return { startedAt, note };
  };

  /** Work that ends with its row in the log. */
  const logged = async <T>(
    context: RequestContext,
    asked: Asked,
    work: (now: Date) => Promise<T>,
    took: (result: T) => { rows: number; bytesRead: number; cpuSeconds: number },
  ): Promise<T> => {
    const { startedAt, note } = noted(context, asked);
    try {
      const end = await turn(context, asked);
      const result = await work(startedAt).finally(end);
      await note(took(result));
      return result;
    } catch (error) {
      await note({ error });
      throw error;
    }
  };

  return {
    run: (context, asked) =>
      logged(
        context,
        asked,
        async (now) => (await over(asked)).run(request(context, asked, now)),
        ({ rows, statistics: { bytesRead, cpuSeconds } }) => ({ rows: rows.length, bytesRead, cpuSeconds }),
      ),
    explain: (context, asked, run) =>
      logged(
        context,
        asked,
        async (now) => (await over(asked)).explain(request(context, asked, now), run),
        ({ tables }) => ({
          rows: tables.reduce((sum, { ran }) => sum + (ran?.rows ?? 0), 0),
          bytesRead: tables.reduce((sum, { ran }) => sum + (ran?.bytesRead ?? 0), 0),
          // The engine's own explanation does not say.
          cpuSeconds: 0,
        }),
      ),
    open: async (context, asked) => {
      const { startedAt, note } = noted(context, asked);
      let end = (): void => undefined;
      const ended: Note = async (outcome) => {
        end();
        await note(outcome);
      };
      try {
        end = await turn(context, asked);
        const answer = await (
          await over(asked)
        ).open({
          ...request(context, asked, startedAt),
          rows: asked.rows,
          several: asked.several ?? false,
          early: asked.early ?? false,
        });
        return noting(answer, ended);
      } catch (error) {
        await ended({ error });
        throw error;
      }
    },
  };
}

type Note = (outcome: AskedQuery['outcome']) => Promise<void>;

/** The same answer; `note` is told how it ended, once: when its last table is over, or with what ended it before. */
function noting(answer: OpenAnswer, note: Note): OpenAnswer {
  let left = 1 + answer.further.length;
  let told = false;
  const sum = { rows: 0, bytesRead: 0, cpuSeconds: 0 };
  const tell: Note = async (outcome) => {
    if (told) return;
    told = true;
    await note(outcome);
  };
  const wrapped = <T extends OpenTable>(table: T): T => ({
    ...table,
    rows: whenOver(table.rows, async (outcome) => {
      if (outcome !== undefined) return tell(outcome);
      sum.rows += table.rows.count;
      sum.bytesRead += table.statistics.bytesRead;
      sum.cpuSeconds += table.statistics.cpuSeconds;
      if (--left === 0) await tell(sum);
    }),
  });
  const further = answer.further.map((table) => ({
    ...table,
    open: async () => {
      try {
        return wrapped(await table.open());
      } catch (error) {
        await tell({ error });
        throw error;
      }
    },
  }));
  return { ...wrapped(answer), further };
}

/** The same rows; `then` is told that they are over, or what ended them. */
function whenOver(rows: CutRows, then: (outcome?: { readonly error: unknown }) => Promise<void>): CutRows {
  async function* pieces(): AsyncGenerator<Buffer> {
    let whole = false;
    try {
      yield* rows;
      whole = true;
    } catch (error) {
      await then({ error });
      throw error;
    } finally {
      // A reader that stops half way is an asker that left.
      await then(whole ? undefined : { error: new DOMException('the asker left', 'AbortError') });
    }
  }
  return {
    get count() {
      return rows.count;
    },
    get bytes() {
      return rows.bytes;
    },
    get cut() {
      return rows.cut;
    },
    discard: () => rows.discard(),
    [Symbol.asyncIterator]: pieces,
  };
}
