import { parseDuration, type Expiration } from '@sallyport/contracts';
import { PrivilegedAccessError, type FailedRule } from './errors.ts';

/** From when to when; no end: for good. */
export interface Span {
  readonly from: Date;
  readonly to: Date | null;
}

/** No assignment is planned further ahead. */
const daysAheadMax = 366 * 10;
const dayMs = 86_400_000;

/** What is asked for, as times. A start that has passed is now. Throws InvalidScheduleInfo for an end before the start. */
export function spanOf(startAt: Date | null | undefined, expiration: Expiration, now: Date): Span {
  const from = startAt && startAt > now ? startAt : now;
  if (from.getTime() - now.getTime() > daysAheadMax * dayMs)
    throw new PrivilegedAccessError('InvalidScheduleInfo', 'the start is too far ahead.');
  switch (expiration.type) {
    case 'noExpiration':
      return { from, to: null };
    case 'afterDuration':
      return { from, to: new Date(from.getTime() + (parseDuration(expiration.duration) ?? 0) * 1_000) };
    case 'afterDateTime': {
      const to = new Date(expiration.endDateTime);
      if (to <= from) throw new PrivilegedAccessError('InvalidScheduleInfo', 'the end is before the start.');
      return { from, to };
    }
  }
}

export interface ExpirationLimit {
  readonly isExpirationRequired: boolean;
  readonly maximumDuration: string;
}

/** An end that stands where none need be may be as far away as one likes. */
export function failsExpiration({ from, to }: Span, limit: ExpirationLimit): readonly FailedRule[] {
  if (!limit.isExpirationRequired) return [];
  const seconds = to === null ? Infinity : (to.getTime() - from.getTime()) / 1_000;
  return seconds > (parseDuration(limit.maximumDuration) ?? 0) ? ['ExpirationRule'] : [];
}

/** The end of what comes from something that ends itself. */
export const endWithin = (to: Date | null, outer: Date | null): Date | null =>
  to === null ? outer : outer === null || to < outer ? to : outer;
