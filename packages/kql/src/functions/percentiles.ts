import { join, real, sql, type Sql } from '../sql.ts';
import { fromUnixTicks, toDynamic, toJsonElement, unixTicks } from './convert.ts';
import { arrayFrom } from './dynamic.ts';
import type { AggregateFunction, CallInfo, Operand } from './registry.ts';

/**
 * Percentiles by nearest rank: one of the values, the least that at least so many percent do not exceed. Exact, where Kusto estimates.
 * https://learn.microsoft.com/kusto/query/percentiles-aggregation-function
 */

/** A constant percentage as the engine's level. A hair less, since the product with the number of rows is rounded. */
const levelOf = (percent: number): Sql => real(Math.max(percent / 100 - 1e-12, 0));

/** The value's number line, and the way back from it. */
function line(v: Operand): { readonly at: Sql; readonly back: (at: Sql) => Sql } {
  const number: Operand =
    v.type === 'dynamic' || v.type === 'string' ? { ...v, sql: sql`toFloat64OrNull(${v.sql})`, nullable: true } : v;
  // Over no rows the answer is null.
  const nullable = sql`toNullable(${number.sql})`;
  return v.type === 'datetime' ? { at: unixTicks(nullable), back: fromUnixTicks } : { at: nullable, back: (at) => at };
}
function percentile(v: Operand, percent: Operand, weight: Operand | undefined, call: CallInfo): Sql {
  const p = percent.literal?.value;
  if (typeof p !== 'bigint' && typeof p !== 'number')
    return call.fail('the percentile must be a constant from 0 to 100');
  if (!(Number(p) >= 0 && Number(p) <= 100)) return call.fail('a percentile is from 0 to 100');
  const { at, back } = line(v);
  const w = weight ? sql`toUInt64(greatest(ifNull(${weight.sql}, 0), 0))` : sql`1`;
  if (v.type === 'guid' || v.type === 'bool') return call.fail(`a ${v.type} has no percentiles`);
  const value = back(sql`quantileExactWeighted(${levelOf(Number(p))})(${at}, ${w})`);
  if (call.result === 'real' && v.type === 'decimal') return sql`toFloat64(${value})`;
  return call.result === 'dynamic' && (v.type === 'dynamic' || v.type === 'string')
    ? toDynamic({ sql: value, type: 'real', nullable: true })
    : value;
}

/** Percents given one by one, or as a constant list. */
function percents(list: readonly Operand[], call: CallInfo): readonly Operand[] {
  const [only] = list;
  if (list.length !== 1 || only?.type !== 'dynamic') return list;
  const parsed: unknown = typeof only.literal?.value === 'string' ? JSON.parse(only.literal.value) : undefined;
  if (!Array.isArray(parsed) || !parsed.every((p): p is number => typeof p === 'number'))
    return call.fail('the percentiles must be a constant list of numbers');
  return parsed.map((p) => ({ sql: real(p), type: 'real', nullable: false, literal: { value: p } }));
}
function asArray(v: Operand, list: readonly Operand[], weight: Operand | undefined, call: CallInfo): Sql {
  const type = v.type === 'dynamic' || v.type === 'string' ? 'real' : v.type;
  return arrayFrom(
    sql`[${join(percents(list, call).map((p) => toJsonElement({ sql: percentile(v, p, weight, { ...call, result: type }), type, nullable: true })))}]`,
  );
}

const one = (
  name: string,
  parameters: AggregateFunction['parameters'],
  build: AggregateFunction['build'],
): AggregateFunction => ({ name, parameters, result: 'binder', build });
const array = (
  name: string,
  parameters: AggregateFunction['parameters'],
  build: AggregateFunction['build'],
): AggregateFunction => ({ name, parameters, result: 'dynamic', nulls: 'never', build });
export const percentileAggregates: readonly AggregateFunction[] = [
  one('percentile', ['any', 'real'], ([v, p], call) => percentile(v!, p!, undefined, call)),
  one('percentilew', ['any', 'long', 'real'], ([v, w, p], call) => percentile(v!, p!, w!, call)),
  array('percentiles_array', ['any', '...any'], ([v, ...ps], call) => asArray(v!, ps, undefined, call)),
  array('percentilesw_array', ['any', 'long', '...any'], ([v, w, ...ps], call) => asArray(v!, ps, w!, call)),
];
