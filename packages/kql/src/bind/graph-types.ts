import { child, childOrNone, children, correctBinder, elements, kindOf, nameOf, type SyntaxNode } from './kusto.ts';

/**
 * The published library gives every column of `graph-match` whose expression names an edge of varying length the type dynamic, also where
 * a function made one value of it: `array_length(map(e, x))` could not be sorted by. Here those keep the type of the expression, and only
 * properties that are lists (`e.x`) are dynamic.
 */

/** Whether an expression reads a property of such an edge outside of all, any and map. */
function readsEdge(node: SyntaxNode, edges: ReadonlySet<string>): boolean {
  if (/^(Path|Element)Expression$/.test(kindOf(node))) {
    const of = child(node, 'Expression');
    if (kindOf(of) === 'NameReference' && edges.has(nameOf(of))) return true;
  }
  return children(node).some((c) => readsEdge(c, edges));
}
function longEdges(node: SyntaxNode): Set<string> {
  const names = new Set<string>();
  for (let at: SyntaxNode | null = node; at; at = at.Parent) {
    if (!/^Graph(Match|ShortestPaths)Operator$/.test(kindOf(at))) continue;
    for (const pattern of elements(at, 'Patterns'))
      for (const part of elements(pattern, 'PatternElements')) {
        const name = childOrNone(part, 'Name');
        if (name && childOrNone(part, 'Range')) names.add(nameOf(name));
      }
    break;
  }
  return names;
}

type Project = (this: unknown, expression: SyntaxNode, ...rest: unknown[]) => unknown;
interface Binder {
  readonly prototype: { CreateProjectionColumns: Project };
  readonly ProjectionStyle: { readonly GraphMatch: unknown };
}
/** `rest` is builder, diagnostics, style, whether names may repeat, and the type to take. */
correctBinder((library) => {
  const binder = library as Binder;
  const original = binder.prototype.CreateProjectionColumns;
  binder.prototype.CreateProjectionColumns = function (expression, ...rest) {
    const given = [...rest];
    if (rest[2] === binder.ProjectionStyle.GraphMatch && rest[4] && !readsEdge(expression, longEdges(expression)))
      given[4] = null;
    return original.call(this, expression, ...given);
  };
});
