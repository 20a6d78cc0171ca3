import type { Severity } from '@sallyport/contracts';
import type { Queryable } from '../../platform/database/types.ts';
import type { Platform } from '../../platform/types.ts';
import { tellBreaches } from '../service-levels.ts';
import { applyDueTemplates } from '../tasks/templates.ts';
import type { FieldChanges } from '../types.ts';

/** Something that happened to an incident or a case. */
export interface WorkEvent {
  readonly id: number;
  readonly subject: 'incident' | 'case';
  readonly number: number;
  readonly at: Date;
  readonly by: string;
  /** Kind of the activity, or `serviceLevelBreached`. */
  readonly kind: string;
  readonly text: string;
  readonly changes: FieldChanges;
  /** What it happened to, as it is now. */
  readonly item: WorkItem;
}

export interface WorkItem {
  readonly title: string;
  readonly status: string;
  readonly owner: string | null;
  /** Of an incident. */
  readonly severity: Severity | null;
  readonly classification: string | null;
  readonly alertCount: number | null;
  /** Of a case. */
  readonly priority: string | null;
}

/** Told of events in the transaction in which they are done with: what it writes there is written once for each. */
export type WorkListener = (events: readonly WorkEvent[], tx: Queryable) => Promise<void>;

type TakenRow = Omit<WorkEvent, 'item'> &
  Omit<WorkItem, 'title' | 'status'> & { title: string | null; status: string | null };

function toEvent(row: TakenRow): WorkEvent | undefined {
  const { id, subject, number, at, by, kind, text, changes, title, status, ...rest } = row;
  if (title === null || status === null) return undefined;
  return { id, subject, number, at, by, kind, text, changes, item: { title, status, ...rest } };
}

const batchMax = 200;
const pollMs = 1_000;
const breachesEveryMs = 15_000;

/** Takes what happened off the queue: gives incidents their tasks, and tells the listeners. Each event is taken by one server, once. */
export class WorkEvents {
  readonly #platform: Pick<Platform, 'clock' | 'database' | 'outbox' | 'log'>;
  readonly #listeners: WorkListener[] = [];
  #stopping = new AbortController();
  #loop: Promise<void> | undefined;

  constructor(platform: Pick<Platform, 'clock' | 'database' | 'outbox' | 'log'>) {
    this.#platform = platform;
  }

  listen(listener: WorkListener): void {
    this.#listeners.push(listener);
  }

  /** Takes one batch. Answers how many events were in it. */
  async take(): Promise<number> {
    return this.#platform.database.transaction(async (tx) => {
      const taken = await tx.query<TakenRow>(
        `WITH taken AS (
           DELETE FROM work_events WHERE id = ANY(ARRAY(SELECT id FROM work_events ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED)) RETURNING *
         )
         SELECT t.id, t.subject, t.number, t.at, t.by, t.kind, t.text, t.changes, coalesce(i.title, c.title) AS title,
           coalesce(i.status, c.status) AS status, coalesce(i.owner, c.owner) AS owner, i.severity, i.classification,
           i.alert_count AS "alertCount", c.priority
         FROM taken t LEFT JOIN incidents i ON t.subject = 'incident' AND i.number = t.number
           LEFT JOIN cases c ON t.subject = 'case' AND c.number = t.number
         ORDER BY t.id`,
        [batchMax],
      );
      if (taken.length === 0) return 0;
      // Of what was deleted meanwhile nobody is told.
      const sorted = taken.flatMap((row) => toEvent(row) ?? []);
      for (const listener of this.#listeners) await listener(sorted, tx);
      const grown = sorted.filter(
        ({ subject, kind }) => subject === 'incident' && ['created', 'alertAdded'].includes(kind),
      );
      await applyDueTemplates(this.#platform, tx, [...new Set(grown.map(({ number }) => number))]);
      return taken.length;
    });
  }

  /** What came due since becomes an event. */
  tellBreaches(): Promise<number> {
    const { clock, database } = this.#platform;
    return database.transaction((tx) => tellBreaches(tx, clock.now()));
  }

  start(): void {
    this.#stopping = new AbortController();
    this.#loop = this.#run(this.#stopping.signal);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#platform;
    let breachesAt = 0;
    while (!signal.aborted) {
      let taken = 0;
      try {
        const now = clock.now().getTime();
        if (now >= breachesAt) {
          await this.tellBreaches();
          breachesAt = now + breachesEveryMs;
        }
        taken = await this.take();
      } catch (err) {
        log.warn({ err }, 'what happened to incidents could not be told');
      }
      if (taken < batchMax) await clock.sleep(pollMs, signal);
    }
  }
}
