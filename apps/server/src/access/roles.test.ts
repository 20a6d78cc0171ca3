import { randomUUID } from 'node:crypto';
import {
  builtInRoles,
  wholeScope,
  type AssignmentScope,
  type Client,
  type GrantedPermission,
  type PermissionEntry,
} from '@sallyport/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { manualClock, type ManualClock } from '../platform/clock.ts';
import {
  codeAt,
  errorOf,
  giveRole,
  makeAdministrator,
  makePerson,
  startTestServer,
  testPassword,
  type TestServer,
} from '../testing.ts';

const hourMs = 3_600_000;
let test: TestServer;
let clock: ManualClock;
let admin: Client;
let adminId: string;
let number = 0;

interface Somebody {
  readonly id: string;
  readonly name: string;
  readonly browser: Client;
}
/** A person without roles, signed in. */
async function somebody(): Promise<Somebody> {
  number += 1;
  const { person, secret } = await makePerson(test.platform, `person-${number}`);
  const browser = test.browser();
  const totpCode = codeAt(secret, clock.now());
  await browser.signInWithPassword({
    body: { userPrincipalName: person.userPrincipalName, password: testPassword, totpCode },
  });
  return { id: person.id, name: person.userPrincipalName, browser };
}
const held = async ({ browser }: Pick<Somebody, 'browser'>): Promise<readonly GrantedPermission[]> =>
  (await browser.getMe()).permissions;
const role = (permissions: readonly PermissionEntry[], displayName = `Role ${randomUUID()}`) =>
  admin.createRole({ body: { displayName, description: '', permissions: [...permissions] } });
interface Wish {
  readonly scope?: AssignmentScope;
  readonly startsAt?: string;
  readonly endsAt?: string;
}
const assign = (roleId: string, principalId: string, wish: Wish = {}, by = admin) =>
  by.createRoleAssignment({ body: { roleId, principalId, principalType: 'user', scope: wholeScope, ...wish } });
const later = (ms: number): string => new Date(clock.now().getTime() + ms).toISOString();
const audited = async () => {
  await test.platform.outbox.flush();
  const { rows } = await test.platform.lake.query(
    `SELECT OperationName, toString(InitiatedBy), toString(TargetResources) FROM AuditLogs WHERE Category = 'RoleManagement' ORDER BY TimeGenerated DESC, OperationName DESC LIMIT 20`,
  );
  return rows.map((row) => row.map(String));
};

beforeAll(async () => {
  clock = manualClock(new Date('2026-03-02T08:00:00Z'));
  test = await startTestServer({ clock });
  admin = test.browser();
  await makeAdministrator(test, admin);
  adminId = (await admin.getMe()).id;
}, 240_000);
afterAll(() => test.stop());

describe('an assignment', () => {
  it('holds from the next request on, in a live session, and ends so', async () => {
    const one = await somebody();
    expect(await held(one)).toEqual(['privilegedAccess.request']);
    const { id, roleName, state } = await assign(builtInRoles['Security Reader'].id, one.id);
    expect([roleName, state]).toEqual(['Security Reader', 'active']);
    expect(await held(one)).toContain('securityData.read');
    expect((await one.browser.getMe()).roles).toEqual(['Security Reader']);
    await admin.endRoleAssignment({ params: { id } });
    expect(await held(one)).not.toContain('securityData.read');
    const { assignments } = await admin.listRoleAssignments({ query: { principalId: one.id, state: 'all' } });
    expect(assignments).toMatchObject([{ state: 'ended', removedBy: 'anna@contoso.com', principalName: one.name }]);
    const told = (await audited()).filter(([, , targets = '']) => targets.includes('Security Reader'));
    expect(told.map(([operation]) => operation)).toEqual(['Remove member from role', 'Add member to role']);
  });

  it('begins and ends on the second', async () => {
    const one = await somebody();
    await assign(builtInRoles['Security Reader'].id, one.id, { startsAt: later(1_000), endsAt: later(61_000) });
    expect(await held(one)).not.toContain('securityData.read');
    clock.advance(1_000);
    expect(await held(one)).toContain('securityData.read');
    clock.advance(59_999);
    expect(await held(one)).toContain('securityData.read');
    clock.advance(1);
    expect(await held(one)).not.toContain('securityData.read');
  });

  it('reaches who is in a group, as long as they are', async () => {
    const one = await somebody();
    const groupId = randomUUID();
    await admin.saveGroup({ params: { id: groupId }, body: { name: `Group ${number}`, members: [one.name] } });
    await admin.createRoleAssignment({
      body: { roleId: builtInRoles['Security Reader'].id, principalId: groupId, principalType: 'group' },
    });
    expect(await held(one)).toContain('securityData.read');
    expect(await errorOf(admin.setGroupRule({ params: { id: groupId }, body: { name: `Group ${number}`, membershipRule: '(user.department -eq "x")' } }))).toMatchObject({ code: 'Conflict' }); // prettier-ignore
    await admin.saveGroup({ params: { id: groupId }, body: { name: `Group ${number}`, members: [] } });
    expect(await held(one)).not.toContain('securityData.read');
  });

  it('over a part grants nothing that is over all or not at all', async () => {
    const one = await somebody();
    const scope = { ...wholeScope, tables: ['SigninLogs'] };
    await assign(builtInRoles['Global Administrator'].id, one.id, { scope });
    const mine = await held(one);
    expect(mine).toContain('securityData.read');
    expect(mine).not.toContain('users.manage');
    expect(mine).not.toContain('conditionalAccess.manage');
  });

  it('is nothing that somebody gives themselves, or beyond what they hold', async () => {
    const body = { roleId: builtInRoles['Security Reader'].id, principalId: adminId, principalType: 'user' as const };
    expect(await errorOf(admin.createRoleAssignment({ body }))).toMatchObject({ code: 'Conflict' });
    const [scoped, other] = [await somebody(), await somebody()];
    const scope = { ...wholeScope, tables: ['SigninLogs', 'AuditLogs'] };
    const { id } = await role(['authorization.read', 'authorization.manage', 'securityData.read']);
    await assign(id, scoped.id, { scope });
    const reader = (await role(['securityData.read'])).id;
    const worker = (await role(['alerts.manage'])).id;
    const of = (roleId: string, over: AssignmentScope) =>
      errorOf(assign(roleId, other.id, { scope: over }, scoped.browser));
    expect(await of(reader, wholeScope)).toMatchObject({ code: 'Forbidden' });
    expect(await of(worker, scope)).toMatchObject({ code: 'Forbidden' });
    const within = { ...wholeScope, tables: ['SigninLogs'] };
    await assign(reader, other.id, { scope: within }, scoped.browser);
    expect(await held(other)).toContain('securityData.read');
    expect(await errorOf(scoped.browser.createRole({ body: { displayName: 'Mine', permissions: ['securityData.read'] } }))).toMatchObject({ code: 'Forbidden' }); // prettier-ignore
  });

  it('is not remembered past a lost connection that hears of changes', async () => {
    const one = await somebody();
    const { effective } = test.server.domains.access;
    effective.start();
    try {
      const given = await assign(builtInRoles['Security Reader'].id, one.id);
      await expect.poll(async () => (await effective.of(one.id)).permissions.has('securityData.read')).toBe(true);
      await test.platform.database.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sallyport listen'",
      );
      await new Promise((resolve) => setTimeout(resolve, 200));
      // Nobody is told of it: as where the change happens while the server can't hear.
      await test.platform.database.transaction(async (tx) => {
        await tx.execute('SET LOCAL session_replication_role = replica');
        await tx.execute('UPDATE role_assignments SET removed_at = starts_at WHERE id = $1', [given.id]);
      });
      expect((await effective.of(one.id)).permissions.has('securityData.read')).toBe(false);
    } finally {
      await effective.stop();
    }
  });
});

describe('the last administrator', () => {
  it('is not taken away by any path', async () => {
    const secret = (await admin.createToken({ body: { name: 'automation', scopes: ['authorization.read', 'authorization.manage', 'users.manage', 'authenticationMethods.manage'] } })).secret; // prettier-ignore
    const program = test.program(secret);
    const { assignments } = await admin.listRoleAssignments({ query: { principalId: adminId } });
    const own = assignments[0]?.id ?? '';
    const refused = async (work: Promise<unknown>) => expect(await errorOf(work)).toMatchObject({ code: 'Conflict' });
    const paths = async () => {
      await refused(program.endRoleAssignment({ params: { id: own } }));
      await refused(program.updatePerson({ params: { id: adminId }, body: { accountEnabled: false } }));
      await refused(program.deletePerson({ params: { id: adminId } }));
      await refused(program.resetMethodsOfPerson({ params: { id: adminId } }));
    };
    await paths();
    // One for a time, or over a part, or who can't sign in, is none.
    const [timed, part] = [await somebody(), await somebody()];
    await assign(builtInRoles['Global Administrator'].id, timed.id, { endsAt: later(hourMs) });
    await assign(builtInRoles['Global Administrator'].id, part.id, { scope: { ...wholeScope, tables: ['Syslog'] } });
    await paths();

    // By a group, the membership and the role's definition are paths too.
    const [second, groupId] = [await somebody(), randomUUID()];
    await admin.saveGroup({ params: { id: groupId }, body: { name: 'Managers', members: [second.name] } });
    const managing = await role(['authorization.read', 'authorization.manage', 'users.read', 'users.manage']);
    const given = await admin.createRoleAssignment({
      body: { roleId: managing.id, principalId: groupId, principalType: 'group' },
    });
    await program.endRoleAssignment({ params: { id: own } });
    const { browser } = second;
    await refused(browser.saveGroup({ params: { id: groupId }, body: { name: 'Managers', members: [] } }));
    await refused(browser.deleteGroup({ params: { id: groupId } }));
    await refused(browser.endRoleAssignment({ params: { id: given.id } }));
    const less = {
      displayName: managing.displayName,
      description: '',
      revision: 1,
      permissions: ['users.read' as const],
    };
    await refused(browser.updateRole({ params: { id: managing.id }, body: less }));
    await giveRole(test.platform, adminId, 'Global Administrator');
  });
});

describe('custom roles', () => {
  it('are made, changed at their revision, cloned, exported, imported and deleted', async () => {
    const made = await role(['securityData.read'], 'Hunters');
    expect(made).toMatchObject({ builtIn: false, revision: 1, grants: ['securityData.read'] });
    const change = { displayName: 'Hunters', description: 'They hunt.', permissions: ['securityData.read', 'data.read'] as PermissionEntry[] }; // prettier-ignore
    const changed = await admin.updateRole({ params: { id: made.id }, body: { ...change, revision: 1 } });
    expect(changed.revision).toBe(2);
    expect(await errorOf(admin.updateRole({ params: { id: made.id }, body: { ...change, revision: 1 } }))).toMatchObject({ code: 'Conflict' }); // prettier-ignore
    expect(await errorOf(role(['securityData.read'], 'hunters'))).toMatchObject({ code: 'Conflict' });
    expect(await errorOf(role(['securityData.read'], 'Global Reader'))).toMatchObject({ code: 'BadRequest' });
    const copy = await admin.cloneRole({
      params: { id: builtInRoles['Global Reader'].id },
      body: { displayName: 'Readers of all' },
    });
    expect(copy.permissions).toContain('securityOperations.all.read');
    const file = await admin.exportRoles();
    expect(file.roles.map(({ displayName }) => displayName)).toContain('Readers of all');
    await admin.deleteRole({ params: { id: copy.id } });
    const brought = await admin.importRoles({ body: file });
    expect(brought).toMatchObject({ created: 1, changed: 0 });
    const one = await somebody();
    await assign(made.id, one.id);
    expect(await errorOf(admin.deleteRole({ params: { id: made.id } }))).toMatchObject({ code: 'Conflict' });
    expect(await held(one)).toContain('data.read');
    const { changes } = await admin.previewRole({ params: { id: made.id }, body: { permissions: ['alerts.manage'] } });
    expect(changes).toEqual([
      { id: one.id, name: one.name, gains: ['alerts.manage'], loses: ['securityData.read', 'data.read'] },
    ]);
    await admin.updateRole({
      params: { id: made.id },
      body: { ...change, permissions: ['alerts.manage'], revision: 2 },
    });
    expect(await held(one)).not.toContain('data.read');
  });

  it('take no built-in one’s id', async () => {
    const { id } = builtInRoles['Security Reader'];
    expect(await errorOf(admin.deleteRole({ params: { id } }))).toMatchObject({ code: 'Conflict' });
  });
});

describe('duties that are to be apart', () => {
  it('are, by assignment, group and role; and only when the rule is on', async () => {
    const [one, groupId] = [await somebody(), randomUUID()];
    const tuner = await role(['detectionTuning.manage', 'securityData.read']);
    const responder = await role(['response.manage']);
    const { rules } = await admin.listDutyRules();
    const rule = rules.find(({ first }) => first === 'detectionTuning.manage')!;
    expect(rule).toMatchObject({ enabled: false, builtIn: true });
    const { id, displayName, first, second, reason } = rule;
    const turn = (enabled: boolean) =>
      admin.saveDutyRule({ params: { id }, body: { displayName, first, second, reason, enabled } });
    const { heldBy } = await turn(true);
    expect(heldBy).toContain('anna@contoso.com');
    await assign(tuner.id, one.id);
    const refusal = await errorOf(assign(responder.id, one.id));
    expect(refusal).toMatchObject({ code: 'Conflict' });
    expect(refusal.message).toContain('who writes the rules');
    await admin.saveGroup({ params: { id: groupId }, body: { name: 'Responders', members: [] } });
    await admin.createRoleAssignment({ body: { roleId: responder.id, principalId: groupId, principalType: 'group' } });
    expect(await errorOf(admin.saveGroup({ params: { id: groupId }, body: { name: 'Responders', members: [one.name] } }))).toMatchObject({ code: 'Conflict' }); // prettier-ignore
    expect(await errorOf(admin.updateRole({ params: { id: tuner.id }, body: { displayName: tuner.displayName, description: '', permissions: ['detectionTuning.manage', 'response.manage'], revision: 1 } }))).toMatchObject({ code: 'Conflict' }); // prettier-ignore
    await turn(false);
    await admin.saveGroup({ params: { id: groupId }, body: { name: 'Responders', members: [one.name] } });
    expect(await held(one)).toEqual(expect.arrayContaining(['detectionTuning.manage', 'response.manage']));
  });
});

describe('who is no stronger', () => {
  it('changes nobody who is', async () => {
    const [weak, peer] = [await somebody(), await somebody()];
    await assign(builtInRoles['User Administrator'].id, weak.id);
    const refused = async (work: Promise<unknown>) => expect(await errorOf(work)).toMatchObject({ code: 'Forbidden' });
    await refused(weak.browser.updatePerson({ params: { id: adminId }, body: { displayName: 'x' } }));
    await refused(weak.browser.resetMethodsOfPerson({ params: { id: adminId } }));
    await refused(weak.browser.createTemporaryAccessPass({ params: { id: adminId }, body: {} }));
    await refused(weak.browser.deletePerson({ params: { id: adminId } }));
    await refused(weak.browser.invitePerson({ body: { userPrincipalName: 'm@contoso.com', displayName: 'M', role: 'Security Reader' } })); // prettier-ignore
    const groupId = randomUUID();
    await admin.saveGroup({ params: { id: groupId }, body: { name: 'Mighty', members: [] } });
    await admin.createRoleAssignment({
      body: { roleId: builtInRoles['Security Administrator'].id, principalId: groupId, principalType: 'group' },
    });
    await refused(weak.browser.saveGroup({ params: { id: groupId }, body: { name: 'Mighty', members: [weak.name] } }));
    await weak.browser.updatePerson({ params: { id: peer.id }, body: { displayName: 'Peer' } });
  });
});

describe('the explorer', () => {
  it('says who may, what one may and why, and what one sees', async () => {
    const [one, groupId] = [await somebody(), randomUUID()];
    const { id, displayName } = await role(['securityData.read', 'data.read']);
    await admin.saveGroup({ params: { id: groupId }, body: { name: 'Night', members: [one.name] } });
    const scope: AssignmentScope = {
      ...wholeScope,
      tables: ['SigninLogs', 'AuditLogs'],
      rows: [{ table: 'AuditLogs', where: 'Category == "RoleManagement"' }],
    };
    await admin.createRoleAssignment({ body: { roleId: id, principalId: groupId, principalType: 'group', scope } });
    const who = async (table: string) =>
      (await admin.explainWhoMay({ query: { permission: 'securityData.read', table } })).holders.map(
        ({ name }) => name,
      );
    expect(await who('SigninLogs')).toEqual(expect.arrayContaining([one.name, 'anna@contoso.com']));
    expect(await who('Syslog')).not.toContain(one.name);
    const params = { type: 'user', id: one.id } as const;
    const { permissions } = await admin.explainAccess({ params });
    expect(permissions.map(({ permission }) => permission).sort()).toEqual(['data.read', 'securityData.read']);
    expect(permissions[0]?.reasons).toMatchObject([{ roleName: displayName, groupName: 'Night', groupId, text: `is assigned ${displayName}, through the group Night, over a part` }]); // prettier-ignore
    const { tables } = await admin.explainSight({ params, query: {} });
    const sees = new Map(tables.map(({ table, sees: seen, reason }) => [table, [seen, reason]]));
    expect(sees.get('SigninLogs')).toEqual(['whole', 'the whole table']);
    expect(sees.get('AuditLogs')).toEqual(['some', 'rows where Category == "RoleManagement"']);
    expect(sees.get('Syslog')).toEqual(['nothing', 'other tables']);
  });

  it('knows when each right was used, proposes what was not, and cuts a role to it', async () => {
    const { database } = test.platform;
    const one = await somebody();
    const made = await role(['securityData.read', 'data.read', 'audit.read']);
    await assign(made.id, one.id);
    const { secret, token } = await admin.createToken({ body: { name: 'reader', scopes: ['securityData.read', 'audit.read'] } }); // prettier-ignore
    await database.execute('UPDATE permission_uses_since SET at = $1', [clock.now()]);
    expect((await admin.listUnusedRights()).rights).toEqual([]);
    clock.advance(91 * 24 * hourMs);
    await database.execute('UPDATE sessions SET last_seen_at = $1, expires_at = $2', [clock.now(), new Date(clock.now().getTime() + hourMs)]); // prettier-ignore
    await database.execute('UPDATE api_tokens SET expires_at = $1', [new Date(clock.now().getTime() + hourMs)]);
    await one.browser.listIncidents({ query: {} });
    await test.program(secret).listAudit({ query: {} });
    const { rights } = await admin.listUnusedRights();
    const of = (id: string) => rights.filter(({ principalId }) => principalId === id).map(({ permission }) => permission).sort(); // prettier-ignore
    expect(of(one.id)).toEqual(['audit.read', 'data.read']);
    expect(of(token.id)).toEqual(['securityData.read']);
    const listed = (await admin.listTokens()).tokens.find(({ id }) => id === token.id);
    expect(listed?.uses).toEqual([
      { permission: 'securityData.read', lastUsedAt: null },
      { permission: 'audit.read', lastUsedAt: clock.now().toISOString() },
    ]);
    const narrowed = await admin.narrowToken({ params: { id: token.id }, body: { scopes: ['audit.read'] } });
    expect(narrowed.token.scopes).toEqual(['audit.read']);
    expect(await errorOf(admin.narrowToken({ params: { id: token.id }, body: { scopes: ['data.read'] } }))).toMatchObject({ code: 'BadRequest' }); // prettier-ignore
    const use = await admin.getRoleUse({ params: { id: made.id } });
    expect(use).toMatchObject({ keeps: ['securityData.read'], loses: ['data.read', 'audit.read'] });
    expect(use.holders).toEqual([{ name: one.name, loses: ['data.read', 'audit.read'] }]);
    expect(await errorOf(admin.cutRole({ params: { id: made.id }, body: { revision: 1, loses: ['data.read'] } }))).toMatchObject({ code: 'Conflict' }); // prettier-ignore
    await admin.cutRole({ params: { id: made.id }, body: { revision: 1, loses: use.loses } });
    expect(await held(one)).not.toContain('data.read');
    expect(await held(one)).toContain('securityData.read');
  });
});
