import { identifier, join, sql, string, type Sql } from '../sql.ts';
import { cleanJson, quoteJson, toJsonElement, toText, toDynamic } from './convert.ts';
import { stringsToDynamic } from './strings.ts';
import {
  alias,
  engineTyped,
  scalar,
  scalarWith,
  type CallInfo,
  type Operand,
  type ScalarFunction,
} from './registry.ts';

/** Arrays and bags, kept as JSON text. */

const x = identifier('x');
/** The elements of a dynamic array as JSON texts; none when it is no array. */
export const elementsOf = (d: Sql): Sql => sql`arrayMap(x -> replaceAll(x, '\\\\/', '/'), JSONExtractArrayRaw(${d}))`;
/** JSON texts as a dynamic array. */
export const arrayFrom = (elements: Sql): Sql => sql`concat('[', arrayStringConcat(${elements}, ','), ']')`;
const whenArray = (d: Sql, value: Sql): Sql => sql`if(startsWith(${d}, '['), ${value}, '')`;
const pairsOf = (d: Sql): Sql =>
  sql`arrayMap(p -> (p.1, replaceAll(p.2, '\\\\/', '/')), JSONExtractKeysAndValuesRaw(${d}))`;
const bagFrom = (pairs: Sql): Sql =>
  sql`concat('{', arrayStringConcat(arrayMap(p -> concat(${quoteJson(sql`p.1`)}, ':', p.2), ${pairs}), ','), '}')`;
const packed = (args: readonly Operand[]): Sql => {
  const parts: Sql[] = [];
  for (let i = 0; i + 1 < args.length; i += 2) {
    const key =
      typeof args[i]!.literal?.value === 'string'
        ? string(JSON.stringify(args[i]!.literal!.value))
        : quoteJson(toText(args[i]!));
    parts.push(sql`concat(${key}, ':', ${toJsonElement(args[i + 1]!)})`);
  }
  return parts.length ? sql`concat('{', ${join(parts, sql`, ',', `)}, '}')` : sql`'{}'`;
};
const pack = scalarWith('bag_pack', ['...any'], 'dynamic', (args) => packed(args), 'never');
const distinctOf = (elements: Sql): Sql => sql`arrayDistinct(${elements})`;
const elementText = (e: Sql): Sql => sql`if(startsWith(${e}, '"'), JSONExtractString(${e}), ${e})`;
const numberOf = (e: Sql): Sql => sql`toFloat64OrNull(${elementText(e)})`;
const sorted = (name: string, fn: Sql): ScalarFunction =>
  scalarWith(name, ['dynamic', 'any?'], 'dynamic', ([a, nullsLast], call) => {
    if (nullsLast && nullsLast.type !== 'bool') return call.fail('sorting other arrays along is not supported');
    const d = a!.sql;
    const list = elementsOf(d);
    // Numbers by value, texts by text, nulls at the end.
    const values = sql`arrayFilter(x -> x != 'null', ${list})`;
    const key = sql`(toFloat64OrNull(x) IS NULL, ifNull(toFloat64OrNull(x), 0), ${elementText(x)})`;
    const inOrder = sql`${fn}(x -> ${key}, ${values})`;
    const nulls = sql`arrayFilter(x -> x = 'null', ${list})`;
    const last = nullsLast?.literal?.value !== false;
    return whenArray(
      d,
      arrayFrom(last ? sql`arrayConcat(${inOrder}, ${nulls})` : sql`arrayConcat(${nulls}, ${inOrder})`),
    );
  });
const arrayLength = (d: Sql): Sql => sql`if(startsWith(${d}, '['), toInt64(JSONLength(${d})), NULL)`;
const at = (i: Sql, length: Sql): Sql => sql`if(${i} < 0, greatest(${i} + ${length}, 0), ${i})`;

const merge = (args: readonly Operand[]): Sql => {
  // The first bag that has a key gives its value.
  const pairs = sql`arrayConcat(${join(args.map((a) => pairsOf(a.sql)))})`;
  return bagFrom(
    sql`arrayFilter((p, i) -> i = indexOf(arrayMap(q -> q.1, ${pairs}), p.1), ${pairs}, arrayEnumerate(${pairs}))`,
  );
};

/** A key that is a path (`$.a.b`) means more than a name. */
const noPath = (key: Operand, call: CallInfo): undefined => {
  if (typeof key.literal?.value === 'string' && key.literal.value.includes('$.'))
    call.fail('paths such as $.a.b are not supported');
  return undefined;
};

export const dynamicFunctions: readonly ScalarFunction[] = [
  pack,
  alias('pack', pack),
  alias('pack_dictionary', pack),
  scalarWith(
    '$pack_non_empty',
    ['...any'],
    'dynamic',
    (args) => {
      const parts: Sql[] = [];
      for (let i = 0; i + 1 < args.length; i += 2) {
        const value = args[i + 1]!;
        const json = toDynamic(value);
        parts.push(
          sql`if(${json} IN ('', '""'), '', concat(${string(JSON.stringify(args[i]!.literal!.value))}, ':', ${json}))`,
        );
      }
      return sql`concat('{', arrayStringConcat(arrayFilter(x -> x != '', [${join(parts)}]), ','), '}')`;
    },
    'never',
  ),
  scalarWith(
    'pack_array',
    ['...any'],
    'dynamic',
    (args) => (args.length ? arrayFrom(sql`[${join(args.map(toJsonElement))}]`) : sql`'[]'`),
    'never',
  ),
  scalar('array_length', ['dynamic'], 'long', arrayLength, 'maybe'),
  alias('arraylength', scalar('array_length', ['dynamic'], 'long', arrayLength, 'maybe')),
  scalarWith('array_concat', ['...dynamic'], 'dynamic', (args) =>
    arrayFrom(sql`arrayConcat(${join(args.map((a) => elementsOf(a.sql)))})`),
  ),
  scalar('array_reverse', ['dynamic'], 'dynamic', (d) => whenArray(d, arrayFrom(sql`reverse(${elementsOf(d)})`))),
  scalar('array_slice', ['dynamic', 'long', 'long'], 'dynamic', (d, from, to) => {
    const length = sql`toInt64(JSONLength(${d}))`;
    return whenArray(
      d,
      arrayFrom(
        sql`arraySlice(${elementsOf(d)}, ${at(from, length)} + 1, greatest(${at(to, length)} - ${at(from, length)} + 1, 0))`,
      ),
    );
  }),
  scalar(
    'array_sum',
    ['dynamic'],
    'real',
    (d) => sql`if(startsWith(${d}, '['), arraySum(x -> ifNull(${numberOf(x)}, 0), ${elementsOf(d)}), NULL)`,
    'maybe',
  ),
  scalarWith(
    'array_index_of',
    ['dynamic', 'any', 'long?', 'long?', 'long?'],
    'long',
    ([d, v, start, length, occurrence]) => {
      const list = elementsOf(d!.sql);
      const size = sql`toInt64(length(${list}))`;
      const from = start ? at(start.sql, size) : sql`0`;
      const to = length ? sql`if(${length.sql} < 0, ${size}, ${from} + ${length.sql})` : size;
      const places = sql`arrayFilter(i -> i > ${from} AND i <= ${to} AND arrayElement(${list}, i) = ${toJsonElement(v!)}, arrayEnumerate(${list}))`;
      const n = occurrence?.sql ?? sql`1`;
      return sql`if(${n} < 1 OR length(${places}) < ${n}, -1, toInt64(arrayElement(${places}, ${n})) - 1)`;
    },
  ),
  sorted('array_sort_asc', sql`arraySort`),
  sorted('array_sort_desc', sql`arrayReverseSort`),
  scalar('array_rotate_left', ['dynamic', 'long'], 'dynamic', (d, n) =>
    whenArray(d, arrayFrom(sql`arrayRotateLeft(${elementsOf(d)}, ${n})`)),
  ),
  scalar('array_rotate_right', ['dynamic', 'long'], 'dynamic', (d, n) =>
    whenArray(d, arrayFrom(sql`arrayRotateRight(${elementsOf(d)}, ${n})`)),
  ),
  scalarWith('array_shift_left', ['dynamic', 'long', 'any?'], 'dynamic', ([d, n, fill]) =>
    whenArray(
      d!.sql,
      arrayFrom(sql`arrayShiftLeft(${elementsOf(d!.sql)}, ${n!.sql}, ${fill ? toJsonElement(fill) : sql`'null'`})`),
    ),
  ),
  scalarWith('array_shift_right', ['dynamic', 'long', 'any?'], 'dynamic', ([d, n, fill]) =>
    whenArray(
      d!.sql,
      arrayFrom(sql`arrayShiftRight(${elementsOf(d!.sql)}, ${n!.sql}, ${fill ? toJsonElement(fill) : sql`'null'`})`),
    ),
  ),
  scalarWith('array_iff', ['dynamic', 'any', 'any'], 'dynamic', ([c, a, b]) => {
    const side = (o: Operand): Sql =>
      o.type === 'dynamic'
        ? sql`if(startsWith(${o.sql}, '['), ifNull(nullIf(arrayElement(${elementsOf(o.sql)}, i), ''), 'null'), ${toJsonElement(o)})`
        : toJsonElement(o);
    return whenArray(
      c!.sql,
      arrayFrom(
        sql`arrayMap((x, i) -> multiIf(x NOT IN ('true', 'false') AND toFloat64OrNull(x) IS NULL, 'null', x = 'true' OR (toFloat64OrZero(x) != 0), ${side(a!)}, ${side(b!)}), ${elementsOf(c!.sql)}, arrayEnumerate(${elementsOf(c!.sql)}))`,
      ),
    );
  }),
  scalarWith('array_split', ['dynamic', 'any'], 'dynamic', ([d, at2]) => {
    const list = elementsOf(d!.sql);
    const length = sql`toInt64(length(${list}))`;
    const raw =
      at2!.type === 'dynamic'
        ? sql`arrayMap(x -> toInt64OrZero(x), if(startsWith(${at2!.sql}, '['), JSONExtractArrayRaw(${at2!.sql}), [${at2!.sql}]))`
        : sql`[toInt64(${at2!.sql})]`;
    const cuts = sql`arrayMap(i -> if(i < 0, greatest(i + ${length}, 0), least(i, ${length})), ${raw})`;
    return whenArray(
      d!.sql,
      arrayFrom(
        sql`arrayMap((f, t) -> concat('[', arrayStringConcat(arraySlice(${list}, f + 1, greatest(t - f, 0)), ','), ']'), arrayConcat([0], ${cuts}), arrayConcat(${cuts}, [${length}]))`,
      ),
    );
  }),
  scalar(
    'bag_keys',
    ['dynamic'],
    'dynamic',
    (d) => sql`if(startsWith(${d}, '{'), ${stringsToDynamic(sql`JSONExtractKeys(${d})`)}, '')`,
  ),
  scalarWith('bag_has_key', ['dynamic', 'string'], 'bool', ([d, key], call) => {
    noPath(key!, call);
    return sql`has(JSONExtractKeys(${d!.sql}), ${key!.sql})`;
  }),
  scalarWith('bag_merge', ['dynamic', '...dynamic'], 'dynamic', merge),
  scalarWith(
    'bag_remove_keys',
    ['dynamic', 'dynamic'],
    'dynamic',
    ([d, keys], call) =>
      noPath(keys!, call) ??
      sql`if(startsWith(${d!.sql}, '{'), ${bagFrom(sql`arrayFilter(p -> NOT has(JSONExtract(${keys!.sql}, 'Array(String)'), p.1), ${pairsOf(d!.sql)})`)}, '')`,
  ),
  scalarWith('bag_set_key', ['dynamic', 'string', 'any'], 'dynamic', ([d, key, v], call) => {
    noPath(key!, call);
    const own = pairsOf(d!.sql);
    const value = toJsonElement(v!);
    return bagFrom(
      sql`arrayConcat(arrayMap(p -> (p.1, if(p.1 = ${key!.sql}, ${value}, p.2)), ${own}), if(has(JSONExtractKeys(${d!.sql}), ${key!.sql}), [], [(${key!.sql}, ${value})]))`,
    );
  }),
  scalarWith('bag_zip', ['dynamic', 'dynamic'], 'dynamic', ([k, v]) => {
    const keys = elementsOf(k!.sql);
    const values = elementsOf(v!.sql);
    // Only texts can be keys.
    const pairs = sql`arrayMap((k, i) -> (JSONExtractString(k), if(i <= length(${values}), arrayElement(${values}, i), 'null'), startsWith(k, '"')), ${keys}, arrayEnumerate(${keys}))`;
    return whenArray(k!.sql, bagFrom(sql`arrayFilter(p -> p.3, ${pairs})`));
  }),
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
  scalarWith('zip', ['dynamic', '...dynamic'], 'dynamic', (args) => {
    const lists = args.map((a) => elementsOf(a.sql));
    const longest = sql`arrayMax([${join(lists.map((l) => sql`length(${l})`))}])`;
    const cell = (l: Sql): Sql => sql`if(i <= length(${l}), arrayElement(${l}, i), 'null')`;
    return arrayFrom(
      sql`arrayMap(i -> concat('[', ${join(lists.map(cell), sql`, ',', `)}, ']'), range(1, ${longest} + 1))`,
    );
  }),
  scalarWith('repeat', ['any', 'long'], 'dynamic', ([v, n]) =>
    arrayFrom(sql`arrayMap(i -> ${toJsonElement(v!)}, range(toUInt64(greatest(ifNull(${n!.sql}, 0), 0))))`),
  ),
  scalarWith('range', ['any', 'any', 'any?'], 'dynamic', ([from, to, step], call) => {
    if (from!.type === 'int' || from!.type === 'long') {
      const s = step?.sql ?? sql`1`;
      return arrayFrom(
        sql`arrayMap(i -> toString(${from!.sql} + i * ${s}), range(toUInt64(least(greatest(intDiv(${to!.sql} - ${from!.sql}, ${s}) + 1, 0), 1048576))))`,
      );
    }
    return call.fail(`a range of ${from!.type} is not supported`);
  }),
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
