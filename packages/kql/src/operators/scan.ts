import type { Binder } from '../bind/binder.ts';
import type { Env } from '../bind/env.ts';
import type { StepColumn } from '../bind/place.ts';
import { resultColumns, typeOfNode } from '../bind/types.ts';
import { child, childOrNone, elements, nameOf, textOf, type SyntaxNode } from '../bind/kusto.ts';
import { rowNumber } from '../functions/index.ts';
import { columnOf, isHidden, literal, type Expr, type Field, type NamedExpr, type Rel } from '../plan/plan.ts';
import type { Scan, ScanMemory, ScanStep } from '../plan/scan.ts';
import { orderBy } from './rows.ts';
import { fieldNamed, fieldOf, parametersOf, passAll, projectTo, typed, type OperatorBinder } from './shared.ts';

/** scan: what a query says becomes a machine of steps; `emit/scan.ts` says how it runs. */

const maxSteps = 32;

/** Declared columns, each with its default. */
function declared(node: SyntaxNode, env: Env, b: Binder): NamedExpr[] {
  const clause = childOrNone(node, 'DeclareClause');
  return (clause ? elements(clause, 'Declarations') : []).map((d) => {
    const named = child(d, 'NameAndType');
    const type = typeOfNode(child(named, 'Type'));
    const value = childOrNone(d, 'DefaultValue');
    const given = value && b.expr(child(value, 'Value'), { env });
    return { name: nameOf(child(named, 'Name')), expr: given ? b.cast(given, type, d) : literal(type, null) };
  });
}

/** The input in its order, with the declared columns at their defaults, its parts, and its rows numbered in each. */
function prepared(
  node: SyntaxNode,
  given: Rel,
  env: Env,
  b: Binder,
): { rel: Rel; rank: string; partitionBy: string[] } {
  const order = childOrNone(node, 'OrderByClause');
  const sorted = order ? b.serialized(orderBy(given, elements(order, 'Expressions'), env, b)) : given;
  if (!b.isSerialized(sorted))
    return b.fail('InvalidArgument', 'scan needs ordered rows: sort them first, or say serialize', node);
  const clause = childOrNone(node, 'PartitionByClause');
  const parts = (clause ? elements(clause, 'Expressions') : []).map((n) => ({
    name: b.hidden('part'),
    expr: b.expr(n, { env, input: sorted }),
  }));
  const own = declared(node, env, b);
  const kept = passAll(sorted).filter((i) => !own.some((d) => d.name === i.name));
  const base = projectTo(sorted, [...kept, ...own, ...parts], b);
  const rank = b.hidden('rank');
  const partitionBy = [...b.partitionBy, ...parts.map((p) => p.name)];
  const rel: Rel = {
    kind: 'window',
    input: base,
    items: [{ name: rank, fn: rowNumber, args: [], type: 'long' }],
    partitionBy,
    fields: [...base.fields, { name: rank, type: 'long' }],
    order: base.order,
  };
  return { rel, rank, partitionBy };
}

interface Reading {
  readonly input: Rel;
  readonly names: readonly string[];
  readonly initial: ReadonlyMap<string, Expr>;
  readonly memory: Map<string, ScanMemory>;
  readonly b: Binder;
}
/** What `step.column` means in the step at `at`. */
const reader =
  ({ input, names, initial, memory, b }: Reading, at: number): StepColumn =>
  (stepName, columnName, node) => {
    const step = names.indexOf(stepName);
    if (step < 0) return undefined;
    if (step > at)
      return b.fail(
        'InvalidArgument',
        `${stepName} comes after this step: a step remembers itself and those before it`,
        node,
      );
    const key = `${step}.${columnName}`;
    const known = memory.get(key);
    const field = fieldNamed(input, columnName, node, b);
    const type = field.type === 'tuple' ? 'dynamic' : field.type;
    const made: ScanMemory = known ?? {
      name: b.hidden('memory'),
      step,
      column: columnName,
      type,
      initial: initial.get(columnName) ?? literal(type, null),
    };
    memory.set(key, made);
    return { kind: 'column', name: made.name, type };
  };

const assignmentsOf = (step: SyntaxNode): SyntaxNode[] => {
  const clause = childOrNone(step, 'ComputationClause');
  return clause ? elements(clause, 'Assignments') : [];
};

function outputOf(step: SyntaxNode, b: Binder): ScanStep['output'] {
  const clause = childOrNone(step, 'ScanStepOutput');
  const text = clause ? textOf(child(clause, 'OutputKind')) : 'all';
  if (text === 'all' || text === 'last' || text === 'none') return text;
  return b.fail('InvalidArgument', `output=${text} is not known: it is all, last or none`, step);
}

export const scan: OperatorBinder = (node, given, env, b) => {
  const { rel: input, rank, partitionBy } = prepared(node, given, env, b);
  const nodes = elements(node, 'Steps');
  if (nodes.length === 0 || nodes.length > maxSteps)
    return b.fail('TooComplex', `scan takes 1 to ${maxSteps} steps`, node);
  const names = nodes.map((s) => nameOf(child(s, 'Name')));
  const twice = names.findIndex((name, i) => names.indexOf(name) !== i);
  if (twice >= 0) b.fail('InvalidArgument', `two steps are called ${names[twice]}`, nodes[twice]!);
  const optional = nodes.find((s) => childOrNone(s, 'OptionalKeyword') && textOf(child(s, 'OptionalKeyword')) !== '');
  if (optional) b.fail('UnsupportedExpression', 'optional steps are not supported', optional);
  const assigned = assignedFields(nodes, input, b);
  const memory = new Map<string, ScanMemory>();
  const initial = new Map(declared(node, env, b).map((d) => [d.name, d.expr]));
  const steps = nodes.map((step, at): ScanStep => {
    const place = { env, input, step: reader({ input, names, initial, memory, b }, at) };
    const given_ = new Map(assignmentsOf(step).map((a) => [nameOf(child(a, 'Name')), child(a, 'Expression')]));
    const condition = child(step, 'Condition');
    return {
      condition: b.cast(b.expr(condition, place), 'bool', condition),
      output: outputOf(step, b),
      values: assigned.map((f) => {
        const value = given_.get(f.name);
        return value ? b.cast(b.expr(value, place), f.type as 'long', value) : columnOf(f);
      }),
    };
  });
  const matchId = parametersOf(node).text('with_match_id');
  const position = b.hidden('position');
  const machine: Scan = {
    kind: 'scan',
    input,
    partitionBy,
    rank,
    steps,
    assigned,
    memory: [...memory.values()],
    matchId,
    position,
  };
  return shown(node, machine, rowByRow(machine) ?? machine, b);
};

/** A single step that remembers nothing looks at each row alone: a condition and new values, without a machine. */
function rowByRow({ input, steps, assigned, memory, matchId, position }: Scan): Unordered | undefined {
  const [step, ...more] = steps;
  if (!step || more.length || memory.length || matchId !== undefined || step.output === 'last') return undefined;
  const predicate = step.output === 'none' ? literal('bool', false) : step.condition;
  const kept: Rel = { kind: 'filter', input, predicate, fields: input.fields, order: input.order };
  const items = input.fields.map((f): NamedExpr => {
    const at = assigned.findIndex((a) => a.name === f.name);
    return { name: f.name, expr: at >= 0 ? step.values[at]! : columnOf(f) };
  });
  return { kind: 'project', input: kept, items: [...items, { name: position, expr: literal('long', 1n) }] };
}
type Unordered = Scan | { readonly kind: 'project'; readonly input: Rel; readonly items: readonly NamedExpr[] };

/** The columns that some step assigns, each once. */
function assignedFields(steps: readonly SyntaxNode[], input: Rel, b: Binder): Field[] {
  const fields = new Map<string, Field>();
  for (const a of steps.flatMap(assignmentsOf)) {
    const name = nameOf(child(a, 'Name'));
    const field = input.fields.find((f) => f.name === name && !isHidden(f));
    if (!field) b.fail('InvalidArgument', `${name} is neither declared nor a column of the rows`, a);
    else fields.set(name, field);
  }
  return [...fields.values()];
}

/** The machine's rows in the order in which it gives them, columns as the library has them. */
function shown(node: SyntaxNode, machine: Scan, made: Unordered, b: Binder): Rel {
  const { input, rank, position, matchId } = machine;
  const own = new Set(input.fields.map((f) => f.name));
  const fields: Field[] = [
    ...input.fields,
    ...(matchId === undefined || own.has(matchId) ? [] : [{ name: matchId, type: 'long' as const }]),
    { name: position, type: 'long' },
  ];
  const order = [rank, position].map((column) => ({ column, descending: false, nullsFirst: true }));
  const rel: Rel = { ...made, fields, order };
  // The library adds a column for the number of the sequence even where none is asked for.
  const columns = resultColumns(node).filter((c) => matchId !== undefined || own.has(c.name));
  for (const c of resultColumns(node))
    if (!columns.includes(c) && matchId === undefined && !own.has(c.name)) b.unseen.set(c.name, c.type);
  const items = columns.map((c) => ({ name: c.name, expr: fieldNamed(rel, c.name, node, b) }));
  const hidden = fields
    .filter((f) => f.name === rank || f.name === position || b.partitionBy.includes(f.name))
    .map((f) => ({ name: f.name, expr: columnOf(f) }));
  const all = [...typed(items, columns, b, node), ...hidden];
  return b.serialized({ kind: 'project', input: rel, items: all, fields: all.map(fieldOf), order });
}
