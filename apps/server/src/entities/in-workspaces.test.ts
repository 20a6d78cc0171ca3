import { SecurityInsights } from '@azure/arm-securityinsight';
import type { Client, Workspace } from '@sallyport/contracts';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { credentialOf, startFaceServer, type FaceServer } from '../hunting/faces/testing.ts';
import { alertOf, askerOf } from '../hunting/scope/served.ts';
import { errorOf } from '../testing.ts';

vi.setConfig({ testTimeout: 240_000 });

/** One name that both workspaces have: nothing of one may be told of the other. */
const host = 'till-1';
const minutesAgo = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString();

let server: FaceServer;
let admin: Client;
let main: Workspace;
let branch: Workspace;
let id: string;

const failed = (account: string, times: number) =>
  Array.from({ length: times }, () => ({
    TimeGenerated: minutesAgo(30),
    Computer: host,
    EventID: 4625,
    TargetUserName: account,
    IpAddress: '198.51.100.7',
  }));
/** As a rule raises it where its rows are. */
const alertIn = (workspace: Workspace, name: string, severity: 'High' | 'Low') => {
  const alert = alertOf(name, [host], { severity, ...(workspace.isDefault ? {} : { workspaceId: workspace.id }) });
  const tenant = workspace.isDefault ? {} : { TenantId: workspace.id };
  return { ...alert, row: { ...alert.row, AlertSeverity: severity, ...tenant } };
};

beforeAll(async () => {
  server = await startFaceServer();
  const { test } = server;
  ({ admin } = server);
  branch = await admin.createWorkspace({ body: { name: 'branch' } });
  main = (await admin.listWorkspaces({})).workspaces[0]!;
  const { workspaces, lake, database, outbox } = test.platform;
  await lake.insertRows('SecurityEvent', failed('of-main', 2));
  await (await workspaces.lake(workspaces.get(branch.id))).insertRows('SecurityEvent', failed('of-branch', 5));
  const alerts = [alertIn(main, 'Noise in main', 'Low'), alertIn(branch, 'Forced in branch', 'High')];
  await database.transaction((tx) => test.server.domains.incidents.raise(alerts, tx));
  ({ id } = await admin.resolveEntity({ body: { kind: 'Host', identifiers: { HostName: host } } }));
  await admin.getEntity({ params: { id } });
  await outbox.flush();
  // The row of EntityInventory_CL by whose keys risk is laid to it.
  await test.server.domains.entities.conclude();
  await outbox.flush();
  await test.server.domains.entities.conclude();
}, 900_000);
afterAll(() => server.stop());

const timeline = async (client: Client, workspace?: string) =>
  (await client.getEntityTimeline({ params: { id }, query: workspace === undefined ? {} : { workspace } })).items;
const told = async (client: Client, workspace?: string): Promise<string> => {
  const query = workspace === undefined ? {} : { workspace };
  const params = { id };
  const all = [
    await client.getEntity({ params, query }),
    await client.getEntityTimeline({ params, query }),
    await client.getEntityInsights({ params, query }),
    await client.getEntityIncidents({ params, query }),
  ];
  // Queries say the moment at which they were asked for.
  return JSON.stringify(all).replaceAll(/datetime\([^)]*\)/g, '');
};

describe('an entity in a workspace', () => {
  it('has the timeline, insights, alerts and risk of it, and nothing of another', async () => {
    for (const name of ['branch', branch.id, branch.resourceId]) {
      const items = await timeline(admin, name);
      expect(items.map(({ kind, title }) => `${kind}: ${title}`).toSorted()).toEqual([
        'Activity: 5 failed logons',
        'Alert: Forced in branch',
      ]);
    }
    expect((await timeline(admin)).map(({ title }) => title).toSorted()).toEqual(['2 failed logons', 'Noise in main']);
    const ofBranch = await told(admin, 'branch');
    const ofMain = await told(admin);
    expect(ofBranch).toContain('of-branch');
    expect(ofBranch).not.toMatch(/of-main|Noise in main/);
    expect(ofMain).toContain('of-main');
    expect(ofMain).not.toMatch(/of-branch|Forced in branch/);
    expect(await told(admin, 'main')).toBe(await told(admin, main.id));
  });

  it('has a risk of its own, and the list the highest', async () => {
    const here = await admin.getEntity({ params: { id }, query: { workspace: branch.id } });
    const there = await admin.getEntity({ params: { id } });
    expect(here).toMatchObject({ alerts: 1, openIncidents: 1, riskLevel: 'Medium' });
    expect(here.riskReasons.map(({ title }) => title)).toEqual(['Forced in branch']);
    expect(there).toMatchObject({ alerts: 1, openIncidents: 1, riskLevel: 'Low' });
    expect(there.riskReasons.map(({ title }) => title)).toEqual(['Noise in main']);
    expect(there.elsewhere).toEqual([{ workspaceId: branch.id, riskScore: here.riskScore, riskLevel: 'Medium' }]);
    expect(here.elsewhere).toEqual([{ workspaceId: main.id, riskScore: there.riskScore, riskLevel: 'Low' }]);
    const { entities } = await admin.listEntities({ query: { search: host } });
    expect(entities).toMatchObject([{ id, riskScore: here.riskScore }]);
  });

  it('leads to queries that find its rows there', async () => {
    const { hunts } = await admin.getEntity({ params: { id }, query: { workspace: branch.id } });
    const answers = async (query: string) =>
      JSON.stringify((await admin.runQuery({ body: { query, workspace: branch.id } })).rows);
    const [everything, alerts] = hunts;
    expect(await answers(everything?.query ?? '')).toMatch(/of-branch/);
    expect(await answers(alerts?.query ?? '')).toMatch(/Forced in branch/);
    expect(await answers(alerts?.query ?? '')).not.toMatch(/Noise in main/);
    for (const { kind, query } of await timeline(admin, branch.id))
      expect(`${kind}: ${await answers(query)}`).toMatch(/of-branch|198\.51\.100\.7|Forced in branch/);
  });

  it('is refused where one sees nothing of the workspace, as where there is none', async () => {
    expect(await errorOf(timeline(admin, 'nowhere'))).toMatchObject({ code: 'NotFound', target: 'query.workspace' });
    const ofMain = await askerOf(server.test, 'mia', { workspaces: [main.id] });
    const ofBranch = await askerOf(server.test, 'ben', { workspaces: [branch.id] });
    for (const [{ client }, own, other, words] of [
      [ofMain, main, branch, /of-branch|Forced in branch/],
      [ofBranch, branch, main, /of-main|Noise in main/],
    ] as const) {
      const params = { id };
      for (const name of [other.name, other.id]) {
        const query = { workspace: name };
        for (const ask of [
          () => client.getEntity({ params, query }),
          () => client.getEntityTimeline({ params, query }),
          () => client.getEntityInsights({ params, query }),
          () => client.getEntityIncidents({ params, query }),
        ])
          expect(await errorOf(ask())).toMatchObject({ code: 'NotFound' });
      }
      // Who names none is told of what they see.
      const seen = await told(client);
      expect(seen).toBe(await told(client, own.id));
      expect(seen).not.toMatch(words);
      expect(seen).toMatch(own === main ? /of-main/ : /of-branch/);
      expect((await client.getEntity({ params })).elsewhere).toEqual([]);
    }
  });

  it('is that of the workspace which Sentinel’s client names', async () => {
    const client = new SecurityInsights(credentialOf(server.token), randomUUID(), { endpoint: server.url });
    const span = { startTime: new Date(minutesAgo(24 * 60)), endTime: new Date() };
    const shown = async (workspace: string): Promise<string> => {
      const items = await client.entitiesGetTimeline.list('any', workspace, id, span);
      const insights = await client.entities.getInsights('any', workspace, id, span);
      return JSON.stringify([items.value, insights.value]);
    };
    expect(await shown('branch')).toMatch(/of-branch/);
    expect(await shown('branch')).not.toMatch(/of-main|Noise in main/);
    expect(await shown('main')).not.toMatch(/of-branch|Forced in branch/);
    await expect(shown('nowhere')).rejects.toMatchObject({ statusCode: 404 });
  });
});
