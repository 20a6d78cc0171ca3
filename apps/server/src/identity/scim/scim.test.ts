import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeAdministrator, startTestServer, type TestServer } from '../../testing.ts';

let test: TestServer;
let token: string;
let other: string;
let assigning: string;

interface Answer {
  readonly status: number;
  readonly headers: Record<string, unknown>;
  readonly body: Record<string, unknown> & { Resources: Record<string, unknown>[] };
}

beforeAll(async () => {
  test = await startTestServer();
  const admin = test.browser();
  await makeAdministrator(test, admin);
  token = (await admin.createToken({ body: { name: 'Entra', scopes: ['directory.provision'] } })).secret;
  assigning = (
    await admin.createToken({ body: { name: 'assigns', scopes: ['directory.provision', 'authorization.manage'] } })
  ).secret;
  other = (await admin.createToken({ body: { name: 'other', scopes: ['authorization.manage'] } })).secret;
}, 240_000);
afterAll(() => test.stop());

async function scim(
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  body?: object,
  { headers = {}, bearer = token }: { headers?: Record<string, string>; bearer?: string } = {},
): Promise<Answer> {
  const response = await test.server.http.app.inject({
    method,
    url: `/scim/v2${path}`,
    headers: {
      host: 'localhost:8443',
      authorization: `Bearer ${bearer}`,
      ...(body ? { 'content-type': 'application/scim+json; charset=utf-8' } : {}),
      ...headers,
    },
    ...(body ? { payload: JSON.stringify(body) } : {}),
  });
  const text = response.body === '' ? '{}' : response.body;
  return { status: response.statusCode, headers: response.headers, body: JSON.parse(text) as Answer['body'] };
}

const patch = (path: string, Operations: object[], headers = {}) =>
  scim('PATCH', path, { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations }, { headers });
const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

/** https://learn.microsoft.com/entra/identity/app-provisioning/use-scim-to-provision-users-and-groups: the requests as they are documented. */
describe('what Entra ID sends', () => {
  let id: string;

  it('asks whether a user is there, makes one, and finds it', async () => {
    const none = await scim('GET', `/Users?filter=${encodeURIComponent('userName eq "non-existent user"')}`);
    expect(none.body).toMatchObject({ totalResults: 0, Resources: [], startIndex: 1 });
    const made = await scim('POST', '/Users', {
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:User', enterprise],
      externalId: '0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef',
      userName: 'Test_User_ab6490ee@testuser.com',
      active: true,
      displayName: 'lennay',
      emails: [{ primary: true, type: 'work', value: 'lennay_whatever@testuser.com' }],
      meta: { resourceType: 'User' },
      name: { formatted: 'givenName familyName', familyName: 'familyName', givenName: 'givenName' },
      roles: [],
    });
    expect(made.status).toBe(201);
    expect(made.headers).toMatchObject({ etag: 'W/"1"', 'content-type': 'application/scim+json; charset=utf-8' });
    expect(made.body).toMatchObject({ displayName: 'lennay', active: true, name: { familyName: 'familyName' } });
    id = String(made.body['id']);
    expect(made.headers['location']).toBe(`https://localhost:8443/scim/v2/Users/${id}`);
    const byId = `externalId eq "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef"`;
    const byName = `userName eq "test_user_AB6490ee@testuser.com" and active eq true`;
    const byMail = `emails[type eq "work"].value eq "lennay_whatever@testuser.com"`;
    for (const filter of [byId, byName, byMail]) {
      const found = await scim('GET', `/Users?filter=${encodeURIComponent(filter)}`);
      expect(found.body.Resources.map((one) => one['id'])).toEqual([id]);
    }
  });

  it('changes one, in its own spelling, and disables it', async () => {
    const changed = await patch(`/Users/${id}`, [
      { op: 'Replace', path: 'emails[type eq "work"].value', value: 'updatedEmail@testuser.com' },
      { op: 'Replace', path: 'name.familyName', value: 'updatedFamilyName' },
      { op: 'Add', path: `${enterprise}:department`, value: 'Sales' },
      { op: 'Add', path: 'addresses[type eq "work"].country', value: 'Norway' },
    ]);
    expect(changed.body).toMatchObject({
      emails: [{ value: 'updatedEmail@testuser.com' }],
      name: { familyName: 'updatedFamilyName', givenName: 'givenName' },
      [enterprise]: { department: 'Sales' },
      addresses: [{ country: 'Norway' }],
    });
    const off = await patch(`/Users/${id}`, [{ op: 'Replace', path: 'active', value: 'False' }]);
    expect([off.status, off.body['active']]).toEqual([200, false]);
    await patch(`/Users/${id}`, [{ op: 'Replace', path: 'active', value: 'True' }]);
  });

  it('makes a group, adds and removes members, and asks without them', async () => {
    const made = await scim('POST', '/Groups', {
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'],
      externalId: '8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159',
      displayName: 'Field staff',
      meta: { resourceType: 'Group' },
    });
    expect(made.status).toBe(201);
    const group = `/Groups/${String(made.body['id'])}`;
    await patch(group, [{ op: 'Add', path: 'members', value: [{ $ref: null, value: id }] }]);
    const members = (await scim('GET', group)).body['members'];
    expect(members).toMatchObject([{ value: id, type: 'User' }]);
    const listed = await scim('GET', `/Groups?excludedAttributes=members&filter=${encodeURIComponent('displayName eq "field STAFF"')}`); // prettier-ignore
    expect(listed.body.Resources[0]).not.toHaveProperty('members');
    await patch(group, [{ op: 'Remove', path: 'members', value: [{ $ref: null, value: id }] }]);
    expect((await scim('GET', group)).body['members']).toEqual([]);
    await patch(group, [{ op: 'Replace', path: 'displayName', value: 'Field staff 2' }]);
    expect((await scim('DELETE', group)).status).toBe(204);
    expect((await scim('GET', group)).status).toBe(404);
  });
});

/** https://developer.okta.com/docs/reference/scim/scim-20/: the requests as they are documented. */
describe('what Okta sends', () => {
  it('makes, replaces, deactivates and pages', async () => {
    const user = (name: string) => ({
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
      userName: `${name}@okta.local`,
      name: { givenName: 'Test', familyName: name },
      emails: [{ primary: true, value: `${name}@okta.local`, type: 'work' }],
      displayName: `Test ${name}`,
      locale: 'en-US',
      externalId: `00ujl29u0le5T6Aj10h7-${name}`,
      groups: [],
      password: '1mz050nq',
      active: true,
    });
    const made = await scim('POST', '/Users', user('one'));
    await scim('POST', '/Users', user('two'));
    const id = String(made.body['id']);
    const again = await scim('POST', '/Users', user('one'));
    expect([again.status, again.body['scimType']]).toEqual([409, 'uniqueness']);
    const { name: _, ...bare } = user('one');
    const replaced = await scim('PUT', `/Users/${id}`, {
      ...bare,
      id,
      name: { givenName: 'Another', familyName: 'one' },
    });
    expect(replaced.body).toMatchObject({ name: { givenName: 'Another' }, id });
    const off = await patch(`/Users/${id}`, [{ op: 'replace', value: { active: false } }]);
    expect(off.body['active']).toBe(false);
    const page = await scim('GET', '/Users?startIndex=2&count=1');
    expect(page.body).toMatchObject({ totalResults: 3, startIndex: 2, itemsPerPage: 1 });
    const group = await scim('POST', '/Groups', {
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'],
      displayName: 'Okta group',
      members: [{ value: id, display: 'one@okta.local' }],
    });
    const groupId = String(group.body['id']);
    await patch(`/Groups/${groupId}`, [{ op: 'remove', path: `members[value eq "${id}"]` }]);
    const renamed = await patch(`/Groups/${groupId}`, [
      { op: 'replace', value: { id: groupId, displayName: 'Renamed' } },
    ]);
    expect(renamed.body).toMatchObject({ displayName: 'Renamed', members: [] });
  });
});

describe('SCIM', () => {
  it('keeps versions', async () => {
    const { body } = await scim('POST', '/Users', { userName: 'etag@okta.local', displayName: 'E' });
    const path = `/Users/${String(body['id'])}`;
    const unchanged = await scim('GET', path, undefined, { headers: { 'if-none-match': 'W/"1"' } });
    expect(unchanged.status).toBe(304);
    const title = [{ op: 'replace', path: 'title', value: 'Guide' }];
    expect((await patch(path, title, { 'if-match': 'W/"1"' })).headers['etag']).toBe('W/"2"');
    expect((await patch(path, title, { 'if-match': 'W/"1"' })).status).toBe(412);
  });

  it('sees and touches what it brought alone, and gives no rights', async () => {
    const anna = (
      await test.platform.database.query<{ id: string }>("SELECT id FROM people WHERE source = 'local'")
    )[0]!;
    expect((await scim('GET', `/Users/${anna.id}`)).status).toBe(404);
    expect((await patch(`/Users/${anna.id}`, [{ op: 'replace', path: 'active', value: false }])).status).toBe(404);
    const group = await scim('POST', '/Groups', { displayName: 'Mixed', members: [{ value: anna.id }] });
    expect(group.status).toBe(404);
    const taken = await scim('POST', '/Users', { userName: 'anna@contoso.com', displayName: 'Not Anna' });
    expect(taken.status).toBe(409);
    const roles = await scim('POST', '/Users', { userName: 'r@okta.local', displayName: 'R', roles: [{ value: 'Security Administrator' }] }); // prettier-ignore
    expect(roles.status).toBe(201);
    const given = await test.platform.database.query(
      "SELECT 1 FROM role_assignments a JOIN people p ON p.id = a.principal_id WHERE p.user_principal_name = 'r@okta.local'",
    );
    expect(given).toEqual([]);
    const forbidden = await scim('GET', '/Users', undefined, { bearer: other });
    expect(forbidden).toMatchObject({
      status: 403,
      body: { schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'] },
    });
    expect((await scim('GET', '/Users', undefined, { bearer: 'sp_wrong' })).status).toBe(401);
  });

  it('locks out no last administrator, and fills no group that holds more than its token', async () => {
    const { database } = test.platform;
    const anna = (await database.first<{ id: string }>(
      `UPDATE people SET source = 'scim' WHERE user_principal_name = 'anna@contoso.com' RETURNING id`,
    ))!.id;
    const made = await scim('POST', '/Groups', { displayName: 'Administrators', members: [{ value: anna }] });
    const group = String(made.body['id']);
    // From here on she administers by the group alone.
    await database.execute(
      `UPDATE role_assignments SET principal_id = $1, principal_type = 'group' WHERE principal_id = $2`,
      [group, anna],
    );
    const user = { schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName: 'anna@contoso.com', displayName: 'Anna' }; // prettier-ignore
    const attempts = [
      () => patch(`/Users/${anna}`, [{ op: 'replace', path: 'active', value: false }]),
      () => scim('PUT', `/Users/${anna}`, { ...user, active: false }),
      () => scim('DELETE', `/Users/${anna}`),
      () => patch(`/Groups/${group}`, [{ op: 'remove', path: `members[value eq "${anna}"]` }]),
      () => scim('PUT', `/Groups/${group}`, { displayName: 'Administrators', members: [] }),
      () => scim('DELETE', `/Groups/${group}`),
    ];
    for (const attempt of attempts) {
      const { status, headers, body } = await attempt();
      expect([status, headers['content-type']]).toEqual([409, 'application/scim+json; charset=utf-8']);
      // RFC 7644, 3.12: `uniqueness` would be another thing.
      expect(body).toEqual({
        schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
        status: '409',
        detail: 'this is the last administrator who can sign in; make another one first',
      });
    }
    const audited = await database.query<{ operation: string }>(
      `SELECT operation FROM audit_log WHERE actor = 'token:Entra' AND result = 'failure' AND details->>'reason' = 'Conflict' ORDER BY sequence DESC LIMIT 6`,
    );
    expect(audited.map(({ operation }) => operation).toReversed()).toEqual(['scimPatchUser', 'scimReplaceUser', 'scimDeleteUser', 'scimPatchGroup', 'scimReplaceGroup', 'scimDeleteGroup']); // prettier-ignore

    const other = await scim('POST', '/Users', { userName: 'helper@okta.local', displayName: 'Helper' });
    const helper = String(other.body['id']);
    const add = [{ op: 'add', path: 'members', value: [{ value: helper }] }];
    const refused = await patch(`/Groups/${group}`, add);
    expect([refused.status, refused.body['detail']]).toEqual([403, expect.stringContaining('holds more than the caller')]); // prettier-ignore
    const all = { displayName: 'Administrators', members: [{ value: anna }, { value: helper }] };
    expect((await scim('PUT', `/Groups/${group}`, all)).status).toBe(403);
    // Those who are in it already may be named again; who may assign roles fills it.
    expect((await scim('PUT', `/Groups/${group}`, { ...all, members: [{ value: anna }] })).status).toBe(200);
    expect((await scim('PUT', `/Groups/${group}`, all, { bearer: assigning })).status).toBe(200);
  });

  it.each([
    ['/Users?filter=bad%20bad', 'invalidFilter'],
    [`/Users?filter=${encodeURIComponent(`shoeSize eq "44"`)}`, 'invalidFilter'],
    [`/Users?filter=${encodeURIComponent(Array.from({ length: 30 }, (_, i) => `(userName eq "${i}" or title pr)`).join(' and '))}`, 'invalidFilter'], // prettier-ignore
  ])('refuses %s', async (path, scimType) => {
    expect(await scim('GET', path)).toMatchObject({ status: 400, body: { scimType, status: '400' } });
  });

  it('describes itself', async () => {
    expect((await scim('GET', '/ServiceProviderConfig')).body).toMatchObject({ etag: { supported: true }, patch: { supported: true } }); // prettier-ignore
    expect((await scim('GET', '/ResourceTypes/User')).body).toMatchObject({ endpoint: '/Users' });
    const schemas = (await scim('GET', '/Schemas')).body.Resources.map((one) => one['id']);
    expect(schemas).toEqual([
      'urn:ietf:params:scim:schemas:core:2.0:User',
      enterprise,
      'urn:ietf:params:scim:schemas:core:2.0:Group',
    ]);
    expect((await scim('GET', `/Schemas/${enterprise}`)).status).toBe(200);
  });
});
