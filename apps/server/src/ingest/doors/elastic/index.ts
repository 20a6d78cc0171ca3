import { SallyportError, type elasticRoutes } from '@sallyport/contracts';
import type { FastifyReply } from 'fastify';
import { publicError } from '../../../platform/errors.ts';
import type { Handlers, RequestContext } from '../../../platform/http/handlers.ts';
import type { IngestCore } from '../../core.ts';
import { storeArrivals, tryArrivals } from '../arrivals.ts';
import { createDoor, sendingOf, type DoorCall } from '../door.ts';
import { elasticError, send, type ElasticError } from './answers.ts';
import { readBulk, type BulkItem } from './bulk.ts';
import { clusterHealth, info, license, nodes, xpack } from './cluster.ts';

export { elasticFace } from './answers.ts';

interface Call extends DoorCall {
  readonly reply: FastifyReply;
}
/** A call without a body. */
type Asked = Omit<Call, 'sender' | 'body'>;

const shards = { total: 1, successful: 1, failed: 0 };
const created = { _version: 1, result: 'created', _shards: shards, _seq_no: 0, _primary_term: 1 };

type Fault = ElasticError & { readonly status: number };

function itemAnswer({ action, index, id }: BulkItem, fault: Fault | undefined): object {
  const head = { _index: index, _id: id };
  if (fault === undefined) return { [action]: { ...head, ...created, status: 201 } };
  const { status, type, reason } = fault;
  return { [action]: { ...head, status, error: { type, reason } } };
}

const faultOf = (cause: unknown): Fault => {
  const error = publicError(cause);
  // An agent sends an item again for 429, and gives it up for others.
  return { ...elasticError(error), status: error.code === 'Unavailable' ? 429 : error.status };
};

/**
 * What of Elasticsearch agents need to send to it, for their unmodified clients. An item is 201 once it is synced to disk, and 429 when it should come
 * again. What agents set up before they send (templates, policies, pipelines) is acknowledged and not kept: sources decide here.
 */
export function elasticHandlers(core: () => IngestCore): Handlers<typeof elasticRoutes> {
  const door = createDoor(core, { name: 'elasticsearch' });

  /** Asked for each document: the sources don't change while the server runs. */
  let byLowerCase: Map<string, readonly string[]> | undefined;
  const streamsOf = (index: string): readonly string[] => {
    if (byLowerCase === undefined) {
      const names = core().streams.sources.flatMap((source) => source.streams.map((stream) => stream.name));
      byLowerCase = Map.groupBy(names, (name) => name.toLowerCase());
    }
    return byLowerCase.get(index.toLowerCase()) ?? [];
  };

  const bulk = async (call: Call, index?: string) => {
    door.called();
    const started = performance.now();
    const answers = await door.read(call, async (bytes) => {
      const items = readBulk(bytes.toString(), index, streamsOf);
      const good = items.filter((item) => item.fault === undefined);
      const arrivals = good.flatMap(({ arrival }) => arrival ?? []);
      const failed = await tryArrivals(
        core(),
        { door: door.name, sender: call.sender, workspaceId: call.workspaceId },
        arrivals,
      );
      for (const error of failed.values()) door.refused(error);
      const faults = new Map(good.map((item, i) => [item, failed.has(i) ? faultOf(failed.get(i)) : undefined]));
      return items.map((item) => ({ item, fault: item.fault ?? faults.get(item) }));
    });
    return send(call.request, call.reply, {
      took: Math.round(performance.now() - started),
      errors: answers.some(({ fault }) => fault !== undefined),
      items: answers.map(({ item, fault }) => itemAnswer(item, fault)),
    });
  };

  const document = async (call: Call, index: string) => {
    door.called();
    const id = await door.read(call, async (bytes) => {
      const [item] = readBulk(`{"index":{}}\n${bytes.toString().replaceAll(/\r?\n/g, ' ')}`, index, streamsOf);
      if (item?.arrival === undefined)
        throw new SallyportError('BadRequest', item?.fault?.reason ?? 'request body is required');
      await storeArrivals(core(), { door: door.name, sender: call.sender, workspaceId: call.workspaceId }, [
        item.arrival,
      ]);
      return item.id;
    });
    return send(call.request, call.reply.code(201), { _index: index, _id: id, ...created });
  };

  const say = (body: unknown) => (_context: unknown, call: Asked) => send(call.request, call.reply, body);
  /** What is asked for by name, and is there, whatever its name. */
  const thereIs =
    (body: (name: string) => unknown) => (_context: unknown, call: Asked & { params: { name: string } }) =>
      send(call.request, call.reply, body(call.params.name));
  /** The body is read so that the connection can be used again. */
  const acknowledge = async (context: RequestContext, call: Omit<Call, 'sender'>) => {
    door.called();
    await door.read({ ...call, ...sendingOf(context) }, () => Promise.resolve());
    return send(call.request, call.reply, { acknowledged: true });
  };

  return {
    getElasticInfo: say(info),
    getElasticRoot: say(info),
    getElasticLicense: say(license),
    getElasticXpack: say(xpack),
    getElasticHealth: say(clusterHealth),
    getElasticNodes: say(nodes),
    getElasticNodesHttp: say(nodes),
    getElasticIlm: thereIs((name) => ({ [name]: { version: 1, policy: { phases: {} } } })),
    putElasticIlm: acknowledge,
    getElasticIndexTemplate: thereIs((name) => ({
      index_templates: [{ name, index_template: { index_patterns: [`${name}*`], composed_of: [], data_stream: {} } }],
    })),
    putElasticIndexTemplate: acknowledge,
    getElasticComponentTemplate: thereIs((name) => ({
      component_templates: [{ name, component_template: { template: {} } }],
    })),
    putElasticComponentTemplate: acknowledge,
    getElasticTemplate: thereIs((name) => ({ [name]: { index_patterns: [`${name}*`], settings: {}, mappings: {} } })),
    putElasticTemplate: acknowledge,
    getElasticDataStream: thereIs((name) => ({
      data_streams: [{ name, timestamp_field: { name: '@timestamp' }, indices: [], generation: 1, status: 'GREEN' }],
    })),
    putElasticDataStream: acknowledge,
    getElasticPipeline: thereIs((name) => ({ [name]: { processors: [] } })),
    putElasticPipeline: acknowledge,
    getElasticIndex: (_context, call) =>
      send(call.request, call.reply, { [call.params.index]: { aliases: {}, mappings: {}, settings: {} } }),
    putElasticIndex: acknowledge,
    sendElasticBulk: (context, call) => bulk({ ...call, ...sendingOf(context) }),
    putElasticBulk: (context, call) => bulk({ ...call, ...sendingOf(context) }),
    sendElasticIndexBulk: (context, call) => bulk({ ...call, ...sendingOf(context) }, call.params.index),
    sendElasticDocument: (context, call) => document({ ...call, ...sendingOf(context) }, call.params.index),
  };
}
