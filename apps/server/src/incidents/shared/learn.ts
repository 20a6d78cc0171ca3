import { SallyportError } from '@sallyport/contracts';
import { z } from 'zod';
import type { Queries } from '../../hunting/index.ts';
import { remembered } from '../../platform/database/index.ts';
import type { Platform } from '../../platform/types.ts';
import { namesOf, resolveEntities, withKnown, type Inventory } from '../entities/index.ts';
import { loadSharedQueries, type SharedQuery } from './content.ts';
import { forgetRates } from '../storms.ts';
import { dayMs, forgetShared, saveShared, type SharedThing } from './store.ts';
import { systemPrincipal } from '../../platform/principal.ts';

export interface Learning {
  readonly platform: Pick<Platform, 'clock' | 'database' | 'lake' | 'log'>;
  readonly queries: Queries;
  readonly inventory: Inventory;
}

/** Things of one query and day. */
const thingsMax = 10_000;
/** Days of one call. */
const daysMax = 60;

const Row = z.tuple([
  z.coerce.number(),
  z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(z.record(z.string(), z.string())),
]);

/** Learns anew what many share on each day (UTC) of a time, at most 60 days. Answers how many things. */
export async function learnShared(
  learning: Learning,
  { from, to }: { readonly from: Date; readonly to: Date },
): Promise<number> {
  const queries = await loadSharedQueries();
  const first = Math.max(startOfDay(from.getTime()), startOfDay(to.getTime() - 1) - (daysMax - 1) * dayMs);
  let learned = 0;
  for (let day = first; day < to.getTime(); day += dayMs) learned += await learnDay(learning, queries, new Date(day));
  return learned;
}

async function learnDay(learning: Learning, queries: readonly SharedQuery[], day: Date): Promise<number> {
  const things: SharedThing[] = [];
  for (const query of queries) things.push(...(await ask(learning, query, day)));
  await learning.platform.database.transaction((tx) => saveShared(tx, day, things));
  return things.length;
}

async function ask({ platform, queries, inventory }: Learning, query: SharedQuery, day: Date): Promise<SharedThing[]> {
  const timespan = { from: day, to: new Date(day.getTime() + dayMs) };
  try {
    const { rows } = await queries.run({
      query: query.query,
      timespan,
      now: timespan.to,
      maxRows: thingsMax,
      as: systemPrincipal('correlation'),
      operation: 'rule',
    });
    const found = rows.map((row) => Row.parse(row));
    const entities = found.map(([, identifiers]) => resolveEntities([{ kind: query.kind, identifiers }]));
    const known = await inventory(entities.flat().flatMap(namesOf));
    return found.flatMap(([breadth], index) =>
      withKnown(entities[index]!, known)
        .flatMap(({ joinKeys }) => joinKeys)
        .map((key) => ({ key, breadth, days: query.days, reason: query.reason.replace('{Breadth}', String(breadth)) })),
    );
  } catch (error) {
    if (!(error instanceof SallyportError) || error.code === 'Unavailable' || error.code === 'TooManyRequests')
      throw error;
    platform.log.warn({ query: query.name, day, error: error.message }, 'what many share could not be learned');
    return [];
  }
}

const Place = z.object({ doneTo: z.iso.datetime() });
/** With the first run, so far back. */
const firstDays = 14;

/**
 * Learns days that are over, once each, and today so far; forgets old ones. A job of every hour: a thing that many share from today on for the first time is
 * known only then.
 */
export async function learnDue(learning: Learning): Promise<number> {
  const { clock, database } = learning.platform;
  const place = remembered(database, 'shared things');
  const now = clock.now();
  const today = startOfDay(now.getTime());
  const known = Place.safeParse(await place.read());
  const from = known.success ? Date.parse(known.data.doneTo) : today - firstDays * dayMs;
  const learned = await learnShared(learning, { from: new Date(Math.min(from, today)), to: now });
  await place.write({ doneTo: new Date(today).toISOString() });
  await forgetShared(database, now);
  await forgetRates(database, now);
  return learned;
}

const startOfDay = (at: number): number => Math.floor(at / dayMs) * dayMs;
