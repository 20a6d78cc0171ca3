/** `12/7/2020, 10:40:12.774 AM`, as the portal writes times in exports; also without a time, without seconds, and on 24 hours. */
const portalTime =
  /^(\d{1,2})\/(\d{1,2})\/(\d{4})(?:,?\s+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,7}))?)?\s*([AaPp]\.?[Mm]\.?)?)?$/;

/** In which order a file writes day and month: what a first number above 12 says, else as the United States do. */
export const isDayFirst = (texts: readonly string[]): boolean =>
  texts.some((text) => Number(portalTime.exec(text)?.[1] ?? 0) > 12);

export const isPortalTime = (text: string): boolean => portalTime.test(text);

const two = (value: number | string): string => String(value).padStart(2, '0');

/** ISO 8601 of a time as the portal exports it, taken as UTC; undefined for any other text, and for a day that no calendar has. */
export function isoOfPortalTime(text: string, dayFirst: boolean): string | undefined {
  const [, first, second, year, hour = '0', minute = '00', seconds = '00', fraction = '0', half] =
    portalTime.exec(text) ?? [];
  if (first === undefined || second === undefined || year === undefined) return undefined;
  const [day, month] = dayFirst ? [first, second] : [second, first];
  const isAfternoon = half?.[0]?.toLowerCase() === 'p';
  const hours = half === undefined ? Number(hour) : (Number(hour) % 12) + (isAfternoon ? 12 : 0);
  const iso = `${year}-${two(month)}-${two(day)}T${two(hours)}:${minute}:${seconds}.${fraction}Z`;
  return Number.isNaN(Date.parse(iso)) ? undefined : iso;
}
