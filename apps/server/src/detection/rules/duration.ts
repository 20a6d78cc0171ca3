import { z } from 'zod';

const secondsIn = { d: 86_400, h: 3_600, m: 60, s: 1 } as const;

/**
 * Seconds of a duration as rules write it: `5m`, `1h`, `14d`, `PT5M`, `P1DT2H`, `1.00:00:00`, `00:05:00`. Undefined when it is none of these.
 */
export function parseDuration(text: string): number | undefined {
  const trimmed = text.trim();
  const short = /^(\d{1,6})\s*([dhms])$/i.exec(trimmed);
  if (short) return Number(short[1]) * secondsIn[short[2]!.toLowerCase() as keyof typeof secondsIn];
  const iso = /^P(?:(\d{1,6})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,6})S)?)?$/i.exec(trimmed);
  if (iso?.slice(1).some((part) => part !== undefined)) {
    const [weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = iso.slice(1).map((part) => Number(part ?? 0));
    return weeks * 604_800 + days * 86_400 + hours * 3_600 + minutes * 60 + seconds;
  }
  const clock = /^(?:(\d{1,6})\.)?(\d{1,2}):(\d{2}):(\d{2})$/.exec(trimmed);
  if (!clock) return undefined;
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = clock.slice(1).map((part) => Number(part ?? 0));
  return days * 86_400 + hours * 3_600 + minutes * 60 + seconds;
}

/** Seconds as ISO 8601: `P14D`, `PT1H30M`. */
export function formatDuration(seconds: number): string {
  const parts = [
    [Math.floor(seconds / 3_600) % 24, 'H'],
    [Math.floor(seconds / 60) % 60, 'M'],
    [Math.floor(seconds) % 60, 'S'],
  ] as const;
  const days = Math.floor(seconds / 86_400);
  const time = parts.flatMap(([n, unit]) => (n > 0 ? [`${n}${unit}`] : [])).join('');
  return `P${days > 0 ? `${days}D` : ''}${time ? `T${time}` : days > 0 ? '' : 'T0S'}`;
}

/** A duration in seconds between two bounds, both allowed. */
export const Duration = (bounds: { min: number; max: number }) =>
  z
    .union([z.string(), z.number()])
    .transform((value, context) => {
      const seconds = parseDuration(String(value));
      if (seconds !== undefined) return seconds;
      context.addIssue({ code: 'custom', message: 'expected a duration such as `5m`, `1h`, `1d`, `PT5M` or `P1D`' });
      return z.NEVER;
    })
    .refine((seconds) => seconds >= bounds.min && seconds <= bounds.max, {
      message: `expected a duration from ${formatDuration(bounds.min)} to ${formatDuration(bounds.max)}`,
    });
