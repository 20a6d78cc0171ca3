import { randomUUID } from 'node:crypto';
import { SallyportError, type LdapDirectoryInput, type LdapSettings } from '@sallyport/contracts';
import type { Queryable } from '../../platform/database/index.ts';
import type { Platform } from '../../platform/types.ts';
import type { Author } from '../../platform/directory-audit.ts';
import { checkFilter, pagesOf, withDirectory } from './connection.ts';
import {
  directories,
  directoriesMax,
  passwordOf,
  sealPassword,
  type DirectoryBody,
  type DirectoryRow,
} from './store.ts';

const activities = {
  add: { name: 'Add LDAP directory', type: 'Add' },
  update: { name: 'Update LDAP directory', type: 'Update' },
  remove: { name: 'Delete LDAP directory', type: 'Delete' },
} as const;

const samePeer = (one: LdapSettings, other: LdapSettings): boolean =>
  one.host === other.host && one.port === other.port && one.bindDn === other.bindDn && (one.encryption === 'none') === (other.encryption === 'none'); // prettier-ignore

/** Makes, changes, removes and tries LDAP directories, each change with its row of `AuditLogs` in the same transaction. */
export function createDirectoryCommands(platform: Platform) {
  const { database, clock, audit } = platform;

  const record = (
    activity: keyof typeof activities,
    { id, body }: Pick<DirectoryRow, 'id' | 'body'>,
    before: DirectoryBody | undefined,
    by: Author,
    tx: Queryable,
  ) =>
    audit.record(
      {
        actor: by.name,
        operation: activities[activity].name,
        target: `LDAP directory ${body.displayName}`,
        result: 'success',
        ipAddress: by.ipAddress,
        requestId: by.requestId,
        details: { id },
        entra: {
          category: 'DirectoryManagement',
          loggedByService: 'Core Directory',
          operationType: activities[activity].type,
          actorId: by.id,
          ...(by.application ? { byApplication: true } : {}),
          target: { id, displayName: body.displayName, type: 'Directory' },
          modified: {
            displayName: 'LdapDirectory',
            ...(before ? { oldValue: before } : {}),
            ...(activity === 'remove' ? {} : { newValue: body }),
          },
        },
      },
      tx,
    );

  const check = async (tx: Queryable, id: string, { settings, domains }: DirectoryBody): Promise<void> => {
    for (const name of ['peopleFilter', 'groupsFilter', 'disabledFilter'] as const)
      if (settings[name] !== '') checkFilter(settings[name], `body.settings.${name}`);
    const taken = (await directories.list(tx)).find((one) => one.id !== id && one.body.domains.some((domain) => domains.includes(domain))); // prettier-ignore
    if (taken)
      throw new SallyportError('BadRequest', `a domain is one of ${taken.body.displayName} already`, {
        target: 'body.domains',
      });
  };
  const split = ({ bindPassword, ...body }: LdapDirectoryInput) => ({ body, bindPassword });
  const lock = (tx: Queryable) => tx.execute('LOCK TABLE ldap_directories IN SHARE ROW EXCLUSIVE MODE');

  /** A password that is kept goes to no other host, name or clear line than it was given for. */
  const passwordFor = async (id: string | undefined, { body, bindPassword }: ReturnType<typeof split>) => {
    if (bindPassword !== undefined || id === undefined) return bindPassword === '' ? undefined : bindPassword;
    const row = await directories.get(database, id);
    return samePeer(row.body.settings, body.settings) ? passwordOf(platform, row) : undefined;
  };

  return {
    /** Throws BadRequest. */
    add: (input: LdapDirectoryInput, by: Author): Promise<string> =>
      database.transaction(async (tx) => {
        await lock(tx);
        if ((await directories.list(tx)).length >= directoriesMax)
          throw new SallyportError('BadRequest', `there are at most ${directoriesMax} LDAP directories`);
        const { body, bindPassword = '' } = split(input);
        const id = randomUUID();
        await check(tx, id, body);
        const row = { id, body, secretSealed: sealPassword(platform, id, bindPassword), createdAt: clock.now() };
        await directories.insert(tx, row);
        await record('add', row, undefined, by, tx);
        return id;
      }),
    /** Throws NotFound, BadRequest. */
    update: (id: string, input: LdapDirectoryInput, by: Author): Promise<void> =>
      database.transaction(async (tx) => {
        await lock(tx);
        const before = await directories.get(tx, id);
        const { body, bindPassword } = split(input);
        await check(tx, id, body);
        const kept = bindPassword === undefined && before.secretSealed !== null;
        if (kept && !samePeer(before.body.settings, body.settings))
          throw new SallyportError('BadRequest', 'another host, name or encryption needs the password anew', {
            target: 'body.bindPassword',
          });
        const secretSealed = kept ? before.secretSealed : sealPassword(platform, id, bindPassword ?? '');
        await directories.change(tx, { id, body, secretSealed, modifiedAt: clock.now() });
        await record('update', { id, body }, before.body, by, tx);
      }),
    /** Its people and groups are then kept here. Throws NotFound. */
    remove: (id: string, by: Author): Promise<string> =>
      database.transaction(async (tx) => {
        await lock(tx);
        const before = await directories.get(tx, id);
        await tx.execute(
          `UPDATE people SET source = 'local', external_id = NULL, attributes = attributes - 'onPremisesSyncEnabled', modified_at = $2, revision = revision + 1
           WHERE id IN (SELECT person_id FROM ldap_entries WHERE directory_id = $1)`,
          [id, clock.now()],
        );
        await tx.execute(
          `UPDATE groups SET source = 'local', external_id = NULL, modified_at = $2, revision = revision + 1
           WHERE id IN (SELECT group_id FROM ldap_entries WHERE directory_id = $1)`,
          [id, clock.now()],
        );
        await tx.execute('DELETE FROM ldap_directories WHERE id = $1', [id]);
        await record('remove', before, before.body, by, tx);
        return before.body.displayName;
      }),
    /** What stands for and against using a directory so. */
    async test(id: string | undefined, input: LdapDirectoryInput): Promise<{ ok: boolean; text: string }[]> {
      const asked = split(input);
      const { settings } = asked.body;
      const findings: { ok: boolean; text: string }[] = [];
      if (settings.encryption === 'none')
        findings.push({ ok: true, text: 'Nothing is encrypted: passwords can be read on the line' });
      try {
        for (const name of ['peopleFilter', 'groupsFilter', 'disabledFilter'] as const)
          if (settings[name] !== '') checkFilter(settings[name], `body.settings.${name}`);
        await withDirectory({ settings, password: await passwordFor(id, asked) }, async (client) => {
          findings.push({ ok: true, text: `${settings.host} is reached, and the bind is accepted` });
          const first = async (base: string, filter: string): Promise<number> => {
            for await (const page of pagesOf(client, base, { filter, attributes: ['1.1'], max: 1_000_000 })) return page.length; // prettier-ignore
            return 0;
          };
          const people = await first(settings.peopleBase, settings.peopleFilter);
          findings.push({ ok: people > 0, text: people > 0 ? 'People are found' : 'Nobody is found' });
          if (settings.groupsBase === '') return;
          const groups = await first(settings.groupsBase, settings.groupsFilter);
          findings.push({ ok: true, text: groups > 0 ? 'Groups are found' : 'No groups are found' });
        });
      } catch (error) {
        findings.push({ ok: false, text: error instanceof Error ? error.message.slice(0, 500) : 'it failed' });
      }
      return findings;
    },
  };
}
export type DirectoryCommands = ReturnType<typeof createDirectoryCommands>;
