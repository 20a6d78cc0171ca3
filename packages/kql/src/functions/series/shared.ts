import { identifier, join, sql, type Sql } from '../../sql.ts';
import type { CallInfo, Operand } from '../registry.ts';

/**
 * What the functions over series share. A series is a dynamic array of numbers; in the engine its elements are an
 * `Array(Nullable(Float64))`, and an element that is no number is null.
 *
 * No lambda here reads an array of its surroundings by index: the engine copies a captured array once for each element, so that this
 * costs the square of the length. Arrays that go together are arguments of one lambda instead.
 */
export interface Series {
  /** Whether it is an array at all. */
  readonly valid: Sql;
  /** Array(Nullable(Float64)). */
  readonly values: Sql;
  /** Whether its elements are whole numbers (long), so that a result that keeps the type is written as such. */
  readonly whole: Sql;
}

/** What a function of this family gave, as the array that it was before it became text: a call around it need not read it back. */
const written = new WeakMap<Sql, Series>();

/** The series that an operand holds. */
export function seriesOf(o: Operand): Series {
  return (
    written.get(o.sql) ?? {
      valid: sql`startsWith(${o.sql}, '[')`,
      values: sql`JSONExtract(${o.sql}, 'Array(Nullable(Float64))')`,
      whole: sql`(NOT multiSearchAny(${o.sql}, ['.', 'e', 'E', '"']) AND match(${o.sql}, '[0-9]'))`,
    }
  );
}

const no = sql`false`;
/** The number `v` as JSON; as a long where `whole` holds. */
function cellOf(whole: Sql): Sql {
  const real = sql`v = trunc(v) AND abs(v) < 1e21`;
  const [number, point] = whole === no ? [sql`v`, real] : [sql`if(${whole}, v + 0, v)`, sql`NOT ${whole} AND ${real}`];
  const special = sql`multiIf(isNull(v), 'null', isNaN(v), '"NaN"', v > 0, '"Infinity"', '"-Infinity"')`;
  return sql`if(isFinite(v), concat(toString(assumeNotNull(${number})), if(${point}, '.0', '')), ${special})`;
}
/** Numbers as a dynamic array; as longs where `whole` holds. */
export const arrayText = (values: Sql, whole: Sql = no): Sql =>
  sql`concat('[', arrayStringConcat(arrayMap(v -> ${cellOf(whole)}, ${values}), ','), ']')`;
/** Bools (null allowed) as a dynamic array. */
export const boolsText = (values: Sql): Sql =>
  sql`concat('[', arrayStringConcat(arrayMap(v -> multiIf(isNull(v), 'null', v, 'true', 'false'), ${values}), ','), ']')`;

/** A series as the dynamic that it is outside. */
export function dynamicOf(series: Omit<Series, 'whole'> & { readonly whole?: Sql }): Sql {
  const text = sql`if(${series.valid}, ${arrayText(series.values, series.whole)}, '')`;
  written.set(text, { ...series, whole: series.whole ?? no });
  return text;
}

/**
 * Names values for the length of an expression, each computed once: `let` for the engine. Nested ones must use other names. Unlike
 * names of WITH, which the engine's analysis expands wherever they stand, these stay names.
 */
export function bind<K extends string>(values: Readonly<Record<K, Sql>>, body: (names: Record<K, Sql>) => Sql): Sql {
  const keys = Object.keys(values) as K[];
  const names = Object.fromEntries(keys.map((k) => [k, identifier(k)])) as Record<K, Sql>;
  return sql`arrayMap((${join(keys.map((k) => names[k]))}) -> ${body(names)}, ${join(keys.map((k) => sql`[${values[k]}]`))})[1]`;
}

/** The numbers of a series without its nulls, as Array(Float64). */
export const known = (values: Sql): Sql =>
  sql`arrayMap(v -> assumeNotNull(v), arrayFilter(v -> isNotNull(v), ${values}))`;
/** A number as it stands in a bag; null allowed. */
export const numberText = (value: Sql): Sql => sql`arrayMap(v -> ${cellOf(no)}, [toNullable(${value})])[1]`;

/** A number of the query that must be known when it is compiled. */
export function constantNumber(o: Operand, what: string, call: CallInfo): number {
  const value = o.literal?.value;
  return typeof value === 'bigint' || typeof value === 'number'
    ? Number(value)
    : call.fail(`${what} must be a constant`);
}
/** A text of the query, one of several, that must be known when it is compiled. */
export function constantText<T extends string>(
  o: Operand | undefined,
  choices: readonly T[],
  what: string,
  call: CallInfo,
): T {
  if (!o) return choices[0]!;
  const found = choices.find((c) => c === o.literal?.value);
  return found ?? call.fail(`${what} must be one of the constants ${choices.map((c) => `'${c}'`).join(', ')}`);
}
/** A flag of the query that must be known when it is compiled; undefined when it is not given. */
export function constantFlag(o: Operand | undefined, what: string, call: CallInfo): boolean | undefined {
  if (!o || o.literal?.value === null) return undefined;
  const value = o.literal?.value;
  if (typeof value === 'boolean') return value;
  if (typeof value === 'bigint') return value !== 0n;
  return call.fail(`${what} must be a constant`);
}
