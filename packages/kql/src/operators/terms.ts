import type { Binder } from '../bind/binder.ts';
import type { Place } from '../bind/place.ts';
import { child, compoundText, elements, kindOf, nameOf, textOf, type SyntaxNode } from '../bind/kusto.ts';
import { binaryOperators } from '../functions/operators.ts';
import { anyTextTests, isLookedForTogether, regexQuote } from '../functions/terms.ts';
import { columnOf, literal, type Expr } from '../plan/plan.ts';
import type { KqlType } from '../types.ts';
import { visible } from './legs.ts';

/** The conditions of `search` and `find`: a text alone is looked for as a term in every column. */

export interface Terms {
  readonly place: Place;
  readonly caseSensitive: boolean;
  readonly b: Binder;
}

/**
 * Characters that the text of a value of a type can have at all. A term with any other is in no such column, which keeps the SQL of a
 * search over many tables short.
 */
const alphabets: Partial<Readonly<Record<KqlType, RegExp>>> = {
  bool: /^[TrueFals]*$/i,
  int: /^[-\d]*$/,
  long: /^[-\d]*$/,
  real: /^[-+.\dEeNaInfity]*$/i,
  decimal: /^[-.\d]*$/,
  datetime: /^[-:.\dTZ]*$/i,
  timespan: /^[-:.\d]*$/,
  guid: /^[-\da-f]*$/i,
};

const yes = literal('bool', true);
const no = literal('bool', false);
const isConstant = (e: Expr, value: boolean): boolean => e.kind === 'literal' && e.type === 'bool' && e.value === value;

function operation(kind: string, args: readonly Expr[], node: SyntaxNode, b: Binder): Expr {
  return b.call(binaryOperators.get(kind)!, args, 'bool', node);
}
export function either(l: Expr, r: Expr, node: SyntaxNode, b: Binder): Expr {
  if (isConstant(l, true) || isConstant(r, true)) return yes;
  if (isConstant(l, false)) return r;
  return isConstant(r, false) ? l : operation('OrExpression', [l, r], node, b);
}
export function both(l: Expr, r: Expr, node: SyntaxNode, b: Binder): Expr {
  if (isConstant(l, false) || isConstant(r, false)) return no;
  if (isConstant(l, true)) return r;
  return isConstant(r, true) ? l : operation('AndExpression', [l, r], node, b);
}
/** Whether the condition holds for no row at all. */
export const isNever = (condition: Expr): boolean => isConstant(condition, false);

interface TermTest {
  readonly kind: string;
  readonly needle: string;
  /** The characters of the term as written, '' when any column may have it. */
  readonly letters: string;
}
/** `a*`, `*a` and `*a*` say where the term may go on; `a*b` is a pattern. */
function termTest(text: string, caseSensitive: boolean): TermTest {
  const letters = text.replaceAll('*', '');
  const suffix = caseSensitive ? 'CsExpression' : 'Expression';
  const bare = text.replace(/^\*/, '').replace(/\*$/, '');
  if (bare.includes('*')) {
    const edge = (at: string | undefined): string => (at !== undefined && /\w/.test(at) ? '\\b' : '');
    const body = text.replace(/^\*+/, '').replace(/\*+$/, '').split(/\*+/).map(regexQuote).join('.*');
    const pattern = `${text.startsWith('*') ? '' : edge(text[0])}${body}${text.endsWith('*') ? '' : edge(text.at(-1))}`;
    return { kind: 'MatchesRegexExpression', needle: caseSensitive ? pattern : `(?i)${pattern}`, letters };
  }
  const before = text.startsWith('*');
  const after = text.length > 1 && text.endsWith('*');
  const name = before && after ? 'Contains' : before ? 'HasSuffix' : after ? 'HasPrefix' : 'Has';
  return { kind: `${name}${suffix}`, needle: bare, letters };
}

/** Whether some column has the term. */
function anyColumn(test: TermTest, node: SyntaxNode, { place, b }: Terms): Expr {
  if (test.needle === '') return yes;
  // The real engine does not find a bare 2.71 in a column of reals that holds it.
  const inNumbers = !/^(Real|Decimal)Literal/.test(kindOf(node));
  const texts = visible(place.input!)
    .filter(
      (f) =>
        (inNumbers || (f.type !== 'real' && f.type !== 'decimal')) && (alphabets[f.type]?.test(test.letters) ?? true),
    )
    .map((f) => b.cast(columnOf(f), 'string', node));
  const needle = literal('string', test.needle);
  const together = anyTextTests.get(test.kind);
  if (together && texts.length > 1 && isLookedForTogether(test.needle))
    return b.call(together, [needle, ...texts], 'bool', node);
  return anyOf(
    texts.map((text) => operation(test.kind, [text, needle], node, b)),
    node,
    b,
  );
}
/** Halves joined: a chain as long as a table is wide is deeper than the engine's parser goes. */
function anyOf(tests: readonly Expr[], node: SyntaxNode, b: Binder): Expr {
  if (tests.length < 2) return tests[0] ?? no;
  const half = tests.length >> 1;
  return either(anyOf(tests.slice(0, half), node, b), anyOf(tests.slice(half), node, b), node, b);
}

const literalKinds = new Set(
  ['Long', 'Int', 'Real', 'Decimal', 'DateTime', 'Timespan', 'Guid'].map((k) => `${k}LiteralExpression`),
);
/** What a constant alone looks for; undefined when the node is none. */
function termText(node: SyntaxNode): string | undefined {
  const kind = kindOf(node);
  if (kind === 'StringLiteralExpression' || kind === 'CompoundStringLiteralExpression') return compoundText(node);
  return literalKinds.has(kind) ? textOf(node).replace(/^\w+\s*\(\s*([\s\S]*?)\s*\)$/, '$1') : undefined;
}

/** A condition of `search` or `find` over one table's row. A column that the table does not have is null. Throws KqlError. */
export function termCondition(node: SyntaxNode, terms: Terms): Expr {
  const { b, caseSensitive } = terms;
  const text = termText(node);
  if (text !== undefined) return anyColumn(termTest(text, caseSensitive), node, terms);
  const kind = kindOf(node);
  switch (kind) {
    case 'ParenthesizedExpression':
      return termCondition(child(node, 'Expression'), terms);
    case 'AndExpression':
      return both(termCondition(child(node, 'Left'), terms), termCondition(child(node, 'Right'), terms), node, b);
    case 'OrExpression':
      return either(termCondition(child(node, 'Left'), terms), termCondition(child(node, 'Right'), terms), node, b);
    case 'StarExpression':
      return yes;
    case 'SearchExpression':
      return columnTerm(node, terms);
    case 'FunctionCallExpression': {
      const [inner, ...more] = elements(child(node, 'ArgumentList'), 'Expressions');
      if (nameOf(child(node, 'Name')) === 'not' && inner && !more.length) return negated(node, inner, terms);
      return asBool(b.expr(node, terms.place), node, b);
    }
    default:
      return compared(node, terms);
  }
}

const asBool = (expr: Expr, node: SyntaxNode, b: Binder): Expr => b.cast(expr, 'bool', node);

function negated(node: SyntaxNode, inner: SyntaxNode, terms: Terms): Expr {
  const condition = termCondition(inner, terms);
  if (isConstant(condition, false)) return yes;
  if (isConstant(condition, true)) return no;
  return terms.b.builtIn('not', [condition], 'bool', node, terms.place);
}

/** `column:"term"`. */
function columnTerm(node: SyntaxNode, { place, caseSensitive, b }: Terms): Expr {
  const right = child(node, 'Right');
  const text = termText(right);
  if (text === undefined) return b.fail('UnsupportedExpression', 'search column:term needs a constant', right);
  const { kind, needle } = termTest(text, caseSensitive);
  if (needle === '') return yes;
  const value = b.cast(b.expr(child(node, 'Left'), place), 'string', node);
  return isMissing(value) ? no : operation(kind, [value, literal('string', needle)], node, b);
}

/** A value that stands for a column which the table does not have. */
const isMissing = (e: Expr): boolean => e.kind === 'literal' && (e.value === null || e.value === '');
/** Comparisons that no missing value passes, when the other side is a constant that is not empty. */
const positive =
  /^(Equal|EqualTilde|LessThan|GreaterThan|Has|Contains|StartsWith|EndsWith|HasPrefix|HasSuffix|MatchesRegex)/;

function compared(node: SyntaxNode, terms: Terms): Expr {
  const { b, place, caseSensitive } = terms;
  const kind = kindOf(node);
  const cs = kind.replace(/(?<!Cs)Expression$/, 'CsExpression');
  const used = caseSensitive && binaryOperators.has(cs) ? cs : kind;
  const fn = binaryOperators.get(used);
  if (!fn || fn.result !== 'bool') return asBool(b.expr(node, place), node, b);
  const [leftNode, rightNode] = [child(node, 'Left'), child(node, 'Right')];
  const right = b.expr(rightNode, place);
  if (
    kindOf(leftNode) === 'StarExpression' &&
    right.kind === 'literal' &&
    typeof right.value === 'string' &&
    positive.test(kind)
  )
    return anyColumn({ kind: used, needle: right.value, letters: /Regex/.test(kind) ? '' : right.value }, node, terms);
  if (kindOf(leftNode) === 'StarExpression') return asBool(b.expr(node, place), node, b);
  const left = b.expr(leftNode, place);
  if (isMissing(left) && right.kind === 'literal' && !isMissing(right) && positive.test(kind)) return no;
  return b.call(fn, [left, right], 'bool', node);
}
