import type { Queries } from '../../hunting/index.ts';
import type { Platform } from '../../platform/types.ts';
import { plansOf, type QueryPlans } from '../plans/index.ts';
import type { AnalyticsRule } from '../rules/index.ts';
import { LiteralShares } from './literal-shares.ts';
import { SourceRules } from './pass.ts';

export interface RowPlan {
  /** The rules that look at rows one by one, by where their rows come from. */
  readonly sources: readonly SourceRules<AnalyticsRule>[];
  /** The others, and why. */
  readonly others: readonly { readonly rule: AnalyticsRule; readonly fault: string }[];
}

export interface RowPlanOptions {
  /** Called between two rules that are analysed. */
  readonly pause?: () => Promise<void>;
  /** A plan of before: its sources are taken where nothing of them has changed. */
  readonly before?: RowPlan | undefined;
}

/** A rule is analysed once, about 15 ms, however often servers start and the set of rules changes. How frequent texts are is known by source, whatever the rules. */
export class RowPlanner {
  readonly #plans: QueryPlans['rows'];
  readonly #shares = new Map<string, LiteralShares>();

  constructor(plans: QueryPlans['rows']) {
    this.#plans = plans;
  }

  /** Never throws for a rule. */
  async plan(rules: Iterable<AnalyticsRule>, { pause, before }: RowPlanOptions = {}): Promise<RowPlan> {
    const others: { rule: AnalyticsRule; fault: string }[] = [];
    const wanted: AnalyticsRule[] = [];
    for (const rule of rules)
      if (rule.triggerOperator === 'GreaterThan' && rule.triggerThreshold === 0) wanted.push(rule);
      else others.push({ rule, fault: 'it counts rows' });
    const plans = await this.#plans.of(
      wanted.map(({ query }) => query),
      pause,
    );
    const planned = wanted.flatMap((rule) => {
      const query = plans.get(rule.query);
      if (query && 'source' in query) return [{ rule, query }];
      others.push({ rule, fault: query?.fault ?? 'it was not planned' });
      return [];
    });
    const known = new Map(before?.sources.map((source) => [source.source, source]));
    const sources = [...Map.groupBy(planned, ({ query }) => query.source)].map(([source, members]) => {
      const same = known.get(source);
      return same?.isOf(members) ? same : new SourceRules(source, members, this.#sharesOf(source));
    });
    return { sources, others };
  }

  #sharesOf(source: string): LiteralShares {
    const shares = this.#shares.get(source) ?? new LiteralShares();
    this.#shares.set(source, shares);
    if (this.#shares.size > sourcesMax) this.#shares.delete(this.#shares.keys().next().value!);
    return shares;
  }
}

const sourcesMax = 1_000;
const planners = new WeakMap<object, RowPlanner>();

/** The planner of a compiler: what is looked at live and what is swept share their plans. */
export function plannerOf(
  queries: Pick<Queries, 'kql'>,
  platform?: Pick<Platform, 'database' | 'clock' | 'log'>,
): RowPlanner {
  const made = planners.get(queries.kql) ?? new RowPlanner(plansOf(queries, platform).rows);
  planners.set(queries.kql, made);
  return made;
}
