import { identifier, integer, join, sql, type Sql } from '../sql.ts';
import { fromUnixTicks, toDynamic, toJsonElement, unixTicks } from './convert.ts';
import { arrayFrom, elementsOf } from './dynamic.ts';
import { percentileAggregates } from './percentiles.ts';
import type { AggregateFunction, CallInfo, Operand } from './registry.ts';
import { sketchAggregates } from './sketches.ts';

type Build = AggregateFunction['build'];
const make = (
  name: string,
  parameters: AggregateFunction['parameters'],
  result: AggregateFunction['result'],
  build: Build,
  more: Partial<AggregateFunction> = {},
): AggregateFunction => ({
  name,
  parameters,
  result,
  build,
  ...more,
});

/** Numbers of other types as the engine's aggregates take them, and back. */
const summable = (o: Operand): Sql => o.sql;
const average = (o: Operand, text: (value: Sql) => Sql): Sql => {
  const known = (value: Sql): Sql => sql`if(isFinite(${text(value)}), toInt64(${text(value)}), NULL)`;
  if (o.type === 'datetime') return fromUnixTicks(known(sql`toInt64(${unixTicks(o.sql)})`));
  if (o.type === 'timespan') return known(o.sql);
  return sql`toFloat64(ifNull(${text(o.sql)}, nan))`;
};

const where = (o: Operand): Sql => sql`ifNull(${o.sql}, false)`;

/** Dynamic arrays give their elements, not themselves; a null stays. */
const elementsOrSelf = (value: Operand): Sql =>
  sql`if(startsWith(${value.sql}, '['), ${elementsOf(value.sql)}, [${toJsonElement(value)}])`;
function flatList(value: Operand, limit: Operand | undefined, order: Sql | undefined, condition?: Sql): Sql {
  const keep = condition ?? sql`true`;
  const gathered = order
    ? sql`arrayMap(p -> p.2, arraySort(p -> p.1, groupArrayIf((${order}, ${elementsOrSelf(value)}), ${keep})))`
    : sql`groupArrayIf(${elementsOrSelf(value)}, ${keep})`;
  return arrayFrom(sql`arraySlice(arrayFlatten(${gathered}), 1, ${limit ? limit.sql : integer(1_048_576)})`);
}
/** Values as they are, gathered in the order of the rows when they have one, and made JSON once gathered. */
function gather(value: Operand, order: Sql | undefined, condition: Sql | undefined, unique: boolean): Sql {
  const present = value.nullable ? sql`isNotNull(${value.sql})` : sql`true`;
  const keep = condition ? sql`${present} AND ${condition}` : present;
  const plain = value.nullable ? sql`assumeNotNull(${value.sql})` : value.sql;
  const ordered = (rank: Sql): Sql => {
    const all = sql`arrayMap(p -> p.2, arraySort(p -> p.1, groupArrayIf((${rank}, ${plain}), ${keep})))`;
    return unique ? sql`arrayDistinct(${all})` : all;
  };
  return order
    ? ordered(order)
    : unique
      ? sql`groupUniqArrayIf(${plain}, ${keep})`
      : sql`groupArrayIf(${plain}, ${keep})`;
}
const asJson = (value: Operand, gathered: Sql, limit: Operand | undefined): Sql => {
  const one = toDynamic({ sql: identifier('x'), type: value.type, nullable: false });
  return arrayFrom(sql`arrayMap(x -> ${one}, arraySlice(${gathered}, 1, ${limit ? limit.sql : integer(1_048_576)}))`);
};

/** Nulls are left out; a dynamic's stay, and its arrays give their elements. */
const list = (value: Operand, limit: Operand | undefined, order: Sql | undefined, condition?: Sql): Sql =>
  value.type === 'dynamic'
    ? flatList(value, limit, order, condition)
    : asJson(value, gather(value, order, condition, false), limit);
function listWithNulls(value: Operand, order: Sql | undefined): Sql {
  if (value.type === 'dynamic') return flatList(value, undefined, order);
  const json = toJsonElement(value);
  return arrayFrom(
    order ? sql`arrayMap(p -> p.2, arraySort(p -> p.1, groupArray((${order}, ${json}))))` : sql`groupArray(${json})`,
  );
}
function set(value: Operand, limit: Operand | undefined, order: Sql | undefined, condition?: Sql): Sql {
  if (value.type !== 'dynamic') return asJson(value, gather(value, order, condition, true), limit);
  const keep = condition ? sql`${value.sql} != '' AND ${condition}` : sql`${value.sql} != ''`;
  const all = order
    ? sql`arrayMap(p -> p.2, arraySort(p -> p.1, groupArrayIf((${order}, ${elementsOrSelf(value)}), ${keep})))`
    : sql`groupUniqArrayIf(${elementsOrSelf(value)}, ${keep})`;
  return arrayFrom(sql`arraySlice(arrayDistinct(arrayFlatten(${all})), 1, ${limit ? limit.sql : integer(1_048_576)})`);
}
/** A dynamic array's own elements are what a set is made of. */
const bag = (value: Operand, limit: Operand | undefined, condition?: Sql): Sql => {
  const pairs = sql`arrayFlatten(groupArrayIf(JSONExtractKeysAndValuesRaw(${value.sql}), ${condition ?? sql`true`}))`;
  const first = sql`arraySlice(arrayFilter((p, n) -> n = 1, ${pairs}, arrayEnumerateUniq(arrayMap(p -> p.1, ${pairs}))), 1, ${limit ? limit.sql : integer(1_048_576)})`;
  return sql`concat('{', arrayStringConcat(arrayMap(p -> concat(toJSONString(p.1), ':', p.2), ${first}), ','), '}')`;
};

const columns = (values: readonly Operand[]): Sql => sql`tuple(${join(values.map((v) => v.sql))})`;
const mostApart = 4;
/** The row with the greatest (least) value. Rows whose value is null count only when there is no other. */
const extremeRow =
  (fn: Sql, ifFn: Sql): Build =>
  ([by, ...values], call) => {
    const row = call.name(columns(values));
    const key = by!.type === 'dynamic' ? sql`ifNull(toFloat64OrNull(${by!.sql}), 0)` : by!.sql;
    const max = fn.text === 'argMax';
    const ranked =
      by!.type === 'real'
        ? max
          ? sql`(isNaN(assumeNotNull(${key})), assumeNotNull(${key}))`
          : sql`(NOT isNaN(assumeNotNull(${key})), assumeNotNull(${key}))`
        : sql`assumeNotNull(${key})`;
    if (!by!.nullable) return sql`${fn}(${row}, ${key})`;
    const known = sql`isNotNull(${key})`;
    // A few texts each by itself are far faster than a row of them; of rows with the same key both take the same.
    const apart = values.length <= mostApart && values.every((v) => v.type === 'string' || v.type === 'dynamic');
    const best = apart
      ? columns(values.map((v) => ({ ...v, sql: sql`${ifFn}(${v.sql}, ${ranked}, ${known})` })))
      : sql`${ifFn}(${row}, ${ranked}, ${known})`;
    return sql`if(countIf(${known}) > 0, ${best}, any(${row}))`;
  };
/** A NaN wins over every number, at both ends. */
const withNan = (text: Sql, v: Operand, test: Sql): Sql =>
  v.type === 'real' ? sql`if(countIf(isNaN(${v.sql}) AND ${test}) > 0, nan, ${text})` : text;
/** A dynamic is compared by number where there are numbers, else by its text. */
const ofDynamic = (fn: Sql, v: Operand, test: Sql): Sql =>
  sql`if(countIf(isNotNull(toFloat64OrNull(${v.sql})) AND ${test}) > 0, ifNull(toString(${fn}If(toFloat64OrNull(${v.sql}), ${test})), ''), ${fn}If(${v.sql}, ${v.sql} != '' AND ${test}))`;
/** Over no rows the answer is null, not the engine's zero. */
const orNull = (v: Operand): Sql => (v.type === 'string' ? v.sql : sql`toNullable(${v.sql})`);
const extremeOf = (fn: Sql, v: Operand, test: Sql): Sql =>
  v.type === 'dynamic' ? ofDynamic(fn, v, test) : withNan(sql`${fn}If(${orNull(v)}, ${test})`, v, test);
const extreme =
  (fn: Sql): Build =>
  ([v]) =>
    v!.type === 'dynamic' || v!.type === 'real' ? extremeOf(fn, v!, sql`true`) : sql`${fn}(${orNull(v!)})`;
const extremeIf =
  (fn: Sql): Build =>
  ([v, c]) =>
    extremeOf(fn, v!, where(c!));

/** 0 over fewer than two values; NaN where a value is. */
const deviation = (name: string, fn: Sql): readonly AggregateFunction[] => {
  const of = (v: Sql, test: Sql): Sql =>
    sql`multiIf(countIf(NOT isFinite(${v}) AND ${test}) > 0, nan, countIf(isNotNull(${v}) AND ${test}) < 2, 0., toFloat64(ifNull(${fn}If(${v}, ${test}), 0)))`;
  return [
    make(name, ['real'], 'real', ([v]) => of(v!.sql, sql`true`)),
    make(`${name}if`, ['real', 'bool'], 'real', ([v, c]) => of(v!.sql, where(c!))),
  ];
};

/** 0 over fewer than two pairs, as deviations are. */
const joint = (name: string, fn: Sql): readonly AggregateFunction[] => {
  const of = (a: Sql, b: Sql, test: Sql): Sql => {
    const both = sql`isNotNull(${a}) AND isNotNull(${b}) AND ${test}`;
    return sql`if(countIf(${both}) < 2, 0., toFloat64(ifNull(${fn}If(${a}, ${b}, ${both}), 0)))`;
  };
  return [
    make(name, ['real', 'real'], 'real', ([a, b]) => of(a!.sql, b!.sql, sql`true`)),
    make(`${name}if`, ['real', 'real', 'bool'], 'real', ([a, b, c]) => of(a!.sql, b!.sql, where(c!))),
  ];
};

export const countFunction = make('count', ['any?'], 'long', () => sql`toInt64(count())`, { nulls: 'never' });

/** Kusto's accuracy levels all estimate; one estimate within about 0.5 % serves them. */
const distinctCount = (v: Operand, test?: Sql): Sql => {
  // The engine's own estimate leaves NULL out, and of nothing but NULL is NULL.
  const present = v.type === 'dynamic' ? [sql`${v.sql} != ''`] : [];
  const tests = [...present, ...(test ? [test] : [])];
  const estimate = tests.length
    ? sql`uniqCombined64If(${v.sql}, ${join(tests, sql` AND `)})`
    : sql`uniqCombined64(${v.sql})`;
  return sql`toInt64(ifNull(${estimate}, 0))`;
};

export const aggregateTable: readonly AggregateFunction[] = [
  ...percentileAggregates,
  ...sketchAggregates,
  countFunction,
  make('countif', ['bool'], 'long', ([c]) => sql`toInt64(countIf(${where(c!)}))`, { nulls: 'never' }),
  make('dcount', ['any', 'long?'], 'long', ([v]) => distinctCount(v!), { nulls: 'never' }),
  make('dcountif', ['any', 'bool', 'long?'], 'long', ([v, c]) => distinctCount(v!, where(c!)), {
    nulls: 'never',
  }),
  make('count_distinct', ['any'], 'long', ([v]) => sql`toInt64(ifNull(uniqExact(${v!.sql}), 0))`, { nulls: 'never' }),
  make(
    'count_distinctif',
    ['any', 'bool'],
    'long',
    ([v, c]) => sql`toInt64(ifNull(uniqExactIf(${v!.sql}, ${where(c!)}), 0))`,
    { nulls: 'never' },
  ),
  make('sum', ['any'], 'binder', ([v], call) => sumOf(v!, undefined, call)),
  make('sumif', ['any', 'bool'], 'binder', ([v, c], call) => sumOf(v!, where(c!), call)),
  make('avg', ['any'], 'binder', ([v], call) => mean(v!, undefined, call.result)),
  make('avgif', ['any', 'bool'], 'binder', ([v, c], call) => mean(v!, where(c!), call.result)),
  make('min', ['any'], 'first', extreme(sql`min`)),
  make('max', ['any'], 'first', extreme(sql`max`)),
  make('minif', ['any', 'bool'], 'first', extremeIf(sql`min`)),
  make('maxif', ['any', 'bool'], 'first', extremeIf(sql`max`)),
  make('make_list', ['any', 'long?'], 'dynamic', ([v, n], _c, order) => list(v!, n, order), {
    ordered: true,
    nulls: 'never',
  }),
  make('makelist', ['any', 'long?'], 'dynamic', ([v, n], _c, order) => list(v!, n, order), {
    ordered: true,
    nulls: 'never',
  }),
  make('make_list_if', ['any', 'bool', 'long?'], 'dynamic', ([v, c, n], _c, order) => list(v!, n, order, where(c!)), {
    ordered: true,
    nulls: 'never',
  }),
  make('make_list_with_nulls', ['any'], 'dynamic', ([v], _c, order) => listWithNulls(v!, order), {
    ordered: true,
    nulls: 'never',
  }),
  make('make_set', ['any', 'long?'], 'dynamic', ([v, n], _c, order) => set(v!, n, order), {
    ordered: true,
    nulls: 'never',
  }),
  make('makeset', ['any', 'long?'], 'dynamic', ([v, n], _c, order) => set(v!, n, order), {
    ordered: true,
    nulls: 'never',
  }),
  make('make_set_if', ['any', 'bool', 'long?'], 'dynamic', ([v, c, n], _c, order) => set(v!, n, order, where(c!)), {
    ordered: true,
    nulls: 'never',
  }),
  make('make_bag', ['dynamic', 'long?'], 'dynamic', ([v, n]) => bag(v!, n), { nulls: 'never' }),
  make('make_dictionary', ['dynamic', 'long?'], 'dynamic', ([v, n]) => bag(v!, n), { nulls: 'never' }),
  make('make_bag_if', ['dynamic', 'bool', 'long?'], 'dynamic', ([v, c, n]) => bag(v!, n, where(c!)), {
    nulls: 'never',
  }),
  // The different values of a group as they are, for what looks into them afterwards.
  make('$values', ['dynamic'], 'dynamic', ([v]) => arrayFrom(sql`groupUniqArrayIf(${v!.sql}, ${v!.sql} != '')`), {
    nulls: 'never',
  }),
  make('take_any', ['any'], 'first', ([v]) => anyOf(v!)),
  make('any', ['any'], 'first', ([v]) => anyOf(v!)),
  make('take_anyif', ['any', 'bool'], 'first', ([v, c]) => anyIfOf(v!, where(c!))),
  make('anyif', ['any', 'bool'], 'first', ([v, c]) => anyIfOf(v!, where(c!))),
  make('$take_any', ['...any'], 'binder', (values) => sql`any(${columns(values)})`),
  make('$arg_max', ['any', '...any'], 'binder', extremeRow(sql`argMax`, sql`argMaxIf`)),
  make('$arg_min', ['any', '...any'], 'binder', extremeRow(sql`argMin`, sql`argMinIf`)),
  ...deviation('stdev', sql`stddevSamp`),
  ...deviation('stdevp', sql`stddevPop`),
  ...deviation('variance', sql`varSamp`),
  ...deviation('variancep', sql`varPop`),
  ...joint('covariance', sql`covarSamp`),
  ...joint('covariancep', sql`covarPop`),
  make('binary_all_and', ['long'], 'long', ([v]) => sql`groupBitAnd(${v!.sql})`),
  make('binary_all_or', ['long'], 'long', ([v]) => sql`groupBitOr(${v!.sql})`),
  make('binary_all_xor', ['long'], 'long', ([v]) => sql`groupBitXor(${v!.sql})`),
];
const anyOf = (v: Operand): Sql =>
  v.type === 'string' || v.type === 'dynamic' ? sql`anyIf(${v.sql}, ${v.sql} != '')` : sql`any(${orNull(v)})`;
const anyIfOf = (v: Operand, test: Sql): Sql =>
  v.type === 'string' || v.type === 'dynamic'
    ? sql`anyIf(${v.sql}, ${test} AND ${v.sql} != '')`
    : sql`anyIf(${orNull(v)}, ${test})`;
function sumOf(v: Operand, test: Sql | undefined, call: CallInfo): Sql {
  const { result } = call;
  if (v.type === 'datetime' || v.type === 'guid') return call.fail(`a ${v.type} cannot be added up`);
  const o: Operand =
    v.type === 'dynamic' || v.type === 'string' ? { ...v, sql: sql`toFloat64OrNull(${v.sql})`, type: 'real' } : v;
  const text = test ? sql`sumIf(${summable(o)}, ${test})` : sql`sum(${summable(o)})`;
  const zero =
    result === 'real'
      ? sql`toFloat64(ifNull(${text}, 0))`
      : result === 'decimal'
        ? sql`ifNull(${text}, toDecimal128(0, 18))`
        : sql`toInt64(ifNull(${text}, 0))`;
  return zero;
}
function mean(v: Operand, test: Sql | undefined, result: string): Sql {
  const o: Operand =
    v.type === 'dynamic' || v.type === 'string' ? { ...v, sql: sql`toFloat64OrNull(${v.sql})`, type: 'real' } : v;
  // Over nothing the answer is NaN, or null where the type has none.
  const of = (value: Sql): Sql => (test ? sql`avgIf(${value}, ${test})` : sql`avg(${value})`);
  if (result === 'decimal') return sql`toDecimal128(${of(sql`toFloat64(${o.sql})`)}, 18)`;
  return average(o, of);
}
