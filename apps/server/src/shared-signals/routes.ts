import type { Readable } from 'node:stream';
import { deliveryMethods, SallyportError, type sharedSignalsRoutes } from '@sallyport/contracts';
import { requireCaller, type Handlers, type RequestContext } from '../platform/http/index.ts';
import type { Platform } from '../platform/types.ts';
import type { Receivers } from './receivers.ts';
import type { Owner, Streams } from './streams.ts';
import { SetError } from './verify.ts';

export interface RouteParts {
  readonly platform: Pick<Platform, 'database' | 'audit'>;
  readonly issuer: string;
  readonly jwksUri: string;
  readonly streams: Streams;
  readonly receivers: Receivers;
}

const ownerOf = (context: RequestContext): Owner => {
  const { name, permissions } = requireCaller(context);
  return { name, all: permissions.has('coreSecuritySettings.manage') };
};
const textOf = async (body: Readable): Promise<string> => {
  const parts: Buffer[] = [];
  for await (const part of body) parts.push(Buffer.from(part as Uint8Array));
  return Buffer.concat(parts).toString('utf8').trim();
};

export function sharedSignalsHandlers({
  platform: { database, audit },
  issuer,
  jwksUri,
  streams,
  receivers,
}: RouteParts): Handlers<typeof sharedSignalsRoutes> {
  const audited = (context: RequestContext, id: string, details: Readonly<Record<string, unknown>> = {}) =>
    context.audit({ target: `stream ${id}`, details });
  return {
    ssfConfiguration: () => ({
      spec_version: '1_0',
      issuer,
      jwks_uri: jwksUri,
      delivery_methods_supported: Object.values(deliveryMethods),
      configuration_endpoint: `${issuer}/ssf/streams`,
      status_endpoint: `${issuer}/ssf/status`,
      add_subject_endpoint: `${issuer}/ssf/subjects/add`,
      remove_subject_endpoint: `${issuer}/ssf/subjects/remove`,
      verification_endpoint: `${issuer}/ssf/verify`,
      critical_subject_members: [],
      authorization_schemes: [{ spec_urn: 'urn:ietf:rfc:6750' }],
      default_subjects: 'ALL',
    }),
    ssfCreateStream: async (context, { body, reply }) => {
      const made = await streams.create(body, ownerOf(context));
      audited(context, made.stream_id, { delivery: made.delivery, events: made.events_delivered });
      return reply.code(201).send(made);
    },
    ssfReadStreams: async (context, { query: { stream_id: id } }) =>
      id === undefined
        ? streams.list(ownerOf(context))
        : streams.configuration(await streams.find(id, ownerOf(context))),
    ssfUpdateStream: (context, { body: { stream_id: id, delivery, events_requested: events, description } }) => {
      audited(context, id);
      const wish = {
        ...(delivery === undefined ? {} : { delivery }),
        ...(events === undefined ? {} : { events_requested: events }),
        ...(description === undefined ? {} : { description }),
      };
      return streams.update(id, wish, ownerOf(context));
    },
    ssfReplaceStream: (context, { body: { stream_id: id, ...wish } }) => {
      audited(context, id);
      return streams.replace(id, wish, ownerOf(context));
    },
    ssfDeleteStream: async (context, { query: { stream_id: id }, reply }) => {
      audited(context, id);
      await streams.remove(id, ownerOf(context));
      return reply.code(204).send();
    },
    ssfReadStatus: async (context, { query: { stream_id: id } }) => {
      const { status, statusReason } = await streams.find(id, ownerOf(context));
      return { stream_id: id, status, ...(statusReason === null ? {} : { reason: statusReason }) };
    },
    ssfUpdateStatus: (context, { body }) => {
      audited(context, body.stream_id, { status: body.status });
      return streams.setStatus(body, ownerOf(context));
    },
    ssfAddSubject: async (context, { body: { stream_id: id, subject } }) => {
      audited(context, id, { subject });
      await streams.setSubject(id, subject, true, ownerOf(context));
      return {};
    },
    ssfRemoveSubject: async (context, { body: { stream_id: id, subject }, reply }) => {
      audited(context, id, { subject });
      await streams.setSubject(id, subject, false, ownerOf(context));
      return reply.code(204).send();
    },
    ssfVerify: async (context, { body: { stream_id: id, state }, reply }) => {
      await streams.verify(id, state, ownerOf(context));
      return reply.code(204).send();
    },
    ssfPoll: async (context, { params: { id }, body: { maxEvents, ack, setErrs } }) => {
      const { delivery, status, owner } = await streams.find(id, ownerOf(context));
      if (delivery !== 'poll') throw new SallyportError('BadRequest', 'this stream is pushed');
      const refused = Object.entries(setErrs);
      await database.transaction(async (tx) => {
        for (const [jti, { err, description }] of refused.slice(0, 100))
          await audit.record(
            {
              actor: 'system',
              operation: 'SecurityEventRefused',
              target: `stream ${id}`,
              result: 'failure',
              ipAddress: context.ipAddress,
              details: { jti, owner, reason: description === undefined ? err : `${err}: ${description}` },
            },
            tx,
          );
        await tx.execute('DELETE FROM ssf_sets WHERE stream_id = $1 AND jti = ANY($2::uuid[])', [
          id,
          [...ack, ...refused.map(([jti]) => jti)],
        ]);
      });
      const rows =
        status === 'paused' || maxEvents === 0
          ? []
          : await database.query<{ jti: string; token: string }>(
              'SELECT jti, token FROM ssf_sets WHERE stream_id = $1 ORDER BY id LIMIT $2',
              [id, maxEvents + 1],
            );
      const sets = Object.fromEntries(rows.slice(0, maxEvents).map(({ jti, token }) => [jti, token]));
      return { sets, moreAvailable: rows.length > maxEvents };
    },
    ssfReceive: async (context, { params, body, reply }) => {
      const receiver = await receivers.find(params.id);
      if (receiver.delivery !== 'push') throw new SallyportError('BadRequest', 'this transmitter is polled');
      try {
        await receivers.receive(receiver, await textOf(body), context.ipAddress);
      } catch (error) {
        if (!(error instanceof SetError)) throw error;
        return reply.code(400).header('content-language', 'en').send({ err: error.code, description: error.message });
      }
      return reply.code(202).send();
    },
    listSignalReceivers: async () => ({ receivers: await receivers.list() }),
    createSignalReceiver: async (context, { body }) => {
      const { authorization: _secret, ...told } = body;
      context.audit({ target: `receiver ${body.name}`, details: told });
      return receivers.create(body);
    },
    deleteSignalReceiver: async (context, { params }) => {
      context.audit({ target: `receiver ${await receivers.remove(params.id)}` });
      return {};
    },
  };
}
