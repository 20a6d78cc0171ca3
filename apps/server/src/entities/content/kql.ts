// oxlint-disable-next-line no-control-regex -- these are what is escaped
const controls = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;

/** Any text as a KQL string literal. https://learn.microsoft.com/kusto/query/scalar-data-types/string */
export function kqlText(text: string): string {
  const escaped = text
    .toWellFormed()
    .replaceAll('\\', '\\\\')
    .replaceAll("'", "\\'")
    .replaceAll(controls, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return `'${escaped}'`;
}

export const kqlTime = (at: Date): string => `datetime(${at.toISOString()})`;

/** A list of texts as a value of type dynamic. */
export const kqlTexts = (texts: readonly string[]): string =>
  texts.length === 0 ? 'dynamic([])' : `pack_array(${texts.map(kqlText).join(', ')})`;

/** `let` statements in front of a query. */
export const withLets = (lets: Readonly<Record<string, string>>, query: string): string =>
  `${Object.entries(lets)
    .map(([name, value]) => `let ${name} = ${value};\n`)
    .join('')}${query}`;
