import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, PageIterator, type PageCollection } from '@microsoft/microsoft-graph-client';
import type * as Graph from '@microsoft/microsoft-graph-types';
import { readDatabases } from '@sallyport/lake';
import { writeMmdb } from '@sallyport/testkit';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { call, startFaceServer, type FaceServer } from '../hunting/faces/testing.ts';
import { hashPassword, newTotp } from '../identity/secrets.ts';
import { passkeys as keys, passwords, people } from '../identity/store.ts';
import { tokenOf } from '../incidents/faces/testing.ts';
import { giveRole, codeAt, errorOf, makePerson, testPassword } from '../testing.ts';
import { sallyportApplication } from './index.ts';

vi.setConfig({ testTimeout: 120_000 });

let server: FaceServer;
let client: Client;

const clientOf = (token: string): Client =>
  Client.initWithMiddleware({
    authProvider: { getAccessToken: () => Promise.resolve(token) },
    baseUrl: `${server.url}/`,
    customHosts: new Set(['localhost']),
  });
interface List<T> {
  readonly '@odata.count'?: number;
  readonly '@odata.nextLink'?: string;
  readonly value: readonly T[];
}
type Location = Graph.IpNamedLocation & Graph.CountryNamedLocation & { '@odata.type': string };

const policies = '/identity/conditionalAccess/policies';
const locations = '/identity/conditionalAccess/namedLocations';
const strengths = '/policies/authenticationStrengthPolicies';

const office = {
  '@odata.type': '#microsoft.graph.ipNamedLocation',
  displayName: 'Office',
  isTrusted: true,
  ipRanges: [
    { '@odata.type': '#microsoft.graph.iPv4CidrRange', cidrAddress: '192.0.2.0/24' },
    { '@odata.type': '#microsoft.graph.iPv6CidrRange', cidrAddress: '2001:db8::/32' },
  ],
};
const mfaForAll = (displayName = 'MFA for all') => ({
  displayName,
  state: 'enabledForReportingButNotEnforced',
  conditions: { applications: { includeApplications: ['All'] }, users: { includeUsers: ['All'] } },
  grantControls: { operator: 'OR', builtInControls: ['mfa'] },
});
const make = async <T>(path: string, body: object): Promise<T & { id: string }> =>
  (await client.api(path).post(body)) as T & { id: string };
const get = async <T>(path: string): Promise<T> => (await client.api(path).get()) as T;
const named = async (path: string, filter: string): Promise<unknown[]> =>
  ((await client.api(path).filter(filter).get()) as List<Graph.NamedLocation>).value.map((one) => one.displayName);
const fault = (statusCode: number, code: string, ...parts: string[]) => ({
  statusCode,
  code,
  message: expect.toSatisfy((text: string) => parts.every((part) => text.includes(part))) as string,
});

beforeAll(async () => {
  server = await startFaceServer();
  client = clientOf(await tokenOf(server, ['conditionalAccess.read', 'conditionalAccess.manage']));
}, 240_000);
afterAll(() => server.stop());

describe('the client of Microsoft Graph', () => {
  it('makes, reads, changes and deletes a policy', async () => {
    const { person: somebody } = await makePerson(server.test.platform, 'somebody');
    const { id: place } = await make(locations, office);
    const made = await make<Graph.ConditionalAccessPolicy>(policies, {
      ...mfaForAll(),
      conditions: { ...mfaForAll().conditions, locations: { includeLocations: ['All'], excludeLocations: [place] } },
      grantControls: {
        operator: 'OR',
        builtInControls: [],
        authenticationStrength: { id: '00000000-0000-0000-0000-000000000004' },
      },
      id: 'is passed over',
    });
    expect(made).toMatchObject({
      id: expect.stringMatching(/^[\da-f-]{36}$/) as string,
      modifiedDateTime: null,
      sessionControls: null,
      conditions: {
        clientAppTypes: ['all'],
        signInRiskLevels: [],
        devices: null,
        locations: { excludeLocations: [place] },
        users: { includeUsers: ['All'], excludeGroups: [], includeGuestsOrExternalUsers: null },
      },
      grantControls: { authenticationStrength: { displayName: 'Phishing-resistant MFA', policyType: 'builtIn' } },
    });
    expect(await get(`${policies}/${made.id}`)).toEqual(made);
    expect(await client.api(`${policies}/${made.id}`).version('beta').get()).toMatchObject({
      '@odata.context': expect.stringContaining(
        '/beta/$metadata#identity/conditionalAccess/policies/$entity',
      ) as string,
      id: made.id,
    });
    // An export can be sent back as it is, and what a patch leaves out stays.
    expect(await client.api(`${policies}/${made.id}`).patch(made)).toBeUndefined();
    await client
      .api(`${policies}/${made.id}`)
      .patch({ state: 'enabled', conditions: { signInRiskLevels: ['high'], users: { excludeUsers: [somebody.id] } } });
    expect(await get(`${policies}/${made.id}`)).toMatchObject({
      displayName: 'MFA for all',
      state: 'enabled',
      modifiedDateTime: expect.stringMatching(/^20/) as string,
      conditions: {
        signInRiskLevels: ['high'],
        locations: { excludeLocations: [place] },
        users: { includeUsers: ['All'], excludeUsers: [somebody.id] },
      },
    });
    // Neither what is used nor what is trusted goes.
    await expect(client.api(`${locations}/${place}`).delete()).rejects.toMatchObject(
      fault(400, 'BadRequest', 'trusted'),
    );
    await client.api(`${locations}/${place}`).patch({ '@odata.type': office['@odata.type'], isTrusted: false });
    await expect(client.api(`${locations}/${place}`).delete()).rejects.toMatchObject(
      fault(400, 'BadRequest', 'used by 1 policies', 'MFA for all'),
    );
    await client.api(`${policies}/${made.id}`).delete();
    await client.api(`${locations}/${place}`).delete();
    await expect(get(`${policies}/${made.id}`)).rejects.toMatchObject(
      fault(404, 'ResourceNotFound', `ConditionalAccessPolicy with id ${made.id} does not exist in the directory.`),
    );
  });

  it('leaves rows of AuditLogs as Entra writes them, in the chain', async () => {
    await server.test.platform.outbox.flush();
    const { rows } = await server.test.platform.lake.query(
      `SELECT OperationName, Category, LoggedByService, AADOperationType, TargetResources, InitiatedBy FROM AuditLogs
       WHERE Category = 'Policy' ORDER BY TimeGenerated, toUInt64(Id)`,
    );
    expect(rows.map(([operation]) => operation)).toEqual([
      'Add named location',
      'Add conditional access policy',
      'Update conditional access policy',
      'Update conditional access policy',
      'Update named location',
      'Delete conditional access policy',
      'Delete named location',
    ]);
    const [, category, service, type, targets, by] = rows[3]!.map(String);
    expect([category, service, type]).toEqual(['Policy', 'Conditional Access', 'Update']);
    expect(by).toContain('"userPrincipalName":"token:conditionalAccess.manage"');
    const [target] = JSON.parse(targets!) as {
      displayName: string;
      type: string;
      modifiedProperties: { displayName: string; oldValue: string; newValue: string }[];
    }[];
    expect(target).toMatchObject({ displayName: 'MFA for all', type: 'Policy' });
    const [change] = target!.modifiedProperties;
    expect(change!.displayName).toBe('ConditionalAccessPolicy');
    expect(JSON.parse(change!.oldValue)).toMatchObject({ state: 'enabledForReportingButNotEnforced' });
    expect(JSON.parse(change!.newValue)).toMatchObject({ state: 'enabled' });
    expect(await server.test.platform.audit.verify()).toMatchObject({ intact: true });
  });

  it('keeps locations and strengths, and finds them', async () => {
    const places = [
      await make<Location>(locations, { ...office, isTrusted: undefined }),
      await make<Location>(locations, {
        '@odata.type': '#microsoft.graph.countryNamedLocation',
        displayName: "Home 'n' away",
        countriesAndRegions: ['NZ'],
      }),
    ];
    expect(places).toMatchObject([
      { isTrusted: false, ipRanges: office.ipRanges },
      { countryLookupMethod: 'clientIpAddress' },
    ]);
    expect(await named(locations, `isof('microsoft.graph.countryNamedLocation')`)).toEqual(["Home 'n' away"]);
    expect(await named(locations, `displayName eq 'Home ''n'' away'`)).toEqual(["Home 'n' away"]);
    expect(await named(locations, `isTrusted eq false and startswith(displayName,'Off')`)).toEqual(['Office']);
    const own = await make<Graph.AuthenticationStrengthPolicy>(strengths, {
      displayName: 'Keys',
      allowedCombinations: ['fido2'],
    });
    expect(own).toMatchObject({ policyType: 'custom', requirementsSatisfied: 'mfa' });
    expect(await named(strengths, `policyType eq 'custom'`)).toEqual(['Keys']);
    const all = await get<List<Graph.AuthenticationStrengthPolicy>>(`${strengths}?$count=true&$select=displayName`);
    expect(all['@odata.count']).toBe(4);
    expect(all.value.at(-1)).toEqual({ displayName: 'Keys' });
    await client.api(`${strengths}/${own.id}`).patch({ description: 'Keys alone' });
    expect(await get(`${strengths}/${own.id}`)).toMatchObject({ displayName: 'Keys', description: 'Keys alone' });
    await client.api(`${strengths}/${own.id}`).delete();
    const builtIn = client.api(`${strengths}/00000000-0000-0000-0000-000000000002`);
    await expect(builtIn.delete()).rejects.toMatchObject(fault(400, 'BadRequest', 'built-in'));
  });

  it('lists policies in pages, filtered, with the properties that are asked for', async () => {
    for (const name of ['One', 'Two', 'Three']) await make(policies, mfaForAll(name));
    const first = (await client.api(policies).top(2).select('id,displayName').get()) as PageCollection;
    expect(first.value.map((policy: object) => Object.keys(policy))).toEqual(Array(2).fill(['id', 'displayName']));
    const seen: unknown[] = [];
    await new PageIterator(client, first, ({ displayName }: Graph.ConditionalAccessPolicy) => {
      seen.push(displayName);
      return true;
    }).iterate();
    expect(seen).toEqual(['One', 'Two', 'Three']);
    expect(await named(policies, `state eq 'enabledForReportingButNotEnforced' and displayName ne 'Two'`)).toEqual([
      'One',
      'Three',
    ]);
  });

  it('asks what if', async () => {
    const { id } = await make(policies, {
      ...mfaForAll('Block elsewhere'),
      state: 'enabled',
      conditions: {
        ...mfaForAll().conditions,
        locations: {
          includeLocations: ['All'],
          excludeLocations: [(await get<List<Location>>(locations)).value[0]!.id],
        },
      },
      grantControls: { operator: 'OR', builtInControls: ['block'] },
    });
    const ask = (ipAddress: string) =>
      client
        .api('/identity/conditionalAccess/evaluate')
        .version('beta')
        .post({
          signInIdentity: { '@odata.type': '#microsoft.graph.userSignIn', userId: 'somebody' },
          signInContext: { '@odata.type': '#microsoft.graph.applicationContext', includeApplications: ['app'] },
          signInConditions: { ipAddress, clientAppType: 'browser' },
          appliedPoliciesOnly: true,
        }) as Promise<List<{ id: string; policyApplies: boolean }> & { '@sallyport.decision': object }>;
    const away = await ask('198.51.100.7');
    expect(away.value.find((result) => result.id === id)).toMatchObject({ policyApplies: true });
    expect(away['@sallyport.decision']).toMatchObject({ decision: 'block' });
    const there = await ask('192.0.2.7');
    expect(there.value.map((result) => result.id)).not.toContain(id);
    expect(there['@sallyport.decision']).toMatchObject({ decision: 'allow' });
    await client.api(`${policies}/${id}`).delete();
    expect((await ask('198.51.100.7'))['@sallyport.decision']).toMatchObject({ decision: 'allow' });
  });

  it('is told what is wrong, and where', async () => {
    const { conditions } = mfaForAll();
    const post = (change: object) => make(policies, { ...mfaForAll(), ...change });
    await expect(post({ state: 'on' })).rejects.toMatchObject(fault(400, 'BadRequest', '1007: ', ' state: '));
    await expect(post({ conditions: { ...conditions, moonPhases: [] } })).rejects.toMatchObject(
      fault(400, 'BadRequest', '1007: ', 'conditions.moonPhases: '),
    );
    await expect(post({ grantControls: { operator: 'AND', builtInControls: ['block', 'mfa'] } })).rejects.toMatchObject(
      fault(400, 'BadRequest', '1032: ', 'grantControls.builtInControls: '),
    );
    const nowhere = { includeLocations: ['All', '00000000-0000-0000-0000-000000000001'] };
    const raw = await call(server, '/v1.0/identity/conditionalAccess/policies', {
      body: {
        ...mfaForAll(),
        conditions: { ...conditions, locations: { ...nowhere, includeLocations: nowhere.includeLocations.slice(1) } },
      },
      bearer: await tokenOf(server, ['conditionalAccess.manage']),
    });
    expect(raw.status).toBe(400);
    expect(JSON.parse(raw.text)).toMatchObject({
      error: { code: 'BadRequest', details: [{ target: 'conditions.locations.includeLocations[0]' }], innerError: {} },
    });
    await expect(make(locations, { ...office, ipRanges: [{ cidrAddress: '10.0.0.0/4' }] })).rejects.toMatchObject(
      fault(400, 'BadRequest', 'ipRanges[0].cidrAddress: '),
    );
    const nobody = randomUUID();
    const names = {
      'users.includeUsers': { users: { includeUsers: [nobody] } },
      'users.excludeGroups': { users: { includeUsers: ['All'], excludeGroups: [nobody] } },
      'users.includeRoles': { users: { includeRoles: [nobody] } },
      'applications.excludeApplications': {
        applications: { includeApplications: ['All'], excludeApplications: [nobody] },
      },
    };
    for (const [path, change] of Object.entries(names))
      await expect(post({ conditions: { ...conditions, ...change } })).rejects.toMatchObject(
        fault(400, 'BadRequest', '1032: ', `conditions.${path}[0]: `, 'does not exist in the directory'),
      );
    await expect(named(policies, 'nothing eq 1')).rejects.toMatchObject(fault(400, 'BadRequest', 'nothing'));
    await expect(client.api(`${policies}/x`).patch({})).rejects.toMatchObject(fault(404, 'ResourceNotFound', 'id x'));
    const reader = clientOf(await tokenOf(server, ['conditionalAccess.read']));
    await expect(reader.api(policies).post(mfaForAll())).rejects.toMatchObject(
      fault(403, 'Forbidden', 'conditionalAccess.manage'),
    );
    await expect(clientOf(server.token).api(policies).get()).rejects.toMatchObject({ statusCode: 403 });
  });

  it('is refused the 241st policy, whatever the state of the others', async () => {
    const { database } = server.test.platform;
    await database.execute(
      `INSERT INTO conditional_access_objects SELECT gen_random_uuid(), 'policy', body, created_at FROM conditional_access_objects, generate_series(1, 240)
       WHERE kind = 'policy' ORDER BY id LIMIT 240 - (SELECT count(*) FROM conditional_access_objects WHERE kind = 'policy')`,
    );
    await expect(make(policies, mfaForAll())).rejects.toMatchObject(fault(400, 'BadRequest', 'at most 240'));
    expect((await get<List<object>>(policies)).value).toHaveLength(240);
  });
});

describe("Sallyport's own sign-in", () => {
  const bob = { id: randomUUID(), userPrincipalName: 'bob@contoso.com', displayName: 'Bob' };
  const anna = 'anna@contoso.com';
  const outside = '198.51.100.7';
  const secrets = new Map<string, string>();
  let blocking: string;

  /** As whoever a directory brings will be: with a password and a code. */
  const enrol = async (person: { id: string; userPrincipalName: string }) => {
    const { database, sealing } = server.test.platform;
    const { secret } = newTotp(person.userPrincipalName);
    secrets.set(person.userPrincipalName, secret);
    await passwords.insert(database, {
      personId: person.id,
      hash: await hashPassword(testPassword),
      totpSecretSealed: sealing.seal(Buffer.from(secret), `totp:${person.id}`),
      totpLastStep: 0,
    });
  };
  const signIn = async (userPrincipalName: string, address: string) => {
    // The same half minute has one code, which is good once.
    await server.test.platform.database.execute('UPDATE passwords SET totp_last_step = 0');
    const totpCode = codeAt(secrets.get(userPrincipalName) ?? '', new Date());
    const browser = server.test.browser({ address });
    return browser.signInWithPassword({ body: { userPrincipalName, password: testPassword, totpCode } });
  };
  const refused = async (userPrincipalName: string, address = outside) =>
    (await errorOf(signIn(userPrincipalName, address))).message.split(':')[0];
  const whatIfBob = async (ipAddress: string) =>
    (
      (await client
        .api('/identity/conditionalAccess/evaluate')
        .version('beta')
        .post({
          signInIdentity: { '@odata.type': '#microsoft.graph.userSignIn', userId: bob.id },
          signInContext: {
            '@odata.type': '#microsoft.graph.applicationContext',
            includeApplications: [sallyportApplication],
          },
          signInConditions: { ipAddress, clientAppType: 'browser' },
        })) as { '@sallyport.decision': { decision: string } }
    )['@sallyport.decision'].decision;
  const newestSignIn = async () => {
    await server.test.platform.outbox.flush();
    const { rows } = await server.test.platform.lake.query(
      `SELECT UserPrincipalName, ResultType, ConditionalAccessStatus, ConditionalAccessPolicies, SessionId != '' FROM SigninLogs ORDER BY TimeGenerated DESC LIMIT 1`,
    );
    const [name, code, status, results, session] = rows[0]!.map(String);
    const policies = JSON.parse(results!) as { id: string; result: string }[];
    return [name, code, status, policies.find(({ id }) => id === blocking)?.result, session];
  };

  beforeAll(async () => {
    const { database } = server.test.platform;
    await database.execute(`DELETE FROM conditional_access_objects WHERE kind = 'policy'`);
    await people.insert(database, bob);
    await giveRole(server.test.platform, bob.id, 'Security Reader');
    await enrol(bob);
    await database.execute('DELETE FROM passwords WHERE person_id <> $1', [bob.id]);
    await enrol((await people.byName(database, anna))!);
    const office = (await get<List<Location>>(locations)).value.find(({ displayName }) => displayName === 'Office');
    const policy = await make<Graph.ConditionalAccessPolicy>(policies, {
      ...mfaForAll('The office only'),
      conditions: {
        users: { includeUsers: ['All'] },
        applications: { includeApplications: [sallyportApplication] },
        locations: { includeLocations: ['All'], excludeLocations: [office!.id] },
      },
      grantControls: { operator: 'OR', builtInControls: ['block'] },
    });
    blocking = policy.id;
  });

  it('goes on under a policy that only reports, and says what it would have done', async () => {
    await signIn(bob.userPrincipalName, outside);
    expect(await newestSignIn()).toEqual([bob.userPrincipalName, '0', 'notApplied', 'reportOnlyFailure', '1']);
  });

  it('is blocked outside of a range, as what-if says before', async () => {
    expect(await whatIfBob(outside)).toBe('allow');
    await client.api(`${policies}/${blocking}`).patch({ state: 'enabled' });
    expect([await whatIfBob(outside), await whatIfBob('192.0.2.9')]).toEqual(['block', 'allow']);
    expect(await refused(bob.userPrincipalName)).toBe('AADSTS53003');
    expect(await newestSignIn()).toEqual([bob.userPrincipalName, '53003', 'failure', 'failure', '0']);
    await signIn(bob.userPrincipalName, '192.0.2.9');
    expect(await newestSignIn()).toEqual([bob.userPrincipalName, '0', 'notApplied', 'notApplied', '1']);
  });

  it('is blocked by the country of its address', async () => {
    const file = join(server.test.platform.config.dataDir, 'countries.mmdb');
    writeFileSync(file, writeMmdb([['203.0.113.0/24', { country_code: 'NZ' }]]));
    await server.test.platform.lake.loadIpLocations(await readDatabases([file]));
    const all = (await get<List<Location>>(locations)).value;
    const [inside, country] = [office.displayName, "Home 'n' away"].map(
      (name) => all.find((one) => one.displayName === name)!.id,
    );
    const where = (includeLocations: unknown[], excludeLocations: unknown[]) =>
      client
        .api(`${policies}/${blocking}`)
        .patch({ conditions: { locations: { includeLocations, excludeLocations } } });
    await where([country], []);
    expect(await refused(bob.userPrincipalName, '203.0.113.7')).toBe('AADSTS53003');
    await signIn(bob.userPrincipalName, outside);
    await where(['All'], [inside]);
  });

  it('lets an emergency account in: the first administrator, until others are named', async () => {
    const { database } = server.test.platform;
    const { id } = (await people.byName(database, anna))!;
    expect(await server.admin.getEmergencyAccounts()).toEqual({ people: [anna], byDefault: true });
    await signIn(anna, outside);
    expect(await newestSignIn()).toEqual([anna, '0', 'notApplied', 'notApplied', '1']);
    // Who has a passkey shows it.
    await keys.insert(database, {
      credentialId: 'x',
      personId: id,
      publicKey: Buffer.of(1),
      counter: 0,
      transports: [],
    });
    expect(await refused(anna, '192.0.2.9')).toBe('AADSTS50074');
    await database.execute('DELETE FROM passkeys');
    const named = await server.admin.setEmergencyAccounts({ body: { people: [bob.userPrincipalName] } });
    expect(named).toEqual({ people: [bob.userPrincipalName], byDefault: false });
    await signIn(bob.userPrincipalName, outside);
    expect(await refused(anna)).toBe('AADSTS53003');
    const nobody = server.admin.setEmergencyAccounts({ body: { people: ['nobody@contoso.com'] } });
    expect(await errorOf(nobody)).toMatchObject({ code: 'BadRequest', target: 'body.people' });
    await server.admin.setEmergencyAccounts({ body: { people: [] } });
    await signIn(anna, outside);
  });

  it('is asked for a stronger method by a role, and goes on as before without policies', async () => {
    await client.api(`${policies}/${blocking}`).patch({
      conditions: {
        users: { includeUsers: [], includeRoles: ['5d6b6bb7-de71-4623-b4af-96380a352509'] },
        locations: null,
      },
      grantControls: { builtInControls: [], authenticationStrength: { id: '00000000-0000-0000-0000-000000000004' } },
    });
    expect(await refused(bob.userPrincipalName)).toBe('AADSTS50074');
    await client
      .api(`${policies}/${blocking}`)
      .patch({ grantControls: { builtInControls: ['mfa'], authenticationStrength: null } });
    await signIn(bob.userPrincipalName, outside);
    expect(await newestSignIn()).toEqual([bob.userPrincipalName, '0', 'success', 'success', '1']);
    await client.api(`${policies}/${blocking}`).delete();
    await signIn(bob.userPrincipalName, outside);
    expect(await newestSignIn()).toEqual([bob.userPrincipalName, '0', 'notApplied', undefined, '1']);
  });
});
