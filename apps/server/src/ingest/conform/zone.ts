import type { SuiteFile } from './suite.ts';

/**
 * The zone in which the other product's agent read times that have none. It is a setting of the agent, as a time zone is of the machine that a log comes from,
 * so nothing in the line can tell it; the agent states it in its records (`event.timezone`, of Filebeat's `add_locale`).
 */

/** An offset from UTC other than none, as records state it. Names (`CEST`, `EST`) stand in the lines themselves, which say so to us as well. */
function offsetOf(expected: Readonly<Record<string, unknown>>): string | undefined {
  const stated = expected['event.timezone'];
  return typeof stated === 'string' && /^[+-]\d\d:\d\d$/.test(stated) ? stated : undefined;
}

const statesUtc = (expected: Readonly<Record<string, unknown>>): boolean => expected['event.timezone'] === 'UTC';

function mostFrequent(zones: readonly string[]): string | undefined {
  const counts = [...Map.groupBy(zones, (zone) => zone)].map(([zone, group]) => ({ zone, count: group.length }));
  return counts.toSorted((a, b) => b.count - a.count || (a.zone < b.zone ? -1 : 1))[0]?.zone;
}

/** What the records state of their agent: an offset that stands in the line is the line's own. */
const offsetsOf = (file: SuiteFile): string[] =>
  file.records.flatMap(({ text, expected }) => {
    const offset = offsetOf(expected);
    return offset === undefined || text.includes(offset) ? [] : [offset];
  });

/** What most files state that state any: one agent read them all. Undefined where none does. */
export const suiteZone = (files: readonly SuiteFile[]): string | undefined =>
  mostFrequent(files.flatMap((file) => mostFrequent(offsetsOf(file)) ?? []));

/**
 * The zone of each record's time where its line has none: what the record states, else what most records of its file do, else `assumed`. Undefined: UTC, as we
 * read such times.
 */
export function recordZones(file: SuiteFile, assumed: string | undefined): (string | undefined)[] {
  const ofFile = mostFrequent(offsetsOf(file)) ?? assumed;
  return file.records.map(({ expected }) => offsetOf(expected) ?? (statesUtc(expected) ? undefined : ofFile));
}
