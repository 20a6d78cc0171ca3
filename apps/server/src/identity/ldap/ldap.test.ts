import { giveRole } from '../../testing.ts';
import { LdapDirectory, LdapSyncResult, type LdapDirectoryInput } from '@sallyport/contracts';
import fc from 'fast-check';
import { Attribute, Change, Client } from 'ldapts';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { startOpenIdServer, type Browser, type OpenIdServer } from '../../openid/testing.ts';
import { newPeerKeys } from '../../openid/saml/testing/peer.ts';
import { loadTls } from '../../platform/http/index.ts';
import { removeDataFolder, temporaryFolder } from '../../supervisor/temporary.ts';
import { withDirectory, withValue } from './connection.ts';
import { comparableDn } from './entries.ts';
import { base, rootDn, rootPassword, slapdInstalled, startSlapd, type Slapd } from './testing/slapd.ts';

vi.setConfig({ testTimeout: 60_000 });

const installed = slapdInstalled();
if (!installed) console.warn('slapd is not installed: the tests of LDAP directories are skipped');

const password = 'a password of the directory';
const domain = 'contoso.com';
const people = `ou=people,${base}`;
const groups = `ou=groups,${base}`;

let server: OpenIdServer;
let slapd: Slapd;
let authority: string;
let manager: Browser;
let root: Client;
const folder = temporaryFolder();

const dnOf = (uid: string) => `uid=${uid},${people}`;
const addPerson = (uid: string, more: Record<string, string> = {}) =>
  root.add(dnOf(uid), { objectClass: 'inetOrgPerson', uid, cn: `${uid} of Contoso`, sn: uid, mail: `${uid}@${domain}`, userPassword: password, ...more }); // prettier-ignore
const replace = (dn: string, type: string, values: string[]) =>
  root.modify(dn, new Change({ operation: 'replace', modification: new Attribute({ type, values }) }));

type Settings = Partial<LdapDirectoryInput['settings']>;
const inputOf = (settings: Settings = {}, more: object = {}) => ({
  displayName: 'Contoso LDAP',
  domains: [domain],
  bindPassword: rootPassword,
  settings: {
    host: 'localhost',
    port: slapd.ports.tls,
    encryption: 'ldaps',
    authorities: authority,
    bindDn: rootDn,
    peopleBase: people,
    groupsBase: groups,
    disabledFilter: '(employeeType=gone)',
    ...settings,
  },
  ...more,
});
const call = async (path: string, json: unknown) => {
  const answer = await manager.fetch(path, { json });
  const body: unknown = await answer.json();
  return { status: answer.status, body };
};
async function withAdded<T>(input: object, work: (id: string) => Promise<T>): Promise<T> {
  const { status, body } = await call('/api/ldap-directories', input);
  expect([status, status === 200 ? '' : body]).toEqual([200, '']);
  const { id } = LdapDirectory.parse(body);
  try {
    return await work(id);
  } finally {
    await server.platform.database.execute(
      `DELETE FROM people WHERE id IN (SELECT person_id FROM ldap_entries WHERE directory_id = '${id}')`,
    );
    await server.platform.database.execute(
      `DELETE FROM groups WHERE id IN (SELECT group_id FROM ldap_entries WHERE directory_id = '${id}')`,
    );
    await server.platform.database.execute('DELETE FROM ldap_directories WHERE id = $1', [id]);
  }
}
const bring = async (id: string, allowDeletions = false) =>
  LdapSyncResult.parse((await call(`/api/ldap-directories/${id}/sync`, { allowDeletions })).body);
const delta = (id: string) => server.domains.identity.syncDirectory(id);
const signIn = async (userPrincipalName: string, given = password) => {
  const browser = server.browser();
  const answer = await browser.fetch('/api/signin/directory', { json: { userPrincipalName, password: given } });
  return { status: answer.status, text: await answer.text() };
};
const row = (name: string) =>
  server.platform.database.first<{ source: string; display: string; disabled: boolean; deleted: boolean; attributes: Record<string, unknown> }>(
    `SELECT source, display_name AS display, disabled_at IS NOT NULL AS disabled, deleted_at IS NOT NULL AS deleted, attributes FROM people
     WHERE user_principal_name = $1 ORDER BY deleted_at NULLS FIRST LIMIT 1`,
    [name],
  ); // prettier-ignore
const members = async (group: string) =>
  (
    await server.platform.database.query<{ name: string }>(
      'SELECT p.user_principal_name AS name FROM groups g JOIN group_members m ON m.group_id = g.id JOIN people p ON p.id = m.person_id WHERE g.name = $1 ORDER BY 1',
      [group],
    )
  ).map(({ name }) => name);

beforeAll(async () => {
  if (!installed) return;
  server = await startOpenIdServer();
  const tls = await loadTls(server.platform.config, server.platform.clock);
  authority = tls.authority;
  slapd = await startSlapd(folder, tls);
  root = new Client({ url: `ldaps://localhost:${slapd.ports.tls}`, tlsOptions: { ca: [authority] } });
  await root.bind(rootDn, rootPassword);
  await root.add(base, { objectClass: ['dcObject', 'organization'], dc: 'contoso', o: 'Contoso' });
  await root.add(people, { objectClass: 'organizationalUnit', ou: 'people' });
  await root.add(groups, { objectClass: 'organizationalUnit', ou: 'groups' });
  for (const uid of ['ada', 'ben', 'cleo', 'dora']) await addPerson(uid);
  manager = server.browser();
  await manager.signIn({ userPrincipalName: server.admin.name });
}, 120_000);
afterAll(async () => {
  if (!installed) return;
  await root.unbind();
  await slapd.stop();
  await server.stop();
  removeDataFolder(folder);
});

describe.skipIf(!installed)('signing in with the password of the directory', () => {
  it('by LDAPS and by StartTLS, with the person made and a row of SigninLogs', async () => {
    for (const settings of [{}, { encryption: 'startTls', port: slapd.ports.clear }] satisfies Settings[])
      await withAdded(inputOf(settings), async () => {
        const { status, text } = await signIn(`ada@${domain}`);
        expect([status, text]).toEqual([200, expect.stringContaining(`ada@${domain}`)]);
        expect(JSON.parse(text)).toMatchObject({ method: 'federatedSingleFactor', roles: [] });
        expect(await row(`ada@${domain}`)).toMatchObject({ source: 'ldap', display: 'ada of Contoso', attributes: { onPremisesSyncEnabled: true } }); // prettier-ignore
        const last = (await server.rows('SigninLogs')).at(-1);
        expect(last).toMatchObject({ ResultType: '0', AuthenticationRequirement: 'singleFactorAuthentication', TokenIssuerName: `ldap://localhost:${settings.port ?? slapd.ports.tls}` }); // prettier-ignore
      });
  });

  it('is refused for a wrong password, an empty one, nobody, the disabled, and where the directory is off', async () => {
    await replace(dnOf('dora'), 'employeeType', ['gone']);
    await withAdded(inputOf(), async () => {
      for (const [name, given, outcome] of [
        ['ada', 'wrong', '50126'],
        ['nobody', password, '50034'],
        ['dora', password, '50057'],
      ] as const) {
        expect((await signIn(`${name}@${domain}`, given)).status).toBe(401);
        expect((await server.rows('SigninLogs')).at(-1)).toMatchObject({ ResultType: outcome });
      }
      expect((await signIn(`ada@${domain}`, '')).status).toBe(400);
      expect((await signIn('ada@fabrikam.com')).status).toBe(401);
    });
    await replace(dnOf('dora'), 'employeeType', []);
    await withAdded(inputOf({}, { signIn: false }), async () => {
      expect((await signIn(`ada@${domain}`)).status).toBe(401);
    });
  });

  it('opens nothing to those who have rights here, nor takes over somebody of the same name', async () => {
    await addPerson('bella');
    await server.person('bella');
    await withAdded(inputOf(), async () => {
      expect((await signIn(`ada@${domain}`)).status).toBe(200);
      const ada = await server.platform.database.first<{ id: string }>('SELECT id FROM people WHERE user_principal_name = $1', [`ada@${domain}`]); // prettier-ignore
      await giveRole(server.platform, ada?.id ?? '', 'Security Reader');
      const refused = await signIn(`ada@${domain}`);
      expect([refused.status, refused.text]).toEqual([403, expect.stringContaining('AADSTS50074')]);
      expect((await signIn(`bella@${domain}`)).status).toBe(401);
      expect(await row(`bella@${domain}`)).toMatchObject({ source: 'local' });
    });
    await root.del(dnOf('bella'));
  });

  it('sends no password over a line that is not encrypted, and believes no certificate but its authorities’', async () => {
    const encrypted: Settings[] = [
      // The server takes no StartTLS on a port that is encrypted already, and speaks no TLS on the clear one.
      { encryption: 'startTls', port: slapd.ports.tls },
      { encryption: 'ldaps', port: slapd.ports.clear },
      { authorities: (await newPeerKeys('another authority')).certificate },
      { host: '127.0.0.2' },
    ];
    for (const settings of encrypted)
      await withAdded(inputOf(settings), async () => {
        expect([settings, (await signIn(`ada@${domain}`)).status]).toEqual([settings, 503]);
        expect((await server.rows('SigninLogs')).at(-1)).toMatchObject({ ResultType: '80001' });
      });
    // Said so outright it is tried; this server refuses it.
    await withAdded(inputOf({ encryption: 'none', port: slapd.ports.clear }), async () => {
      expect((await signIn(`ada@${domain}`)).status).toBe(503);
    });
  });

  it('takes what is typed as a value and never as a filter', async () => {
    const found = (value: string) =>
      withDirectory(
        { settings: LdapDirectory.shape.settings.parse(inputOf().settings), password: rootPassword },
        async (client) => {
          // prettier-ignore
          const answer = await client.search(people, { scope: 'sub', filter: withValue('(objectClass=inetOrgPerson)', 'mail', value), attributes: ['1.1'] }); // prettier-ignore
          return answer.searchEntries.length;
        },
      );
    expect(await found(`ada@${domain}`)).toBe(1);
    for (const value of ['*', `*@${domain}`, `ada@${domain})(uid=*`, 'ada@*)(|(uid=*', '\\2a', ')(objectClass=*', '\0'])
      expect([value, await found(value)]).toEqual([value, 0]);
    const hostile = fc.array(fc.constantFrom('*', '(', ')', '\\', '\0', '|', '&', '=', 'a', '2', ' '), {
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(hostile, async (signs) => {
        expect(await found(`ada@${signs.join('')}`)).toBe(0);
      }),
      { numRuns: 40 },
    );
  });
});

describe.skipIf(!installed)('bringing people and groups', () => {
  it('page by page, then only what changed, and nothing twice', async () => {
    for (let n = 0; n < 620; n += 1) await addPerson(`many${n}`, { employeeType: n % 100 === 0 ? 'gone' : 'here' });
    await root.add(`cn=Crew,${groups}`, { objectClass: 'groupOfNames', cn: 'Crew', member: [dnOf('ada'), dnOf('many1'), 'cn=nobody'] }); // prettier-ignore
    await withAdded(inputOf(), async (id) => {
      const first = await bring(id);
      expect(first).toMatchObject({ kind: 'full', entries: 624, added: 624, groups: 1, error: null, skipped: 0 });
      expect(await row(`many100@${domain}`)).toMatchObject({ disabled: true, source: 'ldap' });
      expect(await members('Crew')).toEqual([`ada@${domain}`, `many1@${domain}`]);
      const again = await bring(id);
      expect(again).toMatchObject({ entries: 624, added: 0, changed: 0, deleted: 0, error: null });

      await replace(dnOf('many2'), 'cn', ['Somebody new']);
      await replace(dnOf('many3'), 'employeeType', ['gone']);
      await replace(`cn=Crew,${groups}`, 'member', [dnOf('ben')]);
      const next = await delta(id);
      expect(next).toMatchObject({ kind: 'delta', changed: 1, disabled: 1, added: 0, error: null });
      expect(next.entries).toBeLessThan(624);
      expect(await row(`many2@${domain}`)).toMatchObject({ display: 'Somebody new' });
      expect(await row(`many3@${domain}`)).toMatchObject({ disabled: true });
      expect(await members('Crew')).toEqual([`ben@${domain}`]);

      // Who is disabled here stays so; what the directory keeps is changed there.
      const ben = await server.platform.database.first<{ id: string }>('SELECT id FROM people WHERE user_principal_name = $1', [`ben@${domain}`]); // prettier-ignore
      const path = `/api/directory/people/${ben?.id ?? ''}`;
      const patch = (json: object) =>
        fetch(new URL(path, server.issuer), { method: 'PATCH', headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` }, body: JSON.stringify(json) }); // prettier-ignore
      const token = await server.token('users.manage', 'users.read');
      expect((await patch({ displayName: 'Mine' })).status).toBe(400);
      expect((await patch({ accountEnabled: false })).status).toBe(200);
      await replace(dnOf('ben'), 'title', ['Baker']);
      await delta(id);
      expect(await row(`ben@${domain}`)).toMatchObject({ disabled: true, attributes: { jobTitle: 'Baker' } });
    });
  });

  it('deletes those who are gone, but never more than the limit, nor everybody, unless it is let', async () => {
    await withAdded(
      inputOf({ peopleFilter: '(&(objectClass=inetOrgPerson)(!(employeeType=outside)))' }),
      async (id) => {
        await bring(id);
        await root.del(dnOf('many4'));
        expect(await bring(id)).toMatchObject({ deleted: 1, error: null });
        expect(await row(`many4@${domain}`)).toMatchObject({ deleted: true, disabled: true });
        for (let n = 5; n < 75; n += 1) await replace(dnOf(`many${n}`), 'employeeType', ['outside']);
        const refused = await bring(id);
        expect(refused).toMatchObject({ deleted: 0, heldBack: 70 });
        expect(refused.error).toContain('nobody was deleted');
        expect(await row(`many5@${domain}`)).toMatchObject({ deleted: false });
        expect(await bring(id, true)).toMatchObject({ deleted: 70, error: null });
        expect(await row(`many5@${domain}`)).toMatchObject({ deleted: true });
        const deletions = (await server.rows('AuditLogs')).filter(
          ({ OperationName }) => OperationName === 'Delete user',
        );
        expect(deletions).toHaveLength(71);
      },
    );
  });

  it('locks out no last administrator, whatever the directory says, and the refusal is told and audited', async () => {
    const { database, clock } = server.platform;
    await addPerson('eve');
    await withAdded(inputOf({ peopleFilter: '(|(uid=ada)(uid=eve))' }), async (id) => {
      await bring(id);
      const eve = await database.first<{ id: string }>('SELECT id FROM people WHERE user_principal_name = $1', [`eve@${domain}`]); // prettier-ignore
      await giveRole(server.platform, eve?.id ?? '', 'Global Administrator');
      await database.execute(
        `INSERT INTO passwords (person_id, password_hash, totp_secret_sealed, totp_last_step) SELECT $1, password_hash, totp_secret_sealed, totp_last_step FROM passwords WHERE person_id = $2`,
        [eve?.id, server.admin.id],
      );
      const others = `role_assignments SET ends_at = $1 WHERE principal_id <> $2 AND ends_at IS NULL RETURNING id`;
      const ended = await database.query<{ id: string }>(`UPDATE ${others}`, [clock.now(), eve?.id]);
      await replace(dnOf('eve'), 'employeeType', ['gone']);
      const disabling = await delta(id);
      await root.del(dnOf('eve'));
      await database.execute('UPDATE ldap_directories SET full_at = NULL WHERE id = $1', [id]);
      const deleting = await delta(id);
      for (const run of [disabling, deleting])
        expect(run).toMatchObject({
          error: null,
          problems: [{ dn: dnOf('eve'), reason: 'this is the last administrator who can sign in; make another one first' }], // prettier-ignore
        });
      expect([disabling.disabled, deleting.kind, deleting.deleted]).toEqual([0, 'full', 0]);
      expect(await row(`eve@${domain}`)).toMatchObject({ disabled: false, deleted: false });
      const audited = await database.query(`SELECT actor, result FROM audit_log WHERE operation = 'KeepLastAdministrator'`); // prettier-ignore
      expect(audited).toEqual([0, 1].map(() => ({ actor: 'LDAP directory Contoso LDAP', result: 'denied' })));
      // With another one there, she goes.
      await database.execute('UPDATE role_assignments SET ends_at = NULL WHERE id = ANY ($1::uuid[])', [ended.map((one) => one.id)]); // prettier-ignore
      await database.execute('UPDATE ldap_directories SET full_at = NULL WHERE id = $1', [id]);
      expect(await delta(id)).toMatchObject({ deleted: 1, problems: [] });
    });
  });

  it('leaves out what it can’t be and says why, and runs once at a time', async () => {
    await addPerson('odd', { mail: 'odd@fabrikam.com' });
    await addPerson('anna');
    await withAdded(inputOf(), async (id) => {
      const runs = await Promise.all([0, 1].map(() => call(`/api/ldap-directories/${id}/sync`, {})));
      expect(new Set(runs.map(({ status }) => status))).toEqual(new Set([200, 409]));
      const result = LdapSyncResult.parse(runs.find(({ status }) => status === 200)?.body);
      expect(result).toMatchObject({ skipped: 2, error: null });
      expect(result.problems.map(({ reason }) => reason).toSorted()).toEqual([
        `anna@${domain} is somebody else here`,
        'fabrikam.com is not a domain of this directory',
      ]);
    });
    await root.del(dnOf('odd'));
    await root.del(dnOf('anna'));
  });

  it('is told, not thrown, where the directory does not answer; the next run begins where the last good one ended', async () => {
    await withAdded(inputOf(), async (id) => {
      await bring(id);
      await server.platform.database.execute(`UPDATE ldap_directories SET body = jsonb_set(body, '{settings,port}', '9') WHERE id = $1`, [id]); // prettier-ignore
      expect((await delta(id)).error).not.toBeNull();
      await server.platform.database.execute(`UPDATE ldap_directories SET body = jsonb_set(body, '{settings,port}', $2::jsonb) WHERE id = $1`, [id, slapd.ports.tls]); // prettier-ignore
      await replace(dnOf('cleo'), 'title', ['Pilot']);
      expect(await delta(id)).toMatchObject({ kind: 'delta', changed: 1, error: null });
    });
  });
});

describe.skipIf(!installed)('directories are managed', () => {
  it('tested, with the kept password only for the host that it was given for', async () => {
    const test = async (input: object, id?: string) =>
      z.object({ ok: z.boolean() }).parse((await call('/api/ldap-directories/test', { ...(id === undefined ? {} : { id }), directory: input })).body).ok; // prettier-ignore
    const { bindPassword: _given, ...without } = inputOf();
    expect(await test(inputOf())).toBe(true);
    expect(await test(without)).toBe(false);
    expect(await test(inputOf({ peopleBase: groups }))).toBe(false);
    await withAdded(inputOf(), async (id) => {
      expect(await test(without, id)).toBe(true);
      expect(await test({ ...without, settings: { ...without.settings, host: '127.0.0.1' } }, id)).toBe(false);
      const answer = await server.browser().fetch('/api/signin/providers');
      expect(await answer.json()).toMatchObject({ directories: [{ displayName: 'Contoso LDAP', domains: [domain] }] });
    });
    for (const settings of [{ peopleFilter: '(objectClass=*' }, { peopleFilter: 'uid=*' }, { host: 'a b' }])
      expect((await call('/api/ldap-directories', inputOf(settings))).status).toBe(400);
  });

  it('keeps its people when it is removed', async () => {
    await withAdded(inputOf(), async (id) => {
      await signIn(`ada@${domain}`);
      const token = await server.token('coreSecuritySettings.manage');
      const gone = await fetch(`${server.issuer}/api/ldap-directories/${id}`, { method: 'DELETE', headers: { authorization: `Bearer ${token}` } }); // prettier-ignore
      expect(gone.status).toBe(200);
      const ada = await row(`ada@${domain}`);
      expect([ada?.source, ada?.attributes['onPremisesSyncEnabled']]).toEqual(['local', undefined]);
      const names = (await server.rows('AuditLogs')).map(({ OperationName }) => OperationName);
      expect(names).toContain('Delete LDAP directory');
    });
  });
});

it('DNs are compared however they are written', () => {
  expect(comparableDn('CN=Ada , OU=People,DC=contoso')).toBe(comparableDn('cn=ada,ou=people,dc=contoso'));
  expect(comparableDn('cn=a\\,b,dc=c')).not.toBe(comparableDn('cn=a,b,dc=c'));
});
