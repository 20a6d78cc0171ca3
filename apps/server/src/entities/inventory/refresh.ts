import { SallyportError } from '@sallyport/contracts';
import { z } from 'zod';
import type { Queries } from '../../hunting/index.ts';
import { remembered, type Queryable } from '../../platform/database/index.ts';
import type { Platform } from '../../platform/types.ts';
import type { EntityContent, Observed } from '../content/load.ts';
import { tablesWithArrivals, type Arrival } from './arrived.ts';
import { addAlertEntities, addSeen, lockInventory, mergeSeen, openSeen } from './merge.ts';
import { observeQuery, pageMax } from './observe.ts';
import { publish, publishMerged } from './publish.ts';
import { systemPrincipal } from '../../platform/principal.ts';

export interface Parts {
  readonly platform: Platform;
  readonly queries: Queries;
  readonly content: EntityContent;
}

const minuteMs = 60_000;
/** An insert is seen a moment after the time that its rows say they arrived at. */
const settleMs = 15_000;
/** What one pass looks at, at most. */
const windowMs = 24 * 60 * minuteMs;
/** What had arrived before the inventory began, and what a long rest is made up for. */
const backMs = 7 * 24 * 60 * minuteMs;
/** Passes of one run of the job; what is left comes with the next. */
const passesMax = 8;
/** Answers of one kind in one pass. */
const pagesMax = 30;
/** Bounds of one statement. */
export const limits = { seconds: 120, memoryBytes: 2 * 2 ** 30, bytes: 64_000_000 };

const place = (database: Queryable) => remembered(database, 'entities: rows that were looked at');

/**
 * Takes into the inventory what newly arrived rows and newly raised alerts tell of. Its place is kept in the transaction that changes the inventory, so that no row is counted twice and none
 * left out. Answers how many passes there were, and entities that are new.
 */
export async function refresh(parts: Parts): Promise<{ passes: number; created: number }> {
  const { clock, database } = parts.platform;
  const now = clock.now().getTime();
  const end = now - settleMs;
  let passes = 0;
  let created = 0;
  while (passes < passesMax) {
    const last = await place(database).read();
    const known = z.iso.datetime().safeParse(last);
    const from = Math.max(known.success ? Date.parse(known.data) : end - backMs, end - backMs);
    if (from >= end) break;
    created += await pass(parts, { from: new Date(from), to: new Date(Math.min(end, from + windowMs)) }, last);
    passes++;
  }
  return { passes, created };
}

/** One pass over what arrived within a time; nothing when another has moved on from `last` meanwhile. */
async function pass(parts: Parts, arrival: Arrival, last: unknown): Promise<number> {
  const { database, lake, log, outbox } = parts.platform;
  const { observed } = parts.content;
  const names = [...new Set(observed.flatMap(({ tables }) => Object.keys(tables)))];
  const tables = await tablesWithArrivals(lake, names, arrival);
  return database.transaction(async (tx) => {
    await openSeen(tx);
    for (const one of tables.size > 0 ? observed : []) await gather(parts, tx, one, tables, arrival);
    await lockInventory(tx);
    if ((await place(tx).read()) !== last) return 0;
    await addAlertEntities(tx, arrival);
    const result = await mergeSeen(tx);
    await publishMerged({ outbox }, tx, result.merged, arrival.to);
    await publish({ outbox }, tx, arrival.to);
    await place(tx).write(arrival.to.toISOString());
    if (result.created > 0 || result.merged.length > 0)
      log.debug({ ...result, merged: result.merged.length }, 'entities were taken into the inventory');
    return result.created;
  });
}

/** Asks whom rows that arrived tell of, page by page. */
async function gather(
  parts: Parts,
  tx: Queryable,
  observed: Observed,
  tables: ReadonlySet<string>,
  arrival: Arrival,
): Promise<void> {
  const who = `entities: ${observed.kind}`;
  let after = '';
  for (let page = 0; page < pagesMax; page++) {
    const query = observeQuery(observed, tables, arrival, after);
    const answer = query === undefined ? undefined : await ask(parts, query, arrival.to, who);
    if (!answer) return;
    await addSeen(tx, answer.rows);
    if (answer.found < pageMax) return;
    after = answer.lastKey;
  }
  parts.platform.log.warn(
    { kind: observed.kind, ...arrival },
    'more entities arrived at once than are taken in; others come with their next rows',
  );
}

/** A text as PostgreSQL's jsonb takes it: without NUL, which in JSON is written as an escape. */
const storable = (json: string): string =>
  json.toWellFormed().replaceAll(/(?<!\\)((?:\\\\)*)\\u(?:0000|[dD][89a-fA-F][0-9a-fA-F]{2})/g, '$1\u{FFFD}');

export interface Told {
  /** JSON text of a list: rows go from engine to database as they are. */
  readonly rows: string;
  readonly found: number;
  readonly lastKey: string;
}

const Answer = z.tuple([z.string(), z.coerce.number(), z.string()]);

/**
 * What a query gives that ends in one row with `Rows`, and with `Found` and `LastKey` where it goes by pages. Undefined: it failed, which is told in the log. Throws what will pass (Unavailable,
 * TooManyRequests).
 */
export async function ask(
  { platform, queries }: Parts,
  query: string,
  now: Date,
  who: string,
): Promise<Told | undefined> {
  try {
    const text = `${query}\n| project tostring(Rows), column_ifexists('Found', long(0)), column_ifexists('LastKey', '')`;
    const answer = await queries.run({
      query: text,
      now,
      maxRows: 1,
      as: systemPrincipal(who),
      operation: 'rule',
      limits,
    });
    const [row] = answer.rows;
    const [rows, found, lastKey] = row ? Answer.parse(row) : ['', 0, ''];
    return { rows: rows === '' ? '[]' : storable(rows), found, lastKey };
  } catch (error) {
    if (!(error instanceof SallyportError) || error.code === 'Unavailable' || error.code === 'TooManyRequests')
      throw error;
    platform.log.warn({ who, error: error.message }, 'what rows tell of entities could not be asked');
    return undefined;
  }
}
