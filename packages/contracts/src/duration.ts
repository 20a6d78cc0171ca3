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
