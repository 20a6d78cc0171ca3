/** Comments and strings of KQL: `// …`, "…", '…', @"…", @'…', ```…```. */
const opaque =
  /\/\/[^\n]*|```[\s\S]*?(?:```|$)|@"(?:[^"]|"")*(?:"|$)|@'(?:[^']|'')*(?:'|$)|"(?:[^"\\\n]|\\.)*(?:"|$)|'(?:[^'\\\n]|\\.)*(?:'|$)/g;

/** The text with comments and strings blanked out, in its length. */
export const bare = (text: string): string => text.replaceAll(opaque, (part) => ' '.repeat(part.length));
export const withoutComments = (text: string): string =>
  text.replaceAll(opaque, (part) => (part.startsWith('//') ? ' '.repeat(part.length) : part));

/** The parts of a text between separators that stand outside brackets, strings and comments. */
export function split(text: string, separator: ';' | '|' | ','): string[] {
  const blanked = bare(text);
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < blanked.length; at++) {
    const char = blanked[at]!;
    if (char === '(' || char === '[' || char === '{') depth++;
    else if (char === ')' || char === ']' || char === '}') depth--;
    else if (char === separator && depth === 0) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}
