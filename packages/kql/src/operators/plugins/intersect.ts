import { resultColumns } from '../../bind/types.ts';
import { binaryOperators } from '../../functions/operators.ts';
import { literal, type Expr, type NamedExpr } from '../../plan/plan.ts';
import { passAll, projectTo } from '../shared.ts';
import type { PluginBinder } from './plugin.ts';

/** More sets than this would need thousands of merged sketches. */
const maxSets = 7;

/**
 * `dcount_intersect(hll_1, hll_2, …)`: how many values the first set has, the first two have in common, the first three, and so on. Of
 * sketches only unions are known, so what sets have in common follows from the sizes of all unions of them.
 */
export const dcountIntersect: PluginBinder = ({ args, b, env, input, node, name }) => {
  if (args.length > maxSets)
    return b.fail('TooComplex', `${name}() takes at most ${maxSets} sets here: intersect fewer at a time`, node);
  const place = { env, input };
  const sets = args.map((a) => b.cast(b.expr(a, place), 'dynamic', a));
  const size = (of: readonly Expr[]): Expr => {
    const merged = of.length === 1 ? of[0]! : b.builtIn('hll_merge', of, 'dynamic', node, place);
    return b.builtIn('dcount_hll', [merged], 'long', node, place);
  };
  const operator = (kind: string, left: Expr, right: Expr): Expr =>
    b.call(binaryOperators.get(kind)!, [left, right], 'long', node);
  const common = (count: number): Expr => {
    const subsets = Array.from({ length: 2 ** count - 1 }, (_, i) =>
      sets.slice(0, count).filter((_s, k) => (i + 1) & (1 << k)),
    );
    const sum = subsets.reduce<Expr>(
      (total, subset) => operator(subset.length % 2 ? 'AddExpression' : 'SubtractExpression', total, size(subset)),
      literal('long', 0n),
    );
    // Estimates may come out a little below nothing.
    return count === 1 ? size(sets.slice(0, 1)) : b.builtIn('max_of', [sum, literal('long', 0n)], 'long', node, place);
  };
  const own = passAll(input);
  const columns = resultColumns(node).slice(own.length);
  const items = columns.map((c, i): NamedExpr => ({ name: c.name, expr: common(i + 1) }));
  return projectTo(input, [...own, ...items], b);
};
