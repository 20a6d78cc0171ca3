import { kqlTypes } from '../types.ts';
import {
  child,
  childOrNone,
  children,
  elements,
  kindOf,
  nameOf,
  textOf,
  type KustoCode,
  type SyntaxNode,
} from './kusto.ts';
import { resultColumns } from './types.ts';

/** Where the real engine takes what its published binder refuses. */

interface Diagnostic {
  readonly Code: string;
  readonly Start: number;
  readonly Length: number;
}
const covers = (node: SyntaxNode, d: Diagnostic): boolean => d.Start >= node.TextStart && d.Start < node.End;

/** A constant of any type is a term, and a column may have several types in the tables that are searched. */
function inCondition(node: SyntaxNode, d: Diagnostic, text: string): boolean {
  if (!covers(child(node, 'Condition'), d)) return false;
  if (d.Code === 'KS106' || d.Code === 'KS107') return true;
  const name = text.slice(d.Start, d.Start + d.Length);
  const names = new Set(resultColumns(node).map((c) => c.name));
  return d.Code === 'KS142' && kqlTypes.some((t) => names.has(`${name}_${t}`));
}
/**
 * With `isfuzzy`, a wildcard that matches nothing is passed over as an unknown name is, and so is a table that lacks a column once the data has
 * said which columns a plugin gives: no text could have known it.
 */
function inFuzzyUnion(node: SyntaxNode, d: Diagnostic, text: string): boolean {
  const fuzzy = elements(node, 'Parameters').some((p) => /^isfuzzy\s*=\s*true$/i.test(textOf(p)));
  if (!fuzzy || d.Code !== 'KS142') return false;
  if (text.slice(d.Start, d.Start + d.Length).includes('*')) return true;
  return elements(node, 'Expressions').some((leg) => covers(leg, d) && isBehindOpenPlugin(leg, d));
}
/** Behind a plugin whose columns nobody states. */
const isBehindOpenPlugin = (node: SyntaxNode, d: Diagnostic): boolean =>
  (kindOf(node) === 'EvaluateOperator' &&
    node.End <= d.Start &&
    childOrNone(node, 'Schema') === undefined &&
    /\b(bag_unpack|pivot)\b/.test(textOf(node))) ||
  children(node).some((c) => isBehindOpenPlugin(c, d));

/** The library does not always know the properties of a graph's nodes and edges where they stand by themselves; our binder does. */
function inGraphElement(node: SyntaxNode, kind: string, d: Diagnostic): boolean {
  // What a parameter names has a type where the function is called, and none where it is declared.
  if (kind === 'FunctionDeclaration' && d.Code === 'KS106') return inGraphClause(node, d);
  if (d.Code !== 'KS142' && d.Code !== 'KS211') return false;
  if (kind === 'GraphWhereNodesOperator' || kind === 'GraphWhereEdgesOperator')
    return covers(child(node, 'Condition'), d);
  if (!/^Graph(Match|ShortestPaths)Operator$/.test(kind)) return false;
  const inBody = (n: SyntaxNode): boolean => {
    if (!covers(n, d)) return false;
    if (kindOf(n) === 'FunctionCallExpression' && /^(all|any|map)$/.test(textOf(child(n, 'Name')))) {
      const body = elements(child(n, 'ArgumentList'), 'Expressions')[1];
      if (body && covers(body, d)) return true;
    }
    return children(n).some(inBody);
  };
  return inBody(node);
}

const inGraphClause = (node: SyntaxNode, d: Diagnostic): boolean =>
  covers(node, d) &&
  (/^Graph(Match|ShortestPaths)Operator$/.test(kindOf(node)) || children(node).some((c) => inGraphClause(c, d)));

/** `invoke FileProfile(SHA1)` names a column for the function to read: it gets the name. */
const inInvoke = (node: SyntaxNode, d: Diagnostic): boolean => {
  const call = child(node, 'Function');
  const args = kindOf(call) === 'FunctionCallExpression' ? elements(child(call, 'ArgumentList'), 'Expressions') : [];
  return d.Code === 'KS142' && args.some((a) => kindOf(a) === 'NameReference' && covers(a, d));
};

/** A wildcard that matches no column takes none away. */
const inProjectAway = (node: SyntaxNode, d: Diagnostic): boolean =>
  (d.Code === 'KS109' || d.Code === 'KS142') &&
  elements(node, 'Expressions').some((e) => covers(e, d) && textOf(e).includes('*'));

/** Parts of a timespan may be reals, what is no array has no length, and the degree of a polynomial may be a long. */
function inCall(node: SyntaxNode, d: Diagnostic): boolean {
  const name = nameOf(child(node, 'Name'));
  return (
    (d.Code === 'KS134' && (name === 'make_timespan' || name === 'make_datetime')) ||
    (d.Code === 'KS234' && (name === 'array_length' || name === 'arraylength')) ||
    (d.Code === 'KS107' && name === 'series_fit_poly')
  );
}

/** Whether a fault that the library finds is none. */
export function isLenient(code: KustoCode, d: Diagnostic, text: string): boolean {
  const walk = (node: SyntaxNode): boolean => {
    if (!covers(node, d)) return false;
    const kind = kindOf(node);
    if (
      (kind === 'SearchOperator' || kind === 'FindOperator') &&
      childOrNone(node, 'Condition') &&
      inCondition(node, d, text)
    )
      return true;
    if (kind === 'FunctionCallExpression' && inCall(node, d)) return true;
    if (kind === 'InvokeOperator' && inInvoke(node, d)) return true;
    if (kind === 'ProjectAwayOperator' && inProjectAway(node, d)) return true;
    if (kind === 'UnionOperator' && inFuzzyUnion(node, d, text)) return true;
    if (inGraphElement(node, kind, d)) return true;
    return children(node).some(walk);
  };
  return walk(code.Syntax);
}
