import { huntingRoutes, QueryResult, wholeScope } from '@sallyport/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HandlerInput, RequestContext } from '../platform/http/index.ts';
import type { OpenPlatform } from '../platform/create.ts';
import { silentLog } from '../platform/log.ts';
import { startEphemeralPlatform } from '../supervisor/ephemeral-platform.ts';
import { createHunting, type Hunting } from './index.ts';

let platform: OpenPlatform;
let hunting: Hunting;
let stop: () => Promise<void>;

beforeAll(async () => {
  ({ platform, stop } = await startEphemeralPlatform());
  hunting = createHunting(platform, { functions: [{ name: 'Twice', parameters: '(n:long)', body: 'n * 2' }] });
  await platform.lake.insertRows('SecurityEvent', [
    { TimeGenerated: '2026-01-01T00:00:00Z', EventID: 4625, Computer: 'a' },
    { TimeGenerated: '2026-01-02T00:00:00Z', EventID: 4624, Computer: 'b' },
  ]);
});
afterAll(() => stop());

const context = (signal = new AbortController().signal): RequestContext => ({
  caller: {
    kind: 'person',
    id: '1',
    name: 'anna@contoso.com',
    displayName: 'Anna',
    roles: ['Security Reader'],
    personId: '1',
    permissions: new Set(['securityData.read'] as const),
    grants: [{ permissions: new Set(['securityData.read'] as const), scope: wholeScope }],
    session: undefined,
  },
  requestId: 'request-1',
  log: silentLog,
  ipAddress: '127.0.0.1',
  userAgent: '',
  signal,
  audit: () => undefined,
});
const ask = (body: object, signal?: AbortSignal) =>
  hunting.handlers.runQuery(context(signal), {
    body: huntingRoutes.runQuery.body.parse(body),
  } as HandlerInput<typeof huntingRoutes.runQuery>) as Promise<QueryResult>;

describe('a query', () => {
  it('answers rows, within its timespan, and is in the log', async () => {
    const answer = await ask({
      query: 'SecurityEvent | project Computer, n = Twice(EventID)',
      timespan: { from: '2026-01-02T00:00:00Z', to: '2026-01-03T00:00:00Z' },
    });
    expect(QueryResult.parse(answer)).toMatchObject({
      columns: [
        { name: 'Computer', type: 'string' },
        { name: 'n', type: 'long' },
      ],
      rows: [['b', 9_248]],
    });
    await platform.outbox.flush();
    const { rows } = await ask({
      query: 'LAQueryLogs | project AADEmail, QueryText, ResponseCode, ResponseRowCount, CorrelationId',
    });
    expect(rows).toEqual([
      ['anna@contoso.com', 'SecurityEvent | project Computer, n = Twice(EventID)', 200, 1, 'request-1'],
    ]);
  });

  it('says when there is more than was asked for', async () => {
    expect(await ask({ query: 'SecurityEvent', maxRows: 1 })).toMatchObject({
      rows: [expect.anything()],
      partial: { reason: 'more than 1 rows: the first 1 are shown' },
    });
    expect((await ask({ query: 'SecurityEvent', maxRows: 2 })).partial).toBeUndefined();
  });

  it('that is wrong says where', async () => {
    await expect(ask({ query: 'SecurityEvent | where Nonsense == 1 and Other == 2' })).rejects.toMatchObject({
      code: 'InvalidQuery',
      target: '22..30',
      details: [{ target: '22..30' }, { target: '40..45' }],
    });
    await platform.outbox.flush();
    const { rows } = await ask({ query: 'LAQueryLogs | where ResponseCode == 400 | count' });
    expect(rows).toEqual([[1]]);
  });

  it('ends when its asker leaves', async () => {
    const leave = new AbortController();
    const slow = `range x from 1 to 9000000 step 1 | extend k = 1
      | join kind=inner (range y from 1 to 9000 step 1 | extend k = 1) on k | summarize sum(x * y)`;
    const asked = ask({ query: slow }, leave.signal);
    setTimeout(() => leave.abort(), 200);
    await expect(asked).rejects.toThrow('abort');
  });
});

it('a query is checked without being run: no fault, or each with its place', async () => {
  const faults = async (query: string) =>
    (await hunting.handlers.checkQuery(context(), { body: { query } } as never)).faults;
  expect(await faults('SecurityEvent | count')).toEqual([]);
  expect(
    await faults('SecurityEvent | extend d = parse_json(EventData) | evaluate bag_unpack(d) | where Anything == 1'),
  ).toEqual([]);
  const text = 'SecurityEvent | where Nope == 1';
  const [fault] = await faults(text);
  expect(fault).toMatchObject({ code: 'KS142' });
  expect(text.slice(fault?.start, fault?.end)).toBe('Nope');
});

it('what only the data shows to be wrong is said in our own words', async () => {
  await expect(ask({ query: 'range x from 1 to 20000000 step 1 | count' })).rejects.toMatchObject({
    code: 'InvalidQuery',
    message: 'range gives more than 10000000 rows',
  });
});

it('the schema has tables and functions', async () => {
  const schema = huntingRoutes.getSchema.response.parse(await hunting.handlers.getSchema(context(), {} as never));
  expect(schema.tables.find((table) => table.name === 'SecurityEvent')?.columns).toContainEqual({
    name: 'EventID',
    type: 'int',
  });
  expect(schema.functions).toMatchObject([
    { name: 'Twice', parameters: '(n:long)', body: 'n * 2' },
    { name: 'identity_info' },
    { name: 'device_info' },
  ]);
});

it('a query is explained', async () => {
  const { tables } = huntingRoutes.explainQuery.response.parse(
    await hunting.handlers.explainQuery(context(), {
      body: huntingRoutes.explainQuery.body.parse({
        query: 'SecurityEvent | where EventID == 4625 | summarize count() by Computer; print 1',
        run: true,
      }),
    } as HandlerInput<typeof huntingRoutes.explainQuery>),
  );
  expect(tables).toHaveLength(2);
  expect(tables[0]).toMatchObject({
    plan: expect.stringMatching(
      /aggregate keys: \[Computer\][\s\S]*filter ==\(EventID, 4625\)[\s\S]*read SecurityEvent/,
    ) as string,
    enginePlan: expect.stringContaining('ReadFromMergeTree') as string,
    estimate: [{ table: 'SecurityEvent', rows: 2 }],
    ran: { rows: 1, rowsRead: 2 },
  });
});
