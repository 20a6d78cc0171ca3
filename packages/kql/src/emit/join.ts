import type { Expr, Rel } from '../plan/plan.ts';
import { join, sql, type Sql } from '../sql.ts';
import { columnsOf, nullable, union, type Block } from './block.ts';
import { comparable } from './cells.ts';
import type { Context, RelOf } from './context.ts';
import { emitExpression } from './expression.ts';

const joinKeywords: Readonly<Record<RelOf<'join'>['joinKind'], Sql>> = {
  inner: sql`INNER JOIN`,
  innerunique: sql`INNER JOIN`,
  leftouter: sql`LEFT JOIN`,
  rightouter: sql`RIGHT JOIN`,
  fullouter: sql`FULL JOIN`,
  leftsemi: sql`LEFT SEMI JOIN`,
  rightsemi: sql`RIGHT SEMI JOIN`,
  leftanti: sql`LEFT ANTI JOIN`,
  rightanti: sql`RIGHT ANTI JOIN`,
};

/** Sides whose rows may be missing from an outer join: the engine then gives a column's default, which must be null. */
const mayMiss: Partial<Record<RelOf<'join'>['joinKind'], readonly ('left' | 'right')[]>> = {
  leftouter: ['right'],
  rightouter: ['left'],
  fullouter: ['left', 'right'],
};

/** Kinds in which each left row is joined by itself. */
const byLeftRow: ReadonlySet<RelOf<'join'>['joinKind']> = new Set(['inner', 'leftouter', 'leftsemi', 'leftanti']);
const ofOneTable = (rel: Rel): boolean =>
  rel.kind === 'read' || ((rel.kind === 'filter' || rel.kind === 'project') && ofOneTable(rel.input));

export function emitJoin(e: Context, rel: RelOf<'join'>, needed: ReadonlySet<string>): Block {
  const outputs = rel.outputs.filter((o) => needed.has(o.name));
  // Each shard joins its rows of the table with the right side, which is asked for once and sent to all.
  const inShards = e.rewrites.globalJoin && rel.on.length > 0 && byLeftRow.has(rel.joinKind) && ofOneTable(rel.left);
  const side = (which: 'left' | 'right'): Block => {
    const input = rel[which];
    const names = union(
      outputs.filter((o) => o.side === which).map((o) => o.column),
      ...rel.on.map((pair) => columnsOf(pair[which])),
    );
    if (which === 'left' && rel.joinKind === 'innerunique')
      return firstOfEach(
        e,
        input,
        names,
        rel.on.map((p) => p.left),
      );
    const block = e.emit(input, names);
    const plain = [...names].every((name) => block.columns.get(name)?.plain) && !block.closed && !block.grouping;
    if (which === 'left' && inShards && plain) return block;
    return e.asSubquery(mayMiss[rel.joinKind]?.includes(which) ? nullable(block, input) : block);
  };
  const left = side('left');
  const right = side('right');
  const condition = rel.on.map((pair) => {
    const l = emitExpression(pair.left, e.bareScope(left));
    const r = emitExpression(pair.right, e.bareScope(right));
    // Null keys meet each other.
    const equal = l.nullable && r.nullable ? sql`<=>` : sql`=`;
    return sql`${comparable(l, r.type)} ${equal} ${comparable(r, l.type)}`;
  });
  const kind = joinKeywords[rel.joinKind];
  return {
    from: rel.on.length
      ? sql`${left.from} ${inShards ? sql`GLOBAL ` : sql``}${kind} ${right.from} ON ${join(condition, sql` AND `)}`
      : sql`${left.from} CROSS JOIN ${right.from}`,
    columns: new Map(outputs.map((o) => [o.name, (o.side === 'left' ? left : right).columns.get(o.column)!])),
    where: inShards ? left.where : [],
    ...(inShards && left.first ? { first: left.first } : {}),
    names: inShards ? left.names : [],
    closed: false,
  };
}

/** innerunique: of the left rows with equal keys one stays, the first in their order. */
function firstOfEach(e: Context, input: Rel, names: ReadonlySet<string>, keys: readonly Expr[]): Block {
  const ordered = union(
    names,
    input.order.map((k) => k.column),
  );
  const block = e.open(e.emit(input, ordered), ordered);
  const scope = e.scope(block);
  const order = input.order.length ? sql` ORDER BY ${e.orderBy(input.order, block)}` : sql``;
  const by = join(keys.map((k) => emitExpression(k, scope).sql));
  return e.asSubquery({ ...block, tail: sql`${order} LIMIT 1 BY ${by}`, closed: true });
}
