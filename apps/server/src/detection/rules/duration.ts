import { parseDuration } from '@sallyport/contracts';
import { z } from 'zod';

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
