import { identifier, join, sql, string, type Sql } from '../sql.ts';
import { quoteJson, toDynamic, toJsonElement, toText } from './convert.ts';
import { arrayFrom, elementsOf, whenArray } from './dynamic.ts';
import { alias, scalar, scalarWith, type CallInfo, type Operand, type ScalarFunction } from './registry.ts';
import { stringsToDynamic } from './strings.ts';

/** Bags, kept as JSON text. */

const pairsOf = (d: Sql): Sql => sql`JSONExtractKeysAndValuesRaw(${d})`;
const bagFrom = (pairs: Sql): Sql =>
  sql`concat('{', arrayStringConcat(arrayMap(p -> concat(${quoteJson(sql`p.1`)}, ':', p.2), ${pairs}), ','), '}')`;
/** Of pairs with the same key the first. */
export const firstOfKeys = (pairs: Sql): Sql =>
  sql`arrayFilter((p, n) -> n = 1, ${pairs}, arrayEnumerateUniq(arrayMap(p -> p.1, ${pairs})))`;
const whenBag = (d: Sql, value: Sql): Sql => sql`if(startsWith(${d}, '{'), ${value}, '')`;
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

/** The first bag that has a key gives its value. */
const merge: ScalarFunction['build'] = (args, call) =>
  bagFrom(firstOfKeys(call.name(sql`arrayConcat(${join(args.map((a) => pairsOf(a.sql)))})`)));

/** The names of a path such as `$.a['b']`; a key that is no path names itself. */
function namesOf(key: string, call: CallInfo): readonly string[] {
  if (!/^\$[.[]/.test(key)) return [key];
  if (!/^\$(\.\w+|\.?\['[^']*'\]|\.?\["[^"]*"\])+$/.test(key))
    return call.fail(`the path ${key} is not supported: name members as in $.a.b or $['a']['b']`);
  return [...key.matchAll(/\.(\w+)|\['([^']*)'\]|\["([^"]*)"\]/g)].map((m) => m[1] ?? m[2] ?? m[3] ?? '');
}
/** A key of the query's data names a member of the bag itself; a path among them stops the query. */
const plainKey = (key: Sql): Sql =>
  sql`if(throwIf(startsWith(${key}, '$.'), 'a path must be a constant of the query'), '', ${key})`;
const constantKey = (key: Operand, call: CallInfo): readonly string[] | undefined =>
  typeof key.literal?.value === 'string' ? namesOf(key.literal.value, call) : undefined;

const hasKey: ScalarFunction['build'] = ([d, key], call) => {
  const names = constantKey(key!, call);
  return names && names.length > 1
    ? sql`toBool(JSONHas(${d!.sql}, ${join(names.map(string))}))`
    : sql`has(JSONExtractKeys(${d!.sql}), ${names ? string(names[0]!) : plainKey(key!.sql)})`;
};

interface Removal {
  readonly whole: readonly string[];
  readonly within: ReadonlyMap<string, readonly (readonly string[])[]>;
}
function removalOf(paths: readonly (readonly string[])[]): Removal {
  const within = new Map<string, (readonly string[])[]>();
  for (const [first, ...rest] of paths) if (rest.length) within.set(first!, [...(within.get(first!) ?? []), rest]);
  return { whole: paths.flatMap((p) => (p.length === 1 ? p : [])), within };
}
function without(bag: Sql, paths: readonly (readonly string[])[], depth = 0): Sql {
  const { whole, within } = removalOf(paths);
  const kept = whole.length
    ? sql`arrayFilter(p -> p.1 NOT IN (${join(whole.map(string))}), ${pairsOf(bag)})`
    : pairsOf(bag);
  if (!within.size) return bagFrom(kept);
  const p = identifier(`p${depth}`);
  const inner = [...within].map(
    ([name, rest]) =>
      sql`${p}.1 = ${string(name)} AND startsWith(${p}.2, '{'), ${without(sql`${p}.2`, rest, depth + 1)}`,
  );
  return bagFrom(sql`arrayMap(${p} -> (${p}.1, multiIf(${join(inner)}, ${p}.2)), ${kept})`);
}
const removeKeys: ScalarFunction['build'] = ([d, keys], call) => {
  if (typeof keys!.literal?.value !== 'string') {
    const list = sql`arrayMap(k -> ${plainKey(sql`k`)}, JSONExtract(${keys!.sql}, 'Array(String)'))`;
    return whenBag(d!.sql, bagFrom(sql`arrayFilter(p -> NOT has(${list}, p.1), ${pairsOf(d!.sql)})`));
  }
  const list: unknown = JSON.parse(keys!.literal.value);
  const paths = (Array.isArray(list) ? list : []).flatMap((k: unknown) =>
    typeof k === 'string' ? [namesOf(k, call)] : [],
  );
  return whenBag(d!.sql, paths.length ? without(d!.sql, paths) : d!.sql);
};

/** The member comes last, as the real engine puts it; what lies on the way and is no bag becomes one. */
function withMember(bag: Sql, [name, ...rest]: readonly Sql[], value: Sql): Sql {
  const own = rest.length ? withMember(sql`JSONExtractRaw(${bag}, ${name!})`, rest, value) : value;
  return bagFrom(sql`arrayPushBack(arrayFilter(p -> p.1 != ${name!}, ${pairsOf(bag)}), (${name!}, ${own}))`);
}
const setKey: ScalarFunction['build'] = ([d, key, v], call) => {
  const names = constantKey(key!, call)?.map(string) ?? [plainKey(key!.sql)];
  return whenBag(d!.sql, withMember(d!.sql, names, toJsonElement(v!)));
};

export const bagFunctions: readonly ScalarFunction[] = [
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
  scalar(
    'bag_keys',
    ['dynamic'],
    'dynamic',
    (d) => sql`if(startsWith(${d}, '{'), ${stringsToDynamic(sql`JSONExtractKeys(${d})`)}, '')`,
  ),
  scalarWith('bag_has_key', ['dynamic', 'string'], 'bool', hasKey),
  scalarWith('bag_merge', ['dynamic', '...dynamic'], 'dynamic', merge),
  scalarWith('bag_remove_keys', ['dynamic', 'dynamic'], 'dynamic', removeKeys),
  scalarWith('bag_set_key', ['dynamic', 'string', 'any'], 'dynamic', setKey),
  scalarWith('bag_zip', ['dynamic', 'dynamic'], 'dynamic', ([k, v], call) => {
    const keys = call.name(elementsOf(k!.sql));
    const values = sql`arrayResize(${elementsOf(v!.sql)}, length(${keys}), 'null')`;
    // Only texts can be keys.
    const pairs = sql`arrayMap((k, v) -> (JSONExtractString(k), v, startsWith(k, '"')), ${keys}, ${values})`;
    return whenArray(k!.sql, bagFrom(sql`arrayFilter(p -> p.3, ${pairs})`));
  }),
];
