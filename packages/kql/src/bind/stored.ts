import { KqlError } from '../errors.ts';
import { literal, type Rel } from '../plan/plan.ts';
import type { Binder } from './binder.ts';
import { accessOf, childEnv, lookUp, type Binding, type Env } from './env.ts';
import {
  child,
  kindOf,
  nameOf,
  SymbolKind,
  textOf,
  type KustoParameter,
  type KustoSymbol,
  type SyntaxNode,
} from './kusto.ts';
import type { Place } from './place.ts';
import { listOfQuery } from './sets.ts';

/** Calls of `let` and stored functions. */

/** What the library holds against the body of a function that is called here. */
function firstError(call: SyntaxNode): { readonly Code: string; readonly Message: string } | undefined {
  const list = call.GetCalledFunctionDiagnostics?.();
  return Array.from({ length: list?.Count ?? 0 }, (_, i) => list!.getItem(i)).find((d) => d.Severity === 'Error');
}

const declaredType = ({ DeclaredTypes }: KustoParameter): string | undefined =>
  DeclaredTypes?.Count === 1 ? DeclaredTypes.getItem(0).Name : undefined;

/** Binds the arguments of a call and its body, in the body's own scope. */
export function withBody<T>(
  b: Binder,
  node: SyntaxNode,
  args: readonly SyntaxNode[],
  place: Place,
  first: Rel | undefined,
  bind: (body: SyntaxNode, env: Env) => T,
): T {
  const symbol = node.ReferencedSymbol;
  const body = node.GetCalledFunctionBody?.();
  if (!body || symbol?.Kind !== SymbolKind.function) {
    const name = kindOf(node) === 'FunctionCallExpression' ? nameOf(child(node, 'Name')) : textOf(node);
    return b.fail('UnsupportedFunction', `the function ${name}() is not supported`, node);
  }
  const defined = lookUp(place.env, symbol.Name);
  const scope = childEnv(defined?.binding.kind === 'text' ? defined.binding.env : storedScope(b, symbol, node, place));
  bindParameters(b, symbol, args, place, first, scope, node);
  return b.atCall(node, () => {
    try {
      return bind(body, scope);
    } catch (error) {
      // A fault that the library finds in a body it keeps to itself.
      const fault = error instanceof KqlError && error.code !== 'NeedsData' && firstError(node);
      if (fault) throw new KqlError(fault.Code, `${symbol.Name}(): ${fault.Message}`, b.span(node));
      throw error;
    }
  });
}

/** Where a stored function's body stands: what `restrict access to` names reads all that it needs. */
function storedScope(b: Binder, symbol: KustoSymbol, node: SyntaxNode, place: Place): Env {
  const access = accessOf(place.env);
  if (access?.functions.has(symbol.Name)) return childEnv(undefined);
  if (access && node.ResultType?.Kind === SymbolKind.table)
    b.fail('InvalidArgument', `the function ${symbol.Name}() is not among those that this query may call`, node);
  return b.root;
}

function bindParameters(
  b: Binder,
  symbol: KustoSymbol,
  args: readonly SyntaxNode[],
  place: Place,
  first: Rel | undefined,
  scope: Env,
  node: SyntaxNode,
): void {
  const parameters = symbol.Signatures?.getItem(0).Parameters;
  const offset = first ? 1 : 0;
  const named = new Map<string, SyntaxNode>();
  const positional: SyntaxNode[] = [];
  for (const arg of args)
    if (kindOf(arg) === 'SimpleNamedExpression') named.set(nameOf(child(arg, 'Name')), child(arg, 'Expression'));
    else positional.push(arg);
  for (let i = 0; i < (parameters?.Count ?? 0); i++) {
    const parameter = parameters!.getItem(i);
    if (first && i === 0) {
      scope.names.set(parameter.Name, { kind: 'rel', rel: first });
      continue;
    }
    const arg = named.get(parameter.Name) ?? positional[i - offset];
    if (arg && first && kindOf(arg) === 'NameReference' && !lookUp(place.env, nameOf(arg)))
      scope.names.set(parameter.Name, { kind: 'expr', expr: literal('string', nameOf(arg)) });
    else if (arg) scope.names.set(parameter.Name, argument(b, arg, place, declaredType(parameter)));
    else if (parameter.DefaultValue)
      scope.names.set(parameter.Name, { kind: 'text', node: parameter.DefaultValue, env: b.root });
    else b.fail('InvalidArgument', `${symbol.Name}() needs ${parameter.Name}`, node);
  }
}
/** The library takes a table where a list is declared, and a timespan or a bool where a datetime is: Microsoft's parsers lean on it. */
function argument(b: Binder, arg: SyntaxNode, place: Place, declared: string | undefined): Binding {
  if (arg.ResultType?.Kind === SymbolKind.table) {
    const rel = b.rel(arg, place.env);
    return declared === 'dynamic' ? { kind: 'expr', expr: listOfQuery(rel, arg, b) } : { kind: 'rel', rel };
  }
  const expr = b.expr(arg, place);
  const lost = declared === 'datetime' && (expr.type === 'timespan' || expr.type === 'bool');
  return { kind: 'expr', expr: lost ? literal('datetime', null) : expr };
}
