/** One token of ClickHouse SQL. Offsets are UTF-16, end exclusive. Comments and white space give no token. */
export interface Token {
  readonly kind: 'word' | 'string' | 'name' | 'number' | 'symbol';
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const white = /\s+/y;
const word = /[\p{L}_$][\p{L}\p{N}_$]*/uy;
const number = /\d[\w.]*/y;
const heredoc = /\$(\w*)\$/y;

function endOfQuoted(sql: string, start: number): number {
  const quote = sql[start];
  for (let i = start + 1; i < sql.length; i++) {
    if (sql[i] === '\\') i++;
    else if (sql[i] === quote) {
      if (sql[i + 1] === quote) i++;
      else return i + 1;
    }
  }
  return sql.length;
}

function endOfComment(sql: string, start: number): number | undefined {
  const two = sql.slice(start, start + 2);
  if (two === '--' || two === '#!' || two === '# ') {
    const end = sql.indexOf('\n', start);
    return end < 0 ? sql.length : end + 1;
  }
  if (two !== '/*') return undefined;
  const end = sql.indexOf('*/', start + 2);
  return end < 0 ? sql.length : end + 2;
}

const match = (pattern: RegExp, sql: string, at: number): string | undefined => {
  pattern.lastIndex = at;
  return pattern.exec(sql)?.[0];
};

/** Splits SQL into tokens as ClickHouse's lexer does, lazily: data that follows `FORMAT x` or `VALUES` is not read if the caller stops there. */
export function* tokens(sql: string): Generator<Token> {
  let at = 0;
  while (at < sql.length) {
    const space = match(white, sql, at);
    if (space !== undefined) {
      at += space.length;
      continue;
    }
    const comment = endOfComment(sql, at);
    if (comment !== undefined) {
      at = comment;
      continue;
    }
    const token = tokenAt(sql, at);
    yield token;
    at = token.end;
  }
}

function tokenAt(sql: string, start: number): Token {
  const make = (kind: Token['kind'], end: number): Token => ({ kind, text: sql.slice(start, end), start, end });
  const char = sql[start]!;
  if (char === "'") return make('string', endOfQuoted(sql, start));
  if (char === '`' || char === '"') return make('name', endOfQuoted(sql, start));
  if (char === '$') {
    const tag = match(heredoc, sql, start);
    if (tag !== undefined) {
      const end = sql.indexOf(tag, start + tag.length);
      return make('string', end < 0 ? sql.length : end + tag.length);
    }
  }
  const identifier = match(word, sql, start);
  if (identifier !== undefined) return make('word', start + identifier.length);
  const digits = match(number, sql, start);
  if (digits !== undefined) return make('number', start + digits.length);
  return make('symbol', start + 1);
}
