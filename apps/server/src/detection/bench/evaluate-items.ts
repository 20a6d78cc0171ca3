import { SallyportError } from '@sallyport/contracts';
import { sql, sqlIdentifier, sqlJoin, sqlString, type CompileOptions, type Sql } from '@sallyport/kql';
import type { Queries } from '../../hunting/index.ts';
import type { NewAlert } from '../../incidents/index.ts';
import type { Platform } from '../../platform/types.ts';
import { countMatches, type RowRule } from '../conform/matches.ts';
import type { AnalyticsRule } from '../rules/index.ts';
import { evaluate } from '../run/evaluate.ts';
import { readsOf } from '../sweep/bins.ts';
import { bare } from '../sweep/kql-text.ts';
import { planRule } from '../sweep/plan.ts';
import { inlined } from '../sweep/inlined.ts';
import { rowLevelPart } from '../sweep/row-level.ts';
import { allTime, eachOf } from '../sweep/sweep.ts';
import { systemPrincipal } from '../../platform/principal.ts';

/** What a rule found in an item. */
export interface ItemAlert {
  readonly rule: string;
  readonly name: string;
  readonly severity: string;
  readonly alerts: number;
  /** Of the first alert: its name, when it began, and its entities. Of rules on single rows, which are only counted, none. */
  readonly first?: { readonly name: string; readonly at: string; readonly entities: readonly string[] };
}

export interface EvaluateItemsOptions {
  /** Told of a rule that can't be run. */
  readonly fail: (rule: AnalyticsRule, message: string) => void;
  readonly onRule?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

type Parts = { readonly platform: Pick<Platform, 'lake' | 'clock'>; readonly queries: Queries };
type Segments = ReadonlyMap<string, readonly string[]>;

/** Fewer items than this are each asked for themselves. */
const askedTogetherMin = 4;
/** Segments that one statement names. */
const segmentsAtOnce = 1_000;
/** Windows of one rule over one item. */
const windowsMax = 1_000;
const limits = { seconds: 120 };

/**
 * Runs rules over each of many items by itself: no item sees another's rows, as if each had a workspace of its own. The rows are in one workspace; which item a
 * row is of is told by the segment that brought it. Few statements where nothing is to be found: one asks which items have rows that a rule reads, and where a
 * rule begins row by row, all items are asked at once which have such rows. Stores nothing. Rules that fire on absence are not run where there is no row.
 */
export async function evaluateItems(
  parts: Parts,
  rules: readonly AnalyticsRule[],
  items: Segments,
  options: EvaluateItemsOptions,
): Promise<ReadonlyMap<string, readonly ItemAlert[]>> {
  const found = new Map<string, ItemAlert[]>([...items.keys()].map((id) => [id, []]));
  const ofRows = rules.flatMap((rule): RowRule[] => (rule.rows ? [{ rule, ...rule.rows }] : []));
  const byId = new Map(rules.map((rule) => [rule.id, rule]));
  const counts = await countMatches({ lake: parts.platform.lake, queries: parts.queries }, ofRows, items, {
    now: parts.platform.clock.now(),
    fail: options.fail,
  });
  for (const [item, matches] of counts)
    for (const [id, alerts] of matches) {
      const rule = byId.get(id);
      if (rule) found.get(item)?.push({ rule: id, name: rule.name, severity: rule.severity, alerts });
    }
  const itemOf = new Map([...items].flatMap(([item, segments]) => segments.map((segment) => [segment, item] as const)));
  const others = rules.filter((rule) => !rule.rows);
  let done = 0;
  await eachOf(others, async (rule) => {
    options.signal?.throwIfAborted();
    try {
      const touched = await itemsRead(parts, rule, itemOf);
      const candidates = new Map([...items].filter(([item]) => touched.has(item)));
      for (const [item, segments] of await narrowed(parts, rule, candidates)) {
        const alerts = await alertsIn(parts, rule, segments);
        const [first] = alerts;
        if (first) found.get(item)?.push({ ...summaryOf(rule, first), alerts: alerts.length });
      }
    } catch (error) {
      if (!(error instanceof SallyportError) || error.code === 'Unavailable') throw error;
      options.fail(rule, error.message);
    }
    options.onRule?.(++done, others.length);
  });
  return found;
}

const summaryOf = (rule: AnalyticsRule, first: NewAlert) => ({
  rule: rule.id,
  name: rule.name,
  severity: rule.severity,
  first: {
    name: first.name,
    at: first.startTime.toISOString(),
    entities: first.entities.slice(0, 20).map(({ kind, name }) => `${kind} ${name}`),
  },
});

/** The items that have rows where a rule reads: the others it has nothing to say of. */
async function itemsRead(
  { platform: { lake }, queries }: Parts,
  rule: AnalyticsRule,
  itemOf: ReadonlyMap<string, string>,
): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (const { table, filteredSql } of readsOf(queries, rule, { now: allTime.to, noData: true })) {
    const { rows } = await lake.query(`SELECT DISTINCT _SegmentId FROM (${filteredSql})`, {
      who: `rule ${rule.id}`,
      operation: 'rule',
      tables: [table],
      limits,
    });
    for (const [segment] of rows) {
      const item = itemOf.get(String(segment));
      if (item !== undefined) found.add(item);
    }
  }
  return found;
}

/** What the time of a row has a say in: such a rule is asked of each item. */
const asksTime = /[(=<>+-]\s*TimeGenerated\b|\bTimeGenerated\s*[-=<>+]|\b(where|filter|extend)\b[^|]*\bTimeGenerated\b/;

/** Items in which the part of a rule that looks at single rows finds some: one question for all, in which a row's time tells of its segment. */
async function narrowed({ platform, queries }: Parts, rule: AnalyticsRule, items: Segments): Promise<Segments> {
  const part = rowLevelPart(
    inlined(rule.query, queries.functions()),
    (name) => platform.lake.catalogue.get(name)?.columns,
  );
  if (items.size < askedTogetherMin || !part?.names.columns.has('TimeGenerated') || asksTime.test(bare(part.text)))
    return items;
  const itemOf = new Map([...items].flatMap(([item, segments]) => segments.map((segment) => [segment, item] as const)));
  const segments = [...itemOf.keys()];
  const found = new Set<string>();
  for (let at = 0; at < segments.length; at += segmentsAtOnce) {
    const some = segments.slice(at, at + segmentsAtOnce);
    const { rows } = await queries.run({
      query: `${part.text}\n| distinct TimeGenerated`,
      now: allTime.to,
      timespan: allTime,
      source: markedSegments(some),
      as: systemPrincipal(`rule ${rule.id}`),
      operation: 'rule',
      limits,
    });
    const seen = new Set(rows.map(([time]) => Date.parse(String(time)) / 1_000));
    if (seen.size === 0) continue;
    for (const [segment, mark] of await marksOf(platform, some)) {
      const item = itemOf.get(segment);
      if (item !== undefined && seen.has(mark)) found.add(item);
    }
  }
  return new Map([...items].filter(([item]) => found.has(item)));
}

/** Seconds that stand for a segment. Two may share one: both are then asked for themselves. */
const markOf = (segment: Sql): Sql => sql`(800000000 + cityHash64(${segment}) % 3000000000)`;

async function marksOf({ lake }: Parts['platform'], segments: readonly string[]): Promise<[string, number][]> {
  const list = sqlJoin(segments.map(sqlString));
  const { rows } = await lake.query(sql`SELECT s, ${markOf(sql`s`)} FROM (SELECT arrayJoin([${list}]) AS s)`.text, {
    operation: 'rule',
    limits,
  });
  return rows.map(([segment, mark]) => [String(segment), Number(mark)]);
}

async function alertsIn(parts: Parts, rule: AnalyticsRule, segments: readonly string[]): Promise<readonly NewAlert[]> {
  const source = ofSegments(segments);
  const { tasks } = await planRule(parts, rule, { ...allTime, source });
  const alerts: NewAlert[] = [];
  for (const { window, found } of tasks.slice(0, windowsMax))
    alerts.push(...(found ?? (await evaluate(parts.queries, rule, window, { source }))).alerts);
  return alerts;
}

/** Tables as if they had only these segments' rows. */
const ofSegments =
  (segments: readonly string[]): NonNullable<CompileOptions['source']> =>
  (table) =>
    sql`(SELECT * FROM ${sqlIdentifier(table.name)} WHERE _SegmentId IN (${sqlJoin(segments.map(sqlString))}))`;

/** The same rows, whose time is that of their segment's mark. */
const markedSegments =
  (segments: readonly string[]): NonNullable<CompileOptions['source']> =>
  (table) =>
    sql`(SELECT * REPLACE (toDateTime64(${markOf(sql`_SegmentId`)}, 7, 'UTC') AS TimeGenerated) FROM ${sqlIdentifier(table.name)} WHERE _SegmentId IN (${sqlJoin(segments.map(sqlString))}))`;
