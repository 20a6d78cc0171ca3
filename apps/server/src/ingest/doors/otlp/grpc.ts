import type { SecureServerOptions } from 'node:http2';
import { callbackify } from 'node:util';
import {
  Server,
  ServerCredentials,
  status,
  type handleUnaryCall,
  type ServerUnaryCall,
  type ServiceDefinition,
} from '@grpc/grpc-js';
import { doorBytesMax, SallyportError, type ErrorCode } from '@sallyport/contracts';
import { publicError } from '../../../platform/errors.ts';
import type { NoteUse } from '../../../platform/http/exchange.ts';
import type { Caller } from '../../../platform/http/handlers.ts';
import type { TlsMaterial } from '../../../platform/http/tls.ts';
import type { Log } from '../../../platform/log.ts';
import type { IngestCore } from '../../core.ts';
import { createDoor, type Door } from '../door.ts';
import { protobufAnswer, readProtobuf } from './protobuf.ts';
import { storeBatch } from './store.ts';

type Unary = handleUnaryCall<Buffer, Buffer>;

const asItIs = (bytes: Buffer): Buffer => bytes;

/** The one method, its messages left as bytes. https://opentelemetry.io/docs/specs/otlp/#otlpgrpc */
const logsService = {
  Export: {
    path: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
    requestStream: false,
    responseStream: false,
    requestSerialize: asItIs,
    requestDeserialize: asItIs,
    responseSerialize: asItIs,
    responseDeserialize: asItIs,
  },
} as const satisfies ServiceDefinition<{ Export: Unary }>;

/** UNAVAILABLE is the code at which an exporter always tries again. */
const codes: Partial<Record<ErrorCode, status>> = {
  BadRequest: status.INVALID_ARGUMENT,
  PayloadTooLarge: status.INVALID_ARGUMENT,
  Unauthenticated: status.UNAUTHENTICATED,
  Forbidden: status.PERMISSION_DENIED,
  TooManyRequests: status.UNAVAILABLE,
  Unavailable: status.UNAVAILABLE,
};

const callsPerConnectionMax = 64;
/** Calls under way may end this long when the door closes. */
const drainMs = 5_000;

export interface OtlpGrpcOptions {
  readonly core: () => IngestCore;
  readonly callerOfToken: (
    token: string,
    from: { readonly ipAddress: string; readonly userAgent: string },
  ) => Promise<Caller | undefined>;
  readonly log: Log;
  readonly host: string;
  /** 0: any. */
  readonly port: number;
  readonly tls: TlsMaterial;
  /** PEM of the authorities by which clients' certificates are; undefined: they are not asked for. */
  readonly clientAuthority?: string | undefined;
  /** Who a client's certificate of this common name stands for. */
  readonly callerOfCertificate: (name: string) => Promise<Caller | undefined>;
  readonly noteUse?: NoteUse;
}

export interface OtlpGrpc {
  readonly port: number;
  /** Takes a renewed certificate into use: calls under way end, and clients connect anew. */
  useTls(tls: TlsMaterial): Promise<void>;
  stop(): Promise<void>;
}

type Call = ServerUnaryCall<Buffer, Buffer>;

/** The common name of the client's certificate, where the handshake has found one of an authority of ours. */
const certificateName = (call: Call): string => {
  const name: unknown = call.getAuthContext().sslPeerCertificate?.subject.CN;
  return typeof name === 'string' ? name : '';
};

/** A token wins over a certificate. */
async function callerOf(call: Call, options: OtlpGrpcOptions): Promise<Caller> {
  const [header] = call.metadata.get('authorization');
  const name = options.clientAuthority === undefined || header !== undefined ? '' : certificateName(call);
  const caller = name === '' ? await callerOfHeader(header, call, options) : await options.callerOfCertificate(name);
  if (caller === undefined)
    throw new SallyportError('Unauthenticated', 'the token or certificate is missing or not valid');
  if (!caller.permissions.has('data.ingest'))
    throw new SallyportError('Forbidden', 'this needs the permission `data.ingest`');
  options.noteUse?.(caller, 'data.ingest');
  return caller;
}

async function callerOfHeader(
  header: unknown,
  call: Call,
  { callerOfToken }: OtlpGrpcOptions,
): Promise<Caller | undefined> {
  const token = typeof header === 'string' ? /^Bearer ([\w.~+/=-]{1,4096})$/i.exec(header)?.[1] : undefined;
  if (token === undefined) return undefined;
  // `192.0.2.1:5000`, `[2001:db8::1]:5000`.
  const ipAddress = /^(?:ipv[46]:)?\[?([^\]]*?)\]?:\d+$/.exec(call.getPeer())?.[1] ?? '';
  return callerOfToken(token, { ipAddress, userAgent: 'OTLP' });
}

/** An error as gRPC's library takes it. */
class Refused extends Error {
  readonly code: status;
  readonly details: string;
  constructor(code: status, details: string) {
    super(details);
    this.code = code;
    this.details = details;
  }
}

function refusal(cause: unknown, log: Log): Refused {
  const error = publicError(cause);
  if (error.code === 'InternalError') log.error({ err: cause }, 'a call over gRPC failed');
  else log.info({ code: error.code, reason: error.message }, 'call over gRPC refused');
  return new Refused(codes[error.code] ?? status.INTERNAL, error.message);
}

function exportLogs(door: Door, options: OtlpGrpcOptions): Unary {
  const { core, log } = options;
  const take = async (call: Call): Promise<Buffer> => {
    door.called();
    const { name: sender, workspaceId } = await callerOf(call, options);
    const origin = { door: door.name, sender, workspaceId };
    return protobufAnswer(await door.gated(sender, () => storeBatch(core(), origin, call.request, readProtobuf)));
  };
  const answer = callbackify(async (call: Call): Promise<Buffer | Refused> => {
    try {
      return await take(call);
    } catch (error) {
      door.refused(error);
      return refusal(error, log);
    }
  });
  return (call, done) =>
    answer(call, (_never, result) => (result instanceof Refused ? done(result) : done(null, result)));
}

/** Clients' certificates are asked for, and not needed: most have a token. The library's own either takes none or wants one of each. */
class DoorCredentials extends ServerCredentials {
  constructor({ key, certificate }: TlsMaterial, clientAuthority: string | undefined) {
    const asking: SecureServerOptions = { requestCert: clientAuthority !== undefined, rejectUnauthorized: false };
    super(
      { ...asking, minVersion: 'TLSv1.2' },
      { key, cert: certificate, ...(clientAuthority === undefined ? {} : { ca: clientAuthority }) },
    );
  }
  override _equals(other: ServerCredentials): boolean {
    return this === other;
  }
}

async function listen(options: OtlpGrpcOptions, door: Door, port: number, tls: TlsMaterial) {
  const server = new Server({
    'grpc.max_receive_message_length': doorBytesMax,
    'grpc.max_concurrent_streams': callsPerConnectionMax,
  });
  server.addService(logsService, { Export: exportLogs(door, options) });
  const credentials = new DoorCredentials(tls, options.clientAuthority);
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.bindAsync(`${options.host}:${port}`, credentials, (error, bound) =>
    error === null ? resolve(bound) : reject(error),
  );
  return { server, port: await promise };
}

const close = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    const cut = setTimeout(() => server.forceShutdown(), drainMs);
    server.tryShutdown(() => {
      clearTimeout(cut);
      resolve();
    });
  });

/** OpenTelemetry's protocol for logs over gRPC, on a port of its own, with TLS and API tokens as everywhere. Rejects when the port can't be had. */
export async function openOtlpGrpc(options: OtlpGrpcOptions): Promise<OtlpGrpc> {
  const door = createDoor(options.core, { name: 'otlp-grpc' });
  const opened = await listen(options, door, options.port, options.tls);
  let { server } = opened;
  let renewing: Promise<void> = Promise.resolve();
  const renew = async (tls: TlsMaterial): Promise<void> => {
    await close(server);
    ({ server } = await listen(options, door, opened.port, tls));
  };
  return {
    port: opened.port,
    useTls: (tls) => (renewing = renewing.catch(() => undefined).then(() => renew(tls))),
    stop: async () => {
      await renewing.catch(() => undefined);
      await close(server);
    },
  };
}
