import type { Kql } from '@sallyport/kql';
import type { AnalyticsRule } from '../rules/index.ts';
import { SourceRules } from './pass.ts';

export interface RowPlan {
  /** The rules that look at rows one by one, by where their rows come from. */
  readonly sources: readonly SourceRules<AnalyticsRule>[];
  /** The others, and why. */
  readonly others: readonly { readonly rule: AnalyticsRule; readonly fault: string }[];
}

const plansMax = 20_000;

type Planned = ReturnType<Kql['rowQuery']>;

/** Plans are kept by text: a rule is analysed once, about 8 ms, however often the set of rules changes. */
export class RowPlanner {
  readonly #kql: Pick<Kql, 'rowQuery'>;
  #version = '';
  readonly #known = new Map<string, Planned>();

  constructor(kql: Pick<Kql, 'rowQuery'>) {
    this.#kql = kql;
  }

  /** `version`: of the catalogue that the rules' names are of. `pause` is called between two rules that are analysed. Never throws for a rule. */
  async plan(
    rules: Iterable<AnalyticsRule>,
    version: string,
    pause: () => Promise<void> = () => Promise.resolve(),
  ): Promise<RowPlan> {
    if (this.#version !== version) this.#known.clear();
    this.#version = version;
    const members = new Map<string, { rule: AnalyticsRule; query: Extract<Planned, { source: string }> }[]>();
    const others: { rule: AnalyticsRule; fault: string }[] = [];
    for (const rule of rules) {
      if (rule.triggerOperator !== 'GreaterThan' || rule.triggerThreshold !== 0) {
        others.push({ rule, fault: 'it counts rows' });
        continue;
      }
      let planned = this.#known.get(rule.query);
      if (!planned) {
        await pause();
        planned = this.#kql.rowQuery(rule.query);
      }
      this.#known.set(rule.query, planned);
      if (this.#known.size > plansMax) this.#known.delete(this.#known.keys().next().value!);
      if ('fault' in planned) others.push({ rule, fault: planned.fault });
      else {
        const same = members.get(planned.source) ?? [];
        same.push({ rule, query: planned });
        members.set(planned.source, same);
      }
    }
    return { sources: [...members].map(([source, own]) => new SourceRules(source, own)), others };
  }
}

const planners = new WeakMap<object, RowPlanner>();

/** The planner of a compiler: what is looked at live and what is swept share their plans. */
export function plannerOf(kql: Pick<Kql, 'rowQuery'>): RowPlanner {
  const made = planners.get(kql) ?? new RowPlanner(kql);
  planners.set(kql, made);
  return made;
}
