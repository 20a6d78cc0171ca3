import { integer, join, sql, string, type Sql } from '../sql.ts';
import { toText, unixTicks } from './convert.ts';
import { alias, scalar, scalarWith, type Operand, type ScalarFunction } from './registry.ts';

/** Base64, hashes, hexadecimal digits. */

/** xxHash64 as Kusto takes it: of the text's bytes, or of the eight bytes of a number or of a datetime's ticks. */
const xxHash: ScalarFunction['build'] = ([v, mod], call) => {
  const bytes: Partial<Record<Operand['type'], Sql>> = {
    string: v!.sql,
    long: sql`reinterpretAsString(toInt64(ifNull(${v!.sql}, 0)))`,
    datetime: sql`reinterpretAsString(toInt64(${unixTicks(sql`ifNull(${v!.sql}, toDateTime64('0001-01-01', 7, 'UTC'))`)} + 621355968000000000))`,
  };
  const of = bytes[v!.type] ?? call.fail(`a ${v!.type} cannot be hashed here: use tostring()`);
  return mod ? sql`toInt64(xxHash64(${of}) % nullIf(${mod.sql}, 0))` : sql`reinterpretAsInt64(xxHash64(${of}))`;
};
const hexHash = (name: string, fn: Sql): ScalarFunction =>
  scalarWith(name, ['any'], 'string', ([a]) => sql`lower(hex(${fn}(${toText(a!)})))`, 'never');

const encode = scalar('base64_encode_tostring', ['string'], 'string', (s) => sql`base64Encode(${s})`);
/** Only bytes that are text. */
const decode = scalar(
  'base64_decode_tostring',
  ['string'],
  'string',
  (s) => sql`if(isValidUTF8(tryBase64Decode(${s})), tryBase64Decode(${s}), '')`,
);
const bytesOf = (array: Sql): Sql =>
  sql`arrayStringConcat(arrayMap(b -> char(b), JSONExtract(${array}, 'Array(UInt8)')))`;
/** The bytes of a guid as .NET orders them: the first three groups are little-endian. It is its own inverse. */
const guidBytes = (bytes: Sql): Sql =>
  sql`concat(reverse(substring(${bytes}, 1, 4)), reverse(substring(${bytes}, 5, 2)), reverse(substring(${bytes}, 7, 2)), substring(${bytes}, 9))`;

const toHex: ScalarFunction['build'] = ([n, width], call) => {
  const value = n!.type === 'int' ? n!.sql : sql`toInt64(${n!.sql})`;
  const digits = call.name(sql`replaceRegexpOne(lower(hex(${value})), '^0+(.)', '\\\\1')`);
  return width === undefined
    ? digits
    : sql`leftPad(${digits}, greatest(least(ifNull(toInt64(${width.sql}), 0), 1024), toInt64(length(${digits}))), '0')`;
};

/** Kusto's units of data: powers of 1024. */
const units = ['Bytes', 'KB', 'MB', 'GB', 'TB', 'PB', 'EB'];
const formatBytes: ScalarFunction['build'] = ([size, precision, unit], call) => {
  const n = call.name(size!.sql);
  const given = unit?.literal?.value ?? '';
  if ((unit && !unit.literal) || typeof given !== 'string')
    return call.fail('the units must be a constant such as "KB"');
  const index = units.findIndex((u) => u.toLowerCase() === given.toLowerCase());
  if (given !== '' && index < 0) return call.fail(`the units are ${units.join(', ')}`);
  const step =
    index < 0 ? call.name(sql`toUInt8(least(if(abs(${n}) < 1, 0, floor(log2(abs(${n})) / 10)), 6))`) : integer(index);
  const scale = sql`exp10(${precision?.sql ?? sql`0`})`;
  const scaled = call.name(sql`${n} / pow(1024, ${step}) * ${scale}`);
  const rounded = sql`sign(${scaled}) * floor(abs(${scaled}) + 0.5) / ${scale}`;
  const name = index < 0 ? sql`[${join(units.map(string))}][${step} + 1]` : string(units[index]!);
  return sql`concat(toString(${rounded}), ' ', ${name})`;
};

export const encodingFunctions: readonly ScalarFunction[] = [
  encode,
  alias('base64_encodestring', encode),
  decode,
  alias('base64_decodestring', decode),
  scalar(
    'base64_decode_toarray',
    ['string'],
    'dynamic',
    (s) =>
      sql`if(empty(tryBase64Decode(${s})), '', toJSONString(arrayMap(i -> ascii(substring(tryBase64Decode(${s}), i, 1)), range(1, length(tryBase64Decode(${s})) + 1))))`,
  ),
  scalar('base64_encode_fromarray', ['dynamic'], 'string', (a) => sql`base64Encode(${bytesOf(a)})`),
  scalar(
    'base64_encode_fromguid',
    ['guid'],
    'string',
    (g) => sql`base64Encode(${guidBytes(sql`unhex(replaceAll(toString(${g}), '-', ''))`)})`,
  ),
  scalar(
    'base64_decode_toguid',
    ['string'],
    'guid',
    (s) =>
      sql`toUUIDOrNull(replaceRegexpOne(lower(hex(${guidBytes(sql`tryBase64Decode(${s})`)})), '^(.{8})(.{4})(.{4})(.{4})(.{12})$', '\\\\1-\\\\2-\\\\3-\\\\4-\\\\5'))`,
    'maybe',
  ),
  hexHash('hash_md5', sql`MD5`),
  hexHash('hash_sha1', sql`SHA1`),
  hexHash('hash_sha256', sql`SHA256`),
  scalarWith('hash_xxhash64', ['any', 'long?'], 'long', xxHash),
  scalarWith('hash', ['any', 'long?'], 'long', xxHash),
  scalarWith('tohex', ['any', 'long?'], 'string', toHex),
  scalarWith('format_bytes', ['real', 'long?', 'string?'], 'string', formatBytes),
];
