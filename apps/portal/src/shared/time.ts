/** Times as people read them. Pure: the present and the zone are arguments. */

export type Zone = 'local' | 'utc';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `just now`, `5 min ago`, `3 h ago`, `2 d ago`, then the date; `in a moment`, `in 5 min` for what is to come. */
export function relative(at: Date, now: Date, zone: Zone): string {
  const seconds = (now.getTime() - at.getTime()) / 1000;
  const size = Math.abs(seconds);
  // A server's clock may be a little ahead of the browser's.
  if (size < 45) return seconds < -5 ? 'in a moment' : 'just now';
  if (size >= 14 * DAY) return exact(at, zone).slice(0, 10);
  const [count, unit] =
    size < 0.75 * HOUR ? [size / MINUTE, 'min'] : size < 0.9 * DAY ? [size / HOUR, 'h'] : [size / DAY, 'd'];
  const text = `${Math.max(1, Math.round(count))} ${unit}`;
  return seconds < 0 ? `in ${text}` : `${text} ago`;
}

const pad = (value: number, length = 2): string => String(value).padStart(length, '0');

/** `2026-11-24 23:31:37 UTC`, or with the local offset. Sorts as it reads. */
export function exact(at: Date, zone: Zone): string {
  if (Number.isNaN(at.getTime())) return 'unknown time';
  if (zone === 'utc') return `${at.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
  const offset = -at.getTimezoneOffset();
  const sign = offset < 0 ? '-' : '+';
  const date = `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`;
  const time = `${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}`;
  return `${date} ${time} ${sign}${pad(Math.floor(Math.abs(offset) / MINUTE))}:${pad(Math.abs(offset) % MINUTE)}`;
}

/** Seconds as the one or two units that matter: `45 s`, `5 min`, `1 h 30 min`, `14 d`. */
export function duration(seconds: number): string {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < MINUTE) return `${Number(seconds.toFixed(1))} s`;
  const units: [number, string][] = [
    [DAY, 'd'],
    [HOUR, 'h'],
    [MINUTE, 'min'],
  ];
  const first = units.findIndex(([size]) => seconds >= size);
  const parts: string[] = [];
  let rest = seconds;
  for (const [size, name] of units.slice(first, first + 2)) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count} ${name}`);
  }
  return parts.join(' ');
}

/** A time range in the address: a preset (`24h`), or two ISO times. Undefined: all time. */
export const rangePresets = [
  ['1h', 'Last hour', HOUR],
  ['4h', 'Last 4 hours', 4 * HOUR],
  ['24h', 'Last 24 hours', DAY],
  ['7d', 'Last 7 days', 7 * DAY],
  ['30d', 'Last 30 days', 30 * DAY],
  ['90d', 'Last 90 days', 90 * DAY],
] as const;

const ISO = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z`;
const between = new RegExp(`^(${ISO})/(${ISO})$`);

/** The span a range of the address stands for; undefined for `all` and for what is no range. */
export function spanOf(range: string, now: Date): { from: string; to: string } | undefined {
  const preset = rangePresets.find(([id]) => id === range);
  if (preset) return { from: new Date(now.getTime() - preset[2] * 1000).toISOString(), to: now.toISOString() };
  const match = between.exec(range);
  const [from, to] = [new Date(match?.[1] ?? NaN), new Date(match?.[2] ?? NaN)];
  if (!(from < to)) return undefined;
  return { from: from.toISOString(), to: to.toISOString() };
}

/** A range as a person reads it. */
export function rangeLabel(range: string, zone: Zone): string {
  const preset = rangePresets.find(([id]) => id === range);
  if (preset) return preset[1];
  const span = spanOf(range, new Date(0));
  if (!span) return 'All time';
  return `${exact(new Date(span.from), zone).slice(0, 16)} – ${exact(new Date(span.to), zone).slice(0, 16)}`;
}
