import { Client, KustoConnectionStringBuilder } from 'azure-kusto-data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call, startFaceServer, type FaceServer } from '../testing.ts';

let server: FaceServer;
let client: Client;

beforeAll(async () => {
  server = await startFaceServer();
  client = new Client(KustoConnectionStringBuilder.withAccessToken(server.url, server.token));
  await server.admin.createTable({
    body: { name: 'Own_CL', columns: [{ name: 'two_words', type: 'string' }] },
  });
  await server.test.platform.lake.insertRows('Own_CL', [{ TimeGenerated: '2026-01-01T00:00:00Z', two_words: 'x' }]);
}, 120_000);
afterAll(async () => {
  client.close();
  await server.stop();
});

const show = async (command: string, db = 'main'): Promise<Record<string, unknown>[]> =>
  (await client.execute(db, command)).primaryResults[0]!.toJSON<Record<string, unknown>>().data;

interface Schema {
  readonly Databases: Record<
    string,
    { Name: string; Tables: Record<string, { OrderedColumns: { Name: string; Type: string; CslType: string }[] }> }
  >;
}

describe('.show', () => {
  it('version, cluster, diagnostics', async () => {
    expect(await show('.show version')).toMatchObject([{ ServiceType: 'Engine' }]);
    expect(await show('.show cluster')).toHaveLength(1);
    expect(await show('.show diagnostics')).toMatchObject([{ IsHealthy: true, NumberOfDatabases: 1 }]);
  });

  it('the database, by any of its names', async () => {
    const [database] = await show('.show databases', 'NetDefaultDB');
    expect(database).toMatchObject({ DatabaseName: 'main', DatabaseAccessMode: 'ReadOnly' });
    expect(await show('.show database', String(database?.['DatabaseId']))).toEqual([database]);
    expect(await show(".show database ['main'] identity")).toEqual([database]);
    await expect(show('.show database', 'other')).rejects.toMatchObject({ response: { status: 400 } });
  });

  it('tables and their columns', async () => {
    expect(await show('.show tables (Own_CL)')).toEqual([
      { TableName: 'Own_CL', DatabaseName: 'main', Folder: '', DocString: '' },
    ]);
    expect(await show('.show table Own_CL cslschema')).toMatchObject([
      { Schema: expect.stringContaining('two_words:string') as string },
    ]);
    const [json] = await show('.show table Own_CL schema as json');
    expect(JSON.parse(String(json?.['Schema']))).toMatchObject({
      Name: 'Own_CL',
      OrderedColumns: expect.arrayContaining([
        { Name: 'TimeGenerated', Type: 'System.DateTime', CslType: 'datetime' },
      ]) as object,
    });
    expect(await show('.show table Own_CL details')).toMatchObject([{ TotalRowCount: 1 }]);
    await expect(show('.show table Nothing_CL cslschema')).rejects.toMatchObject({
      response: { status: 400, data: { error: { code: 'BadRequest_EntityNotFound' } } },
    });
  });

  it.each([
    '.show database schema as json',
    '.show schema as json',
    '.show database main schema as json',
    '.show databases schema as json',
    '.show databases (main) schema as json with (Tables=True)',
  ])('the schema: %s', async (command) => {
    const [answer] = await show(command);
    const schema = JSON.parse(String(answer?.['DatabaseSchema'])) as Schema;
    const table = schema.Databases['main']?.Tables['SecurityEvent'];
    expect(table?.OrderedColumns).toContainEqual({ Name: 'EventID', Type: 'System.Int32', CslType: 'int' });
  });

  it('the schema as rows, and as a script', async () => {
    expect(await show('.show database main schema')).toContainEqual({
      DatabaseName: 'main',
      TableName: 'Own_CL',
      ColumnName: 'two_words',
      ColumnType: 'System.String',
      IsDefaultTable: false,
      IsDefaultColumn: false,
      PrettyName: null,
      Version: null,
    });
    expect(JSON.stringify(await show('.show database main schema as csl script'))).toContain(
      '.create-merge table Own_CL',
    );
  });

  it('with a query behind it', async () => {
    expect(await show(".show tables | where TableName startswith 'Own' | project TableName")).toEqual([
      { TableName: 'Own_CL' },
    ]);
    expect(await show('.show functions | count')).toEqual([{ Count: (await show('.show functions')).length }]);
  });

  it('where queries go, as Grafana sends it', async () => {
    const body = { csl: '.show databases schema', db: '' };
    const { status, text } = await call(server, '/v1/rest/query', { body });
    expect(status).toBe(200);
    expect(JSON.parse(text)).toMatchObject({ Tables: [{ TableName: 'Table_0' }] });
    const frames = JSON.parse(
      (await call(server, '/v2/rest/query', { body: { csl: '.show tables' } })).text,
    ) as object[];
    expect(frames[1]).toMatchObject({ FrameType: 'DataTable', TableKind: 'PrimaryResult' });
  });

  it('nothing that would change anything', async () => {
    for (const command of ['.drop table Own_CL', '.create table X (a:string)', '.set-or-append X <| print 1'])
      await expect(show(command)).rejects.toMatchObject({ response: { status: 403 } });
    await expect(show('.show nonsense')).rejects.toMatchObject({ response: { status: 400 } });
  });
});

it('a ping is answered', async () =>
  expect(await call(server, '/v1/rest/ping', { bearer: undefined })).toMatchObject({ status: 200, text: 'Pong!' }));

it('metadata for the clients’ sign-in send nobody to Microsoft', async () => {
  const { status, text } = await call(server, '/v1/rest/auth/metadata', { bearer: undefined });
  expect(status).toBe(200);
  expect(text).not.toContain('microsoft');
  expect(JSON.parse(text)).toMatchObject({ AzureAD: { LoginMfaRequired: false } });
});
