import { samlNameIdFormats, SamlSettings, type SamlNameIdFormat } from '@sallyport/contracts';
import { badRequest } from '../../platform/errors.ts';
import { checkCertificate } from './signature.ts';
import { attributeOf, childOf, childrenOf, element, malformed, ns, parseXml } from './xml.ts';

export const bindings = {
  post: 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST',
  redirect: 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect',
} as const;

/** The certificates of a descriptor for a use; one without a use is for both (SAML Metadata 2.0, 2.4.1.1). */
const certificatesFor = (descriptor: Element, use: 'signing' | 'encryption'): string[] =>
  childrenOf(descriptor, ns.metadata, 'KeyDescriptor')
    .filter((key) => (attributeOf(key, 'use') ?? use) === use)
    .flatMap((key) => {
      const info = childOf(key, ns.signature, 'KeyInfo');
      return info ? childrenOf(info, ns.signature, 'X509Data') : [];
    })
    .flatMap((data) => childrenOf(data, ns.signature, 'X509Certificate'))
    .map((certificate) => (certificate.textContent ?? '').replaceAll(/\s/g, ''));

/** What a service provider's metadata says (SAML Metadata 2.0). Its own signature is not asked for: an administrator vouches for it. Throws BadRequest. */
export function settingsOfMetadata(xml: string): SamlSettings {
  const root = parseXml(xml);
  if (root.namespaceURI !== ns.metadata || root.localName !== 'EntityDescriptor')
    throw malformed('this is not the metadata of one service provider (`EntityDescriptor`)');
  const descriptor = childOf(root, ns.metadata, 'SPSSODescriptor');
  if (!descriptor) throw malformed('the metadata has no service provider (`SPSSODescriptor`)');
  const consumers = childrenOf(descriptor, ns.metadata, 'AssertionConsumerService').filter(
    (one) => attributeOf(one, 'Binding') === bindings.post,
  );
  if (consumers.length === 0) throw malformed('the service provider takes no responses by HTTP-POST');
  const logouts = childrenOf(descriptor, ns.metadata, 'SingleLogoutService');
  const logoutBy = (binding: string) => logouts.find((one) => attributeOf(one, 'Binding') === binding);
  const redirected = logoutBy(bindings.redirect);
  const logout = redirected ?? logoutBy(bindings.post);
  const asked = childrenOf(descriptor, ns.metadata, 'NameIDFormat').map((one) => one.textContent?.trim());
  const formats = Object.entries(samlNameIdFormats) as [SamlNameIdFormat, string][];
  const [encryption] = certificatesFor(descriptor, 'encryption');
  const settings = SamlSettings.safeParse({
    entityId: attributeOf(root, 'entityID'),
    assertionConsumers: consumers.map((one, at) => ({
      url: attributeOf(one, 'Location'),
      index: Number(attributeOf(one, 'index') ?? at),
      isDefault: ['true', '1'].includes(attributeOf(one, 'isDefault') ?? ''),
    })),
    singleLogoutUrl: (logout && (attributeOf(logout, 'ResponseLocation') ?? attributeOf(logout, 'Location'))) ?? null,
    singleLogoutBinding: redirected ? 'redirect' : 'post',
    signingCertificates: certificatesFor(descriptor, 'signing'),
    encryptionCertificate: encryption ?? null,
    requireSignedRequests: ['true', '1'].includes(attributeOf(descriptor, 'AuthnRequestsSigned') ?? ''),
    nameIdFormat: formats.find(([, name]) => asked.includes(name))?.[0] ?? 'emailAddress',
  });
  if (!settings.success) throw badRequest('body', settings.error);
  checkSettings(settings.data);
  return settings.data;
}

/** Throws BadRequest for what can't be so. */
export function checkSettings({
  signingCertificates,
  encryptionCertificate,
  requireSignedRequests,
}: SamlSettings): void {
  for (const certificate of signingCertificates) checkCertificate(certificate);
  if (encryptionCertificate !== null) checkCertificate(encryptionCertificate);
  if (requireSignedRequests && signingCertificates.length === 0)
    throw malformed('signatures are asked for, and there is no certificate to check them by');
}

export interface Addresses {
  readonly entityId: string;
  readonly singleSignOn: string;
  readonly singleLogout: string;
}

/** What we say of ourselves. */
export function identityProviderMetadata(
  { entityId, singleSignOn, singleLogout }: Addresses,
  certificates: readonly string[],
): string {
  // prettier-ignore
  const keys = certificates.map((certificate) =>
    element('md:KeyDescriptor', { use: 'signing' },
      element('ds:KeyInfo', { 'xmlns:ds': ns.signature }, element('ds:X509Data', {}, element('ds:X509Certificate', {}, certificate))),
    ),
  ); // prettier-ignore
  const at = (name: string, Location: string) =>
    Object.values(bindings).map((Binding) => element(name, { Binding, Location }));
  const { xml } = element(
    'md:EntityDescriptor',
    { 'xmlns:md': ns.metadata, entityID: entityId },
    element(
      'md:IDPSSODescriptor',
      { protocolSupportEnumeration: ns.protocol, WantAuthnRequestsSigned: 'false' },
      ...keys,
      ...at('md:SingleLogoutService', singleLogout),
      ...Object.values(samlNameIdFormats).map((format) => element('md:NameIDFormat', {}, format)),
      ...at('md:SingleSignOnService', singleSignOn),
    ),
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n${xml}\n`;
}
