import { datetimeText, spanText } from '../functions/convert.ts';
import { child, childOrNone, compoundText, elements, kindOf, textOf, type SyntaxNode } from './kusto.ts';
import { datetimeTicks, literalValue, timespanTicks } from './literals.ts';

/** The JSON text of what stands inside `dynamic(…)`, scalars of Kusto's own included; undefined when it is not constant. */
export function parseJsonLiteral(node: SyntaxNode): string | undefined {
  const kind = kindOf(node);
  switch (kind) {
    case 'NullLiteralExpression':
      return 'null';
    case 'StringLiteralExpression':
      return typeof node.LiteralValue === 'string' ? JSON.stringify(node.LiteralValue.toWellFormed()) : undefined;
    case 'CompoundStringLiteralExpression': {
      const text = compoundText(node);
      return text === undefined ? undefined : JSON.stringify(text.toWellFormed());
    }
    case 'UnaryMinusExpression': {
      const inner = parseJsonLiteral(child(node, 'Expression'));
      return inner === undefined ? undefined : `-${inner}`;
    }
    case 'UnaryPlusExpression':
    case 'ParenthesizedExpression':
      return parseJsonLiteral(child(node, 'Expression'));
    case 'JsonArrayExpression': {
      const items = elements(node, 'Values').map(parseJsonLiteral);
      return items.includes(undefined) ? undefined : `[${items.join(',')}]`;
    }
    case 'JsonObjectExpression': {
      const pairs = elements(node, 'Pairs').map((p) => {
        const name: unknown = (child(p, 'Name') as unknown as { ValueText?: unknown }).ValueText;
        const value = parseJsonLiteral(child(p, 'Value'));
        return typeof name === 'string' && value !== undefined
          ? `${JSON.stringify(name.toWellFormed())}:${value}`
          : undefined;
      });
      return pairs.includes(undefined) ? undefined : `{${pairs.join(',')}}`;
    }
    case 'DynamicExpression': {
      const inner = childOrNone(node, 'Expression');
      return inner && parseJsonLiteral(inner);
    }
    case 'DateTimeLiteralExpression': {
      const ticks = datetimeTicks(textOf(node));
      return ticks === undefined ? undefined : `"${datetimeText(ticks).replace(' ', 'T')}Z"`;
    }
    case 'TimespanLiteralExpression': {
      const ticks = timespanTicks(textOf(node));
      return ticks === undefined ? undefined : `"${spanText(ticks)}"`;
    }
    default: {
      const value = literalValue(kind, textOf(node));
      if (value === undefined) return undefined;
      if (value === null) return 'null';
      if (typeof value === 'boolean' || typeof value === 'bigint') return String(value);
      if (typeof value === 'number') return Number.isFinite(value) ? realJson(textOf(node), value) : `"${value}"`;
      return JSON.stringify(value);
    }
  }
}
/** A real keeps its point, so that it stays a real. */
const realJson = (text: string, value: number): string =>
  /^-?\d+\.\d+$/.test(text) ? text : Number.isInteger(value) ? `${value}.0` : String(value);
