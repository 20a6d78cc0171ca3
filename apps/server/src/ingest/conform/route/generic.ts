import { jsonMessage } from '../../doors/syslog/header.ts';
import { sampleRecord } from '../../sources/recognise.ts';

/** Takes lines of any program. */
export const genericSources: ReadonlySet<string> = new Set([
  'linux-syslog',
  'generic-json',
  'generic-cef',
  'generic-leef',
]);

/**
 * The sources for a line whose program no source knows, by how the line travels. A line without a head of its own gets one at the syslog door.
 */
export function genericFor(line: string): readonly string[] {
  if (/(^|\s)CEF: ?\d+\|/.test(line)) return ['generic-cef'];
  if (/(^|\s)LEEF: ?[\d.]+\|/.test(line)) return ['generic-leef'];
  if (sampleRecord(line).object !== undefined) return ['generic-json'];
  return jsonMessage(line) === undefined ? ['linux-syslog'] : ['linux-syslog', 'generic-json'];
}
