import { randomUUID } from 'node:crypto';
import { ResponseType, type Client } from '@microsoft/microsoft-graph-client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { startFaceServer, type FaceServer } from '../../../hunting/faces/testing.ts';
import { manualClock } from '../../../platform/clock.ts';
import { graphFailure, signedInPerson, type SignedInPerson } from '../../testing/index.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

const clock = manualClock(new Date());
const operator = '5f2222b1-57c3-48ba-8ad5-d4759f1fde6f';
const reader = '5d6b6bb7-de71-4623-b4af-96380a352509';
const administrator = '194ae4cb-b126-40b2-bd5b-6091b380977d';

let server: FaceServer;
let boss: SignedInPerson;
let made = 0;
const someone = () => signedInPerson(server, `graphed${(made += 1)}`);
const assign = (principal: string, roleId: string, kind: 'eligible' | 'active') =>
  server.admin.managePrivilegedAccess({
    body: {
      action: 'adminAssign',
      kind,
      target: { type: 'role', id: roleId, access: '' },
      principal,
      justification: 'work',
      expiration: { type: kind === 'active' ? 'noExpiration' : 'afterDuration', duration: 'P90D' },
    },
  });

beforeAll(async () => {
  server = await startFaceServer({ sessionMax: '30 d', sessionIdle: '24 h' }, clock);
  boss = await signedInPerson(server, 'boss');
  await assign(boss.person.id, administrator, 'active');
});
afterAll(() => server.stop());

describe('alerts through Microsoft’s client', () => {
  const root = '/identityGovernance/roleManagementAlerts';
  const inTenant = `scopeId eq '/' and scopeType eq 'DirectoryRole'`;
  const Listed = z.object({ value: z.array(z.looseObject({ id: z.string() })) });
  const list = async (client: Client, path: string, filter = inTenant, expand = '') => {
    const request = client.api(`${root}/${path}`).version('beta').filter(filter);
    return Listed.parse(await (expand === '' ? request : request.expand(expand)).get()).value;
  };
  const own = () => `https://${new URL(server.url).host}`;
  const idOf = async (name: string): Promise<string> =>
    (await list(boss.graph, 'alerts')).find(({ id }) => id.endsWith(`_${name}`))?.id ?? '';
  const alert = (id: string, more = '') => boss.graph.api(`${root}/alerts/${id}${more}`).version('beta');

  it('are listed with definitions and configurations, for who may see them, in the scope that Graph demands', async () => {
    const alerts = await list(boss.graph, 'alerts', inTenant, 'alertDefinition,alertConfiguration');
    expect(alerts.map(({ id }) => id.replace(/^DirectoryRole_[0-9a-f-]{36}_/, ''))).toEqual([
      'RedundantAssignmentAlert',
      'NoMfaOnRoleActivationAlert',
      'StaleSignInAlert',
      'RolesAssignedOutsidePimAlert',
      'TooManyGlobalAdminsAssignedToTenantAlert',
      'SequentialActivationRenewalsAlert',
    ]);
    expect(alerts[0]).toMatchObject({
      scopeId: '/',
      scopeType: 'DirectoryRole',
      incidentCount: 0,
      isActive: false,
      alertDefinition: { severityLevel: 'low', isRemediatable: true, isConfigurable: true },
      alertConfiguration: {
        '@odata.type': '#microsoft.graph.redundantAssignmentAlertConfiguration',
        isEnabled: true,
        duration: 'P30D',
      },
    });
    const [stale] = await list(boss.graph, 'alertDefinitions', `${inTenant} and alertDefinitionId eq '${await idOf('StaleSignInAlert')}'`); // prettier-ignore
    expect(stale).toMatchObject({ severityLevel: 'medium' });
    expect(await graphFailure(boss.graph.api(`${root}/alerts`).version('beta').get())).toMatchObject({ status: 400 });
    expect(await graphFailure(alert('DirectoryRole_x_StaleSignInAlert').get())).toMatchObject({ status: 404 });
    const ann = await someone();
    expect(await graphFailure(list(ann.graph, 'alerts'))).toMatchObject({ status: 403 });
    const { secret } = await boss.browser.createToken({ body: { name: 'sees', scopes: ['authorization.read'] } });
    const refused = await fetch(`${server.url}/beta${root}/alerts/refresh`, {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
      body: '{}',
    });
    expect(refused.status).toBe(403);
  });

  it('are refreshed, dismissed, counted again, and mended', async () => {
    const ann = await someone();
    await server.test.platform.database.execute(
      `INSERT INTO role_assignments (id, role_id, principal_id, principal_type, kind, starts_at, created_at, created_by) VALUES ($1, $2, $3, 'user', 'active', $4, $4, 'eve')`,
      [randomUUID(), reader, ann.person.id, clock.now()],
    );
    const id = await idOf('RolesAssignedOutsidePimAlert');
    // The client gives what it got as it came, with its headers.
    const answer = z.instanceof(Response).parse(await alert(id, '/refresh').responseType(ResponseType.RAW).post({}));
    expect(answer.status).toBe(202);
    const location = answer.headers.get('location') ?? '';
    expect(location).toBe(`${own()}/beta${root}/operations/refresh:${id}`);
    const operation = new URL(location).pathname.replace('/beta', '');
    expect(await boss.graph.api(operation).version('beta').get()).toMatchObject({
      status: 'succeeded',
      resourceLocation: `${own()}/beta${root}/alerts/${id}`,
    });
    const found = Listed.parse(await alert(id, '/alertIncidents').get()).value;
    const incident = found.find((one) => one['assigneeId'] === ann.person.id);
    expect(incident).toMatchObject({
      '@odata.type': '#microsoft.graph.rolesAssignedOutsidePrivilegedIdentityManagementAlertIncident',
      roleDefinitionId: reader,
      roleTemplateId: reader,
      roleDisplayName: 'Security Reader',
      assigneeUserPrincipalName: ann.person.userPrincipalName,
      assignmentCreatedDateTime: clock.now().toISOString(),
    });
    expect(await alert(id).expand('alertIncidents').get()).toMatchObject({
      isActive: true,
      incidentCount: found.length,
      alertIncidents: found,
      lastScannedDateTime: clock.now().toISOString(),
    });
    await alert(id).patch({ isActive: false });
    expect(await alert(id).get()).toMatchObject({ isActive: false, incidentCount: found.length });
    await boss.graph.api(`${root}/alerts/refresh`).version('beta').post({ scopeId: '/', scopeType: 'DirectoryRole' });
    expect(await alert(id).get()).toMatchObject({ isActive: true });
    await alert(id).patch({ isActive: false });
    await alert(id).patch({ isActive: true });
    expect(await alert(id).get()).toMatchObject({ isActive: true });
    expect(await graphFailure(alert(id).patch({ isActive: 'no' }))).toMatchObject({ status: 400 });

    const one = `/alertIncidents/${incident?.id ?? ''}`;
    expect(await alert(id, one).get()).toMatchObject({ assigneeId: ann.person.id });
    await alert(id, `${one}/remediate`).post({});
    expect(await graphFailure(alert(id, one).get())).toMatchObject({ status: 404 });
    const { assignments } = await boss.browser.listPrivilegedAssignments({ query: { targetId: reader } });
    expect(assignments.filter(({ principal }) => principal.id === ann.person.id)).toEqual([]);
    const { entries } = await boss.browser.listPrivilegedAudit({ query: {} });
    const activities = entries.map(({ activity }) => activity);
    for (const activity of ['Refresh PIM alert', 'Deactivate PIM alert', 'Triggered PIM alert'])
      expect(activities).toContain(activity);
  });

  it('have thresholds, in Graph’s words and bounds; too many administrators are told one by one', async () => {
    const id = await idOf('TooManyGlobalAdminsAssignedToTenantAlert');
    const configuration = (of: string) => boss.graph.api(`${root}/alertConfigurations/${of}`).version('beta');
    const type = '#microsoft.graph.tooManyGlobalAdminsAssignedToTenantAlertConfiguration';
    await configuration(id).patch({
      '@odata.type': type,
      globalAdminCountThreshold: 2,
      percentageOfGlobalAdminsOutOfRolesThreshold: 0,
    });
    expect(await configuration(id).get()).toMatchObject({
      '@odata.type': type,
      id,
      isEnabled: true,
      globalAdminCountThreshold: 2,
      percentageOfGlobalAdminsOutOfRolesThreshold: 0,
    });
    const ann = await someone();
    await assign(ann.person.id, administrator, 'active');
    await alert(id, '/refresh').post({});
    const incidents = Listed.parse(await alert(id, '/alertIncidents').get()).value;
    expect(incidents.map((one) => one['assigneeUserPrincipalName'])).toEqual(
      expect.arrayContaining([ann.person.userPrincipalName, boss.person.userPrincipalName]),
    );
    await alert(id, '/alertConfiguration').patch({ isEnabled: false });
    await alert(id, '/refresh').post({});
    expect(await alert(id).get()).toMatchObject({ isActive: false, incidentCount: 0 });

    const stale = await idOf('StaleSignInAlert');
    await configuration(stale).patch({ duration: 'P45D' });
    expect(await configuration(stale).expand('alertDefinition').get()).toMatchObject({
      duration: 'P45D',
      alertDefinition: { id: stale },
    });
    const often = await idOf('SequentialActivationRenewalsAlert');
    await configuration(often).patch({
      timeIntervalBetweenActivations: 'P2D',
      sequentialActivationCounterThreshold: 4,
    });
    expect(await configuration(often).get()).toMatchObject({
      timeIntervalBetweenActivations: 'PT48H',
      sequentialActivationCounterThreshold: 4,
    });
    for (const [of, body] of [
      [id, { globalAdminCountThreshold: 1 }],
      [id, { duration: 'P30D' }],
      [id, { '@odata.type': '#microsoft.graph.staleSignInAlertConfiguration' }],
      [stale, { duration: 'PT36H' }],
      [stale, { duration: 'P400D' }],
      [often, { timeIntervalBetweenActivations: 'PT10S' }],
      [often, { threshold: 3 }],
    ] as const)
      expect([of, await graphFailure(configuration(of).patch(body))]).toMatchObject([of, { status: 400 }]);
  });
});

describe('access reviews through Microsoft’s client', () => {
  const root = '/identityGovernance/accessReviews/definitions';
  const Named = z.looseObject({ id: z.string() });
  const Page = z.looseObject({ value: z.array(Named), '@odata.nextLink': z.string().optional() });
  const listOf = async (client: Client, path: string) => Page.parse(await client.api(`${root}${path}`).get()).value;
  const byReviewer = `filterByCurrentUser(on='reviewer')`;
  const query = (text: string, more: object = {}) => ({ query: text, queryType: 'MicrosoftGraph', ...more });
  const eligibleFor = (roleId: string) => ({
    '@odata.type': '#microsoft.graph.accessReviewQueryScope',
    ...query(
      `/roleManagement/directory/roleEligibilityScheduleInstances?$expand=principal&$filter=(isof(principal,'microsoft.graph.user') and roleDefinitionId eq '${roleId}')`,
    ),
  });
  const create = async (body: object) => Named.parse(await boss.graph.api(root).post(body));
  const settings = {
    mailNotificationsEnabled: true,
    reminderNotificationsEnabled: false,
    justificationRequiredOnApproval: true,
    defaultDecisionEnabled: false,
    defaultDecision: 'None',
    instanceDurationInDays: 3,
    autoApplyDecisionsEnabled: false,
    recommendationsEnabled: true,
    recommendationLookBackDuration: 'P30D',
    recurrence: null,
  };
  const mailed = async (subject: string) =>
    (
      await server.test.platform.database.query<{ recipients: string[] }>(
        'SELECT recipients FROM privileged_mails WHERE subject = $1',
        [subject],
      )
    ).flatMap(({ recipients }) => recipients);

  it('are begun, decided on by those who are asked, reminded of, ended and applied', async () => {
    const [ann, art, chief] = [await someone(), await someone(), await someone()];
    for (const one of [ann, art]) {
      await assign(one.person.id, operator, 'eligible');
      await server.test.platform.database.execute('UPDATE people SET manager_id = $2 WHERE id = $1', [
        one.person.id,
        chief.person.id,
      ]);
    }
    const definition = {
      displayName: 'Who is on call',
      descriptionForAdmins: 'of the night',
      descriptionForReviewers: 'Ask the desk',
      scope: eligibleFor(operator),
      reviewers: [query('./manager', { queryRoot: 'decisions' })],
      fallbackReviewers: [query(`/users/${boss.person.id}`)],
      settings,
    };
    const made = await create(definition);
    expect(made).toMatchObject({ ...definition, status: 'InProgress', settings });
    const one = `${root}/${made.id}`;
    expect(await listOf(boss.graph, `?$filter=status eq 'InProgress'`)).toEqual([expect.objectContaining({ id: made.id })]); // prettier-ignore
    expect(await mailed('PIM: review access: Who is on call')).toEqual([chief.person.userPrincipalName]);
    const [instance, ...others] = await listOf(boss.graph, `/${made.id}/instances`);
    expect(others).toEqual([]);
    expect(instance).toMatchObject({ status: 'InProgress', startDateTime: clock.now().toISOString() });
    const at = `/${made.id}/instances/${instance?.id ?? ''}`;
    const act = (client: Client, action: string, body: object = {}) => client.api(`${root}${at}/${action}`).post(body);
    expect(await listOf(boss.graph, `${at}/contactedReviewers`)).toMatchObject([{ userPrincipalName: chief.person.userPrincipalName }]); // prettier-ignore

    const first = Page.parse(await boss.graph.api(`${root}${at}/decisions`).top(1).get());
    expect(first['@odata.count']).toBe(2);
    const second = Page.parse(await boss.graph.api(first['@odata.nextLink'] ?? '').get());
    const found = [...first.value, ...second.value];
    const of = (person: SignedInPerson) => found.find((item) => JSON.stringify(item['principal']).includes(person.person.id)); // prettier-ignore
    expect(of(ann)).toMatchObject({
      accessReviewId: instance?.id,
      decision: 'NotReviewed',
      applyResult: 'New',
      recommendation: 'Approve',
      reviewedBy: { id: '00000000-0000-0000-0000-000000000000' },
      principal: {
        '@odata.type': '#microsoft.graph.userIdentity',
        userPrincipalName: ann.person.userPrincipalName,
      },
      resource: { id: operator, displayName: 'Security Operator', type: 'DirectoryRole' },
    });

    // Whoever is asked sees it and decides; others don't learn that it is there.
    expect(await listOf(chief.graph, `/${byReviewer}`)).toMatchObject([{ id: made.id }]);
    expect(await listOf(chief.graph, `/${made.id}/instances/${byReviewer}`)).toMatchObject([{ id: instance?.id }]);
    expect(await listOf(chief.graph, `${at}/decisions/${byReviewer}`)).toHaveLength(2);
    expect(await listOf(boss.graph, `/${byReviewer}`)).toEqual([]);
    const decision = (client: Client, person: SignedInPerson) =>
      client.api(`${root}${at}/decisions/${of(person)?.id ?? ''}`);
    for (const refused of [
      graphFailure(ann.graph.api(one).get()),
      graphFailure(listOf(ann.graph, `${at}/decisions`)),
      graphFailure(decision(ann.graph, ann).patch({ decision: 'Approve', justification: 'mine' })),
      graphFailure(decision(boss.graph, ann).patch({ decision: 'Deny', justification: 'not asked' })),
    ])
      expect(await refused).toMatchObject({ status: 404 });
    for (const refused of [
      graphFailure(ann.graph.api(root).post(definition)),
      graphFailure(listOf(chief.graph, '')),
      graphFailure(act(chief.graph, 'stop')),
      graphFailure(chief.graph.api(one).delete()),
    ])
      expect(await refused).toMatchObject({ status: 403 });
    expect(await graphFailure(decision(chief.graph, ann).patch({ decision: 'Approve' }))).toMatchObject({
      status: 400,
    });
    expect(await graphFailure(decision(chief.graph, ann).patch({ decision: 'Maybe' }))).toMatchObject({ status: 400 });
    await act(chief.graph, 'batchRecordDecisions', { decision: 'Deny', justification: 'none of them', resourceId: operator }); // prettier-ignore
    await decision(chief.graph, ann).patch({ decision: 'Approve', justification: 'she is' });
    expect(await decision(chief.graph, ann).get()).toMatchObject({
      decision: 'Approve',
      justification: 'she is',
      reviewedBy: { id: chief.person.id },
    });
    await decision(chief.graph, art).patch({ decision: 'NotReviewed' });
    expect(await decision(boss.graph, art).get()).toMatchObject({ decision: 'NotReviewed', reviewedDateTime: null });
    await act(boss.graph, 'sendReminder');
    expect(await mailed('PIM: reminder to review access: Who is on call')).toEqual([chief.person.userPrincipalName]);
    await act(chief.graph, 'batchRecordDecisions', { decision: 'Deny', justification: 'left', principalId: art.person.id }); // prettier-ignore

    expect(await graphFailure(act(boss.graph, 'applyDecisions'))).toMatchObject({ status: 409 });
    await act(boss.graph, 'stop');
    expect(await boss.graph.api(one).get()).toMatchObject({ status: 'Completed' });
    for (const action of ['stop', 'sendReminder'])
      expect(await graphFailure(act(boss.graph, action))).toMatchObject({ status: 409 });
    await act(boss.graph, 'applyDecisions');
    expect(await listOf(boss.graph, `${at}/decisions?$filter=decision eq 'Deny'`)).toMatchObject([
      { principal: { id: art.person.id }, applyResult: 'AppliedSuccessfully', appliedDateTime: clock.now().toISOString() }, // prettier-ignore
    ]);
    const { assignments } = await boss.browser.listPrivilegedAssignments({ query: { targetId: operator } });
    expect(assignments.map(({ principal }) => principal.id)).toEqual([ann.person.id]);
    const { entries } = await boss.browser.listPrivilegedAudit({ query: {} });
    const activities = entries.filter(({ details }) => details['reviewId'] === made.id).map(({ activity }) => activity);
    for (const activity of [
      'Create access review',
      'Send reminder for access review',
      'Reset decision',
      'Deny decision',
      'Apply access review',
    ])
      // prettier-ignore
      expect(activities).toContain(activity);
    await boss.graph.api(one).delete();
    expect(await graphFailure(boss.graph.api(one).get())).toMatchObject({ status: 404 });
  });

  it('keep stages, recurrence and scopes; recommendations are taken; what is not served is refused', async () => {
    const ann = await someone();
    await assign(ann.person.id, reader, 'eligible');
    const group = Named.parse(
      await boss.graph
        .api('/groups')
        .post({ displayName: 'Readers', mailEnabled: false, mailNickname: 'readers', securityEnabled: true }),
    );
    const startDate = new Date(clock.now().getTime() + 9 * 86_400_000).toISOString().slice(0, 10);
    const planned = {
      displayName: 'Readers, each quarter',
      scope: query(`/groups/${group.id}/transitiveMembers/microsoft.graph.user`),
      stageSettings: [
        {
          stageId: '1',
          dependsOn: [],
          durationInDays: 2,
          decisionsThatWillMoveToNextStage: ['NotReviewed', 'Approve'],
          reviewers: [query(`/groups/${group.id}/owners`)],
          fallbackReviewers: [query(`/users/${boss.person.id}`)],
        },
        { stageId: '2', dependsOn: ['1'], durationInDays: 1, reviewers: [query(`/users/${boss.person.id}`)] },
      ],
      settings: {
        ...settings,
        defaultDecisionEnabled: true,
        defaultDecision: 'Recommendation',
        recurrence: {
          pattern: { type: 'absoluteMonthly', interval: 3 },
          range: { type: 'noEnd', startDate },
        },
      },
    };
    const made = await create(planned);
    expect(made).toMatchObject({
      status: 'NotStarted',
      scope: planned.scope,
      stageSettings: [
        { durationInDays: 2, reviewers: [query(`/groups/${group.id}/owners`)], fallbackReviewers: [query(`/users/${boss.person.id}`)] }, // prettier-ignore
        { durationInDays: 1, dependsOn: ['1'], reviewers: [query(`/users/${boss.person.id}`)] },
      ],
      settings: {
        defaultDecision: 'Recommendation',
        recurrence: { pattern: { type: 'absoluteMonthly', interval: 3 }, range: { startDate } },
      },
    });
    expect(await listOf(boss.graph, `/${made.id}/instances`)).toEqual([]);

    const self = await create({ displayName: 'Mine', scope: eligibleFor(reader), reviewers: [], settings: { ...settings, justificationRequiredOnApproval: false } }); // prettier-ignore
    const [instance] = await listOf(boss.graph, `/${self.id}/instances`);
    const at = `${root}/${self.id}/instances/${instance?.id ?? ''}`;
    await ann.graph.api(`${at}/acceptRecommendations`).post({});
    const { value } = Page.parse(await boss.graph.api(`${at}/decisions`).get());
    expect(value).toMatchObject([{ decision: 'Approve', reviewedBy: { id: ann.person.id } }]);
    expect(await graphFailure(ann.graph.api(`${at}/resetDecisions`).post({}))).toMatchObject({ status: 403 });
    await boss.graph.api(`${at}/resetDecisions`).post({});
    expect(Page.parse(await boss.graph.api(`${at}/decisions`).get()).value).toMatchObject([
      { decision: 'NotReviewed' },
    ]);
    await boss.graph.api(`${at}/stop`).post({});
    expect(await graphFailure(boss.graph.api(`${at}/resetDecisions`).post({}))).toMatchObject({ status: 409 });

    const whole = { displayName: 'Any', scope: eligibleFor(reader), reviewers: [], settings };
    for (const more of [
      { scope: { ...eligibleFor(reader), '@odata.type': '#microsoft.graph.accessReviewInactiveUsersQueryScope', inactiveDuration: 'P30D' } }, // prettier-ignore
      { scope: query(`/groups/${group.id}/members?$filter=(userType eq 'Guest')`) },
      { scope: query('/roleManagement/directory/roleDefinitions/00000000-0000-0000-0000-000000000001') },
      { instanceEnumerationScope: query('/groups') },
      { reviewers: [query(`/groups/${group.id}/transitiveMembers`)] },
      { settings: { ...settings, applyActions: [{ '@odata.type': '#microsoft.graph.disableAndDeleteUserApplyAction' }] } }, // prettier-ignore
      { settings: { ...settings, recurrence: { pattern: { type: 'daily', interval: 1 }, range: { type: 'noEnd', startDate } } } }, // prettier-ignore
      { settings: { ...settings, recurrence: { pattern: { type: 'weekly', interval: 1 }, range: { type: 'numbered', numberOfOccurrences: 2, startDate } } } }, // prettier-ignore
      { stageSettings: planned.stageSettings.map(({ stageId, ...stage }) => ({ stageId, ...stage, decisionsThatWillMoveToNextStage: ['Deny'] })) }, // prettier-ignore
    ])
      expect([more, await graphFailure(create({ ...whole, ...more }))]).toMatchObject([more, { status: 400 }]);
  });
});
