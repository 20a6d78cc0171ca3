import { join, sql, string, type Sql } from '../sql.ts';
import { scalarWith, type Operand, type ScalarFunction } from './registry.ts';

/**
 * Terms: what letters and digits, Unicode's included, make up between other signs. `has` finds whole ones, `contains` any part.
 * https://learn.microsoft.com/kusto/query/datatypes-string-operators#what-is-a-term
 */

export const isAscii = (text: string): boolean => /^[\x20-\x7e]*$/.test(text);
export const constantText = (o: Operand): string | undefined =>
  typeof o.literal?.value === 'string' ? o.literal.value : undefined;
/** A constant as a RE2 pattern of itself. */
export const regexQuote = (text: string): string => text.replaceAll(/[\\^$.|?*+()[\]{}]/g, String.raw`\$&`);
const quoteAtRun = (s: Sql): Sql => sql`regexpQuoteMeta(${s})`;

export const position = (s: Sql, needle: Operand, caseSensitive: boolean): Sql => {
  if (caseSensitive) return sql`position(${s}, ${needle.sql})`;
  const text = constantText(needle);
  return text !== undefined && isAscii(text)
    ? sql`positionCaseInsensitive(${s}, ${needle.sql})`
    : sql`positionCaseInsensitiveUTF8(${s}, ${needle.sql})`;
};
const edge = '[^\\p{L}\\p{N}]';
const endsAlnum = (text: string): boolean => /[\p{L}\p{N}]$/u.test(text);
const startsAlnum = (text: string): boolean => /^[\p{L}\p{N}]/u.test(text);

/** A term, bounded where it ends in a letter or digit. */
function termPattern(text: string, sides: 'both' | 'prefix' | 'suffix'): string {
  const before = sides !== 'suffix' && startsAlnum(text) ? `(?:^|${edge})` : '';
  const after = sides !== 'prefix' && endsAlnum(text) ? `(?:$|${edge})` : '';
  return before + regexQuote(text) + after;
}

/** Whether the text has the term, bounded where the term itself ends in a letter or digit. */
export function hasTerm(
  s: Sql,
  needle: Operand,
  caseSensitive: boolean,
  sides: 'both' | 'prefix' | 'suffix' = 'both',
): Sql {
  const text = constantText(needle);
  if (text === '') return sql`true`;
  const flags = caseSensitive ? '(?s)' : '(?is)';
  if (text !== undefined) {
    const test = sql`match(${s}, ${string(flags + termPattern(text, sides))})`;
    // The plain search is far faster and rules most rows out; the engine's own terms, which part texts at ASCII's signs alone, let most
    // of the others in.
    const token =
      sides === 'both' && /^[A-Za-z0-9]+$/.test(text)
        ? caseSensitive
          ? sql`hasToken(${s}, ${string(text)})`
          : sql`hasTokenCaseInsensitive(${s}, ${string(text)})`
        : undefined;
    return sql`(${position(s, needle, caseSensitive)} > 0 AND ${token ? sql`if(${token}, true, ${test})` : test})`;
  }
  const before =
    sides === 'suffix' ? sql`''` : sql`if(match(${needle.sql}, '^[\\\\p{L}\\\\p{N}]'), ${string(`(?:^|${edge})`)}, '')`;
  const after =
    sides === 'prefix' ? sql`''` : sql`if(match(${needle.sql}, '[\\\\p{L}\\\\p{N}]$'), ${string(`(?:$|${edge})`)}, '')`;
  return sql`match(${s}, concat(${string(flags)}, ${before}, ${quoteAtRun(needle.sql)}, ${after}))`;
}

/** What stands between texts that are looked at as one: terms end there. */
const between = '\u0001';
const anyText = (operator: string, caseSensitive: boolean, sides?: 'both' | 'prefix' | 'suffix'): ScalarFunction =>
  scalarWith(
    operator,
    ['string', '...string'],
    'bool',
    ([needle, ...texts]) => {
      const found = sql`or(${join(texts.map(({ sql: text }) => position(text, needle!, caseSensitive)))})`;
      if (!sides) return sql`(${found})`;
      const whole = join(texts.flatMap(({ sql: text }, i) => (i === 0 ? [text] : [string(between), text])));
      const pattern = (caseSensitive ? '(?s)' : '(?is)') + termPattern(constantText(needle!) ?? '', sides);
      return sql`if(${found}, match(concat(${whole}), ${string(pattern)}), false)`;
    },
    'never',
  );
/**
 * Whether one of two texts or more has a constant, by the operator for one text. The same as that operator for each, in a fifth of the SQL: analysing it is
 * most of what a search over many tables takes. The texts stand together only where one of them has the letters, since copying every row's is ten times as slow.
 */
export const anyTextTests: ReadonlyMap<string, ScalarFunction> = new Map(
  [
    anyText('Contains', false),
    anyText('ContainsCs', true),
    anyText('Has', false, 'both'),
    anyText('HasCs', true, 'both'),
    anyText('HasPrefix', false, 'prefix'),
    anyText('HasPrefixCs', true, 'prefix'),
    anyText('HasSuffix', false, 'suffix'),
    anyText('HasSuffixCs', true, 'suffix'),
  ].map((test) => [`${test.name}Expression`, test]),
);
/** Of a text that holds what stands between them, the tests of `anyTextTests` know nothing. */
export const isLookedForTogether = (needle: string): boolean => needle !== '' && !needle.includes(between);

/** The engine searches at most so many texts at once. */
const maxNeedles = 250;
/** Whether the text has one of the terms: tests of which one must hold. */
export function hasAnyTerm(s: Sql, terms: readonly Operand[]): readonly Sql[] {
  const constants = terms.flatMap((t) => constantText(t) ?? []);
  if (constants.includes('')) return [sql`true`];
  if (constants.length < 4 || constants.length < terms.length) return terms.map((t) => hasTerm(s, t, false));
  const groups = Array.from({ length: Math.ceil(constants.length / maxNeedles) }, (_, i) =>
    constants.slice(i * maxNeedles, (i + 1) * maxNeedles),
  );
  return groups.map((group) => {
    const search = group.every(isAscii) ? sql`multiSearchAnyCaseInsensitive` : sql`multiSearchAnyCaseInsensitiveUTF8`;
    const bounded = group.every((t) => startsAlnum(t) && endsAlnum(t));
    const pattern = bounded
      ? `(?is)(?:^|${edge})(?:${group.map(regexQuote).join('|')})(?:$|${edge})`
      : `(?is)${group.map((t) => termPattern(t, 'both')).join('|')}`;
    return sql`(${search}(${s}, [${join(group.map(string))}]) AND match(${s}, ${string(pattern)}))`;
  });
}
