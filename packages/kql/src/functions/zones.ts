import type { LiteralValue } from '../plan/plan.ts';
import { string, sql, type Sql } from '../sql.ts';
import { fromUnixTicks, epochTicks, unixTicks } from './convert.ts';
import { HostRefusal, type HostFunction } from './host.ts';
import { scalar, scalarWith, type CallInfo, type Operand, type ScalarFunction } from './registry.ts';

/**
 * Time zones. The engine wants the name of a zone as a constant; for zones that come from the data the offset of each quarter of an hour
 * is looked up outside of it.
 */

const constantZone = (zone: Operand, call: CallInfo): Sql => {
  const name = zone.literal?.value;
  if (typeof name !== 'string') return call.fail('the time zone is not known here');
  if (!isZone(name)) return call.fail(`${name} is not a time zone: datetime_list_timezones() lists them`);
  return string(name);
};
function isZone(name: string): boolean {
  try {
    formatter(name);
    return true;
  } catch {
    return false;
  }
}

const formatters = new Map<string, Intl.DateTimeFormat>();
/** Throws RangeError for what is no time zone. */
function formatter(zone: string): Intl.DateTimeFormat {
  let known = formatters.get(zone);
  if (!known) {
    known = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
    if (formatters.size < 1_000) formatters.set(zone, known);
  }
  return known;
}
/** How far a zone's clocks are ahead of UTC at a moment, in ticks. */
function offsetAt(zone: string, ticks: bigint): bigint {
  const date = new Date(Number((ticks - epochTicks) / 10_000n));
  const text = formatter(zone)
    .formatToParts(date)
    .find((p) => p.type === 'timeZoneName')?.value;
  const [, sign, hours = '0', minutes = '0', seconds = '0'] =
    /^GMT([+-])(\d+):(\d+)(?::(\d+))?$/.exec(text ?? '') ?? [];
  const total = BigInt(hours) * 3_600n + BigInt(minutes) * 60n + BigInt(seconds);
  return (sign === '-' ? -total : total) * 10_000_000n;
}
/** The same for what the zone's own clocks say. */
function localOffsetAt(zone: string, ticks: bigint): bigint {
  const guess = offsetAt(zone, ticks);
  return offsetAt(zone, ticks - guess);
}

const offsetOf = (name: string, of: (zone: string, ticks: bigint) => bigint): HostFunction => ({
  name,
  parameters: ['datetime', 'string'],
  result: 'timespan',
  evaluate: ([moment, zone]: readonly LiteralValue[]) => {
    if (typeof moment !== 'bigint' || typeof zone !== 'string') return null;
    if (!isZone(zone)) throw new HostRefusal(`${zone} is not a time zone: datetime_list_timezones() lists them`);
    return of(zone, moment);
  },
});
/** Offsets at the start of a quarter of an hour: no zone changes its clocks in between. */
export const utcOffset = offsetOf('$utc_offset', offsetAt);
export const localOffset = offsetOf('$local_offset', localOffsetAt);

export const zoneFunctions: readonly ScalarFunction[] = [
  scalarWith('datetime_utc_to_local', ['datetime', 'string'], 'datetime', ([d, zone], call) =>
    fromUnixTicks(
      sql`${unixTicks(d!.sql)} + timeZoneOffset(toTimeZone(${d!.sql}, ${constantZone(zone!, call)})) * 10000000`,
    ),
  ),
  scalarWith(
    'datetime_local_to_utc',
    ['datetime', 'string'],
    'datetime',
    ([d, zone], call) => sql`toTimeZone(toDateTime64(toString(${d!.sql}), 7, ${constantZone(zone!, call)}), 'UTC')`,
  ),
  scalar(
    'datetime_list_timezones',
    [],
    'dynamic',
    () => string(JSON.stringify(['UTC', ...Intl.supportedValuesOf('timeZone')])),
    'never',
  ),
];
export const zoneHostFunctions: readonly HostFunction[] = [utcOffset, localOffset];
