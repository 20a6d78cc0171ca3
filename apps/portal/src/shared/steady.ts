/**
 * A live list that never moves what a person is about to click: rows that are shown stay in their place and take new
 * values; rows that come after the last of them are put there at once, as nothing moves by it; others that came or went
 * since wait until the person asks (or is away).
 */
export interface Steady<Row> {
  /** The rows to show, in the order that was shown before. */
  readonly rows: readonly Row[];
  /** How many rows of the newest answer are not shown yet. */
  readonly waiting: number;
}

export function steady<Row>(
  shown: readonly Row[],
  newest: readonly Row[],
  id: (row: Row) => string | number,
): Steady<Row> {
  const byId = new Map(newest.map((row) => [id(row), row]));
  const shownIds = new Set(shown.map(id));
  const isShown = (row: Row): boolean => shownIds.has(id(row));
  const last = newest.findLastIndex(isShown);
  const below = last < 0 ? [] : newest.slice(last + 1);
  return {
    rows: [...shown.map((row) => byId.get(id(row)) ?? row), ...below],
    waiting: newest.filter((row) => !isShown(row)).length - below.length,
  };
}
