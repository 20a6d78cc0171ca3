/**
 * Characters that change how text looks without being seen: control characters, directional marks and overrides, zero-width
 * and other invisible characters, tags, and lone surrogates. Source: Unicode TR36 and TR39, "Trojan Source" (CVE-2021-42574).
 */
const hidden =
  // oxlint-disable-next-line no-control-regex, no-misleading-character-class -- these are what is looked for
  /[\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e007f}]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/gu;

const mark = (character: string): string => {
  const code = character.codePointAt(0)!;
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  if (code === 0x7f) return '\u2421';
  return `⟦U+${code.toString(16).toUpperCase().padStart(4, '0')}⟧`;
};

/**
 * Others' text made safe to look at: each character that could hide or reorder what stands beside it becomes a visible mark.
 * Not for copying: what is copied stays as it was. `lines` keeps tabs and line ends, for text shown in a block.
 */
export function visible(text: string, options: { lines?: boolean } = {}): string {
  return text.replaceAll(hidden, (character) =>
    options.lines && (character === '\n' || character === '\t' || character === '\r') ? character : mark(character),
  );
}

/** Whether `visible` would change anything in a single line of this text. */
export const hasHidden = (text: string): boolean => text.search(hidden) >= 0;

/** `text` with its middle left out, at most `length` characters; its ends are what tells identifiers apart. */
export function elide(text: string, length: number): string {
  if (text.length <= length) return text;
  const head = Math.ceil((length - 1) / 2);
  return `${text.slice(0, head)}…${text.slice(text.length - (length - 1 - head))}`;
}

/** `UserAccount` → `User account`, for enumerations shown to people. Words of capitals only, and what is no identifier, stay. */
export function words(name: string): string {
  if (!/^[A-Za-z][A-Za-z0-9]*$/.test(name)) return name;
  const text = name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .split(' ')
    .map((word, index) => (index === 0 || word === word.toUpperCase() ? word : word.toLowerCase()))
    .join(' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Prose of a rule or incident, safe to look at: authors wrap their lines, so a single line end within a paragraph is a space. Lists and blank lines stay. */
export const prose = (text: string): string =>
  visible(text.replaceAll('\r\n', '\n').replaceAll(/(?<=\S) *\n(?![\s\-*•\d])/g, ' '), { lines: true });
