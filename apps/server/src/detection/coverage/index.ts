import type { Coverage } from '@sallyport/contracts';
import { z } from 'zod';
import type { Queries } from '../../hunting/index.ts';
import type { Platform } from '../../platform/types.ts';
import { plansOf, type Reads } from '../plans/index.ts';
import type { AnalyticsRule } from '../rules/index.ts';
import { isEnabled } from '../schedule.ts';
import { loadStates } from '../store.ts';
import { loadAttack } from './attack.ts';
import { coverageOf } from './coverage.ts';
import type { Principal } from '../../platform/principal.ts';

/** Sources that bring rows, by table. */
export type TableSources = ReadonlyMap<string, readonly { readonly id: string; readonly name: string }[]>;

/** A kind of anomaly, as coverage counts it beside rules. */
export interface AnomalyKind {
  readonly id: string;
  readonly name: string;
  readonly techniques: readonly string[];
  /** Of what happened; not those that it is learned in. */
  readonly tables: readonly string[];
  readonly enabled: boolean;
}

export interface CoverageParts {
  readonly platform: Pick<Platform, 'clock' | 'database' | 'lake' | 'log'>;
  readonly queries: Queries;
  readonly rules: () => ReadonlyMap<string, AnalyticsRule>;
  readonly sources: () => Promise<TableSources>;
  readonly anomalies: () => Promise<readonly AnomalyKind[]>;
}

/** Tables that one statement asks. */
const tablesAtOnce = 50;

/** Answers coverage over the last days: rules, and what KQL says of the tables and of SecurityAlert to whoever asks. */
export function createCoverage({
  platform,
  queries,
  rules,
  sources,
  anomalies,
}: CoverageParts): (days: number, as: Principal) => Promise<Coverage> {
  const attack = once(loadAttack);
  const tableSources = once(sources);
  const ask = async (query: string, now: Date, as: Principal): Promise<readonly (readonly unknown[])[]> =>
    (await queries.run({ query, now, as, operation: 'hunting' })).rows;

  const withData = async (
    tables: readonly string[],
    now: Date,
    days: number,
    as: Principal,
  ): Promise<ReadonlySet<string>> => {
    const found = new Set<string>();
    for (let at = 0; at < tables.length; at += tablesAtOnce) {
      const parts = tables
        .slice(at, at + tablesAtOnce)
        .map((table) => `(['${table}'] | where TimeGenerated > ago(${days}d) | take 1 | project Table = '${table}')`);
      for (const row of await ask(`union ${parts.join(', ')}`, now, as)) found.add(String(row[0]));
    }
    return found;
  };
  const alertsOf = async (now: Date, days: number, as: Principal): Promise<ReadonlyMap<string, number>> => {
    const rows = await ask(
      `SecurityAlert
       | where TimeGenerated > ago(${days}d)
       | summarize arg_max(TimeGenerated, Techniques, SubTechniques) by SystemAlertId
       | mv-expand Technique = array_concat(todynamic(Techniques), todynamic(SubTechniques)) to typeof(string)
       | where isnotempty(Technique)
       | summarize Alerts = dcount(SystemAlertId) by Technique`,
      now,
      as,
    );
    return new Map(rows.map((row) => z.tuple([z.string(), z.coerce.number()]).parse(row)));
  };

  return async (days, as) => {
    const now = platform.clock.now();
    const states = await loadStates(platform.database);
    const matrix = await attack();
    const all = [...rules().values()];
    const plans = await plansOf(queries, platform).reads.of(
      all.map(({ query }) => query),
      () => new Promise((resolve) => setImmediate(resolve)),
    );
    const known = [
      ...all.map((rule) => ({
        rule,
        of: 'rules' as const,
        enabled: isEnabled(rule, states.get(rule.id)),
        tables: tablesRead(plans.get(rule.query)),
      })),
      // An anomaly alone is a hint, whatever it is of.
      ...(await anomalies()).map(({ enabled, tables, ...kind }) => ({
        rule: { ...kind, severity: 'Informational' as const },
        of: 'anomalies' as const,
        enabled,
        tables,
      })),
    ];
    const named = new Set([
      ...known.flatMap(({ tables }) => tables),
      ...matrix.techniques.flatMap(({ tables }) => tables),
    ]);
    // A table that holds no row at all needn't be asked.
    const full = new Set(platform.lake.kqlCatalogue().tables.flatMap((table) => (table.empty ? [] : [table.name])));
    return coverageOf({
      days,
      attack: matrix,
      rules: known,
      withData: await withData(
        [...named].filter((table) => full.has(table)),
        now,
        days,
        as,
      ),
      alerts: await alertsOf(now, days, as),
      sources: await tableSources(),
    });
  };
}

/** Also through the functions that it calls; none when it can't be compiled. */
const tablesRead = (plan: Reads | undefined): readonly string[] =>
  plan && 'reads' in plan ? [...new Set(plan.reads.map(({ table }) => table))].toSorted() : [];

/** Asks once that it succeeds. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}
