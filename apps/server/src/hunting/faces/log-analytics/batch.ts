import { SallyportError } from '@sallyport/contracts';
import { z } from 'zod';
import type { RequestContext } from '../../../platform/http/index.ts';
import { publicError } from '../../../platform/errors.ts';
import type { LogsAnswer, LogsCall, RunLogsQuery } from './call.ts';
import { logsFault, pathNotFound } from './errors.ts';

/** A member of a batch. https://learn.microsoft.com/azure/azure-monitor/logs/api/batch-queries */
export interface BatchMember {
  readonly id: string;
  readonly workspace: string;
  readonly path?: string | null | undefined;
  readonly method?: string | null | undefined;
  readonly headers?: Readonly<Record<string, unknown>> | null | undefined;
  readonly body?: unknown;
}

const Body = z.object({
  query: z.string(),
  timespan: z.string().max(256).nullish(),
  workspaces: z.array(z.string().max(512)).max(100).nullish(),
});

interface Batch {
  readonly run: RunLogsQuery;
  readonly client: string;
  readonly target: string;
}

/** `{responses: [{id, status, body}, …]}`: one query after the other, each passed on before the next begins. */
export async function* batchAnswer(
  context: RequestContext,
  members: readonly BatchMember[],
  batch: Batch,
): AsyncGenerator<string | Buffer> {
  yield '{"responses":[';
  for (const [i, member] of members.entries()) {
    const head = (status: number) =>
      `${i === 0 ? '' : ','}{"id":${JSON.stringify(member.id)},"status":${status},"headers":{},"body":`;
    const query = queryOf(member);
    let answer: LogsAnswer;
    try {
      answer = await batch.run(context, member.workspace, {
        ...callOf(member),
        client: batch.client,
        target: batch.target,
      });
    } catch (error) {
      if (context.signal.aborted) throw error;
      const fault = logsFault(publicError(error), context.requestId, query);
      yield `${head(fault.status)}${JSON.stringify({ error: fault.error })}}`;
      continue;
    }
    yield head(200);
    if (typeof answer === 'string') yield answer;
    else yield* answer;
    yield '}';
  }
  yield ']}';
}

const queryOf = ({ body }: BatchMember): string | undefined => {
  const query = (body as { query?: unknown } | undefined)?.query;
  return typeof query === 'string' ? query : undefined;
};

/** What a member asks. Throws BadRequest and NotFound. Without a method it is a GET, whose query stands in its path. */
function callOf({ path, method, headers, body }: BatchMember): Omit<LogsCall, 'client' | 'target'> {
  const url = new URL(path ?? '/query', 'https://batch');
  const verb = (method ?? (body === undefined ? 'GET' : 'POST')).toUpperCase();
  if (url.pathname !== '/query' || (verb !== 'GET' && verb !== 'POST')) throw pathNotFound();
  const prefer = Object.entries(headers ?? {}).find(([name]) => name.toLowerCase() === 'prefer')?.[1];
  const parsed = Body.safeParse(verb === 'POST' ? body : Object.fromEntries(url.searchParams));
  if (!parsed.success) throw new SallyportError('BadRequest', 'The request had some invalid properties');
  return { ...parsed.data, prefer: typeof prefer === 'string' ? prefer : undefined };
}
