import { Client, type AuthenticationProvider } from '@microsoft/microsoft-graph-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call, everyType, startFaceServer, type FaceServer } from '../testing.ts';

let server: FaceServer;

beforeAll(async () => {
  server = await startFaceServer();
  const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();
  await server.test.platform.lake.insertRows('SecurityEvent', [
    { TimeGenerated: daysAgo(1), EventID: 4625, Computer: 'a' },
    { TimeGenerated: daysAgo(45), EventID: 4624, Computer: 'b' },
  ]);
}, 120_000);
afterAll(() => server.stop());

/** Microsoft's own client, as a customer would make it. */
const graphClient = (token: string): Client => {
  const authProvider: AuthenticationProvider = { getAccessToken: () => Promise.resolve(token) };
  return Client.initWithMiddleware({ authProvider, baseUrl: `${server.url}/`, customHosts: new Set(['localhost']) });
};
interface HuntingQueryResults {
  readonly '@odata.context': string;
  readonly schema: readonly { readonly name: string; readonly type: string }[];
  readonly results: readonly Readonly<Record<string, unknown>>[];
}
const hunt = async (Query: string, Timespan?: string, version = 'v1.0'): Promise<HuntingQueryResults> =>
  (await graphClient(server.token)
    .api('/security/runHuntingQuery')
    .version(version)
    .post({ Query, ...(Timespan === undefined ? {} : { Timespan }) })) as HuntingQueryResults;

describe('the client of Microsoft Graph', () => {
  it('hunts, over the last 30 days or a time that it says', async () => {
    const query = 'SecurityEvent | project Computer, EventID | sort by Computer asc';
    const { schema, results, ...rest } = await hunt(query);
    expect(rest['@odata.context']).toMatch(
      /^https:\/\/localhost:\d+\/v1.0\/\$metadata#microsoft.graph.security.huntingQueryResults$/,
    );
    expect(schema).toEqual([
      { name: 'Computer', type: 'String' },
      { name: 'EventID', type: 'Int32' },
    ]);
    expect(results).toEqual([{ Computer: 'a', EventID: 4625 }]);
    expect((await hunt(query, 'P90D')).results).toHaveLength(2);
    expect((await hunt(query, '2020-01-01T00:00:00Z')).results).toHaveLength(2);
    expect((await hunt(query, '2020-01-01T00:00:00Z/P30D', 'beta')).results).toEqual([]);
  });

  it('reads values of every type', async () => {
    const { schema, results } = await hunt(everyType);
    expect(schema.map(({ type }) => type)).toEqual(
      'SByte Int32 Int64 Double DateTime TimeSpan SqlDecimal Guid String Object'.split(' '),
    );
    expect(results[0]).toMatchObject({
      b: true,
      i: 7,
      r: 0.5,
      d: '2020-01-02T03:04:05.1234567Z',
      t: '1.02:03:04.5000000',
      m: '1.5',
      s: 'a "quoted" line\nand “another”',
      y: { a: [1, 'x', null] },
    });
    expect(results[1]).toMatchObject({ b: null, l: null, d: null, s: '', y: null });
  });

  it('is told where a query is wrong, and of a timespan that is none', async () => {
    await expect(hunt('SecurityEvent | where Nonsense == 1')).rejects.toMatchObject({
      statusCode: 400,
      code: 'BadRequest',
      message: expect.stringContaining('Nonsense') as string,
      requestId: expect.any(String) as string,
    });
    await expect(hunt('print 1', 'yesterday')).rejects.toMatchObject({ statusCode: 400 });
    await expect(hunt(' ')).rejects.toMatchObject({ statusCode: 400 });
  });

  it('is told that there is too much, and given none of it', async () => {
    expect((await hunt('range x from 1 to 100000 step 1')).results).toHaveLength(100_000);
    await expect(hunt('range x from 1 to 100001 step 1')).rejects.toMatchObject({
      statusCode: 400,
      message: expect.stringContaining('exceeded the allowed result size') as string,
    });
  });

  it('is refused without the right', async () => {
    const ask = (token: string) =>
      graphClient(token).api('/security/runHuntingQuery').post({ Query: 'print 1' }) as Promise<unknown>;
    await expect(ask('nonsense')).rejects.toMatchObject({ statusCode: 401, code: 'InvalidAuthenticationToken' });
    await expect(ask(server.sender)).rejects.toMatchObject({ statusCode: 403, code: 'Forbidden' });
  });
});

it('parameters are known in small letters, too, and the log knows who asked', async () => {
  const { status, text } = await call(server, '/v1.0/security/runHuntingQuery', {
    body: { query: 'print hunted = 1' },
    headers: { sdkversion: 'graph-js/9' },
  });
  expect([status, JSON.parse(text)]).toMatchObject([200, { results: [{ hunted: 1 }] }]);
  await server.test.platform.outbox.flush();
  expect(
    (
      await hunt(
        "LAQueryLogs | where QueryText == 'print hunted = 1' | project AADEmail, RequestClientApp, RequestTarget",
      )
    ).results,
  ).toEqual([
    { AADEmail: 'token:reader', RequestClientApp: 'graph-js/9', RequestTarget: '/v1.0/security/runHuntingQuery' },
  ]);
});
