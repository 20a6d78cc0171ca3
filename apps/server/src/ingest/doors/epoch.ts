/** Years that a time may be of; outside of them it is no time, but some other number. */
const yearsMs = { first: Date.UTC(1970), last: Date.UTC(2200) } as const;

/** Milliseconds since 1970 in a number of seconds, milli-, micro- or nanoseconds: whichever is near our days. */
function milliseconds(value: number): number {
  if (value > 1e17) return value / 1e6;
  if (value > 1e14) return value / 1e3;
  return value > 1e11 ? value : value * 1e3;
}

/** ISO 8601 with microseconds; undefined for what is no time. */
export function epochToIso(value: number): string | undefined {
  const ms = milliseconds(value);
  if (!(ms >= yearsMs.first && ms < yearsMs.last)) return undefined;
  const whole = Math.floor(ms);
  const micros = Math.min(999, Math.round((ms - whole) * 1e3));
  return `${new Date(whole).toISOString().slice(0, -1)}${String(micros).padStart(3, '0')}Z`;
}
