import type { Expr } from '../plan/plan.ts';
import { literal } from '../plan/plan.ts';
import type { KqlType } from '../types.ts';
import { literalValue } from './literals.ts';

/** Values that a caller gives for `declare query_parameters`, each the text of a KQL constant, as Kusto's clients send them. */
export type QueryParameters = Readonly<Record<string, string>>;

const kinds: Readonly<Record<Exclude<KqlType, 'string' | 'dynamic'>, string>> = {
  bool: 'BooleanLiteralExpression',
  int: 'IntLiteralExpression',
  long: 'LongLiteralExpression',
  real: 'RealLiteralExpression',
  decimal: 'DecimalLiteralExpression',
  datetime: 'DateTimeLiteralExpression',
  timespan: 'TimespanLiteralExpression',
  guid: 'GuidLiteralExpression',
};

/** A text with or without quotes: only KQL's simple quoted forms are taken apart. */
function unquoted(text: string): string {
  const body = /^h?@?(["'])([\s\S]*)\1$/.exec(text.trim());
  if (!body) return text;
  const inner = body[2] ?? '';
  if (text.includes('@')) return inner.replaceAll(`${body[1]}${body[1]}`, body[1] ?? '');
  return inner.replaceAll(/\\(["'\\nrt])/g, (_, c: string) => ({ n: '\n', r: '\r', t: '\t' })[c] ?? c);
}

/** The constant that a parameter of that type was given; undefined when the text is none of its type. */
export function parameterValue(text: string, type: KqlType): Expr | undefined {
  if (type === 'string') return literal('string', unquoted(text));
  if (type === 'dynamic') {
    const json = /^\s*dynamic\s*\(([\s\S]*)\)\s*$/.exec(text)?.[1] ?? text;
    try {
      const value: unknown = JSON.parse(json);
      return literal('dynamic', value === null ? null : json.trim());
    } catch {
      return undefined;
    }
  }
  const value = literalValue(kinds[type], text.trim());
  return value === undefined ? undefined : literal(type, value);
}
