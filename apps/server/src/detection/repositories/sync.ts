import { Readable } from 'node:stream';
import { repositoryLimits, SallyportError, type RepositorySync, type RuleProblem } from '@sallyport/contracts';
import type { Queries } from '../../hunting/index.ts';
import type { Platform } from '../../platform/types.ts';
import { huntingQueryProblem } from '../hunting-queries/problem.ts';
import { readHuntingQueries, type ReadHuntingQuery } from '../hunting-queries/read.ts';
import { huntingQueryStore } from '../hunting-queries/store.ts';
import type { OwnRules } from '../own-rules.ts';
import { readImport } from '../rules/import/read.ts';
import type { ReadRule } from '../rules/import/found.ts';
import type { Problem, RuleRegistry } from '../rules/index.ts';
import type { Watchlists } from '../watchlists/index.ts';
import { bring, type Brought, type ContentKind } from './bring.ts';
import type { FetchedContent } from './content-file.ts';
import type { RepositoryRow, RepositoryStore } from './store.ts';
import { readWatchlists, type ReadWatchlist } from './watchlists.ts';

export interface SyncParts {
  readonly platform: Pick<Platform, 'clock' | 'database'>;
  readonly queries: Queries;
  readonly registry: RuleRegistry;
  readonly own: OwnRules;
  readonly watchlists: Watchlists;
  readonly store: RepositoryStore;
}

type Synced = Omit<RepositorySync, 'at' | 'seconds' | 'error'>;

/** Makes the rules, hunting queries and watchlists that are here what a repository has. One bad file stops none of the others: it becomes a problem with its place. */
export async function syncContent(
  parts: SyncParts,
  repository: RepositoryRow,
  content: FetchedContent,
): Promise<Synced> {
  const { platform, store } = parts;
  const by = `repository ${repository.name}`;
  const files = content.files;
  const rules = await readImport(files.filter(({ path }) => !/\.kql$/i.test(path)));
  const hunting = readHuntingQueries(files);
  const lists = readWatchlists(files);
  const unread = [...rules.problems, ...hunting.problems, ...lists.problems, ...content.leftOut.map(asProblem)];
  const before = await store.items(repository.id);
  const options = {
    store,
    repository: repository.id,
    commit: content.commit,
    at: platform.clock.now(),
    before,
    faulty: new Set(unread.filter(({ level }) => level === 'error').map(({ path }) => path)),
  };
  // Lists first: rules of the same repository may ask them.
  const brought = [
    await bring(await listKind(parts, lists.found, by), options),
    await bring(ruleKind(parts, rules.found, by), options),
    await bring(await huntingKind(parts, hunting.found, by), options),
  ];
  const sum = (of: (one: Brought) => number): number => brought.reduce((all, one) => all + of(one), 0);
  return {
    commit: content.commit,
    files: files.length,
    added: sum(({ added }) => added),
    updated: sum(({ updated }) => updated),
    unchanged: sum(({ unchanged }) => unchanged),
    removed: sum(({ removed }) => removed),
    problems: [...unread, ...brought.flatMap(({ problems }) => problems)]
      .toSorted(
        (a, b) =>
          Number(a.level === 'warning') - Number(b.level === 'warning') ||
          (a.path < b.path ? -1 : a.path > b.path ? 1 : a.line - b.line),
      )
      .slice(0, repositoryLimits.problems),
  };
}

const asProblem = ({ path, reason }: FetchedContent['leftOut'][number]): Problem => ({
  path,
  line: 1,
  level: 'error',
  code: 'TooLarge',
  message: `left out: ${reason}`,
});

function ruleKind({ own, registry }: SyncParts, found: readonly ReadRule[], by: string): ContentKind<ReadRule> {
  return {
    kind: 'rule',
    found,
    facts: ({ id, rules, path, line, text }) => ({ id, name: rules[0]?.name ?? id, path, line, text }),
    here: (id) => registry.originOf(id).own?.text,
    save: async (some) => {
      const { rules } = await own.bring(some, { apply: true }, by);
      return rules.flatMap(({ warnings }) => warnings.filter(({ code }) => code === 'InvalidQuery').map(asQueryNote));
    },
    remove: (ids) => own.remove(ids),
  };
}

/** A rule whose query does not run here is kept, switched off. */
const asQueryNote = ({ path, line, message }: RuleProblem): Problem => ({
  path,
  line,
  level: 'warning',
  code: 'InvalidQuery',
  message,
});

async function huntingKind(
  { platform, queries }: SyncParts,
  found: readonly ReadHuntingQuery[],
  by: string,
): Promise<ContentKind<ReadHuntingQuery>> {
  const stored = huntingQueryStore(platform.database);
  const textOf = ({ name, description, tactics, techniques, query }: Omit<ReadHuntingQuery, 'path' | 'line'>): string =>
    JSON.stringify([name, description, tactics, techniques, query]);
  const here = new Map((await stored.all()).map((one) => [one.id, textOf(one)]));
  return {
    kind: 'hunting',
    found,
    facts: (one) => ({ ...one, text: textOf(one) }),
    here: (id) => here.get(id),
    save: async (some) => {
      const now = platform.clock.now();
      await stored.save(some, by, now);
      const problems: Problem[] = [];
      for (const one of some) {
        problems.push(...[huntingQueryProblem(queries, one, now)].filter((problem) => problem !== undefined));
        await new Promise((resolve) => setImmediate(resolve));
      }
      return problems;
    },
    remove: (ids) => stored.remove(ids),
  };
}

async function listKind(
  { watchlists }: SyncParts,
  found: readonly ReadWatchlist[],
  by: string,
): Promise<ContentKind<ReadWatchlist>> {
  const here = new Set((await watchlists.list()).map(({ alias }) => alias.toLowerCase()));
  const textOf = (list: ReadWatchlist): string => JSON.stringify({ ...list, path: '', line: 0 });
  return {
    kind: 'watchlist',
    found,
    facts: (one) => ({ id: one.alias, name: one.name, path: one.path, line: one.line, text: textOf(one) }),
    // What is in the engine is not compared.
    here: (alias) => (here.has(alias.toLowerCase()) ? '' : undefined),
    save: async (some) => {
      const problems: Problem[] = [];
      for (const one of some)
        await saveList(watchlists, one, here.has(one.alias.toLowerCase()), by).catch((error: unknown) => {
          if (!(error instanceof SallyportError) || error.code === 'Unavailable') throw error;
          problems.push({
            path: one.path,
            line: one.line,
            level: 'error',
            code: 'InvalidRule',
            message: `watchlist ${one.alias}: ${error.message}`,
          });
        });
      return problems;
    },
    remove: async (aliases) => {
      for (const alias of aliases) if (here.has(alias.toLowerCase())) await watchlists.remove(alias);
    },
  };
}

async function saveList(watchlists: Watchlists, list: ReadWatchlist, isHere: boolean, by: string): Promise<void> {
  const { alias, name, description, provider, source, itemsSearchKey, format, skipLines } = list;
  const bytes = Buffer.from(list.content);
  const reading = { format, skipLines, searchKey: itemsSearchKey };
  if (isHere) await watchlists.describe(alias, { name, description, provider, source }, by);
  else {
    const { columns } = await watchlists.preview(Readable.from([bytes]), reading);
    await watchlists.create({ alias, name, description, provider, source, labels: [], columns, itemsSearchKey, by });
  }
  try {
    await watchlists.upload(alias, Readable.from([bytes]), { ...reading, mode: 'replace', skipFaulty: false }, by);
  } catch (error) {
    // One that was made for these items alone does not stay without them.
    if (!isHere) await watchlists.remove(alias);
    throw error;
  }
}
