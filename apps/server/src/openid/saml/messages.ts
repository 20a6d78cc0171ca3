import { inflateRawSync } from 'node:zlib';
import { samlNameIdFormats, type SamlNameIdFormat, type SamlSettings } from '@sallyport/contracts';
import { bindings } from './metadata.ts';
import { isSignedQuery, signedRoot } from './signature.ts';
import { attributeOf, childOf, malformed, ns, parseXml, textIn } from './xml.ts';

/** A request is good for this long after its `IssueInstant`; clocks may differ by `skewMs`. */
export const requestLifetimeMs = 10 * 60_000;
const skewMs = 3 * 60_000;
const xmlMax = 65_536;

/** A message as it came: by redirection (`search` as it was sent) or by a form. */
export type Arrived =
  | { readonly binding: 'redirect'; readonly search: string }
  | { readonly binding: 'post'; readonly form: URLSearchParams };

/** The XML of a message. Throws BadRequest. */
export function xmlOf(arrived: Arrived): { readonly xml: string; readonly relayState: string | undefined } {
  const parameters = arrived.binding === 'post' ? arrived.form : new URLSearchParams(arrived.search);
  const coded = parameters.get('SAMLRequest');
  const relayState = parameters.get('RelayState') ?? undefined;
  if (coded === null || coded.length > 2 * xmlMax) throw malformed('there is no `SAMLRequest`, or it is too long');
  if (relayState !== undefined && relayState.length > 2_048) throw malformed('the `RelayState` is too long');
  const bytes = Buffer.from(coded, 'base64');
  if (arrived.binding === 'post') return { xml: bytes.toString(), relayState };
  try {
    return { xml: inflateRawSync(bytes, { maxOutputLength: xmlMax }).toString(), relayState };
  } catch {
    throw malformed('the `SAMLRequest` can’t be inflated, or is too long');
  }
}

/** Who says that a message is theirs: to find by what it is to be checked. */
export const claimedIssuer = (xml: string): string | undefined => textIn(parseXml(xml), ns.assertion, 'Issuer');

interface Checks {
  readonly name: 'AuthnRequest' | 'LogoutRequest';
  readonly destination: string;
  readonly now: Date;
  readonly mustBeSigned: boolean;
}

/** The root of a message, with its signature, version, destination and time checked. Nothing else of it is to be read. Throws BadRequest. */
function checkedRoot(arrived: Arrived, xml: string, settings: SamlSettings, checks: Checks): Element {
  const { signingCertificates } = settings;
  const signed = signedRoot(xml, signingCertificates);
  let bySignature = signed !== undefined;
  if (arrived.binding === 'redirect' && new URLSearchParams(arrived.search).has('Signature')) {
    if (!isSignedQuery(arrived.search, 'SAMLRequest', signingCertificates))
      throw malformed('the signature is not by the application');
    bySignature = true;
  }
  if (checks.mustBeSigned && !bySignature) throw malformed('the request is not signed');
  const root = signed ?? parseXml(xml);
  if (root.namespaceURI !== ns.protocol || root.localName !== checks.name) throw malformed(`this is no ${checks.name}`);
  if (attributeOf(root, 'Version') !== '2.0') throw malformed('the version is not 2.0');
  if (textIn(root, ns.assertion, 'Issuer') !== settings.entityId) throw malformed('the issuer is another');
  const destination = attributeOf(root, 'Destination');
  // SAML Bindings 2.0, 3.4.5.2 and 3.5.5.2: what is signed says where it was meant to go.
  if (destination === undefined ? bySignature && checks.name === 'LogoutRequest' : destination !== checks.destination)
    throw malformed('the request was meant for another address');
  const issued = Date.parse(attributeOf(root, 'IssueInstant') ?? '');
  const age = checks.now.getTime() - issued;
  if (Number.isNaN(issued) || age > requestLifetimeMs || age < -skewMs)
    throw malformed('the request is too old, or of the future');
  return root;
}

const idOf = (root: Element): string => {
  const id = attributeOf(root, 'ID') ?? '';
  if (!/^[A-Za-z_][\w.-]{0,255}$/.test(id)) throw malformed('the request has no proper ID');
  return id;
};

export interface AuthnRequest {
  readonly id: string;
  readonly acsUrl: string;
  readonly forceAuthn: boolean;
  readonly isPassive: boolean;
  readonly nameIdFormat: SamlNameIdFormat;
}

/** Where a response goes when nothing else is said. */
export function defaultConsumer({ assertionConsumers }: SamlSettings): string {
  const url = (assertionConsumers.find(({ isDefault }) => isDefault) ?? assertionConsumers[0])?.url;
  if (url === undefined) throw malformed('the application takes no responses');
  return url;
}

function consumerOf(root: Element, settings: SamlSettings): string {
  const url = attributeOf(root, 'AssertionConsumerServiceURL');
  const index = attributeOf(root, 'AssertionConsumerServiceIndex');
  if ((attributeOf(root, 'ProtocolBinding') ?? bindings.post) !== bindings.post)
    throw malformed('responses are sent by HTTP-POST only');
  if (url === undefined && index === undefined) return defaultConsumer(settings);
  const found = settings.assertionConsumers.find((one) =>
    url === undefined ? String(one.index) === index : one.url === url,
  );
  if (!found) throw malformed('the response is wanted at an address that is not registered');
  return found.url;
}

function formatOf(root: Element, settings: SamlSettings): SamlNameIdFormat {
  const policy = childOf(root, ns.protocol, 'NameIDPolicy');
  const asked = policy && attributeOf(policy, 'Format');
  if (asked === undefined || asked === samlNameIdFormats.unspecified) return settings.nameIdFormat;
  const formats = Object.entries(samlNameIdFormats) as [SamlNameIdFormat, string][];
  const found = formats.find(([, name]) => name === asked)?.[0];
  if (!found) throw malformed('the format that is wanted for the name is not known');
  return found;
}

/** What an application asks for (SAML Core 2.0, 3.4.1). Throws BadRequest. */
export function readAuthnRequest(
  arrived: Arrived,
  xml: string,
  settings: SamlSettings,
  { destination, now }: Pick<Checks, 'destination' | 'now'>,
): AuthnRequest {
  const mustBeSigned = settings.requireSignedRequests;
  const root = checkedRoot(arrived, xml, settings, { name: 'AuthnRequest', destination, now, mustBeSigned });
  const yes = (name: string) => ['true', '1'].includes(attributeOf(root, name) ?? '');
  return {
    id: idOf(root),
    acsUrl: consumerOf(root, settings),
    forceAuthn: yes('ForceAuthn'),
    isPassive: yes('IsPassive'),
    nameIdFormat: formatOf(root, settings),
  };
}

export interface LogoutRequest {
  readonly id: string;
  readonly nameId: string;
  readonly sessionIndex: string | undefined;
}

/** Who is to be signed out (SAML Core 2.0, 3.7.1). Always signed, or anybody could end anybody's sign-in. Throws BadRequest. */
export function readLogoutRequest(
  arrived: Arrived,
  xml: string,
  settings: SamlSettings,
  { destination, now }: Pick<Checks, 'destination' | 'now'>,
): LogoutRequest {
  const root = checkedRoot(arrived, xml, settings, { name: 'LogoutRequest', destination, now, mustBeSigned: true });
  const nameId = textIn(root, ns.assertion, 'NameID');
  if (nameId === undefined) throw malformed('the request names nobody');
  return { id: idOf(root), nameId, sessionIndex: textIn(root, ns.protocol, 'SessionIndex') };
}
