import { sql, sqlInteger, sqlJoin, sqlString, type CompileOptions, type TableRead } from '@sallyport/kql';
import { z } from 'zod';
import type { Platform } from '../../platform/types.ts';
import type { Queries } from '../../hunting/index.ts';
import type { AnalyticsRule } from '../rules/index.ts';
import { delaySeconds } from '../due.ts';
import { binSeconds, type Bin } from './windows.ts';
import { rulePrincipal } from '../rules/principal.ts';

/** What of a rule says which rows its windows are made of. */
export type WindowedRule = Pick<AnalyticsRule, 'id' | 'query' | 'queryFrequency' | 'queryPeriod'>;

export interface BinOptions {
  readonly from: Date;
  readonly to: Date;
  /** Only rows that these segments brought. More than 2,000 are not told apart: then all rows of the time count. */
  readonly segments?: readonly string[];
  /** Only rows that arrived in this time, and after every window that covers them was run as scheduled. */
  readonly arrived?: { readonly from: Date; readonly to: Date };
  readonly source?: CompileOptions['source'];
  readonly signal?: AbortSignal;
}

/** More minutes with rows than this (4 months without a gap) are not told apart. */
export const binsMax = 200_000;
/** A statement has a longest length. */
export const segmentsMax = 2_000;
/** Segments named for a minute. */
export const segmentsPerBinMax = 256;

/** SQL of the minute of a row, seconds since 1970. */
export const minuteOfRow = `toInt64(intDiv(toUnixTimestamp64Milli(assumeNotNull(TimeGenerated)), ${binSeconds * 1_000}) * ${binSeconds})`;

const BinRow = z.tuple([z.number(), z.array(z.string())]);

/**
 * The minutes in which a rule's tables have rows that pass the filters standing directly on them. One query for each read. A rule that counts from now()
 * has filters that move with the window, so for it every row of its tables counts. `query` may be another that reads the same.
 */
export async function binsOf(
  { lake }: Pick<Platform, 'lake'>,
  queries: Queries,
  rule: WindowedRule,
  options: BinOptions,
  query = rule.query,
): Promise<Bin[]> {
  const compileOptions: CompileOptions = {
    now: options.to,
    timespan: { from: options.from, to: options.to },
    // What is read does not depend on what the data says.
    noData: true,
    ...(options.source ? { source: options.source } : {}),
  };
  const reads = readsOf(queries, rule, compileOptions, query);
  const bins = new Map<number, Set<string>>();
  for (const read of reads)
    for (const row of await askBins(lake, read, options, rule)) {
      const [at, segments] = BinRow.parse(row);
      const known = bins.get(at) ?? new Set();
      for (const segment of segments) known.add(segment);
      bins.set(at, known);
    }
  return [...bins].map(([at, segments]) => ({ at, segments: [...segments] })).toSorted((a, b) => a.at - b.at);
}

/** What a rule reads, with the filters that don't move with the window. */
export function readsOf(
  queries: Queries,
  rule: WindowedRule,
  given: CompileOptions,
  query = rule.query,
): readonly TableRead[] {
  const options = { ...given, as: rulePrincipal(rule) };
  // News of other workspaces is not seen here.
  const reads = queries.compile(query, options).reads.filter(({ database }) => database === undefined);
  if (!/\b(now|ago)\s*\(/i.test(rule.query)) return reads;
  return [...new Set(reads.map((read) => read.table))].flatMap(
    (table) => queries.compile(`['${table}']`, options).reads,
  );
}

/** A moment as SQL. */
export const sqlTime = (at: Date): string => sql`fromUnixTimestamp64Milli(${sqlInteger(at.getTime())}, 'UTC')`.text;

/** Rows that segments brought. */
export const ofSegments = (segments: readonly string[]): string =>
  sql`_SegmentId IN (${sqlJoin(['', ...segments].map(sqlString))})`.text;

/** The last window that covers a row ends at the last multiple of the frequency that is no more than the period after it. */
export function unseen({ queryFrequency, queryPeriod }: WindowedRule, { from, to }: { from: Date; to: Date }): string {
  const lastEnd = `intDiv(toUnixTimestamp(assumeNotNull(TimeGenerated)) + ${queryPeriod}, ${queryFrequency}) * ${queryFrequency}`;
  return (
    `_IngestedAt >= ${sqlTime(from)} AND _IngestedAt < ${sqlTime(to)}` +
    ` AND toUnixTimestamp(_IngestedAt) >= ${lastEnd} + ${delaySeconds.Scheduled}`
  );
}

async function askBins(
  lake: Platform['lake'],
  read: TableRead,
  options: BinOptions,
  rule: WindowedRule,
): Promise<readonly (readonly unknown[])[]> {
  const conditions = [
    ...(options.segments && options.segments.length <= segmentsMax ? [ofSegments(options.segments)] : []),
    ...(options.arrived ? [unseen(rule, options.arrived)] : []),
  ];
  const restrict = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
  const answer = await lake.query(
    `SELECT ${minuteOfRow} AS at,
       groupUniqArray(${segmentsPerBinMax})(_SegmentId) AS segments
     FROM (${read.filteredSql}) ${restrict} GROUP BY at ORDER BY at LIMIT ${binsMax}`,
    {
      who: `rule ${rule.id}`,
      operation: 'rule',
      tables: [read.table],
      limits: { rows: binsMax },
      ...(options.signal ? { signal: options.signal } : {}),
    },
  );
  return answer.rows;
}
