export interface Span {
  readonly offset: number;
  readonly length: number;
}

/** `message` is what is wrong, `span` where in the rule. */
export class FilterError extends Error {
  override readonly name = 'FilterError';
  readonly span: Span;

  constructor(message: string, { offset, length }: Span) {
    super(message);
    this.span = { offset, length };
  }
}

export type Token = Span & {
  readonly kind: 'word' | 'string' | '(' | ')' | '[' | ']' | ',' | 'end';
  readonly text: string;
};

const word = /[\p{L}\p{N}_.-]+/uy;
const space = /\s+/uy;
const brackets = new Set(['(', ')', '[', ']', ','] as const);
const isBracket = (text: string): text is '(' | ')' | '[' | ']' | ',' => (brackets as ReadonlySet<string>).has(text);

/** Words have their leading hyphen taken off, since the language takes operators with and without. Pages often turn it into a dash; that is taken too. */
export function tokenize(rule: string): Token[] {
  const text = rule.replaceAll('–', '-');
  const tokens: Token[] = [];
  let at = 0;
  const matched = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
  while (at < text.length) {
    const blank = matched(space);
    if (blank !== undefined) {
      at += blank.length;
      continue;
    }
    const first = text.charAt(at);
    if (isBracket(first)) {
      tokens.push({ kind: first, text: first, offset: at, length: 1 });
      at += 1;
    } else if (first === '"' || first === "'") {
      const { value, end } = quoted(text, at, first);
      tokens.push({ kind: 'string', text: value, offset: at, length: end - at });
      at = end;
    } else {
      const found = matched(word);
      if (found === undefined) throw new FilterError(`unexpected ${JSON.stringify(first)}`, { offset: at, length: 1 });
      tokens.push({ kind: 'word', text: found.replace(/^-/, ''), offset: at, length: found.length });
      at += found.length;
    }
  }
  tokens.push({ kind: 'end', text: '', offset: text.length, length: 0 });
  return tokens;
}

/** A backtick stands before a quotation mark within double ones; within single ones it is written twice. */
function quoted(text: string, start: number, mark: string): { value: string; end: number } {
  let value = '';
  for (let at = start + 1; at < text.length; at++) {
    const here = text.charAt(at);
    const next = text.charAt(at + 1);
    if (mark === '"' && here === '`' && (next === '"' || next === '`')) {
      value += next;
      at += 1;
    } else if (here === mark && mark === "'" && next === mark) {
      value += mark;
      at += 1;
    } else if (here === mark) return { value, end: at + 1 };
    else value += here;
  }
  throw new FilterError('a text without its closing quotation mark', { offset: start, length: text.length - start });
}
