import type { RuleWindow } from './run/alerts.ts';
import { isByArrival, type AnalyticsRule } from './rules/index.ts';

type Schedule = Pick<AnalyticsRule, 'kind' | 'queryFrequency' | 'queryPeriod'>;

export interface Due {
  readonly windows: readonly RuleWindow[];
  /** Windows end up to here are taken care of. */
  readonly scheduledTo: Date;
  /** What is not made up for, in words. */
  readonly skipped?: string;
}

/** Reference 04: rows have this long to arrive before a rule looks at their time. */
export const delaySeconds = { Scheduled: 5 * 60, NRT: 2 * 60 } as const;
/** The same of a rule. */
export const delayOf = ({ kind }: Pick<AnalyticsRule, 'kind'>): number =>
  isByArrival(kind) ? delaySeconds.NRT : delaySeconds.Scheduled;
/** After a long downtime only this much is made up for: older windows are old news, and the newest come first. */
const catchUpSeconds = 24 * 3_600;
const catchUpWindows = 100;

/**
 * The windows that are due and not yet queued. Windows end at multiples of the rule's frequency since 1970, so that all servers, and replay, know the
 * same ones. A rule seen for the first time starts with its newest window. Pure.
 */
export function dueWindows(rule: Schedule, scheduledTo: Date | null, now: Date): Due {
  const step = rule.queryFrequency * 1_000;
  const byArrival = isByArrival(rule.kind);
  const ready = now.getTime() - delayOf(rule) * 1_000;
  const last = Math.floor(ready / step) * step;
  const done = scheduledTo?.getTime() ?? last - step;
  if (last <= done) return { windows: [], scheduledTo: scheduledTo ?? new Date(last) };
  // What arrived since is one window for a rule over what arrives, however long that was.
  if (byArrival) return dueByArrival(done, last, ready);

  const missed = Math.ceil((last - done) / step);
  const oldest = Math.max(done, ready - Math.max(catchUpSeconds * 1_000, step));
  const count = Math.min(missed, catchUpWindows, Math.max(1, Math.floor((last - oldest) / step)));
  const windows = Array.from({ length: count }, (_, i): RuleWindow => {
    const to = last - (count - 1 - i) * step;
    return { from: new Date(to - rule.queryPeriod * 1_000), to: new Date(to) };
  });
  return {
    windows,
    scheduledTo: new Date(last),
    ...(missed > count ? { skipped: skippedText(missed - count, done, windows) } : {}),
  };
}

function dueByArrival(done: number, last: number, ready: number): Due {
  const from = Math.max(done, ready - catchUpSeconds * 1_000);
  const windows = [{ from: new Date(from), to: new Date(last) }];
  return {
    windows,
    scheduledTo: new Date(last),
    ...(from > done ? { skipped: `what arrived before ${new Date(from).toISOString()} was not looked at` } : {}),
  };
}

const skippedText = (count: number, done: number, windows: readonly RuleWindow[]): string =>
  `${count} windows between ${new Date(done).toISOString()} and ${windows[0]?.to.toISOString() ?? ''} were not run`;
