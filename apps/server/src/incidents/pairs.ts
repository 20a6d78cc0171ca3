import type { Platform } from '../platform/types.ts';
import { Board, linkKeys, shareableKeys, type AlertFacts, type SharedKeys } from './correlation/index.ts';
import { namesOf, withKnown, type Inventory } from './entities/index.ts';
import { alertFacts } from './raise.ts';
import { loadShared } from './shared/store.ts';
import type { NewAlert } from './types.ts';

/** What two alerts, by index, share and are joined by: its key and what it is for people. Empty: nothing. */
export type PairLinks = (a: number, b: number) => readonly { readonly key: string; readonly label: string }[];

/** What every two of some alerts are joined by, by themselves: as `raise` decides it, with what is learned and in the inventory now. For measures and explanations. */
export async function pairLinks(
  { database, inventory }: Pick<Platform, 'database'> & { readonly inventory: Inventory },
  alerts: readonly NewAlert[],
): Promise<PairLinks> {
  const known = await inventory(alerts.flatMap(({ entities }) => entities.flatMap(namesOf)));
  const facts = alerts.map((alert) => ({ ...alertFacts(alert), entities: withKnown(alert.entities, known) }));
  const times = {
    from: Math.min(...facts.map(({ startAt }) => startAt)),
    to: Math.max(...facts.map(({ endAt }) => endAt)),
  };
  const shared = await database.transaction((tx) => loadShared(tx, [...new Set(facts.flatMap(shareableKeys))], times));
  return (a, b) => linksOf(facts[a]!, facts[b]!, shared);
}

function linksOf(a: AlertFacts, b: AlertFacts, shared: (at: number) => SharedKeys): ReturnType<PairLinks> {
  const board = new Board({ incidents: [], spans: [], nextNumber: 1, shared });
  board.place(a);
  const { decision } = board.place(b);
  if (decision.target === undefined) return [];
  const theirs = new Set(linkKeys(a, shared(a.startAt)).keys.flatMap(({ key, emits }) => (emits ? [key] : [])));
  return linkKeys(b, shared(b.startAt)).keys.filter(
    ({ key, label, probes }) => probes && theirs.has(key) && decision.shared.includes(label),
  );
}
