/** ISO 8601 as Log Analytics and Graph take it: `PT1H`, `start/end`, `start/duration`, `duration/end`, and for Graph a lone start. */

const durationPattern =
  /^(-)?P(?:(\d+(?:\.\d+)?)Y)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)W)?(?:(\d+(?:\.\d+)?)D)?(?:T(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?$/i;
const dayMs = 86_400_000;
/** Of years, months, weeks, days, hours, minutes, seconds. Years and months as .NET's XmlConvert counts them, which those services use. */
const unitMs = [365 * dayMs, 30 * dayMs, 7 * dayMs, dayMs, 3_600_000, 60_000, 1_000] as const;

/** Milliseconds of an ISO 8601 duration; undefined when it is none, or is not above zero. */
export function durationMs(text: string): number | undefined {
  const parts = durationPattern.exec(text);
  if (!parts || parts[1] || /[PT]$/i.test(text)) return undefined;
  const ms = unitMs.reduce((sum, unit, i) => sum + Number(parts[i + 2] ?? 0) * unit, 0);
  return ms > 0 && Number.isFinite(ms) ? ms : undefined;
}

function moment(text: string): Date | undefined {
  if (!/^\d{4}-\d{2}(-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?)?(Z|[+-]\d{2}:?\d{2})?$/i.test(text)) return undefined;
  const zoned = /T|\d \d/i.test(text) && !/(Z|[+-]\d{2}:?\d{2})$/i.test(text) ? `${text}Z` : text;
  const date = new Date(zoned);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** The time that a text says, counted from `now` where it is open; undefined when it says none, or its end is not after its start. */
export function parseTimespan(text: string, now: Date): { readonly from: Date; readonly to: Date } | undefined {
  const [first = '', second, ...more] = text.trim().split('/');
  if (more.length > 0) return undefined;
  const ends = (from: Date | undefined, to: Date | undefined) =>
    from && to && from < to && Number.isFinite(from.getTime()) ? { from, to } : undefined;
  const before = (end: Date, ms: number | undefined) => (ms === undefined ? undefined : new Date(end.getTime() - ms));
  if (second === undefined) return ends(moment(first) ?? before(now, durationMs(first)), now);
  const from = moment(first);
  const to = moment(second);
  if (from && to) return ends(from, to);
  if (from) return ends(from, before(from, negative(durationMs(second))));
  return to ? ends(before(to, durationMs(first)), to) : undefined;
}

const negative = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : -ms);

/** What both say; undefined when neither says anything. An empty time when they don't meet. */
export function intersection(
  a: { readonly from: Date; readonly to: Date } | undefined,
  b: { readonly from: Date; readonly to: Date } | undefined,
): { readonly from: Date; readonly to: Date } | undefined {
  if (!a || !b) return a ?? b;
  const from = a.from > b.from ? a.from : b.from;
  const to = a.to < b.to ? a.to : b.to;
  return { from, to: to < from ? from : to };
}
