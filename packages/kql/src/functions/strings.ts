import { identifier, integer, join, sql, string, type Sql } from '../sql.ts';
import { quoteJson } from './convert.ts';
import { hasTerm, regexQuote } from './terms.ts';
import { alias, scalar, scalarWith, type Operand, type ScalarFunction } from './registry.ts';

/** Texts: to put together, to cut, to find in. What takes a regular expression is in patterns.ts. */

/** An Array(String) as a dynamic of strings. */
export const stringsToDynamic = (array: Sql): Sql =>
  sql`concat('[', arrayStringConcat(arrayMap(x -> ${quoteJson(identifier('x'))}, ${array}), ','), ']')`;

/** The text of Unicode code points: numbers, or dynamic arrays of numbers. Through UTF-32 big-endian, four bytes a code point. */
function textOfCodePoints(points: readonly Operand[]): Sql {
  const arrays = points.map((p) =>
    p.type === 'dynamic' ? sql`JSONExtract(${p.sql}, 'Array(UInt32)')` : sql`[toUInt32OrZero(toString(${p.sql}))]`,
  );
  const bytes = sql`arrayMap(c -> char(intDiv(c, 16777216), intDiv(c, 65536), intDiv(c, 256), c), arrayConcat(${join(arrays)}))`;
  return sql`convertCharset(arrayStringConcat(${bytes}), 'utf-32be', 'utf-8')`;
}

/** Two bytes that no UTF-8 text has: stand for a delimiter that is not the same in every row. */
const mark = sql`'\\xFF\\xFE'`;
const joined = (parts: Sql, delimiter: Operand): Sql =>
  delimiter.literal
    ? sql`arrayStringConcat(${parts}, ${delimiter.sql})`
    : sql`replaceAll(arrayStringConcat(${parts}, ${mark}), ${mark}, ${delimiter.sql})`;
const splitParts = (s: Operand, delimiter: Operand): Sql => {
  if (delimiter.literal?.value) return sql`splitByString(${delimiter.sql}, ${s.sql})`;
  if (delimiter.literal) return sql`[${s.sql}]`;
  // The engine cuts at constants only.
  const cut = sql`splitByString(${mark}, replaceAll(${s.sql}, ${delimiter.sql}, ${mark}))`;
  return sql`if(${delimiter.sql} = '', [${s.sql}], ${cut})`;
};
/** `tostring(split(s, d)[i])` with a constant i, without JSON in between. */
export const splitPart = scalarWith('$split_part', ['string', 'string', 'long'], 'string', ([s, delimiter, index]) => {
  const i = index!.literal!.value as bigint;
  return sql`${splitParts(s!, delimiter!)}[${integer(i < 0n ? i : i + 1n)}]`;
});
/** `\\s` of RE2. */
const whiteSpace = sql`' \\t\\n\\r\\f'`;

const split = scalarWith('split', ['string', 'string', 'long?'], 'dynamic', ([s, delimiter, index]) => {
  const parts = splitParts(s!, delimiter!);
  if (!index) return stringsToDynamic(parts);
  const one = sql`arrayElementOrNull(${parts}, if(${index.sql} < 0, ${index.sql}, ${index.sql} + 1))`;
  return sql`if(isNull(${one}), '', concat('[', ${quoteJson(sql`assumeNotNull(${one})`)}, ']'))`;
});

/** No text is longer. */
const longest = 2n ** 31n - 1n;
const substring = scalarWith('substring', ['string', 'long', 'long?'], 'string', ([s, from, length]) => {
  const constant = from!.literal?.value;
  const start =
    typeof constant === 'bigint' && constant >= 0n
      ? integer(constant < longest ? constant + 1n : longest)
      : sql`if(${from!.sql} < 0, if(toInt64(lengthUTF8(${s!.sql})) + ${from!.sql} < 0, 2147483647, toInt64(lengthUTF8(${s!.sql})) + ${from!.sql}), least(${from!.sql}, 2147483647)) + 1`;
  if (length === undefined) return sql`substringUTF8(${s!.sql}, ${start})`;
  const most = length.literal?.value;
  return sql`substringUTF8(${s!.sql}, ${start}, ${typeof most === 'bigint' && most >= 0n ? integer(most) : sql`greatest(${length.sql}, 0)`})`;
});

/** Where a text first stands, from 0; -1 when it does not, null when it is empty. `length` bounds where it may start. */
const indexOf = scalar(
  'indexof',
  ['string', 'string', 'long?', 'long?', 'long?'],
  'long',
  (s, what, start, length, occurrence) => {
    const from =
      start === undefined ? sql`0` : sql`if(${start} < 0, greatest(toInt64(lengthUTF8(${s})) + ${start}, 0), ${start})`;
    if (length === undefined)
      return sql`if(${what} = '', NULL, toInt64(positionUTF8(${s}, ${what}, toUInt64(${from} + 1))) - 1)`;
    const last = sql`if(${length} < 0, toInt64(lengthUTF8(${s})), least(${from} + ${length}, toInt64(lengthUTF8(${s}))))`;
    const places = sql`arrayFilter(i -> substringUTF8(${s}, i + 1, lengthUTF8(${what})) = ${what}, range(toUInt64(ifNull(${from}, 0)), toUInt64(greatest(ifNull(${last}, 0), 0))))`;
    const n = occurrence ?? sql`1`;
    return sql`if(${what} = '' OR ${n} < 0 OR ${length} < -1 OR isNull(${from}), NULL, if(${n} = 0 OR length(${places}) < ${n}, -1, toInt64(arrayElement(${places}, ${n}))))`;
  },
  'maybe',
);

/**
 * One lookup after the other, in the order of the list; what is replaced once is not looked at again: it stands meanwhile as three bytes
 * that no UTF-8 text has.
 */
const replaceStrings = (s: Sql, from: Sql, to: Sql): Sql => {
  const mark = sql`char(255, 128 + intDiv(i, 128), 128 + i % 128)`;
  const lookups = sql`JSONExtract(${from}, 'Array(String)')`;
  const marked = sql`arrayFold((acc, f, i) -> if(f = '', acc, replaceAll(acc, f, ${mark})), ${lookups}, arrayEnumerate(${lookups}), ${s})`;
  const replacements = sql`arrayResize(JSONExtract(${to}, 'Array(String)'), JSONLength(${from}), '')`;
  return sql`arrayFold((acc, t, i) -> replaceAll(acc, ${mark}, t), ${replacements}, arrayEnumerate(${replacements}), ${marked})`;
};

/** Signs past the end of the replacements become the last of them; without any they go. */
const translate: ScalarFunction['build'] = ([from, to, s], call) => {
  const [search, replace] = [from!.literal?.value, to!.literal?.value];
  if (typeof search !== 'string' || typeof replace !== 'string')
    return call.fail('the lists of signs must be constants');
  const signs = Array.from(search);
  const others = Array.from(replace);
  const last = others.at(-1);
  if (last === undefined) {
    const all = string(`[${signs.map((c) => `\\x{${c.codePointAt(0)!.toString(16)}}`).join('')}]`);
    return signs.length ? sql`replaceRegexpAll(${s!.sql}, ${all}, '')` : s!.sql;
  }
  const full = signs.map((_, i) => others[i] ?? last).join('');
  return signs.length ? sql`translateUTF8(${s!.sql}, ${string(search)}, ${string(full)})` : s!.sql;
};

/** Kusto's own bound. */
const mostRepeats = sql`1024`;
const strcatArray = scalarWith('strcat_array', ['dynamic', 'string'], 'string', ([d, delimiter]) =>
  joined(
    sql`arrayMap(x -> if(startsWith(x, '"'), JSONExtractString(x), if(x = 'null', '', x)), JSONExtractArrayRaw(${d!.sql}))`,
    delimiter!,
  ),
);

/** UTF-32 big-endian has each code point in four bytes. */
const codePoints = scalar(
  'unicode_codepoints_from_string',
  ['string'],
  'dynamic',
  (s) =>
    sql`toJSONString(arrayMap(i -> reinterpretAsUInt32(reverse(substring(convertCharset(${s}, 'utf-8', 'utf-32be'), i * 4 + 1, 4))), range(toUInt64(lengthUTF8(${s})))))`,
);

export const stringFunctions: readonly ScalarFunction[] = [
  scalarWith(
    'strcat',
    ['...string'],
    'string',
    (args) => (args.length === 1 ? args[0]!.sql : sql`concat(${join(args.map((a) => a.sql))})`),
    'never',
  ),
  scalarWith(
    'strcat_delim',
    ['string', '...string'],
    'string',
    ([d, ...parts]) => joined(sql`[${join(parts.map((p) => p.sql))}]`, d!),
    'never',
  ),
  strcatArray,
  alias('array_strcat', strcatArray),
  scalar('tolower', ['string'], 'string', (s) => sql`lowerUTF8(${s})`),
  scalar('toupper', ['string'], 'string', (s) => sql`upperUTF8(${s})`),
  scalar('strlen', ['string'], 'long', (s) => sql`toInt64(lengthUTF8(${s}))`),
  scalar('string_size', ['string'], 'long', (s) => sql`toInt64(length(${s}))`),
  scalar('reverse', ['string'], 'string', (s) => sql`reverseUTF8(${s})`),
  scalarWith('strrep', ['string', 'long', 'string?'], 'string', ([s, n, d]) =>
    d === undefined
      ? sql`repeat(${s!.sql}, least(${n!.sql}, ${mostRepeats}))`
      : joined(
          sql`arrayMap(i -> ${s!.sql}, range(toUInt64(greatest(least(ifNull(${n!.sql}, 0), ${mostRepeats}), 0))))`,
          d,
        ),
  ),
  scalar('strcmp', ['string', 'string'], 'int', (a, b) => sql`multiIf(${a} < ${b}, -1, ${a} = ${b}, 0, 1)`),
  substring,
  indexOf,
  scalar(
    'replace_string',
    ['string', 'string', 'string'],
    'string',
    (s, from, to) => sql`if(${from} = '', ${s}, replaceAll(${s}, ${from}, ${to}))`,
  ),
  split,
  scalar('replace_strings', ['string', 'dynamic', 'dynamic'], 'string', replaceStrings),
  scalar('isutf8', ['string'], 'bool', (s) => sql`toBool(isValidUTF8(${s}))`),
  scalar('isascii', ['string'], 'bool', (s) => sql`match(${s}, '^[\\\\x00-\\\\x7f]*$')`),
  scalarWith('translate', ['string', 'string', 'string'], 'string', translate),
  ...['make_string', 'unicode_codepoints_to_string'].map((name) =>
    scalarWith(name, ['any', '...any'], 'string', (points) => textOfCodePoints(points), 'never'),
  ),
  codePoints,
  alias('to_utf8', codePoints),
  scalarWith(
    'has_any_index',
    ['string', 'dynamic'],
    'long',
    ([s, list]) =>
      sql`toInt64(indexOf(arrayMap(x -> ${hasTerm(s!.sql, { sql: sql`if(startsWith(x, '"'), JSONExtractString(x), x)`, type: 'string', nullable: false }, false)}, JSONExtractArrayRaw(${list!.sql})), 1)) - 1`,
  ),
  // The last group is a bare value, those before it a quoted one, whose escapes are undone.
  scalarWith(
    '$kv',
    ['string', 'string', 'string'],
    'string',
    ([s, regex, escape], call) => {
      const groups = call.name(sql`extractGroups(${s!.sql}, ${regex!.sql})`);
      const mark = escape!.literal?.value;
      const all = sql`arrayStringConcat(arraySlice(${groups}, 1, -1))`;
      const quoted = mark ? sql`replaceRegexpAll(${all}, ${string(`${regexQuote(String(mark))}(.)`)}, '\\\\1')` : all;
      return sql`concat(${quoted}, ${groups}[-1])`;
    },
    'never',
  ),
  // The value of a key where pairs are told apart by their delimiters alone: the text is cut once for all keys.
  scalarWith(
    '$kvCut',
    ['string', 'string', 'string', 'string'],
    'string',
    ([s, key, pair, kv], call) => {
      const pairs = call.name(
        sql`arrayFilter(p -> position(p, ${kv!.sql}) > 0, arrayMap(p -> trimLeft(p, ${whiteSpace}), splitByString(${pair!.sql}, ${s!.sql})))`,
      );
      const keys = call.name(
        sql`arrayMap(p -> trimRight(substring(p, 1, position(p, ${kv!.sql}) - 1), ${whiteSpace}), ${pairs})`,
      );
      const found = call.name(sql`${pairs}[indexOf(${keys}, ${key!.sql})]`);
      return sql`trimBoth(substring(${found}, position(${found}, ${kv!.sql}) + length(${kv!.sql})), ${whiteSpace})`;
    },
    'never',
  ),
];
