import { identifier, integer, join, sql, string, type Sql } from '../sql.ts';
import { convert, toJsonElement, toText, unixTicks, fromUnixTicks } from './convert.ts';
import {
  engineTyped,
  scalarWith,
  type AggregateFunction,
  type CallInfo,
  type Operand,
  type ScalarFunction,
} from './registry.ts';

/**
 * What hll() and tdigest() keep of a group, as dynamics that can be stored, merged and asked later. Their inside is the engine's and not
 * the real one's: Kusto promises none.
 */

// ——— hll: `["hll","<state in hexadecimal>"]` ———

/** 2^14 registers, as Kusto's default accuracy. */
const state = sql`'AggregateFunction(uniqCombined64(14), String)'`;
const pack = (hex: Sql): Sql => sql`concat('["hll","', ${hex}, '"]')`;
const hexOf = (d: Sql): Sql => sql`JSONExtractString(${d}, 2)`;
const isHll = (d: Sql): Sql => sql`startsWith(${d}, '["hll",')`;
const stateOf = (d: Sql): Sql => sql`CAST(unhex(${hexOf(d)}), ${state})`;
/** A state of nothing, in the place of what is no sketch. */
const empty = string('["hll","0100"]');
const orEmpty = (d: Sql): Sql => sql`if(${isHll(d)}, ${d}, ${empty})`;
const present = (o: Operand): Sql =>
  o.type === 'string' ? sql`true` : o.type === 'dynamic' ? sql`${o.sql} != ''` : sql`isNotNull(${o.sql})`;
const hll = (value: Operand, test?: Sql): Sql =>
  pack(
    sql`hex(uniqCombined64StateIf(14)(${toText(value)}, ${test ? sql`${present(value)} AND ifNull(${test}, false)` : present(value)}))`,
  );

// ——— tdigest: `[[7],[values],[weights]]`, values in their order ———

/** Past so many different values neighbours are put together, by equal shares of the weight. */
const maxValues = integer(1_000);
/** Gives a name to a value inside an expression where no WITH can. */
const letting = (name: Sql, value: Sql, body: Sql): Sql => sql`arrayMap(${name} -> ${body}, [${value}])[1]`;

const digestible = new Set(['int', 'long', 'real', 'decimal', 'datetime']);
/** The text of a digest, of a tuple `t` of sorted values and their weights. */
function digestText(value: Operand, pairs: Sql): Sql {
  const one: Operand =
    value.type === 'datetime'
      ? { sql: fromUnixTicks(sql`v`), type: 'datetime', nullable: false }
      : { sql: sql`v`, type: value.type, nullable: false };
  // `a` is the weight up to a value, `b` up to the next one, `n` of all. Arrays come as arguments: one that a lambda closes over is
  // copied for each element.
  const last = sql`n[2] <= ${maxValues} OR i = 1 OR ceil(a * ${maxValues} / n[1]) != ceil(b * ${maxValues} / n[1])`;
  const along = sql`arrayEnumerate(c), c, arrayShiftLeft(c, 1)`;
  const values = sql`arrayStringConcat(arrayMap(v -> ${toJsonElement(one)}, arrayFilter((v, i, a, b) -> ${last}, t.1, ${along})), ',')`;
  const sums = sql`arrayPushFront(arrayFilter((a, i, b) -> ${last}, c, arrayEnumerate(c), arrayShiftLeft(c, 1)), 0)`;
  const weights = sql`arrayStringConcat(arrayMap(w -> toString(w), arrayPopFront(arrayDifference(${sums}))), ',')`;
  const text = sql`concat('[[7],[', ${values}, '],[', ${weights}, ']]')`;
  const sized = letting(identifier('n'), sql`[c[-1], toInt64(length(c))]`, text);
  return letting(identifier('t'), pairs, letting(identifier('c'), sql`arrayCumSum(t.2)`, sized));
}
const digest = (value: Operand, weight: Operand | undefined): Sql => {
  const key = value.type === 'datetime' ? unixTicks(value.sql) : value.sql;
  const plain = value.nullable ? sql`assumeNotNull(${key})` : key;
  const w = weight ? sql`toInt64(ifNull(${weight.sql}, 0))` : sql`toInt64(1)`;
  return digestText(value, sql`sumMapIf([${plain}], [${w}], ${present(value)})`);
};

const rawValues = (d: Sql): Sql => sql`JSONExtractArrayRaw(${d}, 2)`;
const weightsOf = (d: Sql): Sql => sql`JSONExtract(${d}, 3, 'Array(Int64)')`;
const isDigest = (d: Sql): Sql => sql`startsWith(${d}, '[[7],[')`;
/** Digests put together: values of numbers by number, others by their text. */
function mergeDigests(digests: Sql): Sql {
  const all = sql`arrayFlatten(arrayMap(d -> arrayZip(JSONExtractArrayRaw(d, 2), JSONExtract(d, 3, 'Array(Int64)')), arrayFilter(d -> ${isDigest(sql`d`)}, ${digests})))`;
  const sorted = sql`arraySort(p -> (ifNull(toFloat64OrNull(p.1), 0), p.1), ${all})`;
  const sums = sql`arrayReduce('sumMap', arrayMap(p -> [tuple(ifNull(toFloat64OrNull(p.1), 0), p.1)], s), arrayMap(p -> [p.2], s))`;
  return sql`arrayMap(s -> arrayMap(m -> concat('[[7],[', arrayStringConcat(arrayMap(q -> q.2, m.1), ','), '],[', arrayStringConcat(arrayMap(w -> toString(w), m.2), ','), ']]'), [${sums}])[1], [${sorted}])[1]`;
}

/** The least value that at least so many percent do not exceed, as JSON. */
const atPercent = (d: Sql, percent: Sql): Sql =>
  sql`arrayFirst((v, c, n) -> c >= greatest(ceil(n * ${percent} / 100), 1), ${rawValues(d)}, arrayCumSum(${weightsOf(d)}), arrayWithConstant(length(${weightsOf(d)}), arraySum(${weightsOf(d)})))`;
/** How much weight is not above a value. */
const rankOf = (d: Sql, value: Operand, call: CallInfo): Sql => {
  const not = sql`toFloat64OrNull(v)`;
  const bound =
    value.type === 'datetime' || value.type === 'string'
      ? sql`v <= ${toJsonElement(value)}`
      : sql`ifNull(${not} <= ${convert(value, 'real')?.sql ?? call.fail(`a ${value.type} has no rank`)}, false)`;
  return sql`toFloat64(arraySum((v, w) -> if(${bound}, w, 0), ${rawValues(d)}, ${weightsOf(d)}))`;
};
const whenDigest = (d: Sql, value: Sql, other: Sql): Sql => sql`if(${isDigest(d)}, ${value}, ${other})`;

const percentileOf: ScalarFunction['build'] = ([d, percent], call) => {
  const json = whenDigest(d!.sql, atPercent(d!.sql, percent!.sql), sql`''`);
  if (call.result === 'dynamic') return json;
  return convert({ sql: json, type: 'dynamic', nullable: false }, call.result)?.sql ?? json;
};
/** Percents given one by one or as a list. */
const percentilesOf: ScalarFunction['build'] = ([d, ...percents]) => {
  const list =
    percents.length === 1 && percents[0]!.type === 'dynamic'
      ? sql`JSONExtract(${percents[0]!.sql}, 'Array(Float64)')`
      : sql`[${join(percents.map((p) => sql`toFloat64(${p.sql})`))}]`;
  const all = sql`concat('[', arrayStringConcat(arrayMap(p -> ${atPercent(d!.sql, identifier('p'))}, ${list}), ','), ']')`;
  return whenDigest(d!.sql, all, sql`''`);
};
const mergeScalar: ScalarFunction['build'] = (args) => mergeDigests(sql`[${join(args.map((a) => a.sql))}]`);
const mergeHll: ScalarFunction['build'] = (args) =>
  pack(sql`hex(arrayReduce('uniqCombined64MergeState(14)', [${join(args.map((a) => stateOf(orEmpty(a.sql))))}]))`);

export const sketchFunctions: readonly ScalarFunction[] = [
  scalarWith(
    'dcount_hll',
    ['dynamic'],
    'long',
    ([d]) => sql`toInt64(finalizeAggregation(${stateOf(orEmpty(d!.sql))}))`,
    'never',
  ),
  scalarWith('hll_merge', ['dynamic', 'dynamic', '...dynamic'], 'dynamic', mergeHll, 'never'),
  scalarWith('hll_isvalid', ['dynamic'], 'bool', ([d]) => isHll(d!.sql), 'never'),
  scalarWith('tdigest_isvalid', ['dynamic'], 'bool', ([d]) => isDigest(d!.sql), 'never'),
  ...['merge_tdigest', 'tdigest_merge'].map((name) =>
    scalarWith(name, ['dynamic', 'dynamic', '...dynamic'], 'dynamic', mergeScalar, 'never'),
  ),
  scalarWith('percentile_tdigest', ['dynamic', 'real', 'any?'], 'binder', percentileOf, 'maybe'),
  ...['percentiles_array_tdigest', 'percentile_array_tdigest'].map((name) =>
    scalarWith(name, ['dynamic', 'any', '...any'], 'dynamic', percentilesOf, 'never'),
  ),
  engineTyped(
    scalarWith(
      'rank_tdigest',
      ['dynamic', 'any'],
      'real',
      ([d, v], call) => whenDigest(d!.sql, rankOf(d!.sql, v!, call), sql`NULL`),
      'maybe',
    ),
  ),
  engineTyped(
    scalarWith(
      'percentrank_tdigest',
      ['dynamic', 'any'],
      'real',
      ([d, v], call) =>
        whenDigest(d!.sql, sql`${rankOf(d!.sql, v!, call)} * 100 / arraySum(${weightsOf(d!.sql)})`, sql`NULL`),
      'maybe',
    ),
  ),
];

const dynamicOf = (
  name: string,
  parameters: AggregateFunction['parameters'],
  build: AggregateFunction['build'],
): AggregateFunction => ({ name, parameters, result: 'dynamic', nulls: 'never', build });
export const sketchAggregates: readonly AggregateFunction[] = [
  dynamicOf('hll', ['any', 'long?'], ([v]) => hll(v!)),
  dynamicOf('hll_if', ['any', 'bool', 'long?'], ([v, test]) => hll(v!, test!.sql)),
  dynamicOf('hll_merge', ['dynamic'], ([d]) =>
    pack(sql`hex(uniqCombined64MergeStateIf(14)(${stateOf(orEmpty(d!.sql))}, ${isHll(d!.sql)}))`),
  ),
  dynamicOf('tdigest', ['any', 'long?'], ([v, w], call) =>
    digestible.has(v!.type)
      ? digest(v!, w)
      : call.fail(`a ${v!.type} has no digest: give a number, such as a timespan divided by 1s`),
  ),
  ...['tdigest_merge', 'merge_tdigest'].map((name) =>
    dynamicOf(name, ['dynamic'], ([d]) => mergeDigests(sql`groupArray(${d!.sql})`)),
  ),
];
