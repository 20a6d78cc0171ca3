import { SallyportError } from '@sallyport/contracts';
import { sql, sqlIdentifier, sqlJoin, sqlString, type CompileOptions } from '@sallyport/kql';
import type { AnalyticsRule } from '../rules/index.ts';
import { plannerOf } from '../rows/plan.ts';
import { instant } from '../run/evaluate.ts';
import type { Parts } from '../run/run.ts';
import { segmentsMax, type BinOptions } from './bins.ts';

/** With fewer rules that look at rows one by one, asking each is as quick. Plans are there already where not everything that is stored is asked. */
const worthwhile = { all: 1_000, some: 100 };
/** A pass over all rows that takes longer is given up. */
const limits = { seconds: 300 };

/**
 * Of many rules, those that look at rows one by one and find none of them worth a look: they need not be asked. All are asked in one pass over the rows; those of which
 * it can't tell are not among them.
 */
export async function quietRules(
  { platform, queries }: Parts,
  rules: readonly AnalyticsRule[],
  options: BinOptions,
): Promise<ReadonlySet<AnalyticsRule>> {
  const enough = options.segments || options.arrived ? worthwhile.some : worthwhile.all;
  if (rules.length < enough) return new Set();
  const { lake, log } = platform;
  const { sources } = await plannerOf(queries, platform).plan(rules, {
    pause: () => new Promise((resolve) => setImmediate(resolve)),
  });
  const quiet = new Set(sources.flatMap((source) => source.rules));
  if (quiet.size < enough) return new Set();
  const longest = Math.max(...rules.map(({ queryPeriod, queryFrequency }) => queryPeriod + queryFrequency)) * 1_000;
  const rows = { source: rowsOf(options, longest) };
  for (const source of sources)
    try {
      const asked = { who: 'rules', operation: 'rule', limits, ...(options.signal ? { signal: options.signal } : {}) };
      for (const { rule } of await source.hits({ lake, queries }, rows, asked)) quiet.delete(rule);
    } catch (err) {
      if (!(err instanceof SallyportError) || err.code === 'Unavailable' || options.signal?.aborted) throw err;
      log.info({ err, source: source.source }, 'rules are asked one by one');
      for (const rule of source.rules) quiet.delete(rule);
    }
  return quiet;
}

/** The rows of which a rule's alerts could be new. */
function rowsOf(
  { from, to, segments, arrived, source }: BinOptions,
  around: number,
): NonNullable<CompileOptions['source']> {
  if (source) return source;
  const conditions = [
    sql`TimeGenerated >= ${instant(new Date(from.getTime() - around))}`,
    sql`TimeGenerated < ${instant(new Date(to.getTime() + around))}`,
    ...(segments && segments.length <= segmentsMax
      ? [sql`_SegmentId IN (${sqlJoin(['', ...segments].map(sqlString))})`]
      : []),
    ...(arrived ? [sql`_IngestedAt >= ${instant(arrived.from)}`, sql`_IngestedAt < ${instant(arrived.to)}`] : []),
  ];
  return (table) => sql`(SELECT * FROM ${sqlIdentifier(table.name)} WHERE ${sqlJoin(conditions, sql` AND `)})`;
}
