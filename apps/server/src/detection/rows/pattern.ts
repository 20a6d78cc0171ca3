import type { Literal } from '@sallyport/kql';

/** The literal as an expression of Hyperscan, which the engine looks for many at once. */
export function patternOf({ text, at, absent, cased }: Literal): string {
  const quoted = Array.from(text, (char) => (absent && !cased ? plainCase(char) : quote(char))).join('');
  const start = at === 'start' || at === 'whole' ? String.raw`\A` : '';
  const end = at === 'end' || at === 'whole' ? String.raw`\z` : '';
  return `${cased ? '' : '(?i)'}${start}${quoted}${end}`;
}

const quote = (char: string): string => (/[\\^$.|?*+()[\]{}]/.test(char) ? `\\${char}` : char);

/** Hyperscan takes U+212A for a k and U+017F for an s, KQL's operators do not: of a text that must not be there it may find none too many. */
const plainCase = (char: string): string =>
  /[ks]/i.test(char) ? `(?-i:[${char.toLowerCase()}${char.toUpperCase()}])` : quote(char);
