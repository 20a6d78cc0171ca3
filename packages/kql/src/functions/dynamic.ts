import { join, sql, string, type Sql } from '../sql.ts';
import { cleanJson, toJsonElement, toText } from './convert.ts';
import { alias, engineTyped, scalar, scalarWith, type ScalarFunction } from './registry.ts';

/** What arrays and bags share, sets, and access by paths. */

/** The elements of a dynamic array as JSON texts; none when it is no array. */
export const elementsOf = (d: Sql): Sql => sql`JSONExtractArrayRaw(${d})`;
/** JSON texts as a dynamic array. */
export const arrayFrom = (elements: Sql): Sql => sql`concat('[', arrayStringConcat(${elements}, ','), ']')`;
export const whenArray = (d: Sql, value: Sql): Sql => sql`if(startsWith(${d}, '['), ${value}, '')`;
const distinctOf = (elements: Sql): Sql => sql`arrayDistinct(${elements})`;
export const elementText = (e: Sql): Sql => sql`if(startsWith(${e}, '"'), JSONExtractString(${e}), ${e})`;
export const dynamicFunctions: readonly ScalarFunction[] = [
  scalarWith('set_union', ['...dynamic'], 'dynamic', (args) =>
    arrayFrom(distinctOf(sql`arrayConcat(${join(args.map((a) => elementsOf(a.sql)))})`)),
  ),
  scalarWith('set_intersect', ['...dynamic'], 'dynamic', (args) =>
    arrayFrom(
      sql`arrayFilter(x -> ${join(
        args.slice(1).map((a) => sql`has(${elementsOf(a.sql)}, x)`),
        sql` AND `,
      )}, ${distinctOf(elementsOf(args[0]!.sql))})`,
    ),
  ),
  scalarWith('set_difference', ['dynamic', '...dynamic'], 'dynamic', (args) =>
    arrayFrom(
      sql`arrayFilter(x -> NOT (${join(
        args.slice(1).map((a) => sql`has(${elementsOf(a.sql)}, x)`),
        sql` OR `,
      )}), ${distinctOf(elementsOf(args[0]!.sql))})`,
    ),
  ),
  scalarWith(
    'set_has_element',
    ['dynamic', 'any'],
    'bool',
    ([d, v]) => sql`has(${elementsOf(d!.sql)}, ${toJsonElement(v!)})`,
  ),
  engineTyped(
    scalarWith('jaccard_index', ['dynamic', 'dynamic'], 'real', ([a, b]) => {
      const l = distinctOf(elementsOf(a!.sql));
      const r = distinctOf(elementsOf(b!.sql));
      return sql`length(arrayIntersect(${l}, ${r})) / length(arrayDistinct(arrayConcat(${l}, ${r})))`;
    }),
  ),
  scalarWith(
    'gettype',
    ['any'],
    'string',
    ([a]) => {
      const o = a!;
      if (o.type !== 'dynamic') return string(o.type === 'real' ? 'real' : o.type);
      return sql`multiIf(${o.sql} = '', 'null', startsWith(${o.sql}, '"'), 'string', startsWith(${o.sql}, '['), 'array', startsWith(${o.sql}, '{'), 'dictionary', ${o.sql} IN ('true', 'false'), 'bool', match(${o.sql}, '[.eE]'), 'double', 'long')`;
    },
    'never',
  ),
  scalar('dynamic_to_json', ['dynamic'], 'string', (d) => d),
  scalarWith('extract_json', ['string', 'any', 'any?'], 'string', ([p, d], call) => {
    const keys = jsonPath(p!.literal?.value);
    if (!keys) return call.fail('the path must be a constant such as $.a.b[0]');
    const raw = cleanJson(sql`JSONExtractRaw(${toText(d!)}, ${join(keys)})`);
    return elementText(raw);
  }),
  alias(
    'extractjson',
    scalarWith('extract_json', ['string', 'any', 'any?'], 'string', ([p, d], call) => {
      const keys = jsonPath(p!.literal?.value);
      if (!keys) return call.fail('the path must be a constant such as $.a.b[0]');
      return elementText(cleanJson(sql`JSONExtractRaw(${toText(d!)}, ${join(keys)})`));
    }),
  ),
];
function jsonPath(path: unknown): Sql[] | undefined {
  if (typeof path !== 'string' || !/^\$(\.\w+|\.(?=\[)|\['[^']*'\]|\["[^"]*"\]|\[\d+\])+$/.test(path)) return undefined;
  return [...path.matchAll(/\.(\w+)|\['([^']*)'\]|\["([^"]*)"\]|\[(\d+)\]/g)].map((m) =>
    m[4] === undefined ? string(m[1] ?? m[2] ?? m[3] ?? '') : sql`${string(m[4])}::Int64 + 1`,
  );
}
