import type { Expr, NamedExpr, Rel } from './plan.ts';
import { sharedTables } from './shared.ts';

/**
 * Conditions stand as near to the tables as they can: a rule's reads are then narrow (`TableRead.filteredSql`), and joins, unions and groups take
 * fewer rows. A condition goes below a step only when it reads nothing that the step makes. A table that is computed once for several
 * places stays as it is, so that it stays one.
 */
export function pushFilters(root: Rel): Rel {
  const shared = sharedTables(root);
  const walk = (rel: Rel, conditions: readonly Expr[]): Rel =>
    shared.has(rel) ? filtered(rel, conditions) : below(rel, conditions, walk);
  return walk(root, []);
}

type Walk = (rel: Rel, conditions: readonly Expr[]) => Rel;

const filtered = (input: Rel, conditions: readonly Expr[]): Rel =>
  conditions.reduce<Rel>(
    (rel, predicate) => ({ kind: 'filter', input: rel, predicate, fields: rel.fields, order: rel.order }),
    input,
  );

/** The step over its input, with as many of the conditions below it as may be. */
function below(rel: Rel, conditions: readonly Expr[], walk: Walk): Rel {
  switch (rel.kind) {
    case 'filter': {
      const moved = walk(rel.input, [...conjuncts(rel.predicate), ...conditions]);
      // A sort is an order that a relation claims, which its input has not.
      return { ...moved, fields: rel.fields, order: rel.order };
    }
    case 'project': {
      const { passed, kept } = through(conditions, renames(rel.items));
      return filtered({ ...rel, input: walk(rel.input, passed) }, kept);
    }
    case 'aggregate': {
      // Without keys there is one group even of no rows.
      const { passed, kept } = through(rel.keys.length ? conditions : [], renames(rel.keys));
      const rest = rel.keys.length ? kept : conditions;
      return filtered({ ...rel, input: walk(rel.input, passed) }, rest);
    }
    case 'unnest': {
      const made = new Set([...rel.items.map((i) => i.name), rel.index]);
      const { passed, kept } = through(conditions, passing(rel.input, made));
      return filtered({ ...rel, input: walk(rel.input, passed) }, kept);
    }
    case 'union': {
      if (conditions.some(hasQuery))
        return filtered({ ...rel, inputs: rel.inputs.map((i) => ({ ...i, rel: walk(i.rel, []) })) }, conditions);
      const maps = rel.inputs.map(({ rel: input, items }) => unionRenames(input, items));
      const all = conditions.filter((c) => maps.every((m) => through([c], m).kept.length === 0));
      const inputs = rel.inputs.map((i, n) => ({ ...i, rel: walk(i.rel, through(all, maps[n]!).passed) }));
      return filtered(
        { ...rel, inputs },
        conditions.filter((c) => !all.includes(c)),
      );
    }
    case 'join':
      return belowJoin(rel, conditions, walk);
    case 'limit':
    case 'window':
      return filtered({ ...rel, input: walk(rel.input, []) }, conditions);
    default:
      return filtered(rel, conditions);
  }
}

/** Sides of which a row that fails the condition gives no row that passes it. */
const filterable: Readonly<Record<Extract<Rel, { kind: 'join' }>['joinKind'], readonly ('left' | 'right')[]>> = {
  inner: ['left', 'right'],
  // Of the left rows with equal keys one stays, and which one must not change.
  innerunique: ['right'],
  leftouter: ['left'],
  rightouter: ['right'],
  fullouter: [],
  leftsemi: ['left'],
  rightsemi: ['right'],
  leftanti: ['left'],
  rightanti: ['right'],
};

function belowJoin(rel: Extract<Rel, { kind: 'join' }>, conditions: readonly Expr[], walk: Walk): Rel {
  let rest = conditions;
  const side = (which: 'left' | 'right'): readonly Expr[] => {
    if (!filterable[rel.joinKind].includes(which)) return [];
    const names = new Map<string, Expr>();
    for (const o of rel.outputs) {
      const field = o.side === which && rel[which].fields.find((f) => f.name === o.column);
      if (field) names.set(o.name, { kind: 'column', name: field.name, type: field.type });
    }
    const { passed, kept } = through(rest, names);
    rest = kept;
    return passed;
  };
  const left = walk(rel.left, side('left'));
  const right = walk(rel.right, side('right'));
  return filtered({ ...rel, left, right }, rest);
}

const conjuncts = (predicate: Expr): readonly Expr[] =>
  predicate.kind === 'call' && predicate.fn.name === 'and' ? predicate.args.flatMap(conjuncts) : [predicate];

/** The columns that a step only passes on, each as its input names it. */
const renames = (items: readonly NamedExpr[]): ReadonlyMap<string, Expr> =>
  new Map(items.filter((i) => i.expr.kind === 'column').map((i) => [i.name, i.expr]));
const passing = (input: Rel, made: ReadonlySet<string>): ReadonlyMap<string, Expr> =>
  new Map(
    input.fields
      .filter((f) => !made.has(f.name))
      .map((f) => [f.name, { kind: 'column', name: f.name, type: f.type } as const]),
  );
/** Of a union only columns that keep their type; one that a leg has not is null there, which is left to the outer condition. */
const unionRenames = (input: Rel, items: readonly NamedExpr[]): ReadonlyMap<string, Expr> =>
  new Map([...renames(items)].filter(([, e]) => input.fields.some((f) => e.kind === 'column' && f.name === e.name)));

/** Conditions in the input's names, and those that can't be said in them. */
function through(
  conditions: readonly Expr[],
  names: ReadonlyMap<string, Expr>,
): { passed: readonly Expr[]; kept: readonly Expr[] } {
  const passed: Expr[] = [];
  const kept: Expr[] = [];
  for (const condition of conditions) {
    const said = renamed(condition, names);
    if (said) passed.push(said);
    else kept.push(condition);
  }
  return { passed, kept };
}

/** Another value at each call. */
const volatile = new Set(['rand', 'new_guid']);

function renamed(expr: Expr, names: ReadonlyMap<string, Expr>): Expr | undefined {
  switch (expr.kind) {
    case 'column': {
      const to = names.get(expr.name);
      return to && 'type' in to && to.type === expr.type ? to : undefined;
    }
    case 'call': {
      if (volatile.has(expr.fn.name)) return undefined;
      const args = expr.args.map((a) => renamed(a, names));
      return args.every((a) => a !== undefined) ? { ...expr, args } : undefined;
    }
    case 'inQuery': {
      const value = renamed(expr.value, names);
      return value && { ...expr, value };
    }
    case 'literal':
    case 'scalarQuery':
      return expr;
    default:
      return undefined;
  }
}

const hasQuery = (expr: Expr): boolean =>
  expr.kind === 'scalarQuery' ||
  expr.kind === 'inQuery' ||
  ((expr.kind === 'call' || expr.kind === 'rowTuple') && expr.args.some(hasQuery));
