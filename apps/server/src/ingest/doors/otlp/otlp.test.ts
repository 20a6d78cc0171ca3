import { Agent } from 'node:https';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { SeverityNumber } from '@opentelemetry/api-logs';
import { OTLPLogExporter as JsonExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPLogExporter as ProtobufExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider, type LogRecordExporter } from '@opentelemetry/sdk-logs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDoorServer, type DoorServer } from '../../testing/door-server.ts';
import { readJson } from './json.ts';
import { readProtobuf } from './protobuf.ts';
import { OtlpFault } from './records.ts';

let server: DoorServer;
beforeAll(async () => {
  server = await startDoorServer({ spoolMaxBytes: '16 MiB' });
}, 120_000);
afterAll(() => server.stop());

const post = (body: string | Buffer, type = 'application/json') =>
  server.call('POST', '/v1/logs', { body, headers: { authorization: `Bearer ${server.token}`, 'content-type': type } });

const exporters = {
  protobuf: (token: string): LogRecordExporter => new ProtobufExporter(configuration(token)),
  json: (token: string): LogRecordExporter => new JsonExporter(configuration(token)),
};
const configuration = (token: string) => ({
  url: `${server.url}/v1/logs`,
  headers: { authorization: `Bearer ${token}` },
  httpAgentOptions: () => Promise.resolve(new Agent({ ca: server.ca })),
});

/** A program that logs through OpenTelemetry's SDK. */
function program(name: string, exporter: LogRecordExporter) {
  const provider = new LoggerProvider({
    resource: resourceFromAttributes({ 'service.name': name, 'host.name': 'app1' }),
    processors: [new BatchLogRecordProcessor({ exporter })],
  });
  return { logger: provider.getLogger('orders'), end: () => provider.shutdown() };
}

describe.each(['protobuf', 'json'] as const)('the exporter of OpenTelemetry, %s', (encoding) => {
  it('sends records, which are there with all that was said of them', async () => {
    const name = `shop-${encoding}`;
    const { logger, end } = program(name, exporters[encoding](server.token));
    const attributes = { 'user.id': 'anna', n: 7, list: ['a', 'b'], deep: { x: { y: true } } };
    logger.emit({
      timestamp: [1_767_225_600, 123_456_700],
      severityNumber: SeverityNumber.WARN,
      severityText: 'WARN',
      body: 'payment refused',
      attributes,
    });
    for (let i = 0; i < 1_000; i++) logger.emit({ body: { order: i, ratio: 0.5 } });
    await end();
    const [row] = await server.rows(
      `SELECT TimeGenerated, Computer, Source, SourceType, Door, Message, Fields FROM GenericEvents_CL WHERE Source = '${name}' AND Message != ''`,
    );
    expect(row?.slice(0, 6)).toEqual([
      '2026-01-01T00:00:00.1234567Z',
      'app1',
      name,
      'orders',
      'otlp-http',
      'payment refused',
    ]);
    expect(JSON.parse(String(row?.[6]))).toMatchObject({
      severityNumber: 13,
      severityText: 'WARN',
      attributes,
      resource: { 'service.name': name, 'host.name': 'app1' },
    });
    expect(
      await server.rows(
        `SELECT count(), sum(JSONExtractInt(Event, 'order')), sum(JSONExtractFloat(Event, 'ratio')) FROM GenericEvents_CL WHERE Source = '${name}' AND Message = ''`,
      ),
    ).toEqual([[1_000, 499_500, 500]]);
  });

  it('sends lines that a source knows, and records that name their stream', async () => {
    const { logger, end } = program('collector', exporters[encoding](server.token));
    const host = `otel${encoding}`;
    logger.emit({ body: `<34>1 2026-01-03T22:14:15.003Z ${host} su 77 - - su root failed for lonvick` });
    logger.emit({
      body: { Computer: host, ProcessName: 'named' },
      attributes: { 'sallyport.stream': 'Microsoft-Syslog' },
    });
    await end();
    expect(
      await server.rows(`SELECT ProcessName FROM Syslog WHERE HostName = '${host}' OR Computer = '${host}' ORDER BY 1`),
    ).toEqual([['named'], ['su']]);
  });

  it('is told that its token is no good', async () => {
    const exporter = exporters[encoding]('sp_nonsense');
    const results: (string | undefined)[] = [];
    const watched: LogRecordExporter = {
      export: (logs, done) =>
        exporter.export(logs, (result) => {
          results.push((result.error as { code?: number } | undefined)?.code?.toString());
          done(result);
        }),
      shutdown: () => exporter.shutdown(),
      forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
    };
    const { logger, end } = program('x', watched);
    logger.emit({ body: 'x' });
    await end();
    expect(results).toEqual(['401']);
  });
});

const batch = (...logRecords: object[]) => JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] });
const nested = (levels: number): object =>
  levels === 0 ? { stringValue: 'x' } : { arrayValue: { values: [nested(levels - 1)] } };

describe('the door', () => {
  it('stores what is right, and counts what is not', async () => {
    const good = { body: { stringValue: 'partly good' }, timeUnixNano: '1767225600000000000' };
    const body = batch(good, { timeUnixNano: 'soon' }, { body: nested(100) }, good);
    expect(await post(body)).toMatchObject({
      status: 200,
      body: {
        partialSuccess: {
          rejectedLogRecords: '2',
          errorMessage: expect.stringContaining('`timeUnixNano` of a log record') as string,
        },
      },
    });
    expect(await server.rows(`SELECT count() FROM GenericEvents_CL WHERE Message = 'partly good'`)).toEqual([[2]]);
  });

  it('says a partial success as Protocol Buffers too', async () => {
    const message = (...parts: Uint8Array[]) => {
      const writer = new BinaryWriter();
      for (const part of parts) writer.tag(2, WireType.LengthDelimited).bytes(part);
      return writer.finish();
    };
    const text = (value: string) => new BinaryWriter().tag(1, WireType.LengthDelimited).string(value).finish();
    const good = new BinaryWriter().tag(5, WireType.LengthDelimited).bytes(text('good by protobuf')).finish();
    const request = new BinaryWriter()
      .tag(1, WireType.LengthDelimited)
      .bytes(message(message(good, Buffer.of(0xff))))
      .finish();
    const answer = await post(Buffer.from(request), 'application/x-protobuf');
    expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'application/x-protobuf' } });
    expect(String(answer.body)).toContain('not Protocol Buffers');
    expect(await server.rows(`SELECT count() FROM GenericEvents_CL WHERE Message = 'good by protobuf'`)).toEqual([[1]]);
  });

  it('refuses what is not OTLP, in the encoding of the call', async () => {
    expect(await post('{"resourceLogs":7}')).toMatchObject({ status: 400, body: { code: 3 } });
    expect(await post('nonsense')).toMatchObject({ status: 400, body: { code: 3, message: 'not JSON' } });
    expect(await post('<x/>', 'text/xml')).toMatchObject({ status: 415 });
    const answer = await post(Buffer.of(0xff, 0xff), 'application/x-protobuf');
    expect(answer).toMatchObject({ status: 400, headers: { 'content-type': 'application/x-protobuf' } });
    expect(String(answer.body)).toContain('not Protocol Buffers');
    expect(await post('{}')).toMatchObject({ status: 200, body: {} });
  });

  it('reads or refuses whatever comes', () => {
    const orFault = (read: () => unknown): void => {
      try {
        read();
      } catch (error) {
        if (!(error instanceof OtlpFault)) throw error;
      }
    };
    const anyBytes = fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => orFault(() => readProtobuf(bytes)));
    const anyJson = fc.property(fc.jsonValue(), (value) => {
      const request = { resourceLogs: [{ scopeLogs: [{ logRecords: [value, { body: value }] }] }] };
      orFault(() => readJson(Buffer.from(JSON.stringify(request))));
    });
    expect(() => fc.assert(anyBytes)).not.toThrow();
    expect(() => fc.assert(anyJson)).not.toThrow();
  });

  it('answers 429 and when to come again while the spool is full, and loses nothing', async () => {
    const body = batch({ body: { stringValue: `full ${'x'.repeat(4_000_000)}` } });
    const answers = [];
    for (let call = 0; call < 6 && answers.at(-1)?.status !== 429; call++) answers.push(await post(body));
    expect(answers.at(-1)).toMatchObject({ status: 429, body: { code: 8 } });
    expect(Number(answers.at(-1)?.headers['retry-after'])).toBeGreaterThan(0);
    expect(await server.rows(`SELECT count() FROM GenericEvents_CL WHERE Message LIKE 'full%'`)).toEqual([
      [answers.length - 1],
    ]);
  });
});
