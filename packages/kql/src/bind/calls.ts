import { binaryOperators, pathFunction, pathTypeFunction } from '../functions/operators.ts';
import { bindHost } from './host.ts';
import { columnOf, isHidden, literal, type Expr, type NamedExpr } from '../plan/plan.ts';
import { localOffset, utcOffset } from '../functions/zones.ts';
import type { HostFunction } from '../functions/host.ts';
import { hostFunctions } from '../functions/hosts.ts';
import type { Binder } from './binder.ts';
import type { Place } from './place.ts';
import { kindOf, nameOf, type SyntaxNode } from './kusto.ts';
import { databaseName } from './places.ts';

/** Calls of functions that are more than an entry over their arguments: of names, of options, of several entries. */

/** Undefined: the call is like any other. */
type Call = (node: SyntaxNode, args: readonly SyntaxNode[], place: Place, b: Binder) => Expr | undefined;

/** The arguments as columns with their names; `*` stands for all columns of the row. */
const columns = (args: readonly SyntaxNode[], place: Place, b: Binder): NamedExpr[] =>
  args.flatMap((a): NamedExpr[] =>
    kindOf(a) === 'StarExpression'
      ? (place.input?.fields ?? []).filter((f) => !isHidden(f)).map((f) => ({ name: f.name, expr: columnOf(f) }))
      : [{ name: kindOf(a) === 'NameReference' ? nameOf(a) : '', expr: b.expr(a, place) }],
  );
const isStar = (args: readonly SyntaxNode[]): boolean => args.some((a) => kindOf(a) === 'StarExpression');

const packColumns: Call = (node, args, place, b) =>
  b.builtIn(
    'bag_pack',
    columns(args, place, b).flatMap((c) => [literal('string', c.name), c.expr]),
    'dynamic',
    node,
    place,
  );
const packStar: Call = (node, args, place, b) => {
  const items = columns(args, place, b).map((c) => c.expr);
  return isStar(args) ? b.builtIn('pack_array', items, 'dynamic', node, place) : undefined;
};
const dataSize: Call = (node, args, place, b) => {
  const items = columns(args, place, b).map((c) => c.expr);
  return b.builtIn('$data_size', items, 'long', node, place);
};

/** A zone that is no constant: its offset is looked up for each quarter of an hour, and added or taken off. */
const byZone =
  (host: HostFunction, operator: 'AddExpression' | 'SubtractExpression'): Call =>
  (node, args, place, b) => {
    const [moment, zone] = args.map((a) => b.expr(a, place));
    if (!moment || !zone || zone.kind === 'literal') return undefined;
    const at = b.cast(moment, 'datetime', node);
    const quarter = b.builtIn('bin', [at, literal('timespan', 9_000_000_000n)], 'datetime', node, place);
    const offset = bindHost(host, [quarter, zone], b.span(node), (expr, to) => b.cast(expr, to, node));
    return b.call(binaryOperators.get(operator)!, [at, offset], 'datetime', node);
  };

const typeOfPath: Call = (node, args, place, b) => {
  const value = b.expr(args[0]!, place);
  return value.kind === 'call' && value.fn === pathFunction
    ? b.call(pathTypeFunction, value.args, 'string', node)
    : undefined;
};

const columnExists: Call = (node, args, place, b) => {
  const name = b.expr(args[0]!, place);
  if (name.kind !== 'literal') return b.fail('InvalidArgument', 'iscolumnexists() needs a constant name', node);
  return literal(
    'bool',
    (place.input?.fields ?? []).some((f) => f.name === name.value),
  );
};

/** `bin_auto(x)`: the size and the origin that `set query_bin_auto_…` says. */
const binAuto: Call = (node, args, place, b) => {
  const size = b.options.get('query_bin_auto_size');
  const at = b.options.get('query_bin_auto_at');
  if (!size) return b.fail('InvalidArgument', 'bin_auto() needs a size: set query_bin_auto_size=1h;', node);
  const value = b.expr(args[0]!, place);
  const type = value.type === 'tuple' ? 'dynamic' : value.type;
  return at
    ? b.builtIn('bin_at', [value, size, at], type, node, place)
    : b.builtIn('bin', [value, size], type, node, place);
};

/** The types of the values of a group, as one schema. */
const buildSchema: Call = (node, args, place, b) => {
  if (!place.aggregate) return undefined;
  const { aggregate: _, ...row } = place;
  const values = b.builtIn('$values', [b.cast(b.expr(args[0]!, row), 'dynamic', node)], 'dynamic', node, place);
  return b.builtIn('$schema', [values], 'dynamic', node, row);
};

/** Bags and arrays only; all else is its text. */
const toJson: Call = (node, args, place, b) => {
  const value = b.expr(args[0]!, place);
  if (value.type !== 'dynamic') return b.cast(value, 'string', node);
  const host = hostFunctions.get('dynamic_to_json')!;
  const json = bindHost(host, [value], b.span(node), (expr, to) => b.cast(expr, to, node));
  return b.cast({ ...json, type: 'string' } as Expr, 'string', node);
};

export const ownCalls: ReadonlyMap<string, Call> = new Map<string, Call>([
  ['bag_pack_columns', packColumns],
  ['pack_array', packStar],
  ['estimate_data_size', dataSize],
  ['datetime_utc_to_local', byZone(utcOffset, 'AddExpression')],
  ['datetime_local_to_utc', byZone(localOffset, 'SubtractExpression')],
  ['bin_auto', binAuto],
  ['gettype', typeOfPath],
  ['iscolumnexists', columnExists],
  ['current_database', () => literal('string', databaseName)],
  ['dynamic_to_json', toJson],
  ['buildschema', buildSchema],
]);
