import type { Readable } from 'node:stream';
import { doorBytesMax, SallyportError } from '@sallyport/contracts';
import { Shares, SpoolFull } from '@sallyport/lake';
import type { FastifyRequest } from 'fastify';
import { publicError } from '../../platform/errors.ts';
import { requireCaller, type RequestContext } from '../../platform/http/handlers.ts';
import { ownFace, type ErrorFace } from '../../platform/http/server.ts';
import type { IngestCore } from '../core.ts';
import type { Arrived, DoorMetrics } from '../metrics.ts';
import { BodyBuffers } from './body.ts';

export interface DoorOptions {
  /** Label of its metrics. */
  readonly name: string;
  /** Most of one call, unpacked. */
  readonly bytesMax?: number;
  /** Calls that are read and made durable at once; each may hold `bytesMax` twice. */
  readonly callsMax?: number;
  /** Buffers kept for the next calls. */
  readonly keptMax?: number;
  /** Bytes in front of a body that a door may write to. */
  readonly room?: number;
}

/** A call as the pipeline gives it. */
export interface DoorCall {
  readonly body: Readable;
  readonly request: FastifyRequest;
  /** See `senderOf`. */
  readonly sender: string;
  /** See `sendingOf`. */
  readonly workspaceId?: string | undefined;
}

/** Who sends: what health, and the shares of the spool and of the calls at once, are counted by. */
export const senderOf = (context: RequestContext): string => requireCaller(context).name;

/** The same, with the workspace that the logs go to, where that is not the first. */
export const sendingOf = (context: RequestContext): Pick<DoorCall, 'sender' | 'workspaceId'> => ({
  sender: senderOf(context),
  workspaceId: requireCaller(context).workspaceId,
});

/** What every door for calls over HTTP has: bounds on size and number, unpacking, metrics. */
export interface Door {
  readonly name: string;
  /** Does `work` with the whole body, unpacked, in bytes that it may change, and that are not its own any more once it has ended. */
  read<T>(call: DoorCall, work: (bytes: Buffer) => Promise<T>): Promise<T>;
  /** Does `work` as one of the calls that may be under way at once; for bodies that were read elsewhere. */
  gated<T>(sender: string, work: () => Promise<T>): Promise<T>;
  /** Counts a call. What goes wrong in calls over HTTP is counted where it is answered: see `countingFace`. */
  called(): void;
  accepted(arrived: Omit<Arrived, 'door'>): void;
  refused(error: unknown): void;
}

const refuse = (metrics: DoorMetrics, door: string, cause: unknown): void => {
  const error = publicError(cause);
  metrics.refused(door, error instanceof SpoolFull ? 'SpoolFull' : error.code, error.message);
};

/** Counts every error that a door's routes answer, those before its handlers (no token, too many requests) too. */
export const countingFace =
  (metrics: DoorMetrics, door: string, face: ErrorFace = ownFace): ErrorFace =>
  (error, request) => {
    refuse(metrics, door, error);
    return face(error, request);
  };

/** Bounds what is read and made durable at once: over all, and of one sender by what is left for the others. */
function createGate(callsMax: number): Door['gated'] {
  const calls = new Shares(callsMax);
  return async (sender, work) => {
    if (!calls.takes([sender], 1))
      throw new SallyportError('TooManyRequests', 'too many calls at once', { retryAfterSeconds: 1 });
    calls.add([sender], 1);
    try {
      return await work();
    } finally {
      calls.release([sender], 1);
    }
  };
}

export function createDoor(core: () => IngestCore, options: DoorOptions): Door {
  const { name, bytesMax = doorBytesMax, callsMax = 64, keptMax = 4, room = 0 } = options;
  const gate = createGate(callsMax);
  const buffers = new BodyBuffers({ bytesMax, keptMax, room });
  return {
    name,
    read: ({ body, request, sender }, work) =>
      gate(sender, () => buffers.with(body, request.headers['content-encoding'], work)),
    gated: gate,
    called: () => core().metrics.called(name),
    accepted: (arrived) => core().metrics.accepted({ door: name, ...arrived }),
    refused: (error) => refuse(core().metrics, name, error),
  };
}
