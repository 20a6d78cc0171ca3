import { Client, PageIterator, type PageCollection } from '@microsoft/microsoft-graph-client';
import type * as Graph from '@microsoft/microsoft-graph-types';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { call, startFaceServer, type FaceServer } from '../../hunting/faces/testing.ts';
import { tokenOf } from '../../incidents/faces/testing.ts';
import { codeAt, errorOf, setRole, testPassword } from '../../testing.ts';

vi.setConfig({ testTimeout: 60_000 });

let server: FaceServer;
let graph: Client;
let token: string;

interface List<T> {
  readonly '@odata.count'?: number;
  readonly value: readonly T[];
}
const get = async <T>(path: string): Promise<T> => (await graph.api(path).get()) as T;
const make = async (name: string, more: object = {}): Promise<Graph.User & { id: string }> =>
  (await graph.api('/users').post({
    accountEnabled: true,
    displayName: name,
    mailNickname: name.toLowerCase(),
    userPrincipalName: `${name.toLowerCase()}@contoso.com`,
    ...more,
  })) as Graph.User & { id: string };
const names = async (path: string): Promise<(string | null | undefined)[]> =>
  (await get<List<Graph.User>>(path)).value.map(({ displayName }) => displayName);
const fault = (statusCode: number, part: string) => ({
  statusCode,
  message: expect.stringContaining(part) as string,
});
const kql = async (sql: string): Promise<readonly unknown[][]> => {
  await server.test.platform.outbox.flush();
  return (await server.test.platform.lake.query(sql)).rows as unknown[][];
};

beforeAll(async () => {
  server = await startFaceServer();
  token = await tokenOf(server, [
    'authorization.read',
    'authorization.manage',
    'users.read',
    'users.manage',
    'authenticationMethods.manage',
  ]);
  graph = Client.initWithMiddleware({
    authProvider: { getAccessToken: () => Promise.resolve(token) },
    baseUrl: `${server.url}/`,
    customHosts: new Set(['localhost']),
  });
}, 240_000);
afterAll(() => server.stop());

describe('the client of Microsoft Graph', () => {
  it('makes, reads, changes, deletes and restores a person', async () => {
    const made = await make('Berta', { department: 'Sales', usageLocation: 'SE', businessPhones: ['+46 8 1'] });
    expect(made).toMatchObject({ displayName: 'Berta', businessPhones: ['+46 8 1'], surname: null });
    expect(made).not.toHaveProperty('department');
    const one = await get<Graph.User>(`/users/berta@contoso.com?$select=id,department,accountEnabled,usageLocation`);
    expect(one).toMatchObject({ id: made.id, department: 'Sales', accountEnabled: true, usageLocation: 'SE' });
    const boss = await make('Boris');
    await graph.api(`/users/${made.id}/manager/$ref`).put({ '@odata.id': `${server.url}/v1.0/users/${boss.id}` });
    expect(await get<Graph.User>(`/users/${made.id}/manager`)).toMatchObject({ displayName: 'Boris' });
    expect(await names(`/users/${boss.id}/directReports`)).toEqual(['Berta']);
    const circle = graph.api(`/users/${boss.id}/manager/$ref`);
    await expect(circle.put({ '@odata.id': `${server.url}/v1.0/users/${made.id}` })).rejects.toMatchObject(
      fault(400, 'nobody is above himself'),
    );
    await graph.api(`/users/${made.id}`).update({ jobTitle: 'Manager', department: null, accountEnabled: false });
    expect(await get(`/users/${made.id}?$select=department,jobTitle,accountEnabled`)).toMatchObject({
      department: null,
      jobTitle: 'Manager',
      accountEnabled: false,
    });
    await graph.api(`/users/${made.id}`).delete();
    await expect(get(`/users/${made.id}`)).rejects.toMatchObject(fault(404, made.id));
    expect(await names('/directory/deletedItems/microsoft.graph.user')).toEqual(['Berta']);
    await graph.api(`/directory/deletedItems/${made.id}/restore`).post({});
    expect(await get(`/users/${made.id}?$select=accountEnabled`)).toMatchObject({ accountEnabled: false });
  });

  it('filters, selects, counts and pages', async () => {
    for (let i = 0; i < 7; i++) await make(`Page${i}`, { department: i % 2 === 0 ? 'Even' : 'Odd' });
    const filter = `startswith(displayName,'Page') and department eq 'Even'`;
    const page = (await graph.api('/users').filter(filter).count().top(3).get()) as PageCollection;
    expect(page['@odata.count']).toBe(4);
    const seen: string[] = [];
    await new PageIterator(graph, page, (user: Graph.User) => seen.push(user.displayName ?? '') > 0).iterate();
    expect(seen).toEqual(['Page0', 'Page2', 'Page4', 'Page6']);
    const counted = await call({ ...server, token }, `/v1.0/users/$count?$filter=${encodeURIComponent(filter)}`);
    expect([counted.status, counted.text]).toEqual([200, '4']);
    await expect(get(`/users?$filter=shoeSize eq '44'`)).rejects.toMatchObject(fault(400, 'shoeSize'));
    const other = await names(`/users?$filter=${encodeURIComponent("businessPhones/any(p:p eq '+46 8 1')")}`);
    expect(other).toEqual(['Berta']);
  });

  it('refuses names that are taken, passwords, and what it does not know', async () => {
    await expect(make('Boris')).rejects.toMatchObject(fault(409, 'userPrincipalName already exists'));
    await expect(make('Pia', { passwordProfile: { password: 'x' } })).rejects.toMatchObject(fault(400, 'invitation'));
    await expect(make('Pia', { role: 'Security Administrator' })).rejects.toMatchObject(fault(400, "'role'"));
    await expect(make("x'; DROP TABLE people; --")).rejects.toMatchObject({ statusCode: 400 });
  });

  it('assigns members, and follows rules as people change', async () => {
    const eva = await make('Eva', { department: 'Research' });
    const assigned = (await graph.api('/groups').post({
      displayName: 'Readers',
      mailEnabled: false,
      mailNickname: 'readers',
      securityEnabled: true,
    })) as Graph.Group & { id: string };
    const ref = { '@odata.id': `https://graph.microsoft.com/v1.0/directoryObjects/${eva.id}` };
    await graph.api(`/groups/${assigned.id}/members/$ref`).post(ref);
    await expect(graph.api(`/groups/${assigned.id}/members/$ref`).post(ref)).rejects.toMatchObject(
      fault(400, 'already exist'),
    );
    const dynamic = (await graph.api('/groups').post({
      displayName: 'Research',
      groupTypes: ['DynamicMembership'],
      membershipRule: 'user.department -eq "research" -and user.accountEnabled -eq true',
      membershipRuleProcessingState: 'On',
      mailEnabled: false,
      mailNickname: 'research',
      securityEnabled: true,
    })) as Graph.Group & { id: string };
    expect(await names(`/groups/${dynamic.id}/members`)).toEqual(['Eva']);
    const finn = await make('Finn', { department: 'Research' });
    expect(await names(`/groups/${dynamic.id}/members`)).toEqual(['Eva', 'Finn']);
    expect(await names(`/users/${eva.id}/memberOf`)).toEqual(['Readers', 'Research']);
    await graph.api(`/users/${finn.id}`).update({ department: 'Sales' });
    expect(await names(`/groups/${dynamic.id}/members`)).toEqual(['Eva']);
    const finnRef = { '@odata.id': `${server.url}/v1.0/users/${finn.id}` };
    await expect(graph.api(`/groups/${dynamic.id}/members/$ref`).post(finnRef)).rejects.toMatchObject(
      fault(400, 'follow from its rule'),
    );
    await graph.api(`/groups/${dynamic.id}`).update({ membershipRule: `Direct Reports for "${eva.id}"` });
    expect(await names(`/groups/${dynamic.id}/members`)).toEqual([]);
    const wrong = graph.api(`/groups/${dynamic.id}`).update({ membershipRule: 'user.shoeSize -eq 44' });
    await expect(wrong).rejects.toMatchObject(fault(400, 'no such property: `user.shoeSize`, at position 0'));
    await graph.api(`/groups/${assigned.id}/members/${eva.id}/$ref`).delete();
    expect(await names(`/groups/${assigned.id}/members`)).toEqual([]);
    const byType = await names(`/groups?$filter=${encodeURIComponent("groupTypes/any(c:c eq 'DynamicMembership')")}`);
    expect(byType).toEqual(['Research']);
  });

  it('leaves rows of AuditLogs by the names of Entra, and what is known of people in IdentityInfo', async () => {
    const activities = (
      await kql(`SELECT DISTINCT OperationName FROM AuditLogs WHERE LoggedByService = 'Core Directory'`)
    ).map(([name]) => name);
    expect(activities).toEqual(
      expect.arrayContaining([
        'Add user',
        'Update user',
        'Disable account',
        'Delete user',
        'Restore user',
        'Add group',
        'Update group',
        'Add member to group',
        'Remove member from group',
      ]),
    );
    const [row] = await kql(
      `SELECT JSONExtractString(TargetResources, 1, 'userPrincipalName'), JSONExtractString(TargetResources, 2, 'displayName'), InitiatedBy
       FROM AuditLogs WHERE OperationName = 'Add member to group' ORDER BY TimeGenerated LIMIT 1`,
    );
    expect(row?.[1]).toBe('Readers');
    const [finn] = await kql(
      `SELECT Department, GroupMembership, IsAccountEnabled FROM IdentityInfo WHERE AccountUPN = 'finn@contoso.com' ORDER BY TimeGenerated DESC LIMIT 1`,
    );
    expect(finn?.[0]).toBe('Sales');
    const [anna] = await kql(
      `SELECT AssignedRoles, IsMFARegistered FROM IdentityInfo WHERE AccountUPN = 'anna@contoso.com'`,
    );
    expect(String(anna?.[0])).toContain('Global Administrator');
  });
});

describe('people administration', () => {
  it('invites somebody, who sets up how to sign in by the link, once', async () => {
    const { admin, test } = server;
    const { person, invitation } = await admin.invitePerson({
      body: { userPrincipalName: 'gina@contoso.com', displayName: 'Gina', role: 'Security Reader' },
    });
    expect(person).toMatchObject({ methods: [], roles: ['Security Reader'], accountEnabled: true });
    const link = new URL(invitation.url).hash.slice('#token='.length);
    const again = await admin.invitePersonAgain({ params: { id: person.id } });
    const gina = test.browser();
    expect(await errorOf(gina.startInvitation({ body: { token: link } }))).toMatchObject({ code: 'Gone' });
    const current = new URL(again.url).hash.slice('#token='.length);
    const setup = { token: current, userPrincipalName: 'eve@contoso.com', displayName: 'Eve' };
    // An invitation makes no first administrator.
    expect(await errorOf(gina.startSetup({ body: setup }))).toMatchObject({ code: 'Gone' });
    const { totp, displayName } = await gina.startInvitation({ body: { token: current } });
    expect(displayName).toBe('Gina');
    const totpCode = codeAt(totp.secret, test.platform.clock.now());
    const body = { method: 'passwordTotp' as const, token: current, password: testPassword, totpCode };
    await gina.finishInvitation({ body });
    expect(await errorOf(gina.finishInvitation({ body }))).toMatchObject({ code: 'Gone' });
    const found = await admin.getDirectoryPerson({ params: { id: person.id } });
    expect(found.person.methods).toEqual(['password', 'softwareOath']);
    expect(found.person.invitedUntil).toBeNull();
    const later = codeAt(totp.secret, new Date(test.platform.clock.now().getTime() + 30_000));
    const signedIn = { userPrincipalName: 'gina@contoso.com', password: testPassword, totpCode: later };
    await gina.signInWithPassword({ body: signedIn });
    expect(await gina.getMe()).toMatchObject({ roles: ['Security Reader'] });
    expect(await errorOf(gina.invitePerson({ body: { userPrincipalName: 'h@contoso.com', displayName: 'H' } }))).toMatchObject({ code: 'Forbidden' }); // prettier-ignore

    // Another role is what the same session has from then on.
    await setRole(admin, person.id, 'Security Operator');
    expect(await gina.getMe()).toMatchObject({ roles: ['Security Operator'] });
    const reset = await admin.resetMethodsOfPerson({ params: { id: person.id } });
    expect(reset.url).toContain('/invitation#token=');
    expect((await admin.getDirectoryPerson({ params: { id: person.id } })).methods).toEqual([]);
  });

  it('never loses its last administrator', async () => {
    const { admin } = server;
    const { id } = await admin.getMe();
    const { person } = await admin.invitePerson({
      body: { userPrincipalName: 'ida@contoso.com', displayName: 'Ida', role: 'Security Administrator' },
    });
    // Invited is not yet able to sign in, so a token that may manage can't remove the one who can.
    const program = server.test.program(token);
    const attempts = [
      () => setRole(program, id, ''),
      () => program.updatePerson({ params: { id }, body: { accountEnabled: false } }),
      () => program.deletePerson({ params: { id } }),
      () => program.resetMethodsOfPerson({ params: { id } }),
    ];
    for (const attempt of attempts) expect(await errorOf(attempt())).toMatchObject({ code: 'Conflict' });
    expect(await errorOf(admin.deletePerson({ params: { id } }))).toMatchObject({ code: 'Conflict' });
    expect(await admin.getMe()).toMatchObject({ id, roles: ['Global Administrator'] });
    await admin.deletePerson({ params: { id: person.id } });
    const { people, total } = await admin.listDirectoryPeople({ query: { state: 'deleted', search: 'ida' } });
    expect([people.map(({ displayName }) => displayName), total]).toEqual([['Ida'], 1]);
  });

  it('says who is signed in by Graph', async () => {
    const denied = await call({ ...server, token }, '/v1.0/me');
    expect(denied.status).toBe(403);
    const me = await server.admin.graphMe({ query: {} });
    expect(me).toMatchObject({ userPrincipalName: 'anna@contoso.com' });
  });
});
