import { identifier, integer, join, sql, string, type Sql } from '../sql.ts';
import { cleanJson, quoteJson, toText, toJsonElement, unixTicks } from './convert.ts';
import { hasTerm, regexQuote } from './operators.ts';
import { alias, scalar, scalarWith, type Operand, type ScalarFunction } from './registry.ts';

const text = (o: Operand): Sql => toText(o);
/** An Array(String) as a dynamic of strings. */
export const stringsToDynamic = (array: Sql): Sql =>
  sql`concat('[', arrayStringConcat(arrayMap(x -> ${quoteJson(identifier('x'))}, ${array}), ','), ']')`;

/** Kusto's regular expressions are RE2; `$1` in a replacement is `\1` there. */
const rewrite = (replacement: Operand): Sql =>
  typeof replacement.literal?.value === 'string'
    ? string(replacement.literal.value.replaceAll(/\$(\d)/g, String.raw`\$1`))
    : sql`replaceRegexpAll(${replacement.sql}, '\\\\$(\\\\d)', '\\\\\\\\\\\\1')`;

/** The text of Unicode code points: numbers, or dynamic arrays of numbers. Through UTF-32 big-endian, four bytes a code point. */
function textOfCodePoints(points: readonly Operand[]): Sql {
  const arrays = points.map((p) =>
    p.type === 'dynamic' ? sql`JSONExtract(${p.sql}, 'Array(UInt32)')` : sql`[toUInt32OrZero(toString(${p.sql}))]`,
  );
  const bytes = sql`arrayMap(c -> char(intDiv(c, 16777216), intDiv(c, 65536), intDiv(c, 256), c), arrayConcat(${join(arrays)}))`;
  return sql`convertCharset(arrayStringConcat(${bytes}), 'utf-32be', 'utf-8')`;
}

/** No match at all is null, not an empty array. */
const matchesOrNull = (json: Sql): Sql => sql`if(${json} = '[]', '', ${json})`;

const extract = scalarWith(
  'extract',
  ['string', 'long', 'string', 'any?'],
  'string',
  ([regex, group, source], call) => {
    const n = group!.literal?.value;
    if (typeof regex!.literal?.value !== 'string' || typeof n !== 'bigint')
      return call.fail('the expression and the group must be constants');
    return n === 0n
      ? sql`extract(${source!.sql}, ${string(`(${regex!.literal.value})`)})`
      : sql`extractGroups(${source!.sql}, ${regex!.sql})[${group!.sql}]`;
  },
);

/** The capturing groups of an expression in order, each with its name or ''. */
const groupsOf = (regex: string): readonly string[] =>
  [...regex.replaceAll(/\\.|\[(?:\\.|[^\]])*\]/g, '').matchAll(/\((?:\?P?<(\w+)>|(?!\?))/g)].map((m) => m[1] ?? '');
/** The constant list of groups, by number or name, that extract_all is to give; undefined when it is none. */
function chosenGroups(list: Operand, groups: readonly string[]): readonly number[] | undefined {
  if (list.type !== 'dynamic' || typeof list.literal?.value !== 'string') return undefined;
  const wanted: unknown = JSON.parse(list.literal.value);
  if (!Array.isArray(wanted) || wanted.length === 0) return undefined;
  const numbers = wanted.map((w: unknown) => (typeof w === 'string' ? groups.indexOf(w) + 1 : Number(w)));
  return numbers.every((n) => Number.isInteger(n) && n >= 1 && n <= groups.length) ? numbers : undefined;
}
/** One match, `g`, as JSON: all its groups, or the chosen ones; one alone stands for itself. */
const pickGroups = (chosen: readonly number[] | undefined): Sql => {
  if (!chosen) return stringsToDynamic(identifier('g'));
  const one = (n: number): Sql => sql`g[${integer(n)}]`;
  return chosen.length === 1 ? quoteJson(one(chosen[0]!)) : stringsToDynamic(sql`[${join(chosen.map(one))}]`);
};

const split = scalarWith('split', ['string', 'string', 'long?'], 'dynamic', ([s, delimiter, index]) => {
  const parts = sql`if(${delimiter!.sql} = '', [${s!.sql}], splitByString(${delimiter!.sql}, ${s!.sql}))`;
  if (!index) return stringsToDynamic(parts);
  const one = sql`arrayElementOrNull(${parts}, if(${index.sql} < 0, ${index.sql}, ${index.sql} + 1))`;
  return sql`if(isNull(${one}), '', concat('[', ${quoteJson(sql`assumeNotNull(${one})`)}, ']'))`;
});

const substring = scalar('substring', ['string', 'long', 'long?'], 'string', (s, from, length) => {
  const start = sql`if(${from} < 0, if(toInt64(lengthUTF8(${s})) + ${from} < 0, 2147483647, toInt64(lengthUTF8(${s})) + ${from}), ${from}) + 1`;
  return length === undefined
    ? sql`substringUTF8(${s}, ${start})`
    : sql`substringUTF8(${s}, ${start}, greatest(${length}, 0))`;
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
    const places = sql`arrayFilter(i -> substringUTF8(${s}, i + 1, lengthUTF8(${what})) = ${what}, range(toUInt64(${from}), toUInt64(greatest(${last}, 0))))`;
    return sql`if(${what} = '', NULL, if(length(${places}) < ${occurrence ?? sql`1`}, -1, toInt64(arrayElement(${places}, ${occurrence ?? sql`1`}))))`;
  },
  'maybe',
);

const parseUrl = (s: Sql): Sql => {
  const part = (name: Sql, value: Sql): Sql => sql`concat('"', ${name}, '":', ${quoteJson(value)})`;
  const query = sql`arrayFilter(p -> p != '', splitByChar('&', extract(${s}, '\\\\?([^#]*)')))`;
  const pairs = sql`concat('"Query Parameters":{', arrayStringConcat(arrayMap(p -> concat(${quoteJson(sql`splitByChar('=', p)[1]`)}, ':', ${quoteJson(sql`substring(p, position(p, '=') + 1)`)}), ${query}), ','), '}')`;
  const authority = sql`extract(${s}, '^[a-zA-Z][a-zA-Z0-9+.-]*://([^/?#]*)')`;
  const user = sql`if(position(${authority}, '@') > 0, extract(${authority}, '^(.*)@'), '')`;
  const host = sql`replaceRegexpOne(${authority}, '^.*@', '')`;
  return sql`concat('{', arrayStringConcat([${join([
    part(sql`'Scheme'`, sql`extract(${s}, '^([a-zA-Z][a-zA-Z0-9+.-]*):')`),
    part(sql`'Host'`, sql`replaceRegexpOne(${host}, ':\\\\d*$', '')`),
    part(sql`'Port'`, sql`extract(${host}, ':(\\\\d+)$')`),
    part(sql`'Path'`, sql`extract(${s}, '^[a-zA-Z][a-zA-Z0-9+.-]*://[^/?#]*([^?#]*)')`),
    part(sql`'Username'`, sql`extract(${user}, '^([^:]*)')`),
    part(sql`'Password'`, sql`extract(${user}, ':(.*)$')`),
    pairs,
    part(sql`'Fragment'`, sql`extract(${s}, '#(.*)$')`),
  ])}], ','), '}')`;
};
const parseUrlQuery = (s: Sql): Sql => {
  const query = sql`arrayFilter(p -> p != '', splitByChar('&', ${s}))`;
  return sql`concat('{"Query Parameters":{', arrayStringConcat(arrayMap(p -> concat(${quoteJson(sql`splitByChar('=', p)[1]`)}, ':', ${quoteJson(sql`substring(p, position(p, '=') + 1)`)}), ${query}), ','), '}}')`;
};
const parsePath = (s: Sql): Sql => {
  const part = (name: Sql, value: Sql): Sql => sql`concat('"', ${name}, '":', ${quoteJson(value)})`;
  const scheme = sql`extract(${s}, '^([a-zA-Z][a-zA-Z0-9+.-]+)://')`;
  const rest = sql`replaceRegexpOne(${s}, '^[a-zA-Z][a-zA-Z0-9+.-]+://', '')`;
  const main = sql`replaceRegexpOne(${rest}, '([^:\\\\\\\\/]):([^\\\\\\\\/]*)$', '\\\\1')`;
  const directory = sql`replaceRegexpOne(${main}, '[\\\\\\\\/]?[^\\\\\\\\/]*$', '')`;
  const file = sql`extract(${main}, '([^\\\\\\\\/]*)$')`;
  return sql`concat('{', arrayStringConcat([${join([
    part(sql`'Scheme'`, scheme),
    part(sql`'RootPath'`, sql`extract(${rest}, '^([a-zA-Z]:)[\\\\\\\\/]')`),
    part(sql`'DirectoryPath'`, directory),
    part(sql`'DirectoryName'`, sql`extract(${directory}, '([^\\\\\\\\/]*)$')`),
    part(sql`'Filename'`, file),
    part(sql`'Extension'`, sql`extract(${file}, '\\\\.([^.]*)$')`),
    part(sql`'AlternateDataStreamName'`, sql`extract(${rest}, '[^\\\\\\\\/]:([^:\\\\\\\\/]+)$')`),
  ])}], ','), '}')`;
};

/** Windows' rules of quoting: blanks part arguments, quotes keep them together. */
const parseCommandLine = (s: Sql): Sql =>
  stringsToDynamic(sql`arrayMap(a -> replaceAll(a, '"', ''), extractAll(${s}, '((?:[^\\\\s"]|"[^"]*"?)+)'))`);

const trimBy = (name: string, pattern: (regex: string) => string): ScalarFunction =>
  scalarWith(name, ['string', 'string'], 'string', ([regex, s], call) =>
    typeof regex!.literal?.value === 'string'
      ? sql`replaceRegexpAll(${s!.sql}, ${string(pattern(regex!.literal.value))}, '')`
      : call.fail('the expression must be a constant'),
  );

/** Kusto writes the hexadecimal digits small. */
const encodeUrl = (s: Sql): Sql =>
  sql`arrayStringConcat(arrayMap((p, i) -> if(i = 1, p, concat(lower(substring(p, 1, 2)), substring(p, 3))), splitByChar('%', encodeURLComponent(${s})), arrayEnumerate(splitByChar('%', encodeURLComponent(${s})))), '%')`;
/** xxHash64 as Kusto takes it: of the text's bytes, or of the eight bytes of a number or of a datetime's ticks. */
const xxHash: ScalarFunction['build'] = ([v, mod], call) => {
  const bytes: Partial<Record<Operand['type'], Sql>> = {
    string: v!.sql,
    long: sql`reinterpretAsString(toInt64(ifNull(${v!.sql}, 0)))`,
    datetime: sql`reinterpretAsString(toInt64(${unixTicks(sql`ifNull(${v!.sql}, toDateTime64('0001-01-01', 7, 'UTC'))`)} + 621355968000000000))`,
  };
  const of = bytes[v!.type] ?? call.fail(`a ${v!.type} cannot be hashed here: use tostring()`);
  return mod ? sql`toInt64(xxHash64(${of}) % ${mod.sql})` : sql`reinterpretAsInt64(xxHash64(${of}))`;
};
const hexHash = (name: string, fn: Sql): ScalarFunction =>
  scalarWith(name, ['any'], 'string', ([a]) => sql`lower(hex(${fn}(${text(a!)})))`, 'never');

const base64Encode = scalar('base64_encode_tostring', ['string'], 'string', (s) => sql`base64Encode(${s})`);
const base64Decode = scalar(
  'base64_decode_tostring',
  ['string'],
  'string',
  (s) => sql`if(isValidUTF8(tryBase64Decode(${s})), tryBase64Decode(${s}), '')`,
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
    ([d, ...parts]) => sql`arrayStringConcat([${join(parts.map((p) => p.sql))}], ${d!.sql})`,
    'never',
  ),
  scalar(
    'strcat_array',
    ['dynamic', 'string'],
    'string',
    (d, delimiter) =>
      sql`arrayStringConcat(arrayMap(x -> if(startsWith(x, '"'), JSONExtractString(x), if(x = 'null', '', x)), JSONExtractArrayRaw(${d})), ${delimiter})`,
  ),
  scalar('tolower', ['string'], 'string', (s) => sql`lowerUTF8(${s})`),
  scalar('toupper', ['string'], 'string', (s) => sql`upperUTF8(${s})`),
  scalar('strlen', ['string'], 'long', (s) => sql`toInt64(lengthUTF8(${s}))`),
  scalar('string_size', ['string'], 'long', (s) => sql`toInt64(length(${s}))`),
  scalar('reverse', ['string'], 'string', (s) => sql`reverseUTF8(${s})`),
  scalar('strrep', ['string', 'long', 'string?'], 'string', (s, n, d) =>
    d === undefined
      ? sql`repeat(${s}, ${n})`
      : sql`arrayStringConcat(arrayMap(i -> ${s}, range(toUInt64(greatest(ifNull(${n}, 0), 0)))), ${d})`,
  ),
  scalar('strcmp', ['string', 'string'], 'int', (a, b) => sql`multiIf(${a} < ${b}, -1, ${a} = ${b}, 0, 1)`),
  substring,
  indexOf,
  scalar('countof', ['string', 'string', 'string?'], 'long', (s, what, kind) =>
    kind === undefined
      ? sql`toInt64(length(arrayFilter(i -> substringUTF8(${s}, i, lengthUTF8(${what})) = ${what}, range(1, lengthUTF8(${s}) + 1))))`
      : sql`toInt64(if(${kind} = 'regex', countMatches(${s}, ${what}), length(arrayFilter(i -> substringUTF8(${s}, i, lengthUTF8(${what})) = ${what}, range(1, lengthUTF8(${s}) + 1)))))`,
  ),
  scalar(
    'replace_string',
    ['string', 'string', 'string'],
    'string',
    (s, from, to) => sql`if(${from} = '', ${s}, replaceAll(${s}, ${from}, ${to}))`,
  ),
  scalarWith(
    'replace_regex',
    ['string', 'string', 'string'],
    'string',
    ([s, regex, to]) => sql`replaceRegexpAll(${s!.sql}, ${regex!.sql}, ${rewrite(to!)})`,
  ),
  scalarWith(
    'replace',
    ['string', 'string', 'string'],
    'string',
    ([regex, to, s]) => sql`replaceRegexpAll(${s!.sql}, ${regex!.sql}, ${rewrite(to!)})`,
  ),
  trimBy('trim', (r) => `^(?:${r})|(?:${r})$`),
  trimBy('trim_start', (r) => `^(?:${r})`),
  trimBy('trim_end', (r) => `(?:${r})$`),
  extract,
  scalarWith('extract_all', ['string', 'any', 'string?'], 'dynamic', ([regex, second, third], call) => {
    const source = third ?? second!;
    if (typeof regex!.literal?.value !== 'string') return call.fail('the expression must be a constant');
    const groups = groupsOf(regex!.literal.value);
    if (groups.length === 0) return call.fail('the expression must have at least one capturing group');
    const chosen = third ? chosenGroups(second!, groups) : undefined;
    if (third && !chosen)
      return call.fail('the groups must be a constant list of their numbers or names, such as dynamic([1,2])');
    if (groups.length === 1 && !chosen)
      return matchesOrNull(stringsToDynamic(sql`extractAll(${text(source)}, ${regex!.sql})`));
    return matchesOrNull(
      sql`concat('[', arrayStringConcat(arrayMap(g -> ${pickGroups(chosen)}, extractAllGroupsVertical(${text(source)}, ${regex!.sql})), ','), ']')`,
    );
  }),
  split,
  base64Encode,
  alias('base64_encodestring', base64Encode),
  base64Decode,
  alias('base64_decodestring', base64Decode),
  scalar(
    'base64_decode_toarray',
    ['string'],
    'dynamic',
    (s) =>
      sql`concat('[', arrayStringConcat(arrayMap(i -> toString(ascii(substring(tryBase64Decode(${s}), i, 1))), range(1, length(tryBase64Decode(${s})) + 1)), ','), ']')`,
  ),
  // Where a regular expression first matches, from 0; -1 where it does not.
  scalarWith(
    'indexof_regex',
    ['string', 'string'],
    'long',
    ([s, regex]) =>
      sql`if(match(${s!.sql}, ${regex!.sql}), toInt64(lengthUTF8(extract(${s!.sql}, concat('^((?s).*?)(?:', ${regex!.sql}, ')')))), -1)`,
  ),
  scalar('url_encode', ['string'], 'string', (s) => sql`replaceAll(${encodeUrl(s)}, '%20', '+')`),
  scalar('url_encode_component', ['string'], 'string', encodeUrl),
  scalar('url_decode', ['string'], 'string', (s) => sql`decodeURLFormComponent(${s})`),
  hexHash('hash_md5', sql`MD5`),
  hexHash('hash_sha1', sql`SHA1`),
  hexHash('hash_sha256', sql`SHA256`),
  scalarWith('hash_xxhash64', ['any', 'long?'], 'long', xxHash),
  scalarWith('hash', ['any', 'long?'], 'long', xxHash),
  scalar('parse_url', ['string'], 'dynamic', parseUrl),
  scalar('parse_urlquery', ['string'], 'dynamic', parseUrlQuery),
  scalar('parse_path', ['string'], 'dynamic', parsePath),
  scalarWith('parse_command_line', ['string', 'string'], 'dynamic', ([s, kind], call) =>
    kind!.literal?.value === 'windows' ? parseCommandLine(s!.sql) : call.fail("the parser type must be 'windows'"),
  ),
  scalar('parse_csv', ['string'], 'dynamic', (s) =>
    stringsToDynamic(
      sql`arrayMap(f -> if(startsWith(f, '"'), replaceAll(substring(f, 2, length(f) - 2), '""', '"'), f), extractAll(extract(${s}, '^((?:[^\\\\r\\\\n"]|"[^"]*")*)'), '(?:^|,)("(?:[^"]|"")*"|[^,]*)'))`,
    ),
  ),
  scalar('isutf8', ['string'], 'bool', (s) => sql`toBool(isValidUTF8(${s}))`),
  scalar('isascii', ['string'], 'bool', (s) => sql`match(${s}, '^[\\\\x00-\\\\x7f]*$')`),
  scalar(
    'translate',
    ['string', 'string', 'string'],
    'string',
    (from, to, s) => sql`translateUTF8(${s}, ${from}, ${to})`,
  ),
  ...['make_string', 'unicode_codepoints_to_string'].map((name) =>
    scalarWith(name, ['any', '...any'], 'string', (points) => textOfCodePoints(points), 'never'),
  ),
  // UTF-32 big-endian has each code point in four bytes.
  scalar(
    'unicode_codepoints_from_string',
    ['string'],
    'dynamic',
    (s) =>
      sql`toJSONString(arrayMap(i -> reinterpretAsUInt32(reverse(substring(convertCharset(${s}, 'utf-8', 'utf-32be'), i * 4 + 1, 4))), range(toUInt64(lengthUTF8(${s})))))`,
  ),
  scalarWith(
    'has_any_index',
    ['string', 'dynamic'],
    'long',
    ([s, list]) =>
      sql`toInt64(indexOf(arrayMap(x -> ${hasTerm(s!.sql, { sql: sql`if(startsWith(x, '"'), JSONExtractString(x), x)`, type: 'string', nullable: false }, false)}, JSONExtractArrayRaw(${list!.sql})), 1)) - 1`,
  ),
  scalar('tohex', ['long', 'long?'], 'string', (n, width) => {
    const digits = sql`if(${n} = 0, '0', replaceRegexpOne(lower(hex(toInt64(${n}))), '^0+', ''))`;
    return width === undefined ? digits : sql`leftPad(${digits}, greatest(${width}, length(${digits})), '0')`;
  }),
  scalar(
    '$group',
    ['string', 'string', 'long'],
    'string',
    (s, regex, n) => sql`extractGroups(${s}, ${regex})[${n}]`,
    'never',
  ),
  scalar('$match', ['string', 'string'], 'bool', (s, regex) => sql`match(${s}, ${regex})`, 'never'),
  // Group 1 is a quoted value, whose escapes are undone; group 2 a bare one.
  scalarWith(
    '$kv',
    ['string', 'string', 'string'],
    'string',
    ([s, regex, escape], call) => {
      const groups = call.name(sql`extractGroups(${s!.sql}, ${regex!.sql})`);
      const mark = escape!.literal?.value;
      const quoted = mark
        ? sql`replaceRegexpAll(${groups}[1], ${string(`${regexQuote(String(mark))}(.)`)}, '\\\\1')`
        : sql`${groups}[1]`;
      return sql`concat(${quoted}, ${groups}[2])`;
    },
    'never',
  ),
];

export { alias, cleanJson, toJsonElement };
