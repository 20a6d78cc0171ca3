import type { RuleWindow } from '../run/alerts.ts';
import { windowOf } from '../run/alerts.ts';
import type { AnalyticsRule } from '../rules/index.ts';

/** Width of the time bins in which rows are counted, seconds. */
export const binSeconds = 60;

/** A minute in which a rule's tables have rows that it looks at, and the segments that brought them. */
export interface Bin {
  /** Its start, seconds since 1970. */
  readonly at: number;
  readonly segments: readonly string[];
}

/**
 * The windows of a rule in which something new is to be seen: those whose newest part, the last `queryFrequency` before their end, has rows. Later windows
 * that still cover a row would only tell the same again. Bins are `width` seconds wide. Pure; in order of time.
 */
export function windowsWithNews(rule: AnalyticsRule, bins: readonly Bin[], width = binSeconds): RuleWindow[] {
  const { queryFrequency: step, queryPeriod: period } = rule;
  const ends = new Set<number>();
  for (const { at } of bins)
    for (const second of [at, at + width - 1]) {
      const end = (Math.floor(second / step) + 1) * step;
      // A rule that looks back less than it is apart never sees some rows.
      if (at + width > end - period) ends.add(end);
    }
  return [...ends].toSorted((a, b) => a - b).map((end) => windowOf(rule, new Date(end * 1_000)));
}

/** Windows from the first to the last of a time, all of them, of which the newest `max` are kept. */
export function allWindows(rule: AnalyticsRule, range: { from: Date; to: Date }, max: number): RuleWindow[] {
  const step = rule.queryFrequency * 1_000;
  const first = (Math.floor(range.from.getTime() / step) + 1) * step;
  const last = Math.ceil(range.to.getTime() / step) * step;
  const count = Math.min(max, Math.floor((last - first) / step) + 1);
  return Array.from({ length: Math.max(0, count) }, (_, i) => windowOf(rule, new Date(last - (count - 1 - i) * step)));
}

/** The segments that have rows in a time. */
export function segmentsIn(bins: readonly Bin[], from: Date, to: Date): Set<string> {
  const first = Math.floor(from.getTime() / 1_000 / binSeconds) * binSeconds;
  const last = to.getTime() / 1_000;
  let low = 0;
  let high = bins.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (bins[middle]!.at < first) low = middle + 1;
    else high = middle;
  }
  const segments = new Set<string>();
  for (let i = low; i < bins.length && bins[i]!.at <= last; i++)
    for (const segment of bins[i]!.segments) segments.add(segment);
  return segments;
}
