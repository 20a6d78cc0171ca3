import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { SAML, ValidateInResponseTo, type SamlConfig } from '@node-saml/node-saml';

export interface PeerKeys {
  /** PEM. */
  readonly key: string;
  readonly certificate: string;
}

export async function newPeerKeys(name: string): Promise<PeerKeys> {
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', publicExponent: new Uint8Array([1, 0, 1]), modulusLength: 2048 }; // prettier-ignore
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [name] }],
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 86_400_000),
    signingAlgorithm: algorithm,
    keys: keys as CryptoKeyPair,
  });
  const key = x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), x509.PemConverter.PrivateKeyTag); // prettier-ignore
  return { key, certificate: certificate.toString('pem') };
}

/** A service provider made with node-saml, which asserts all that it can. */
export const newPeer = (
  issuer: string,
  idpCert: string,
  { entityId, callbackUrl }: { readonly entityId: string; readonly callbackUrl: string },
  more: Partial<SamlConfig> = {},
): SAML =>
  new SAML({
    entryPoint: `${issuer}/saml2/sso`,
    logoutUrl: `${issuer}/saml2/slo`,
    idpIssuer: `${issuer}/saml2/metadata`,
    idpCert,
    issuer: entityId,
    audience: entityId,
    callbackUrl,
    logoutCallbackUrl: callbackUrl.replace('acs', 'slo'),
    wantAssertionsSigned: true,
    wantAuthnResponseSigned: true,
    validateInResponseTo: ValidateInResponseTo.always,
    acceptedClockSkewMs: 5_000,
    signatureAlgorithm: 'sha256',
    digestAlgorithm: 'sha256',
    disableRequestedAuthnContext: true,
    ...more,
  });
