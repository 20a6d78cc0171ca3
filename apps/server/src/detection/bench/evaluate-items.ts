import { SallyportError } from '@sallyport/contracts';
import { sql, sqlIdentifier, sqlJoin, sqlString, type CompileOptions } from '@sallyport/kql';
import type { Queries } from '../../hunting/index.ts';
import type { NewAlert } from '../../incidents/index.ts';
import type { Platform } from '../../platform/types.ts';
import { countMatches, type RowRule } from '../conform/matches.ts';
import type { AnalyticsRule } from '../rules/index.ts';
import { evaluate } from '../run/evaluate.ts';
import { readsOf } from '../sweep/bins.ts';
import { planRule } from '../sweep/plan.ts';
import { rowLevelPart } from '../sweep/row-level.ts';
import { allTime, eachOf } from '../sweep/sweep.ts';

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

/** With fewer items than this, each is asked for itself at once. */
const askedTogetherMin = 4;
/** Segments that one statement names. */
const segmentsAtOnce = 1_000;
/** Windows of one rule over one item. */
const windowsMax = 1_000;
const limits = { seconds: 120 };

/**
 * Runs rules over each of many items by itself: no item sees another's rows, as if each had a workspace of its own. The rows are in one workspace; which item a
 * row is of is told by the segment that brought it. Few statements where nothing is to be found: one asks which items have rows that a rule reads, and where a
 * rule begins row by row, items are asked together first. Stores nothing. Rules that fire on absence are not run where there is no row.
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

/** Items in which the part of a rule that looks at single rows finds some: asked of all, and where there are some, of halves. */
async function narrowed({ platform, queries }: Parts, rule: AnalyticsRule, items: Segments): Promise<Segments> {
  const part = rowLevelPart(rule.query, (name) => platform.lake.catalogue.get(name)?.columns);
  if (!part) return items;
  const split = async (some: readonly (readonly [string, readonly string[]])[]): Promise<typeof some> => {
    if (some.length < askedTogetherMin) return some;
    const segments = some.flatMap(([, own]) => own);
    if (segments.length <= segmentsAtOnce) {
      const { rows } = await queries.run({
        query: `${part.text}\n| take 1`,
        now: allTime.to,
        timespan: allTime,
        source: ofSegments(segments),
        who: `rule ${rule.id}`,
        operation: 'rule',
        limits,
      });
      if (rows.length === 0) return [];
    }
    const half = Math.ceil(some.length / 2);
    return [...(await split(some.slice(0, half))), ...(await split(some.slice(half)))];
  };
  return new Map(await split([...items]));
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
