import type { Cell } from '@sallyport/contracts';

/** Text that a spreadsheet would run as a formula, or that opens a second cell. Source: OWASP, CSV Injection. */
const formula = /^[=+\-@\t\r]/;

function cell(value: Cell): string {
  if (value === null) return '';
  if (typeof value !== 'string') return String(value);
  const safe = formula.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) || safe !== value ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/**
 * Rows as CSV (RFC 4180, CRLF, with a header). Text that begins with `=`, `+`, `-`, `@`, tab or return gets a leading
 * apostrophe, so that no spreadsheet runs it; numbers are left as they are.
 */
export function toCsv(columns: readonly { readonly name: string }[], rows: readonly (readonly Cell[])[]): string {
  const lines = [columns.map((column) => cell(column.name)), ...rows.map((row) => row.map(cell))];
  return lines.map((line) => `${line.join(',')}\r\n`).join('');
}
