import { columnsOf, union, usesOf, type Block } from './block.ts';
import type { AggregateItem, Expr, NamedExpr, Rel } from '../plan/plan.ts';
import type { Context, RelOf } from './context.ts';
import { emitExpression } from './expression.ts';

export function emitProject(e: Context, rel: RelOf<'project'>, needed: ReadonlySet<string>): Block {
  const wanted = rel.items.filter((item) => needed.has(item.name));
  const { items, input: source } = withoutUnread(wanted, rel.input);
  const used = union(...items.map((item) => columnsOf(item.expr)));
  const computed = items.filter((item) => item.expr.kind !== 'column').map((item) => item.expr);
  const block = e.emit(source, used);
  // Without a sort the engine would compute whole blocks of rows before the LIMIT cuts them.
  const takes = computed.length && block.limited?.order.text === '' ? 'groups' : 'columns';
  const input = e.open(block, usesOf(computed), takes);
  const scope = e.scopeOf(input, computed);
  const columns = new Map(
    items.map((item) => [
      item.name,
      item.expr.kind === 'column'
        ? input.columns.get(item.expr.name)!
        : { sql: emitExpression(item.expr, scope).sql, plain: false },
    ]),
  );
  return { ...input, columns };
}

/** Aggregates that answer a row, with how many arguments stand before its columns. */
const rowAggregates: ReadonlyMap<string, number> = new Map([
  ['$arg_max', 1],
  ['$arg_min', 1],
  ['$take_any', 0],
]);

/** `arg_max(…, *)` reads every column of a table: those that nobody reads afterwards are left out. */
function withoutUnread(items: readonly NamedExpr[], input: Rel): { items: readonly NamedExpr[]; input: Rel } {
  if (input.kind !== 'aggregate') return { items, input };
  const read = new Map<string, Set<number>>();
  const whole = new Set<string>();
  for (const item of items) collect(item.expr, read, whole);
  const places = new Map<string, readonly number[]>();
  const aggregates = input.aggregates.map((a): AggregateItem => {
    const before = rowAggregates.get(a.fn.name);
    const used = read.get(a.name);
    if (before === undefined || !used || whole.has(a.name) || used.size >= a.args.length - before) return a;
    const kept = [...used].toSorted((x, y) => x - y);
    places.set(a.name, kept);
    return { ...a, args: [...a.args.slice(0, before), ...kept.map((n) => a.args[before + n - 1]!)] };
  });
  if (!places.size) return { items, input };
  return {
    items: items.map((item) => ({ ...item, expr: moved(item.expr, places) })),
    input: { ...input, aggregates },
  };
}

function collect(expr: Expr, read: Map<string, Set<number>>, whole: Set<string>): void {
  switch (expr.kind) {
    case 'element':
      read.set(expr.tuple, (read.get(expr.tuple) ?? new Set()).add(expr.index));
      break;
    case 'column':
      whole.add(expr.name);
      break;
    case 'call':
    case 'rowTuple':
      for (const arg of expr.args) collect(arg, read, whole);
      break;
    case 'inQuery':
      collect(expr.value, read, whole);
      break;
    case 'literal':
    case 'scalarQuery':
      break;
  }
}

/** The expression over tuples of which only these elements are left. */
function moved(expr: Expr, places: ReadonlyMap<string, readonly number[]>): Expr {
  switch (expr.kind) {
    case 'element': {
      const kept = places.get(expr.tuple);
      return kept ? { ...expr, index: kept.indexOf(expr.index) + 1 } : expr;
    }
    case 'call':
    case 'rowTuple':
      return { ...expr, args: expr.args.map((a) => moved(a, places)) };
    case 'inQuery':
      return { ...expr, value: moved(expr.value, places) };
    default:
      return expr;
  }
}
