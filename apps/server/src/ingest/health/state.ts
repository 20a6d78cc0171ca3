import type { SourceState } from '@sallyport/contracts';
import type { SourceHour } from './queries.ts';

/** Below this share of the usual an hour counts as silent. */
const silentShare = 0.05;
/** Hours in a row that must be silent. */
const silentHoursMin = 2;
/** Days of history without which nothing is usual. */
const daysMin = 3;
/** Share of a day's lines that could not be read from which on a source has errors. */
const errorShareMin = 0.01;
const dayMs = 86_400_000;
const hourMs = 3_600_000;

/** Whether there should have been rows in an hour (three days out of four had some), and there were next to none. */
export const isSilent = ({ rows, usual, low, days }: SourceHour): boolean =>
  days >= daysMin && (low ?? 0) > 0 && rows <= silentShare * (usual ?? 0);

/** What state a source is in, by its last 24 hours, the running one last. The alert rule asks the same of SentinelHealth, with longer memory. */
export function stateOf(
  hours: readonly SourceHour[],
  facts: { readonly firstAt: Date; readonly lastRowAt: Date | null },
  now: Date,
): SourceState {
  const rows = hours.reduce((sum, hour) => sum + hour.rows, 0);
  const refused = hours.reduce((sum, hour) => sum + hour.refused, 0);
  const full = hours.slice(0, -1);
  const running = hours.at(-1);
  const silent = full.length >= silentHoursMin && full.slice(-silentHoursMin).every(isSilent);
  if (silent && (running?.rows ?? 0) <= silentShare * (running?.usual ?? 0)) return 'silent';
  if (rows + refused === 0) return 'silent';
  if (refused > errorShareMin * (rows + refused)) return 'errors';
  return now.getTime() - facts.firstAt.getTime() < dayMs ? 'new' : 'healthy';
}

/** Rows since the last full hour began as a share of what is usual; null without enough history. */
export function rateOf(hours: readonly SourceHour[], now: Date): number | null {
  const [before, running] = hours.slice(-2);
  if (before === undefined || running === undefined || before.days < daysMin) return null;
  const part = (now.getTime() - running.hour.getTime()) / hourMs;
  const usual = (before.usual ?? 0) + part * (running.usual ?? before.usual ?? 0);
  return usual <= 0 ? null : (before.rows + running.rows) / usual;
}
