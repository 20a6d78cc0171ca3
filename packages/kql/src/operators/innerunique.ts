import { columnsOf } from '../emit/block.ts';
import type { Expr, Rel } from '../plan/plan.ts';

/**
 * `join kind=innerunique` keeps one left row of each key, and the real engine looks at conditions that follow on columns of the left side
 * before it picks: a condition decides which row survives.
 */

type Filter = Extract<Rel, { kind: 'filter' }>;

const conjuncts = (e: Expr): Expr[] => (e.kind === 'call' && e.fn.name === 'and' ? e.args.flatMap(conjuncts) : [e]);

function renamed(e: Expr, names: ReadonlyMap<string, string>): Expr {
  switch (e.kind) {
    case 'column':
      return { ...e, name: names.get(e.name) ?? e.name };
    case 'element':
      return { ...e, tuple: names.get(e.tuple) ?? e.tuple };
    case 'call':
      return { ...e, args: e.args.map((a) => renamed(a, names)) };
    case 'rowTuple':
      return { ...e, args: e.args.map((a) => renamed(a, names)) };
    case 'inQuery':
      return { ...e, value: renamed(e.value, names) };
    case 'literal':
    case 'scalarQuery':
      return e;
  }
}

/** The filter with what it asks of an innerunique join's left side asked there. */
export function beforeUnique(filter: Filter): Rel {
  const join = filter.input;
  if (join.kind !== 'join' || join.joinKind !== 'innerunique') return filter;
  const left = new Map(join.outputs.filter((o) => o.side === 'left').map((o) => [o.name, o.column]));
  const all = conjuncts(filter.predicate);
  const own = all.filter((e) => columnsOf(e).size > 0 && [...columnsOf(e)].every((name) => left.has(name)));
  const input = own.reduce<Rel>(
    (rel, e) => ({ kind: 'filter', input: rel, predicate: renamed(e, left), fields: rel.fields, order: rel.order }),
    join.left,
  );
  return all
    .filter((e) => !own.includes(e))
    .reduce<Rel>(
      (rel, predicate) => ({ kind: 'filter', input: rel, predicate, fields: rel.fields, order: rel.order }),
      { ...join, left: input },
    );
}
