/** What is typed of a mention before the caret: its place and the words after `@`. Undefined when none is being typed. */
export function mentionBefore(text: string, caret: number): { from: number; typed: string } | undefined {
  const match = /(?:^|[\s(,;:])@([\p{L}\p{N}._%+'@-]{0,100})$/u.exec(text.slice(0, caret));
  if (!match) return undefined;
  const typed = match[1] ?? '';
  return { from: caret - typed.length - 1, typed };
}

/** The text with the mention that is being typed written out, and where the caret is then. */
export function writeMention(
  text: string,
  caret: number,
  mention: string,
): { readonly text: string; readonly caret: number } {
  const at = mentionBefore(text, caret)?.from ?? caret;
  const written = `${mention} `;
  return { text: text.slice(0, at) + written + text.slice(caret), caret: at + written.length };
}
