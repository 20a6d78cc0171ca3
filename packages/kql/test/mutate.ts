import fc from 'fast-check';

/** Tokens of KQL, white space and comments with them: their texts put together give the query again. */
export const kqlTokens = (text: string): string[] =>
  text.match(
    /\s+|\/\/[^\n]*|[hH]?@?"(?:[^"\\\n]|\\.)*"|[hH]?@?'(?:[^'\\\n]|\\.)*'|\d[\w.]*|[A-Za-z_$][\w$-]*|[!=<>]=|=~|!~|\.\.|[^\s]/g,
  ) ?? [];

const isSpace = (token: string): boolean => /^(?:\s|\/\/)/.test(token);

const junk = [
  '|', '(', ')', '[', ']', '{', '}', ',', ';', '..', '=', '==', "'", '"', '`', '\\', '--', '/*', '*/', '//', '$', '@', '0', '-1', '1e400',
  '9999999999999999999999', "''", "'; DROP TABLE x; --'", 'null', 'system.tables', "file('/etc/passwd')", "url('http://x')", 'numbers(10)',
  'SETTINGS max_memory_usage=0', 'FORMAT Null', 'UNION ALL SELECT 1', '\u0000', '\u2028', '\ud83d', 'İ', '%s', '${x}',
]; // prettier-ignore

/** A query changed as a hurried hand, or a hostile one, changes it: tokens dropped, doubled, swapped, or put in from elsewhere. */
export const mutated = (corpus: readonly string[]): fc.Arbitrary<string> => {
  const pool = [...new Set(corpus.flatMap(kqlTokens).filter((t) => !isSpace(t)))];
  const change = fc.record({
    kind: fc.constantFrom('drop', 'double', 'swap', 'replace', 'insert', 'junk', 'cut'),
    at: fc.nat(),
    other: fc.nat(),
  });
  return fc
    .tuple(fc.constantFrom(...corpus), fc.array(change, { minLength: 1, maxLength: 4 }))
    .map(([text, changes]) => changes.reduce((tokens, c) => applied(tokens, c, pool), kqlTokens(text)).join(''));
};

function applied(
  tokens: readonly string[],
  { kind, at, other }: { kind: string; at: number; other: number },
  pool: readonly string[],
): string[] {
  const out = [...tokens];
  if (out.length === 0) return out;
  const i = at % out.length;
  const taken = pool[other % pool.length] ?? '';
  switch (kind) {
    case 'drop':
      out.splice(i, 1);
      break;
    case 'double':
      out.splice(i, 0, out[i] ?? '');
      break;
    case 'swap': {
      const j = other % out.length;
      [out[i], out[j]] = [out[j] ?? '', out[i] ?? ''];
      break;
    }
    case 'replace':
      out[i] = taken;
      break;
    case 'insert':
      out.splice(i, 0, ' ', taken, ' ');
      break;
    case 'junk':
      out.splice(i, 0, junk[other % junk.length] ?? '');
      break;
    default:
      out.length = i;
  }
  return out;
}

const gaps = [' ', '\n', '\t', '  \n  ', ' // a comment\n', '\r\n'];
/** The same query with other white space and comments wherever there was some. */
export const spaced = (text: string, seed: readonly number[]): string =>
  kqlTokens(text)
    .map((token, i, all) => {
      if (!/^\s+$/.test(token)) return token;
      // Between the date and the time of a constant it is none.
      if (/^\d/.test(all[i - 1] ?? '') && /^\d/.test(all[i + 1] ?? '')) return token;
      // The end of a comment stays where it is.
      const end = all[i - 1]?.startsWith('//') ? '\n' : '';
      return end + (gaps[(seed[i % seed.length] ?? 0) % gaps.length] ?? ' ');
    })
    .join('');
/** The same query with the condition of each `where` in brackets, twice. */
export function bracketed(text: string): string {
  const tokens = kqlTokens(text);
  const out: string[] = [];
  for (let i = 0; i < tokens.length; i++) {
    out.push(tokens[i] ?? '');
    if (tokens[i] !== 'where') continue;
    let depth = 0;
    let end = i + 1;
    for (; end < tokens.length; end++) {
      const token = tokens[end] ?? '';
      if (/^[([{]$/.test(token)) depth++;
      if (/^[)\]}]$/.test(token) && --depth < 0) break;
      if (depth === 0 && (token === '|' || token === ';')) break;
    }
    out.push(' ((', ...tokens.slice(i + 1, end), '\n)) ');
    i = end - 1;
  }
  return out.join('');
}
