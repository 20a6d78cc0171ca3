import type { Clause, RowQuery } from '@sallyport/kql';
import { patternOf } from './pattern.ts';

/** How often a literal is in a row of the source, 0 to 1; undefined when that was not measured. */
export type Frequencies = (subject: string, pattern: string) => number | undefined;

/** Patterns that are looked for together in one value. Their numbers, from 1, go on from one scan to the next. */
export interface Scan {
  readonly subject: string;
  readonly patterns: readonly string[];
  /** Which of its subject's scans it is, from 0. */
  readonly place: number;
}

/** Which rows are worth a look by which rules, as lists that the engine reads. Rules are numbers, from 0. */
export interface LiteralIndex {
  readonly scans: readonly Scan[];
  /** By pattern, from 1: the entries, from 1, that are looked at when it is found. */
  readonly entriesOf: readonly (readonly number[])[];
  /** By entry: of each clause the patterns of which one must be there … */
  readonly present: readonly (readonly (readonly number[])[])[];
  /** … or else one of these not. */
  readonly absent: readonly (readonly (readonly number[])[])[];
  /** By entry: its rule. */
  readonly ruleOf: readonly number[];
  /** Rules of which every row is to be looked at. */
  readonly everywhere: readonly number[];
}

/** Patterns of one scan. Hyperscan takes more, and longer to prepare. */
const patternsPerScanMax = 4_000;
const clausesPerEntryMax = 12;
/** A row that passes what was chosen so far is rare enough. */
const rareEnough = 1e-5;
/** A clause that nearly every row passes says nothing. */
const saysNothing = 0.98;

/**
 * Chooses of what each rule needs the rarest clause to find its rows by, and others to rule out most of the rest. `queries` by rule; undefined for rules that
 * are not of this source.
 */
export function indexRules(
  queries: readonly RowQuery[],
  frequencies: Frequencies = () => undefined,
  salts: Salts = () => 0,
): LiteralIndex {
  const everywhere: number[] = [];
  const entries: { rule: number; clauses: readonly Clause[] }[] = [];
  queries.forEach(({ alternatives }, rule) => {
    const chosen = alternatives.map((clauses) => choose(clauses, frequencies));
    if (chosen.some((clauses) => clauses.length === 0)) everywhere.push(rule);
    else entries.push(...chosen.map((clauses) => ({ rule, clauses })));
  });
  const { scans, numberOf } = numbered(
    entries.flatMap(({ clauses }) => clauses.flat()),
    salts,
  );
  const entriesOf = Array.from(
    { length: scans.reduce((sum, { patterns }) => sum + patterns.length, 0) },
    (): number[] => [],
  );
  entries.forEach(({ clauses: [key] }, entry) => {
    for (const literal of key ?? []) entriesOf[numberOf.get(keyOf(literal))! - 1]?.push(entry + 1);
  });
  const numbers = (absent: boolean) =>
    entries.map(({ clauses }) =>
      clauses
        .slice(1)
        .map((clause) => clause.filter((one) => one.absent === absent).map((one) => numberOf.get(keyOf(one))!)),
    );
  return {
    scans,
    entriesOf,
    present: numbers(false),
    absent: numbers(true),
    ruleOf: entries.map(({ rule }) => rule),
    everywhere,
  };
}

/** The clauses to ask for, first that by which rows are found. None where there is none to find them by. */
function choose(clauses: readonly Clause[], frequencies: Frequencies): readonly Clause[] {
  const judged = clauses
    .map((clause) => ({ clause, share: shareOf(clause, frequencies) }))
    .toSorted((a, b) => a.share - b.share);
  const key = judged.find(({ clause }) => clause.every(({ absent }) => !absent));
  if (!key) return [];
  const chosen = [key.clause];
  let share = key.share;
  for (const one of judged) {
    if (one === key) continue;
    if (share < rareEnough || one.share > saysNothing || chosen.length >= clausesPerEntryMax) break;
    chosen.push(one.clause);
    share *= one.share;
  }
  return chosen;
}

/** The share of rows that pass a clause, as far as one can tell. */
const shareOf = (clause: Clause, frequencies: Frequencies): number =>
  Math.min(
    1,
    clause.reduce((sum, literal) => {
      const measured = frequencies(literal.subject, patternOf(literal));
      const guessed = guess(literal.text, literal.at);
      // What was in no row that was looked at may still be in others.
      const share = measured === undefined ? guessed : Math.min(1, measured + guessed / 1_000);
      return sum + (literal.absent ? 1 - share : share);
    }, 0),
  );

/** Before anything was measured: longer texts are rarer. */
export const guess = (text: string, at: string): number =>
  2 ** -Math.min(text.length / 2, 12) * (at === 'anywhere' ? 1 : 0.5);

const keyOf = (literal: Clause[number]): string => `${literal.subject}\0${patternOf(literal)}`;

/**
 * Which other hash a scan's set of patterns shall have, by its subject and place; 0: its own. The engine keeps prepared sets in 500 places by their hash, and two sets of one place push each other
 * out, so that each use prepares both anew: seconds for thousands of patterns.
 */
export type Salts = (subject: string, place: number) => number;

/** In no value of a log: it holds a control character. */
const saltPattern = (salt: number): string => `(?i)\\x01salt${salt}\\x01`;

/** Numbers for all patterns, by scan. */
export function numbered(
  literals: readonly Clause[number][],
  salts: Salts = () => 0,
): {
  scans: Scan[];
  numberOf: ReadonlyMap<string, number>;
} {
  const bySubject = Map.groupBy(literals, ({ subject }) => subject);
  const scans = [...bySubject].flatMap(([subject, own]) => {
    const patterns = [...new Set(own.map(patternOf))];
    return Array.from({ length: Math.ceil(patterns.length / patternsPerScanMax) }, (_, place) => {
      const salt = salts(subject, place);
      const own = patterns.slice(place * patternsPerScanMax, (place + 1) * patternsPerScanMax);
      return { subject, patterns: salt === 0 ? own : [...own, saltPattern(salt)], place };
    });
  });
  const keys = scans.flatMap(({ subject, patterns }) => patterns.map((pattern) => `${subject}\0${pattern}`));
  return { scans, numberOf: new Map(keys.map((key, i) => [key, i + 1])) };
}
