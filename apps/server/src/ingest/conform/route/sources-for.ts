import { routeTable, type Table } from './table.ts';

/** Words of names that say nothing of a program. */
const common = new Set(
  'logs audit access error event events json linux windows server security system network firewall test file cloud generic'.split(
    ' ',
  ),
);

const wordsOf = (name: string): string[] =>
  name
    .toLowerCase()
    .split(/[-_ .]/)
    .filter((word) => word.length > 3 && !common.has(word));

/**
 * The sources that may take lines of these formats: those that the table has for the first of the names that it knows, else those whose id shares a word with one
 * of the names. Undefined where there is no source for them.
 */
export function sourcesFor(
  formats: readonly string[],
  ids: readonly string[],
  table: Table = routeTable,
): readonly string[] | undefined {
  const known = formats.find((format) => Object.hasOwn(table, format));
  if (known !== undefined) return table[known];
  const words = new Set(formats.filter((format) => !/ |\.ini$/.test(format)).flatMap(wordsOf));
  const alike = ids.filter((id) => wordsOf(id).some((word) => words.has(word)));
  return alike.length === 0 ? undefined : alike;
}
