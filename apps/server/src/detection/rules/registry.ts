import { readSigma, type SigmaProblem } from '@sallyport/sigma';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database/types.ts';
import { Follower } from '../../platform/follow.ts';
import type { Log } from '../../platform/log.ts';
import type { LoadedRules } from './load.ts';
import { parseRule, type Problem } from './parse.ts';
import type { AnalyticsRule } from './rule.ts';
import { loadLogSources, sigmaRules } from './sigma.ts';
import { ownRuleStore, type OwnRuleRow, type OwnRuleStore } from './store.ts';
import { grantsOf } from './maker.ts';

/** Where a rule comes from. */
export interface RuleOrigin {
  /** The text that was made, changed or brought here; undefined for a shipped rule as it is. */
  readonly own: OwnRuleRow | undefined;
  /** The shipped rule of which it is a copy, as it ships now. */
  readonly template: AnalyticsRule | undefined;
}

/**
 * All rules there are: those that ship, and in front of them people's own out of the database. An own rule with a shipped one's id stands in its place.
 * The map that `rules` answers is replaced, never changed, when somebody saves.
 */
export class RuleRegistry {
  readonly store: OwnRuleStore;
  readonly shipped: LoadedRules;
  readonly #shippedById: ReadonlyMap<string, AnalyticsRule>;
  readonly #parts: { readonly clock: Clock; readonly log: Log };
  #revision = -1;
  #rules: ReadonlyMap<string, AnalyticsRule>;
  #rows: ReadonlyMap<string, OwnRuleRow> = new Map();
  #rowOfRule: ReadonlyMap<string, OwnRuleRow> = new Map();
  #problems: readonly Problem[] = [];
  #parsed: ReadonlyMap<string, { readonly version: number; readonly rule: AnalyticsRule | undefined }> = new Map();
  #sigma: CompiledRows = { key: '', rules: [], problems: [] };
  readonly #follower: Follower;

  constructor(parts: { database: Database; clock: Clock; log: Log }, shipped: LoadedRules) {
    this.#parts = parts;
    this.#follower = new Follower(parts);
    this.store = ownRuleStore(parts.database);
    this.shipped = shipped;
    this.#shippedById = new Map(shipped.rules.map((rule) => [rule.id, rule]));
    this.#rules = this.#shippedById;
  }

  /** By id. */
  rules(): ReadonlyMap<string, AnalyticsRule> {
    return this.#rules;
  }

  /** The same with what was wrong with some of them. */
  loaded(): LoadedRules {
    return {
      ...this.shipped,
      rules: [...this.#rules.values()],
      problems: [...this.shipped.problems, ...this.#problems],
    };
  }

  shippedRule(id: string): AnalyticsRule | undefined {
    return this.#shippedById.get(id);
  }

  /** The texts of people's own, by the id that they are stored by. */
  own(): ReadonlyMap<string, OwnRuleRow> {
    return this.#rows;
  }

  /** Of a rule by its id. */
  originOf(id: string): RuleOrigin {
    const own = this.#rowOfRule.get(id) ?? this.#rows.get(id);
    return { own, template: own?.template_id ? this.#shippedById.get(own.template_id) : undefined };
  }

  /** Uses what is saved now, if it is not what is in use. */
  async refresh(): Promise<void> {
    const revision = await this.store.revision();
    if (revision === this.#revision) return;
    const rows = await this.store.all();
    const parsed = new Map<string, { version: number; rule: AnalyticsRule | undefined }>();
    const problems: Problem[] = [];
    for (const row of rows) {
      const path = pathOf(row);
      if (row.format === 'sigma') continue;
      const before = this.#parsed.get(row.id);
      if (before?.version === row.version) parsed.set(row.id, before);
      else {
        const outcome = parseRule(row.text, path);
        problems.push(...(outcome.problems ?? []));
        parsed.set(row.id, { version: row.version, rule: outcome.rule });
      }
    }
    this.#sigma = await compiledSigma(
      rows.filter(({ format }) => format === 'sigma'),
      this.#sigma,
    );
    const sigma = this.#sigma;
    problems.push(...sigma.problems);
    const byPath = new Map(rows.map((row) => [pathOf(row), row]));
    const rules = new Map(this.#shippedById);
    const rowOfRule = new Map<string, OwnRuleRow>();
    for (const rule of [...[...parsed.values()].flatMap((one) => one.rule ?? []), ...sigma.rules]) {
      const row = byPath.get(rule.path);
      const maker = row?.on_behalf_of;
      rules.set(rule.id, maker ? { ...rule, runsAs: grantsOf(maker) } : rule);
      if (row) rowOfRule.set(rule.id, row);
    }
    this.#parsed = parsed;
    this.#rows = new Map(rows.map((row) => [row.id, row]));
    this.#rowOfRule = rowOfRule;
    this.#problems = problems;
    this.#rules = rules;
    this.#revision = revision;
    for (const problem of problems.filter(({ level }) => level === 'error'))
      this.#parts.log.warn(problem, 'a rule that was made here was not loaded');
  }

  /** Follows what other servers save. */
  follow(): void {
    this.#follower.start(() => this.refresh(), 'could not look for rules that were saved');
  }

  async stop(): Promise<void> {
    await this.#follower.stop();
  }
}

interface CompiledRows {
  readonly key: string;
  readonly rules: readonly AnalyticsRule[];
  readonly problems: readonly Problem[];
}

/** Sigma is compiled together, since correlations and filters name rules of other texts; again only when one of the texts has changed. */
async function compiledSigma(rows: readonly OwnRuleRow[], before: CompiledRows): Promise<CompiledRows> {
  const key = rows.map(({ id, version }) => `${id} ${version}`).join('\n');
  if (key === before.key) return before;
  const read = rows.map((row) => readSigma(row.text, pathOf(row)));
  const documents = read.flatMap((one) => one.documents);
  const { rules, problems } = sigmaRules(documents, await loadLogSources());
  return { key, rules, problems: [...read.flatMap((one) => one.problems), ...problems].map(asProblem) };
}

/** What problems and rules of an own text have for a path. */
const pathOf = (row: OwnRuleRow): string => `own/${row.id}`;

const asProblem = (problem: SigmaProblem): Problem => ({ ...problem, level: 'error', code: 'InvalidRule' });
