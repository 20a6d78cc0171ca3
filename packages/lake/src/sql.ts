/** A string literal of ClickHouse SQL. */
export const sqlString = (text: string): string =>
  `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\0', '\\0')}'`;

/** A quoted name of ClickHouse SQL. Throws on an empty name or a NUL, which the engine can't hold. */
export function sqlName(name: string): string {
  if (name === '' || name.includes('\0')) throw new Error(`not a name: ${JSON.stringify(name)}`);
  return `\`${name.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``;
}
