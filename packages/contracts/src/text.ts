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

// oxlint-disable-next-line no-control-regex -- these are what is escaped
const controls = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;

/** Any text as a KQL string literal. Source: Kusto, "The string data type": backslash escapes inside double quotes. */
export function kqlString(text: string): string {
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll(controls, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return `"${escaped}"`;
}
