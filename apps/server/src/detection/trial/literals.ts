import { partnerOf, tokensOf, type Token } from './tokens.ts';

export type Scalar = string | number | boolean;
/** A column, and members and places inside of it. */
export type Path = readonly (string | number)[];

/** What a query asks of a value: one of these, a text with one of these in it, a number above or below. */
export interface Comparison {
  readonly path: Path;
  readonly how: 'equal' | 'part' | 'above' | 'below';
  readonly values: readonly Scalar[];
}

/** Values of one list that are taken. */
const valuesMax = 50;
/** Names that stand for names that stand for … */
const aliasDepthMax = 5;

const comparisons: Readonly<Record<string, Comparison['how']>> = {
  '==': 'equal',
  '=~': 'equal',
  in: 'equal',
  has: 'part',
  has_cs: 'part',
  has_any: 'part',
  has_all: 'part',
  contains: 'part',
  contains_cs: 'part',
  startswith: 'part',
  startswith_cs: 'part',
  endswith: 'part',
  endswith_cs: 'part',
  hasprefix: 'part',
  hassuffix: 'part',
  '>': 'above',
  '>=': 'above',
  '<': 'below',
  '<=': 'below',
};

/** Functions that leave a value what it is. */
const plain = new Set(
  'tostring tolower toupper trim toint tolong toreal todouble tobool todynamic parse_json todatetime column_ifexists coalesce'.split(
    ' ',
  ),
);

/**
 * What a query compares columns with, as far as its words tell: for rows that are made to pass its filters. A guess, by the text alone: what it does not
 * understand it leaves out. Negated comparisons are left out.
 */
export function comparisonsOf(query: string): readonly Comparison[] {
  const tokens = tokensOf(query);
  const lets = constantsOf(tokens);
  const { aliases, expanded } = aliasesOf(tokens);
  const resolved = (path: Path): Path => {
    let known = path;
    for (let depth = 0; depth < aliasDepthMax; depth++) {
      const of = aliases.get(String(known[0]));
      if (!of || of[0] === known[0]) break;
      known = [...of, ...known.slice(1)];
    }
    const [root = '', next] = known;
    return expanded.has(String(root)) && typeof next !== 'number' ? [root, 0, ...known.slice(1)] : known;
  };
  return tokens.flatMap((token, at): Comparison[] => {
    const how = token.kind === 'text' ? undefined : comparisons[token.text];
    if (!how || tokens[at - 1]?.text === '!') return [];
    const path = pathBefore(tokens, at - 1);
    const values = valuesAt(tokens, tokens[at + 1]?.text === '~' ? at + 2 : at + 1, lets);
    return path && values.length > 0 ? [{ path: resolved(path), how, values }] : [];
  });
}

/** The path that ends with a token: `a.b['c'][0]`, also inside of functions. */
function pathBefore(tokens: readonly Token[], end: number): Path | undefined {
  const token = tokens[end];
  if (token?.kind === 'name') {
    if (tokens[end - 1]?.text !== '.') return [token.text];
    const base = pathBefore(tokens, end - 2);
    return base && [...base, token.text];
  }
  if (token?.kind !== 'sign' || (token.text !== ')' && token.text !== ']')) return undefined;
  const open = partnerOf(tokens, end);
  if (open < 0) return undefined;
  if (token.text === ')') return pathIn(tokens, open + 1, end);
  const key = end - open === 2 ? keyOf(tokens[open + 1]!) : undefined;
  if (key === undefined) return undefined;
  return [...(pathBefore(tokens, open - 1) ?? []), key];
}

const keyOf = ({ kind, text }: Token): string | number | undefined =>
  kind === 'text' ? text : kind === 'number' ? Number(text) : undefined;

/** The first path between two places. */
function pathIn(tokens: readonly Token[], from: number, to: number): Path | undefined {
  for (let at = from; at < to; at++) {
    if (tokens[at]?.kind !== 'name') continue;
    let path: Path;
    let next = at + 1;
    if (tokens[next]?.text === '(') {
      const close = partnerOf(tokens, next);
      const inner = close < 0 || close > to ? undefined : pathIn(tokens, next + 1, close);
      if (!inner) continue;
      path = inner;
      next = close + 1;
    } else path = [tokens[at]!.text];
    for (;;) {
      if (tokens[next]?.text === '.' && tokens[next + 1]?.kind === 'name') {
        path = [...path, tokens[next + 1]!.text];
        next += 2;
      } else if (tokens[next]?.text === '[' && tokens[next + 2]?.text === ']') {
        const key = keyOf(tokens[next + 1]!);
        if (key === undefined) return path;
        path = [...path, key];
        next += 3;
      } else return path;
    }
  }
  return undefined;
}

type Constants = ReadonlyMap<string, readonly Scalar[]>;

function valuesAt(tokens: readonly Token[], at: number, lets: Constants): readonly Scalar[] {
  const token = tokens[at];
  if (token === undefined) return [];
  if (token.kind === 'text') return [token.text];
  if (token.kind === 'number') return [Number(token.text)];
  if (token.text === '-')
    return valuesAt(tokens, at + 1, lets).map((value) => (typeof value === 'number' ? -value : value));
  if (token.kind === 'name') {
    if (token.text === 'true' || token.text === 'false') return [token.text === 'true'];
    if (tokens[at + 1]?.text === '(') return valuesAt(tokens, at + 1, lets);
    return lets.get(token.text) ?? [];
  }
  if (token.text !== '(') return [];
  const close = partnerOf(tokens, at);
  return scalarsIn(tokens.slice(at + 1, close < 0 ? at + 1 : close), lets);
}

const scalarsIn = (tokens: readonly Token[], lets: Constants): readonly Scalar[] =>
  tokens
    .flatMap(({ kind, text }): readonly Scalar[] =>
      kind === 'text' ? [text] : kind === 'number' ? [Number(text)] : kind === 'name' ? (lets.get(text) ?? []) : [],
    )
    .slice(0, valuesMax);

/** The constants among the `let` statements: texts, numbers, lists. */
function constantsOf(tokens: readonly Token[]): Constants {
  const found = new Map<string, readonly Scalar[]>();
  for (const [at, token] of tokens.entries()) {
    const [name, is] = [tokens[at + 1], tokens[at + 2]];
    if (token.kind !== 'name' || token.text !== 'let' || name?.kind !== 'name' || is?.text !== '=') continue;
    const end = tokens.findIndex((one, i) => i > at && one.kind === 'sign' && one.text === ';');
    const value = tokens.slice(at + 3, end < 0 ? tokens.length : end);
    if (!value.some(({ kind, text }) => kind === 'sign' && text === '|')) found.set(name.text, scalarsIn(value, found));
  }
  return found;
}

/** Columns that are a value of others (`extend x = tostring(a.b)`), and those whose items become rows. */
function aliasesOf(tokens: readonly Token[]): {
  readonly aliases: ReadonlyMap<string, Path>;
  readonly expanded: ReadonlySet<string>;
} {
  const aliases = new Map<string, Path>();
  const expanded = new Set<string>();
  for (const [at, token] of tokens.entries()) {
    if (token.kind !== 'name') continue;
    if (/^mv-?$|^mvexpand$/.test(token.text)) {
      const begin = token.text === 'mv' ? at + 3 : at + 1;
      const path = pathIn(tokens, tokens[begin + 1]?.text === '=' ? begin + 2 : begin, begin + 12);
      if (!path) continue;
      if (tokens[begin + 1]?.text === '=') aliases.set(tokens[begin]!.text, [...path, 0]);
      else expanded.add(String(path[0]));
      continue;
    }
    if (tokens[at + 1]?.text !== '=' || tokens[at - 1]?.text === 'let') continue;
    const end = endOfItem(tokens, at + 2);
    const item = tokens.slice(at + 2, end);
    const calls = item.filter(({ kind }, i) => kind === 'name' && item[i + 1]?.text === '(');
    if (item.length === 0 || calls.some(({ text }) => !plain.has(text.toLowerCase()))) continue;
    const path = pathIn(tokens, at + 2, end);
    if (path && path[0] !== token.text && !aliases.has(token.text)) aliases.set(token.text, path);
  }
  return { aliases, expanded };
}

/** An item of a list of columns ends at a comma, a pipe, or the bracket around it. */
function endOfItem(tokens: readonly Token[], from: number): number {
  let depth = 0;
  for (let at = from; at < tokens.length; at++) {
    const { kind, text } = tokens[at]!;
    if (kind !== 'sign') continue;
    if ('([{'.includes(text)) depth++;
    else if (')]}'.includes(text) && depth-- === 0) return at;
    else if (depth === 0 && (text === ',' || text === '|' || text === ';')) return at;
  }
  return tokens.length;
}
