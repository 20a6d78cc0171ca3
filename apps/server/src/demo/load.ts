import { z } from 'zod';
import { contoso, contosoLife, daysDefault, peopleDefault } from './contoso.ts';
import { day, minute, second } from './calendar.ts';
import type { DemoBatch } from './sink.ts';

/** What the demo needs of the ingest domain: the same function that every other log goes through. */
export interface DemoDoor {
  /** Makes records, one a line, durable. Resolves then; throws SallyportError TooManyRequests when full. */
  append(stream: string, payload: Buffer): Promise<void>;
}

/** What is remembered of a workspace's demo, so that it is loaded once and a load that was cut off goes on. */
export const DemoState = z.object({
  seed: z.string(),
  people: z.int(),
  days: z.int(),
  /** The end of the week that was made, ISO 8601. */
  end: z.iso.datetime(),
  /** Batches of that week which are through the door. */
  batches: z.int(),
  complete: z.boolean(),
  /** Up to when life went on after it, ISO 8601. */
  livedUntil: z.iso.datetime(),
});
export type DemoState = z.infer<typeof DemoState>;

/** One small JSON value of the workspace. The caller keeps it in the database. */
export interface DemoMarker {
  read(): Promise<unknown>;
  write(state: DemoState): Promise<void>;
}

export interface DemoClock {
  now(): Date;
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

export interface DemoLog {
  info(fields: object, message: string): void;
}

export interface DemoOptions {
  readonly door: DemoDoor;
  readonly marker: DemoMarker;
  readonly clock: DemoClock;
  readonly log: DemoLog;
  readonly seed: string;
  /** Default 120. Not looked at when a load goes on that began with another number. */
  readonly people?: number;
  /** Default 7. */
  readonly days?: number;
  readonly signal?: AbortSignal;
}

export interface DemoLoad {
  /** False: it was there already, or the signal aborted before the last batch. */
  readonly loaded: boolean;
  readonly rows: number;
  readonly batches: number;
  readonly bytes: number;
  /** The time range of the rows. The enabled rules are to be run over it: the scheduler looks at the present only. */
  readonly from: Date;
  readonly to: Date;
}

/** The marker is written after so many batches: a kill repeats at most these. */
const batchesPerMark = 20;
const progressEvery = 500;

/**
 * Sends the week of Contoso that ends now through the door, once for each workspace. A load that was cut off goes on where it was, with the
 * same end, so that rows are not made twice but for at most 20 batches. A full door is waited for; any other error of it is thrown.
 */
export async function loadDemo(options: DemoOptions): Promise<DemoLoad> {
  const { marker, clock, log } = options;
  const known = await stateOf(marker);
  const state: DemoState = known ?? firstState(options);
  const end = new Date(state.end);
  const range = { from: new Date(end.getTime() - state.days * day), to: end };
  if (state.complete) return { loaded: false, rows: 0, batches: 0, bytes: 0, ...range };
  const sent = { rows: 0, batches: 0, bytes: 0 };
  const mark = (complete: boolean) => marker.write({ ...state, batches: state.batches + sent.batches, complete });
  await mark(false);
  let position = 0;
  for await (const batch of contoso({ seed: state.seed, people: state.people, days: state.days, end })) {
    if (position++ < state.batches) continue;
    if (options.signal?.aborted || !(await deliver(options, batch))) return { loaded: false, ...sent, ...range };
    sent.rows += batch.rows;
    sent.batches += 1;
    sent.bytes += batch.payload.length;
    if (sent.batches % batchesPerMark === 0) await mark(false);
    if (sent.batches % progressEvery === 0) log.info({ ...sent, upTo: new Date(batch.to) }, 'loading the demo');
  }
  await mark(true);
  log.info({ ...sent, seconds: (clock.now().getTime() - end.getTime()) / second }, 'the demo is loaded');
  return { loaded: true, ...sent, ...range };
}

const firstState = (options: DemoOptions): DemoState => {
  const end = options.clock.now().toISOString();
  return {
    seed: options.seed,
    people: options.people ?? peopleDefault,
    days: options.days ?? daysDefault,
    end,
    batches: 0,
    complete: false,
    livedUntil: end,
  };
};

const stateOf = async (marker: DemoMarker): Promise<DemoState | undefined> => {
  const value = await marker.read();
  return value === undefined || value === null ? undefined : DemoState.parse(value);
};

/** A pause longer than this (a machine that was off) is left as a gap of silence before its last day. */
const catchUpMax = day;

/**
 * Life going on after the load: each minute the events of the minute before, until the signal aborts. What was missed while no server ran is
 * made up for, at most a day. Does nothing when the demo is not loaded.
 */
export async function liveDemo(
  options: Omit<DemoOptions, 'seed' | 'people' | 'days'> & { readonly signal: AbortSignal },
): Promise<void> {
  const { marker, clock, signal } = options;
  let state = await stateOf(marker);
  if (!state?.complete) return;
  while (!signal.aborted) {
    const to = Math.floor(clock.now().getTime() / minute) * minute;
    const from = Math.max(new Date(state.livedUntil).getTime(), to - catchUpMax);
    if (from < to) {
      for await (const batch of contosoLife({
        seed: state.seed,
        people: state.people,
        from: new Date(from),
        to: new Date(to),
      }))
        if (!(await deliver(options, batch))) return;
      state = { ...state, livedUntil: new Date(to).toISOString() };
      await marker.write(state);
    }
    await clock.sleep(to + minute + second - clock.now().getTime(), signal);
  }
}

/** Ten minutes of a full door, a second each time unless it says how long. */
const waitsMax = 600;

/** Whether the batch is through; false when the signal aborted while waiting. Throws what the door throws, but for "full". */
async function deliver(
  { door, clock, signal }: Pick<DemoOptions, 'door' | 'clock' | 'signal'>,
  batch: DemoBatch,
): Promise<boolean> {
  for (let waits = 0; ; waits++) {
    try {
      await door.append(batch.stream, batch.payload);
      return true;
    } catch (error) {
      const seconds = retryAfter(error);
      if (seconds === undefined || waits >= waitsMax) throw error;
      await clock.sleep(seconds * second, signal);
      if (signal?.aborted) return false;
    }
  }
}

const Full = z.object({ code: z.literal('TooManyRequests'), retryAfterSeconds: z.number().min(0).max(60).optional() });

/** Seconds to wait when the error says that the door is full; undefined for any other error. */
function retryAfter(error: unknown): number | undefined {
  const full = Full.safeParse(error);
  return full.success ? (full.data.retryAfterSeconds ?? 1) : undefined;
}
