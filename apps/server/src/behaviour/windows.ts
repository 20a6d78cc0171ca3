import type { Window } from './query.ts';

export const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;
/** Rows have this long to arrive before the hour of their time is looked at. */
export const delayMs = 10 * 60_000;
/** What is learned of the time before behaviour analytics began, and how much of it is judged too. */
export const learnBackDays = 30;
export const judgeBackDays = 7;

/** A window with what is to be done. */
export interface DueWindow extends Window {
  readonly grain: 'hour' | 'day';
  /** False: only learned from. */
  readonly judged: boolean;
}

const dayOf = (at: number): number => Math.floor(at / dayMs) * dayMs;

/**
 * The windows that are due, oldest first, at most `limit`: whole days up to yesterday's end while behind by more than a day, then hours. `doneTo` is where the last
 * one ended. Times before `judgeFrom` are learned from only. Pure.
 */
export function dueWindows(doneTo: Date, judgeFrom: Date, now: Date, limit: number): DueWindow[] {
  const ready = Math.floor((now.getTime() - delayMs) / hourMs) * hourMs;
  const today = dayOf(ready);
  // After a long rest only as much is made up for as at the beginning.
  let at = Math.max(doneTo.getTime(), today - learnBackDays * dayMs);
  const due: DueWindow[] = [];
  while (at < ready && due.length < limit) {
    const isDay = at === dayOf(at) && at + dayMs <= today;
    const to = isDay ? at + dayMs : at + hourMs;
    due.push({
      from: new Date(at),
      to: new Date(to),
      grain: isDay ? 'day' : 'hour',
      judged: at >= judgeFrom.getTime(),
    });
    at = to;
  }
  return due;
}

/** Whether with this window's end a day is over that was learned by hours, and so can be learned once more, whole. */
export const endsDay = ({ to, grain }: DueWindow): boolean => grain === 'hour' && to.getTime() === dayOf(to.getTime());
