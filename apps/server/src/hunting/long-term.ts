import type { Compiled } from '@sallyport/kql';
import { interactiveRows, type Lake } from '@sallyport/lake';
import { SallyportError } from '@sallyport/contracts';
import type { QueryRequest } from './queries.ts';

/** Whether rows are left out is not worth more of the engine's time than this. */
const limits = { seconds: 5, rows: 1 };

/**
 * What an ordinary query did not look at, in words: rows past their table's interactive time, which a search job finds. Only of tables where such rows pass the
 * filters that stand directly on them; where that takes too long to say, they may.
 */
export async function leftOut(
  lake: Lake,
  compiled: Compiled,
  { now, timespan, as, signal }: Pick<QueryRequest, 'now' | 'timespan' | 'as' | 'signal'>,
): Promise<string | undefined> {
  const told = new Map<string, string>();
  for (const { table, filteredSql } of compiled.reads) {
    const definition = lake.catalogue.get(table);
    const interactive = definition && interactiveRows(definition);
    if (interactive === undefined || told.has(table)) continue;
    const { interactiveDays } = definition!;
    // Rows arrive after their time.
    if (timespan && timespan.from.getTime() > now.getTime() - interactiveDays * 86_400_000) continue;
    const sql = `SELECT 1 FROM (${filteredSql}) WHERE NOT (${interactive}) LIMIT 1`;
    const found = await lake
      .query(sql, {
        who: as.name,
        operation: 'hunting',
        longTerm: true,
        limits,
        tables: [table],
        ...(signal ? { signal } : {}),
      })
      .then(
        ({ rows }) => rows.length > 0,
        (error: unknown) => {
          if (error instanceof SallyportError && error.code === 'QueryLimitExceeded') return undefined;
          throw error;
        },
      );
    if (found === false) continue;
    const has = found ? 'has' : 'may have';
    told.set(table, `\`${table}\` ${has} rows older than ${interactiveDays} days in its long-term tier`);
  }
  if (told.size === 0) return undefined;
  return `${[...told.values()].join(', ')}; a search job finds them`;
}
