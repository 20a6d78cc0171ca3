import { pathFunction } from '../functions/operators.ts';
import { columnOf, literal, type Expr } from '../plan/plan.ts';
import type { Binder } from './binder.ts';
import { child, kindOf, nameOf, SymbolKind, textOf, type SyntaxNode } from './kusto.ts';
import type { Bind, Place } from './place.ts';

/** Members of dynamics, and columns said with what they are of. */

/** `a.b["c"][0]`: one access with all its keys. */
export const path: Bind = (node, place, b) => {
  const ofElement = place.graph?.property(node, place, b);
  if (ofElement) return ofElement;
  const keys: Expr[] = [];
  let base = node;
  for (;;) {
    const kind = kindOf(base);
    if (place.graph?.owns(base)) break;
    if (kind === 'PathExpression') {
      if (base.ReferencedSymbol?.Kind === SymbolKind.column && isSide(child(base, 'Expression')))
        return sideColumn(base, place, b);
      if (nameOf(child(base, 'Selector')) === '$current_database') {
        b.ownPlace(child(base, 'Expression'));
        return literal('string', b.placeName);
      }
      const remembered = stepColumn(base, place);
      if (remembered) return keys.length ? b.call(pathFunction, [remembered, ...keys], 'dynamic', node) : remembered;
      const selector = child(base, 'Selector');
      if (kindOf(selector) === 'BracketedExpression') keys.unshift(b.expr(child(selector, 'Expression'), place));
      else
        keys.unshift(
          literal('string', kindOf(selector) === 'FunctionCallExpression' ? textOf(selector) : nameOf(selector)),
        );
    } else if (kind === 'ElementExpression') {
      const selector = child(base, 'Selector');
      const key = kindOf(selector) === 'BracketedExpression' ? child(selector, 'Expression') : selector;
      keys.unshift(b.expr(key, place));
    } else if (kind === 'ParenthesizedExpression' && keys.length === 0) {
      base = child(base, 'Expression');
      continue;
    } else break;
    base = child(base, 'Expression');
  }
  const value = b.expr(base, place);
  if (value.type !== 'dynamic') return b.fail('InvalidArgument', `a ${value.type} has no members`, node);
  return b.call(pathFunction, [value, ...keys], 'dynamic', node);
};
/** `step.column` inside a scan. */
function stepColumn(node: SyntaxNode, place: Place): Expr | undefined {
  const [step, column] = [child(node, 'Expression'), child(node, 'Selector')];
  if (!place.step || kindOf(step) !== 'NameReference' || kindOf(column) !== 'NameReference') return undefined;
  return place.step(nameOf(step), nameOf(column), node);
}
const isSide = (node: SyntaxNode): boolean => kindOf(node) === 'NameReference' && /^\$(left|right)$/.test(nameOf(node));
const sideColumn = (node: SyntaxNode, place: Place, b: Binder): Expr => {
  const name = nameOf(child(node, 'Selector'));
  const rel = nameOf(child(node, 'Expression')) === '$left' ? place.input : place.right;
  const field = rel?.fields.find((f) => f.name === name);
  return field ? columnOf(field) : b.fail('UnsupportedExpression', `the column ${name} cannot be read here`, node);
};
