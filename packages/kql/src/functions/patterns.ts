import { identifier, integer, join, sql, string, type Sql } from '../sql.ts';
import { convert, quoteJson, toText } from './convert.ts';
import { byRegex } from './regex.ts';
import { scalarWith, type CallInfo, type Operand, type ScalarFunction } from './registry.ts';
import { stringsToDynamic } from './strings.ts';

/** Functions that take a regular expression. */

/** `$1` in a replacement is `\1` in the engine; a backslash of its own stands for itself. */
const rewrite = (replacement: Operand): Sql =>
  typeof replacement.literal?.value === 'string'
    ? string(replacement.literal.value.replaceAll(/\$(\d)/g, String.raw`\$1`))
    : sql`replaceRegexpAll(${replacement.sql}, '\\\\$(\\\\d)', '\\\\\\\\\\\\1')`;
/** A group that a replacement names and the expression lacks is empty; the engine refuses it, so it gets one. */
function withGroupsOf(replacement: Operand, regex: Operand): Operand {
  const text = replacement.literal?.value;
  const named = typeof text === 'string' ? [...text.matchAll(/[$\\](\d)/g)].map((m) => Number(m[1])) : [];
  const pattern = regex.literal?.value;
  const missing = Math.max(0, ...named) - (typeof pattern === 'string' ? groupsOf(pattern).length : 0);
  if (missing <= 0) return regex;
  const groups = '()'.repeat(missing);
  return typeof pattern === 'string'
    ? withPattern(regex, pattern + groups)
    : { ...regex, sql: sql`concat(${regex.sql}, ${string(groups)})` };
}
const replace = (s: Operand, regex: Operand, to: Operand, call: CallInfo): Sql =>
  byRegex(s.sql, withGroupsOf(to, regex), call, (text, re) => sql`replaceRegexpAll(${text}, ${re}, ${rewrite(to)})`);

const constant = (regex: Operand, call: CallInfo): string => {
  const value = regex.literal?.value;
  return typeof value === 'string' ? value : call.fail('the expression must be a constant');
};
const withPattern = (regex: Operand, pattern: string): Operand => ({
  ...regex,
  sql: string(pattern),
  literal: { value: pattern },
});

/** The capturing groups of an expression in order, each with its name or ''. A letter stands for what is escaped, so that what follows stays where it is. */
const groupsOf = (regex: string): readonly string[] =>
  [...regex.replaceAll(/\\.|\[(?:\\.|[^\]])*\]/g, 'x').matchAll(/\((?:\?P?<(\w+)>|(?!\?))/g)].map((m) => m[1] ?? '');

/** No match gives '', and null as any other type. */
const extract: ScalarFunction['build'] = ([regex, group, source], call) => {
  const n = group!.literal?.value;
  const pattern = constant(regex!, call);
  if (typeof n !== 'bigint') return call.fail('the group must be a constant');
  const found =
    n < 0n || n > groupsOf(pattern).length
      ? // A group that is not there matches nothing; the engine wants at least one.
        sql`''`
      : n === 0n
        ? byRegex(source!.sql, withPattern(regex!, `(${pattern})`), call, (s, re) => sql`extract(${s}, ${re})`)
        : groupsOf(pattern).length === 1 && n === 1n
          ? byRegex(source!.sql, regex!, call, (s, re) => sql`extract(${s}, ${re})`)
          : byRegex(source!.sql, regex!, call, (s, re) => sql`extractGroups(${s}, ${re})[${integer(n)}]`);
  if (call.result === 'string') return found;
  const value = convert({ sql: found, type: 'string', nullable: false }, call.result, call.zone);
  return value ? value.sql : call.fail(`a text cannot be taken as ${call.result}`);
};

/** The constant list of groups, by number or name, that extract_all is to give, without numbers past the last; undefined when it is none. */
function chosenGroups(list: Operand, groups: readonly string[]): readonly number[] | undefined {
  if (list.type !== 'dynamic' || typeof list.literal?.value !== 'string') return undefined;
  const wanted: unknown = JSON.parse(list.literal.value);
  if (!Array.isArray(wanted) || wanted.length === 0) return undefined;
  const numbers = wanted.map((w: unknown) => (typeof w === 'string' ? groups.indexOf(w) + 1 : Number(w)));
  const there = numbers.filter((n) => n <= groups.length);
  return there.length && numbers.every((n) => Number.isInteger(n) && n >= 1) ? there : undefined;
}
/** One match, `g`, as JSON: all its groups, or the chosen ones; one alone stands for itself. */
const pickGroups = (chosen: readonly number[] | undefined): Sql => {
  if (!chosen) return stringsToDynamic(identifier('g'));
  const one = (n: number): Sql => sql`g[${integer(n)}]`;
  return chosen.length === 1 ? quoteJson(one(chosen[0]!)) : stringsToDynamic(sql`[${join(chosen.map(one))}]`);
};
/** No match at all is null, not an empty array. */
const matchesOrNull = (json: Sql): Sql => sql`nullIf(${json}, '[]')`;
const extractAll: ScalarFunction['build'] = ([regex, second, third], call) => {
  const source = toText(third ?? second!);
  const groups = groupsOf(constant(regex!, call));
  if (groups.length === 0) return call.fail('the expression must have at least one capturing group');
  const chosen = third ? chosenGroups(second!, groups) : undefined;
  if (third && !chosen)
    return call.fail('the groups must be a constant list of their numbers or names, such as dynamic([1,2])');
  return byRegex(source, regex!, call, (s, re) =>
    matchesOrNull(
      groups.length === 1
        ? stringsToDynamic(sql`extractAll(${s}, ${re})`)
        : sql`concat('[', arrayStringConcat(arrayMap(g -> ${pickGroups(chosen)}, extractAllGroupsVertical(${s}, ${re})), ','), ']')`,
    ),
  );
};

const trimBy = (name: string, pattern: (regex: string) => string): ScalarFunction =>
  scalarWith(name, ['string', 'string'], 'string', ([regex, s], call) =>
    byRegex(
      s!.sql,
      withPattern(regex!, pattern(constant(regex!, call))),
      call,
      (text, re) => sql`replaceRegexpAll(${text}, ${re}, '')`,
    ),
  );

/** Plain texts are counted where they overlap, expressions where they do not. */
const countOf: ScalarFunction['build'] = ([s, what, kind], call) => {
  const byPlain = sql`toInt64(length(arrayFilter(i -> substringUTF8(${s!.sql}, i, lengthUTF8(${what!.sql})) = ${what!.sql}, range(1, lengthUTF8(${s!.sql}) + 1))))`;
  const asRegex = kind?.literal?.value ?? 'normal';
  if (asRegex !== 'normal' && asRegex !== 'regex') return call.fail('the kind must be "normal" or "regex"');
  if (asRegex === 'normal') return sql`if(${what!.sql} = '', 0, ${byPlain})`;
  return byRegex(s!.sql, what!, call, (text, re) => sql`toInt64(countMatches(${text}, ${re}))`);
};

/** Where an expression first matches, from 0; -1 where it does not. `start`, `length` and `occurrence` as for `indexof`. */
const indexOfRegex: ScalarFunction['build'] = ([s, regex, start, length, occurrence], call) => {
  const pattern = constant(regex!, call);
  const nth = occurrence ? occurrence.literal?.value : 1n;
  if (typeof nth !== 'bigint' || nth === 0n || nth > 1_000n)
    return call.fail('the occurrence must be a constant from 1 to 1000');
  const never = sql`CAST(NULL, 'Nullable(Int64)')`;
  if (nth < 0n) return never;
  // Before the start of the text, or of a length that is none, nothing is sought.
  const refused = [...(start ? [sql`${start.sql} < 0`] : []), ...(length ? [sql`${length.sql} < -1`] : [])];
  const from = start && call.name(sql`greatest(${start.sql}, 0)`);
  const cut = length ? sql`, if(${length.sql} < 0, 2147483647, ${length.sql})` : sql``;
  const text = from ? call.name(sql`substringUTF8(${s!.sql}, ${from} + 1${cut})`) : s!.sql;
  // All before the match, which is as short as can be; further matches come after whole ones.
  const before = `^((?s:.*?)${`(?:${pattern})(?s:.*?)`.repeat(Number(nth) - 1)})(?:${pattern})`;
  if (before.length > 20_000) return call.fail('the expression is too long for that occurrence');
  const whole = withPattern(regex!, before);
  const at = byRegex(
    text,
    whole,
    call,
    (t, re) => sql`if(match(${t}, ${re}), toInt64(lengthUTF8(extractGroups(${t}, ${re})[1])), -1)`,
  );
  const found = from ? sql`if(${at} < 0, -1, ${at} + ${from})` : at;
  return refused.length ? sql`if(${join(refused, sql` OR `)}, NULL, ${found})` : found;
};

const quoted = sql`'([\\\\\\\\.+*?()|\\\\[\\\\]{}^$#&\\\\-~])'`;

export const patternFunctions: readonly ScalarFunction[] = [
  scalarWith('replace_regex', ['string', 'string', 'string'], 'string', ([s, regex, to], call) =>
    replace(s!, regex!, to!, call),
  ),
  scalarWith('replace', ['string', 'string', 'string'], 'string', ([regex, to, s], call) =>
    replace(s!, regex!, to!, call),
  ),
  trimBy('trim', (r) => `^(?:${r})|(?:${r})$`),
  trimBy('trim_start', (r) => `^(?:${r})`),
  trimBy('trim_end', (r) => `(?:${r})$`),
  scalarWith('extract', ['string', 'long', 'string', 'any?'], 'binder', extract, 'maybe'),
  scalarWith('extract_all', ['string', 'any', 'string?'], 'dynamic', extractAll, 'maybe'),
  scalarWith('extractall', ['string', 'any', 'string?'], 'dynamic', extractAll, 'maybe'),
  scalarWith('countof', ['string', 'string', 'string?'], 'long', countOf),
  scalarWith('indexof_regex', ['string', 'string', 'long?', 'long?', 'long?'], 'long', indexOfRegex, 'maybe'),
  scalarWith(
    'regex_quote',
    ['string'],
    'string',
    ([s]) => sql`replaceRegexpAll(${s!.sql}, ${quoted}, '\\\\\\\\\\\\1')`,
  ),
];
