import { randomUUID } from 'node:crypto';
import { AccessReviewSettings, type CloudConnection } from '@sallyport/contracts';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startFaceServer, type FaceServer } from '../../hunting/faces/testing.ts';
import { startTestWeb, type TestWeb } from '../../ingest/pull/testing/web.ts';
import { manualClock } from '../../platform/clock.ts';
import { loadTls } from '../../platform/http/index.ts';
import { errorOf } from '../../testing.ts';
import { signedInPerson, type SignedInPerson } from '../testing/index.ts';
import { TestArm } from './testing/arm.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

const clock = manualClock(new Date());
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const contributor = 'b24988ac-6180-42a0-ab88-20f7382dd24c';
const reader = 'acdd72a7-3385-48ef-bd42-f606fba81ae7';
const administrator = '194ae4cb-b126-40b2-bd5b-6091b380977d';
const subscription = '/subscriptions/7f2c1f3e-97f1-4f0f-8a3c-0f6f3a7d1e11';
const client = { tenantId: randomUUID(), clientId: randomUUID(), secret: 'of the application' };

let server: FaceServer;
let web: TestWeb;
let boss: SignedInPerson;
let connection: CloudConnection;
let cloudRole: { readonly type: 'cloudRole'; readonly id: string; readonly access: '' };
const arm = new TestArm(client);
let made = 0;
const domain = () => server.test.server.domains.privilegedAccess;
const someone = () => signedInPerson(server, `clouded${(made += 1)}`);
/** What the loop of the server does each second, by itself. */
const look = async (afterMs = 0) => {
  clock.advance(afterMs);
  await domain().sweep();
  return domain().provision();
};
const settings = () => ({
  provider: 'azure' as const,
  tenantId: client.tenantId,
  clientId: client.clientId,
  authorityUrl: web.base,
  resourceManagerUrl: web.base,
});
const addRole = async (name: string, roleId: string, scope: string) => {
  const { role } = await boss.browser.addCloudRole({ params: { id: connection.id }, body: { name, roleId, scope } });
  return { type: 'cloudRole' as const, id: role.id, access: '' as const };
};
const known = async (person: SignedInPerson, externalId: string = randomUUID()) => {
  const body = { principal: person.person.userPrincipalName, externalId };
  await boss.browser.setCloudIdentity({ params: { id: connection.id }, body });
  return externalId;
};
const assign = (person: SignedInPerson, kind: 'eligible' | 'active', target = cloudRole, days = 90) =>
  boss.browser.managePrivilegedAccess({
    body: {
      action: 'adminAssign',
      kind,
      target,
      principal: person.person.id,
      justification: 'runs production',
      expiration: { type: 'afterDuration', duration: `P${days}D` },
    },
  });
const activate = (person: SignedInPerson, minutes = 60, more: object = {}) =>
  person.browser.askForPrivilegedAccess({
    body: {
      action: 'selfActivate',
      target: cloudRole,
      justification: 'incident 7',
      expiration: { type: 'afterDuration', duration: `PT${minutes}M` },
      ...more,
    },
  });
const inCloud = (externalId: string) => arm.assignments.filter(({ principalId }) => principalId === externalId);
const provisioningOf = async (person: SignedInPerson) =>
  (await person.browser.listMyAccess()).active.map(({ provisioning }) => provisioning);
const connected = async () =>
  (await boss.browser.listCloudConnections()).connections.find(({ id }) => id === connection.id);
const alertOf = async () => {
  await boss.browser.refreshPrivilegedAlerts();
  const { alerts } = await boss.browser.listPrivilegedAlerts();
  const incidents = alerts.find(({ id }) => id === 'CloudAccessNotAppliedAlert')?.incidents ?? [];
  return incidents.filter(({ clearedAt }) => clearedAt === null).map(({ text }) => text);
};

beforeAll(async () => {
  server = await startFaceServer({ sessionMax: '30 d', sessionIdle: '24 h' }, clock);
  const tls = await loadTls(server.test.platform.config, clock);
  web = await startTestWeb(tls, (request, response) => arm.answer(request, response));
  boss = await signedInPerson(server, 'boss');
  await server.admin.managePrivilegedAccess({
    body: {
      action: 'adminAssign',
      kind: 'active',
      target: { type: 'role', id: administrator, access: '' },
      principal: boss.person.id,
      justification: 'runs it',
    },
  });
});
afterAll(async () => {
  await web.close();
  await server.stop();
});

describe('a role in Azure', () => {
  it('is connected with a secret that never comes out, over scopes and roles that are some', async () => {
    const wrong = await boss.browser.createCloudConnection({
      body: { name: 'Production', settings: settings(), secret: 'another' },
    });
    connection = wrong.connection;
    const params = { id: connection.id };
    const ask = (scope = subscription) => boss.browser.listCloudRoleDefinitions({ params, body: { scope } });
    const refused = await errorOf(ask());
    expect(refused.message).toContain('invalid_client AADSTS7000215');
    expect(refused.message).not.toContain('another');
    const body = { name: 'Production', settings: settings() };
    const elsewhere = { ...settings(), authorityUrl: 'https://login.example.org' };
    for (const sent of [
      { ...body, settings: elsewhere },
      { ...body, settings: { ...elsewhere, clientId: randomUUID() } },
    ])
      expect((await errorOf(boss.browser.updateCloudConnection({ params, body: sent }))).target).toBe('body.secret');
    await boss.browser.updateCloudConnection({ params, body: { ...body, secret: client.secret } });
    expect((await ask()).definitions).toEqual([
      { id: contributor, name: 'Contributor' },
      { id: reader, name: 'Reader' },
    ]);
    for (const scope of ['/', '/subscriptions/a/../../x', `${subscription}?x=1`, 'https://example.org/'])
      expect((await errorOf(ask(scope))).target).toBe('body.scope');
    expect((await errorOf(addRole('X', 'Contributor', subscription))).target).toBe('body.roleId');
    cloudRole = await addRole('Contributor', contributor, subscription);
    expect((await errorOf(addRole('Again', contributor, subscription.toUpperCase()))).code).toBe('Conflict');
    const [row] = await server.test.platform.database.query<{ sealed: Buffer }>(
      'SELECT secret_sealed AS sealed FROM cloud_connections',
    );
    expect(row?.sealed.includes(client.secret)).toBe(false);
    expect(JSON.stringify(await connected())).not.toContain(client.secret);
  });

  it('is eligible under its policy, written when it is activated, and taken away at its end, with nothing else', async () => {
    const ann = await someone();
    expect((await errorOf(assign(ann, 'eligible'))).message).toContain('does not say who this is');
    const externalId = await known(ann);
    const others = { name: randomUUID(), scope: subscription, principalId: externalId, principalType: 'User', roleDefinitionId: reader }; // prettier-ignore
    arm.assignments.push(others);
    await assign(ann, 'eligible');
    expect(await look()).toBe(0);
    const { policies } = await boss.browser.listPrivilegedPolicies({ query: {} });
    const policy = policies.find(({ target }) => target.id === cloudRole.id);
    expect(policy).toMatchObject({ targetName: 'Contributor (Production)' });
    const change = (enabledRules: ('MultiFactorAuthentication' | 'Justification' | 'Ticketing')[]) =>
      boss.browser.updatePrivilegedPolicyRule({
        params: { policyId: policy?.id ?? '', ruleId: 'Enablement_EndUser_Assignment' },
        body: { '@odata.type': '#microsoft.graph.unifiedRoleManagementPolicyEnablementRule', enabledRules },
      });
    await change(['Ticketing']);
    expect((await errorOf(activate(ann))).message).toContain('TicketingRule');
    await activate(ann, 60, { ticketNumber: '7', ticketSystem: 'desk' });
    await change(['MultiFactorAuthentication', 'Justification']);
    arm.revokeTokens();
    expect(await look()).toBe(1);
    const [written] = inCloud(externalId).filter((one) => one !== others);
    expect(written).toMatchObject({
      scope: subscription,
      principalType: 'User',
      roleDefinitionId: `${subscription}/providers/Microsoft.Authorization/roleDefinitions/${contributor}`,
    });
    expect(await provisioningOf(ann)).toMatchObject([{ state: 'Provisioned', error: null }]);
    expect(await look(hourMs - 1_000)).toBe(0);
    expect(await look(1_000)).toBe(1);
    expect(inCloud(externalId)).toEqual([others]);
    const { entries } = await boss.browser.listPrivilegedAudit({ query: { targetId: cloudRole.id } });
    expect(entries.map(({ activity }) => activity)).toEqual(
      expect.arrayContaining(['CloudRoleGiven', 'CloudRoleTakenAway', 'Remove member from role (PIM activation expired)']), // prettier-ignore
    );
    const { assignments } = await boss.browser.listPrivilegedAssignments({
      query: { targetId: cloudRole.id, history: true },
    });
    expect(assignments.find(({ assignmentType }) => assignmentType === 'Activated')?.provisioning?.state).toBe('Revoked'); // prettier-ignore
    const remove = boss.browser.removeCloudRole({ params: { id: connection.id, roleId: cloudRole.id } });
    expect((await errorOf(remove)).code).toBe('Conflict');
  });

  it('that Azure refuses, is too busy for, or lost the answer of, is asked for again until it is so', async () => {
    const amy = await someone();
    const externalId = await known(amy);
    await assign(amy, 'eligible');
    await activate(amy);
    arm.faults.push({ status: 503, code: 'ServiceUnavailable' }, { status: 429, code: 'TooManyRequests', retryAfter: '40' }, 'lose'); // prettier-ignore
    expect(await look()).toBe(1);
    expect((await connected())?.lastError).toContain('503, ServiceUnavailable');
    expect(await look(500)).toBe(0);
    expect(await look(500)).toBe(1);
    expect(await look(39_000)).toBe(0);
    expect(await look(1_000)).toBe(1);
    // It is there, and Sallyport does not know: Azure says that it exists, and it is known by its id.
    expect(inCloud(externalId)).toHaveLength(1);
    expect(await provisioningOf(amy)).toMatchObject([{ state: 'PendingProvisioning' }]);
    await look(5_000);
    expect(await provisioningOf(amy)).toMatchObject([{ state: 'Provisioned', error: null }]);
    expect(await alertOf()).toEqual([]);

    // Refused at its end, however long.
    arm.faults.push(...Array(12).fill({ status: 403, code: 'AuthorizationFailed' }));
    await look(hourMs);
    expect(await alertOf()).toEqual([expect.stringMatching(/^still has Contributor \(Production\) since .*403, AuthorizationFailed/)]); // prettier-ignore
    expect((await connected())?.failingSince).not.toBeNull();
    for (let tried = 1; tried < 12; tried += 1) expect(await look(300_000)).toBe(1);
    expect(inCloud(externalId)).toHaveLength(1);
    // A server that was killed in the call holds it for a while, and then another goes on.
    const { database, outbox } = server.test.platform;
    await database.execute(
      `UPDATE cloud_grants SET leased_until = $1, next_at = $2 WHERE state = 'PendingRevocation'`,
      [new Date(clock.now().getTime() + 30_000), clock.now()],
    );
    expect(await look(29_000)).toBe(0);
    expect(await look(1_000)).toBe(1);
    expect(inCloud(externalId)).toEqual([]);
    expect(await alertOf()).toEqual([]);
    expect(await connected()).toMatchObject({ failingSince: null, lastError: null, pending: 0 });
    await outbox.flush();
    const { rows } = await boss.browser.runQuery({
      body: { query: `SentinelHealth | where SentinelResourceType == 'Cloud connection' | sort by TimeGenerated asc | project Status, SentinelResourceName` }, // prettier-ignore
    });
    expect(rows).toEqual(['Failure', 'Success', 'Failure', 'Success'].map((status) => [status, 'Production']));
  });

  it('that somebody has from elsewhere stays theirs', async () => {
    const art = await someone();
    const externalId = await known(art);
    const elsewhere = {
      name: randomUUID(),
      scope: subscription,
      principalId: externalId,
      principalType: 'User',
      roleDefinitionId: `${subscription}/providers/Microsoft.Authorization/roleDefinitions/${contributor}`,
    };
    arm.assignments.push(elsewhere);
    await assign(art, 'active', cloudRole, 1);
    await look();
    expect(await provisioningOf(art)).toMatchObject([
      { state: 'PendingProvisioning', error: expect.stringContaining('409, RoleAssignmentExists') as string },
    ]);
    await look(dayMs);
    await boss.again();
    expect(inCloud(externalId)).toEqual([elsewhere]);
    expect((await connected())?.pending).toBe(0);
  });

  it('goes with its person and comes back with them, follows who they are there, and is reviewed', async () => {
    const abe = await someone();
    const first = await known(abe);
    const target = await addRole('Reader', reader, `${subscription}/resourceGroups/logs`);
    await assign(abe, 'active', target);
    await look();
    expect(inCloud(first)).toHaveLength(1);
    const { database } = server.test.platform;
    const setDisabled = (at: Date | null) =>
      database.execute('UPDATE people SET disabled_at = $2 WHERE id = $1', [abe.person.id, at]);
    await setDisabled(clock.now());
    await look();
    expect(inCloud(first)).toEqual([]);
    await setDisabled(null);
    await look();
    expect(inCloud(first)).toHaveLength(1);
    const second = await known(abe, randomUUID());
    await look();
    await look();
    expect([inCloud(first), inCloud(second)]).toMatchObject([[], [{ scope: `${subscription}/resourceGroups/logs` }]]);

    const { review } = await boss.browser.createAccessReview({
      body: AccessReviewSettings.parse({
        displayName: 'Azure',
        targets: [target],
        kinds: ['active'],
        stages: [{ reviewers: 'people', people: [boss.person.id], durationDays: 1 }],
        autoApply: false,
      }),
    });
    const { reviews } = await boss.browser.listMyReviews();
    const decisionIds = reviews.flatMap(({ decisions }) => decisions.map(({ id }) => id));
    await boss.browser.decideReviews({ body: { decisionIds, result: 'Deny', justification: 'not needed' } });
    await boss.browser.stopAccessReview({ params: { id: review.id } });
    await boss.browser.applyAccessReview({ params: { id: review.id } });
    await look(1_000);
    expect(inCloud(second)).toEqual([]);
    await boss.browser.removeCloudRole({ params: { id: connection.id, roleId: target.id } });
    const { secret } = await boss.browser.createToken({ body: { name: 'auditor', scopes: ['authorization.read'] } });
    const exported = await server.test.server.http.app.inject({
      url: '/api/privileged-access/export?format=csv',
      headers: { host: 'localhost:8443', authorization: `Bearer ${secret}` },
    });
    expect(exported.body).toMatch(/Reader \(Production\).*Revoked /);
  });
});
