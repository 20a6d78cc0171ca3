import { child, elements, kindOf, nameOf, type SyntaxNode } from '../bind/kusto.ts';

/** What columns are called that are given no name. */

/** `todynamic(Entities)` expands under the name of its column, and `Entities.Host` under `Entities_Host`. */
export function innerColumn(value: SyntaxNode): string | undefined {
  switch (kindOf(value)) {
    case 'NameReference':
      return nameOf(value);
    case 'FunctionCallExpression': {
      const [first] = elements(child(value, 'ArgumentList'), 'Expressions');
      return first && innerColumn(first);
    }
    case 'PathExpression':
    case 'ElementExpression': {
      const before = innerColumn(child(value, 'Expression'));
      const selector = child(value, 'Selector');
      const key = kindOf(selector) === 'BracketedExpression' ? child(selector, 'Expression') : selector;
      return before && `${before}_${typeof key.LiteralValue === 'string' ? key.LiteralValue : nameOf(key)}`;
    }
    default:
      return undefined;
  }
}

/** The column that a call without a name is called after (`bin(x, 1)`, `series_fir(x, …)`, `tostring(d.a)`), and that of a path. */
export function impliedName(node: SyntaxNode): string | undefined {
  switch (kindOf(node)) {
    case 'NameReference':
      return nameOf(node);
    case 'PathExpression':
    case 'ElementExpression':
      return innerColumn(node);
    case 'FunctionCallExpression': {
      const args = elements(child(node, 'ArgumentList'), 'Expressions');
      const kind = node.ReferencedSymbol?.ResultNameKind;
      return args[0] && (kind === 7 || (kind === 8 && args.length === 1)) ? impliedName(args[0]) : undefined;
    }
    default:
      return undefined;
  }
}
