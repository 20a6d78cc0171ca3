import { createHash } from 'node:crypto';
import type { RepositoryItem } from '@sallyport/contracts';
import type { Problem } from '../rules/index.ts';
import type { RepositoryItemRow, RepositoryStore } from './store.ts';

/** One kind of content: what a repository has of it, and what is done with it here. */
export interface ContentKind<T> {
  readonly kind: RepositoryItem['kind'];
  readonly found: readonly T[];
  readonly facts: (one: T) => {
    readonly id: string;
    readonly name: string;
    readonly path: string;
    readonly line: number;
    readonly text: string;
  };
  /** The text that is here under an id, or anything else where it is of another form; undefined when there is none. */
  readonly here: (id: string) => string | undefined;
  /** Saves some; answers what kept one of them from it. */
  readonly save: (some: readonly T[]) => Promise<readonly Problem[]>;
  readonly remove: (ids: readonly string[]) => Promise<unknown>;
}

export interface Brought {
  readonly added: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly removed: number;
  readonly problems: readonly Problem[];
}

export interface BringOptions {
  readonly store: Pick<RepositoryStore, 'ownersOf' | 'saveItems' | 'removeItems'>;
  readonly repository: string;
  readonly commit: string;
  readonly at: Date;
  /** What came from it before. */
  readonly before: readonly RepositoryItemRow[];
  /** Files that could not be read now: what came from them stays. */
  readonly faulty: ReadonlySet<string>;
}

export const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64url');

/**
 * Makes what is here of a kind what the repository has. What somebody made here, or another repository brought, is never written over; what was changed here stays until
 * it changes there; what is gone there goes here.
 */
export async function bring<T>(content: ContentKind<T>, options: BringOptions): Promise<Brought> {
  const { kind, found, facts, here } = content;
  const { store, repository, commit, at, faulty } = options;
  const mine = new Map(options.before.filter((one) => one.kind === kind).map((one) => [one.item_id, one]));
  const owners = await store.ownersOf(
    kind,
    found.map((one) => facts(one).id),
  );
  const problems: Problem[] = [];
  const wanted: T[] = [];
  const items: RepositoryItemRow[] = [];
  let [added, updated, unchanged] = [0, 0, 0];
  for (const one of found) {
    const { id, name, path, line, text } = facts(one);
    const hash = hashOf(text);
    const [before, now, owner] = [mine.get(id), here(id), owners.get(id)];
    const isSame = now === text;
    if ((owner !== undefined && owner !== repository) || (owner === undefined && now !== undefined && !isSame)) {
      const whose =
        owner === undefined ? 'is here already and did not come from a repository' : 'came from another repository';
      problems.push({
        path,
        line,
        level: 'error',
        code: 'DuplicateId',
        message: `\`${id}\` ${whose}: it stays as it is`,
      });
      continue;
    }
    const item = { kind, item_id: id, repository_id: repository, name, path, hash, commit, changed_at: at };
    if (before && now !== undefined && before.hash === hash) {
      unchanged++;
      if (before.path !== path || before.name !== name) items.push({ ...item, changed_at: before.changed_at });
      continue;
    }
    items.push(item);
    if (isSame) {
      unchanged++;
      continue;
    }
    wanted.push(one);
    if (before) updated++;
    else added++;
  }
  const failed = new Set<string>();
  for (const problem of wanted.length > 0 ? await content.save(wanted) : []) {
    problems.push(problem);
    if (problem.level === 'error') failed.add(problem.path);
  }
  const kept = items.filter(({ path }) => !failed.has(path));
  for (let from = 0; from < kept.length; from += itemsAtOnce)
    await store.saveItems(kept.slice(from, from + itemsAtOnce));
  const ids = new Set(found.map((one) => facts(one).id));
  const gone = [...mine.values()]
    .filter(({ item_id, path }) => !ids.has(item_id) && !faulty.has(path))
    .map(({ item_id }) => item_id);
  if (gone.length > 0) {
    await content.remove(gone);
    await store.removeItems(kind, repository, gone);
  }
  return { added, updated, unchanged, removed: gone.length, problems };
}

const itemsAtOnce = 1_000;
