/** Seconds: how far a rule that counts looks back, and how often. */
export interface Schedule {
  readonly period: number;
  readonly frequency: number;
}

const minute = 60;
const hour = 3_600;

/** Looks ten times in each period: at most once a minute, at least once an hour. */
export function scheduleOf(period: number): Schedule {
  const frequency = Math.min(hour, Math.max(minute, Math.floor(period / 10 / minute) * minute));
  return { period: Math.max(period, frequency), frequency };
}
