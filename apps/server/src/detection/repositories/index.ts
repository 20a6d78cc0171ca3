import { randomUUID } from 'node:crypto';
import { repositoryLimits, SallyportError, type Repository, type RepositorySync } from '@sallyport/contracts';
import { createOutbound } from '../../platform/outbound/index.ts';
import type { Platform } from '../../platform/types.ts';
import type { FetchedContent } from './content-file.ts';
import { readFolder, realFolder } from './folder.ts';
import { gitUrl, settingNames, targetOf } from './git-request.ts';
import { readGit } from './git.ts';
import { repositoryStore, type RepositoryFields, type RepositoryRow, type RepositoryStore } from './store.ts';
import { syncContent, type SyncParts } from './sync.ts';

export { repositoryHandlers } from './routes.ts';

/** What a person says of a repository. `token` undefined: as it was. */
export interface RepositoryWish extends Omit<RepositoryFields, 'token' | 'interval_minutes'> {
  readonly intervalMinutes: number;
  readonly token: string | undefined;
}

type Parts = Omit<SyncParts, 'store' | 'platform'> & { readonly platform: Platform };

/** Content that is kept up to date from Git repositories and folders of the server. */
export class Repositories {
  readonly #parts: Parts;
  readonly #store: RepositoryStore;
  readonly #stopping = new AbortController();

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#store = repositoryStore(parts.platform.database);
  }

  /** Looks each minute for those that are due, once among all servers. */
  schedule(): void {
    const { jobs, clock, log } = this.#parts.platform;
    jobs.define<{ readonly id: string; readonly whole: boolean }>(
      'repository',
      async ({ input: { id, whole } }) => {
        await this.sync(id, { whole, onlyDue: !whole }).catch((err: unknown) =>
          log.error({ err, repository: id }, 'a repository could not be looked at'),
        );
      },
      { concurrency: 1 },
    );
    jobs.schedule('repositories-due', '* * * * *', async ({ dueAt }) => {
      for (const id of await this.#store.due(clock.now()))
        await jobs.start('repository', `repository ${id} ${dueAt.toISOString()}`, { id, whole: false });
    });
  }

  stop(): void {
    this.#stopping.abort();
  }

  /** Has one looked at soon: all of it, whether it has changed or not, or with `whole` false only if it is due. Throws NotFound. */
  async syncSoon(id: string, { whole = true }: { readonly whole?: boolean } = {}): Promise<void> {
    await this.get(id);
    await this.#parts.platform.jobs.start('repository', `repository ${id} ${randomUUID()}`, { id, whole });
  }

  async list(): Promise<readonly Repository[]> {
    const counts = await this.#store.counts();
    const now = this.#parts.platform.clock.now();
    return (await this.#store.all()).map((row) => shown(row, counts.get(row.id) ?? 0, now));
  }

  /** Throws NotFound. */
  async get(id: string) {
    const row = await this.#row(id);
    const items = await this.#store.items(id);
    return {
      ...shown(row, items.length, this.#parts.platform.clock.now()),
      content: items.map(({ kind, item_id, name, path, commit, changed_at }) => ({
        kind,
        id: item_id,
        name,
        path,
        commit,
        changedAt: changed_at.toISOString(),
      })),
    };
  }

  async create(wish: RepositoryWish, by: string): Promise<Repository> {
    const { platform } = this.#parts;
    if ((await this.#store.all()).length >= repositoryLimits.repositories)
      throw new SallyportError('Conflict', `there are ${repositoryLimits.repositories} already`);
    const id = randomUUID();
    await this.#check(wish);
    await this.#store.create(id, this.#fieldsOf(id, wish, null), by, platform.clock.now());
    return this.get(id);
  }

  async change(id: string, wish: Partial<Omit<RepositoryWish, 'kind'>>, by: string): Promise<Repository> {
    const row = await this.#row(id);
    const whole = { ...row, intervalMinutes: row.interval_minutes, ...wish, token: wish.token, kind: row.kind };
    await this.#check(whole);
    // A token is for where it was given for: it does not follow the address to another server.
    const moved = row.kind === 'git' && gitUrl(whole.location).origin !== gitUrl(row.location).origin;
    await this.#store.change(
      id,
      this.#fieldsOf(id, whole, moved ? null : row.token),
      by,
      this.#parts.platform.clock.now(),
    );
    return this.get(id);
  }

  /** Answers how many items were removed with it. */
  async remove(id: string, content: 'keep' | 'remove'): Promise<number> {
    const row = await this.#row(id);
    const parts = { ...this.#parts, store: this.#store };
    // A repository in which there is nothing any more.
    const gone =
      content === 'remove' ? await syncContent(parts, row, { commit: '', files: [], leftOut: [] }) : undefined;
    await this.#store.remove(id);
    return gone?.removed ?? 0;
  }

  /**
   * Looks at one now. `whole` (false): also where its branch has not moved; `onlyDue` (false): not before its time. Undefined when another look is under way, or it is not due. What goes wrong is
   * told in the answer, and kept.
   */
  async sync(
    id: string,
    { whole = false, onlyDue = false }: { readonly whole?: boolean; readonly onlyDue?: boolean } = {},
  ): Promise<RepositorySync | undefined> {
    const { platform } = this.#parts;
    const started = performance.now();
    if (!(await this.#store.claim(id, platform.clock.now(), onlyDue))) return undefined;
    const row = await this.#row(id);
    const nothing = {
      commit: row.last?.commit ?? '',
      files: 0,
      added: 0,
      updated: 0,
      unchanged: 0,
      removed: 0,
      problems: [],
    };
    let found: Omit<RepositorySync, 'at' | 'seconds'>;
    let isWhole = true;
    try {
      const content = await this.#fetch(row, whole);
      // Nothing new: what the last look said still holds.
      isWhole = content !== undefined;
      found = content
        ? { ...(await syncContent({ ...this.#parts, store: this.#store }, row, content)), error: null }
        : { ...nothing, ...row.last, added: 0, updated: 0, removed: 0, error: null };
    } catch (error) {
      isWhole = false;
      found = {
        ...nothing,
        error: error instanceof SallyportError ? error.message : 'it could not be read; the log of the server says why',
      };
      if (!(error instanceof SallyportError))
        platform.log.error({ err: error, repository: row.name }, 'a repository could not be brought in');
    }
    const now = platform.clock.now();
    const last = { ...found, at: now.toISOString(), seconds: Math.round((performance.now() - started) / 10) / 100 };
    await this.#store.finish(id, last, isWhole ? found.commit : undefined, now);
    if (found.added + found.updated + found.removed > 0 || found.error !== null) await this.#audit(row, last);
    return last;
  }

  async #audit(
    row: RepositoryRow,
    { commit, added, updated, removed, problems, error }: RepositorySync,
  ): Promise<void> {
    await this.#parts.platform.audit.record({
      actor: 'system',
      operation: 'SyncRepository',
      target: `repository ${row.name}`,
      result: error === null ? 'success' : 'failure',
      ipAddress: '',
      details: { commit, added, updated, removed, problems: problems.length, ...(error === null ? {} : { error }) },
    });
  }

  #fetch(row: RepositoryRow, whole: boolean): Promise<FetchedContent | undefined> {
    const { config, sealing } = this.#parts.platform;
    if (row.kind === 'folder') return readFolder(row.location, row.folder, config.repositoryFolders);
    return readGit(
      {
        url: row.location,
        branch: row.branch,
        folder: row.folder,
        username: row.username,
        token: row.token ? sealing.open(row.token, purposeOf(row.id)).toString() : '',
        hosts: [...config.repositoryHosts],
        internalHosts: [...config.repositoryInternalHosts],
        known: whole ? null : row.synced_commit,
        transferBytesMax: repositoryLimits.transferBytes,
      },
      this.#stopping.signal,
    );
  }

  /** Throws BadRequest when it may not be read from there. */
  async #check({ kind, location, folder }: Pick<RepositoryFields, 'kind' | 'location' | 'folder'>): Promise<void> {
    const {
      repositoryHosts: hosts,
      repositoryInternalHosts: internalHosts,
      repositoryFolders,
    } = this.#parts.platform.config;
    if (kind === 'folder')
      return void (await realFolder(folder === '' ? location : `${location}/${folder}`, repositoryFolders));
    try {
      createOutbound({ hosts, internalHosts, settingNames }).check(targetOf(gitUrl(location)));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new SallyportError('BadRequest', error.message, { target: 'body.location', cause: error });
    }
  }

  #fieldsOf(id: string, wish: RepositoryWish, token: Buffer | null): RepositoryFields {
    const { name, kind, location, branch, folder, username, enabled, intervalMinutes } = wish;
    const sealed =
      wish.token === undefined
        ? token
        : wish.token === ''
          ? null
          : this.#parts.platform.sealing.seal(Buffer.from(wish.token), purposeOf(id));
    return {
      name,
      kind,
      location,
      branch,
      folder,
      username,
      enabled,
      interval_minutes: intervalMinutes,
      token: sealed,
    };
  }

  async #row(id: string): Promise<RepositoryRow> {
    const row = await this.#store.get(id);
    if (!row) throw new SallyportError('NotFound', `there is no repository ${id}`);
    return row;
  }
}

const purposeOf = (id: string): string => `repository:${id}`;

const shown = (row: RepositoryRow, items: number, now: Date): Repository => ({
  id: row.id,
  name: row.name,
  kind: row.kind,
  location: row.location,
  branch: row.branch,
  folder: row.folder,
  intervalMinutes: row.interval_minutes,
  enabled: row.enabled,
  username: row.username,
  hasToken: row.token !== null,
  createdBy: row.created_by,
  updatedAt: row.updated_at.toISOString(),
  items,
  syncing: row.syncing_until !== null && row.syncing_until > now,
  nextSyncAt: row.next_sync_at.toISOString(),
  last: row.last,
});
