import 'reflect-metadata';
import { webcrypto, X509Certificate as NodeCertificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { hostname, networkInterfaces } from 'node:os';
import { isIP } from 'node:net';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';
import type { Clock } from '../clock.ts';
import { publicUrlOf, type Config } from '../config/index.ts';

export interface TlsMaterial {
  /** PEM: our leaf, and the CA after it; or the operator's chain. */
  readonly certificate: string;
  readonly key: string;
  /** PEM of the CA, for clients to trust. */
  readonly authority: string;
}

const dayMs = 86_400_000;
const authorityDays = 3_650;
/** Browsers refuse leaves of more than 398 days. */
const leafDays = 397;
const renewBeforeDays = 30;
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

x509.cryptoProvider.set(webcrypto as Crypto);

/**
 * The certificate to serve: the operator's (`tlsCertificateFile`), or one of Sallyport's own CA in `tls/` of the data folder, made when
 * missing and made anew when less than 30 days are left or a name is missing. Call it again now and then to renew.
 */
export async function loadTls(config: Config, clock: Clock): Promise<TlsMaterial> {
  if (config.tlsCertificateFile !== '') {
    const certificate = readFileSync(config.tlsCertificateFile, 'utf8');
    return { certificate, key: readFileSync(config.tlsKeyFile, 'utf8'), authority: certificate };
  }
  const folder = join(config.dataDir, 'tls');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const files = {
    authority: join(folder, 'ca.pem'),
    authorityKey: join(folder, 'ca-key.pem'),
    certificate: join(folder, 'server.pem'),
    key: join(folder, 'server-key.pem'),
  };
  const names = subjectNames(config);
  if (!existsSync(files.authority) || !existsSync(files.authorityKey)) await makeAuthority(files, clock);
  if (!isUsable(files, names, clock)) await makeLeaf(files, names, clock);
  const read = (path: string) => readFileSync(path, 'utf8');
  return { certificate: read(files.certificate), key: read(files.key), authority: read(files.authority) };
}

/** PEM of the authorities by which clients' certificates are; undefined when the setting `clientCertificates` is off. Throws when their file can't be read. */
export function clientAuthorityOf(config: Config, { authority }: TlsMaterial): string | undefined {
  if (!config.clientCertificates) return undefined;
  return config.clientCaFile === '' ? authority : readFileSync(config.clientCaFile, 'utf8');
}

type Files = Readonly<Record<'authority' | 'authorityKey' | 'certificate' | 'key', string>>;

/** Names and addresses that the certificate covers. Addresses of the machine only when it listens to others. */
function subjectNames(config: Config): x509.JsonGeneralName[] {
  const names = new Set(['localhost', hostname(), new URL(publicUrlOf(config)).hostname.replaceAll(/[[\]]/g, '')]);
  for (const address of ['127.0.0.1', '::1']) names.add(address);
  if (isIP(config.host) && !['0.0.0.0', '::'].includes(config.host)) names.add(config.host);
  if (['0.0.0.0', '::'].includes(config.host))
    for (const { address, scopeid } of Object.values(networkInterfaces()).flatMap((list) => list ?? []))
      if (!scopeid) names.add(address);
  return [...names].map((value) => ({ type: isIP(value) ? 'ip' : 'dns', value }));
}

function isUsable(files: Files, names: readonly x509.JsonGeneralName[], clock: Clock): boolean {
  if (!existsSync(files.certificate) || !existsSync(files.key)) return false;
  const leaf = new NodeCertificate(readFileSync(files.certificate));
  const authority = new NodeCertificate(readFileSync(files.authority));
  const left = Date.parse(leaf.validTo) - clock.now().getTime();
  const covers = ({ type, value }: x509.JsonGeneralName) =>
    (type === 'ip' ? leaf.checkIP(value) : leaf.checkHost(value)) !== undefined;
  return left > renewBeforeDays * dayMs && leaf.verify(authority.publicKey) && names.every(covers);
}

async function makeAuthority(files: Files, clock: Clock): Promise<void> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const now = clock.now().getTime();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [`Sallyport CA on ${hostname()}`] }],
    notBefore: new Date(now - dayMs),
    notAfter: new Date(now + authorityDays * dayMs),
    signingAlgorithm: algorithm,
    keys: keys as CryptoKeyPair,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey as CryptoKey),
    ],
  });
  writeSecret(files.authorityKey, await privatePem(keys.privateKey as CryptoKey));
  writeSecret(files.authority, certificate.toString('pem'));
}

async function makeLeaf(files: Files, names: x509.JsonGeneralName[], clock: Clock): Promise<void> {
  const authority = new x509.X509Certificate(readFileSync(files.authority, 'utf8'));
  const [der] = x509.PemConverter.decode(readFileSync(files.authorityKey, 'utf8'));
  const signingKey = await webcrypto.subtle.importKey('pkcs8', der!, algorithm, false, ['sign']);
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const now = clock.now().getTime();
  const leaf = await x509.X509CertificateGenerator.create({
    subject: [{ CN: ['Sallyport'] }],
    issuer: authority.subject,
    notBefore: new Date(now - dayMs),
    notAfter: new Date(now + leafDays * dayMs),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey as CryptoKey,
    signingKey: signingKey as CryptoKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(names),
      await x509.AuthorityKeyIdentifierExtension.create(authority),
    ],
  });
  writeSecret(files.key, await privatePem(keys.privateKey as CryptoKey));
  writeSecret(files.certificate, `${leaf.toString('pem')}\n${authority.toString('pem')}\n`);
}

const privatePem = async (key: CryptoKey) =>
  x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), x509.PemConverter.PrivateKeyTag);

/** Whole or not at all, readable by us only. */
function writeSecret(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o600, flush: true });
  renameSync(`${path}.new`, path);
}
