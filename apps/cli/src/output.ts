import { stripVTControlCharacters } from 'node:util';

/** Text from a log made safe for a terminal: escape sequences gone, other control and bidirectional characters shown as `\u{…}`. */
export function terminalSafe(text: string): string {
  return stripVTControlCharacters(text).replaceAll(
    // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    (c) => `\\u{${c.codePointAt(0)?.toString(16)}}`,
  );
}

/** Prints rows as an aligned table; cells wider than `maxWidth` (default 60 characters) end in `…`. */
export function printTable(
  headings: readonly string[],
  rows: readonly (readonly (string | number)[])[],
  maxWidth = 60,
): void {
  const cut = (cell: string | number): string => {
    const text = terminalSafe(String(cell)).replaceAll('\n', ' ');
    return text.length > maxWidth ? `${text.slice(0, maxWidth - 1)}…` : text;
  };
  const cells = [headings, ...rows].map((row) => row.map(cut));
  const widths = headings.map((_, i) => Math.max(...cells.map((row) => row[i]?.length ?? 0)));
  for (const [n, row] of cells.entries()) {
    const numeric = (i: number): boolean => n > 0 && typeof rows[n - 1]?.[i] === 'number';
    const line = row.map((cell, i) => (numeric(i) ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)));
    process.stdout.write(`${line.join('  ').trimEnd()}\n`);
    if (n === 0) process.stdout.write(`${widths.map((w) => '─'.repeat(w)).join('  ')}\n`);
  }
}

/** The one JSON object that `--json` promises as the last line. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
