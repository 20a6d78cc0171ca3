import type { Person } from './people.ts';
import type { Rng } from './rng.ts';
import { headquarters } from './world.ts';

export const second = 1_000;
export const minute = 60 * second;
export const hour = 60 * minute;
export const day = 24 * hour;

/** An hour of time, in milliseconds since 1970, `to` excluded. */
export interface Slot {
  readonly from: number;
  readonly to: number;
}

/** What a person does on one local day. Times are milliseconds since 1970. */
export interface DayPlan {
  readonly where: 'office' | 'home' | 'off';
  readonly from: number;
  readonly to: number;
  readonly lunchFrom: number;
  readonly lunchTo: number;
  /** At home: with the VPN up from `from` to `to`. */
  readonly vpn: boolean;
  /** Looks at the mail on the phone in the evening or at the weekend. */
  readonly phoneAt: number | undefined;
}

export const localDay = (at: number, utcOffset: number): number => Math.floor((at + utcOffset * minute) / day);
/** 0 is Sunday. 1 January 1970 was a Thursday. */
export const weekday = (dayIndex: number): number => (((dayIndex + 4) % 7) + 7) % 7;
export const isWeekend = (dayIndex: number): boolean => weekday(dayIndex) === 0 || weekday(dayIndex) === 6;
/** Updates are installed on Wednesdays: laptops over lunch, servers before dawn. */
export const isPatchDay = (dayIndex: number): boolean => weekday(dayIndex) === 3;
/** The hour of the day at headquarters. */
export const headquartersHour = (at: number): number =>
  Math.floor((at + headquarters.utcOffset * minute - localDay(at, headquarters.utcOffset) * day) / hour);

/** The plan of a person for a local day: from the seed, the person and the day only, so that any hour can be made by itself. */
export function planDay(rng: Rng, person: Person, dayIndex: number): DayPlan {
  const random = rng.fork(`plan ${person.index} ${dayIndex}`);
  const midnight = dayIndex * day - person.office.utcOffset * minute;
  const weekend = isWeekend(dayIndex);
  const away = random.chance(0.06);
  const from = midnight + (person.startsAt + random.normal(0, 0.25)) * hour;
  const lunchFrom = midnight + random.normal(12.4, 0.3) * hour;
  const home = random.chance(person.homeShare);
  return {
    where: weekend || away ? 'off' : home ? 'home' : 'office',
    from: Math.round(from),
    to: Math.round(from + (person.hours + random.normal(0, 0.5)) * hour),
    lunchFrom: Math.round(lunchFrom),
    lunchTo: Math.round(lunchFrom + random.int(25, 60) * minute),
    vpn: home && random.chance(person.department === 'Sales' ? 0.3 : 0.75),
    phoneAt: random.chance(weekend ? 0.25 : 0.5)
      ? Math.round(midnight + random.normal(weekend ? 13 : 20.5, weekend ? 3 : 0.8) * hour)
      : undefined,
  };
}

export const isIn = (at: number | undefined, slot: Slot): boolean =>
  at !== undefined && at >= slot.from && at < slot.to;

/** Times within the slot at which something happens that happens `perHour` times in an hour of work; over lunch a tenth as often. */
export function moments(rng: Rng, plan: DayPlan, slot: Slot, perHour: number): number[] {
  if (plan.where === 'off') return [];
  const spans = [
    [plan.from, plan.lunchFrom, 1],
    [plan.lunchFrom, plan.lunchTo, 0.1],
    [plan.lunchTo, plan.to, 1],
  ] as const;
  const times: number[] = [];
  for (const [from, to, weight] of spans) {
    const begin = Math.max(from, slot.from);
    const length = Math.min(to, slot.to) - begin;
    if (length <= 0) continue;
    for (let n = rng.poisson((perHour * weight * length) / hour); n > 0; n--)
      times.push(Math.floor(begin + rng.next() * length));
  }
  return times.sort((a, b) => a - b);
}

/** Times within the slot of something that happens day and night. */
export function anytime(rng: Rng, slot: Slot, perHour: number): number[] {
  const count = rng.poisson((perHour * (slot.to - slot.from)) / hour);
  return Array.from({ length: count }, () => Math.floor(slot.from + rng.next() * (slot.to - slot.from))).sort(
    (a, b) => a - b,
  );
}
