import { LogsQueryClient as EarlierClient } from '@azure/monitor-query';
import { LogsQueryClient, type LogsQueryResult } from '@azure/monitor-query-logs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call, credentialOf, everyType, startFaceServer, type FaceServer } from '../testing.ts';

let server: FaceServer;
const resource = '/subscriptions/s1/resourceGroups/g1/providers/Microsoft.Compute/virtualMachines/vm1';

beforeAll(async () => {
  server = await startFaceServer();
  await server.test.platform.lake.insertRows('SecurityEvent', [
    { TimeGenerated: '2026-01-01T00:00:00Z', EventID: 4625, Computer: 'a', _ResourceId: resource.toLowerCase() },
    { TimeGenerated: '2026-01-02T00:00:00Z', EventID: 4624, Computer: 'b' },
  ]);
}, 120_000);
afterAll(() => server.stop());

const always = { startTime: new Date('2020-01-01'), endTime: new Date('2030-01-01') };
const retries = { retryOptions: { maxRetries: 0 } };
/** As a customer would make them. */
const clients = {
  '@azure/monitor-query-logs': () =>
    new LogsQueryClient(credentialOf(server.token), { endpoint: `${server.url}/v1`, ...retries }),
  '@azure/monitor-query': () =>
    new EarlierClient(credentialOf(server.token), { endpoint: server.url, ...retries }) as unknown as LogsQueryClient,
};
const names = Object.keys(clients) as (keyof typeof clients)[];

const tableOf = (result: LogsQueryResult) => {
  if (result.status !== 'Success') throw new Error(`the query ended with ${result.status}`);
  return result.tables[0]!;
};

describe.each(names)('%s', (name) => {
  const ask = (query: string, options: Parameters<LogsQueryClient['queryWorkspace']>[3] = {}) =>
    clients[name]().queryWorkspace('main', query, always, options);

  it('asks a query', async () => {
    const table = tableOf(await ask('SecurityEvent | sort by EventID asc | project Computer, EventID'));
    expect(table).toMatchObject({ name: 'PrimaryResult' });
    expect(table.columnDescriptors).toEqual([
      { name: 'Computer', type: 'string' },
      { name: 'EventID', type: 'int' },
    ]);
    expect(table.rows).toEqual([
      ['b', 4624],
      ['a', 4625],
    ]);
  });

  it('within a timespan', async () => {
    const count = async (timespan: Parameters<LogsQueryClient['queryWorkspace']>[2]) =>
      tableOf(await clients[name]().queryWorkspace('main', 'SecurityEvent | count', timespan)).rows[0]?.[0];
    const startTime = new Date('2026-01-02T00:00:00Z');
    expect(await count({ startTime, endTime: new Date('2026-01-03') })).toBe(1);
    expect(await count({ startTime, duration: 'P1D' })).toBe(1);
    expect(await count({ duration: 'PT1H', endTime: startTime })).toBe(0);
    expect(await count({ duration: 'PT1H' })).toBe(0);
  });

  it('reads values of every type', async () => {
    const [row, empty] = tableOf(await ask(everyType)).rows;
    expect(row).toEqual([
      true,
      7,
      // The client reads numbers as JavaScript does.
      Number('9223372036854775807'),
      0.5,
      new Date('2020-01-02T03:04:05.123Z'),
      '1.02:03:04.5000000',
      '1.5',
      '74be27de-1e4e-49d9-b579-fe0b331d3642',
      'a "quoted" line\nand “another”',
      { a: [1, 'x', null] },
    ]);
    expect(empty?.slice(0, 4)).toEqual([null, null, null, null]);
    expect(empty?.slice(5)).toEqual([null, null, null, '', null]);
  });

  it('gets statistics and what to draw', async () => {
    const options = { includeQueryStatistics: true, includeVisualization: true };
    const result = await ask(
      "SecurityEvent | summarize count() by Computer | render piechart with (title='T')",
      options,
    );
    expect(result.statistics).toMatchObject({
      query: {
        executionTime: expect.any(Number) as number,
        datasetStatistics: [{ tableRowCount: 2 }],
        inputDatasetStatistics: { rows: { scanned: 2 } },
      },
    });
    expect(result.visualization).toMatchObject({ visualization: 'piechart', title: 'T' });
  });

  it('gets 500,000 rows and word of the rest', async () => {
    const result = await ask('range x from 1 to 500001 step 1');
    if (result.status !== 'PartialFailure') throw new Error(result.status);
    expect(result.partialTables[0]?.rows).toHaveLength(500_000);
    expect(result.partialError).toMatchObject({ code: 'PartialError' });
    expect(JSON.stringify(result.partialError) + result.partialError.message).toContain('E_QUERY_RESULT_SET_TOO_LARGE');
  });

  it('is told where a query is wrong', async () => {
    await expect(ask('SecurityEvent | where Nonsense == 1')).rejects.toMatchObject({
      statusCode: 400,
      code: 'BadArgumentError',
    });
  });

  it('is told of its own time limit', async () => {
    const slow = `range x from 1 to 9000000 step 1 | extend k = 1
      | join kind=inner (range y from 1 to 9000 step 1 | extend k = 1) on k | summarize sum(x * y)`;
    await expect(ask(slow, { serverTimeoutInSeconds: 1 })).rejects.toMatchObject({
      statusCode: 504,
      code: 'GatewayTimeout',
    });
  });

  it('asks several at once', async () => {
    const workspaceId = 'main';
    const results = await clients[name]().queryBatch([
      { workspaceId, query: 'SecurityEvent | count', timespan: always },
      { workspaceId, query: 'SecurityEvent | where Nonsense', timespan: always },
      { workspaceId: 'another', query: 'print 1', timespan: always },
      { workspaceId, query: 'print 1', timespan: always, includeQueryStatistics: true },
    ]);
    expect(results).toHaveLength(4);
    expect(results[0]).toMatchObject({ status: 'Success', tables: [{ rows: [[2]] }] });
    expect(JSON.stringify(results[1])).toContain('BadArgumentError');
    expect(JSON.stringify(results[2])).toContain('PathNotFoundError');
    expect(results[3]).toMatchObject({ status: 'Success', statistics: { query: {} } });
  });

  it('asks what a resource has sent', async () => {
    const result = await clients[name]().queryResource(resource, 'SecurityEvent | project Computer', always);
    expect(tableOf(result).rows).toEqual([['a']]);
    const other = await clients[name]().queryResource(`${resource}0`, 'SecurityEvent | count', always);
    expect(tableOf(other).rows).toEqual([[0]]);
  });
});

describe('the wire', () => {
  const path = '/v1/workspaces/main/query';
  const post = async (body: object, headers: Record<string, string> = {}) => {
    const { status, text } = await call(server, path, { body, headers });
    return { status, json: JSON.parse(text) as never, text };
  };

  it('has a dynamic as its text, and no extras that are not asked for', async () => {
    const { text } = await post({ query: 'print d = dynamic({"a":1}), r = real(-inf)' });
    expect(text.replaceAll('\n', '')).toBe(
      '{"tables":[{"name":"PrimaryResult","columns":[{"name":"d","type":"dynamic"},{"name":"r","type":"real"}],"rows":[["{\\"a\\":1}","-Infinity"]]}]}',
    );
  });

  it('has all the tables of a query', async () => {
    const { json } = await post({ query: 'print a = 1; print b = 2' });
    expect(json).toMatchObject({ tables: [{ rows: [[1]] }, { rows: [[2]] }] });
  });

  it('says faults in the words of Log Analytics', async () => {
    expect(await post({ query: 'SecurityEvent\n| where Nonsense == 1' })).toMatchObject({
      status: 400,
      json: {
        error: {
          code: 'BadArgumentError',
          message: 'The request had some invalid properties',
          innererror: { code: 'SemanticError', innererror: { code: 'SEM0100', line: 2, pos: 9 } },
        },
      },
    });
    expect((await post({ query: 'print (' })).json).toMatchObject({ error: { innererror: { code: 'SyntaxError' } } });
    expect(await post({ query: 'print 1', timespan: 'yesterday' })).toMatchObject({ status: 400 });
    expect(await post({ query: 'print 1', workspaces: ['other'] })).toMatchObject({ status: 404 });
    expect(await post({ query: 'print 1' }, { prefer: 'wait=soon' })).toMatchObject({ status: 400 });
  });

  it('refuses who may not', async () => {
    const statusOf = async (bearer: string | undefined) =>
      JSON.parse((await call(server, path, { body: { query: 'print 1' }, bearer })).text) as object;
    expect(await statusOf(undefined)).toMatchObject({ error: { code: 'AuthenticationFailed' } });
    expect(await statusOf('nonsense')).toMatchObject({ error: { code: 'AuthenticationFailed' } });
    expect(await statusOf(server.sender)).toMatchObject({ error: { code: 'InsufficientAccessError' } });
  });

  it('takes a GET, names of its own, and both timespans', async () => {
    const query = encodeURIComponent('SecurityEvent | count');
    const { text } = await call(server, `${path}?query=${query}&timespan=2026-01-01/2026-01-02&workspaces=MAIN`);
    expect(JSON.parse(text)).toMatchObject({ tables: [{ rows: [[1]] }] });
    const both = await call(server, `${path}?timespan=2026-01-01/2026-01-03`, {
      body: { query: 'SecurityEvent | count', timespan: '2026-01-02/P1D' },
      headers: { prefer: 'response-v1=true, ai.response-thinning=false' },
    });
    expect(JSON.parse(both.text)).toMatchObject({ tables: [{ rows: [[1]] }] });
  });

  it('has metadata, whose id names the workspace too', async () => {
    const metadata = JSON.parse((await call(server, '/v1/workspaces/main/metadata')).text) as {
      workspaces: { id: string }[];
      tables: { name: string; columns: object[] }[];
    };
    expect(metadata.tables.find(({ name }) => name === 'SecurityEvent')?.columns).toContainEqual({
      name: 'EventID',
      type: 'int',
    });
    const byId = `/v1/workspaces/${metadata.workspaces[0]!.id}/query`;
    expect((await call(server, byId, { body: { query: 'print 1' } })).status).toBe(200);
  });
});
