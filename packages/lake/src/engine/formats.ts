import { sqlString } from '../sql.ts';
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

/** A SELECT's last words, `FORMAT x`. */
interface Ending {
  readonly format: string;
  /** Where in the text they begin. */
  readonly start: number;
}
function endingOf(sql: string): Ending | undefined {
  const last: Token[] = [];
  let first: string | undefined;
  for (const token of tokens(sql)) {
    first ??= token.text.toUpperCase();
    last.push(token);
    if (last.length > 2) last.shift();
  }
  if (first !== 'SELECT' && first !== 'WITH') return undefined;
  const [word, name] = last;
  return word?.text.toUpperCase() === 'FORMAT' && name ? { format: name.text, start: word.start } : undefined;
}

/** The format of a SELECT that may be sent chunk by chunk, or undefined. */
export function streamable(sql: string): string | undefined {
  const format = endingOf(sql)?.format;
  return format !== undefined && Object.hasOwn(lineFormats, format) ? format : undefined;
}

/** Whether a SELECT's answer itself says what was read, line by line as well. */
export const tellsProgress = (sql: string): boolean => endingOf(sql)?.format === 'JSONCompactEachRowWithProgress';

/** A SELECT that ends with its format, with its rows written to a file of that path. */
export function intoFile(sql: string, path: string): string {
  const start = endingOf(sql)?.start ?? sql.length;
  return `${sql.slice(0, start)}INTO OUTFILE ${sqlString(path)} COMPRESSION 'none' ${sql.slice(start)}`;
}
