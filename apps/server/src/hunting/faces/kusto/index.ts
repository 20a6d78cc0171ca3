import { randomUUID } from 'node:crypto';
import { SallyportError, type KustoRequest, type kustoRoutes } from '@sallyport/contracts';
import type { FunctionDefinition } from '@sallyport/kql';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { requireCaller, type Handlers, type RequestContext } from '../../../platform/http/index.ts';
import type { Platform } from '../../../platform/types.ts';
import type { Workspace } from '../../../platform/workspaces/index.ts';
import type { Asking } from '../../asking.ts';
import type { Queries } from '../../queries.ts';
import { headerOf, sendJson } from '../http.ts';
import { databaseOf, runCommand } from './commands.ts';
import { gaveUp, idHeaders, isPartial } from './failure.ts';
import { commandFrames, failedFrames, queryFrames, type Answering } from './frames.ts';
import { asQuery, splitPipe } from './pipe.ts';
import { readProperties } from './properties.ts';
import { createRunning } from './running.ts';
import { commandTables, failedTables, queryTables } from './tables-v1.ts';
import { dataScopeOf } from '../../../platform/data-scope.ts';
import { knownWorkspaces } from '../../../platform/workspaces/index.ts';

/**
 * Kusto's REST endpoints, for its unmodified clients.
 * https://learn.microsoft.com/kusto/api/rest/
 */

export interface KustoOptions {
  readonly functions: () => readonly FunctionDefinition[];
  readonly queriesOf: (workspace: Workspace) => Promise<Queries>;
  readonly version: string;
  readonly publicUrl: string;
}

interface Call {
  readonly body: KustoRequest;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

interface Begun {
  readonly answering: Answering;
  /** The database that the client names. */
  readonly workspace: Workspace;
}

export function kustoHandlers(
  { clock, workspaces }: Platform,
  asking: Asking,
  { functions, queriesOf, version, publicUrl }: KustoOptions,
): Handlers<typeof kustoRoutes> {
  const running = createRunning();
  const startedAt = clock.now();

  const begin = (context: RequestContext, { body, request, reply }: Call): Begun => {
    const properties = readProperties(body.properties, body.csl);
    const given = headerOf(request, 'x-ms-client-request-id') ?? properties.clientRequestId;
    const ids = { clientRequestId: given ?? `unspecified;${randomUUID()}`, activityId: context.requestId };
    reply.headers(idHeaders(ids));
    return {
      answering: { ids, properties },
      workspace: databaseOf(body.db, knownWorkspaces(workspaces, requireCaller(context))),
    };
  };

  const send = (reply: FastifyReply, text: string) =>
    reply.type('application/json; charset=utf-8').header('cache-control', 'no-store').send(text);

  const query = async (context: RequestContext, call: Call, version: 1 | 2, begun: Begun, text: string) => {
    const { answering, workspace } = begun;
    const { properties, ids } = answering;
    const caller = requireCaller(context).id;
    const { signal, over } = running.add(caller, ids.clientRequestId);
    try {
      const opened = await asking.open(context, {
        query: text,
        workspace,
        parameters: properties.parameters,
        timespan: properties.timespan,
        now: properties.now,
        maxRows: Math.min(properties.maxRows, properties.takeRows ?? Infinity),
        bytes: properties.maxBytes,
        seconds: properties.seconds,
        signal,
        client: headerOf(call.request, 'x-ms-app') ?? properties.application ?? 'Kusto',
        target: call.request.routeOptions.url ?? '',
        rows: { shape: 'array', dynamic: 'value' },
        several: true,
        early: properties.noTruncation || properties.progressive,
      });
      const pieces = version === 2 ? queryFrames(opened, answering) : queryTables(opened, answering);
      return sendJson(call.reply, andThen(pieces, over));
    } catch (error) {
      over();
      const failure = isPartial(error) ? gaveUp(error, ids) : undefined;
      if (!failure) throw error;
      return send(call.reply, version === 2 ? failedFrames(failure, answering) : failedTables(failure));
    }
  };

  const command = async (context: RequestContext, call: Call, version: 1 | 2) => {
    const begun = begin(context, call);
    const { answering, workspace } = begun;
    const { command: shown, query: behind } = splitPipe(call.body.csl);
    const caller = requireCaller(context);
    const queries = await queriesOf(workspace);
    const table = await runCommand(shown, workspace, {
      workspaces: knownWorkspaces(workspaces, caller),
      catalogue: queries.catalogueOf(caller),
      seesAll: dataScopeOf(caller).whole,
      functions: functions(),
      version: versionOf(),
      startedAt,
      cancel: (id) => running.cancel(requireCaller(context).id, id),
    });
    if (behind !== undefined) return query(context, call, version, begun, asQuery(table, behind));
    return send(call.reply, version === 2 ? commandFrames(table, answering) : commandTables(table));
  };
  const versionOf = () => version;

  const isCommand = (csl: string): boolean => csl.trimStart().startsWith('.');
  const queryOrCommand = (version: 1 | 2) => async (context: RequestContext, call: Call) => {
    if (isCommand(call.body.csl)) return command(context, call, version);
    return query(context, call, version, begin(context, call), call.body.csl);
  };

  return {
    getKustoAuthMetadata: (_context, { reply }) => send(reply, JSON.stringify(authMetadata(publicUrl))),
    pingKusto: (_context, { reply }) => reply.type('text/plain; charset=utf-8').send('Pong!'),
    queryKusto: queryOrCommand(2),
    queryKustoByGet: (context, { query: body, request, reply }) => queryOrCommand(2)(context, { body, request, reply }),
    queryKustoV1: queryOrCommand(1),
    queryKustoV1ByGet: (context, { query: body, request, reply }) =>
      queryOrCommand(1)(context, { body, request, reply }),
    manageKusto: async (context, call) => {
      if (!isCommand(call.body.csl)) throw new SallyportError('BadRequest', 'a command begins with a dot');
      return command(context, call, 1);
    },
  };
}

/** The same pieces; `then` when they are over, however they end. */
async function* andThen<T>(pieces: AsyncIterable<T>, then: () => void): AsyncGenerator<T> {
  try {
    yield* pieces;
  } finally {
    then();
  }
}

/** Tokens come from us alone, so that no client is sent to Microsoft with a credential that is meant for us. */
const authMetadata = (publicUrl: string) => ({
  AzureAD: {
    LoginEndpoint: publicUrl,
    LoginMfaRequired: false,
    KustoClientAppId: 'sallyport',
    KustoClientRedirectUri: 'http://localhost',
    KustoServiceResourceId: publicUrl,
    FirstPartyAuthorityUrl: publicUrl,
  },
});
