import { OperationalInsightsManagementClient } from '@azure/arm-operationalinsights';
import { SecurityInsights } from '@azure/arm-securityinsight';
import { LogsQueryClient } from '@azure/monitor-query-logs';
import type { Workspace } from '@sallyport/contracts';
import { Client as KustoClient, KustoConnectionStringBuilder } from 'azure-kusto-data';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { alertFor } from '../incidents/faces/testing.ts';
import { call, credentialOf, startFaceServer, type FaceServer } from '../hunting/faces/testing.ts';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 900_000 });

let server: FaceServer;
let main: Workspace;
let branch: Workspace;
const always = { startTime: new Date('2020-01-01'), endTime: new Date('2040-01-01') };

const rows = async (query: string, workspace?: string): Promise<unknown[][]> =>
  (await server.admin.runQuery({ body: { query, ...(workspace === undefined ? {} : { workspace }) } })).rows;

/** As an agent sends them, with a token of its own. */
const send = async (secret: string, computers: readonly string[]): Promise<void> => {
  const body = computers.map((Computer) => ({ TimeGenerated: '2026-01-01T00:00:00Z', Computer, EventID: 4625 }));
  const path = '/dataCollectionRules/dcr-default/streams/Microsoft-SecurityEvent?api-version=2023-01-01';
  expect((await call(server, path, { body, bearer: secret })).status).toBe(204);
};

beforeAll(async () => {
  server = await startFaceServer();
  await server.test.server.domains.ingest.start();
  branch = await server.admin.createWorkspace({ body: { name: 'branch', resourceGroup: 'offices' } });
  main = (await server.admin.listWorkspaces({})).workspaces[0]!;
  const { secret } = await server.admin.createToken({
    body: { name: 'branch agent', scopes: ['data.ingest'], workspaceId: branch.id },
  });
  await send(server.sender, ['main-1', 'main-2']);
  await send(secret, ['branch-1']);
  await server.test.server.domains.ingest.flush();
}, 900_000);
afterAll(async () => {
  await server.test.server.domains.ingest.stop();
  await server.stop();
});

describe('a workspace', () => {
  it('is made, listed and renamed, and its name is its own', async () => {
    expect(main).toMatchObject({ name: 'main', isDefault: true });
    const made = await server.admin.createWorkspace({ body: { name: 'short-lived' } });
    const renamed = await server.admin.renameWorkspace({ params: { id: made.id }, body: { name: 'renamed' } });
    expect(renamed).toMatchObject({ id: made.id, name: 'renamed', isDefault: false });
    const again = server.admin.createWorkspace({ body: { name: 'BRANCH' } });
    await expect(again).rejects.toMatchObject({ code: 'Conflict' });
    const reader = server.test.program(server.token);
    await expect(reader.createWorkspace({ body: { name: 'forbidden' } })).rejects.toMatchObject({ code: 'Forbidden' });
    const { entries } = await server.admin.listAudit({ query: { limit: 20 } });
    expect(entries.map(({ target }) => target)).toEqual(expect.arrayContaining(['workspace branch']));
  });

  it('has rows of its own, and those of no other', async () => {
    const computers = 'SecurityEvent | project Computer, TenantId | sort by Computer asc';
    expect(await rows(computers)).toEqual(['main-1', 'main-2'].map((name) => [name, main.id]));
    for (const name of ['branch', branch.id, branch.resourceId])
      expect(await rows(computers, name)).toEqual([['branch-1', branch.id]]);
    // Nor in what goes over all tables.
    expect(await rows('union * | where Computer == "branch-1"')).toEqual([]);
    await expect(rows('print 1', 'nowhere')).rejects.toMatchObject({ code: 'NotFound' });
  });

  it('is read from another by workspace()', async () => {
    const count = '| summarize count() by TenantId | sort by count_ asc';
    expect(await rows(`workspace("branch").SecurityEvent ${count}`)).toEqual([[branch.id, 1]]);
    expect(await rows(`union SecurityEvent, workspace('${branch.id}').SecurityEvent ${count}`)).toEqual([
      [branch.id, 1],
      [main.id, 2],
    ]);
    expect(await rows('workspace("main").SecurityEvent | count', 'branch')).toEqual([[2]]);
    expect(await rows('workspace("branch").Syslog | count')).toEqual([[0]]);
    const withSource = 'union withsource=From SecurityEvent, database("branch").SecurityEvent | summarize by From';
    expect(new Set((await rows(withSource)).flat())).toEqual(
      new Set(['SecurityEvent', 'workspace("branch").SecurityEvent']),
    );
    const joined = 'SecurityEvent | join kind=inner workspace("branch").SecurityEvent on EventID | count';
    expect(await rows(joined)).toEqual([[2]]);
    const timed = { from: '2026-02-01T00:00:00Z', to: '2026-03-01T00:00:00Z' };
    const late = server.admin.runQuery({
      body: { query: 'workspace("branch").SecurityEvent | count', timespan: timed },
    });
    expect((await late).rows).toEqual([[0]]);
  });

  it('that is not there is a fault with its place', async () => {
    const unknown = rows('union SecurityEvent, workspace("nowhere").SecurityEvent');
    await expect(unknown).rejects.toMatchObject({
      code: 'InvalidQuery',
      message: expect.stringContaining('workspace("nowhere") could not be resolved') as string,
      target: '21..55',
    });
    await expect(rows('workspace("branch").Nonsense')).rejects.toMatchObject({ code: 'InvalidQuery' });
    await expect(rows('workspace("branch").Sec*')).rejects.toMatchObject({ code: 'InvalidQuery' });
    await expect(rows('_w1_SecurityEvent | count')).rejects.toMatchObject({ code: 'InvalidQuery' });
  });

  it('takes custom tables that were made in another, and their new columns', async () => {
    await server.admin.createTable({ body: { name: 'Own_CL', columns: [{ name: 'a', type: 'string' }] } });
    const { workspaces } = server.test.platform;
    const lake = await workspaces.lake(workspaces.get(branch.id));
    await lake.insertRows('Own_CL', [{ a: 'x' }]);
    await server.test.platform.lake.addColumns('Own_CL', [{ name: 'b', type: 'long' }]);
    await lake.insertRows('Own_CL', [{ a: 'y', b: 7 }]);
    expect(await rows('Own_CL | project a, b | sort by a asc', 'branch')).toEqual([
      ['x', null],
      ['y', 7],
    ]);
    expect(await rows('Own_CL | count')).toEqual([[0]]);
  });
});

describe('the official clients', () => {
  it('of Log Analytics name a workspace, and further ones', async () => {
    const client = new LogsQueryClient(credentialOf(server.token), { endpoint: `${server.url}/v1` });
    const count = async (workspace: string, additionalWorkspaces?: string[]) => {
      const further = additionalWorkspaces ? { additionalWorkspaces } : {};
      const answer = await client.queryWorkspace(workspace, 'SecurityEvent | count', always, further);
      return answer.status === 'Success' ? answer.tables[0]!.rows[0]?.[0] : answer;
    };
    expect(await count(main.id)).toBe(2);
    expect(await count(branch.id)).toBe(1);
    expect(await count(branch.id, ['main'])).toBe(3);
  });

  it('of Kusto name one as a database', async () => {
    const client = new KustoClient(KustoConnectionStringBuilder.withAccessToken(server.url, server.token));
    const first = async (db: string, csl: string) =>
      (await client.execute(db, csl)).primaryResults[0]!.toJSON<Record<string, unknown>>().data;
    expect(await first('branch', 'SecurityEvent | count')).toEqual([{ Count: 1 }]);
    const shown = await first('branch', '.show databases | project DatabaseName');
    expect(shown).toEqual(expect.arrayContaining([{ DatabaseName: 'main' }, { DatabaseName: 'branch' }]));
    client.close();
  });

  it('of Azure Resource Manager make, list and get them', async () => {
    const { secret } = await server.admin.createToken({
      body: { name: 'arm', scopes: ['securityData.read', 'data.manage'] },
    });
    const arm = new OperationalInsightsManagementClient(credentialOf(secret), randomUUID(), { endpoint: server.url });
    const made = await arm.workspaces.beginCreateOrUpdateAndWait('labs', 'lab-1', { location: 'local' });
    expect(made).toMatchObject({ name: 'lab-1', provisioningState: 'Succeeded' });
    const names: (string | undefined)[] = [];
    for await (const one of arm.workspaces.list()) names.push(one.name);
    expect(names).toEqual(expect.arrayContaining(['main', 'branch', 'lab-1']));
    const ofGroup: (string | undefined)[] = [];
    for await (const one of arm.workspaces.listByResourceGroup('offices')) ofGroup.push(one.customerId);
    expect(ofGroup).toEqual([branch.id]);
    expect(await arm.workspaces.get('offices', 'branch')).toMatchObject({ customerId: branch.id });
    await expect(arm.workspaces.get('offices', 'none')).rejects.toMatchObject({ statusCode: 404 });
  });
});

describe('incidents', () => {
  const raise = (...alerts: ReturnType<typeof alertFor>[]) =>
    server.test.platform.database.transaction((tx) => server.test.server.domains.incidents.raise(alerts, tx));
  const numbers = async (workspace?: string): Promise<number[]> => {
    const { incidents } = await server.admin.listIncidents({ query: workspace === undefined ? {} : { workspace } });
    return incidents.map(({ number }) => number).toSorted((a, b) => a - b);
  };
  let ofMain: number;
  let ofBranch: number;

  it('of several stand in one queue, joined within theirs alone', async () => {
    const entities = ['dc01'];
    const one = alertFor('one', 0, { entities });
    const two = alertFor('two', 1, { entities, workspaceId: branch.id });
    const three = alertFor('three', 2, { entities, workspaceId: branch.id });
    [ofMain, ofBranch] = (await raise(one, two, three)).incidents as [number, number];
    expect(await numbers()).toEqual([ofMain, ofBranch]);
    expect(await numbers('none')).toEqual([ofMain]);
    expect(await numbers(branch.id)).toEqual([ofBranch]);
    expect(await numbers(`none,${branch.id}`)).toEqual([ofMain, ofBranch]);
    const incident = await server.admin.getIncident({ params: { number: ofBranch } });
    expect(incident).toMatchObject({ workspaceId: branch.id, alertCount: 2 });
    expect(incident.alerts.map(({ workspaceId }) => workspaceId)).toEqual([branch.id, branch.id]);
  });

  it('are not brought together by hand either', async () => {
    const merging = server.admin.mergeIncidents({ params: { number: ofMain }, body: { incidents: [ofBranch] } });
    await expect(merging).rejects.toMatchObject({
      code: 'Conflict',
      message: expect.stringContaining('of different workspaces') as string,
    });
    const { alerts } = await server.admin.getIncident({ params: { number: ofBranch } });
    const moving = server.admin.linkAlerts({
      params: { number: ofMain },
      body: { alerts: [alerts[0]!.systemAlertId] },
    });
    await expect(moving).rejects.toMatchObject({ code: 'Conflict' });
    const { number } = await server.admin.splitIncident({
      params: { number: ofBranch },
      body: { alerts: [alerts[0]!.systemAlertId] },
    });
    expect(await numbers(branch.id)).toEqual([ofBranch, number]);
  });

  it('and rules are each workspace’s for Sentinel’s client', async () => {
    const { secret } = await server.admin.createToken({
      body: { name: 'sentinel', scopes: ['securityData.read', 'detectionTuning.manage'] },
    });
    const client = new SecurityInsights(credentialOf(secret), randomUUID(), { endpoint: server.url });
    const listed = async (workspace: string): Promise<(number | undefined)[]> => {
      const found = [];
      for await (const { incidentNumber } of client.incidents.list('any', workspace)) found.push(incidentNumber);
      return found.toSorted((a, b) => (a ?? 0) - (b ?? 0));
    };
    expect(await listed('main')).toEqual(await numbers('none'));
    expect(await listed('branch')).toEqual(await numbers(branch.id));
    await expect(listed('nowhere')).rejects.toMatchObject({ statusCode: 404 });
    const { alerts } = await server.admin.getIncident({ params: { number: ofMain } });
    expect(alerts).toHaveLength(1);
    const [name] = (
      await server.test.platform.database.query<{ name: string }>('SELECT name FROM incidents WHERE number = $1', [
        ofMain,
      ])
    ).map((row) => row.name);
    await expect(client.incidents.get('any', 'branch', name!)).rejects.toMatchObject({ statusCode: 404 });

    const rules = client.alertRules.list('any', 'branch');
    const { value: rule } = await rules.next();
    if (rule === undefined) throw new Error('no rule ships');
    const id = rule.name ?? '';
    await server.admin.setRuleInWorkspace({ params: { id, workspace: branch.id }, body: { enabled: false } });
    expect(await client.alertRules.get('any', 'branch', id)).toMatchObject({ enabled: false });
    expect(await client.alertRules.get('any', 'main', id)).toMatchObject({ enabled: true });
    const { workspaces } = await server.admin.listRuleWorkspaces({ params: { id } });
    expect(workspaces.filter(({ enabled }) => !enabled).map((one) => one.name)).toEqual(['branch']);
  });
});
