import { identifier, integer, join, sql, type Sql } from '../sql.ts';
import { fromUnixTicks, toJsonElement, unixTicks } from './convert.ts';
import { arrayFrom, elementsOf, elementText, whenArray } from './dynamic.ts';
import { alias, scalar, scalarWith, type Operand, type ScalarFunction } from './registry.ts';

/** Arrays, kept as JSON text. */

const x = identifier('x');
const arrayLength = scalar(
  'array_length',
  ['dynamic'],
  'long',
  (d) => sql`if(startsWith(${d}, '['), toInt64(JSONLength(${d})), NULL)`,
  'maybe',
);
const at = (i: Sql, length: Sql): Sql => sql`if(${i} < 0, greatest(${i} + ${length}, 0), ${i})`;

/** Numbers first, then texts, then the rest, whichever way each of them is sorted; nulls at one end. */
function sortKey(element: Sql, descending: boolean, nullsLast: boolean): Sql {
  const number = sql`toFloat64OrNull(${element})`;
  const kind = sql`multiIf(${element} = 'null', ${nullsLast ? sql`3` : sql`-1`}, ${number} IS NOT NULL, 0, startsWith(${element}, '"'), 1, 2)`;
  return sql`(${descending ? sql`-${kind}` : kind}, ifNull(${number}, 0), ${elementText(element)})`;
}
/**
 * One array, or several of which the first gives the order: an array of them all then, those of another length null.
 * https://learn.microsoft.com/kusto/query/array-sort-asc-function
 */
const sorted = (name: string, descending: boolean): ScalarFunction =>
  scalarWith(name, ['dynamic', '...any'], 'dynamic', (args, call) => {
    const last = args.at(-1)!;
    const flagged = args.length > 1 && last.type === 'bool';
    const arrays = flagged ? args.slice(0, -1) : args;
    if (flagged && !last.literal) return call.fail('whether nulls are last must be a constant');
    const nullsLast = !flagged || last.literal?.value !== false;
    const fn = descending ? sql`arrayReverseSort` : sql`arraySort`;
    const [first, ...others] = arrays.map((a) => call.name(elementsOf(a.sql)));
    const key = (e: Sql): Sql => sortKey(e, descending, nullsLast);
    if (others.length === 0) return whenArray(args[0]!.sql, arrayFrom(sql`${fn}(x -> ${key(x)}, ${first!})`));
    // The same keys give the same order to each of them. An array that a lambda closes over would be copied for each element.
    const along = [first!, ...others].map(
      (list) =>
        sql`if(length(${list}) = length(${first!}), ${arrayFrom(sql`${fn}((x, y) -> ${key(sql`y`)}, ${list}, arrayResize(${first!}, length(${list}), 'null'))`)}, 'null')`,
    );
    return whenArray(args[0]!.sql, arrayFrom(sql`[${join(along)}]`));
  });

/** Kusto's own bound of a range. */
const maxRange = integer(1_048_576);
/** Values from one to another by steps; as numbers, datetimes, timespans. */
const range: ScalarFunction['build'] = ([from, to, step], call) => {
  const ticks = from!.type === 'datetime';
  const kind = from!.type === 'datetime' || from!.type === 'timespan' ? 'time' : from!.type;
  if (kind !== 'time' && kind !== 'int' && kind !== 'long' && kind !== 'real')
    return call.fail(`a range of ${from!.type} is not supported`);
  const real = [from, to, step].some((o) => o?.type === 'real');
  const line = (o: Operand): Sql => (o.type === 'datetime' ? unixTicks(o.sql) : o.sql);
  const first = call.name(line(from!));
  const by = step?.sql ?? (ticks ? sql`864000000000` : kind === 'time' ? sql`36000000000` : sql`1`);
  const distance = sql`${line(to!)} - ${first}`;
  const count = real ? sql`floor((${distance}) / ${by} + 1e-9)` : sql`intDiv(${distance}, nullIf(${by}, 0))`;
  const value = sql`${first} + toInt64(i) * ${by}`;
  const element: Operand = {
    sql: ticks ? fromUnixTicks(value) : real ? sql`toFloat64(${value})` : value,
    type: real ? 'real' : kind === 'time' ? from!.type : 'long',
    nullable: false,
  };
  return arrayFrom(
    sql`arrayMap(i -> ${toJsonElement(element)}, range(toUInt64(greatest(least(ifNull(${count}, -1) + 1, ${maxRange}), 0))))`,
  );
};

/** What comes in at the end of a shifted array: '' into one of texts. */
const emptyLike = (d: Sql): Sql => sql`if(startsWith(${d}, '["'), '""', 'null')`;

/** Of each element whether it is true chooses from two values, or from what two arrays have at its place. */
const arrayIff: ScalarFunction['build'] = ([c, a, b], call) => {
  const list = call.name(elementsOf(c!.sql));
  const side = (o: Operand): Sql => {
    const all = sql`arrayWithConstant(length(${list}), ${toJsonElement(o)})`;
    return o.type === 'dynamic'
      ? sql`if(startsWith(${o.sql}, '['), arrayResize(${elementsOf(o.sql)}, length(${list}), 'null'), ${all})`
      : all;
  };
  const isNone = sql`x NOT IN ('true', 'false') AND toFloat64OrNull(x) IS NULL`;
  const isTrue = sql`x = 'true' OR toFloat64OrZero(x) != 0`;
  return whenArray(
    c!.sql,
    arrayFrom(
      sql`arrayMap((x, y, n) -> multiIf(${isNone}, 'null', ${isTrue}, y, n), ${list}, ${side(a!)}, ${side(b!)})`,
    ),
  );
};

export const arrayFunctions: readonly ScalarFunction[] = [
  arrayLength,
  alias('arraylength', arrayLength),
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
  // Null where an element is no number; nulls count as nothing.
  scalar(
    'array_sum',
    ['dynamic'],
    'real',
    (d) =>
      sql`if(startsWith(${d}, '[') AND NOT match(${d}, '["{tf]|^\\\\[.*\\\\['), arraySum(JSONExtract(${d}, 'Array(Float64)')), NULL)`,
    'maybe',
  ),
  scalarWith(
    'array_index_of',
    ['dynamic', 'any', 'long?', 'long?', 'long?'],
    'long',
    ([d, v, start, length, occurrence], call) => {
      const list = call.name(elementsOf(d!.sql));
      const size = call.name(sql`toInt64(length(${list}))`);
      const from = start ? call.name(at(start.sql, size)) : sql`0`;
      const to = length ? call.name(sql`if(${length.sql} < 0, ${size}, ${from} + ${length.sql})`) : size;
      const places = sql`arrayFilter((i, e) -> i > ${from} AND i <= ${to} AND e = ${toJsonElement(v!)}, arrayEnumerate(${list}), ${list})`;
      const n = occurrence?.sql ?? sql`1`;
      const found = sql`if(${n} = 0 OR length(${places}) < ${n}, -1, toInt64(arrayElement(${places}, ${n})) - 1)`;
      const none = [...(length ? [sql`${length.sql} < -1`] : []), ...(occurrence ? [sql`${n} < 0`] : [])];
      return none.length ? sql`if(${join(none, sql` OR `)}, NULL, ${found})` : found;
    },
  ),
  scalar('array_rotate_left', ['dynamic', 'long'], 'dynamic', (d, n) =>
    whenArray(d, arrayFrom(sql`arrayRotateLeft(${elementsOf(d)}, ${n})`)),
  ),
  scalar('array_rotate_right', ['dynamic', 'long'], 'dynamic', (d, n) =>
    whenArray(d, arrayFrom(sql`arrayRotateRight(${elementsOf(d)}, ${n})`)),
  ),
  scalarWith('array_shift_left', ['dynamic', 'long', 'any?'], 'dynamic', ([d, n, fill]) =>
    whenArray(
      d!.sql,
      arrayFrom(
        sql`arrayShiftLeft(${elementsOf(d!.sql)}, ${n!.sql}, ${fill ? toJsonElement(fill) : emptyLike(d!.sql)})`,
      ),
    ),
  ),
  scalarWith('array_shift_right', ['dynamic', 'long', 'any?'], 'dynamic', ([d, n, fill]) =>
    whenArray(
      d!.sql,
      arrayFrom(
        sql`arrayShiftRight(${elementsOf(d!.sql)}, ${n!.sql}, ${fill ? toJsonElement(fill) : emptyLike(d!.sql)})`,
      ),
    ),
  ),
  scalarWith('array_iff', ['dynamic', 'any', 'any'], 'dynamic', arrayIff),
  alias('array_iif', scalarWith('array_iff', ['dynamic', 'any', 'any'], 'dynamic', arrayIff)),
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
  sorted('array_sort_asc', false),
  sorted('array_sort_desc', true),
  scalarWith('zip', ['dynamic', '...dynamic'], 'dynamic', (args, call) => {
    const lists = args.map((a) => call.name(elementsOf(a.sql)));
    const longest = call.name(sql`greatest(${join(lists.map((l) => sql`length(${l})`))})`);
    const names = lists.map((_, i) => identifier(`x${i}`));
    const even = lists.map((l) => sql`arrayResize(${l}, ${longest}, 'null')`);
    return arrayFrom(sql`arrayMap((${join(names)}) -> concat('[', ${join(names, sql`, ',', `)}, ']'), ${join(even)})`);
  }),
  scalarWith('repeat', ['any', 'long'], 'dynamic', ([v, n]) =>
    arrayFrom(
      sql`arrayMap(i -> ${toJsonElement(v!)}, range(toUInt64(least(greatest(ifNull(${n!.sql}, 0), 0), ${maxRange}))))`,
    ),
  ),
  scalarWith('range', ['any', 'any', 'any?'], 'dynamic', range),
];
