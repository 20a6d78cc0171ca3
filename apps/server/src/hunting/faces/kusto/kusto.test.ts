import { request } from 'node:https';
import {
  Client,
  ClientRequestProperties,
  KustoConnectionStringBuilder,
  type KustoResponseDataSet,
} from 'azure-kusto-data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call, credentialOf, everyType, startFaceServer, type FaceServer } from '../testing.ts';

let server: FaceServer;
let client: Client;

beforeAll(async () => {
  server = await startFaceServer();
  client = new Client(KustoConnectionStringBuilder.withAccessToken(server.url, server.token));
  await server.test.platform.lake.insertRows('SecurityEvent', [
    { TimeGenerated: '2026-01-01T00:00:00Z', EventID: 4625, Computer: 'a' },
    { TimeGenerated: '2026-01-02T00:00:00Z', EventID: 4624, Computer: 'b' },
  ]);
}, 120_000);
afterAll(async () => {
  client.close();
  await server.stop();
});

/** Takes minutes. */
const slowQuery = `range x from 1 to 9000000 step 1 | extend k = 1
  | join kind=inner (range y from 1 to 9000 step 1 | extend k = 1) on k | summarize sum(x * y)`;

const rowsOf = (answer: KustoResponseDataSet): unknown[][] =>
  [...(answer.primaryResults[0]?.rows() ?? [])].map((row) => [...row.values()]);
const withOptions = (options: Record<string, unknown>, parameters: Record<string, unknown> = {}) =>
  new ClientRequestProperties(options, parameters);

/** A call as the client would send it, for what the client does not show. */
const post = async (path: string, csl: string, options: Record<string, unknown> = {}) => {
  const answer = await call(server, path, { body: { db: 'main', csl, properties: { Options: options } } });
  return { ...answer, json: JSON.parse(answer.text) as never };
};
interface Frame {
  readonly FrameType: string;
  readonly TableKind?: string;
  readonly Columns?: readonly { ColumnName: string; ColumnType: string }[];
  readonly Rows?: readonly unknown[];
  readonly [name: string]: unknown;
}
const frames = async (csl: string, options: Record<string, unknown> = {}): Promise<Frame[]> =>
  (await post('/v2/rest/query', csl, options)).json;

describe('the client of Kusto', () => {
  it('asks a query', async () => {
    const answer = await client.execute('main', 'SecurityEvent | sort by EventID asc | project Computer, EventID');
    const [table] = answer.primaryResults;
    expect(table?.columns.map(({ name, type }) => [name, type])).toEqual([
      ['Computer', 'string'],
      ['EventID', 'int'],
    ]);
    expect(rowsOf(answer)).toEqual([
      ['b', 4624],
      ['a', 4625],
    ]);
    expect(answer.getErrorsCount()).toEqual({ warnings: 0, errors: 0 });
  });

  it.each([
    [
      'a credential of Azure',
      () => KustoConnectionStringBuilder.withTokenCredential(server.url, credentialOf(server.token)),
    ],
    [
      'a function that gives tokens',
      () => KustoConnectionStringBuilder.withTokenProvider(server.url, () => Promise.resolve(server.token)),
    ],
  ])('brings its token by %s', async (_, builder) => {
    const other = new Client(builder());
    expect(rowsOf(await other.execute('main', 'print 1'))).toEqual([[1]]);
    other.close();
  });

  it('reads values of every type', async () => {
    for (const answer of [
      await client.executeQuery('main', everyType),
      await client.executeQueryV1('main', everyType),
    ]) {
      const [row, empty] = [...answer.primaryResults[0]!.rows()];
      expect(row).toMatchObject({
        b: true,
        i: 7,
        r: 0.5,
        d: new Date('2020-01-02T03:04:05.123Z'),
        t: (86_400 + 2 * 3_600 + 3 * 60 + 4.5) * 1_000,
        m: '1.5',
        g: '74be27de-1e4e-49d9-b579-fe0b331d3642',
        s: 'a "quoted" line\nand “another”',
        y: { a: [1, 'x', null] },
      });
      expect([...empty!.values()]).toEqual([null, null, null, null, null, null, null, null, '', null]);
    }
  });

  it('gives parameters, a time and limits with its query', async () => {
    const query = `declare query_parameters(n:long, name:string, d:dynamic, since:datetime = datetime(2020-01-01));
      print n = n + 1, name, element = tostring(d[0]), since, now()`;
    const properties = withOptions(
      { query_now: '2021-02-03T04:05:06Z' },
      { n: 41, name: `it's "x" | take 1`, d: 'dynamic(["a"])' },
    );
    expect(rowsOf(await client.execute('main', query, properties))).toEqual([
      [42, `it's "x" | take 1`, 'a', '2020-01-01T00:00:00Z', '2021-02-03T04:05:06Z'],
    ]);
    const taken = withOptions({ query_take_max_records: 3 });
    expect(rowsOf(await client.execute('main', 'range x from 1 to 10 step 1', taken))).toHaveLength(3);
    const scoped = withOptions({ query_datetimescope_from: '2026-01-02', query_datetimescope_column: 'TimeGenerated' });
    expect(rowsOf(await client.execute('main', 'SecurityEvent | project Computer', scoped))).toEqual([['b']]);
  });

  it('is told of what is too much, with the rows before it', async () => {
    const few = withOptions({ truncationmaxrecords: 2 });
    await expect(client.execute('main', 'range x from 1 to 10 step 1', few)).rejects.toThrow(
      'Kusto request had errors. Query execution has exceeded the allowed limits (80DA0003): The results of this query exceed the set limit of 2 records, so not all records were returned (E_QUERY_RESULT_SET_TOO_LARGE',
    );
    const answer = await frames('range x from 1 to 10 step 1', { truncationmaxrecords: 2 });
    expect(answer[2]?.Rows).toMatchObject([[1], [2], { OneApiErrors: [{ error: { code: 'LimitsExceeded' } }] }]);
    expect(answer.at(-1)).toMatchObject({ FrameType: 'DataSetCompletion', HasErrors: true });
  });

  it('may take them all', async () => {
    const all = withOptions({ notruncation: true });
    const answer = await client.execute('main', 'range x from 1 to 600000 step 1', all);
    expect(answer.primaryResults[0]?.toJSON().data).toHaveLength(600_000);
  });

  it('gets 500,000 rows and word of the rest by default', async () => {
    const answer = await frames('range x from 1 to 500002 step 1');
    expect(answer[2]?.Rows).toHaveLength(500_001);
    expect(JSON.stringify(answer[2]?.Rows?.at(-1))).toContain('exceed the set limit of 500000 records');
  });

  it('gets 64 MB and word of the rest', async () => {
    const answer = await frames("range x from 1 to 100000 step 1 | project s = strrep('x', 1000)");
    const rows = answer[2]?.Rows ?? [];
    expect(rows.length).toBeGreaterThan(66_000);
    expect(rows.length).toBeLessThan(67_200);
    expect(JSON.stringify(rows.at(-1))).toContain('exceed the set limit of 64 MB');
  });

  it('is told where a query is wrong', async () => {
    const wrong = client.execute('main', 'SecurityEvent\n| where Nonsense == 1');
    const error = (await wrong.catch((e: unknown) => e)) as { response: { status: number; data: { error: unknown } } };
    expect(error.response.status).toBe(400);
    expect(error.response.data.error).toMatchObject({
      code: 'General_BadRequest',
      '@permanent': true,
      '@message': expect.stringContaining('Semantic error: SEM0100: ') as string,
      innererror: { code: 'SEM0100', '@line': '2', '@pos': '9', '@token': 'Nonsense' },
    });
  });

  it('is refused without the right', async () => {
    const statusOf = async (token: string) => {
      const other = new Client(KustoConnectionStringBuilder.withAccessToken(server.url, token));
      const error = (await other.execute('main', 'print 1').catch((e: unknown) => e)) as {
        response: { status: number };
      };
      other.close();
      return error.response.status;
    };
    expect([await statusOf(server.sender), await statusOf('nonsense')]).toEqual([403, 401]);
  });

  it('is in the log of queries, under the name of its token', async () => {
    await client.execute('main', 'print in_the_log = 1');
    await server.test.platform.outbox.flush();
    const answer = await client.execute(
      'main',
      "LAQueryLogs | where QueryText == 'print in_the_log = 1' | project AADEmail, RequestTarget, ResponseCode, ResponseRowCount",
    );
    expect(rowsOf(answer)).toEqual([['token:reader', '/v2/rest/query', 200, 1]]);
  });

  it('passes on what to draw', async () => {
    const [properties] = (await client.execute('main', "print x=1 | render barchart with (title='T', ymin=1)")).tables;
    const [, key, value] = [...([...(properties?.rows() ?? [])][0]?.values() ?? [])] as string[];
    expect(key).toBe('Visualization');
    expect(JSON.parse(value!)).toMatchObject({ Visualization: 'barchart', Title: 'T', Ymin: 1, Ymax: 'NaN' });
  });
});

describe('frames', () => {
  it('are those of version 2', async () => {
    const answer = await frames('print a = 1, b = long(9223372036854775807), c = real(nan)');
    expect(answer.map((frame) => [frame.FrameType, frame.TableKind])).toEqual([
      ['DataSetHeader', undefined],
      ['DataTable', 'QueryProperties'],
      ['DataTable', 'PrimaryResult'],
      ['DataTable', 'QueryCompletionInformation'],
      ['DataSetCompletion', undefined],
    ]);
    expect(answer[0]).toMatchObject({ IsProgressive: false, Version: 'v2.0' });
    expect(answer[2]?.Columns?.map((column) => column.ColumnType)).toEqual(['long', 'long', 'real']);
    expect(answer.at(-1)).toEqual({ FrameType: 'DataSetCompletion', HasErrors: false, Cancelled: false });
    const { text } = await post('/v2/rest/query', 'print a = 1, b = long(9223372036854775807), c = real(nan)');
    expect(text).toContain('"Rows":[[1,9223372036854775807,"NaN"]\n]');
  });

  it('are progressive when asked for', async () => {
    const answer = await frames('range x from 1 to 100000 step 1', { results_progressive_enabled: true });
    expect(answer[0]).toMatchObject({ IsProgressive: true });
    expect(answer[2]).toMatchObject({ FrameType: 'TableHeader', TableId: 1, TableKind: 'PrimaryResult' });
    const fragments = answer.filter(({ FrameType }) => FrameType === 'TableFragment');
    expect(fragments.length).toBeGreaterThan(1);
    expect(fragments.reduce((sum, { Rows }) => sum + Rows!.length, 0)).toBe(100_000);
    expect(answer.find(({ FrameType }) => FrameType === 'TableCompletion')).toMatchObject({ RowCount: 100_000 });
  });

  it('are fragments with the error at the table’s end when asked for', async () => {
    const answer = await frames('range x from 1 to 3 step 1', {
      results_v2_fragment_primary_tables: true,
      results_error_reporting_placement: 'end_of_table',
      truncationmaxrecords: 1,
    });
    expect(answer[0]).toMatchObject({ IsFragmented: true, ErrorReportingPlacement: 'EndOfTable' });
    expect(answer[3]).toMatchObject({ FrameType: 'TableFragment', Rows: [[1]] });
    expect(answer[4]).toMatchObject({ FrameType: 'TableCompletion', RowCount: 1, OneApiErrors: [{}] });
  });

  it('keep failures to the status table when asked to', async () => {
    const answer = await frames('range x from 1 to 3 step 1', {
      truncationmaxrecords: 1,
      deferpartialqueryfailures: true,
    });
    expect(answer[2]?.Rows).toEqual([[1]]);
    expect(answer[3]?.Rows?.[0]).toMatchObject({ 5: 2, 6: 'Error', 7: -2133196797 });
    expect(answer.at(-1)).toMatchObject({ HasErrors: false });
  });

  it('tell of memory and time that ran out', async () => {
    const hungry = await frames(
      'range x from 1 to 9000000 step 1 | summarize make_list(x, 9000000) by y = x % 2 | project y',
    );
    expect(hungry.at(-1)?.FrameType).toBe('DataSetCompletion');
    const slow = await post('/v2/rest/query', slowQuery, {
      servertimeout: '00:00:01',
    });
    expect([slow.status, slow.json]).toMatchObject([504, { error: { code: 'Timeout', '@permanent': false } }]);
  });

  it('tell of rows that stop coming', async () => {
    const answer = await frames(`union (range x from 1 to 10 step 1), (${slowQuery} | project x = sum_)`, {
      servertimeout: '00:00:01',
      notruncation: true,
    });
    expect(answer.at(-1)).toMatchObject({ FrameType: 'DataSetCompletion', HasErrors: true, OneApiErrors: [{}] });
    expect(answer[2]!.Rows).toHaveLength(11);
    expect(answer[2]!.Rows!.at(-1)).toMatchObject({ OneApiErrors: [{ error: { code: 'PartialQueryFailure' } }] });
  });

  it('of version 1 have properties, status and contents behind the rows', async () => {
    const { json } = await post('/v1/rest/query', 'print x = true');
    expect(json).toMatchObject({
      Tables: [
        { TableName: 'Table_0', Columns: [{ ColumnName: 'x', DataType: 'SByte', ColumnType: 'bool' }], Rows: [[true]] },
        { TableName: 'Table_1', Columns: [{ ColumnName: 'Value' }] },
        { TableName: 'Table_2', Rows: [{ 1: 4, 4: 'Query completed successfully' }, {}] },
        { TableName: 'Table_3', Rows: [{ 1: 'QueryResult' }, { 1: 'QueryProperties' }, { 1: 'QueryStatus' }] },
      ],
    });
    const { json: cut } = await post('/v1/rest/query', 'range x from 1 to 3 step 1', { truncationmaxrecords: 1 });
    expect(cut).toMatchObject({ Tables: [{ Rows: [[1], { Exceptions: [{}] }] }], Exceptions: [{}] });
  });

  it('of a query with several tables have each of them', async () => {
    const query = 'print a = 1; print b = 2 | render table';
    const answer = await client.execute('main', query);
    expect(answer.primaryResults.map((table) => table.toJSON().data)).toEqual([[{ a: 1 }], [{ b: 2 }]]);
    expect((await frames(query)).map(({ TableId }) => TableId)).toEqual([undefined, 0, 1, 2, 3, undefined]);
    const first = await client.executeQueryV1('main', query);
    expect(first.primaryResults.map((table) => table.toJSON().data)).toEqual([[{ a: 1 }], [{ b: 2 }]]);
  });

  it('come for a query in the address, too', async () => {
    const { text, headers } = await call(server, `/v2/rest/query?db=main&csl=${encodeURIComponent('print 1')}`, {
      headers: { 'x-ms-client-request-id': 'mine;1' },
    });
    expect(JSON.parse(text)).toHaveLength(5);
    expect(headers).toMatchObject({
      'x-ms-client-request-id': 'mine;1',
      'x-ms-activity-id': expect.any(String) as string,
    });
  });
});

it('a query ends when its client cancels it', async () => {
  const id = 'to be cancelled';
  const asked = call(server, '/v2/rest/query', {
    body: { db: 'main', csl: slowQuery },
    headers: { 'x-ms-client-request-id': id },
  });
  await server.test.platform.clock.sleep(300);
  const { primaryResults } = await client.executeMgmt('main', `.cancel query "${id}"`);
  expect(primaryResults[0]?.toJSON().data).toMatchObject([{ RunningQueryCanceled: true }]);
  expect((await asked).status).toBe(400);
});

it('one caller has five queries at once; more wait for their turn', async () => {
  const leave = new AbortController();
  const slow = Array.from({ length: 5 }, () =>
    fetch(`${server.url}/v2/rest/query`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${server.token}` },
      body: JSON.stringify({ csl: slowQuery }),
      signal: leave.signal,
    }).catch(() => undefined),
  );
  await server.test.platform.clock.sleep(500);
  let answered = false;
  const asked = client.execute('main', 'print 1').then((answer) => ((answered = true), rowsOf(answer)));
  await server.test.platform.clock.sleep(500);
  expect(answered).toBe(false);
  leave.abort();
  await Promise.all(slow);
  expect(await asked).toEqual([[1]]);
});

it('a client that leaves before the end ends its query, and the log says so', async () => {
  const csl = 'range x from 1 to 2999999 step 1 | project x, s = strcat("a row that takes its room ", x)';
  const body = JSON.stringify({ db: 'main', csl, properties: { Options: { notruncation: true } } });
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${server.token}` };
  const { promise: left, resolve } = Promise.withResolvers<void>();
  const asked = request(`${server.url}/v2/rest/query`, { method: 'POST', headers }, (response) =>
    response.once('data', () => {
      asked.destroy();
      resolve();
    }),
  );
  asked.on('error', () => undefined);
  asked.end(body);
  await left;
  const logged = async () => {
    await server.test.platform.outbox.flush();
    const log = 'LAQueryLogs | where QueryText startswith "range x from 1 to 2999999" | project ResponseCode';
    return rowsOf(await client.execute('main', log));
  };
  for (let turn = 0; turn < 200 && (await logged()).length === 0; turn++) await server.test.platform.clock.sleep(50);
  expect(await logged()).toEqual([[499]]);
});
