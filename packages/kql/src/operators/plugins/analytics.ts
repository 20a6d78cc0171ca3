import { resultColumns } from '../../bind/types.ts';
import type { SyntaxNode } from '../../bind/kusto.ts';
import { columnOf, isHidden, type Expr, type Field, type NamedExpr, type Rel } from '../../plan/plan.ts';
import { projectTo } from '../shared.ts';
import { columnArgument, textArgument, valueArgument } from './arguments.ts';
import type { PluginCall } from './plugin.ts';

/**
 * Plugins about who did what when are written in KQL over a table `T` of the columns `_id`, `_t` and the dimensions `d0`, `d1`, …;
 * their constants are variables. The texts are ours; what they compute is what the plugins' pages say.
 */
export interface Analysis {
  readonly call: PluginCall;
  readonly table: Rel;
  /** `d0, d1, `: the dimensions with a comma after each, to stand in front of something. */
  readonly dims: string;
  /** `, d0, d1`: the same, to stand behind. */
  readonly andDims: string;
  readonly dimensions: readonly string[];
}

/** The table that the text of a plugin reads. Columns of the input that it does not name are left behind. */
export function analysis(
  call: PluginCall,
  columns: Readonly<Record<string, Field | Expr>>,
  dimensions: readonly Field[],
): Analysis {
  const { b, input, node, name } = call;
  if (b.partitionBy.length)
    return b.fail('UnsupportedOperator', `evaluate ${name}() cannot stand inside partition or mv-apply`, node);
  const items: NamedExpr[] = Object.entries(columns).map(([as, from]) => ({
    name: as,
    expr: 'kind' in from ? from : columnOf(from),
  }));
  const names = dimensions.map((_, i) => `d${i}`);
  items.push(...dimensions.map((d, i) => ({ name: names[i]!, expr: columnOf(d) })));
  const table = projectTo({ ...input, order: [] }, items, b);
  return {
    call,
    table,
    dims: names.map((n) => `${n}, `).join(''),
    andDims: names.map((n) => `, ${n}`).join(''),
    dimensions: names,
  };
}

/** Runs the text; its columns, in order, become those that the library says the plugin gives. */
export function written(
  { call, table }: Analysis,
  text: string,
  values: Readonly<Record<string, Expr>>,
  others: Readonly<Record<string, Rel>> = {},
): Rel {
  const { b, node } = call;
  const tables = new Map(Object.entries({ T: table, ...others }));
  const rel = b.written(text, tables, new Map(Object.entries(values)), call.call);
  const made = rel.fields.filter((f) => !isHidden(f));
  const columns = resultColumns(node);
  if (made.length !== columns.length)
    throw new Error(`${call.name} gives ${made.length} columns, not ${columns.length}`);
  const items = columns.map((c, i): NamedExpr => ({ name: c.name, expr: b.cast(columnOf(made[i]!), c.type, node) }));
  return projectTo(rel, items, b);
}

/** Dimensions: every argument from `from` on is a column. */
export const dimensionArguments = (call: PluginCall, nodes: readonly SyntaxNode[]): Field[] =>
  nodes.map((n) => columnArgument(call, n));

/** A window of time, or of the numbers on the timeline: a step, or `week`, `month`, `year`. */
export interface Steps {
  readonly value: Expr | undefined;
  /** The start of the step that a moment is in, and of the step before a start. */
  readonly start: (moment: string) => string;
  readonly before: (start: string) => string;
}
const calendar: Readonly<Record<string, string>> = { week: 'startofweek', month: 'startofmonth', year: 'startofyear' };

/** Steps are counted from `_start`. */
export function stepsArgument(call: PluginCall, node: SyntaxNode | undefined): Steps {
  const value = valueArgument(call, node);
  if (value.type !== 'string')
    return { value, start: (m) => `bin_at(${m}, _step, _start)`, before: (s) => `${s} - _step` };
  const fn = calendar[(textArgument(call, node) ?? '').toLowerCase()];
  if (!fn) return call.b.fail('InvalidArgument', 'a window is a step, or one of week, month and year', node!);
  return { value: undefined, start: (m) => `${fn}(${m})`, before: (s) => `${fn}(${s}, -1)` };
}
