import { SallyportError, type LdapSyncResult } from '@sallyport/contracts';
import { GreaterThanEqualsFilter, type Client } from 'ldapts';
import { LastAdministrator } from '../../access/index.ts';
import type { Platform } from '../../platform/types.ts';
import { ourselves } from '../../platform/directory-audit.ts';
import type { GroupCommands } from '../directory/groups.ts';
import type { PeopleCommands } from '../directory/people.ts';
import { bothOf, pagesOf, withDirectory } from './connection.ts';
import { binaryAttributes, entryIdOf, personOfEntry, type EntryPerson } from './entries.ts';
import { createEntryGroups, groupOfEntry } from './groups.ts';
import { createEntryPeople, hashOfPerson } from './people.ts';
import { directories, entries, passwordOf, type DirectoryRow } from './store.ts';

const peopleMax = 50_000;
const groupsMax = 1_000;
const problemsShown = 10;
/** A run that takes longer ends; what it has brought stays, and the next one goes on past it, since what is as before costs nothing. */
const runMs = 30 * 60_000;
/** Changes are told by the directory's clock alone; what it can't tell, such as deletions, a full run finds. */
const fullEveryMs = 24 * 3_600_000;
/** Of a small directory the limit is a hundredth part of nobody. */
const alwaysDeletable = 3;

export interface SyncOptions {
  /** Bring everything, changed or not. */
  readonly full?: boolean;
  readonly allowDeletions?: boolean;
}
type Progress = {
  -readonly [K in 'entries' | 'added' | 'changed' | 'disabled' | 'deleted' | 'groups' | 'skipped' | 'heldBack']: number;
} & {
  // prettier-ignore
  readonly problems: { dn: string; reason: string }[];
};

export interface SyncNeeds {
  readonly people: PeopleCommands;
  readonly groups: GroupCommands;
}

/** Brings people and groups of LDAP directories. What the directory keeps is changed there; roles and what is not of it are kept here. */
export function createSync(platform: Platform, { people, groups }: SyncNeeds) {
  const { database, clock, log, audit } = platform;
  const entryPeople = createEntryPeople(platform, people);
  const entryGroups = createEntryGroups(platform, groups);

  const problem = (progress: Progress, dn: string, reason: string): void => {
    progress.skipped += 1;
    if (progress.problems.length < problemsShown) progress.problems.push({ dn: dn.slice(0, 1_024), reason });
  };
  /** What one entry can't be is no reason to leave out the others. */
  const orProblem = async ({ progress, by }: Run, dn: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof SallyportError) || error.code === 'Unavailable') throw error;
      problem(progress, dn, error.message);
      if (error instanceof LastAdministrator)
        await audit.record({
          actor: by.name,
          operation: 'KeepLastAdministrator',
          target: `LDAP entry ${dn.slice(0, 400)}`,
          result: 'denied',
          ipAddress: '',
          requestId: '',
          details: { reason: error.message },
        });
    }
  };

  const disabledIds = async (client: Client, { settings }: DirectoryRow['body']): Promise<ReadonlySet<string>> => {
    const found = new Set<string>();
    if (settings.disabledFilter === '') return found;
    const { id } = settings.attributes;
    const search = { filter: bothOf(settings.peopleFilter, settings.disabledFilter), attributes: [id], binary: binaryAttributes, max: peopleMax }; // prettier-ignore
    for await (const page of pagesOf(client, settings.peopleBase, search))
      for (const entry of page) found.add(entryIdOf(entry, id) ?? '');
    return found;
  };

  /** Answers the newest change that was seen. */
  const bringPeople = async (
    client: Client,
    row: DirectoryRow,
    since: string | null,
    run: Run,
  ): Promise<string | null> => {
    const { settings, domains } = row.body;
    const disabled = await disabledIds(client, row.body);
    const changed = new GreaterThanEqualsFilter({ attribute: settings.attributes.modified, value: since ?? '' });
    const search = {
      filter: since === null ? settings.peopleFilter : bothOf(settings.peopleFilter, changed),
      attributes: Object.values(settings.attributes),
      binary: binaryAttributes,
      max: peopleMax,
    };
    let newest = since;
    for await (const page of pagesOf(client, settings.peopleBase, search)) {
      run.goOn();
      const said: EntryPerson[] = [];
      for (const entry of page) {
        const person = personOfEntry(entry, settings, domains);
        if ('reason' in person) problem(run.progress, entry.dn, person.reason);
        else said.push(person);
      }
      const known = await entries.known(database, row.id, said.map(({ entryId }) => entryId)); // prettier-ignore
      const same = said.filter((one) => {
        const before = known.get(one.entryId);
        return before?.contentHash.equals(hashOfPerson(one)) === true && before.disabled === disabled.has(one.entryId);
      });
      await entries.seen(database, row.id, [...known.keys()], run.number);
      const asBefore = new Set(same);
      for (const one of said.filter((person) => !asBefore.has(person)))
        await orProblem(run, one.dn, async () => {
          const facts = { disabled: disabled.has(one.entryId), before: known.get(one.entryId), run: run.number, by: run.by }; // prettier-ignore
          run.progress[await entryPeople.settle(row, one, facts)] += 1;
        });
      run.progress.entries += page.length;
      for (const { modified } of said) if (newest === null || modified > newest) newest = modified;
    }
    return newest;
  };

  const bringGroups = async (client: Client, row: DirectoryRow, run: Run): Promise<void> => {
    const { settings } = row.body;
    if (settings.groupsBase === '') return;
    const attributes = [settings.attributes.id, settings.groupName, settings.groupMember];
    const search = { filter: settings.groupsFilter, attributes, binary: binaryAttributes, max: groupsMax };
    for await (const page of pagesOf(client, settings.groupsBase, search))
      for (const entry of page) {
        run.goOn();
        const group = groupOfEntry(entry, settings);
        if ('reason' in group) {
          problem(run.progress, entry.dn, group.reason);
          continue;
        }
        const known = await entries.known(database, row.id, [group.entryId]);
        // One that can't be brought is there all the same.
        await entries.seen(database, row.id, [group.entryId], run.number);
        await orProblem(run, entry.dn, async () => {
          await entryGroups.settle(row, group, { before: known.get(group.entryId), run: run.number, by: run.by });
          run.progress.groups += 1;
        });
      }
  };

  /** After a full run: what it did not see is gone there. Answers why nothing was deleted, where that is so. */
  const deleteGone = async (row: DirectoryRow, run: Run, allowed: boolean): Promise<string | null> => {
    const gone = await entries.unseen(database, row.id, run.number);
    if (gone.length === 0) return null;
    const total = (await database.first<{ n: number }>('SELECT count(*)::int AS n FROM ldap_entries WHERE directory_id = $1', [row.id]))?.n ?? 0; // prettier-ignore
    const { deletionLimitPercent: percent } = row.body;
    const limit = percent === 0 ? 0 : Math.max(alwaysDeletable, Math.floor((total * percent) / 100));
    if (!allowed && (gone.length > limit || run.progress.entries === 0)) {
      run.progress.heldBack = gone.length;
      return `${gone.length} of ${total} people and groups are no longer in the directory; nobody was deleted, since the limit is ${run.progress.entries === 0 ? 'none where it gives nobody' : limit}`; // prettier-ignore
    }
    for (const { entryId, dn, personId, groupId } of gone)
      await orProblem(run, dn, async () => {
        run.goOn();
        await database.transaction(async (tx) => {
          await entries.forget(tx, row.id, entryId);
          if (personId === null) return;
          const still = await tx.first('SELECT 1 FROM people WHERE id = $1 AND deleted_at IS NULL', [personId]);
          if (still) await people.remove(personId, run.by, tx);
        });
        if (groupId !== null) await groups.remove(groupId, run.by);
        run.progress.deleted += 1;
      });
    return null;
  };

  const runOf = (row: DirectoryRow, number: number): Run => {
    const until = clock.now().getTime() + runMs;
    return {
      number,
      by: ourselves(`LDAP directory ${row.body.displayName}`),
      progress: {
        entries: 0,
        added: 0,
        changed: 0,
        disabled: 0,
        deleted: 0,
        groups: 0,
        skipped: 0,
        heldBack: 0,
        problems: [],
      },
      goOn: () => {
        if (clock.now().getTime() > until)
          throw new SallyportError('Unavailable', 'it took longer than half an hour; the next run goes on');
      },
    };
  };

  /** At most one run of a directory at a time, on whatever server. */
  const lease = (id: string, full: boolean) =>
    database.first<{ run: number }>(
      `UPDATE ldap_directories SET leased_until = $3, run = run + $4 WHERE id = $1 AND (leased_until IS NULL OR leased_until < $2)
       RETURNING run::int AS run`,
      [id, clock.now(), new Date(clock.now().getTime() + runMs + 60_000), full ? 1 : 0],
    );

  return {
    /** Throws NotFound; Conflict while another run is under way. What the directory refuses stands in the result. */
    async run(id: string, { full: wanted = false, allowDeletions = false }: SyncOptions = {}): Promise<LdapSyncResult> {
      const row = await directories.get(database, id);
      const startedAt = clock.now();
      const full = wanted || row.fullAt === null || startedAt.getTime() - row.fullAt.getTime() > fullEveryMs;
      const leased = await lease(id, full);
      if (!leased) throw new SallyportError('Conflict', 'a run of this directory is under way');
      const run = runOf(row, leased.run);
      let error: string | null = null;
      let done: { readonly until: string | null } | undefined;
      try {
        const peer = { settings: row.body.settings, password: passwordOf(platform, row) };
        const until = await withDirectory(peer, async (client) => {
          const newest = await bringPeople(client, row, full ? null : row.syncedUntil, run);
          await bringGroups(client, row, run);
          return newest;
        });
        if (full) error = await deleteGone(row, run, allowDeletions);
        done = { until };
      } catch (err) {
        log.warn({ err, directory: id }, 'a directory could not be brought');
        error = err instanceof Error ? err.message.slice(0, 1_000) : 'it failed';
      }
      const result: LdapSyncResult = {
        kind: full ? 'full' : 'delta',
        startedAt: startedAt.toISOString(),
        endedAt: clock.now().toISOString(),
        ...run.progress,
        error,
      };
      const ended = await database.execute(
        `UPDATE ldap_directories SET leased_until = NULL, last_sync = $2, synced_until = CASE WHEN $3 THEN $4 ELSE synced_until END,
           full_at = CASE WHEN $5 THEN $6 ELSE full_at END WHERE id = $1 AND modified_at = $7`,
        [id, JSON.stringify(result), done !== undefined, done?.until ?? null, done !== undefined && full, startedAt, row.modifiedAt], // prettier-ignore
      );
      // Changed meanwhile: the next run brings everything.
      if (ended === 0) await database.execute('UPDATE ldap_directories SET leased_until = NULL WHERE id = $1', [id]);
      return result;
    },
    /** Those that are to be brought, one after the other. */
    due: async (): Promise<string[]> =>
      (await directories.list(database)).filter(({ body }) => body.enabled && body.sync).map(({ id }) => id),
    entryPeople,
  };
}
export type Sync = ReturnType<typeof createSync>;

interface Run {
  readonly number: number;
  readonly by: ReturnType<typeof ourselves>;
  readonly progress: Progress;
  /** Throws when the time is over. */
  readonly goOn: () => void;
}
