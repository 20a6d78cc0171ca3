import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { webcrypto } from 'node:crypto';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';
import { systemClock } from '../../../platform/clock.ts';
import { loadConfig } from '../../../platform/config/index.ts';
import { loadTls } from '../../../platform/http/tls.ts';
import { silentLog } from '../../../platform/log.ts';
import type { TestIngest } from '../../testing/core.ts';
import { openSyslogDoors, syslogCounts, type SyslogDoors, type SyslogSettings, type SyslogTls } from './index.ts';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

export interface TestTls {
  readonly server: SyslogTls;
  /** PEM of Sallyport's own CA. */
  readonly authority: string;
  /** A client's certificate by it. */
  readonly client: { readonly certificate: string; readonly key: string };
}

/** A server's certificate as Sallyport makes it, and a client's by the same CA. */
export async function makeTestTls(dataDir: string, clientName = 'relay.contoso.com'): Promise<TestTls> {
  const { certificate, key, authority } = await loadTls(
    loadConfig({ flags: { dataDir }, environment: {}, file: '' }),
    systemClock,
  );
  const issuer = new x509.X509Certificate(authority);
  const [der] = x509.PemConverter.decode(readFileSync(join(dataDir, 'tls', 'ca-key.pem'), 'utf8'));
  const signingKey = await webcrypto.subtle.importKey('pkcs8', der!, algorithm, false, ['sign']);
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const leaf = await x509.X509CertificateGenerator.create({
    subject: [{ CN: [clientName] }],
    issuer: issuer.subject,
    notBefore: new Date(Date.now() - 86_400_000),
    notAfter: new Date(Date.now() + 86_400_000),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey as CryptoKey,
    signingKey: signingKey as CryptoKey,
    extensions: [new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth])],
  });
  const privateKey = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    server: { certificate, key },
    authority,
    client: {
      certificate: leaf.toString('pem'),
      key: x509.PemConverter.encode(privateKey, x509.PemConverter.PrivateKeyTag),
    },
  };
}

/** Counts of one ingest, since metrics have a name once. */
const counts = new WeakMap<TestIngest, ReturnType<typeof syslogCounts>>();

/** Doors on 127.0.0.1 over an ingest of a test. */
export function openTestDoors(ingest: TestIngest, settings: Partial<SyslogSettings>): Promise<SyslogDoors> {
  let own = counts.get(ingest);
  if (own === undefined) counts.set(ingest, (own = syslogCounts(ingest.core.metrics, systemClock, silentLog)));
  const defaults: SyslogSettings = { host: '127.0.0.1', connectionsMax: 100, allowedSenders: [] };
  return openSyslogDoors(
    { core: ingest.core, counts: own, clock: systemClock, log: silentLog },
    { ...defaults, ...settings },
  );
}
