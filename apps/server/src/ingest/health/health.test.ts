import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDoorServer, type DoorServer } from '../testing/door-server.ts';
import { saveEventTimes } from '../store.ts';
import { EventClock } from './event-times.ts';
import { keepHeartbeat, senderHeartbeats } from './heartbeat.ts';
import { readsField } from './fields.ts';
import { sampleStream } from './sample.ts';
import { tellChanges, tellHours, type TellServices } from './tell.ts';

const hourMs = 3_600_000;
const stream = 'Microsoft-Syslog';
let server: DoorServer;
beforeAll(async () => {
  server = await startDoorServer({ syslogUdpPort: '0' });
});
afterAll(() => server.stop());

const services = (): TellServices => ({
  ...server.test.platform,
  streams: () => server.test.server.domains.ingest.streams,
});
const lakeRows = async (sql: string) => {
  await server.test.platform.outbox.flush();
  return (await server.test.platform.lake.query(sql, { tables: ['SentinelHealth', 'Usage', 'Syslog', 'Heartbeat'] }))
    .rows;
};
const send = (rows: readonly object[], token = server.token) =>
  server.call('POST', `/dataCollectionRules/dcr-default/streams/${stream}`, {
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(rows),
  });
/** The row as the server answers it once its counts are written, which is every few seconds. */
const soon = async <T>(ask: () => Promise<T>, done: (answer: T) => boolean): Promise<T> => {
  for (let turn = 0; turn < 100; turn++) {
    const answer = await ask();
    if (done(answer)) return answer;
    await server.test.platform.clock.sleep(200);
  }
  return ask();
};

describe('doors', () => {
  it('tell what they took, and what they refused and why, in one shape', async () => {
    const event = JSON.stringify({ event: { action: 'login' }, sourcetype: 'shop' });
    const hec = (authorization: string, body: string) =>
      server.call('POST', '/services/collector/event', { headers: { authorization }, body });
    expect((await hec(`Splunk ${server.token}`, event)).status).toBe(200);
    expect((await hec('Splunk sp_none', event)).status).toBe(403);
    expect((await hec(`Splunk ${server.token}`, '{"event":')).status).toBe(400);
    expect((await hec(`Splunk ${server.token}`, 'x'.repeat(9 * 2 ** 20))).status).toBe(413);
    expect((await send([{ Computer: 'pc1' }], server.reader)).status).toBe(403);
    const door = async (id: string) => (await server.admin.listDoors()).doors.find((one) => one.id === id);
    const splunk = await soon(
      () => door('splunk-hec'),
      (one) => one?.rowsLastDay === 1 && one.refused.length === 3,
    );
    expect(splunk).toMatchObject({ place: '/services/collector', rowsLastDay: 1, dropped: [], connections: null });
    expect(splunk?.refused.toSorted((a, b) => a.reason.localeCompare(b.reason))).toEqual([
      { reason: 'BadRequest', count: 1 },
      { reason: 'PayloadTooLarge', count: 1 },
      { reason: 'Unauthenticated', count: 1 },
    ]);
    expect(splunk?.lastError).toMatchObject({ reason: 'PayloadTooLarge' });
    expect(splunk?.hours.at(-1)).toBe(1);
    expect((await door('logs-ingestion'))?.refused).toEqual([{ reason: 'Forbidden', count: 1 }]);
    expect(await door('syslog-tls')).toMatchObject({ state: 'closed' });
    expect(await server.test.platform.metrics.registry.metrics()).toContain(
      'sallyport_ingest_refused_requests_total{door="splunk-hec",code="Unauthenticated"} 1',
    );
  });
});

describe('sources', () => {
  const source = async (id = stream) => (await server.admin.listSources()).sources.find((one) => one.id === id);
  const history = async (name: string, hours: readonly number[], rows: number) => {
    const db = server.test.platform.database;
    const now = Math.floor(Date.now() / hourMs) * hourMs;
    await db.execute(`INSERT INTO ingest_streams (stream, first_at) VALUES ($1, $2) ON CONFLICT DO NOTHING`, [
      name,
      new Date(now - 20 * 24 * hourMs).toISOString(),
    ]);
    for (const ago of hours) {
      const hour = new Date(now - ago * hourMs);
      await db.execute(
        `INSERT INTO ingest_watched_hours (hour, first_at, last_at, told) VALUES ($1, $1, $2, true) ON CONFLICT DO NOTHING`,
        [hour.toISOString(), new Date(hour.getTime() + hourMs - 1_000).toISOString()],
      );
      if (rows > 0)
        await db.execute(
          `INSERT INTO ingest_stream_hours (stream, hour, stored_rows, refused_rows, stored_bytes, last_at, last_row_at) VALUES ($1, $2, $3, 0, 100, $2, $2)`,
          [name, hour.toISOString(), rows],
        );
    }
  };

  it('are new, with their senders, and when their events were', async () => {
    const at = new Date(Date.now() - 120_000).toISOString();
    expect(
      (
        await send([
          { Computer: 'pc1', TimeGenerated: at, HostName: 'h' },
          { Computer: 'pc1', TimeGenerated: at },
        ])
      ).status,
    ).toBe(204);
    await server.test.server.domains.ingest.flush();
    const found = await soon(source, (one) => one?.rowsLastDay === 2);
    expect(found).toMatchObject({ state: 'new', rowsLastDay: 2, errorsLastDay: 0, rate: null, tables: ['Syslog'] });
    const ids = (await lakeRows('SELECT DISTINCT _SegmentId FROM Syslog')).map(([id]) => String(id));
    const clock = new EventClock();
    for (const id of ids)
      clock.add({ id, origin: { stream, framing: 'door', importId: undefined }, bytes: 1, rows: { Syslog: 2 } });
    const { platform } = server.test;
    await saveEventTimes(platform.database, await clock.look(platform.lake), new Date());
    const detail = await server.admin.getSource({ params: { id: stream } });
    expect(detail.lagMedianSeconds).toBeGreaterThan(115);
    expect(detail.lagMedianSeconds).toBeLessThan(180);
    expect(detail.source.lastEventAt).toBe(at);
    expect(detail.firstEventAt).toBe(at);
    expect(detail.senders).toMatchObject([{ door: 'logs-ingestion', sender: 'token:sender', rowsLastDay: 2 }]);
    const [sample] = await sampleStream(platform.lake, services().streams(), stream, ids);
    expect(sample).toMatchObject({ table: 'Syslog', rows: 2, filled: { Computer: 1, HostName: 0.5 } });
    expect(sample?.hosts).toMatchObject([{ host: 'pc1', rows: 2 }]);
  });

  it('are measured against the same hours of the days before', async () => {
    const days = [1, 2, 3, 4, 5];
    const hours = days.flatMap((day) => [0, 1, 2].map((hour) => day * 24 + hour));
    await history('Custom-SyslogText', hours, 1_000);
    await history('Custom-Nginx', hours, 0);
    await history('Custom-SyslogText', [1], 30);
    await history('Custom-SyslogText', [2], 0);
    const found = await source('linux-syslog');
    const [before, running] = found?.hours.slice(-2) ?? [];
    expect(before).toMatchObject({ rows: 30, usual: 1_000, low: 1_000, high: 1_000 });
    expect(running).toMatchObject({ rows: 0, usual: 1_000 });
    expect(found?.rate).toBeLessThan(0.031);
    expect(found?.rate).toBeGreaterThan(0.01);
    expect(found?.state).toBe('silent');
    expect((await source('okta-system-log'))?.state).toBe('unused');
  });

  it('and doors are told in SentinelHealth when their state changes, and tables in Usage by the hour', async () => {
    const told = () =>
      lakeRows(
        `SELECT SentinelResourceId, OperationName, Status, Reason FROM SentinelHealth WHERE SentinelResourceType = 'Data connector' AND JSONExtractString(ExtendedProperties, 'StartTime') = '' ORDER BY 1`,
      );
    await tellChanges(services());
    await tellChanges(services());
    const first = await told();
    expect(first.filter(([id]) => id === stream)).toEqual([[stream, 'Data fetch status change', 'Success', '']]);
    const db = server.test.platform.database;
    const hour = Math.floor(Date.now() / hourMs) * hourMs;
    await db.execute(
      `INSERT INTO ingest_door_reasons (door, hour, kind, reason, count) VALUES ('syslog-udp', $1, 'dropped', 'kernel', 40)`,
      [new Date(hour).toISOString()],
    );
    await tellChanges(services());
    expect((await told()).filter(([id]) => id === 'doors/syslog-udp')).toEqual([
      ['doors/syslog-udp', 'Data fetch status change', 'Failure', 'DatagramsDropped'],
    ]);
    // The hour before this one, as if it had just ended.
    const before = new Date(hour - hourMs).toISOString();
    await db.execute(`UPDATE ingest_watched_hours SET told = false WHERE hour = $1`, [before]);
    await db.execute(
      `INSERT INTO ingest_table_hours (lake_table, hour, stored_rows, stored_bytes, segments) VALUES ('Syslog', $1, 30, 2500000, 3)`,
      [before],
    );
    await db.execute(
      `INSERT INTO ingest_sender_hours (stream, door, sender, hour, accepted_rows, accepted_bytes, last_at) VALUES ('Custom-SyslogText', 'syslog-udp', '192.0.2.7', $1, 30, 900, $1)`,
      [before],
    );
    await tellHours(services());
    await tellHours(services());
    expect(
      await lakeRows(
        `SELECT SentinelResourceId, SentinelResourceName, Status, JSONExtractInt(ExtendedProperties, 'Rows') FROM SentinelHealth
         WHERE JSONExtractString(ExtendedProperties, 'StartTime') != '' AND OperationName = 'Data fetch status change' AND SentinelResourceId LIKE 'Custom-SyslogText%' ORDER BY 1`,
      ),
    ).toEqual([
      ['Custom-SyslogText', 'Syslog of Linux and other Unix systems', 'Success', 30],
      [
        'Custom-SyslogText/syslog-udp/192.0.2.7',
        'Syslog of Linux and other Unix systems from 192.0.2.7',
        'Success',
        30,
      ],
    ]);
    expect(
      await lakeRows(`SELECT DataType, Quantity, QuantityUnit, IsBillable, EndTime - StartTime FROM Usage`),
    ).toEqual([['Syslog', 2.5, 'MBytes', true, '3600']]);
    // Trouble is in Operation too: when it begins, and silence.
    await lakeRows('SELECT 1');
    const query = `_LogOperation | where Level != 'Info' | project Category, Operation, Level, Detail | sort by Operation asc`;
    const { rows } = await server.admin.runQuery({ body: { query } });
    expect(rows).toEqual([
      ['Ingestion', 'Data collection status', 'Warning', expect.stringMatching(/^Syslog of Linux .* next to nothing/)],
      ['Ingestion', 'Ingestion rate', 'Error', 'Syslog over UDP: 40 datagrams were lost (kernel 40)'],
    ]);
  });

  it('have a heartbeat in each minute in which they were heard, and so does this machine', async () => {
    const { platform } = server.test;
    const now = new Date();
    const add = (door: string, sender: string, agoMs: number) =>
      platform.database.execute(
        `INSERT INTO ingest_sender_hours (stream, door, sender, hour, accepted_rows, accepted_bytes, last_at) VALUES ('Custom-SyslogText', $1, $2, date_trunc('hour', $3::timestamptz, 'UTC'), 1, 1, $3)`,
        [door, sender, new Date(now.getTime() - agoMs).toISOString()],
      );
    await add('syslog-tls', '192.0.2.8', 30_000);
    await add('syslog-tls', '192.0.2.9', 90_000);
    await add('connector-s3', 'bucket', 1_000);
    await add('webhook', 'token:shop', 1_000);
    const rows = await senderHeartbeats(platform.database, now);
    const own = ({ Computer }: (typeof rows)[number]): boolean => Computer !== 'token:sender';
    expect(rows.filter(own).map(({ Computer, Category, ComputerIP }) => [Computer, Category, ComputerIP])).toEqual([
      ['token:shop', 'Webhooks', ''],
      ['192.0.2.8', 'Syslog over TLS', '192.0.2.8'],
    ]);
    const stopping = new AbortController();
    const beating = keepHeartbeat(platform, stopping.signal);
    await expect
      .poll(() => lakeRows('SELECT Category, ComputerEnvironment FROM Heartbeat'), { timeout: 20_000 })
      .toEqual([['Sallyport', 'Non-Azure']]);
    stopping.abort();
    await beating;
  });

  it('tell which fields nothing reads, and which columns have gone empty', async () => {
    const { outbox } = server.test.platform;
    const sample = (hoursAgo: number, properties: object) => ({
      TimeGenerated: new Date(Date.now() - hoursAgo * hourMs),
      OperationName: 'Schema sample',
      SentinelResourceType: 'Data connector',
      SentinelResourceId: stream,
      ExtendedProperties: properties,
    });
    const filled = { Computer: 1, HostName: 0.9 };
    await outbox.write('SentinelHealth', [
      ...[50, 40, 30].map((ago) => sample(ago, { UnreadFields: ['Old'] })),
      sample(1, { UnreadFields: ['Fresh', 'Old'] }),
      ...[50, 40, 30].map((ago) => sample(ago, { DestinationTable: 'Syslog', Rows: 100, Filled: filled })),
      sample(1, { DestinationTable: 'Syslog', Rows: 100, Filled: { Computer: 1 } }),
    ]);
    await outbox.flush();
    const { drift } = await server.admin.getSource({ params: { id: stream } });
    expect(drift.map(({ kind, table, name }) => [kind, table, name])).toEqual([
      ['emptyColumn', 'Syslog', 'HostName'],
      ['newField', '', 'Fresh'],
      ['unreadField', '', 'Old'],
    ]);
  });

  it.each([
    ['source | project A = tostring(RawData.System.EventID)', ['System', 'EventID'], true],
    ['source | project A = tostring(RawData.System.EventID)', ['System', 'Channel'], false],
    ['source | project A = RawData.System', ['System', 'Channel'], true],
    ["source | project A = tostring(RawData['@timestamp'])", ['@timestamp'], true],
    ["source | project A = tostring(RawData['System'].EventID)", ['System', 'Channel'], false],
    ['source | project A = RawData.a, AdditionalFields = RawData', ['b'], true],
  ])('`%s` and %j: read %s', (kql, path, read) => {
    expect(readsField(kql, path)).toBe(read);
  });
});
