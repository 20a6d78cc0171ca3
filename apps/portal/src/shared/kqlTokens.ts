/** What a piece of KQL is, for colouring it where no editor is: a reader's aid, not a parser. */
export type TokenKind = 'comment' | 'string' | 'number' | 'operator' | 'keyword' | 'text';

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
}

const keywords =
  'let|by|and|or|not|in|in~|has|has_any|has_all|has_cs|contains|contains_cs|startswith|endswith|matches|regex|between|on|kind|asc|desc|with|of|true|false|null|dynamic|datetime|timespan|isfuzzy|inner|leftouter|innerunique|leftanti|leftsemi';
/** Multi-line strings stand between these. */
const fence = '```';
const pattern = new RegExp(
  [
    String.raw`(?<comment>\/\/[^\n]*)`,
    String.raw`(?<string>[hH]?@?"(?:[^"\\\n]|\\.)*"|[hH]?@?'(?:[^'\\\n]|\\.)*'|${fence}[^]*?${fence})`,
    String.raw`(?<operator>(?<=\|\s*)[a-z][a-z-]*)`,
    String.raw`(?<number>\b\d+(?:\.\d+)?(?:d|h|m|s|ms|day|days)?\b)`,
    String.raw`(?<keyword>\b(?:${keywords})\b)`,
  ].join('|'),
  'gu',
);

/** The text in pieces; joined, they are the text. */
export function kqlTokens(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (const match of text.matchAll(pattern)) {
    if (match.index > at) tokens.push({ kind: 'text', text: text.slice(at, match.index) });
    const kind = Object.entries(match.groups ?? {}).find(([, value]) => value !== undefined)?.[0];
    tokens.push({ kind: (kind ?? 'text') as TokenKind, text: match[0] });
    at = match.index + match[0].length;
  }
  if (at < text.length) tokens.push({ kind: 'text', text: text.slice(at) });
  return tokens;
}
