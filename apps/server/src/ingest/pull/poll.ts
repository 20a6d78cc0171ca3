import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { SallyportError } from '@sallyport/contracts';
import type { Platform, RowObject } from '../../platform/types.ts';
import type { IngestCore } from '../core.ts';
import { connectorRow } from '../health/rows.ts';
import { storePage } from './batch.ts';
import { told } from './errors.ts';
import { bound } from './kinds.ts';
import { openPage, takeBackPages } from './pages.ts';
import type { Waker } from './schedule.ts';
import { openSecrets } from './secrets.ts';
import { advance, endPoll, keepLease, takeLease, takenItems, type ConnectorRow, type Lease } from './store.ts';
import type { Page, PullServices } from './types.ts';

/** What polling works with. */
export interface Puller {
  readonly platform: Pick<Platform, 'database' | 'clock' | 'log' | 'sealing' | 'outbox'>;
  readonly core: () => IngestCore;
  readonly services: PullServices;
  /** Of files that are fetched and not yet stored. */
  readonly folder: string;
  /** For the loop over this machine's files. */
  readonly filesWaker: Waker;
  /** Aborts when the server stops. */
  readonly signal: AbortSignal;
}

/** How long one poll goes on while there is more; then it is another's turn, and this one's at once after. */
const pollMs = 45_000;
const pagesMax = 1_000;
const pauseMaxMs = 3_600_000;
/** Share of a pause that is left to chance, so that many connectors to one host do not ask it at once. */
const jitter = 0.2;

/**
 * Milliseconds until the next poll: the interval, longer with each failure in a row, an hour at most; what the source asks for if that is longer.
 */
export function pauseAfter(
  {
    intervalMs,
    failures,
    retryAfterMs,
  }: { readonly intervalMs: number; readonly failures: number; readonly retryAfterMs: number },
  random: () => number,
): number {
  const backOff = Math.min(Math.max(pauseMaxMs, intervalMs), intervalMs * 2 ** Math.min(failures, 20));
  const pause = failures === 0 ? intervalMs : Math.max(backOff, retryAfterMs);
  return Math.round(pause * (1 + jitter * random()));
}

/** What a poll came to. `behind`: its time was over before it had everything. */
interface Outcome {
  readonly error?: unknown;
  readonly notes: readonly string[];
  readonly behind: boolean;
  /** Another has it now, or its settings have changed. */
  readonly lost: boolean;
}

async function takePages(puller: Puller, connector: ConnectorRow, lease: Lease, folder: string): Promise<Outcome> {
  const { platform, core, services, signal } = puller;
  const { database, clock, log, sealing } = platform;
  const until = clock.now().getTime() + pollMs;
  const notes: string[] = [];
  let behind = false;
  try {
    const kind = bound(connector.kind, connector.settings);
    const secrets = openSecrets(sealing, connector.id, connector.secrets);
    kind.check(secrets, services);
    const takenBack = await takeBackPages(database, core().lakeOf, connector.id, clock.now());
    if (takenBack > 0)
      log.info(
        { connector: connector.name, segments: takenBack },
        'what an ended poll had stored of a page is taken back',
      );
    const pages = kind.pages({
      secrets,
      checkpoint: connector.checkpoint ?? undefined,
      createdAt: connector.created_at,
      services,
      folder,
      signal,
      rehearsal: false,
      taken: (items) => takenItems(database, connector.id, items),
    });
    let count = 0;
    for await (const page of pages) {
      if (!(await keepLease(database, lease, clock.now()))) return { notes, behind, lost: true };
      const id = isEmpty(page) ? undefined : await openPage(database, lease);
      if (id === undefined && !isEmpty(page)) return { notes, behind, lost: true };
      const stored = await storePage(core(), withStream(page, connector.stream), {
        page: id === undefined ? undefined : { id, zone: connector.time_zone },
        door: `connector-${connector.kind}`,
        sender: connector.name,
        workspaceId: connector.workspace_id ?? undefined,
        stream: connector.stream,
        signal,
      });
      const note = page.note ?? stored.note;
      if (note !== undefined && notes.length < 5) notes.push(note);
      // With this the page stands. A poll that ends before is taken back by the next, and the page comes again.
      const kept = await advance(database, lease, progressOf(page, id, stored.rows, note), clock.now());
      if (!kept) return { notes, behind, lost: true };
      behind = !page.caughtUp;
      if (++count >= pagesMax || clock.now().getTime() > until || signal.aborted) break;
    }
    return { notes, behind, lost: false };
  } catch (error) {
    if (!signal.aborted) log.warn({ err: error, connector: connector.name }, 'a connector could not be polled');
    return { error, notes, behind, lost: false };
  }
}

/** The page with each record said to be of a stream. */
export const withStream = (page: Page, stream: string | null): Page =>
  stream === null || page.arrivals === undefined
    ? page
    : { ...page, arrivals: page.arrivals.map((arrival) => ({ ...arrival, names: [stream] })) };

const isEmpty = ({ arrivals = [], files = [] }: Page): boolean => arrivals.length === 0 && files.length === 0;

const progressOf = (page: Page, id: string | undefined, rows: number, note: string | undefined) => ({
  page: id,
  checkpoint: page.checkpoint,
  rows,
  bytes: page.bytes,
  items: page.items ?? [],
  forgetBefore: page.forgetBefore,
  newestAt: page.newestAt,
  caughtUp: page.caughtUp,
  note,
});

const retryAfterOf = (error: unknown): number =>
  error instanceof SallyportError ? (error.retryAfterSeconds ?? 0) * 1_000 : 0;

/** What is told of a poll: each failure, and the first success after one. */
function healthRows(connector: ConnectorRow, error: string | undefined, now: Date): RowObject[] {
  if (error === undefined && connector.failures === 0) return [];
  const { id, name, kind, failures, last_success_at: lastSuccess } = connector;
  return [
    connectorRow(
      now,
      { id: `connectors/${id}`, name, kind: 'Connector' },
      {
        operation: 'Data fetch status change',
        status: error === undefined ? 'Success' : 'Failure',
        reason: '',
        description: error ?? `polled again after ${failures} polls that failed`,
        properties: {
          Kind: kind,
          Failures: error === undefined ? 0 : failures + 1,
          ...(lastSuccess === null ? {} : { LastSuccess: lastSuccess.toISOString() }),
        },
      },
    ),
  ];
}

/**
 * Polls a connector once, as the job `job`: page by page, each made durable before the next is asked for. Nothing when another job polls it, or it is gone or off. What
 * goes wrong is noted with the connector and not thrown; only the database's own errors are.
 */
export async function poll(puller: Puller, connectorId: string, job: string, asked = false): Promise<void> {
  const { database, clock } = puller.platform;
  const taken = await takeLease(database, connectorId, job, clock.now());
  if (taken === undefined) return;
  const { connector, lease } = taken;
  const folder = join(puller.folder, randomUUID());
  await mkdir(folder, { recursive: true, mode: 0o700 });
  try {
    const nothing: Outcome = { notes: [], behind: false, lost: false };
    const outcome = connector.enabled || asked ? await takePages(puller, connector, lease, folder) : nothing;
    if (outcome.lost) return;
    const now = clock.now();
    const cutOff = puller.signal.aborted;
    const { notes, behind } = outcome;
    const error = cutOff ? undefined : outcome.error;
    const pause = pauseAfter(
      {
        intervalMs: connector.interval_seconds * 1_000,
        failures: error === undefined ? 0 : connector.failures + 1,
        retryAfterMs: retryAfterOf(error),
      },
      puller.services.random,
    );
    const atOnce = cutOff || (error === undefined && behind);
    const said = error === undefined ? undefined : told(error);
    await database.transaction(async (tx) => {
      const ended = await endPoll(
        tx,
        lease,
        {
          error: said,
          note: notes.length === 0 ? undefined : notes.join('; ').slice(0, 1_000),
          dueAt: atOnce ? now : new Date(now.getTime() + pause),
          wasDueAt: connector.due_at,
          behind: behind || cutOff,
        },
        now,
      );
      const rows = ended && !cutOff ? healthRows(connector, said, now) : [];
      if (rows.length > 0) await puller.platform.outbox.write('SentinelHealth', rows, tx);
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
