import type { Binder } from '../bind/binder.ts';
import type { Env } from '../bind/env.ts';
import { resultColumns } from '../bind/types.ts';
import { child, childOrNone, elements, kindOf, textOf, type SyntaxNode } from '../bind/kusto.ts';
import { binaryOperators } from '../functions/operators.ts';
import { columnOf, literal, type Expr, type Field, type NamedExpr, type Rel, type SortKey } from '../plan/plan.ts';
import { fieldOf, nameAt, typed, type OperatorBinder } from './shared.ts';
import type { Column } from '../types.ts';
import { aggregate, bindAggregates } from './summarize.ts';

/**
 * top-nested: groups within groups, the best of each level. The aggregate of a level is taken over all rows of its group, whatever the
 * levels below keep, so each level is one summarize of the input, and the levels are joined by their keys. With `others`, rows that a
 * level leaves out go on under its constant; at levels without one they have no key and no aggregate.
 */

interface Level {
  readonly key: string;
  readonly value: string;
  readonly keyName: string;
  readonly valueName: string;
  readonly by: SyntaxNode;
  readonly descending: boolean;
  readonly count: Expr | undefined;
  readonly others: Expr | undefined;
}

const column = (rel: Rel, name: string): Expr => columnOf(rel.fields.find((f) => f.name === name)!);
const project = (input: Rel, items: readonly NamedExpr[], order: readonly SortKey[] = []): Rel => ({
  kind: 'project',
  input,
  items,
  fields: items.map(fieldOf),
  order,
});
const columns = (rel: Rel, names: readonly string[]): NamedExpr[] =>
  names.map((name) => ({ name, expr: column(rel, name) }));

/** The aggregate without its name and direction. */
function aggregateOf(node: SyntaxNode): { by: SyntaxNode; descending: boolean } {
  let by = node;
  let descending = true;
  for (;;) {
    const kind = kindOf(by);
    if (kind === 'OrderedExpression') {
      const ordering = childOrNone(by, 'Ordering');
      if (ordering && textOf(ordering).startsWith('asc')) descending = false;
    } else if (kind !== 'SimpleNamedExpression') return { by, descending };
    by = child(by, 'Expression');
  }
}

/** The columns. An expression that has no name of its own is a `Column1`: the library leaves it without one. */
function namesOf(node: SyntaxNode): Column[] {
  const columns = resultColumns(node);
  const stated = new Set(columns.map((c) => c.name));
  let n = 0;
  const fresh = (): string => {
    do n++;
    while (stated.has(`Column${n}`));
    return `Column${n}`;
  };
  return columns.map((c, i) => {
    const key = columns[i - 1];
    if (i % 2 === 0 && /^\d*$/.test(c.name)) return { ...c, name: fresh() };
    return i % 2 === 1 && key && /^\d*$/.test(key.name) ? { ...c, name: `aggregated_Column${n}` } : c;
  });
}

/** The levels, and the input with their keys as hidden columns. */
function levelsOf(node: SyntaxNode, input: Rel, env: Env, b: Binder): { levels: Level[]; keyed: Rel } {
  const names = namesOf(node);
  const clauses = elements(node, 'Clauses');
  const keys = clauses.map((clause, i): NamedExpr => {
    const of = child(clause, 'OfExpression');
    const value = kindOf(of) === 'SimpleNamedExpression' ? child(of, 'Expression') : of;
    const item = { name: nameAt(names, 2 * i, clause, b), expr: b.expr(value, { env, input }) };
    return { name: b.hidden('key'), expr: typed([item], names, b, clause)[0]!.expr };
  });
  const levels = clauses.map((clause, i): Level => {
    const count = childOrNone(clause, 'Expression');
    const others = childOrNone(clause, 'WithOthersClause');
    const type = keys[i]!.expr.type;
    const constant = others && b.expr(child(others, 'Expression'), { env });
    return {
      ...aggregateOf(child(clause, 'ByExpression')),
      key: keys[i]!.name,
      value: b.hidden('value'),
      keyName: nameAt(names, 2 * i, clause, b),
      valueName: nameAt(names, 2 * i + 1, clause, b),
      count: count && b.cast(b.expr(count, { env }), 'long', count),
      others: constant && b.cast(constant, type === 'tuple' ? 'dynamic' : type, clause),
    };
  });
  const kept = input.fields.map((f) => ({ name: f.name, expr: columnOf(f) }));
  return { levels, keyed: project(input, [...kept, ...keys], input.order) };
}

/** The groups of one level: their keys, the aggregate under `value`, and where the query writes its rows itself, their first row. */
function groups(input: Rel, level: Level, keys: readonly string[], env: Env, b: Binder): Rel {
  const { outputs, aggregates } = bindAggregates([level.by], input, env, b);
  const grouped = aggregate(input, columns(input, keys), aggregates, b);
  const rows = grouped.order.map((o) => o.column);
  const items = [
    ...columns(grouped, [...keys, ...b.partitionBy.filter((p) => grouped.fields.some((f) => f.name === p)), ...rows]),
    { name: level.value, expr: outputs[0]!.exprs[0]! },
  ];
  return project(grouped, items);
}
const rowOf = (rel: Rel): Field | undefined => rel.fields.find((f) => f.name.startsWith('$$row'));
/** The best first; of equals the one that came last. */
function ranking(rel: Rel, level: Level): SortKey[] {
  const row = rowOf(rel);
  return [
    { column: level.value, descending: level.descending, nullsFirst: !level.descending },
    ...(row ? [{ column: row.name, descending: true, nullsFirst: false }] : []),
  ];
}
function best(rel: Rel, level: Level, parents: readonly string[], b: Binder): Rel {
  const ordered = { ...rel, order: ranking(rel, level) };
  if (!level.count) return ordered;
  const by = [...b.partitionBy, ...parents];
  return { kind: 'limit', input: ordered, count: level.count, by, fields: rel.fields, order: ordered.order };
}

/** Rows that meet by equal keys, null keys too; the right side gives what the left has not. */
function joinedBy(left: Rel, right: Rel, keys: readonly string[], joinKind: 'inner' | 'leftouter'): Rel {
  const own = new Set(left.fields.map((f) => f.name));
  const added = right.fields.filter((f) => !own.has(f.name));
  const outputs = [
    ...left.fields.map((f) => ({ name: f.name, side: 'left' as const, column: f.name })),
    ...added.map((f) => ({ name: f.name, side: 'right' as const, column: f.name })),
  ];
  const on = keys.map((k) => ({ left: column(left, k), right: column(right, k) }));
  return { kind: 'join', left, right, joinKind, on, outputs, fields: [...left.fields, ...added], order: [] };
}

/** Every level's groups side by side, from the innermost out. */
function assembled(parts: readonly Rel[], keysTo: (level: number) => string[], b: Binder): Rel {
  return parts.slice(0, -1).reduceRight((inner, outer, i) => {
    const keys = [...keysTo(i + 1), ...b.partitionBy];
    return joinedBy(inner, outer, keys, 'inner');
  }, parts.at(-1)!);
}

function shown(rel: Rel, levels: readonly Level[], order: readonly SortKey[], b: Binder): Rel {
  const items = levels.flatMap((l) => [
    { name: l.keyName, expr: column(rel, l.key) },
    { name: l.valueName, expr: column(rel, l.value) },
  ]);
  const hidden = [...new Set([...order.map((o) => o.column), ...b.partitionBy])];
  const carried = hidden.filter((name) => rel.fields.some((f) => f.name === name));
  return project(
    rel,
    [...items, ...columns(rel, carried)],
    order.filter((o) => carried.includes(o.column)),
  );
}

export const topNested: OperatorBinder = (node, input, env, b) => {
  const { levels, keyed } = levelsOf(node, input, env, b);
  const keysTo = (n: number): string[] => levels.slice(0, n).map((l) => l.key);
  const chosen = levels.map((level, i) => best(groups(keyed, level, keysTo(i + 1), env, b), level, keysTo(i), b));
  const order = chosen.flatMap((rel) => rel.order);
  const rel = levels.some((l) => l.others)
    ? withOthers(node, keyed, levels, chosen, env, b)
    : shown(assembled(chosen, keysTo, b), levels, order, b);
  const names = namesOf(node);
  const items = rel.fields.map((f) => ({ name: f.name, expr: columnOf(f) }));
  return project(rel, typed(items, names, b, node), rel.order);
};

// ——— with others ———

/** How a row stands at a level: among the best (0), with the others (1), or nowhere (2). */
interface Path {
  readonly key: string;
  readonly state: string;
}

/** Each row with its way through the levels. */
function paths(
  node: SyntaxNode,
  keyed: Rel,
  levels: readonly Level[],
  chosen: readonly Rel[],
  b: Binder,
): { rel: Rel; way: Path[] } {
  let rel = keyed;
  const marks = levels.map((level, i) => {
    if (!level.count) return undefined;
    const keys = levels.slice(0, i + 1).map((l) => l.key);
    const mark = b.hidden('in');
    const list = project(chosen[i]!, [
      ...columns(chosen[i]!, [...keys, ...b.partitionBy]),
      { name: mark, expr: literal('long', 1n) },
    ]);
    rel = joinedBy(rel, list, [...keys, ...b.partitionBy], 'leftouter');
    return mark;
  });
  const place = { env: b.root };
  const call = (name: string, args: Expr[], type: 'bool' | 'long'): Expr => b.builtIn(name, args, type, node, place);
  let passed: Expr = literal('bool', true);
  const items: NamedExpr[] = [];
  const way = levels.map((level, i): Path => {
    const mark = marks[i];
    if (mark) passed = call('$and', [passed, call('isnotnull', [column(rel, mark)], 'bool')], 'bool');
    const key = column(rel, level.key);
    const missing = level.others ?? literal(key.type === 'tuple' ? 'dynamic' : key.type, null);
    const path = { key: b.hidden('path'), state: b.hidden('state') };
    items.push(
      { name: path.key, expr: b.builtIn('iff', [passed, key, missing], missing.type as 'string', node, place) },
      {
        name: path.state,
        expr: call('iff', [passed, literal('long', 0n), literal('long', level.others ? 1n : 2n)], 'long'),
      },
    );
    return path;
  });
  return {
    rel: project(rel, [...rel.fields.map((f) => ({ name: f.name, expr: columnOf(f) })), ...items], keyed.order),
    way,
  };
}

/** A way that leaves the best shows where the level at which it does, or a later one, has others: it has left them by the last of these. */
function shownWays(node: SyntaxNode, innermost: Rel, levels: readonly Level[], way: readonly Path[], b: Binder): Rel {
  const is = (path: Path, state: bigint): Expr =>
    b.call(
      binaryOperators.get('EqualExpression')!,
      [column(innermost, path.state), literal('long', state)],
      'bool',
      node,
    );
  const last = way[levels.findLastIndex((l) => l.others)]!;
  const predicate = b.call(binaryOperators.get('OrExpression')!, [is(way.at(-1)!, 0n), is(last, 1n)], 'bool', node);
  return { kind: 'filter', input: innermost, predicate, fields: innermost.fields, order: innermost.order };
}

function withOthers(
  node: SyntaxNode,
  keyed: Rel,
  levels: readonly Level[],
  chosen: readonly Rel[],
  env: Env,
  b: Binder,
): Rel {
  const { rel, way } = paths(node, keyed, levels, chosen, b);
  const keysTo = (n: number): string[] => way.slice(0, n).flatMap((p) => [p.key, p.state]);
  const parts = levels.map((level, i) => {
    const part = groups(rel, level, keysTo(i + 1), env, b);
    const { state } = way[i]!;
    const value = column(part, level.value);
    const shownValue = b.builtIn(
      'iff',
      [
        b.call(binaryOperators.get('EqualExpression')!, [column(part, state), literal('long', 2n)], 'bool', node),
        literal(value.type as 'long', null),
        value,
      ],
      value.type as 'long',
      node,
      { env },
    );
    const items = part.fields.map((f) => ({ name: f.name, expr: f.name === level.value ? shownValue : columnOf(f) }));
    const shownPart = project(part, items);
    return i === levels.length - 1 ? shownWays(node, shownPart, levels, way, b) : shownPart;
  });
  const whole = assembled(parts, keysTo, b);
  const renamed = levels.map((l, i) => ({ ...l, key: way[i]!.key }));
  const order = levels.flatMap((l, i): SortKey[] => [
    { column: way[i]!.state, descending: false, nullsFirst: true },
    { column: l.value, descending: l.descending, nullsFirst: !l.descending },
  ]);
  return shown(whole, renamed, order, b);
}
