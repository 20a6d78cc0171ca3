import {
  buildGlobals,
  children,
  kindOf,
  languageLibrary,
  parseAndAnalyze,
  type KustoCode,
  type SyntaxNode,
} from '../src/bind/kusto.ts';
import { pluginSymbols } from '../src/bind/plugins.ts';
import type { KqlCatalogue } from '../src/index.ts';

/** Prints queries anew from their syntax trees, so that they mean the same. */
export interface Printer {
  /** As Microsoft's formatter lays it out. */
  formatted(kql: string): string;
  /** With operands in brackets that need none: those whose turn it is by `turns`, used again and again. */
  bracketed(kql: string, turns: readonly boolean[]): string;
}

export function printer(catalogue: KqlCatalogue): Printer {
  const globals = buildGlobals(catalogue, pluginSymbols());
  const parsed = (kql: string): KustoCode => parseAndAnalyze(kql, globals);
  return {
    formatted: (kql) => {
      const { KustoCodeService, FormattingOptions } = languageLibrary().Editor;
      return new KustoCodeService.ctor(parsed(kql)).GetFormattedText(FormattingOptions.Default).Text;
    },
    bracketed: (kql, turns) => {
      const places = operands(parsed(kql).Syntax)
        .filter((_, i) => turns[i % turns.length] === true)
        .flatMap((node): [number, string][] => [
          [node.TextStart, '('],
          [node.End, ')'],
        ]);
      // From the last to the first; at one place brackets close before others open.
      places.sort(([a, x], [b, y]) => b - a || (x < y ? -1 : 1));
      return places.reduce((text, [at, bracket]) => text.slice(0, at) + bracket + text.slice(at), kql);
    },
  };
}

const binary =
  /^(?:Add|Subtract|Multiply|Divide|Modulo|Equal|NotEqual|LessThan|LessThanOrEqual|GreaterThan|GreaterThanOrEqual|And|Or)Expression$/;
/** Sides of operators, outside of what takes no brackets: keys of joins, patterns of graphs. */
function operands(node: SyntaxNode): SyntaxNode[] {
  const kind = kindOf(node);
  if (/^(?:JoinOnClause|JoinWhereClause|GraphMatchPattern\w*|StarExpression)$/.test(kind)) return [];
  const inside = children(node).flatMap(operands);
  if (!binary.test(kind)) return inside;
  const sides = children(node).filter(
    (c) => /(?:Expression|NameReference)$/.test(kindOf(c)) && kindOf(c) !== 'StarExpression',
  );
  return [...sides, ...inside];
}
