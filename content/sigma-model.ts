/** Sigma's meaning, said plainly over one event: what the tests hold compiled rules against. */

export interface SigmaEvent {
  readonly A: string;
  readonly B: string;
  readonly Ip: string;
  readonly Message: string;
  readonly N: number | null;
  readonly Rest: Readonly<Record<string, unknown>>;
}

type Token = { readonly text: string } | 'any' | 'one' | 'dash';

/** Whether a rule's detection holds for an event. */
export function holds(detection: Readonly<Record<string, unknown>>, event: SigmaEvent): boolean {
  const names = Object.keys(detection).filter((name) => name !== 'condition');
  const verdicts = new Map(names.map((name) => [name, search(detection[name], event)]));
  const words = String(detection['condition']).match(/[()]|[^\s()]+/g) ?? [];
  const ofNames = (glob: string): boolean[] =>
    names.filter((name) => glob === 'them' || name.startsWith(glob.slice(0, -1))).map((name) => verdicts.get(name)!);
  // A condition is an expression of JavaScript once its words are said in it.
  const said: (boolean | string)[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    if (words[at + 1] === 'of') {
      const chosen = ofNames(words[at + 2]!);
      said.push(word === 'all' ? chosen.every(Boolean) : chosen.filter(Boolean).length >= Number(word));
      at += 2;
    } else said.push(verdicts.get(word) ?? word);
  }
  return value(said);
}

/** Reads a list of words by precedence: or, and, not. */
function value(words: readonly (boolean | string)[]): boolean {
  let at = 0;
  const or = (): boolean => {
    let result = and();
    while (words[at] === 'or') {
      at++;
      const right = and();
      result = result || right;
    }
    return result;
  };
  const and = (): boolean => {
    let result = not();
    while (words[at] === 'and') {
      at++;
      const right = not();
      result = result && right;
    }
    return result;
  };
  const not = (): boolean => {
    const word = words[at++];
    if (word === 'not') return !not();
    if (word !== '(') return word === true;
    const inner = or();
    at++;
    return inner;
  };
  return or();
}

function search(what: unknown, event: SigmaEvent): boolean {
  if (Array.isArray(what)) return what.some((one) => search(one, event));
  if (typeof what !== 'object' || what === null) return keyword(String(what), event);
  return Object.entries(what).every(([key, values]) => entry(key, values, event));
}

function keyword(text: string, event: SigmaEvent): boolean {
  const tokens: Token[] = ['any', ...tokensOf(text), 'any'];
  const inJson = tokens.map((token) => (typeof token === 'object' ? { text: JSON.stringify(token.text).slice(1, -1) } : token));
  return like(event.Message, tokens, false) || like(JSON.stringify(event.Rest), inJson, false);
}

/** A field as text; undefined when it has none. */
function fieldOf(name: string, event: SigmaEvent): string | undefined {
  if (name === 'A' || name === 'B' || name === 'Ip') return event[name];
  if (name === 'a-b') return event.B;
  if (name === 'N') return event.N === null ? undefined : String(event.N);
  let inner: unknown = event.Rest;
  for (const part of name.split('.')) inner = typeof inner === 'object' && inner !== null ? Reflect.get(inner, part) : undefined;
  return typeof inner === 'string' || typeof inner === 'number' ? String(inner) : undefined;
}

function entry(key: string, values: unknown, event: SigmaEvent): boolean {
  const [name = '', ...modifiers] = key.split('|');
  const list = (Array.isArray(values) ? values : [values]).filter(isPlain);
  const text = fieldOf(name, event) ?? '';
  const has = (modifier: string): boolean => modifiers.includes(modifier);
  const one = (wanted: Plain): boolean => {
    if (has('exists')) return (text !== '') === wanted;
    if (has('fieldref')) return affixed(text, [{ text: fieldOf(String(wanted), event) ?? '' }], modifiers, has('cased'));
    if (has('cidr')) return inRange(text, String(wanted));
    const order = (['lt', 'lte', 'gt', 'gte'] as const).find(has);
    if (order) return text !== '' && isNumber(text) && compare(order, Number(text), Number(wanted));
    if (wanted === null || wanted === '') return text === '';
    const tokens = has('windash') ? dashed(tokensOf(String(wanted))) : tokensOf(String(wanted));
    return affixed(text, tokens, modifiers, has('cased'));
  };
  const result = has('all') ? list.every(one) : list.some(one);
  return has('neq') ? !result : result;
}

type Plain = string | number | boolean | null;
const isPlain = (value: unknown): value is Plain => value === null || ['string', 'number', 'boolean'].includes(typeof value);
const isNumber = (text: string): boolean => /^-?\d+(\.\d+)?$/.test(text);
const compare = (order: 'lt' | 'lte' | 'gt' | 'gte', a: number, b: number): boolean =>
  order === 'lt' ? a < b : order === 'lte' ? a <= b : order === 'gt' ? a > b : a >= b;
const inRange = (text: string, range: string): boolean =>
  range === '10.0.0.0/8' ? text.startsWith('10.') : text.startsWith('fe80:');

function affixed(text: string, tokens: readonly Token[], modifiers: readonly string[], cased: boolean): boolean {
  const before = modifiers.includes('contains') || modifiers.includes('endswith');
  const after = modifiers.includes('contains') || modifiers.includes('startswith');
  const all: Token[] = [...(before ? (['any'] as const) : []), ...tokens, ...(after ? (['any'] as const) : [])];
  // A lone star asks for a value.
  if (all.length > 0 && all.every((token) => token === 'any') && tokens.length > 0) return text !== '';
  return like(text, all, cased);
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    if (character === '\\' && '\\*?'.includes(text[at + 1] ?? ' ')) tokens.push({ text: text[++at]! });
    else tokens.push(character === '*' ? 'any' : character === '?' ? 'one' : { text: character });
  }
  return tokens;
}

/** A dash or slash before a letter and not after one stands for every dash. */
function dashed(tokens: readonly Token[]): Token[] {
  const isWord = (token: Token | undefined): boolean => typeof token === 'object' && /\w/.test(token.text);
  return tokens.map((token, at) =>
    typeof token === 'object' && '-/'.includes(token.text) && !isWord(tokens[at - 1]) && isWord(tokens[at + 1]) ? 'dash' : token,
  );
}

const same = (a: string, b: string, cased: boolean): boolean => (cased ? a === b : a.toLowerCase() === b.toLowerCase());

function like(text: string, tokens: readonly Token[], cased: boolean): boolean {
  const characters = Array.from(text);
  const pieces = tokens.flatMap((token): Token[] => (typeof token === 'object' ? Array.from(token.text, (t) => ({ text: t })) : [token]));
  let reachable = new Set([0]);
  for (const piece of pieces) {
    const next = new Set<number>();
    for (const at of reachable) {
      if (piece === 'any') for (let to = at; to <= characters.length; to++) next.add(to);
      else if (at < characters.length && fits(characters[at]!, piece, cased)) next.add(at + 1);
    }
    reachable = next;
  }
  return reachable.has(characters.length);
}

const fits = (character: string, piece: Exclude<Token, 'any'>, cased: boolean): boolean =>
  piece === 'one' || (piece === 'dash' ? '-/\u2013\u2014\u2015'.includes(character) : same(character, piece.text, cased));
