import { randomBytes } from 'node:crypto';
import { samlNameIdFormats, type SamlNameIdFormat } from '@sallyport/contracts';
import { encryptXml, signXml, type Signer } from './signature.ts';
import { element, ns, type Xml } from './xml.ts';

/** As long as a browser takes from here to there, with clocks that differ. */
const assertionMs = 5 * 60_000;
const skewMs = 60_000;
const bearer = 'urn:oasis:names:tc:SAML:2.0:cm:bearer';
const status = 'urn:oasis:names:tc:SAML:2.0:status';
const named = 'urn:oasis:names:tc:SAML:2.0:attrname-format';

/** An `xs:ID` of 160 random bits. */
export const newId = (): string => `_${randomBytes(20).toString('hex')}`;
const at = (time: number): string => new Date(time).toISOString();

export interface Answer {
  readonly issuer: string;
  readonly acsUrl: string;
  /** Undefined where nothing was asked: a sign-in that begins here. */
  readonly inResponseTo: string | undefined;
  readonly now: Date;
}

export interface Subject {
  readonly audience: string;
  readonly nameId: string;
  readonly nameIdFormat: SamlNameIdFormat;
  readonly sessionIndex: string;
  readonly signedInAt: Date;
  /** Until when the sign-in holds at most. */
  readonly endsAt: Date;
  readonly contextClass: string;
  readonly attributes: readonly { readonly name: string; readonly values: readonly string[] }[];
}

const issuerOf = ({ issuer }: Pick<Answer, 'issuer'>): Xml => element('saml:Issuer', { 'xmlns:saml': ns.assertion }, issuer); // prettier-ignore

function assertionOf(answer: Answer, subject: Subject): string {
  const { issuer, acsUrl, inResponseTo, now } = answer;
  const time = now.getTime();
  const ends = at(time + assertionMs);
  const statements = subject.attributes
    .filter(({ values }) => values.length > 0)
    .map(({ name, values }) =>
      element(
        'saml:Attribute',
        { Name: name, NameFormat: /^[a-z][a-z0-9+.-]*:/i.test(name) ? `${named}:uri` : `${named}:basic` },
        ...values.map((value) => element('saml:AttributeValue', {}, value)),
      ),
    );
  return element(
    'saml:Assertion',
    { 'xmlns:saml': ns.assertion, ID: newId(), Version: '2.0', IssueInstant: at(time) },
    element('saml:Issuer', {}, issuer),
    element(
      'saml:Subject',
      {},
      element('saml:NameID', { Format: samlNameIdFormats[subject.nameIdFormat] }, subject.nameId),
      element(
        'saml:SubjectConfirmation',
        { Method: bearer },
        element('saml:SubjectConfirmationData', { InResponseTo: inResponseTo, NotOnOrAfter: ends, Recipient: acsUrl }),
      ),
    ),
    element(
      'saml:Conditions',
      { NotBefore: at(time - skewMs), NotOnOrAfter: ends },
      element('saml:AudienceRestriction', {}, element('saml:Audience', {}, subject.audience)),
    ),
    element(
      'saml:AuthnStatement',
      {
        AuthnInstant: subject.signedInAt.toISOString(),
        SessionIndex: subject.sessionIndex,
        SessionNotOnOrAfter: subject.endsAt.toISOString(),
      },
      element('saml:AuthnContext', {}, element('saml:AuthnContextClassRef', {}, subject.contextClass)),
    ),
    statements.length > 0 ? element('saml:AttributeStatement', {}, ...statements) : undefined,
  ).xml;
}

const responseOf = (name: 'Response' | 'LogoutResponse', answer: Answer, code: Xml, content?: Xml): string =>
  element(
    `samlp:${name}`,
    {
      'xmlns:samlp': ns.protocol,
      ID: newId(),
      Version: '2.0',
      IssueInstant: at(answer.now.getTime()),
      Destination: answer.acsUrl,
      InResponseTo: answer.inResponseTo,
    },
    issuerOf(answer),
    element('samlp:Status', {}, code),
    content,
  ).xml;
const code = (value: string, second?: string): Xml =>
  element('samlp:StatusCode', { Value: `${status}:${value}` }, second === undefined ? undefined : element('samlp:StatusCode', { Value: `${status}:${second}` })); // prettier-ignore

/** A response with an assertion, both signed; the assertion encrypted where there is a certificate for that. */
export async function successResponse(
  answer: Answer,
  subject: Subject,
  signer: Signer,
  encryptionCertificate: string | null,
): Promise<string> {
  const assertion = signXml(assertionOf(answer, subject), signer);
  const content =
    encryptionCertificate === null
      ? { xml: assertion }
      : element('saml:EncryptedAssertion', { 'xmlns:saml': ns.assertion }, { xml: await encryptXml(assertion, encryptionCertificate) }); // prettier-ignore
  return signXml(responseOf('Response', answer, code('Success'), content), signer);
}

/** Tells the application that there is no sign-in: the person turned back, or would have had to be asked something. */
export const failureResponse = (
  answer: Answer,
  second: 'AuthnFailed' | 'NoPassive' | 'RequestDenied',
  signer: Signer,
): string =>
  // prettier-ignore
  signXml(responseOf('Response', answer, code('Responder', second)), signer);

/** `partial`: others of the same sign-in were not told. Not signed yet: by redirection the query is, by a form the message. */
export const logoutResponse = (answer: Answer, partial: boolean): string =>
  responseOf('LogoutResponse', answer, code('Success', partial ? 'PartialLogout' : undefined));
