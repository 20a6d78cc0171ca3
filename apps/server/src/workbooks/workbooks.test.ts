import { checkWorkbook, parseWorkbook, type Client } from '@sallyport/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askerOf } from '../hunting/scope/served.ts';
import { makeAdministrator, startTestServer, type TestServer } from '../testing.ts';
import { loadWorkbooks, shippedWorkbooks } from './index.ts';

let test: TestServer;
let client: Client;
beforeAll(async () => {
  test = await startTestServer();
  client = test.browser();
  await makeAdministrator(test, client);
});
afterAll(() => test.stop());

describe('workbooks that ship', () => {
  it('run, all their queries and those of their parameters', { timeout: 120_000 }, async () => {
    const faults: string[] = [];
    let asked = 0;
    for (const { id, document } of await loadWorkbooks(shippedWorkbooks)) {
      const { queries, notDrawn } = checkWorkbook(parseWorkbook(document).document, new Date());
      faults.push(...notDrawn.map(({ place, reason }) => `${id}: ${place}: ${reason}`));
      for (const { place, query } of queries) {
        asked++;
        try {
          await client.runQuery({ body: { query, maxRows: 10 } });
        } catch (error) {
          faults.push(`${id}: ${place}: ${error instanceof Error ? error.message : String(error)}`);
        }
      }
    }
    expect(faults).toEqual([]);
    expect(asked).toBeGreaterThan(60);
  });
});

describe('workbooks that people keep', () => {
  const document = JSON.stringify({
    version: 'Notebook/1.0',
    items: [{ type: 3, content: { query: 'SigninLogs | count' } }],
  });

  it('are kept, changed by version, and removed', async () => {
    await expect(client.createWorkbook({ body: { name: 'Bad', document: '{}' } })).rejects.toMatchObject({
      code: 'BadRequest',
    });
    const made = await client.createWorkbook({ body: { name: 'Mine', document } });
    expect(made).toMatchObject({ kind: 'own', tables: ['SigninLogs'], canChange: true, version: 1 });
    const { workbooks } = await client.listWorkbooks();
    expect(workbooks.filter(({ kind }) => kind === 'shipped').length).toBeGreaterThan(10);
    expect(workbooks.find(({ id }) => id === made.id)?.name).toBe('Mine');
    const params = { id: made.id };
    const changed = await client.updateWorkbook({ params, body: { version: 1, name: 'Ours', shared: true } });
    expect(changed).toMatchObject({ name: 'Ours', kind: 'shared', version: 2, document });
    await expect(client.updateWorkbook({ params, body: { version: 1, name: 'Old' } })).rejects.toMatchObject({
      code: 'Conflict',
    });
    await expect(client.deleteWorkbook({ params: { id: 'sign-ins' } })).rejects.toMatchObject({ code: 'Forbidden' });
    await client.deleteWorkbook({ params });
    await expect(client.getWorkbook({ params })).rejects.toMatchObject({ code: 'NotFound' });
  });

  it('of others are not seen, and shared ones are not changed without alerts.manage', async () => {
    const token = await client.createToken({ body: { name: 'reader', scopes: ['securityData.read'] } });
    const reader = test.program(token.secret);
    const own = await client.createWorkbook({ body: { name: 'Secret', document } });
    const shared = await client.createWorkbook({ body: { name: 'Shared', document, shared: true } });
    await expect(reader.getWorkbook({ params: { id: own.id } })).rejects.toMatchObject({ code: 'NotFound' });
    expect((await reader.listWorkbooks()).workbooks.some(({ id }) => id === own.id)).toBe(false);
    expect((await reader.getWorkbook({ params: { id: shared.id } })).canChange).toBe(false);
    await expect(
      reader.updateWorkbook({ params: { id: shared.id }, body: { version: 1, name: 'x' } }),
    ).rejects.toMatchObject({ code: 'Forbidden' });
    await expect(reader.createWorkbook({ body: { name: 'x', document, shared: true } })).rejects.toMatchObject({
      code: 'Forbidden',
    });
  });

  it('are to ask a workspace that one sees', async () => {
    const branch = await client.createWorkspace({ body: { name: 'branch' } });
    const { id } = await client.createWorkbook({ body: { name: 'Of a workspace', document } });
    const nameFor = async (by: Client, workspace?: string): Promise<string[]> =>
      Promise.all(
        [id, 'sign-ins'].map(
          async (one) =>
            (await by.getWorkbook({ params: { id: one }, query: workspace === undefined ? {} : { workspace } }))
              .workspace,
        ),
      );
    expect(await nameFor(client)).toEqual(['main', 'main']);
    expect(await nameFor(client, branch.id)).toEqual(['branch', 'branch']);
    await expect(nameFor(client, 'nowhere')).rejects.toMatchObject({ code: 'NotFound' });
    const { client: ben } = await askerOf(test, 'ben', { workspaces: [branch.id] });
    const shipped = { params: { id: 'sign-ins' } };
    expect((await ben.getWorkbook(shipped)).workspace).toBe('branch');
    await expect(ben.getWorkbook({ ...shipped, query: { workspace: 'main' } })).rejects.toMatchObject({
      code: 'NotFound',
    });
  });
});
