import type { Coverage, CoverageState, TechniqueCoverage } from '@sallyport/contracts';
import type { Measure } from './index.ts';

/** A technique with its sub-techniques. */
export interface Cell {
  readonly technique: TechniqueCoverage;
  readonly subs: readonly TechniqueCoverage[];
  /** The best of the technique's and its sub-techniques' own. */
  readonly state: CoverageState;
  /** Enabled rules that name it or one of its sub-techniques. */
  readonly rules: number;
  readonly alerts: number;
  /** Of the tables by which one sees it, those that have rows. */
  readonly tables: { readonly all: number; readonly withData: number };
}

export interface Column {
  readonly id: string;
  readonly name: string;
  readonly cells: readonly Cell[];
  readonly covered: number;
}

export const stateWords: Readonly<Record<CoverageState, string>> = {
  covered: 'Covered',
  noData: 'No data',
  disabled: 'Rules off',
  noRule: 'No rule',
};
const best: readonly CoverageState[] = ['covered', 'noData', 'disabled', 'noRule'];

/** The matrix as columns of techniques. Pure. */
export function columnsOf(coverage: Coverage): readonly Column[] {
  const enabled = new Set(coverage.rules.flatMap((rule) => (rule.enabled ? [rule.id] : [])));
  const full = new Set(coverage.tables.flatMap((table) => (table.hasData ? [table.name] : [])));
  const subs = Map.groupBy(
    coverage.techniques.filter(({ parent }) => parent !== null),
    ({ parent }) => parent,
  );
  const cells = coverage.techniques
    .filter(({ parent }) => parent === null)
    .map((technique): Cell => {
      const own = subs.get(technique.id) ?? [];
      const all = [technique, ...own];
      const tables = new Set(all.flatMap((one) => one.tables));
      return {
        technique,
        subs: own,
        state: best.find((state) => all.some((one) => one.state === state)) ?? 'noRule',
        rules: new Set(all.flatMap((one) => one.rules).filter((id) => enabled.has(id))).size,
        // An alert that names a sub-technique names the technique too.
        alerts: Math.max(technique.alerts, ...own.map(({ alerts }) => alerts)),
        tables: { all: tables.size, withData: [...tables].filter((table) => full.has(table)).length },
      };
    });
  return coverage.tactics.map(({ id, name }) => {
    const mine = cells.filter(({ technique }) => technique.tactics.includes(id));
    return { id, name, cells: mine, covered: mine.filter(({ state }) => state === 'covered').length };
  });
}

/** What a cell says for a measure, and how strong it is: 0 to 4. */
export function heatOf(cell: Cell, measure: Measure): { readonly text: string; readonly level: number } {
  switch (measure) {
    case 'coverage':
      return { text: stateWords[cell.state], level: { covered: 4, noData: 2, disabled: 1, noRule: 0 }[cell.state] };
    case 'rules':
      return { text: String(cell.rules), level: levelOf(cell.rules, [1, 2, 4, 8]) };
    case 'alerts':
      return { text: String(cell.alerts), level: levelOf(cell.alerts, [1, 5, 20, 100]) };
    case 'data': {
      const { all, withData } = cell.tables;
      return { text: all === 0 ? '–' : `${withData}/${all}`, level: all === 0 ? 0 : Math.ceil((withData / all) * 4) };
    }
  }
}

const levelOf = (count: number, steps: readonly number[]): number => steps.filter((step) => count >= step).length;

/** Whether a cell passes the search and the filter of gaps. */
export function isShown(cell: Cell, search: string | undefined, gapsOnly: boolean): boolean {
  if (gapsOnly && cell.state === 'covered') return false;
  const needle = search?.toLowerCase() ?? '';
  return [cell.technique, ...cell.subs].some(({ id, name }) => `${id} ${name}`.toLowerCase().includes(needle));
}

/** What would close the gap of a technique, in words, most useful first; none when it is covered. */
export function closesGap(
  technique: TechniqueCoverage,
  coverage: Coverage,
): readonly {
  readonly what: string;
  readonly rule?: Pick<Coverage['rules'][number], 'id' | 'of'>;
  readonly table?: string;
}[] {
  if (technique.state === 'covered') return [];
  const rules = coverage.rules.filter(({ id }) => technique.rules.includes(id));
  const sources = (table: string): string => {
    const names = coverage.tables.find(({ name }) => name === table)?.sources.map(({ name }) => name) ?? [];
    return names.length === 0 ? table : `${table}: ${names.slice(0, 4).join(', ')}${names.length > 4 ? ', …' : ''}`;
  };
  const missing = (tables: readonly string[]): string[] =>
    tables.filter((name) => !coverage.tables.some((table) => table.name === name && table.hasData));
  if (technique.state === 'disabled') return rules.map((rule) => ({ what: `Switch on “${rule.name}”`, rule }));
  if (technique.state === 'noData')
    return [...new Set(rules.flatMap((rule) => (rule.enabled ? rule.tables : [])))].map((table) => ({
      what: `Connect a source of ${sources(table)}`,
      table,
    }));
  const there = technique.tables.filter((table) => !missing([table]).includes(table));
  if (there.length > 0) return [{ what: `Write or import a rule over ${there.join(', ')}: the data is there` }];
  return technique.tables.map((table) => ({
    what: `Connect a source of ${sources(table)}, and write or import a rule`,
    table,
  }));
}
