import { sql, string, type Sql } from '../sql.ts';
import { scalarWith, type Operand } from './registry.ts';
import { stringsToDynamic } from './strings.ts';
import { regexQuote } from './terms.ts';

/** What `reduce` needs of a text: its terms with their places, and the text with its rare terms as `*`. */

/** A term and what stands between terms, as character classes. */
function classes(characters: Operand): { term: string; between: string } {
  const value = String(characters.literal?.value ?? '');
  if (value === '') return { term: '[A-Za-z0-9]+', between: '[^A-Za-z0-9]+' };
  const set = Array.from(value, (c) => regexQuote(c).replace('-', String.raw`\-`)).join('');
  return { term: `[^${set}]+`, between: `[${set}]+` };
}
const termsOf = (text: Sql, characters: Operand): Sql =>
  sql`arrayMap((t, i) -> concat(toString(i), ':', t), extractAll(${text}, ${string(classes(characters).term)}) AS terms, arrayEnumerate(terms))`;

/** `["1:foo","2:7"]` of `foo 7`. */
export const reduceTerms = scalarWith(
  '$reduce_terms',
  ['string', 'string'],
  'dynamic',
  ([text, characters], call) => stringsToDynamic(termsOf(call.name(text!.sql), characters!)),
  'never',
);

/**
 * The pattern of a text: terms that are frequent where they stand, and `*` for each run of others. What separates terms stays; separators
 * that a query names itself go where they touch a `*`. '' when no term is frequent.
 */
export const reducePattern = scalarWith(
  '$reduce_pattern',
  ['string', 'dynamic', 'string'],
  'string',
  ([text, frequent, characters], call) => {
    const source = call.name(text!.sql);
    const list = call.name(sql`JSONExtract(${frequent!.sql}, 'Array(String)')`);
    const { term, between } = classes(characters!);
    const parts = sql`extractAll(${source}, ${string(`${term}|${between}`)})`;
    const isTerm = (p: Sql): Sql => sql`match(${p}, ${string(`^${term}$`)})`;
    const starred = sql`arrayStringConcat(arrayMap((p, i) -> if(NOT ${isTerm(sql`p`)}, p, if(has(${list}, concat(toString(i), ':', p)), p, '\\0')), ${parts} AS parts, arrayCumSum(q -> ${isTerm(sql`q`)}, parts)))`;
    const own = String(characters!.literal?.value ?? '') !== '';
    const runs = own
      ? `${between.slice(0, -1)}*(?:\\x00${between.slice(0, -1)}*)+`
      : `\\x00(?:${between.slice(0, -1)}*\\x00)*`;
    const kept = sql`arrayExists((t, i) -> has(${list}, concat(toString(i), ':', t)), extractAll(${source}, ${string(term)}) AS terms, arrayEnumerate(terms))`;
    return sql`if(${kept}, replaceRegexpAll(${starred}, ${string(runs)}, '*'), '')`;
  },
  'never',
);
