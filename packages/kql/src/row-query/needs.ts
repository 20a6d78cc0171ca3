import { isAscii } from '../functions/terms.ts';
import type { Expr } from '../plan/plan.ts';
import type { At, Clauses, Need } from './clauses.ts';
import { regexLiterals } from './regex-literals.ts';

/** What a test says of its first argument, as clauses. Empty when nothing. */
export type Test = (args: readonly Expr[]) => Clauses;

const text =
  (at: At): Test =>
  ([value, wanted]) =>
    clauseOf(value, [wanted], at);
const anyOf =
  (at: At): Test =>
  ([value, ...wanted]) =>
    clauseOf(value, wanted, at);
const equal: Test = ([a, b]) => (a?.kind === 'literal' ? clauseOf(b, [a], 'whole') : clauseOf(a, [b], 'whole'));

/** Of a test that holds. */
export const tests: Readonly<Record<string, Test>> = {
  contains: text('anywhere'),
  contains_cs: text('anywhere'),
  has: text('anywhere'),
  has_cs: text('anywhere'),
  hasprefix: text('anywhere'),
  hasprefix_cs: text('anywhere'),
  hassuffix: text('anywhere'),
  hassuffix_cs: text('anywhere'),
  startswith: text('start'),
  startswith_cs: text('start'),
  endswith: text('end'),
  endswith_cs: text('end'),
  '==': equal,
  '=~': equal,
  $in: anyOf('whole'),
  '$in~': anyOf('whole'),
  $has_any: anyOf('anywhere'),
  $has_all: ([value, ...wanted]) => wanted.flatMap((one) => clauseOf(value, [one], 'anywhere')),
  'matches regex': ([value, pattern]) => {
    if (pattern?.kind !== 'literal' || typeof pattern.value !== 'string') return [];
    return regexLiterals(pattern.value).flatMap((texts) => clauseOf(value, texts.map(textLiteral), 'anywhere'));
  },
};
const textLiteral = (value: string): Expr => ({ kind: 'literal', type: 'string', value });

/** That the texts are not there, of a test that fails for no other reason. Only where the need says the very same as the test. */
const lacks =
  (at: At, cased: boolean): Test =>
  ([value, ...wanted]) =>
    wanted.flatMap((one): Clauses => {
      if ((value?.kind !== 'column' && value?.kind !== 'call') || value.type !== 'string') return [];
      if (one?.kind !== 'literal' || typeof one.value !== 'string' || one.value === '' || !isAscii(one.value))
        return [];
      return [[{ subject: value, text: one.value, at, absent: true, cased }]];
    });

/** Of a test that fails. */
export const lacksOf: Readonly<Record<string, Test>> = {
  contains: lacks('anywhere', false),
  contains_cs: lacks('anywhere', true),
  startswith: lacks('start', false),
  startswith_cs: lacks('start', true),
  endswith: lacks('end', false),
  endswith_cs: lacks('end', true),
  '==': lacks('whole', true),
  '=~': lacks('whole', false),
  $in: lacks('whole', true),
  '$in~': lacks('whole', false),
};

/** Tests that are another's `not`. */
export const opposites: Readonly<Record<string, string>> = {
  '!contains': 'contains',
  '!contains_cs': 'contains_cs',
  '!has': 'has',
  '!startswith': 'startswith',
  '!startswith_cs': 'startswith_cs',
  '!endswith': 'endswith',
  '!endswith_cs': 'endswith_cs',
  '!=': '==',
  '!~': '=~',
  '$in!': '$in',
  '$in~!': '$in~',
};

/** One clause: the value has one of the texts. None where one of them can't be looked for. */
function clauseOf(value: Expr | undefined, wanted: readonly (Expr | undefined)[], at: At): Clauses {
  const subject = value && subjectOf(value);
  if (!subject || wanted.length === 0) return [];
  const needs = wanted.flatMap((one) => needOf(subject, one, at) ?? []);
  return needs.length === wanted.length ? [needs] : [];
}

/** Letters outside of ASCII that are one small and one capital letter each, to all who look for them: of Latin-1 and of Cyrillic. */
const plainLetter = /[\u00c0-\u00d6\u00d8-\u00de\u00e0-\u00f6\u00f8-\u00fe\u0400-\u045f]/;
const isFound = (char: string): boolean =>
  /[\x20-\x7e]/.test(char) ||
  plainLetter.test(char) ||
  (char > '\xa0' && char.toLowerCase() === char && char.toUpperCase() === char && char.isWellFormed());

/** What has another kind of case, and what has no sign of its own, is looked for by the tests alone. */
function parted(whole: string): string[] {
  const parts = [''];
  for (const char of whole)
    if (isFound(char)) parts[parts.length - 1] += char;
    else parts.push('');
  return parts;
}

function needOf(subject: Expr, wanted: Expr | undefined, at: At): Need | undefined {
  if (wanted?.kind !== 'literal' || wanted.value === null) return undefined;
  const isText = subject.type === 'string';
  if (isText !== (typeof wanted.value === 'string')) return undefined;
  // A real may be written in several ways.
  if (!isText && (typeof wanted.value !== 'bigint' || (wanted.type !== 'int' && wanted.type !== 'long')))
    return undefined;
  const parts = parted(String(wanted.value));
  const text = parts.reduce((most, one) => (one.length > most.length ? one : most), '');
  if (text === '') return undefined;
  return { subject, text, at: parts.length === 1 ? at : 'anywhere', absent: false, cased: false };
}

/** Without what changes no more than the case of letters. Undefined where the value is of no type that is looked into. */
function subjectOf(value: Expr): Expr | undefined {
  if (value.kind === 'call' && (value.fn.name === 'tolower' || value.fn.name === 'toupper') && value.args[0])
    return subjectOf(value.args[0]);
  if (value.kind === 'literal' || value.kind === 'scalarQuery' || value.kind === 'inQuery') return undefined;
  return value.type === 'string' || value.type === 'int' || value.type === 'long' ? value : undefined;
}
