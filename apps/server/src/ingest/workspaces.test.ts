import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectorKinds, type Workspace } from '@sallyport/contracts';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { errorOf } from '../testing.ts';
import { draft, startTestConnectors, type TestConnectors } from './pull/testing/connectors.ts';

/** Logs that come in by other ways than a token, into a workspace beside the first. */

vi.setConfig({ testTimeout: 240_000 });
const patient = { timeout: 120_000, interval: 100 };

let at: TestConnectors;
let main: Workspace;
let branch: Workspace;
let folder: string;
let syslogPort: number;

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'sallyport-workspaces-')));
  const free = createServer().listen(0, '127.0.0.1');
  await once(free, 'listening');
  syslogPort = (free.address() as AddressInfo).port;
  free.close();
  await once(free, 'close');
  at = await startTestConnectors({ connectorFolders: folder, syslogTcpPort: String(syslogPort) });
  branch = await at.admin.createWorkspace({ body: { name: 'branch' } });
  main = (await at.admin.listWorkspaces({})).workspaces[0]!;
}, 300_000);
afterAll(async () => {
  await at.stop();
  await rm(folder, { recursive: true, force: true });
});

const lakeOfBranch = () => {
  const { workspaces } = at.test.platform;
  return workspaces.lake(workspaces.get(branch.id));
};
/** What a query gives in the first, and in the branch. */
const both = async (query: string): Promise<unknown[]> => {
  await at.test.server.domains.ingest.flush();
  const asked = (workspace: string) => at.admin.runQuery({ body: { query, workspace } });
  return [(await asked(main.id)).rows.flat(), (await asked(branch.id)).rows.flat()];
};

describe('a connector', () => {
  const n =
    'GenericEvents_CL | extend N = tostring(todynamic(Event).n) | where N startswith "c" | project N | sort by N asc';

  it('brings lines to the workspace that it names, and takes back there what an ended poll had left', async () => {
    const logs = join(folder, 'app.log');
    await writeFile(logs, '{"n":"c1"}\n{"n":"c2"}\n');
    const settings = connectorKinds.files.settings.parse({ patterns: [logs] });
    const body = { ...draft('files', settings, { workspaceId: branch.id }), enabled: true };
    const made = await at.admin.createConnector({ body });
    expect(made).toMatchObject({ workspaceId: branch.id });
    await expect.poll(() => both(n), patient).toEqual([[], ['c1', 'c2']]);

    // A page that its server had stored and did not bring to an end.
    const [page, segment] = [randomUUID(), 'segment-left'];
    const lake = await lakeOfBranch();
    await lake.insertSelect('GenericEvents_CL', ['Event'], `SELECT '{"n":"c3"}' AS Event`, {
      segmentId: segment,
      tables: ['GenericEvents_CL'],
    });
    expect(await both(n)).toEqual([[], ['c1', 'c2', 'c3']]);
    const { database } = at.test.platform;
    const noted = [page, made.id, branch.id];
    await database.execute('INSERT INTO connector_pages (id, connector_id, workspace_id) VALUES ($1, $2, $3)', noted);
    await database.execute('INSERT INTO connector_segments (page_id, segment_id, tables) VALUES ($1, $2, $3)', [
      page,
      segment,
      ['GenericEvents_CL'],
    ]);
    // Also when the connector goes elsewhere meanwhile.
    await writeFile(logs, '{"n":"c1"}\n{"n":"c2"}\n{"n":"c4"}\n');
    await at.admin.updateConnector({ params: { id: made.id }, body: { ...body, workspaceId: main.id } });
    await expect.poll(() => both(n), patient).toEqual([['c4'], ['c1', 'c2']]);
    expect(await at.one(made.id)).toMatchObject({ workspaceId: null, error: null });
  });

  it('is not made for a workspace that is not there', async () => {
    const settings = connectorKinds.files.settings.parse({ patterns: [`${folder}/*`] });
    const body = draft('files', settings, { name: 'nowhere', workspaceId: randomUUID() });
    expect(await errorOf(at.admin.createConnector({ body }))).toMatchObject({
      code: 'BadRequest',
      target: 'body.workspaceId',
    });
  });
});

describe('a sender over syslog', () => {
  const send = async (program: string): Promise<void> => {
    const socket = connect(syslogPort, '127.0.0.1');
    await once(socket, 'connect');
    socket.end(`<38>Jul  5 10:00:00 host1 ${program}: hello\n`);
    socket.resume();
    await once(socket, 'close');
  };
  const programs = 'Syslog | where ProcessName startswith "sent" | project ProcessName | sort by ProcessName asc';

  it('goes to the workspace that its pin names; the narrowest that names one counts', async () => {
    const sender = { kind: 'sender' as const, stream: null, timeZone: null };
    await at.admin.savePin({ body: { ...sender, match: '127.0.0.0/8', workspaceId: branch.id } });
    // It says nothing of a workspace.
    await at.admin.savePin({ body: { ...sender, match: '127.0.0.0/16', timeZone: 'UTC', workspaceId: null } });
    await send('sent1');
    await expect.poll(() => both(programs), patient).toEqual([[], ['sent1']]);
    const { id } = await at.admin.savePin({ body: { ...sender, match: '127.0.0.1', workspaceId: main.id } });
    await send('sent2');
    await expect.poll(() => both(programs), patient).toEqual([['sent2'], ['sent1']]);
    await at.admin.deletePin({ params: { id } });
    await send('sent3');
    await expect.poll(() => both(programs), patient).toEqual([['sent2'], ['sent1', 'sent3']]);
    const { pins } = await at.admin.listPins();
    expect(pins.map(({ match, workspaceId }) => [match, workspaceId])).toEqual([
      ['127.0.0.0/16', null],
      ['127.0.0.0/8', branch.id],
    ]);
    const nowhere = at.admin.savePin({ body: { ...sender, match: '192.0.2.1', workspaceId: randomUUID() } });
    expect(await errorOf(nowhere)).toMatchObject({ code: 'BadRequest', target: 'body.workspaceId' });
    for (const pin of pins) await at.admin.deletePin({ params: { id: pin.id } });
  });
});

describe('an upload', () => {
  const rule = {
    id: '2f1b5c1e-1111-4222-8333-444455557777',
    text: `id: 2f1b5c1e-1111-4222-8333-444455557777
name: Failed passwords of uploads
kind: Scheduled
severity: Low
queryFrequency: 1h
queryPeriod: 1h
triggerOperator: gt
triggerThreshold: 0
query: Syslog | where HostName == "uploaded1"
`,
  };
  const line = '2026-02-03T04:05:06Z uploaded1 sshd[7]: Failed password for root from 10.0.0.7 port 22 ssh2';
  const bring = (text: string) =>
    at.admin.createUpload({ query: { name: 'auth.log' }, body: new Uint8Array(Buffer.from(text)).buffer });

  it('is loaded into the workspace that is chosen, and the rules run over it there', async () => {
    await at.admin.saveRule({ params: { id: rule.id }, body: { text: rule.text, version: null } });
    const { id } = await bring(`${line}\nnothing known\n`);
    const nowhere = at.admin.loadUpload({ params: { id }, body: { workspaceId: randomUUID() } });
    expect(await errorOf(nowhere)).toMatchObject({ code: 'BadRequest', target: 'body.workspaceId' });
    await at.admin.loadUpload({ params: { id }, body: { workspaceId: branch.id } });
    const state = async () => (await at.admin.getUpload({ params: { id } })).state;
    await expect.poll(state, patient).toBe('done');
    const upload = await at.admin.getUpload({ params: { id } });
    expect(upload).toMatchObject({
      workspaceId: branch.id,
      message: null,
      outcome: { rows: 1, unparsed: 1, tables: [{ table: 'Syslog', rows: 1 }] },
    });
    expect(upload.outcome?.range).toMatchObject({ from: '2026-02-03T04:05:06.000Z' });
    expect(await both('Syslog | where HostName == "uploaded1" | project HostName')).toEqual([[], ['uploaded1']]);
    const { incidents } = await at.admin.listIncidents({ query: {} });
    expect(incidents.map(({ title, workspaceId }) => [title, workspaceId])).toContainEqual([
      'Failed passwords of uploads',
      branch.id,
    ]);
    expect(upload.sweep?.incidents).toEqual(
      incidents.filter(({ workspaceId }) => workspaceId === branch.id).map(({ number }) => number),
    );
  });

  it('by a token that is bound to a workspace goes there', async () => {
    const { secret } = await at.admin.createToken({
      body: { name: 'files of the branch', scopes: ['data.manage'], workspaceId: branch.id },
    });
    const body = new Uint8Array(Buffer.from(line.replace('uploaded1', 'token1'))).buffer;
    const sent = await at.test.program(secret).uploadFile({ query: { name: 'auth.log' }, body });
    expect(sent).toMatchObject({ rows: 1, unparsed: 0 });
    expect(await both('Syslog | where HostName == "token1" | count')).toEqual([[0], [1]]);
  });

  it('that is stopped leaves no row there', async () => {
    const { id } = await bring(Array.from({ length: 300_000 }, () => line.replace('uploaded1', 'stopped1')).join('\n'));
    await at.admin.loadUpload({ params: { id }, body: { workspaceId: branch.id } });
    await at.admin.cancelUpload({ params: { id } });
    const state = async () => (await at.admin.getUpload({ params: { id } })).state;
    await expect.poll(state, patient).toBe('cancelled');
    expect(await both('Syslog | where HostName == "stopped1" | count')).toEqual([[0], [0]]);
  });
});
