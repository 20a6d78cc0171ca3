import { withoutOwnPlaces } from './places.ts';

/** `find … project a, pack_all()`: the library knows it by its older name. Never after a pipe, where it is the function. */
const packAll = /(?<![|(]\s*)(\bproject\s+(?:[^|()[\]{};,]+,\s*)*)(pack_all\s*\(\s*\))/g;

/** The text in the words that the library knows; every place stays where it was. Throws KqlError at another workspace. */
export function libraryText(text: string, ownNames: readonly string[]): string {
  const placed = withoutOwnPlaces(text, ownNames);
  if (!/\bfind\b/.test(placed)) return placed;
  return placed.replaceAll(packAll, (_, before: string, call: string) => before + 'pack(*)'.padEnd(call.length));
}
