import { aggregateFunctions, scalarFunctions, windowFunctions } from '../functions/index.ts';
import { literalOf } from '../functions/host.ts';
import { hostFunctions } from '../functions/hosts.ts';
import { refusedFunctions } from '../functions/refused.ts';
import { minimumArity, parameterAt, type ResultOf, type ScalarFunction } from '../functions/registry.ts';
import { literal, type Expr } from '../plan/plan.ts';
import type { KqlType } from '../types.ts';
import type { Binder } from './binder.ts';
import { bindHost } from './host.ts';
import type { SyntaxNode } from './kusto.ts';
import type { Place } from './place.ts';
import { valueType } from './types.ts';

/** Calls of functions that the language has. */

/** Of no regular expression there is no match, and a replacement may name nine groups. */
const matchesNothing = `(\\b\\B)${'()'.repeat(8)}`;
/** Which argument of a function is a regular expression. */
const regexArgument: ReadonlyMap<string, number> = new Map([
  ['extract', 0],
  ['extract_all', 0],
  ['replace_regex', 1],
]);

/** The value of a `toscalar()`, where the engine needs a constant: it is asked for. A regular expression out of a watchlist, say. */
function known(b: Binder, arg: Expr, node: SyntaxNode): Expr {
  if (arg.kind !== 'scalarQuery') return arg;
  const [row] = b.probe(arg.rel, 1, 'the value of toscalar()', node);
  const value = literalOf(arg.type, row?.[0]);
  return literal(arg.type, value === '' || value === null ? matchesNothing : value);
}
/** A call of a built-in: checks arity, sends aggregates and window functions where the place takes them. */
export function builtIn(
  b: Binder,
  name: string,
  given: readonly Expr[],
  type: KqlType,
  node: SyntaxNode,
  place: Place,
): Expr {
  const span = b.span(node);
  const args = given.map((arg, i) => (regexArgument.get(name) === i ? known(b, arg, node) : arg));
  const resultOf = (result: ResultOf): KqlType =>
    typeof result === 'function'
      ? result(args, type)
      : result === 'binder'
        ? type
        : result === 'first'
          ? valueType(args[0]?.type ?? type)
          : result;
  const aggregate = place.aggregate && aggregateFunctions.get(name);
  if (aggregate) {
    arity(b, aggregate, args, node);
    return place.aggregate!({ fn: aggregate, args, type: resultOf(aggregate.result), span });
  }
  const window = windowFunctions.get(name);
  if (window) {
    if (!place.window) return b.fail('UnsupportedExpression', `${name}() stands where rows have no order`, node);
    arity(b, window, args, node);
    return place.window({ fn: window, args, type: resultOf(window.result) }, node);
  }
  if (name === 'tostring' && args[0]) return b.cast(args[0], 'string', node);
  const host = hostFunctions.get(name);
  if (host) {
    arity(b, host, args, node);
    return bindHost(host, args, span, (expr, to) => b.cast(expr, to, node));
  }
  const fn = scalarFunctions.get(name);
  if (!fn) {
    const why = refusedFunctions.get(name);
    return b.fail('UnsupportedFunction', `the function ${name}() is not supported${why ? `: ${why}` : ''}`, node);
  }
  return b.call(fn, args, resultOf(fn.result), node);
}
export function arity(
  b: Binder,
  fn: { name: string; parameters: ScalarFunction['parameters'] },
  args: readonly Expr[],
  node: SyntaxNode,
): void {
  if (
    args.length < minimumArity(fn.parameters) ||
    (args.length > 0 && parameterAt(fn.parameters, args.length - 1) === undefined)
  )
    b.fail('InvalidArgument', `${fn.name}() does not take ${args.length} arguments here`, node);
}
