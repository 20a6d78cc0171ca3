import type { Rel } from '../plan/plan.ts';
import type { Binder } from './binder.ts';
import type { Env } from './env.ts';
import { child, childOrNone, elements, kindOf, nameOf, type SyntaxNode } from './kusto.ts';

/** `declare pattern`: tuples of strings that stand for tabular expressions. */

export interface Pattern {
  /** By `patternKey` of the arguments and the path. */
  readonly matches: ReadonlyMap<string, SyntaxNode>;
  readonly env: Env;
  readonly bound: Map<string, Rel>;
}

const patternKey = (values: readonly string[], path: string | undefined): string =>
  JSON.stringify([values, path ?? null]);
const texts = (node: SyntaxNode): string[] =>
  elements(node, 'Expressions').map((n) => (typeof n.LiteralValue === 'string' ? n.LiteralValue : ''));

/** Takes the statement's pattern into the scope. A pattern without a body knows no tuple. */
export function bindPattern(node: SyntaxNode, env: Env, b: Binder): void {
  const declaration = childOrNone(node, 'Pattern');
  const matches = new Map<string, SyntaxNode>();
  for (const m of declaration ? elements(declaration, 'Patterns') : []) {
    const path = childOrNone(m, 'PathValue');
    const value = path && child(path, 'Value').LiteralValue;
    matches.set(
      patternKey(texts(child(m, 'ParameterValues')), typeof value === 'string' ? value : undefined),
      child(m, 'Body'),
    );
  }
  const scope: Env = { names: new Map(env.names), parent: env.parent, ...(env.access ? { access: env.access } : {}) };
  b.patterns.set(nameOf(child(node, 'Name')), { matches, env: scope, bound: new Map() });
}

/** A call of a pattern, `p("a")` or `p("a").b`, as a table; undefined when the node calls none. Throws KqlError. */
export function patternCall(node: SyntaxNode, b: Binder): Rel | undefined {
  const path = kindOf(node) === 'PathExpression' ? child(node, 'Selector') : undefined;
  const call = path ? child(node, 'Expression') : node;
  if (kindOf(call) !== 'FunctionCallExpression') return undefined;
  const pattern = b.patterns.get(nameOf(child(call, 'Name')));
  if (!pattern) return undefined;
  const key = patternKey(texts(child(call, 'ArgumentList')), path && nameOf(path));
  const known = pattern.bound.get(key);
  if (known) return known;
  const body = pattern.matches.get(key);
  if (!body) return b.fail('InvalidArgument', 'the pattern was not declared for these values', node);
  const rel = b.body(body, pattern.env);
  pattern.bound.set(key, rel);
  return rel;
}
