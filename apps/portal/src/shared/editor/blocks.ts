/** A query inside the text of an editor; offsets are UTF-16, the end is exclusive. */
export interface Block {
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

const continues = (before: string, after: string): boolean => {
  const lines = before.trimEnd().split('\n');
  const last = (lines.at(-1) ?? '').replace(/\/\/.*$/, '').trimEnd();
  const onlyComments = lines.every((line) => /^\s*(\/\/.*)?$/.test(line));
  return onlyComments || /[;|,(=]$/.test(last) || /^\s*[|,)]/.test(after);
};

/**
 * The queries of a text: blank lines part them, as in Kusto's own editors, except where a query plainly goes on (after a
 * `let …;`, a pipe, a comma or a comment, or before a pipe).
 */
export function blocksOf(text: string): readonly Block[] {
  const blocks: Block[] = [];
  const pieces = text.matchAll(/[^\n]*\S[^\n]*(?:\n[^\n]*\S[^\n]*)*/g);
  for (const piece of pieces) {
    const [from, to] = [piece.index, piece.index + piece[0].length];
    const last = blocks.at(-1);
    if (last && continues(last.text, piece[0]))
      blocks[blocks.length - 1] = { text: text.slice(last.from, to), from: last.from, to };
    else blocks.push({ text: piece[0], from, to });
  }
  return blocks;
}

/** The query at `offset`: the one it stands in, else the nearest before it, else the first. */
export function blockAt(text: string, offset: number): Block | undefined {
  const blocks = blocksOf(text);
  return blocks.findLast((block) => block.from <= offset) ?? blocks[0];
}

/**
 * A query from elsewhere (a rule, a link) with the blank lines inside it taken out, so that the editor and its language service take
 * it as one query. Nothing else changes.
 */
export const joinBlocks = (text: string): string =>
  blocksOf(text)
    .map((block) => block.text.replaceAll(/\n(?:[ \t\r]*\n)+/g, '\n'))
    .join('\n\n');

/** A place of an error answer, `12..18`, as offsets. */
export function spanOfTarget(target: string | undefined): { from: number; to: number } | undefined {
  const match = /^(\d+)\.\.(\d+)$/.exec(target ?? '');
  return match ? { from: Number(match[1]), to: Number(match[2]) } : undefined;
}
