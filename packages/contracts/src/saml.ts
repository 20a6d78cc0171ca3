import { z } from 'zod';

/** Applications that people sign in to by SAML 2.0. */

const address = z
  .url({ protocol: /^https?$/ })
  .max(2_048)
  .refine((url) => {
    const { protocol, hostname } = new URL(url);
    return protocol === 'https:' || ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
  }, 'must be `https`, or `http` on localhost');
/** Base64 of DER, as metadata has it. */
const certificate = z
  .string()
  .max(16_384)
  .transform((text) => text.replaceAll(/-----(BEGIN|END) CERTIFICATE-----|\s/g, ''))
  .pipe(z.base64().min(1));

export const samlNameIdFormats = {
  emailAddress: 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress',
  persistent: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
  transient: 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient',
  unspecified: 'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified',
} as const;
export type SamlNameIdFormat = keyof typeof samlNameIdFormats;
const nameIdFormats = ['emailAddress', 'persistent', 'transient', 'unspecified'] as const satisfies SamlNameIdFormat[];

export const samlSources = [
  'objectId',
  'userPrincipalName',
  'displayName',
  'givenName',
  'surname',
  'mail',
  'jobTitle',
  'department',
  'employeeId',
  /** Values of the application's roles that were given. */
  'roles',
  /** Names of groups, at most 150 of them as in Entra; past that none. */
  'groups',
] as const;
export type SamlSource = (typeof samlSources)[number];

const claims = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims';
const microsoft = 'http://schemas.microsoft.com';
/** As Entra names them, but for groups. https://learn.microsoft.com/entra/identity-platform/saml-claims-customization */
export const samlDefaultAttributes: { name: string; source: SamlSource }[] = [
  { name: `${claims}/name`, source: 'userPrincipalName' },
  { name: `${claims}/emailaddress`, source: 'mail' },
  { name: `${claims}/givenname`, source: 'givenName' },
  { name: `${claims}/surname`, source: 'surname' },
  { name: `${microsoft}/identity/claims/objectidentifier`, source: 'objectId' },
  { name: `${microsoft}/identity/claims/displayname`, source: 'displayName' },
  { name: `${microsoft}/ws/2008/06/identity/claims/role`, source: 'roles' },
];

export const SamlSettings = z.object({
  entityId: z.string().trim().min(1).max(1_024),
  /** Where responses are posted to: compared character by character. The first is the default unless one says so. */
  assertionConsumers: z
    .array(z.object({ url: address, index: z.int().min(0).max(65_535), isDefault: z.boolean().default(false) }))
    .min(1)
    .max(20),
  /** Where answers to requests to sign out go. */
  singleLogoutUrl: address.nullable().default(null),
  singleLogoutBinding: z.enum(['redirect', 'post']).default('redirect'),
  /** By which its requests are signed. */
  signingCertificates: z.array(certificate).max(5).default([]),
  /** Where there is one, assertions are encrypted for it. RSA. */
  encryptionCertificate: certificate.nullable().default(null),
  /** Refuse requests without a signature. One that is there is checked always. */
  requireSignedRequests: z.boolean().default(false),
  /** Where the request asks for no other. */
  nameIdFormat: z.enum(nameIdFormats).default('emailAddress'),
  attributes: z
    .array(z.object({ name: z.string().trim().min(1).max(512), source: z.enum(samlSources) }))
    .max(50)
    .default(samlDefaultAttributes),
  /** Where a sign-in that begins here leads to. */
  relayState: z.string().max(1_024).default(''),
});
export type SamlSettings = z.infer<typeof SamlSettings>;

/** What the application's administrators are told of us. */
export const SamlEndpoints = z.object({
  entityId: z.string(),
  metadata: z.string(),
  singleSignOn: z.string(),
  singleLogout: z.string(),
  /** For bookmarks: begins here and ends there. */
  start: z.string(),
  /** PEM. */
  certificate: z.string(),
});
export type SamlEndpoints = z.infer<typeof SamlEndpoints>;
