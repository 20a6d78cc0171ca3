import { integer, join, sql, string, type Sql } from '../sql.ts';
import { epochOffset, epochTicks, fromAnyTicks, fromUnixTicks, ticksPerDay, unixTicks } from './convert.ts';
import {
  alias,
  engineTyped,
  scalar,
  scalarWith,
  type CallInfo,
  type Operand,
  type ScalarFunction,
} from './registry.ts';

// Typed: an unsigned constant beside a negative number of ticks would make the engine compute without sign.
const ticks = (n: bigint): Sql => sql`toInt64(${integer(n)})`;
const day = ticks(ticksPerDay);
const clock = (now: bigint): Sql => fromUnixTicks(integer(now - epochTicks));
const startOfDay = (d: Sql): Sql => fromUnixTicks(sql`${unixTicks(d)} - positiveModulo(${unixTicks(d)}, ${day})`);
/** Kusto's weeks start on Sunday. */
const startOfWeek = (d: Sql): Sql =>
  fromUnixTicks(
    sql`${unixTicks(startOfDay(d))} - positiveModulo(intDiv(${unixTicks(startOfDay(d))}, ${day}) + 4, 7) * ${day}`,
  );
const firstOf = (d: Sql, month: Sql): Sql =>
  sql`toDateTime64OrNull(concat(leftPad(toString(toYear(${d})), 4, '0'), '-', ${month}, '-01 00:00:00'), 7, 'UTC')`;
const startOfMonth = (d: Sql): Sql => firstOf(d, sql`leftPad(toString(toMonth(${d})), 2, '0')`);
const startOfYear = (d: Sql): Sql => firstOf(d, sql`'01'`);
const back = (d: Sql): Sql => fromUnixTicks(sql`${unixTicks(d)} - 1`);
const ticksOf = (d: Sql, by: Sql): Sql => fromAnyTicks(sql`${unixTicks(d)} + ${by}`);

type Step = (d: Sql, n: Sql, name: CallInfo['name']) => Sql;
const unitTicks: Readonly<Record<string, bigint>> = {
  week: 7n * ticksPerDay,
  day: ticksPerDay,
  hour: 36_000_000_000n,
  minute: 600_000_000n,
  second: 10_000_000n,
  millisecond: 10_000n,
  microsecond: 10n,
};
/** Months are counted by hand: the engine's addMonths knows 1900 to 2299 only. The clock within the day is kept to the tick. */
const months =
  (each: Sql): Step =>
  (d, n, name) => {
    const total = name(sql`(toInt64(toYear(${d})) * 12 + toMonth(${d}) - 1 + ${n} * ${each})`);
    const year = sql`intDiv(${total}, 12)`;
    const month = sql`(${total} % 12 + 1)`;
    const leap = sql`((${year} % 4 = 0 AND ${year} % 100 != 0) OR ${year} % 400 = 0)`;
    const length = sql`multiIf(${month} IN (4, 6, 9, 11), 30, ${month} = 2, if(${leap}, 29, 28), 31)`;
    const text = sql`concat(leftPad(toString(${year}), 4, '0'), '-', leftPad(toString(${month}), 2, '0'), '-', leftPad(toString(least(toDayOfMonth(${d}), ${length})), 2, '0'), ' 00:00:00')`;
    const inRange = sql`(${total} >= 12 AND ${total} < 120000)`;
    const known = sql`ifNull(${inRange}, false)`;
    const midnight = name(
      sql`if(${known}, toDateTime64(if(${known}, ifNull(${text}, '1970-01-01'), '1970-01-01'), 7, 'UTC'), NULL)`,
    );
    return ticksOf(midnight, sql`positiveModulo(${unixTicks(d)}, ${day})`);
  };
const steps: Readonly<Record<string, Step>> = {
  year: months(sql`12`),
  quarter: months(sql`3`),
  month: months(sql`1`),
  ...Object.fromEntries(
    Object.entries(unitTicks).map(([name, unit]): [string, Step] => [
      name,
      (d, n) => ticksOf(d, sql`${n} * ${ticks(unit)}`),
    ]),
  ),
  nanosecond: (d, n) => ticksOf(d, sql`intDiv(${n}, 100)`),
};
const unitOf = (o: Operand): string =>
  String(o.literal?.value ?? '')
    .toLowerCase()
    .replace(/s$/, '');
const shift = (name: 'startof' | 'endof', start: (d: Sql) => Sql, unit: string): ScalarFunction =>
  scalarWith(
    `${name}${unit}`,
    ['datetime', 'long?'],
    'datetime',
    ([d, n], call) => {
      const step = steps[unit]!;
      const first = call.name(start(d!.sql));
      const from = n === undefined ? first : call.name(step(first, n.sql, call.name));
      if (name === 'startof') return from;
      // The last period of year 9999 ends with it.
      const next = step(from, sql`1`, call.name);
      const last = sql`toDateTime64('9999-12-31 23:59:59.9999999', 7, 'UTC')`;
      return sql`if(isNull(${from}), NULL, ifNull(${back(next)}, ${last}))`;
    },
    'maybe',
  );

const parts: Readonly<Record<string, (d: Sql) => Sql>> = {
  year: (d) => sql`toYear(${d})`,
  quarter: (d) => sql`toQuarter(${d})`,
  month: (d) => sql`toMonth(${d})`,
  week_of_year: (d) => sql`toISOWeek(${d})`,
  weekofyear: (d) => sql`toISOWeek(${d})`,
  day: (d) => sql`toDayOfMonth(${d})`,
  dayofyear: (d) => sql`toDayOfYear(${d})`,
  hour: (d) => sql`toHour(${d})`,
  minute: (d) => sql`toMinute(${d})`,
  second: (d) => sql`toSecond(${d})`,
  millisecond: (d) => sql`intDiv(positiveModulo(${unixTicks(d)}, 10000000), 10000)`,
  microsecond: (d) => sql`intDiv(positiveModulo(${unixTicks(d)}, 10000000), 10)`,
  nanosecond: (d) => sql`positiveModulo(${unixTicks(d)}, 10000000) * 100`,
};
const part = (name: string, unit: string, type: 'int' | 'long' = 'int'): ScalarFunction =>
  scalar(name, ['datetime'], type, (d) =>
    type === 'int' ? sql`toInt32(${parts[unit]!(d)})` : sql`toInt64(${parts[unit]!(d)})`,
  );

/** Whole units between two datetimes, as .NET counts borders of the unit. */
const difference = (unit: string, a: Sql, b: Sql): Sql | undefined => {
  const monthsOf = (d: Sql): Sql => sql`(toInt64(toYear(${d})) * 12 + toMonth(${d}))`;
  if (unit === 'year') return sql`toInt64(toYear(${a})) - toInt64(toYear(${b}))`;
  if (unit === 'month') return sql`${monthsOf(a)} - ${monthsOf(b)}`;
  if (unit === 'quarter')
    return sql`(toInt64(toYear(${a})) * 4 + toQuarter(${a})) - (toInt64(toYear(${b})) * 4 + toQuarter(${b}))`;
  if (unit === 'week')
    return sql`intDiv(${unixTicks(startOfWeek(a))} - ${unixTicks(startOfWeek(b))}, ${ticks(unitTicks['week']!)})`;
  if (unit === 'nanosecond') return sql`(${unixTicks(a)} - ${unixTicks(b)}) * 100`;
  const size = unitTicks[unit];
  const count = (d: Sql): Sql => sql`intDiv(${unixTicks(d)} + ${epochOffset}, ${ticks(size!)})`;
  return size === undefined ? undefined : sql`${count(a)} - ${count(b)}`;
};

const toFloat = (value: Sql): Sql => sql`toFloat64(${value})`;
/** Down to a multiple; datetimes count from 0001-01-01. */
const floorTo = (value: Sql, step: Sql): Sql =>
  sql`(${value} - positiveModulo(${value}, if(${step} > 0, ${step}, NULL)))`;
const isStep = (o: Operand): boolean => ['int', 'long', 'real', 'decimal', 'timespan'].includes(o.type);
const bin: ScalarFunction['build'] = ([v, s], call) => {
  const value = v!;
  const step = s!;
  if (!isStep(step) || (step.type === 'timespan' && value.type !== 'datetime' && value.type !== 'timespan'))
    return call.fail(`a ${value.type} cannot be put into bins of a ${step.type}`);
  switch (value.type) {
    case 'datetime': {
      const ticks = unixTicks(value.sql);
      const size = step.literal?.value;
      if (typeof size !== 'bigint' || size <= 0n)
        return fromUnixTicks(sql`${floorTo(sql`(${ticks} + ${epochOffset})`, step.sql)} - ${epochOffset}`);
      // Bins count from the year 1; those that also begin with 1970, as hours and days do, need no shift.
      const shift = epochTicks % size;
      const since = shift === 0n ? ticks : sql`${ticks} + ${integer(shift)}`;
      return fromUnixTicks(sql`${ticks} - positiveModulo(${since}, toInt64(${integer(size)}))`);
    }
    case 'timespan':
      return sql`toInt64(${floorTo(value.sql, step.sql)})`;
    case 'int':
    case 'long':
      if (step.type === 'real') return sql`floor(${value.sql} / ${step.sql}) * ${step.sql}`;
      return call.result === 'int'
        ? sql`toInt32(${floorTo(value.sql, step.sql)})`
        : sql`toInt64(${floorTo(value.sql, step.sql)})`;
    case 'real':
      return sql`floor(${value.sql} / nullIf(toFloat64(${step.sql}), 0)) * toFloat64(${step.sql})`;
    case 'decimal': {
      // By way of Float64: the engine's decimals have no room for a product of two of 18 places.
      const wide = toFloat(step.sql);
      return sql`toDecimal128OrNull(toString(round(floor(${toFloat(value.sql)} / nullIf(${wide}, 0)) * ${wide}, 12)), 18)`;
    }
    default:
      return call.fail(`a ${value.type} cannot be put into bins`);
  }
};
const binAt: ScalarFunction['build'] = ([v, s, f], call) => {
  if (!isStep(s!)) return call.fail(`a ${v!.type} cannot be put into bins of a ${s!.type}`);
  const asFloat = (o: Operand): Sql => (o.type === 'real' ? o.sql : toFloat(o.sql));
  const at = sql`(${asFloat(f!)} + floor((${asFloat(v!)} - ${asFloat(f!)}) / nullIf(${asFloat(s!)}, 0)) * ${asFloat(s!)})`;
  const rest = (from: Sql, to: Sql): Sql =>
    sql`positiveModulo(${from} - ${to}, if(${s!.sql} > 0, toInt64(${s!.sql}), NULL))`;
  if (v!.type === 'datetime' && f!.type === 'datetime')
    return fromUnixTicks(sql`${unixTicks(v!.sql)} - ${rest(unixTicks(v!.sql), unixTicks(f!.sql))}`);
  if (call.result === 'real') return at;
  if (call.result === 'decimal') return sql`accurateCastOrNull(${at}, 'Decimal(38, 18)')`;
  return sql`toInt64(${v!.sql} - ${rest(v!.sql, f!.sql)})`;
};

/** So many units as ticks; null where there are more than Kusto's years have. */
const wholeTicks = (n: Sql, ticks: bigint): Sql =>
  sql`if(abs(${n}) < ${integer((1n << 62n) / ticks)}, toInt64(${n}) * ${integer(ticks)}, NULL)`;
const fromUnixWhole = (name: string, ticks: bigint): ScalarFunction =>
  scalarWith(
    name,
    ['any'],
    'datetime',
    ([n]) =>
      fromAnyTicks(
        n!.type === 'real' || n!.type === 'decimal'
          ? sql`accurateCastOrNull(round(toFloat64(${n!.sql}) * ${integer(ticks)}), 'Int64')`
          : wholeTicks(n!.type === 'dynamic' || n!.type === 'string' ? sql`toInt64OrNull(${n!.sql})` : n!.sql, ticks),
      ),
    'maybe',
  );

/** What a zone's clocks show as UTC. */
const inZone = (shown: Sql, zone: string | undefined): Sql =>
  zone === undefined ? shown : sql`toTimeZone(toDateTime64(toString(${shown}), 7, ${string(zone)}), 'UTC')`;

const makeDatetime: ScalarFunction['build'] = (args, call) => {
  if (args.length === 2 || args.length === 4) return call.fail('takes 3, 5 or 6 numbers');
  const [y, mo, d, h, mi, s] = args.map((a) => a.sql);
  const whole = (x: Sql): Sql => sql`accurateCastOrNull(trunc(${x}), 'Int64')`;
  const part = (x: Sql | undefined): Sql => (x ? sql`leftPad(toString(${whole(x)}), 2, '0')` : sql`'01'`);
  const date = sql`concat(leftPad(toString(${whole(y!)}), 4, '0'), '-', ${part(mo)}, '-', ${part(d)})`;
  const midnightOf = sql`parseDateTime64BestEffortOrNull(${date}, 7, 'UTC')`;
  if (!h || !mi) return inZone(midnightOf, call.zone);
  const inRange = sql`${h} >= 0 AND ${h} < 24 AND ${mi} >= 0 AND ${mi} < 60${s ? sql` AND ${s} >= 0 AND ${s} < 60` : sql``}`;
  const ticksWithin = sql`${whole(h)} * 36000000000 + ${whole(mi)} * 600000000${s ? sql` + accurateCastOrNull(round(${s} * 10000000), 'Int64')` : sql``}`;
  return sql`if(${inRange}, ${inZone(ticksOf(midnightOf, ticksWithin), call.zone)}, NULL)`;
};
/** The parts must be in their ranges, days but for the last of all timespans; else null. */
const makeTimespan: ScalarFunction['build'] = (args, call) => {
  const [a, b, c, d] = args.map((x) => call.name(x.sql));
  const [days, hours, minutes, seconds] = args.length === 4 ? [a!, b!, c!, d!] : [undefined, a!, b!, c];
  const ranges = [
    ...(days ? [sql`${days} >= 0 AND ${days} <= 10675198`] : []),
    sql`${hours} >= 0 AND ${hours} < 24`,
    sql`${minutes} >= 0 AND ${minutes} < 60`,
    ...(seconds ? [sql`${seconds} >= 0 AND ${seconds} < 60`] : []),
  ];
  const parts = [
    ...(days ? [sql`toInt64(${days}) * 864000000000`] : []),
    sql`toInt64(${hours}) * 36000000000 + toInt64(${minutes}) * 600000000`,
    ...(seconds ? [sql`toInt64(round(${seconds} * 10000000))`] : []),
  ];
  return sql`if(${join(ranges, sql` AND `)}, ${join(parts, sql` + `)}, NULL)`;
};

const datetimePart = engineTyped(
  scalarWith('datetime_part', ['string', 'datetime'], 'long', ([unit, d], call) => {
    const give = parts[String(unit!.literal?.value ?? '').toLowerCase()];
    return give ? sql`toInt64(${give(d!.sql)})` : call.fail('the part must be a constant such as day');
  }),
);

export const datetimeFunctions: readonly ScalarFunction[] = [
  scalarWith('now', ['timespan?'], 'datetime', ([offset], call) =>
    offset ? ticksOf(clock(call.now), offset.sql) : clock(call.now),
  ),
  scalarWith('ago', ['timespan'], 'datetime', ([span], call) => {
    const before = span!.literal?.value;
    const at = call.now - epochTicks;
    return fromUnixTicks(typeof before === 'bigint' ? integer(at - before) : sql`${integer(at)} - ${span!.sql}`);
  }),
  scalarWith('bin', ['any', 'any'], 'binder', bin, 'maybe'),
  scalarWith('floor', ['any', 'any'], 'binder', bin, 'maybe'),
  scalarWith('bin_at', ['any', 'any', 'any'], 'binder', binAt, 'maybe'),
  shift('startof', startOfDay, 'day'),
  shift('startof', startOfWeek, 'week'),
  shift('startof', startOfMonth, 'month'),
  shift('startof', startOfYear, 'year'),
  shift('endof', startOfDay, 'day'),
  shift('endof', startOfWeek, 'week'),
  shift('endof', startOfMonth, 'month'),
  shift('endof', startOfYear, 'year'),
  scalarWith('datetime_add', ['string', 'long', 'datetime'], 'datetime', ([unit, n, d], call) => {
    const step = steps[unitOf(unit!)];
    return step ? step(d!.sql, n!.sql, call.name) : call.fail('the period must be a constant such as day');
  }),
  // Weeks are counted as a real, all else as a long.
  engineTyped(
    scalarWith(
      'datetime_diff',
      ['string', 'datetime', 'datetime'],
      ([unit]) => (unit?.kind === 'literal' && /^weeks?$/i.test(String(unit.value)) ? 'real' : 'long'),
      ([unit, a, b], call) => {
        const count = difference(unitOf(unit!), a!.sql, b!.sql);
        if (!count) return call.fail('the period must be a constant such as day');
        return unitOf(unit!) === 'week' ? sql`toFloat64(${count})` : count;
      },
    ),
  ),
  datetimePart,
  alias('datepart', datetimePart),
  part('getyear', 'year'),
  part('getmonth', 'month'),
  engineTyped(part('monthofyear', 'month', 'long')),
  part('dayofmonth', 'day'),
  part('dayofyear', 'dayofyear'),
  part('hourofday', 'hour'),
  part('week_of_year', 'week_of_year'),
  alias('weekofyear', part('week_of_year', 'week_of_year')),
  // Null in the week that the year 9999 cuts off, as in the real engine.
  scalar(
    'dayofweek',
    ['datetime'],
    'timespan',
    (d) => sql`if(${d} < toDateTime64('9999-12-26', 7, 'UTC'), toInt64(toDayOfWeek(${d}) % 7) * ${day}, NULL)`,
    'maybe',
  ),
  scalarWith('make_datetime', ['real', '...real'], 'datetime', makeDatetime, 'maybe'),
  scalarWith('make_timespan', ['real', 'real', 'real?', 'real?'], 'timespan', makeTimespan, 'maybe'),
  fromUnixWhole('unixtime_seconds_todatetime', 10_000_000n),
  fromUnixWhole('unixtime_milliseconds_todatetime', 10_000n),
  fromUnixWhole('unixtime_microseconds_todatetime', 10n),
  scalar('unixtime_nanoseconds_todatetime', ['long'], 'datetime', (n) => fromUnixTicks(sql`intDiv(${n}, 100)`)),
];
