import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-grpc';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadTls } from '../../../platform/http/tls.ts';
import { makeTestTls } from '../syslog/testing.ts';
import { startDoorServer, type DoorServer } from '../../testing/door-server.ts';

let server: DoorServer;
let address: string;

const freePort = async (): Promise<number> => {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
};

beforeAll(async () => {
  const port = await freePort();
  server = await startDoorServer({
    host: '127.0.0.1',
    otlpGrpcPort: String(port),
    spoolMaxBytes: '16 MiB',
    clientCertificates: 'on',
  });
  address = `localhost:${port}`;
}, 120_000);
afterAll(() => server.stop());

const withToken = (token: string | undefined): Metadata => {
  const metadata = new Metadata();
  if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
  return metadata;
};

/** A call without an exporter, for what none would send. */
function call(
  bytes: Buffer,
  token: string | undefined,
  as = credentials.createSsl(Buffer.from(server.ca)),
): Promise<Buffer | ServiceError> {
  const client = new Client(address, as, {
    'grpc.max_send_message_length': -1,
  });
  const asItIs = (message: Buffer): Buffer => message;
  return new Promise((resolve) => {
    client.makeUnaryRequest(
      '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
      asItIs,
      asItIs,
      bytes,
      withToken(token),
      (error, answer) => {
        client.close();
        resolve(error ?? answer ?? Buffer.alloc(0));
      },
    );
  });
}

it('the exporter of OpenTelemetry sends records, which are there', async () => {
  const exporter = new OTLPLogExporter({
    url: `https://${address}`,
    credentials: credentials.createSsl(Buffer.from(server.ca)),
    metadata: withToken(server.token),
  });
  const provider = new LoggerProvider({
    resource: resourceFromAttributes({ 'service.name': 'shop', 'host.name': 'app1' }),
    processors: [new BatchLogRecordProcessor({ exporter })],
  });
  const logger = provider.getLogger('orders');
  for (let i = 0; i < 1_000; i++) logger.emit({ body: `order ${i}`, attributes: { i } });
  await provider.shutdown();
  expect(
    await server.rows(
      `SELECT count(), uniq(Message), any(Door), any(Computer), sum(JSONExtractInt(Fields, 'attributes', 'i')) FROM GenericEvents_CL WHERE Source = 'shop'`,
    ),
  ).toEqual([[1_000, 1_000, 'otlp-grpc', 'app1', 499_500]]);
});

describe('a client certificate', () => {
  const clientNamed = async (name: string, dataDir = server.test.platform.config.dataDir) => {
    const { client } = await makeTestTls(dataDir, name);
    return credentials.createSsl(Buffer.from(server.ca), Buffer.from(client.key), Buffer.from(client.certificate));
  };

  it('of the exporter of OpenTelemetry stands for the token of its name', async () => {
    const exporter = new OTLPLogExporter({ url: `https://${address}`, credentials: await clientNamed('sender') });
    const resource = resourceFromAttributes({ 'service.name': 'mutual' });
    const provider = new LoggerProvider({ resource, processors: [new BatchLogRecordProcessor({ exporter })] });
    provider.getLogger('orders').emit({ body: 'order' });
    await provider.shutdown();
    expect(await server.rows(`SELECT count() FROM GenericEvents_CL WHERE Source = 'mutual'`)).toEqual([[1]]);
  });

  it('stands for none that may not send, is none of another authority, and loses against a token', async () => {
    const nothing = Buffer.alloc(0);
    expect(await call(nothing, undefined, await clientNamed('sender'))).toEqual(nothing);
    expect(await call(nothing, undefined, await clientNamed('reader'))).toMatchObject({ code: 16 });
    expect(await call(nothing, undefined, await clientNamed('nobody'))).toMatchObject({ code: 16 });
    expect(await call(nothing, 'sp_none', await clientNamed('sender'))).toMatchObject({ code: 16 });
    const elsewhere = await mkdtemp(join(tmpdir(), 'sallyport-other-ca-'));
    // The connection is ended, or the call refused.
    expect(await call(nothing, undefined, await clientNamed('sender', elsewhere))).toBeInstanceOf(Error);
    await rm(elsewhere, { recursive: true });
  });
});

describe('the door', () => {
  it('wants the right to send', async () => {
    expect(await call(Buffer.alloc(0), undefined)).toMatchObject({ code: 16 });
    expect(await call(Buffer.alloc(0), 'sp_nonsense')).toMatchObject({ code: 16 });
    expect(await call(Buffer.alloc(0), server.reader)).toMatchObject({ code: 7 });
    expect(await call(Buffer.alloc(0), server.token)).toEqual(Buffer.alloc(0));
  });

  it('refuses what is not OTLP, and what is too large', async () => {
    expect(await call(Buffer.of(0xff, 0xff), server.token)).toMatchObject({ code: 3 });
    expect(await call(Buffer.alloc(9 * 2 ** 20), server.token)).toMatchObject({ code: 8 });
  });

  it('serves a renewed certificate', async () => {
    const { config, clock } = server.test.platform;
    server.test.server.domains.ingest.useTls(await loadTls(config, clock));
    // It closes for a moment, which clients are told by a code at which they come again.
    await expect.poll(() => call(Buffer.alloc(0), server.token), { timeout: 10_000 }).toEqual(Buffer.alloc(0));
  });
});
