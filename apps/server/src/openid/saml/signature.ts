import { createPublicKey, sign as signBytes, verify as verifyBytes, X509Certificate } from 'node:crypto';
import { SignedXml } from 'xml-crypto';
import { encrypt } from 'xml-encryption';
import { childrenOf, malformed, ns, parseXml } from './xml.ts';

/** RFC 9231. SHA-1 is not among them. */
const algorithms: Readonly<Record<string, string>> = {
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256': 'sha256',
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha384': 'sha384',
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512': 'sha512',
};
export const signatureAlgorithm = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256';
const digestAlgorithm = 'http://www.w3.org/2001/04/xmlenc#sha256';
const exclusive = 'http://www.w3.org/2001/10/xml-exc-c14n#';
const enveloped = `${ns.signature}enveloped-signature`;
const transformsTaken: ReadonlySet<string> = new Set([exclusive, `${exclusive}WithComments`, enveloped]);

export const pemOf = (certificate: string): string =>
  `-----BEGIN CERTIFICATE-----\n${certificate.match(/.{1,64}/g)?.join('\n') ?? ''}\n-----END CERTIFICATE-----\n`;

/** Throws BadRequest for what is no certificate of an RSA key. */
export function checkCertificate(certificate: string): void {
  let key;
  try {
    key = new X509Certificate(Buffer.from(certificate, 'base64')).publicKey;
  } catch {
    throw malformed('a certificate can’t be read');
  }
  if (key.asymmetricKeyType !== 'rsa') throw malformed('a certificate has a key that is not RSA');
}

export interface Signer {
  /** PEM. */
  readonly key: string;
  /** Base64 of DER. */
  readonly certificate: string;
}

/** Signs a document's root, behind its issuer. */
export function signXml(xml: string, { key, certificate }: Signer): string {
  const signed = new SignedXml({ privateKey: key, publicCert: pemOf(certificate), signatureAlgorithm, canonicalizationAlgorithm: exclusive, getKeyInfoContent: (options) => SignedXml.getKeyInfoContent(options ?? {}) }); // prettier-ignore
  signed.addReference({ xpath: '/*', transforms: [enveloped, exclusive], digestAlgorithm });
  signed.computeSignature(xml, { prefix: 'ds', location: { reference: "/*/*[local-name(.)='Issuer']", action: 'after' } }); // prettier-ignore
  return signed.getSignedXml();
}

/**
 * What of a message has been signed: its root anew, parsed from the bytes that the signature is over, so that nothing beside them is ever read. Undefined
 * without a signature. Throws BadRequest for one that is not by any of `certificates`, is not over the root, or is not the root's own child (XML signature wrapping).
 */
export function signedRoot(xml: string, certificates: readonly string[]): Element | undefined {
  const root = parseXml(xml);
  const all = root.getElementsByTagNameNS(ns.signature, 'Signature');
  if (all.length === 0) return undefined;
  const own = childrenOf(root, ns.signature, 'Signature');
  const [signature] = own;
  if (all.length > 1 || !signature) throw malformed('a message has one signature, below its root');
  const method = signature.getElementsByTagNameNS(ns.signature, 'SignatureMethod')[0]?.getAttribute('Algorithm') ?? '';
  if (!Object.hasOwn(algorithms, method)) throw malformed('the algorithm of the signature is not taken');
  const references = signature.getElementsByTagNameNS(ns.signature, 'Reference');
  const id = root.getAttribute('ID') ?? '';
  if (references.length !== 1 || id === '' || references[0]?.getAttribute('URI') !== `#${id}`)
    throw malformed('the signature is not over the message');
  const transforms = signature.getElementsByTagNameNS(ns.signature, 'Transform');
  for (let at = 0; at < transforms.length; at += 1)
    if (!transformsTaken.has(transforms[at]?.getAttribute('Algorithm') ?? ''))
      throw malformed('a transform of the signature is not taken');
  for (const certificate of certificates) {
    const check = new SignedXml({ publicCert: pemOf(certificate), getCertFromKeyInfo: () => null });
    check.loadSignature(signature);
    if (!isGood(check, xml)) continue;
    const [signed, ...others] = check.getSignedReferences();
    if (signed === undefined || others.length > 0) break;
    const again = parseXml(signed);
    if (again.localName === root.localName && again.getAttribute('ID') === id) return again;
  }
  throw malformed('the signature is not by the application');
}

/** The library throws for some that are not good. */
function isGood(check: SignedXml, xml: string): boolean {
  try {
    return check.checkSignature(xml);
  } catch {
    return false;
  }
}

/** Whether a query of the Redirect binding is signed by one of the certificates: over the parameters as they came (SAML Bindings 2.0, 3.4.4.1). */
export function isSignedQuery(
  search: string,
  message: 'SAMLRequest' | 'SAMLResponse',
  certificates: readonly string[],
): boolean {
  // prettier-ignore
  const raw = new Map(
    search
      .replace(/^\?/, '')
      .split('&')
      .map((pair): [string, string] => [pair.split('=', 1)[0] ?? '', pair]),
  );
  const parameters = new URLSearchParams(search);
  const hash = algorithms[parameters.get('SigAlg') ?? ''];
  const signature = parameters.get('Signature');
  if (hash === undefined || signature === null) return false;
  const over = [message, 'RelayState', 'SigAlg'].flatMap((name) => raw.get(name) ?? []).join('&');
  return certificates.some((certificate) =>
    verifyBytes(hash, Buffer.from(over), createPublicKey(pemOf(certificate)), Buffer.from(signature, 'base64')),
  );
}

/** The same the other way: the query of a signed message. */
export function signedQuery(parameters: Readonly<Record<string, string>>, { key }: Signer): string {
  const query = new URLSearchParams({ ...parameters, SigAlg: signatureAlgorithm }).toString();
  return `${query}&Signature=${encodeURIComponent(signBytes('sha256', Buffer.from(query), key).toString('base64'))}`;
}

/** Encrypts an assertion for the key of a certificate: AES-256-GCM, the key by RSA-OAEP. */
export const encryptXml = (xml: string, certificate: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const pem = pemOf(certificate);
    const rsaPublic = createPublicKey(pem).export({ type: 'spki', format: 'pem' });
    encrypt(
      xml,
      {
        rsa_pub: rsaPublic,
        pem,
        encryptionAlgorithm: 'http://www.w3.org/2009/xmlenc11#aes256-gcm',
        keyEncryptionAlgorithm: 'http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p',
      },
      (error: Error | null, result) => (error ? reject(error) : resolve(result)),
    );
  });
