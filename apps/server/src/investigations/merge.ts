import type { EntityKind } from '@sallyport/contracts';
import type { Found } from './ask.ts';
import { fresh } from './join.ts';
import type { EvidenceRow, NewEvidence } from './store.ts';

const devicesMax = 10;
const foundByMax = 50;

interface By {
  /** Of the log. */
  readonly entry: number;
  readonly depth: number;
  readonly tables: readonly string[];
}

/**
 * What a step found, put to what is known: a thing that is known by another form of its name is that one. Answers the pieces that changed. `room`: how many new ones may come. Pure.
 */
export function merged(
  known: readonly EvidenceRow[],
  found: readonly Found[],
  by: By,
  room: number,
): { readonly changed: readonly NewEvidence[]; readonly leftOut: number } {
  const pieces = new Map<string, NewEvidence>(known.map((row) => [row.entity_id, row]));
  const byName = new Map<string, string>();
  for (const row of known) for (const name of namesOf(row.kind, row.name)) byName.set(name, row.entity_id);
  const changed = new Set<string>();
  const left = new Set<string>();
  let added = 0;
  for (const one of found) {
    const id = idOf(pieces, byName, one);
    const before = pieces.get(id);
    if (!before && added >= room) {
      left.add(id);
      continue;
    }
    if (!before) added += 1;
    pieces.set(id, withFound(before ?? fresh(one.entity, by.depth + 1), one, by));
    changed.add(id);
  }
  return {
    changed: [...changed].flatMap((id) => pieces.get(id) ?? []),
    leftOut: left.size,
  };
}

const withFound = (before: NewEvidence, one: Found, by: By): NewEvidence => ({
  ...before,
  points: { ...before.points, ...one.points },
  first_seen: earliest(before.first_seen, one.firstSeen),
  last_seen: latest(before.last_seen, one.lastSeen),
  devices: one.device === '' ? before.devices : [...new Set([...before.devices, one.device])].slice(0, devicesMax),
  // Steps look at the same rows, and are asked again: only the most that one tells of is sure.
  rows: Math.max(before.rows, one.rows),
  tables: [...new Set([...before.tables, ...by.tables])],
  found_by: [...new Set([...before.found_by, by.entry])].slice(-foundByMax),
  depth: Math.min(before.depth, by.depth + 1),
  widens: before.widens || one.widens,
});

const earliest = (a: Date | null, b: Date | undefined): Date | null => (!b ? a : !a || b < a ? b : a);
const latest = (a: Date | null, b: Date | undefined): Date | null => (!b ? a : !a || b > a ? b : a);

function idOf(
  pieces: ReadonlyMap<string, NewEvidence>,
  byName: ReadonlyMap<string, string>,
  { entity: { id, kind, name } }: Found,
): string {
  if (pieces.has(id)) return id;
  for (const alike of namesOf(kind, name)) {
    const known = byName.get(alike);
    const other = known === undefined ? undefined : pieces.get(known);
    // Two devices of different domains may have one bare name.
    if (other && (kind !== 'Host' || isBare(other.name) || isBare(name) || sameText(other.name, name)))
      return other.entity_id;
  }
  return id;
}

const sameText = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
const isBare = (host: string): boolean => !host.includes('.');

/** Under what a thing is known again: its name, and of a device also its bare one. */
function namesOf(kind: EntityKind, name: string): readonly string[] {
  const lower = name.toLowerCase();
  const of = (text: string): string => `${kind}|${text}`;
  return kind === 'Host' ? [of(lower), of(lower.split('.')[0] ?? lower)] : [of(lower)];
}
