import { tokens, type Token } from '../tokens.ts';

/** Formats that are whole at each line, with their number of header lines. */
const lineFormats: Readonly<Record<string, number>> = {
  JSONEachRow: 0,
  JSONCompactEachRow: 0,
  JSONCompactEachRowWithNames: 1,
  JSONCompactEachRowWithNamesAndTypes: 2,
  TabSeparated: 0,
  TSV: 0,
  TSVRaw: 0,
  TabSeparatedWithNames: 1,
  TSVWithNames: 1,
  TabSeparatedWithNamesAndTypes: 2,
  TSVWithNamesAndTypes: 2,
};

export const headerLines = (format: string): number => lineFormats[format] ?? 0;

/** The format of a SELECT that may be sent chunk by chunk, or undefined. */
export function streamable(sql: string): string | undefined {
  const last: Token[] = [];
  let first: string | undefined;
  for (const token of tokens(sql)) {
    first ??= token.text.toUpperCase();
    last.push(token);
    if (last.length > 2) last.shift();
  }
  if (first !== 'SELECT' && first !== 'WITH') return undefined;
  if (last[0]?.text.toUpperCase() !== 'FORMAT') return undefined;
  const format = last[1]?.text ?? '';
  return Object.hasOwn(lineFormats, format) ? format : undefined;
}
