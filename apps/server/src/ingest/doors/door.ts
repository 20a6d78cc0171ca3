import type { Readable } from 'node:stream';
import { doorBytesMax, SallyportError } from '@sallyport/contracts';
import type { FastifyRequest } from 'fastify';
import type { IngestCore } from '../core.ts';
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
}

/** What every door for calls over HTTP has: bounds on size and number, unpacking, metrics. */
export interface Door {
  readonly name: string;
  /** Does `work` with the whole body, unpacked, in bytes that it may change, and that are not its own any more once it has ended. */
  read<T>(call: DoorCall, work: (bytes: Buffer) => Promise<T>): Promise<T>;
  /** Does `work` as one of the calls that may be under way at once; for bodies that were read elsewhere. */
  gated<T>(work: () => Promise<T>): Promise<T>;
  /** Counts whatever `work` throws as refused. */
  counting<T>(work: () => Promise<T>): Promise<T>;
  accepted(rows: number, bytes: number): void;
  refused(code: string): void;
}

/** Bounds what is read and made durable at once. */
function createGate(callsMax: number): <T>(work: () => Promise<T>) => Promise<T> {
  let calls = 0;
  return async (work) => {
    if (calls >= callsMax)
      throw new SallyportError('TooManyRequests', 'too many calls at once', { retryAfterSeconds: 1 });
    calls++;
    try {
      return await work();
    } finally {
      calls--;
    }
  };
}

export function createDoor(core: () => IngestCore, options: DoorOptions): Door {
  const { name, bytesMax = doorBytesMax, callsMax = 64, keptMax = 4, room = 0 } = options;
  const gate = createGate(callsMax);
  const buffers = new BodyBuffers({ bytesMax, keptMax, room });
  return {
    name,
    read: ({ body, request }, work) => gate(() => buffers.with(body, request.headers['content-encoding'], work)),
    gated: gate,
    counting: async (work) => {
      try {
        return await work();
      } catch (error) {
        core().metrics.refused(name, error instanceof SallyportError ? error.code : 'InternalError');
        throw error;
      }
    },
    accepted: (rows, bytes) => core().metrics.accepted(name, rows, bytes),
    refused: (code) => core().metrics.refused(name, code),
  };
}
