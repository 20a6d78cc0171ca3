import { join, sql, string, type Sql } from '../sql.ts';
import { cleanJson, convert, toJsonElement, toText } from './convert.ts';
import { alias, engineTyped, scalarWith, type Operand, type ScalarFunction } from './registry.ts';

/** What arrays and bags share, sets, and access by paths. */

/** The elements of a dynamic array as JSON texts; none when it is no array. */
export const elementsOf = (d: Sql): Sql => sql`JSONExtractArrayRaw(${d})`;
/** JSON texts as a dynamic array. */
export const arrayFrom = (elements: Sql): Sql => sql`concat('[', arrayStringConcat(${elements}, ','), ']')`;
export const whenArray = (d: Sql, value: Sql): Sql => sql`if(startsWith(${d}, '['), ${value}, '')`;
const distinctOf = (elements: Sql): Sql => sql`arrayDistinct(${elements})`;
export const elementText = (e: Sql): Sql => sql`if(startsWith(${e}, '"'), JSONExtractString(${e}), ${e})`;
/** The text of a member, or what a type makes of it. */
const extractJson = scalarWith(
  'extract_json',
  ['string', 'any', 'any?'],
  'binder',
  ([p, d], call) => {
    const keys = jsonPath(p!.literal?.value);
    if (!keys) return call.fail('the path must be a constant such as $.a.b[0]');
    const member: Operand = {
      sql: cleanJson(sql`JSONExtractRaw(${toText(d!)}, ${join(keys)})`),
      type: 'dynamic',
      nullable: false,
    };
    if (call.result === 'string') return elementText(member.sql);
    return convert(member, call.result, call.zone)?.sql ?? call.fail(`a member cannot be taken as ${call.result}`);
  },
  'maybe',
);

export const dynamicFunctions: readonly ScalarFunction[] = [
  scalarWith('set_union', ['...dynamic'], 'dynamic', (args) =>
    arrayFrom(distinctOf(sql`arrayConcat(${join(args.map((a) => elementsOf(a.sql)))})`)),
  ),
  scalarWith('set_intersect', ['...dynamic'], 'dynamic', (args) =>
    arrayFrom(distinctOf(sql`arrayIntersect(${join(args.map((a) => elementsOf(a.sql)))})`)),
  ),
  scalarWith('set_difference', ['dynamic', '...dynamic'], 'dynamic', ([first, ...others]) =>
    arrayFrom(
      others.reduce((left, a) => sql`arrayExcept(${left}, ${elementsOf(a.sql)})`, distinctOf(elementsOf(first!.sql))),
    ),
  ),
  scalarWith(
    'set_equals',
    ['dynamic', 'dynamic'],
    'bool',
    ([a, b]) => sql`(arraySort(${distinctOf(elementsOf(a!.sql))}) = arraySort(${distinctOf(elementsOf(b!.sql))}))`,
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
  extractJson,
  alias('extractjson', extractJson),
];
function jsonPath(path: unknown): Sql[] | undefined {
  // The real engine takes `$name` as it takes `$.name`, and content is written so.
  const dotted = typeof path === 'string' ? path.replace(/^\$(?=\w)/, '$.') : '';
  if (!/^\$(\.\w+|\.(?=\[)|\['[^']*'\]|\["[^"]*"\]|\[\d+\])+$/.test(dotted)) return undefined;
  return [...dotted.matchAll(/\.(\w+)|\['([^']*)'\]|\["([^"]*)"\]|\[(\d+)\]/g)].map((m) =>
    m[4] === undefined ? string(m[1] ?? m[2] ?? m[3] ?? '') : sql`${string(m[4])}::Int64 + 1`,
  );
}
