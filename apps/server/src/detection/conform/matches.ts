import { SallyportError } from '@sallyport/contracts';
import { sql, sqlIdentifier, type Compiled, type CompileOptions } from '@sallyport/kql';
import type { Lake } from '@sallyport/lake';
import type { AnalyticsRule } from '../rules/index.ts';
import type { Queries } from '../../hunting/index.ts';

/** A rule over rows: its query is `view` and `condition`. */
export interface RowRule {
  readonly rule: AnalyticsRule;
  readonly view: string;
  readonly condition: string;
}

/** Matching rows by log and then by rule. */
export type Matches = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** Conditions that one statement counts. */
const batchMax = 50;

/** A statement of many conditions over many logs may take long. */
const limits = { seconds: 600 };

/** What a log brought. The engine fills in which log that is, so that one text is asked of all. */
const ofSegments: NonNullable<CompileOptions['source']> = (table) =>
  sql`(SELECT * FROM ${sqlIdentifier(table.name)} WHERE _SegmentId IN {segments:Array(String)})`;

/**
 * Counts the rows of each log that meet each rule's condition: many conditions in one statement, first over all logs, then those that any row met over each
 * log that has rows in the view. A view without rows answers at once. A rule whose condition fails alone is told to `fail` and counts nothing.
 */
export async function countMatches(
  { lake, queries }: { readonly lake: Lake; readonly queries: Queries },
  rules: readonly RowRule[],
  logs: ReadonlyMap<string, readonly string[]>,
  { now, fail }: { readonly now: Date; readonly fail: (rule: AnalyticsRule, message: string) => void },
): Promise<Matches> {
  const all = [...logs.values()].flat();
  const options = { operation: 'detect conform', limits };
  const ask = async (compiled: Compiled, segments: readonly string[]): Promise<readonly unknown[]> => {
    const tables = compiled.reads.map(({ table }) => table);
    const { rows } = await lake.query(compiled.sql, { ...options, tables, params: { segments } });
    return rows[0] ?? [];
  };
  const compile = (batch: readonly RowRule[]): Compiled =>
    queries.compile(countingText(batch), { now, source: ofSegments, noData: true });
  /** The segments that have rows where a query reads: of the other logs its answer is known. */
  const segmentsRead = async ({ reads }: Compiled): Promise<ReadonlySet<string>> => {
    const found = new Set<string>();
    for (const { table, filteredSql } of reads) {
      const text = `SELECT DISTINCT _SegmentId FROM (${filteredSql})`;
      const { rows } = await lake.query(text, { ...options, tables: [table], params: { segments: all } });
      for (const [segment] of rows) found.add(String(segment));
    }
    return found;
  };
  /** The rules of a batch that some row met; a batch that fails is asked in halves. */
  const met = async (batch: readonly RowRule[]): Promise<readonly RowRule[]> => {
    try {
      const counts = await ask(compile(batch), all);
      return batch.filter((_, at) => Number(counts[at]) > 0);
    } catch (error) {
      if (!(error instanceof SallyportError) || error.code === 'Unavailable') throw error;
      if (batch.length === 1) {
        fail(batch[0]!.rule, error.message);
        return [];
      }
      const half = Math.ceil(batch.length / 2);
      return [...(await met(batch.slice(0, half))), ...(await met(batch.slice(half)))];
    }
  };
  const matches = new Map<string, Map<string, number>>([...logs.keys()].map((log) => [log, new Map()]));
  for (const [view, ofView] of Map.groupBy(rules, (one) => one.view)) {
    const read = await segmentsRead(queries.compile(view, { now, source: ofSegments, noData: true }));
    const worth = [...logs].filter(([, segments]) => segments.some((segment) => read.has(segment)));
    if (worth.length === 0) continue;
    const found: RowRule[] = [];
    for (const batch of batchesOf(ofView)) found.push(...(await met(batch)));
    for (const batch of batchesOf(found)) {
      const compiled = compile(batch);
      for (const [log, segments] of worth) {
        const counts = await ask(compiled, segments);
        for (const [at, { rule }] of batch.entries())
          if (Number(counts[at]) > 0) matches.get(log)?.set(rule.id, Number(counts[at]));
      }
    }
  }
  return matches;
}

const countingText = (batch: readonly RowRule[]): string =>
  `${batch[0]?.view ?? ''}\n| summarize ${batch.map(({ condition }, at) => `R${at} = countif(${condition})`).join(',\n')}`;

function* batchesOf(rules: readonly RowRule[]): Generator<readonly RowRule[]> {
  for (let at = 0; at < rules.length; at += batchMax) yield rules.slice(at, at + batchMax);
}
