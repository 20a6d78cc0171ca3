/** People and groups that one text names at most; further ones are not told. */
export const mentionsMax = 20;

/** `@anna@contoso.com`, or `@[Tier 2]` for a group. */
const mention =
  /(?<![\p{L}\p{N}_.@])@(?:\[([^\]\r\n@]{1,100})\]|([\p{L}\p{N}._%+'-]{1,64}@[\p{L}\p{N}.-]{1,190}[\p{L}\p{N}]))/gu;

export interface TextPart {
  readonly text: string;
  /** Whom it names. */
  readonly mention?: string;
}

/** A comment's text in its parts, in order: together they are the text. */
export function mentionParts(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let at = 0;
  for (const match of text.matchAll(mention)) {
    if (match.index > at) parts.push({ text: text.slice(at, match.index) });
    parts.push({ text: match[0], mention: match[1] ?? match[2] ?? '' });
    at = match.index + match[0].length;
  }
  if (at < text.length) parts.push({ text: text.slice(at) });
  return parts;
}

/** Whom a text names, each once, as written. */
export const mentionsOf = (text: string): string[] =>
  [...new Set(mentionParts(text).flatMap((part) => (part.mention === undefined ? [] : [part.mention])))].slice(
    0,
    mentionsMax,
  );
