import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { Logger, type SendContext } from 'splunk-logging';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDoorServer, type DoorServer } from '../../testing/door-server.ts';
import { readEvents } from './events.ts';

let server: DoorServer;
beforeAll(async () => {
  server = await startDoorServer({ spoolMaxBytes: '16 MiB' });
}, 120_000);
afterAll(() => server.stop());

const channel = '0f8fad5b-d9cb-469f-a165-70867728950e';

/** Splunk's own client for JavaScript. */
const send = (path: string, context: SendContext): Promise<unknown> => {
  const logger = new Logger({ token: server.token, url: server.url, path, maxRetries: 0 });
  logger.requestOptions.ca = server.ca;
  logger.requestOptions.strictSSL = true;
  return new Promise((resolve, reject) => {
    logger.error = reject;
    logger.send(context, (error, _response, body) => (error === null ? resolve(body) : reject(error)));
  });
};

const post = (path: string, body: string | Buffer, headers: Record<string, string> = {}) =>
  server.call('POST', `/services/collector${path}`, {
    body,
    headers: { authorization: `Splunk ${server.token}`, ...headers },
  });

describe('the client of Splunk', () => {
  it('sends events, which are there with what it said of them', async () => {
    const metadata = { time: 1_767_225_600.25, host: 'web1', source: 'checkout', sourcetype: 'shop', index: 'main' };
    await send('/services/collector/event/1.0', { message: { order: 7 }, severity: 'info', metadata });
    expect(
      await server.rows(
        `SELECT TimeGenerated, Computer, Source, SourceType, Index, Door, Event FROM GenericEvents_CL WHERE SourceType = 'shop'`,
      ),
    ).toEqual([
      [
        '2026-01-01T00:00:00.2500000Z',
        'web1',
        'checkout',
        'shop',
        'main',
        'splunk-hec',
        '{"message":{"order":7},"severity":"info"}',
      ],
    ]);
  });

  it('is told that its token is no good', async () => {
    const logger = new Logger({ token: 'nonsense', url: server.url, maxRetries: 0 });
    logger.requestOptions.ca = server.ca;
    const error = await new Promise<{ code: number; message: string }>((resolve) => {
      logger.error = (told) => resolve(told as { code: number; message: string });
      logger.send({ message: 'x' }, () => undefined);
    });
    expect(error).toMatchObject({ code: 4, message: 'Invalid token' });
  });
});

describe('events', () => {
  it('go to the stream that they name, or whose source knows them', async () => {
    const windows = {
      System: {
        EventID: 4625,
        TimeCreated: { SystemTime: '2026-01-02T03:04:05Z' },
        Channel: 'Security',
        Computer: 'dc9',
        Provider: { Name: 'Microsoft-Windows-Security-Auditing' },
      },
    };
    const line = '<34>1 2026-01-03T22:14:15.003Z hecline su 77 - - su root failed for lonvick';
    const body = [
      { event: { Computer: 'named', SyslogMessage: 'x' }, sourcetype: 'Microsoft-Syslog' },
      { event: windows, sourcetype: 'XmlWinEventLog' },
      { event: line, sourcetype: 'syslog' },
    ];
    expect(await post('', body.map((one) => JSON.stringify(one)).join(''))).toMatchObject({
      status: 200,
      body: { text: 'Success', code: 0 },
    });
    expect(await server.rows(`SELECT Computer FROM Syslog WHERE Computer = 'named'`)).toEqual([['named']]);
    expect(await server.rows(`SELECT EventID FROM SecurityEvent WHERE Computer = 'dc9'`)).toEqual([[4625]]);
    expect(await server.rows(`SELECT ProcessName FROM Syslog WHERE HostName = 'hecline'`)).toEqual([['su']]);
  });

  it('of several lines, of text in a stream of objects, and with numbers beyond JavaScript’s stay as they are', async () => {
    const body = `{"event":"one\\ntwo","sourcetype":"t1"}\n {"event":"text","sourcetype":"Microsoft-Syslog","fields":{"a":["b",1]}}
      {"event":{"id":12345678901234567890,\n"t":"\\u00e9"},"sourcetype":"t3"}`;
    expect((await post('/event', gzipSync(body), { 'content-encoding': 'gzip' })).status).toBe(200);
    expect(
      await server.rows(
        `SELECT SourceType, Message, Fields, Event FROM GenericEvents_CL WHERE SourceType IN ('t1', 't3', 'Microsoft-Syslog') ORDER BY 1`,
      ),
    ).toEqual([
      ['Microsoft-Syslog', 'text', '{"a":["b",1]}', ''],
      ['t1', 'one\ntwo', '', ''],
      ['t3', '', '', '{"id":12345678901234567890,"t":"é"}'],
    ]);
  });

  it('of many kinds in one call are all stored, and those that name a stream in it', async () => {
    const many = Array.from({ length: 2_000 }, (_, i) => ({ event: { many: i }, sourcetype: `kind${i}` }));
    const named = { event: { Computer: 'last' }, sourcetype: 'Microsoft-Syslog' };
    const body = [...many, named].map((one) => JSON.stringify(one)).join('\n');
    expect((await post('', body)).status).toBe(200);
    expect(
      await server.rows(`SELECT count(), uniq(SourceType) FROM GenericEvents_CL WHERE SourceType LIKE 'kind%'`),
    ).toEqual([[2_000, 2_000]]);
    expect(await server.rows(`SELECT count() FROM Syslog WHERE Computer = 'last'`)).toEqual([[1]]);
  });

  it('before a bad one are kept, and the answer says which it was', async () => {
    const good = '{"event":"kept","sourcetype":"half"}';
    const answer = await post('', `${good}${good}{"event":""}${good}`);
    expect(answer).toMatchObject({
      status: 400,
      body: { text: 'Event field cannot be blank', code: 13, 'invalid-event-number': 2 },
    });
    expect(await server.rows(`SELECT count() FROM GenericEvents_CL WHERE SourceType = 'half'`)).toEqual([[2]]);
  });

  it.each([
    ['', 5],
    [' \n', 5],
    ['no json', 6],
    ['{"event":"x"', 6],
    ['{"event":{"a":tru}}', 6],
    ['{"event":"x","time":"yesterday"}', 6],
    ['{"time":1}', 12],
    ['{"event":" "}', 13],
    ['{"event":"x","fields":{"a":{"b":1}}}', 15],
  ])('%j is refused with code %i', async (body, code) => {
    expect(await post('', body)).toMatchObject({ status: 400, body: { code } });
  });

  it('are read or refused, whatever comes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ event: fc.jsonValue({ maxDepth: 2 }), host: fc.string() })),
        fc.string(),
        (all, end) => {
          const { arrivals } = readEvents(all.map((one) => JSON.stringify(one)).join('') + end);
          const bad = all.findIndex(
            ({ event }) => event === null || (typeof event === 'string' && event.trim() === ''),
          );
          expect(arrivals.length).toBeGreaterThanOrEqual(bad === -1 ? all.length : bad);
          for (const [i, { content, labels }] of arrivals.slice(0, all.length).entries()) {
            const event = all[i]?.event;
            expect([content, labels.host]).toEqual([
              typeof event === 'string' ? event : JSON.stringify(event),
              all[i]?.host,
            ]);
          }
        },
      ),
    );
  });
});

describe('lines', () => {
  it('are events, labelled by the address', async () => {
    const line = (pid: number) =>
      `2026-02-03T04:05:06Z rawhost sshd[${pid}]: Failed password for root from 10.0.0.1 port 22 ssh2`;
    expect((await post('/raw', `${line(1)}\r\n\n${line(2)}\n`)).status).toBe(200);
    expect((await post('/raw/1.0?sourcetype=odd&host=h1&time=1767225600', 'what is\nthis')).status).toBe(200);
    expect(await server.rows(`SELECT ProcessID FROM Syslog WHERE HostName = 'rawhost' ORDER BY 1`)).toEqual([[1], [2]]);
    expect(
      await server.rows(
        `SELECT Message, Computer, TimeGenerated FROM GenericEvents_CL WHERE SourceType = 'odd' ORDER BY 1`,
      ),
    ).toEqual([
      ['this', 'h1', '2026-01-01T00:00:00.0000000Z'],
      ['what is', 'h1', '2026-01-01T00:00:00.0000000Z'],
    ]);
    expect(await post('/raw', '\n')).toMatchObject({ status: 400, body: { code: 5 } });
  });
});

describe('acknowledgements', () => {
  it('say that what was answered is durable, and nothing else is', async () => {
    const { body } = await post(`?channel=${channel}`, '{"event":"acked"}');
    const { ackId } = body as { ackId: number };
    const ask = (acks: readonly number[]) =>
      post('/ack', JSON.stringify({ acks }), { 'x-splunk-request-channel': channel });
    expect((await ask([ackId, ackId + 1])).body).toEqual({ acks: { [ackId]: true, [ackId + 1]: false } });
  });

  it('need a channel, which is a GUID', async () => {
    expect(await post('/ack', '{"acks":[1]}')).toMatchObject({ status: 400, body: { code: 10 } });
    expect(await post('?channel=mine', '{"event":"x"}')).toMatchObject({ status: 400, body: { code: 11 } });
    expect(await post(`/ack?channel=${channel}`, '{"acks":"all"}')).toMatchObject({ status: 400, body: { code: 6 } });
  });
});

describe('the door', () => {
  it('says what is wrong with a token', async () => {
    const status = async (authorization: string | undefined) => {
      const answer = await server.call('POST', '/services/collector', {
        body: '{"event":"x"}',
        headers: authorization === undefined ? {} : { authorization },
      });
      return [answer.status, (answer.body as { code: number }).code];
    };
    const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
    expect(await status(undefined)).toEqual([401, 2]);
    expect(await status(server.token)).toEqual([401, 3]);
    expect(await status('Splunk nonsense')).toEqual([403, 4]);
    expect(await status(`Splunk ${server.reader}`)).toEqual([403, 1]);
    expect(await status(basic(`x:${server.token}`))).toEqual([200, 0]);
    expect(await status(basic(`x:${server.reader}`))).toEqual([403, 1]);
  });

  it('answers 413 to more than 8 MiB, unpacked', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 2 ** 20), { level: 9 });
    expect((await post('', bomb, { 'content-encoding': 'gzip' })).status).toBe(413);
  });

  it('is healthy, and busy while the spool is full, and loses nothing', async () => {
    const health = () => server.call('GET', '/services/collector/health');
    expect(await health()).toMatchObject({ status: 200, body: { code: 17 } });
    const body = JSON.stringify({ event: 'x'.repeat(4_000_000), sourcetype: 'full' });
    const answers = [];
    for (let call = 0; call < 6 && answers.at(-1)?.status !== 503; call++) answers.push(await post('', body));
    expect(answers.at(-1)).toMatchObject({ status: 503, body: { text: 'Server is busy', code: 9 } });
    expect(Number(answers.at(-1)?.headers['retry-after'])).toBeGreaterThan(0);
    expect(await server.rows(`SELECT count() FROM GenericEvents_CL WHERE SourceType = 'full'`)).toEqual([
      [answers.length - 1],
    ]);
    expect((await post('', body)).status).toBe(200);
  });
});
