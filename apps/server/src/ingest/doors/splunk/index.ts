import type { HecRawQuery, splunkRoutes } from '@sallyport/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Handlers } from '../../../platform/http/handlers.ts';
import type { IngestCore } from '../../core.ts';
import { storeArrivals } from '../arrivals.ts';
import { createDoor, sendingOf, type DoorCall } from '../door.ts';
import { HecError } from './answers.ts';
import { readEvents, readLines, type HecEvents } from './events.ts';

export { hecFace } from './answers.ts';

interface Call extends DoorCall {
  readonly reply: FastifyReply;
  readonly query: { readonly channel?: string | undefined };
}

/** Splunk wants a GUID, in any of its writings. */
const channelForm = /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i;

function channelOf(request: FastifyRequest, query: { channel?: string | undefined }): string | undefined {
  const header = request.headers['x-splunk-request-channel'];
  const channel = query.channel ?? (Array.isArray(header) ? header[0] : header);
  if (channel === undefined || channel === '') return undefined;
  if (!channelForm.test(channel)) throw new HecError('invalidChannel');
  return channel;
}

const AckRequest = z.object({ acks: z.array(z.int().min(0)).max(100_000) });

function ackRequest(bytes: Buffer): readonly number[] {
  try {
    return AckRequest.parse(JSON.parse(bytes.toString())).acks;
  } catch {
    throw new HecError('invalidFormat');
  }
}

/**
 * Numbers of calls. A call is answered when it is durable, so that every number ever given stands for a durable call, and one that was not given does not.
 * They begin at the time of start, so that numbers of an earlier process are smaller, and what it acknowledged stays so.
 */
function createAcks(startMs: number) {
  let next = startMs * 1_000;
  return { give: () => next++, isDurable: (ack: number) => ack < next };
}

/**
 * The HTTP Event Collector of Splunk, for its unmodified clients. 200 once the events are synced to disk.
 * https://help.splunk.com/en/splunk-enterprise/get-data-in/collect-http-event-data/http-event-collector-rest-api-endpoints
 */
export function splunkHandlers(core: () => IngestCore, now: () => Date): Handlers<typeof splunkRoutes> {
  const door = createDoor(core, { name: 'splunk-hec' });
  const acks = createAcks(now().getTime());

  const success = (reply: FastifyReply, channel: string | undefined) =>
    reply.send({ text: 'Success', code: 0, ...(channel === undefined ? {} : { ackId: acks.give() }) });

  const take = async (call: Call, read: (text: string) => HecEvents) => {
    door.called();
    const channel = channelOf(call.request, call.query);
    await door.read(call, async (bytes) => {
      const { arrivals, fault } = read(bytes.toString());
      await storeArrivals(core(), { door: door.name, sender: call.sender, workspaceId: call.workspaceId }, arrivals);
      if (fault !== undefined) throw fault;
    });
    return success(call.reply, channel);
  };

  const events = (call: Call) => take(call, readEvents);
  const lines = (call: Call & { query: HecRawQuery }) =>
    take(call, (text) => ({ arrivals: readLines(text, call.query), fault: undefined }));
  const durable = async (call: Call) => {
    door.called();
    if (channelOf(call.request, call.query) === undefined) throw new HecError('channelMissing');
    const asked = await door.read(call, (bytes) => Promise.resolve(ackRequest(bytes)));
    return call.reply.send({ acks: Object.fromEntries(asked.map((ack) => [ack, acks.isDurable(ack)])) });
  };
  const health = (reply: FastifyReply) =>
    core().isFull()
      ? reply.code(503).send({ text: 'HEC is unhealthy, queues are full', code: 18 })
      : reply.send({ text: 'HEC is healthy', code: 17 });

  return {
    sendSplunkEvents: (context, call) => events({ ...call, ...sendingOf(context) }),
    sendSplunkEventsByName: (context, call) => events({ ...call, ...sendingOf(context) }),
    sendSplunkEventsByVersion: (context, call) => events({ ...call, ...sendingOf(context) }),
    sendSplunkLines: (context, call) => lines({ ...call, ...sendingOf(context) }),
    sendSplunkLinesByVersion: (context, call) => lines({ ...call, ...sendingOf(context) }),
    askSplunkAcks: (context, call) => durable({ ...call, ...sendingOf(context) }),
    getSplunkHealth: (_context, { reply }) => health(reply),
    getSplunkHealthByVersion: (_context, { reply }) => health(reply),
  };
}
