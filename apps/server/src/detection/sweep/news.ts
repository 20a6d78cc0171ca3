import { SallyportError } from '@sallyport/contracts';
import { sqlIdentifier, sqlString } from '@sallyport/kql';
import { z } from 'zod';
import { plansOf, type Reads } from '../plans/index.ts';
import type { AnalyticsRule } from '../rules/index.ts';
import type { Parts } from '../run/run.ts';
import {
  binsMax,
  minuteOfRow,
  ofSegments,
  segmentsMax,
  segmentsPerBinMax,
  sqlTime,
  unseen,
  type BinOptions,
} from './bins.ts';
import { inChunks } from '../rows/statements.ts';
import { wholeWindows } from './plan.ts';
import { binSeconds, type Bin } from './windows.ts';

/** Tables that one statement asks after. */
const tablesAtOnce = 64;
const limits = { seconds: 120, rows: binsMax };

/** Whether a sweep is of what some segments brought, or of what arrived in a time: then most rules have nothing to see. */
const isOfSome = ({ segments, arrived }: BinOptions): boolean =>
  arrived !== undefined || (segments !== undefined && segments.length <= segmentsMax);

/** The rules that may read a table that got such rows. All where that can't be told. */
export async function concernedBy(
  parts: Parts,
  rules: readonly AnalyticsRule[],
  options: BinOptions,
): Promise<readonly AnalyticsRule[]> {
  if (!isOfSome(options) || options.source) return rules;
  const { kql } = parts.queries;
  const tablesOf = new Map(rules.map((rule) => [rule, kql.dependsOn(rule.query).tables]));
  const held = new Set(parts.platform.lake.kqlCatalogue().tables.flatMap(({ name, empty }) => (empty ? [] : [name])));
  const named = new Set([...tablesOf.values()].flatMap((tables) => tables ?? []));
  const filled = await filledTables(parts, [...named.intersection(held)], options);
  return rules.filter((rule) => tablesOf.get(rule)?.some((table) => filled.has(table)) ?? true);
}

async function filledTables(
  { platform: { lake } }: Parts,
  tables: readonly string[],
  options: BinOptions,
): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (let at = 0; at < tables.length; at += tablesAtOnce) {
    const part = tables.slice(at, at + tablesAtOnce);
    const asked = part.map(
      (name) =>
        `SELECT ${sqlString(name).text} AS name FROM ${sqlIdentifier(name).text} WHERE ${someRows(options)} LIMIT 1`,
    );
    const { rows } = await lake.query(asked.join('\nUNION ALL\n'), { ...asker(options), tables: part });
    for (const row of rows) found.add(z.tuple([z.string()]).parse(row)[0]);
  }
  return found;
}

const someRows = ({ segments, arrived }: BinOptions): string =>
  [
    ...(segments && segments.length <= segmentsMax ? [ofSegments(segments)] : []),
    ...(arrived ? [`_IngestedAt >= ${sqlTime(arrived.from)} AND _IngestedAt < ${sqlTime(arrived.to)}`] : []),
  ].join(' AND ');

const asker = ({ signal }: BinOptions) => ({
  who: 'rules',
  operation: 'rule',
  limits,
  ...(signal ? { signal } : {}),
});

/** A read of a rule. */
interface Asked {
  readonly rule: AnalyticsRule;
  readonly condition: string;
}

/**
 * What `binsOf` gives for each rule over its `wholeWindows`, of many rules in one statement a table. A rule is missing where that has to be asked for it alone: its query has a
 * fault, a statement failed, its windows are not of whole minutes.
 */
export async function newsOf(
  parts: Parts,
  rules: readonly AnalyticsRule[],
  options: BinOptions,
): Promise<ReadonlyMap<AnalyticsRule, readonly Bin[]>> {
  if (!isOfSome(options) || options.source) return new Map();
  const minutes = rules.filter((rule) => rule.queryFrequency % binSeconds === 0 && rule.queryPeriod % binSeconds === 0);
  const reads = await plansOf(parts.queries, parts.platform).reads.of(
    minutes.map(({ query }) => query),
    () => new Promise((resolve) => setImmediate(resolve)),
  );
  const known = minutes.filter((rule) => 'reads' in (reads.get(rule.query) ?? {}));
  const alone = new Set<AnalyticsRule>();
  const bins = new Map(known.map((rule) => [rule, new Map<number, Set<string>>()]));
  for (const [table, asked] of byTable(known, reads))
    for (const chunk of inChunks(asked, ({ condition }) => condition.length)) {
      const found = await askTogether(parts, table, chunk, options);
      if (found === undefined) for (const { rule } of chunk) alone.add(rule);
      for (const [read, at, segments] of found ?? []) {
        const own = bins.get(chunk[read - 1]!.rule)!;
        own.set(at, new Set([...(own.get(at) ?? []), ...segments]));
      }
    }
  return new Map(
    known.flatMap((rule): [AnalyticsRule, readonly Bin[]][] => {
      if (alone.has(rule)) return [];
      const { from, to } = wholeWindows(rule, options);
      const own = [...bins.get(rule)!]
        .map(([at, segments]) => ({ at, segments: [...segments] }))
        .filter(({ at }) => at * 1_000 >= from.getTime() && at * 1_000 < to.getTime());
      return [[rule, own.toSorted((a, b) => a.at - b.at)]];
    }),
  );
}

function byTable(rules: readonly AnalyticsRule[], plans: ReadonlyMap<string, Reads>): ReadonlyMap<string, Asked[]> {
  const tables = new Map<string, Asked[]>();
  for (const rule of rules) {
    const plan = plans.get(rule.query);
    if (plan && 'reads' in plan)
      for (const { table, condition } of plan.reads) {
        const same = tables.get(table) ?? [];
        same.push({ rule, condition });
        tables.set(table, same);
      }
  }
  return tables;
}

const Rows = z.array(z.tuple([z.number(), z.number(), z.array(z.string())]));

/** Read (from 1), minute and segments, of the rows that count; undefined where they can't be asked together. */
async function askTogether(
  { platform: { lake, log } }: Parts,
  table: string,
  asked: readonly Asked[],
  options: BinOptions,
): Promise<z.infer<typeof Rows> | undefined> {
  const times = asked.map(({ rule }) => wholeWindows(rule, options));
  const first = new Date(Math.min(...times.map(({ from }) => from.getTime())));
  const last = new Date(Math.max(...times.map(({ to }) => to.getTime())));
  const numbers = asked.map(({ rule, condition }, i) => {
    const late = options.arrived ? ` AND ${unseen(rule, options.arrived)}` : '';
    return `if((${condition})${late}, ${i + 1}, 0)`;
  });
  try {
    const { rows } = await lake.query(
      `SELECT read, at, groupUniqArray(${segmentsPerBinMax})(_SegmentId) AS segments FROM (
         SELECT arrayJoin(arrayFilter(i -> i > 0, [${numbers.join(',\n')}])) AS read, ${minuteOfRow} AS at, _SegmentId
         FROM ${sqlIdentifier(table).text} AS r
         WHERE ${someRows(options)} AND TimeGenerated >= ${sqlTime(first)} AND TimeGenerated < ${sqlTime(last)}
       ) GROUP BY read, at LIMIT ${binsMax}`,
      { ...asker(options), tables: [table] },
    );
    return rows.length < binsMax ? Rows.parse(rows) : undefined;
  } catch (err) {
    if (!(err instanceof SallyportError) || err.code === 'Unavailable' || options.signal?.aborted) throw err;
    log.info({ err, table }, 'rules are asked one by one');
    return undefined;
  }
}
