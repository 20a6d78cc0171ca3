const MINUTES_MAX = 525_600;

/** Minutes out of `15`, `2 h`, `3 d`; null for nothing; undefined for what is none of these. */
export function minutesOf(text: string): number | null | undefined {
  const match = /^\s*(?:(\d+(?:\.\d+)?)\s*(m|min|h|d)?)?\s*$/.exec(text);
  if (!match) return undefined;
  if (match[1] === undefined) return null;
  const minutes = Number(match[1]) * ({ h: 60, d: 1_440 }[match[2] ?? ''] ?? 1);
  return minutes >= 1 && minutes <= MINUTES_MAX ? minutes : undefined;
}
export const minutesText = (minutes: number | null): string =>
  minutes === null
    ? ''
    : minutes % 1_440 === 0
      ? `${minutes / 1_440} d`
      : minutes % 60 === 0
        ? `${minutes / 60} h`
        : `${minutes} min`;
