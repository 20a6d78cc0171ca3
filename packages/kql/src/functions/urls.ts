import { join, sql, type Sql } from '../sql.ts';
import { quoteJson } from './convert.ts';
import { alias, scalar, scalarWith, type ScalarFunction } from './registry.ts';
import { stringsToDynamic } from './strings.ts';

/** Addresses, paths, command lines and separated values, taken apart. */

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
    part(sql`'RootPath'`, sql`extract(${rest}, '^([a-zA-Z]:[\\\\\\\\/])')`),
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

/** Kusto writes the hexadecimal digits small. */
const encodeUrl = (s: Sql): Sql =>
  sql`arrayStringConcat(arrayMap((p, i) -> if(i = 1, p, concat(lower(substring(p, 1, 2)), substring(p, 3))), splitByChar('%', encodeURLComponent(${s})), arrayEnumerate(splitByChar('%', encodeURLComponent(${s})))), '%')`;

const url = scalar('parse_url', ['string'], 'dynamic', parseUrl);
const urlQuery = scalar('parse_urlquery', ['string'], 'dynamic', parseUrlQuery);

/** A version as one number: up to four parts of eight digits each, missing ones 0; null where the text is no version. */
const parseVersion = (v: Sql): Sql =>
  sql`if(match(${v}, '^\\\\d{1,8}(\\\\.\\\\d{1,8}){0,3}$'), toDecimal128OrNull(arrayStringConcat(arrayMap(p -> leftPad(p, 8, '0'), arrayResize(splitByChar('.', ${v}), 4, '0'))), 0), NULL)`;

export const urlFunctions: readonly ScalarFunction[] = [
  scalar('url_encode', ['string'], 'string', (s) => sql`replaceAll(${encodeUrl(s)}, '%20', '+')`),
  scalar('url_encode_component', ['string'], 'string', encodeUrl),
  scalar('url_decode', ['string'], 'string', (s) => sql`decodeURLFormComponent(${s})`),
  url,
  alias('parseurl', url),
  urlQuery,
  alias('parseurlquery', urlQuery),
  scalar('parse_path', ['string'], 'dynamic', parsePath),
  scalar('parse_version', ['string'], 'decimal', parseVersion, 'maybe'),
  scalarWith('parse_command_line', ['string', 'string'], 'dynamic', ([s, kind], call) =>
    kind!.literal?.value === 'windows' ? parseCommandLine(s!.sql) : call.fail("the parser type must be 'windows'"),
  ),
  scalar('parse_csv', ['string'], 'dynamic', (s) =>
    stringsToDynamic(
      sql`arrayMap(f -> if(match(f, '^"(?s:.*)"$'), replaceAll(substring(f, 2, length(f) - 2), '""', '"'), f), extractAll(concat(',', extract(${s}, '^((?:[^\\\\r\\\\n"]|"[^"]*"|")*)')), ',("(?:[^"]|"")*"|[^,]*)'))`,
    ),
  ),
];
