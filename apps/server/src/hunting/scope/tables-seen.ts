import { z } from 'zod';
import type { Principal } from '../../platform/principal.ts';
import type { Queries } from '../queries.ts';

/** What somebody may know of the rows of a table that they see in part. */
export interface SeenRows {
  readonly rows: number;
  readonly rowsLastDay: number;
  readonly firstRowAt: string | null;
  readonly lastRowAt: string | null;
}

/** Tables whose rows one statement counts. */
const tablesAtOnce = 25;
const instant = z
  .string()
  .nullable()
  .transform((text) => (text === null ? null : new Date(text).toISOString()));
const Counted = z.tuple([z.string(), z.coerce.number(), z.coerce.number(), instant, instant]);
const none: SeenRows = { rows: 0, rowsLastDay: 0, firstRowAt: null, lastRowAt: null };

/** Of these tables of the first workspace, those of which a caller sees rows by `data.read`: whole, or what is told of theirs. */
export async function tablesSeen(
  queries: Queries,
  as: Principal,
  names: readonly string[],
  now: Date,
): Promise<ReadonlyMap<string, 'whole' | SeenRows>> {
  const by = 'data.read';
  const shown = queries.tablesOf(as, by);
  const seen = new Map<string, 'whole' | SeenRows>();
  for (const name of names) {
    const how = shown.get(name);
    if (how) seen.set(name, how === 'whole' ? how : none);
  }
  const partly = [...seen].flatMap(([name, how]) => (how === 'whole' ? [] : [name]));
  for (let at = 0; at < partly.length; at += tablesAtOnce) {
    const parts = partly
      .slice(at, at + tablesAtOnce)
      .map(
        (name) =>
          `(['${name}'] | summarize Rows = count(), LastDay = countif(ingestion_time() > ago(1d)), First = min(TimeGenerated), Last = max(TimeGenerated) | extend Name = '${name}')`,
      );
    const query = `union ${parts.join(', ')} | project Name, Rows, LastDay, First, Last`;
    for (const row of (await queries.run({ query, now, as, by, operation: 'hunting' })).rows) {
      const [name, rows, rowsLastDay, firstRowAt, lastRowAt] = Counted.parse(row);
      seen.set(name, { rows, rowsLastDay, firstRowAt, lastRowAt });
    }
  }
  return seen;
}
