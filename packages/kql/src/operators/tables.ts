import type { KqlType } from '../types.ts';
import type { Binder } from '../bind/binder.ts';
import type { Env } from '../bind/env.ts';
import { resultColumns } from '../bind/types.ts';
import { child, childOrNone, children, elements, kindOf, nameOf, textOf, type SyntaxNode } from '../bind/kusto.ts';
import { columnOf, isHidden, literal, type Expr, type JoinKind, type Rel } from '../plan/plan.ts';
import {
  givesSeveral,
  nameAt,
  namedItems,
  parametersOf,
  passAll,
  presentColumns,
  projectTo,
  typed,
  type OperatorBinder,
  type SourceBinder,
} from './shared.ts';
import { typeOfNode } from '../bind/types.ts';

/** print, datatable, range, union, join, lookup: operators that make tables or bring tables together. */

export const print: SourceBinder = (node, env, b) => {
  const columns = resultColumns(node);
  const nodes = elements(node, 'Expressions');
  const several = nodes.some(givesSeveral) ? namedItems(node, { env }, b, new Set(), 'none') : undefined;
  const items =
    several ??
    nodes.map((n, i) => {
      const value = kindOf(n) === 'SimpleNamedExpression' ? child(n, 'Expression') : n;
      return typed([{ name: nameAt(columns, i, n, b), expr: b.expr(value, { env }) }], columns, b, n)[0]!;
    });
  return {
    kind: 'values',
    rows: [items.map((i) => i.expr)],
    fields: items.map((i) => ({ name: i.name, type: i.expr.type })),
    order: [],
  };
};

export const dataTable: SourceBinder = (node, env, b) => {
  const declared = elements(child(node, 'Schema'), 'Columns').map((c) => ({
    name: nameOf(child(c, 'Name')),
    type: typeOfNode(child(c, 'Type')),
  }));
  const values = elements(node, 'Values').map((v, i) => {
    const column = declared[i % declared.length]!;
    return constant(b.expr(v, { env }), column.type, v, b);
  });
  if (declared.length === 0 || values.length % declared.length !== 0)
    return b.fail('InvalidArgument', 'the number of values is no multiple of the number of columns', node);
  const rows = Array.from({ length: values.length / declared.length }, (_, r) =>
    values.slice(r * declared.length, (r + 1) * declared.length),
  );
  if (rows.length < 2) return { kind: 'values', rows, fields: declared, order: [] };
  const row = b.hidden('row');
  return {
    kind: 'values',
    rows: rows.map((r, i) => [...r, literal('long', BigInt(i))]),
    fields: [...declared, { name: row, type: 'long' }],
    order: [{ column: row, descending: false, nullsFirst: true }],
  };
};
function constant(expr: Expr, type: KqlType, node: SyntaxNode, b: Binder): Expr {
  if (expr.kind !== 'literal') return b.cast(expr, type, node);
  const { value } = expr;
  if (expr.type === type) return expr;
  if (value === null) return literal(type, null);
  if ((type === 'int' || type === 'long') && typeof value === 'bigint') return literal(type, value);
  if (type === 'real' && typeof value === 'bigint') return literal('real', Number(value));
  if (type === 'decimal' && (typeof value === 'bigint' || typeof value === 'number'))
    return literal('decimal', String(value));
  return b.cast(expr, type, node);
}

/** Whether a step goes down, as far as it is written. */
const isNegative = (step: Expr): boolean =>
  step.kind === 'literal'
    ? (typeof step.value === 'bigint' || typeof step.value === 'number') && step.value < 0
    : step.kind === 'call' && step.fn.name === '$negate';

export const range: SourceBinder = (node, env, b) => {
  const [column] = resultColumns(node);
  if (!column) return b.fail('UnsupportedExpression', 'range gives one column', node);
  const part = (name: string): Expr => b.expr(child(node, name), { env });
  const step = part('Step');
  const rel: Rel = {
    kind: 'range',
    from: b.cast(part('From'), column.type, node),
    to: b.cast(part('To'), column.type, node),
    step: column.type === 'datetime' ? step : b.cast(step, column.type, node),
    fields: [{ name: column.name, type: column.type }],
    order: [{ column: column.name, descending: isNegative(step), nullsFirst: true }],
  };
  return b.serialized(rel);
};

// ——— join, lookup ———

const joinKinds: Readonly<Record<string, JoinKind>> = {
  inner: 'inner',
  innerunique: 'innerunique',
  leftouter: 'leftouter',
  rightouter: 'rightouter',
  fullouter: 'fullouter',
  leftsemi: 'leftsemi',
  rightsemi: 'rightsemi',
  leftanti: 'leftanti',
  leftantisemi: 'leftanti',
  anti: 'leftanti',
  rightanti: 'rightanti',
  rightantisemi: 'rightanti',
};

function conditions(
  clause: SyntaxNode | undefined,
  left: Rel,
  right: Rel,
  env: Env,
  b: Binder,
): { left: Expr; right: Expr }[] {
  return (clause ? elements(clause, 'Expressions') : []).flatMap((n) => condition(n, left, right, env, b));
}
function condition(node: SyntaxNode, left: Rel, right: Rel, env: Env, b: Binder): { left: Expr; right: Expr }[] {
  const kind = kindOf(node);
  if (kind === 'ParenthesizedExpression') return condition(child(node, 'Expression'), left, right, env, b);
  if (kind === 'AndExpression')
    return [
      ...condition(child(node, 'Left'), left, right, env, b),
      ...condition(child(node, 'Right'), left, right, env, b),
    ];
  if (kind === 'NameReference') {
    const name = nameOf(node);
    const l = left.fields.find((f) => f.name === name);
    const r = right.fields.find((f) => f.name === name);
    if (!l || !r) return b.fail('InvalidArgument', `${name} is not a column of both sides`, node);
    return [{ left: columnOf(l), right: columnOf(r) }];
  }
  if (kind === 'EqualExpression') {
    const sides = [child(node, 'Left'), child(node, 'Right')];
    const side = (n: SyntaxNode): string => /\$(left|right)\b/.exec(textOf(n))?.[1] ?? '';
    const [l, r] = side(sides[0]!) === 'right' ? [sides[1]!, sides[0]!] : [sides[0]!, sides[1]!];
    if (side(l) !== 'left' || side(r) !== 'right')
      return b.fail('UnsupportedExpression', 'a join condition compares $left with $right', node);
    const place = { env, input: left, right };
    return [{ left: b.expr(l, place), right: b.expr(r, place) }];
  }
  return b.fail('UnsupportedExpression', 'a join condition is a column name or $left.a == $right.b', node);
}

function joined(
  node: SyntaxNode,
  left: Rel,
  right: Rel,
  joinKind: JoinKind,
  on: readonly { left: Expr; right: Expr }[],
  b: Binder,
  given?: ReturnType<typeof resultColumns>,
): Rel {
  const one =
    joinKind === 'leftsemi' || joinKind === 'leftanti'
      ? 'left'
      : joinKind === 'rightsemi' || joinKind === 'rightanti'
        ? 'right'
        : undefined;
  const fieldsOf = (rel: Rel): Rel['fields'] =>
    rel.fields.filter((f) => !isHidden(f) || b.partitionBy.includes(f.name));
  const l = one === 'right' ? [] : fieldsOf(left).map((f) => ({ side: 'left' as const, f }));
  const r = one === 'left' ? [] : fieldsOf(right).map((f) => ({ side: 'right' as const, f }));
  const all = [...l, ...r].filter(({ f }) => !isHidden(f));
  const named = given ?? resultColumns(node);
  // Fewer are there only where a side lacks columns that the library counts.
  const present =
    given || named.length === all.length
      ? named
      : presentColumns(named, { fields: [...left.fields, ...right.fields] }, b);
  // Where the library counts others still (a union whose columns have several types), the names are given as it gives them.
  const columns = present.length === all.length ? present : numbered(all.map(({ f }) => f.name));
  const outputs = all.map(({ side, f }, i) => ({ name: nameAt(columns, i, node, b), side, column: f.name }));
  const hidden = l
    .filter(({ f }) => isHidden(f))
    .map(({ f }) => ({ name: f.name, side: 'left' as const, column: f.name }));
  return {
    kind: 'join',
    left,
    right,
    joinKind,
    on,
    outputs: [...outputs, ...hidden],
    fields: [
      ...all.map(({ f }, i) => ({ name: nameAt(columns, i, node, b), type: f.type })),
      ...hidden.map((h) => left.fields.find((f) => f.name === h.name)!),
    ],
    order: [],
  };
}

export const join: OperatorBinder = (node, left, env, b) => {
  const kindText = parametersOf(node).text('kind') ?? 'innerunique';
  const joinKind = joinKinds[kindText];
  if (!joinKind) return b.fail('UnsupportedOperator', `join kind=${kindText} is not supported`, node);
  const right = b.apart(() => b.rel(child(node, 'Expression'), env));
  const on = conditions(childOrNone(node, 'ConditionClause'), left, right, env, b);
  return joined(node, left, right, joinKind, on, b);
};

/** A name that is taken gets the first number that makes it another. */
function numbered(names: readonly string[]): { name: string }[] {
  const taken = new Set<string>();
  return names.map((wanted) => {
    let name = wanted;
    for (let n = 1; taken.has(name); n++) name = `${wanted}${n}`;
    taken.add(name);
    return { name };
  });
}

/** lookup: a join that leaves the right side's keys out. */
export const lookup: OperatorBinder = (node, left, env, b) => {
  const kindText = parametersOf(node).text('kind') ?? 'leftouter';
  if (kindText !== 'leftouter' && kindText !== 'inner')
    return b.fail('InvalidArgument', `lookup kind=${kindText} is not supported`, node);
  const right = b.apart(() => b.rel(child(node, 'Expression'), env));
  const on = conditions(childOrNone(node, 'LookupClause'), left, right, env, b);
  const keys = new Set(on.flatMap((o) => (o.right.kind === 'column' ? [o.right.name] : [])));
  // The key columns stay readable for the condition, hidden from the answer.
  const renamed = right.fields.map((f) => ({ from: f, name: keys.has(f.name) ? `$$key_${f.name}` : f.name }));
  const shown: Rel = {
    kind: 'project',
    input: right,
    items: renamed.map(({ from, name }) => ({ name, expr: columnOf(from) })),
    fields: renamed.map(({ from, name }) => ({ name, type: from.type })),
    order: [],
  };
  const hiddenOn = on.map((o) => ({
    left: o.left,
    right: o.right.kind === 'column' ? { ...o.right, name: `$$key_${o.right.name}` } : o.right,
  }));
  return inWrittenOrder(joined(node, left, shown, kindText, hiddenOn, b), left, right);
};
/**
 * Rows that the query itself writes: the real engine gives those of the left side in turn, each with its partners from the last written
 * to the first.
 */
function inWrittenOrder(rel: Rel, left: Rel, right: Rel): Rel {
  const [l, r] = [left.order, right.order].map((o) => (o.length === 1 ? o[0]!.column : ''));
  if (rel.kind !== 'join' || !l?.startsWith('$$row') || !r?.startsWith('$$row')) return rel;
  const added = [
    { name: l, side: 'left' as const, column: l },
    { name: r, side: 'right' as const, column: r },
  ].filter((o) => !rel.outputs.some((known) => known.name === o.name));
  return {
    ...rel,
    outputs: [...rel.outputs, ...added],
    fields: [...rel.fields, ...added.map(({ name }) => ({ name, type: 'long' as const }))],
    order: [
      { column: l, descending: false, nullsFirst: true },
      { column: r, descending: true, nullsFirst: false },
    ],
  };
}

export const asName: OperatorBinder = (node, input, env) => {
  env.names.set(nameOf(child(node, 'Name')), { kind: 'rel', rel: input });
  return input;
};
export const invoke: OperatorBinder = (node, input, env, b) => b.invoke(child(node, 'Function'), input, env);

export const render: OperatorBinder = (node, input, _env, b) => {
  const clause = childOrNone(node, 'WithClause');
  const properties = clause ? elements(clause, 'Properties') : elements(node, 'Parameters');
  const value = (n: SyntaxNode): string => (typeof n.LiteralValue === 'string' ? n.LiteralValue : textOf(n));
  b.visualization = {
    kind: textOf(child(node, 'ChartType')),
    properties: Object.fromEntries(
      properties
        .filter((p) => kindOf(p) === 'NamedParameter')
        .map((p) => [textOf(child(p, 'Name')), value(child(p, 'Expression'))]),
    ),
  };
  return input;
};
export { children, passAll, projectTo };
