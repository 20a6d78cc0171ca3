import { SallyportError, type logAnalyticsRoutes, type LogsQuery } from '@sallyport/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { requireCaller, type Handlers, type RequestContext } from '../../../platform/http/index.ts';
import type { Platform } from '../../../platform/types.ts';
import { knownWorkspaces, type Workspace } from '../../../platform/workspaces/index.ts';
import type { Asking } from '../../asking.ts';
import type { OpenAnswer, Queries } from '../../queries.ts';
import { ofAll } from '../../several-workspaces.ts';
import { intersection, parseTimespan } from '../../timespan.ts';
import { headerOf, sendJson } from '../http.ts';
import { answerOf, failedAnswer, type AnswerContext } from './answer.ts';
import { batchAnswer } from './batch.ts';
import type { LogsCall, RunLogsQuery } from './call.ts';
import { isTimeout, pathNotFound } from './errors.ts';
import { metadataOf } from './metadata.ts';
import { preferences, type Preferences } from './prefer.ts';
import { sentBy } from './resource.ts';

/**
 * Log Analytics' query API, for its unmodified clients.
 * https://learn.microsoft.com/azure/azure-monitor/logs/api/overview
 */

/** Log Analytics' own bounds on one answer. https://learn.microsoft.com/azure/azure-monitor/service-limits#log-queries-and-language */
const rowsMax = 500_000;
const bytesMax = 64_000_000;

export function logAnalyticsHandlers(
  { clock, workspaces }: Platform,
  asking: Asking,
  queriesOf: (workspace: Workspace) => Promise<Queries>,
): Handlers<typeof logAnalyticsRoutes> {
  const workspaceOf = (context: RequestContext, name: string): Workspace => {
    const found = knownWorkspaces(workspaces, requireCaller(context)).find(name);
    if (found) return found;
    throw new SallyportError('NotFound', `The workspace ${name.slice(0, 100)} could not be found`);
  };
  const timespanOf = (text: string | null | undefined) => {
    if (text === null || text === undefined || text === '') return undefined;
    const timespan = parseTimespan(text, clock.now());
    if (!timespan)
      throw new SallyportError('BadRequest', `The timespan '${text.slice(0, 100)}' is not an ISO 8601 interval`);
    return timespan;
  };

  const run: RunLogsQuery = async (context, workspaceId, call) => {
    const asked: Preferences = preferences(call.prefer);
    const all = [workspaceId, ...(call.workspaces ?? [])].map((name) => workspaceOf(context, name));
    const source = call.resource === undefined ? ofAll(all) : sentBy(call.resource);
    if (call.query.trim() === '') throw new SallyportError('BadRequest', 'The query is empty');
    const answerContext: AnswerContext = { workspaces: all, preferences: asked, correlationId: context.requestId };
    let opened: OpenAnswer;
    try {
      opened = await asking.open(context, {
        query: call.query,
        workspace: all[0],
        timespan: intersection(timespanOf(call.timespan), timespanOf(call.addressTimespan)),
        maxRows: rowsMax,
        bytes: bytesMax,
        seconds: asked.wait,
        client: call.client,
        target: call.target,
        rows: { shape: 'array', dynamic: 'text' },
        several: true,
        ...(source ? { source } : {}),
      });
    } catch (error) {
      // What the engine gave up on is a failure in part here; what took too long is none.
      if (error instanceof SallyportError && error.code === 'QueryLimitExceeded' && !isTimeout(error))
        return failedAnswer(error, answerContext);
      throw error;
    }
    return answerOf(opened, answerContext);
  };

  const single = async (
    context: RequestContext,
    workspaceId: string,
    { request, reply }: { request: FastifyRequest; reply: FastifyReply },
    call: Pick<LogsCall, 'query' | 'timespan' | 'addressTimespan' | 'workspaces' | 'resource'>,
  ) => {
    const answer = await run(context, workspaceId, {
      ...call,
      prefer: headerOf(request, 'prefer', 1_024),
      client: clientOf(request),
      target: request.routeOptions.url ?? '',
    });
    if (typeof answer !== 'string') return sendJson(reply, answer);
    return reply.type('application/json; charset=utf-8').header('cache-control', 'no-store').send(answer);
  };

  const ofResource = (context: RequestContext, { params, body, ...http }: ResourceCall) => {
    const [, path] = /^(.+)\/query$/i.exec(params['*']) ?? [];
    if (path === undefined) throw pathNotFound();
    const resource = `/subscriptions/${path}`;
    if (/\/providers\/microsoft\.operationalinsights\/workspaces\/[^/]+$/i.test(resource))
      return single(context, resource, http, partsOf(body));
    return single(context, workspaces.first.id, http, { ...partsOf(body), resource });
  };

  return {
    queryWorkspace: (context, { params, query, body, ...http }) =>
      single(context, params.workspaceId, http, { ...partsOf(body), addressTimespan: query.timespan }),
    queryWorkspaceByGet: (context, { params, query, ...http }) =>
      single(context, params.workspaceId, http, {
        query: query.query,
        timespan: query.timespan,
        workspaces: query.workspaces?.split(',').map((name) => name.trim()),
      }),
    queryResource: ofResource,
    queryResourceOfNewerClient: ofResource,
    queryBatch: (context, { body, request, reply }) =>
      sendJson(
        reply,
        batchAnswer(context, body.requests, { run, client: clientOf(request), target: request.routeOptions.url ?? '' }),
      ),
    getWorkspaceMetadata: async (context, { params, reply }) => {
      const workspace = workspaceOf(context, params.workspaceId);
      const catalogue = (await queriesOf(workspace)).catalogueOf(requireCaller(context));
      const metadata = metadataOf(catalogue, workspace);
      return reply
        .type('application/json; charset=utf-8')
        .header('cache-control', 'no-store')
        .send(JSON.stringify(metadata));
    },
  };
}

interface ResourceCall {
  readonly params: { readonly '*': string };
  readonly body: LogsQuery;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

const partsOf = ({ query, timespan, workspaces }: LogsQuery) => ({ query, timespan, workspaces });

const clientOf = (request: FastifyRequest): string =>
  headerOf(request, 'x-ms-app') ?? headerOf(request, 'user-agent', 100) ?? 'Log Analytics';
