/** Edits (insert, delete, replace, exchange of neighbours) from one text to another; stops counting past `most`. */
function edits(from: string, to: string, most: number): number {
  if (Math.abs(from.length - to.length) > most) return most + 1;
  let before: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1];
      let least = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1])
        least = Math.min(least, before[j - 2]! + 1);
      row.push(least);
    }
    if (Math.min(...row) > most) return most + 1;
    before = last;
    last = row;
  }
  return last[to.length]!;
}

/** Letters and digits alone, without the suffix of a custom table. */
const plain = (name: string): string => name.replace(/_CL$/i, '').replaceAll(/\W|_/g, '').toLowerCase();

/** The name that was probably meant: the same but for case, `_` and `_CL`, or at most a quarter of its letters away. */
export function nearestName(wanted: string, names: Iterable<string>): string | undefined {
  const target = plain(wanted);
  if (target.length < 3) return undefined;
  let best: string | undefined;
  let least = Math.max(1, Math.floor(target.length / 4)) + 1;
  for (const name of names) {
    const away = edits(target, plain(name), least - 1);
    if (away < least) [best, least] = [name, away];
  }
  return best;
}
