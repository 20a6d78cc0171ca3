/** A word of a query; texts without their quotes. */
export interface Token {
  readonly kind: 'name' | 'text' | 'number' | 'sign';
  readonly text: string;
}

/** A query longer than this is read up to here. */
const tokensMax = 50_000;

const pattern =
  /(?<skip>\s+|\/\/[^\n]*)|(?<raw>```[\s\S]*?```|[hH]?@"(?:[^"]|"")*"|[hH]?@'(?:[^']|'')*')|(?<text>[hH]?"(?:[^"\\\n]|\\.)*"|[hH]?'(?:[^'\\\n]|\\.)*')|(?<number>0x[\da-fA-F]+|\d+(?:\.\d+)?(?![\w]))|(?<name>[A-Za-z_$]\w*|\d\w*)|(?<sign>==|=~|!=|!~|<=|>=|[\s\S])/g;

/** The words of KQL. Knows no grammar, and never throws. */
export function tokensOf(query: string): readonly Token[] {
  const tokens: Token[] = [];
  for (const { groups = {} } of query.matchAll(pattern)) {
    const { raw, text, number, name, sign } = groups;
    if (raw !== undefined) tokens.push({ kind: 'text', text: unquoted(raw) });
    else if (text !== undefined) tokens.push({ kind: 'text', text: unescaped(text) });
    else if (number !== undefined) tokens.push({ kind: 'number', text: number });
    else if (name !== undefined) tokens.push({ kind: 'name', text: name });
    else if (sign !== undefined) tokens.push({ kind: 'sign', text: sign });
    if (tokens.length >= tokensMax) break;
  }
  return tokens;
}

function unquoted(text: string): string {
  if (text.startsWith('```')) return text.slice(3, -3);
  const body = text.replace(/^[hH]?@/, '');
  const quote = body[0] ?? '"';
  return body.slice(1, -1).replaceAll(quote + quote, quote);
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '0': '\0' };
const unescaped = (text: string): string =>
  text
    .replace(/^[hH]/, '')
    .slice(1, -1)
    .replaceAll(/\\(.)/g, (_, char: string) => escapes[char] ?? char);

/** Where the bracket that opens or closes at `at` has its other end; -1 when nowhere. */
export function partnerOf(tokens: readonly Token[], at: number): number {
  const opens = '([{'.includes(tokens[at]?.text ?? ' ');
  const step = opens ? 1 : -1;
  let depth = 0;
  for (let i = at; i >= 0 && i < tokens.length; i += step) {
    const { kind, text } = tokens[i]!;
    if (kind !== 'sign') continue;
    if ('([{'.includes(text)) depth += step;
    else if (')]}'.includes(text)) depth -= step;
    if (depth === 0) return i;
  }
  return -1;
}
