import type { Coverage, CoverageState } from '@sallyport/contracts';
import type { AnalyticsRule } from '../rules/index.ts';
import type { AttackMatrix } from './attack.ts';

/** What coverage is computed from. */
export interface CoverageFacts {
  readonly days: number;
  readonly attack: AttackMatrix;
  readonly rules: readonly {
    readonly rule: Pick<AnalyticsRule, 'id' | 'name' | 'severity' | 'techniques'>;
    readonly of: 'rules' | 'anomalies';
    readonly enabled: boolean;
    readonly tables: readonly string[];
  }[];
  /** Tables that have rows of the time. */
  readonly withData: ReadonlySet<string>;
  /** Alerts of the time, by technique. */
  readonly alerts: ReadonlyMap<string, number>;
  /** Sources that bring rows, by table. */
  readonly sources: ReadonlyMap<string, readonly { readonly id: string; readonly name: string }[]>;
}

/** The matrix. Pure. */
export function coverageOf({ days, attack, rules, withData, alerts, sources }: CoverageFacts): Coverage {
  const known = new Set(attack.techniques.map(({ id }) => id));
  const naming = rules
    .filter(({ rule }) => rule.techniques.some((id) => known.has(id)))
    .map(({ rule, of, enabled, tables }) => ({
      techniques: rule.techniques,
      summary: {
        id: rule.id,
        of,
        name: rule.name,
        severity: rule.severity,
        enabled,
        tables: [...tables],
        hasData: tables.some((table) => withData.has(table)),
      },
    }));
  const techniques = attack.techniques.map((technique) => {
    const own = naming.filter((one) => one.techniques.includes(technique.id)).map(({ summary }) => summary);
    return {
      id: technique.id,
      name: technique.name,
      tactics: [...technique.tactics],
      parent: technique.parent ?? null,
      components: [...technique.components],
      rules: own.map(({ id }) => id),
      tables: [...technique.tables],
      alerts: alerts.get(technique.id) ?? 0,
      state: stateOf(own),
    };
  });
  const named = new Set([...techniques, ...naming.map(({ summary }) => summary)].flatMap(({ tables }) => tables));
  return {
    days,
    notice: attack.notice,
    modified: attack.modified,
    tactics: [...attack.tactics],
    techniques,
    rules: naming.map(({ summary }) => summary),
    tables: [...named].toSorted().map((name) => ({
      name,
      hasData: withData.has(name),
      sources: [...(sources.get(name) ?? [])],
    })),
  };
}

function stateOf(rules: readonly { readonly enabled: boolean; readonly hasData: boolean }[]): CoverageState {
  const enabled = rules.filter((rule) => rule.enabled);
  if (enabled.some((rule) => rule.hasData)) return 'covered';
  if (enabled.length > 0) return 'noData';
  return rules.length > 0 ? 'disabled' : 'noRule';
}
