import { SallyportError, type webhookRoutes } from '@sallyport/contracts';
import type { FastifyRequest } from 'fastify';
import { requireCaller, type Handlers } from '../../platform/http/handlers.ts';
import type { IngestCore } from '../core.ts';
import { arrivalOfText, storeArrivals, type Arrival } from './arrivals.ts';
import { createDoor, senderOf } from './door.ts';
import { callKey } from './recent-calls.ts';

function headerOf({ headers }: FastifyRequest, ...names: readonly string[]): string | undefined {
  const found = names.map((name) => headers[name]).find((value) => value !== undefined);
  return typeof found === 'string' ? found.slice(0, 200) : undefined;
}

/** What kind of event it is, and which delivery of it: headers of GitHub, GitLab, Gitea, Bitbucket. */
const eventHeaders = ['x-github-event', 'x-gitlab-event', 'x-gitea-event', 'x-event-key'] as const;
const deliveryHeaders = ['x-github-delivery', 'x-gitlab-event-uuid', 'x-gitea-delivery', 'x-request-uuid'] as const;

/** The JSON of a body: the body itself, or its field `payload` where it is a form. */
function textOf(bytes: Buffer, request: FastifyRequest): string {
  const text = bytes.toString();
  if (!/^application\/x-www-form-urlencoded\b/i.test(request.headers['content-type'] ?? '')) return text;
  const payload = new URLSearchParams(text).get('payload');
  if (payload === null) throw new SallyportError('BadRequest', 'the form has no field `payload`', { target: 'body' });
  return payload;
}

function eventsOf(text: string): readonly string[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new SallyportError('BadRequest', 'the body is not JSON', { target: 'body' });
  }
  if (!Array.isArray(value)) return [text];
  return value.map((one) => JSON.stringify(one));
}

/**
 * Webhooks: each JSON object that comes, or each of an array, is an event. The pipeline has seen to the signature once the body is read. 200 once durable; a delivery that
 * comes again, as after an answer that got lost, is stored once.
 */
export function webhookHandlers(core: () => IngestCore): Handlers<typeof webhookRoutes> {
  const door = createDoor(core, { name: 'webhook', bytesMax: 25 * 2 ** 20, callsMax: 16, keptMax: 1 });
  return {
    sendWebhook: async (context, { params: { name }, query, body, request, reply }) => {
      door.called();
      const sender = senderOf(context);
      if (query.stream !== undefined && !core().streams.has(query.stream))
        throw new SallyportError('NotFound', `there is no stream \`${query.stream}\``, { target: 'query.stream' });
      const rest = {
        names: [query.stream, core().pins.current().ofWebhook(name)].flatMap((stream) => stream ?? []),
        group: '',
        labels: { source: name, sourceType: headerOf(request, ...eventHeaders) },
      };
      const arrivalOf = (text: string): Arrival => {
        const arrival = arrivalOfText(text, rest);
        return arrival.kind === 'object' ? arrival : { ...arrival, kind: 'value' };
      };
      const stored = await door.read({ body, request, sender }, async (bytes) => {
        const requestId = headerOf(request, ...deliveryHeaders);
        const { id: caller, workspaceId } = requireCaller(context);
        const arrivals = eventsOf(textOf(bytes, request)).map(arrivalOf);
        const store = (): Promise<void> => storeArrivals(core(), { door: door.name, sender, workspaceId }, arrivals);
        if (requestId === undefined) await store();
        else
          await core().recentCalls.once(callKey({ caller, stream: `webhook/${name}`, requestId, body: bytes }), store);
        return arrivals.length;
      });
      return reply.send({ accepted: stored });
    },
  };
}
