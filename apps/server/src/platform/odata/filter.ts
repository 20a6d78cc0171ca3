import { SallyportError } from '@sallyport/contracts';
import { z } from 'zod';

/**
 * The part of OData's `$filter` that lists of incidents, alerts and the like take.
 * https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part2-url-conventions.html#sec_SystemQueryOptionfilter
 */

export type Literal =
  | { readonly type: 'string' | 'number' | 'datetime'; readonly value: string }
  | { readonly type: 'boolean'; readonly value: boolean }
  | { readonly type: 'null'; readonly value: null };
export const comparisons = ['eq', 'ne', 'gt', 'ge', 'lt', 'le'] as const;
export type Comparison = (typeof comparisons)[number];
export const textTests = ['contains', 'startswith', 'endswith'] as const;
export type TextTest = (typeof textTests)[number];

/** A property, `alerts/severity` as its parts; in small or capital letters when `letters` says so. */
export interface Operand {
  readonly path: readonly string[];
  readonly letters?: 'tolower' | 'toupper';
}
export type Filter =
  | { readonly kind: 'and' | 'or'; readonly left: Filter; readonly right: Filter }
  | { readonly kind: 'not'; readonly filter: Filter }
  | { readonly kind: 'compare'; readonly comparison: Comparison; readonly operand: Operand; readonly literal: Literal }
  | { readonly kind: 'in'; readonly operand: Operand; readonly literals: readonly Literal[] }
  | { readonly kind: 'text'; readonly test: TextTest; readonly operand: Operand; readonly text: string }
  /** `tags/any(t: t eq 'x')`; without variable and filter: whether there are any. */
  | {
      readonly kind: 'any' | 'all';
      readonly path: readonly string[];
      readonly variable?: string;
      readonly filter?: Filter;
    };

/** UTF-16 units of a filter. */
export const filterCharsMax = 8_192;
/** Brackets, `not` and lambdas in each other. */
const depthMax = 24;
/** Tests of a filter, each value of `in` counted. */
const testsMax = 200;

type Kind = 'string' | 'datetime' | 'number' | 'name' | 'mark';
interface Token {
  readonly kind: Kind | 'end';
  readonly text: string;
  readonly at: number;
}

const tokenPattern = new RegExp(
  [
    String.raw`(?<string>(?:[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)?'(?:[^']|'')*')`,
    String.raw`(?<datetime>\d{4}-\d{2}-\d{2}(?:T[0-9:.]+(?:Z|[+ -]\d{2}:\d{2})?)?)`,
    String.raw`(?<number>-?\d+(?:\.\d+)?)`,
    String.raw`(?<name>[A-Za-z_]\w*)`,
    String.raw`(?<mark>[(),/:])`,
  ].join('|'),
  'y',
);
const kinds: readonly Kind[] = ['string', 'datetime', 'number', 'name', 'mark'];

const wrong = (reason: string, at: number): SallyportError =>
  new SallyportError('BadRequest', `Invalid filter clause: ${reason} at position ${at}`, { target: 'query.$filter' });

function tokensOf(text: string): Token[] {
  if (text.length > filterCharsMax) throw wrong(`more than ${filterCharsMax} characters`, filterCharsMax);
  const nul = text.indexOf('\0');
  if (nul >= 0) throw wrong('a character that no text has', nul);
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    while (text[at] === ' ' || text[at] === '\t') at++;
    if (at >= text.length) return [...tokens, { kind: 'end', text: 'the end', at }];
    tokenPattern.lastIndex = at;
    const groups = tokenPattern.exec(text)?.groups;
    const kind = kinds.find((name) => groups?.[name] !== undefined);
    const found = kind && groups?.[kind];
    if (kind === undefined || found === undefined) throw wrong(`an unexpected \`${text[at] ?? ''}\``, at);
    tokens.push({ kind, text: found, at });
    at += found.length;
  }
}

const isOneOf = <T extends string>(all: readonly T[], text: string): T | undefined => all.find((one) => one === text);

/** Reads a filter. Throws BadRequest, with the place, for anything that is none, and for what is past its bounds. */
export function parseFilter(text: string): Filter {
  return new Parser(tokensOf(text)).whole();
}

class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;
  #tests = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  whole(): Filter {
    const filter = this.#or();
    const rest = this.#peek();
    if (rest.kind !== 'end') throw wrong(`an unexpected \`${rest.text}\``, rest.at);
    return filter;
  }

  #peek(ahead = 0): Token {
    const token = this.#tokens[Math.min(this.#next + ahead, this.#tokens.length - 1)];
    if (!token) throw wrong('nothing', 0);
    return token;
  }
  #take(): Token {
    const token = this.#peek();
    this.#next++;
    return token;
  }
  #is(text: string, ahead = 0): boolean {
    const token = this.#peek(ahead);
    return (token.kind === 'name' || token.kind === 'mark') && token.text === text;
  }
  #skip(text: string): boolean {
    const is = this.#is(text);
    if (is) this.#next++;
    return is;
  }
  #expect(text: string): void {
    const token = this.#peek();
    if (!this.#skip(text)) throw wrong(`\`${text}\` expected, not \`${token.text}\``, token.at);
  }
  #name(): string {
    const token = this.#take();
    if (token.kind !== 'name') throw wrong(`a name expected, not \`${token.text}\``, token.at);
    return token.text;
  }
  #deeper<T>(read: () => T): T {
    if (++this.#depth > depthMax) throw wrong(`more than ${depthMax} levels`, this.#peek().at);
    const value = read();
    this.#depth--;
    return value;
  }
  #count(): void {
    if (++this.#tests > testsMax) throw wrong(`more than ${testsMax} tests`, this.#peek().at);
  }

  #or(): Filter {
    let left = this.#and();
    while (this.#skip('or')) left = { kind: 'or', left, right: this.#and() };
    return left;
  }
  #and(): Filter {
    let left = this.#unary();
    while (this.#skip('and')) left = { kind: 'and', left, right: this.#unary() };
    return left;
  }
  #unary(): Filter {
    if (this.#is('not') && !this.#is('/', 1)) {
      this.#next++;
      return { kind: 'not', filter: this.#deeper(() => this.#unary()) };
    }
    if (this.#skip('(')) {
      const filter = this.#deeper(() => this.#or());
      this.#expect(')');
      return filter;
    }
    this.#count();
    return this.#test();
  }

  #test(): Filter {
    const test = isOneOf(textTests, this.#peek().text);
    if (test && this.#is('(', 1)) return this.#textTest(test);
    const operand = this.#operand();
    if (operand.letters === undefined && this.#is('(')) return this.#lambda(operand.path);
    const token = this.#take();
    if (token.text === 'in') return this.#in(operand);
    const comparison = isOneOf(comparisons, token.text);
    if (!comparison) throw wrong(`a comparison expected, not \`${token.text}\``, token.at);
    return { kind: 'compare', comparison, operand, literal: this.#literal() };
  }
  #textTest(test: TextTest): Filter {
    this.#next += 2;
    const operand = this.#operand();
    this.#expect(',');
    const { at } = this.#peek();
    const text = this.#literal();
    if (text.type !== 'string') throw wrong('a text in quotes expected', at);
    this.#expect(')');
    return { kind: 'text', test, operand, text: text.value };
  }
  #operand(): Operand {
    const letters = isOneOf(['tolower', 'toupper'] as const, this.#peek().text);
    if (!letters || !this.#is('(', 1)) return { path: this.#path() };
    this.#next += 2;
    const path = this.#path();
    this.#expect(')');
    return { path, letters };
  }
  #path(): string[] {
    const path = [this.#name()];
    while (this.#skip('/')) path.push(this.#name());
    return path;
  }
  /** The path's last part was `any` or `all`. */
  #lambda(path: readonly string[]): Filter {
    const { at } = this.#take();
    const kind = isOneOf(['any', 'all'] as const, path.at(-1) ?? '');
    if (!kind || path.length < 2) throw wrong(`\`${path.join('/')}\` is no function`, at);
    const rest = path.slice(0, -1);
    if (kind === 'any' && this.#skip(')')) return { kind, path: rest };
    const variable = this.#name();
    this.#expect(':');
    const filter = this.#deeper(() => this.#or());
    this.#expect(')');
    return { kind, path: rest, variable, filter };
  }
  #in(operand: Operand): Filter {
    this.#expect('(');
    const literals = [this.#literal()];
    while (this.#skip(',')) {
      this.#count();
      literals.push(this.#literal());
    }
    this.#expect(')');
    return { kind: 'in', operand, literals };
  }

  #literal(): Literal {
    const { kind, text, at } = this.#take();
    if (kind === 'string')
      return { type: 'string', value: text.slice(text.indexOf("'") + 1, -1).replaceAll("''", "'") };
    if (kind === 'number') return { type: 'number', value: text };
    if (kind === 'datetime') {
      const value = instantOf(text);
      if (value === undefined) throw wrong(`\`${text}\` is no time`, at);
      return { type: 'datetime', value };
    }
    if (kind === 'name' && (text === 'true' || text === 'false')) return { type: 'boolean', value: text === 'true' };
    if (kind === 'name' && text === 'null') return { type: 'null', value: null };
    throw wrong(`a value expected, not \`${text}\``, at);
  }
}

const Instant = z.iso.datetime({ offset: true });
/**
 * A time that PostgreSQL takes, with all its digits when it is in UTC; undefined for what is none. A date alone is its midnight. Microsoft's client of
 * Graph writes the `+` of an offset as it is, which in an address is a space.
 */
export function instantOf(text: string): string | undefined {
  const whole = /^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text.replace(' ', '+');
  if (!Instant.safeParse(whole).success || whole.startsWith('0000')) return undefined;
  if (whole.endsWith('Z')) return whole;
  const instant = new Date(whole);
  return instant.getUTCFullYear() >= 1 && instant.getUTCFullYear() <= 9_999 ? instant.toISOString() : undefined;
}

/** A filter's text, bracketed so that it reads as the same filter again. */
export function printFilter(filter: Filter): string {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return `(${printFilter(filter.left)} ${filter.kind} ${printFilter(filter.right)})`;
    case 'not':
      return `not (${printFilter(filter.filter)})`;
    case 'compare':
      return `${printOperand(filter.operand)} ${filter.comparison} ${printLiteral(filter.literal)}`;
    case 'in':
      return `${printOperand(filter.operand)} in (${filter.literals.map(printLiteral).join(',')})`;
    case 'text':
      return `${filter.test}(${printOperand(filter.operand)},${printLiteral({ type: 'string', value: filter.text })})`;
    case 'any':
    case 'all':
      return `${filter.path.join('/')}/${filter.kind}(${filter.filter ? `${filter.variable}:${printFilter(filter.filter)}` : ''})`;
  }
}
const printOperand = ({ path, letters }: Operand): string =>
  letters === undefined ? path.join('/') : `${letters}(${path.join('/')})`;
const printLiteral = ({ type, value }: Literal): string =>
  type === 'string' ? `'${value.replaceAll("'", "''")}'` : String(value);
