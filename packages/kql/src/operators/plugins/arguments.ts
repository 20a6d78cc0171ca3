import { child, kindOf, nameOf, type SyntaxNode } from '../../bind/kusto.ts';
import { isHidden, type Expr, type Field } from '../../plan/plan.ts';
import type { KqlType } from '../../types.ts';
import type { PluginCall, SourceCall } from './plugin.ts';

/** How plugins read their arguments. */

/** The arguments by the plugin's names for them: named ones by name, the others in order. */
export function named(call: SourceCall, names: readonly string[]): ReadonlyMap<string, SyntaxNode> {
  const found = new Map<string, SyntaxNode>();
  let place = 0;
  for (const arg of call.args) {
    if (kindOf(arg) === 'SimpleNamedExpression') {
      const written = nameOf(child(arg, 'Name'));
      const name = names.find((n) => n.toLowerCase() === written.toLowerCase());
      if (!name) return call.b.fail('InvalidArgument', `${call.name}() has no argument ${written}`, arg);
      found.set(name, child(arg, 'Expression'));
    } else {
      const name = names[place++];
      if (!name) return call.b.fail('InvalidArgument', `${call.name}() takes at most ${names.length} arguments`, arg);
      found.set(name, arg);
    }
  }
  return found;
}

/** A column of the input. */
export function columnArgument(call: PluginCall, node: SyntaxNode | undefined): Field {
  const expr = node && call.b.expr(node, { env: call.env, input: call.input });
  const field = expr?.kind === 'column' ? call.input.fields.find((f) => f.name === expr.name) : undefined;
  return field && !isHidden(field)
    ? field
    : call.b.fail('InvalidArgument', `${call.name}() needs a column of its input here`, node ?? call.call);
}

/** A value that does not depend on a row. */
export const valueArgument = (call: SourceCall, node: SyntaxNode | undefined): Expr =>
  node
    ? call.b.expr(node, { env: call.env })
    : call.b.fail('InvalidArgument', `${call.name}() lacks an argument`, call.call);

/** A constant written in the query: its value, or undefined when the argument is not there, or is the `~` of a default. */
export function constantArgument(
  call: SourceCall,
  node: SyntaxNode | undefined,
): string | number | bigint | boolean | undefined {
  if (!node) return undefined;
  const expr = call.b.expr(node, { env: call.env });
  if (expr.kind !== 'literal') return call.b.fail('InvalidArgument', `${call.name}() needs a constant here`, node);
  return expr.value === null || expr.value === '~' ? undefined : expr.value;
}
export function textArgument(call: SourceCall, node: SyntaxNode | undefined): string | undefined {
  const value = constantArgument(call, node);
  if (value === undefined || typeof value === 'string') return value;
  return call.b.fail('InvalidArgument', `${call.name}() needs a text here`, node ?? call.call);
}
export function numberArgument(
  call: SourceCall,
  node: SyntaxNode | undefined,
  [least, most]: readonly [number, number],
): number | undefined {
  const value = constantArgument(call, node);
  if (value === undefined) return undefined;
  const number = typeof value === 'bigint' || typeof value === 'number' ? Number(value) : Number.NaN;
  if (number >= least && number <= most) return number;
  return call.b.fail(
    'InvalidArgument',
    `${call.name}() needs a number from ${least} to ${most} here`,
    node ?? call.call,
  );
}
/** A constant dynamic array, parsed; dynamics are literals of JSON text. */
export function arrayArgument(call: SourceCall, node: SyntaxNode | undefined): readonly unknown[] | undefined {
  if (!node) return undefined;
  const value = textArgument(call, node);
  const parsed: unknown = value === undefined || value === '' ? [] : JSON.parse(value);
  return Array.isArray(parsed) ? parsed : call.b.fail('InvalidArgument', `${call.name}() needs an array here`, node);
}

/** A constant bag, parsed. */
export function bagArgument(call: SourceCall, node: SyntaxNode | undefined): Readonly<Record<string, unknown>> {
  if (!node) return {};
  const value = textArgument(call, node);
  const parsed: unknown = value === undefined || value === '' ? {} : JSON.parse(value);
  return isBag(parsed) ? parsed : call.b.fail('InvalidArgument', `${call.name}() needs a bag here`, node);
}
const isBag = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The row schema of `: (*, Name:type)`. */
export interface StatedSchema {
  readonly star: boolean;
  readonly columns: readonly { readonly name: string; readonly type: KqlType }[];
}
