import { randomUUID } from 'node:crypto';
import { SallyportError } from '@sallyport/contracts';
import { storableJson } from '../canonical-json.ts';
import type { Clock } from '../clock.ts';
import type { Database, Queryable } from '../database/types.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { DeliveredBatch, RowObject, RowSink } from './types.ts';

export type { DeliveredBatch, RowObject, RowSink } from './types.ts';

/** What the outbox delivers to: the lake. Rows of a segment id are stored once; `retry` tells that an earlier attempt may have stored them. */
export interface RowTarget {
  insertRows(
    table: string,
    rows: readonly RowObject[],
    options: { readonly segmentId: string; readonly retry: boolean },
  ): Promise<void>;
}

export interface Outbox extends RowSink {
  start(): void;
  stop(): Promise<void>;
}

const writeRowsMax = 10_000;
const batchRowsMax = 5_000;
const pollMs = 1_000;
const retryMsMax = 60_000;
/** Any number, the same for all servers: one of them forms batches at a time. */
const formingLock = 7_255_988;

/**
 * The outbox: rows wait in PostgreSQL and go to the lake in batches. A batch is formed in one transaction and keeps its id and rows until
 * the lake has it; the id is its segment id, so that a second delivery (a server killed between insert and delete) stores nothing twice.
 * Every server delivers; a row lock keeps two from delivering one batch. A batch that does not arrive is tried again, ever slower; one that the lake refuses for good is
 * halved until only the rows are left that it is refused for, and these go to `DCRLogErrors` with the reason.
 */
export function createOutbox(options: {
  database: Database;
  target: RowTarget;
  clock: Clock;
  log: Log;
  metrics: Metrics;
}): Outbox {
  const { database, target, clock, log } = options;
  const delivered = options.metrics.counter('outbox_rows_total', 'Rows of our own delivered to the lake', ['table']);
  const failures = options.metrics.counter('outbox_failures_total', 'Batches that the lake did not take', ['table']);
  const stopping = new AbortController();
  let wake = new AbortController();
  let delivery: Listener = () => Promise.resolve();
  let loop: Promise<void> | undefined;

  const write = async (table: string, rows: readonly RowObject[], tx?: Queryable): Promise<void> => {
    if (rows.length > writeRowsMax) throw new RangeError(`at most ${writeRowsMax} rows at once, got ${rows.length}`);
    if (rows.length === 0) return;
    const now = clock.now().toISOString();
    const texts = rows.map((row) => JSON.stringify(storableJson({ TimeGenerated: now, ...row })));
    await (tx ?? database).execute('INSERT INTO lake_outbox (lake_table, row) SELECT $1, unnest($2::text[])::jsonb', [
      table,
      texts,
    ]);
    if (!tx) wake.abort();
  };

  const deliverAll = async (): Promise<number> => {
    await formBatches(database);
    let count = 0;
    for (;;) {
      const batch = await claim(database);
      if (!batch) return count;
      try {
        const rows = await deliver(database, target, batch, delivery);
        delivered.inc({ table: batch.table }, rows);
        count++;
      } catch (err) {
        failures.inc({ table: batch.table });
        log.warn({ err, table: batch.table, attempts: batch.attempts }, 'the lake did not take a batch of the outbox');
        if (isRefusal(err)) await setApart(database, batch, err);
      }
    }
  };

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      wake = new AbortController();
      try {
        await deliverAll();
      } catch (err) {
        log.warn({ err }, 'the outbox could not be drained');
      }
      await clock.sleep(pollMs, AbortSignal.any([wake.signal, stopping.signal]));
    }
  };

  return {
    write,
    onDelivered: (listener) => {
      delivery = listener;
    },
    flush: async () => {
      const last = (await database.first<{ id: number | null }>('SELECT max(id) AS id FROM lake_outbox'))?.id ?? 0;
      const waiting = async () =>
        (await database.first('SELECT 1 FROM lake_outbox WHERE id <= $1 LIMIT 1', [last])) !== undefined;
      while (await waiting()) if ((await deliverAll()) === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    },
    start: () => {
      loop ??= run();
    },
    stop: async () => {
      stopping.abort();
      await loop;
    },
  };
}

/** Gives rows without a batch one, by table. */
async function formBatches(database: Database): Promise<void> {
  const waiting = await database.first('SELECT 1 FROM lake_outbox WHERE batch_id IS NULL LIMIT 1');
  if (!waiting) return;
  await database.transaction(async (tx) => {
    const { locked } = (await tx.first<{ locked: boolean }>('SELECT pg_try_advisory_xact_lock($1) AS locked', [
      formingLock,
    ]))!;
    if (!locked) return;
    const tables = await tx.query<{ table: string }>(
      'SELECT DISTINCT lake_table AS "table" FROM lake_outbox WHERE batch_id IS NULL',
    );
    for (const { table } of tables) {
      const id = randomUUID();
      await tx.execute('INSERT INTO lake_outbox_batches (id, lake_table) VALUES ($1, $2)', [id, table]);
      await tx.execute(
        `UPDATE lake_outbox SET batch_id = $1 WHERE id IN
           (SELECT id FROM lake_outbox WHERE batch_id IS NULL AND lake_table = $2 ORDER BY id LIMIT $3)`,
        [id, table, batchRowsMax],
      );
    }
  });
}

type Listener = (batch: DeliveredBatch) => Promise<void>;

interface Claimed {
  readonly id: string;
  readonly table: string;
  /** With this one. */
  readonly attempts: number;
}

/** Takes a due batch, and puts its next attempt off: by then it is delivered, or whoever took it has failed or died. */
async function claim(database: Database): Promise<Claimed | undefined> {
  return database.first(
    `UPDATE lake_outbox_batches SET attempts = attempts + 1,
       next_attempt_at = now() + least(power(2, attempts) * 500, $1) * interval '1 millisecond'
     WHERE id = (SELECT id FROM lake_outbox_batches WHERE next_attempt_at <= now()
                 ORDER BY formed_at LIMIT 1 FOR UPDATE SKIP LOCKED)
     RETURNING id, lake_table AS "table", attempts`,
    [retryMsMax],
  );
}

/** Whether the same rows would be refused again. */
const isRefusal = (error: unknown): error is SallyportError =>
  error instanceof SallyportError && error.code === 'BadRequest';

const refusedTable = 'DCRLogErrors';
/** Of a row that was refused; the rest is cut off. */
const refusedTextMax = 32_768;

/** Halves a batch; of one row makes a row that tells of it. */
const setApart = (database: Database, { id, table }: Claimed, error: SallyportError): Promise<void> =>
  database.transaction(async (tx) => {
    const locked = await tx.first('SELECT 1 FROM lake_outbox_batches WHERE id = $1 FOR UPDATE SKIP LOCKED', [id]);
    if (!locked) return;
    const rows = await tx.query<{ id: string; row: RowObject }>(
      'SELECT id, row FROM lake_outbox WHERE batch_id = $1 ORDER BY id',
      [id],
    );
    const [only] = rows;
    if (rows.length > 1) {
      const half = randomUUID();
      await tx.execute('INSERT INTO lake_outbox_batches (id, lake_table) VALUES ($1, $2)', [half, table]);
      const moved = rows.slice(Math.ceil(rows.length / 2)).map((row) => row.id);
      await tx.execute('UPDATE lake_outbox SET batch_id = $1 WHERE id = ANY($2)', [half, moved]);
      await tx.execute('UPDATE lake_outbox_batches SET next_attempt_at = now() WHERE id = $1', [id]);
    } else if (only && table !== refusedTable) {
      const row = {
        TimeGenerated: only.row['TimeGenerated'],
        InputStreamId: table,
        OperationName: 'Store',
        Message: `${error.message}: ${JSON.stringify(only.row)}`.slice(0, refusedTextMax),
      };
      await tx.execute('UPDATE lake_outbox SET batch_id = NULL, lake_table = $2, row = $3 WHERE id = $1', [
        only.id,
        refusedTable,
        JSON.stringify(row),
      ]);
      await tx.execute('DELETE FROM lake_outbox_batches WHERE id = $1', [id]);
    }
  });

/** Inserts the batch and forgets it. The lock is held meanwhile, so that a slow insert isn't begun a second time by another server. */
const deliver = (
  database: Database,
  target: RowTarget,
  { id, attempts }: Claimed,
  delivered: Listener,
): Promise<number> =>
  database.transaction(async (tx) => {
    const batch = await tx.first<{ table: string }>(
      'SELECT lake_table AS "table" FROM lake_outbox_batches WHERE id = $1 FOR UPDATE SKIP LOCKED',
      [id],
    );
    if (!batch) return 0;
    const rows = await tx.query<{ row: RowObject }>('SELECT row FROM lake_outbox WHERE batch_id = $1 ORDER BY id', [
      id,
    ]);
    if (rows.length > 0)
      await target.insertRows(
        batch.table,
        rows.map(({ row }) => row),
        { segmentId: id, retry: attempts > 1 },
      );
    await delivered({ table: batch.table, rows: rows.length, segmentId: id });
    await tx.execute('DELETE FROM lake_outbox WHERE batch_id = $1', [id]);
    await tx.execute('DELETE FROM lake_outbox_batches WHERE id = $1', [id]);
    return rows.length;
  });
