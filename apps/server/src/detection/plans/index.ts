import { SallyportError } from '@sallyport/contracts';
import { KqlError, type Kql, type NotRowLevel, type Read, type RowQuery } from '@sallyport/kql';
import { z } from 'zod';
import type { Queries } from '../../hunting/index.ts';
import type { Platform } from '../../platform/types.ts';
import { KeptPlans } from './kept.ts';
import { databasePlans, folderPlans, layered, type PlanStore } from './store.ts';

/** What a query reads; a fault where it is no right query. */
export type Reads = { readonly reads: readonly Read[] } | { readonly fault: string };

/** What is known of queries before a row is looked at. */
export interface QueryPlans {
  readonly reads: KeptPlans<Reads>;
  readonly rows: KeptPlans<RowQuery | NotRowLevel>;
}

const Fault = z.strictObject({ fault: z.string() });
const Reads: z.ZodType<Reads> = z.union([
  z.strictObject({ reads: z.array(z.strictObject({ table: z.string(), condition: z.string() })) }),
  Fault,
]);
const Literal = z.strictObject({
  subject: z.string(),
  text: z.string().min(1),
  at: z.enum(['anywhere', 'start', 'end', 'whole']),
  absent: z.boolean(),
  cased: z.boolean(),
});
const Rows: z.ZodType<RowQuery | NotRowLevel> = z.union([
  z.strictObject({
    source: z.string(),
    columns: z.array(
      z.strictObject({
        name: z.string(),
        type: z.enum(['bool', 'datetime', 'decimal', 'dynamic', 'guid', 'int', 'long', 'real', 'string', 'timespan']),
      }),
    ),
    condition: z.string(),
    alternatives: z.array(z.array(z.array(Literal))),
  }),
  Fault,
]);

function makePlans(kql: Kql, store: PlanStore, onFault?: (error: unknown) => void): QueryPlans {
  const shared = { kql, store, ...(onFault ? { onFault } : {}) };
  return {
    reads: new KeptPlans({ ...shared, kind: 'reads', schema: Reads, make: (text) => readsOf(kql, text) }),
    rows: new KeptPlans({ ...shared, kind: 'rows', schema: Rows, make: (text) => kql.rowQuery(text) }),
  };
}

function readsOf(kql: Kql, text: string): Reads {
  try {
    return { reads: kql.readsOf(text) };
  } catch (error) {
    if (error instanceof KqlError || error instanceof SallyportError) return { fault: error.message };
    throw error;
  }
}

const plans = new WeakMap<object, QueryPlans>();

/** The plans of a compiler, one set for all that ask: kept in the platform's database, and beside the code. */
export function plansOf(
  { kql }: Pick<Queries, 'kql'>,
  platform?: Pick<Platform, 'database' | 'clock' | 'log'>,
): QueryPlans {
  const known = plans.get(kql);
  if (known) return known;
  const store = layered([...(platform ? [databasePlans(platform.database, platform.clock)] : []), folderPlans()]);
  const made = makePlans(kql, store, (err) => platform?.log.warn({ err }, 'plans of queries are not kept'));
  plans.set(kql, made);
  return made;
}

/** Lets others have their turn before the next plan is made, and for as long as the last one took. */
export function gently(): () => Promise<void> {
  let since: number | undefined;
  return async () => {
    const took = since === undefined ? 0 : performance.now() - since;
    await new Promise((resolve) => setTimeout(resolve, Math.min(took, gentleMsMax)));
    since = performance.now();
  };
}
const gentleMsMax = 100;

/** What each query reads, also through the functions that it calls; undefined of one that does not compile. */
export async function readsBy(
  parts: { readonly queries: Pick<Queries, 'kql'>; readonly platform: Pick<Platform, 'database' | 'clock' | 'log'> },
  texts: readonly string[],
): Promise<(text: string) => readonly Read[] | undefined> {
  const known = await plansOf(parts.queries, parts.platform).reads.of(texts, gently());
  return (text) => {
    const plan = known.get(text);
    return plan && 'reads' in plan ? plan.reads : undefined;
  };
}

/** After a start others have more to do. */
const aheadAfterMs = 60_000;
/** Between two plans: each keeps the process for some 50 ms. */
const aheadPauseMs = 50;

/** Makes plans that will be wanted, little by little, so that the first upload and the first look at coverage needn't. Ends when aborted. */
export async function planAhead(
  { queries, platform }: { readonly queries: Pick<Queries, 'kql'>; readonly platform: Platform },
  texts: () => readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const pause = async (ms: number): Promise<void> => {
    await platform.clock.sleep(ms, signal);
    signal.throwIfAborted();
  };
  try {
    await pause(aheadAfterMs);
    await plansOf(queries, platform).reads.of(texts(), () => pause(aheadPauseMs));
  } catch (err) {
    if (!signal.aborted) platform.log.warn({ err }, 'plans of rules were not made ahead');
  }
}
