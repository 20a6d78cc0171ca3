import type { Expr } from '../plan/plan.ts';
import { lacksOf, opposites, tests, type Test } from './needs.ts';

/**
 * A text in the value of an expression, or (`absent`) not in it; never empty. A need may hold of more rows than the test that it stands for, never of fewer: so
 * the case of letters is of no account, but for an absent text with `cased`.
 */
export interface Need {
  readonly subject: Expr;
  /** Outside of ASCII it has only what has no case. */
  readonly text: string;
  readonly at: At;
  readonly absent: boolean;
  readonly cased: boolean;
}
export type At = 'anywhere' | 'start' | 'end' | 'whole';
/** Needs of which at least one holds. */
export type Clause = readonly Need[];
/** Clauses that all hold. Empty where nothing is known. */
export type Clauses = readonly Clause[];

const clausesMax = 16;
/** Lists of hashes are long. */
const needsPerClauseMax = 4_096;
const alternativesMax = 24;

/**
 * What must hold of a row for which the condition is true: all clauses of one of the alternatives. There is none where the condition is never true. The condition
 * may be false for rows that have it all; never the reverse.
 */
export const alternativesOf = (condition: Expr): readonly Clauses[] => needed(condition, false);

/** Of an expression that is true (`negated`: false). */
function needed(expr: Expr, negated: boolean): readonly Clauses[] {
  if (expr.kind === 'literal') return typeof expr.value === 'boolean' && expr.value === negated ? [] : [[]];
  if (expr.kind !== 'call') return [[]];
  const { name } = expr.fn;
  const [first] = expr.args;
  if (name === 'not' && first) return needed(first, !negated);
  if (name === 'and' || name === 'or') {
    const parts = expr.args.map((part) => needed(part, negated));
    return (name === 'and') === negated ? eitherOf(parts) : parts.reduce(bothOf);
  }
  // Made sure to be one or the other: `coalesce(…, false)`.
  const [, last, none] = expr.args;
  if (name === 'coalesce' && first && !none && last?.kind === 'literal' && last.value === false && !negated)
    return needed(first, false);
  const opposite = Object.hasOwn(opposites, name) ? opposites[name] : undefined;
  return [ofTest(opposite ?? name, expr.args, (opposite !== undefined) !== negated)];
}

function ofTest(name: string, args: readonly Expr[], negated: boolean): Clauses {
  const known: Readonly<Record<string, Test>> = negated ? lacksOf : tests;
  return Object.hasOwn(known, name) ? (known[name]?.(args) ?? []) : [];
}

function bothOf(left: readonly Clauses[], right: readonly Clauses[]): readonly Clauses[] {
  const [a, b] =
    left.length * right.length <= alternativesMax
      ? [left, right]
      : left.length > right.length
        ? [left, together(right)]
        : [together(left), right];
  if (a.length * b.length > alternativesMax) return bothOf(together(a), together(b));
  return a.flatMap((one) => b.map((other) => best([...one, ...other])));
}

/** Parts that are each one clause are one together. */
function eitherOf(parts: readonly (readonly Clauses[])[]): readonly Clauses[] {
  const all = parts.flat();
  const simple = all.filter((clauses) => clauses.length === 1);
  const needs = distinct(simple.flatMap((clauses) => clauses[0] ?? []));
  // One about which nothing is known stands for all.
  if (needs.length > needsPerClauseMax || all.some((clauses) => clauses.length === 0)) return [[]];
  const others = all.filter((clauses) => clauses.length > 1);
  const joined = simple.length > 0 ? [[needs], ...others] : others;
  return joined.length > alternativesMax ? together(joined) : joined;
}

/** Alternatives as one, which says less: the best clause of each, of which one holds. */
function together(alternatives: readonly Clauses[]): readonly Clauses[] {
  if (alternatives.length <= 1) return alternatives;
  if (alternatives.some((clauses) => clauses.length === 0)) return [[]];
  const needs = distinct(alternatives.flatMap((clauses) => best(clauses)[0] ?? []));
  return needs.length > needsPerClauseMax ? [[]] : [[needs]];
}

/** The clauses that say most, judged by their texts alone: whoever has seen data knows better. */
const best = (clauses: Clauses): Clauses =>
  clauses.length === 1
    ? clauses
    : distinctClauses(clauses)
        .toSorted((a, b) => weight(b) - weight(a))
        .slice(0, clausesMax);

const weight = (clause: Clause): number => Math.min(...clause.map(weightOf)) - Math.log2(clause.length);
const weightOf = ({ text, at, absent }: Need): number =>
  absent ? 0 : Math.min(text.length, 24) + (at === 'anywhere' ? 0 : 4);

const distinctBy = <T>(items: readonly T[], key: (item: T) => string): T[] => [
  ...new Map(items.map((item) => [key(item), item])).values(),
];
const keyOf = ({ at, text, absent, cased, subject }: Need): string =>
  JSON.stringify([at, absent, cased, cased ? text : text.toLowerCase(), subjectKey(subject)]);
const distinct = (needs: Clause): Clause => distinctBy(needs, keyOf);
const distinctClauses = (clauses: Clauses): Clause[] =>
  distinctBy(clauses, (clause) => clause.map(keyOf).toSorted().join());

function subjectKey(subject: Expr): string {
  if (subject.kind === 'column') return subject.name;
  if (subject.kind === 'call') return `${subject.fn.name}(${subject.args.map(subjectKey).join()})`;
  return subject.kind === 'literal' ? JSON.stringify(String(subject.value)) : subject.kind;
}
