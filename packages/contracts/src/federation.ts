import { z } from 'zod';
import { RoleNameOrNone } from './directory.ts';

/** Identity providers elsewhere, by which people sign in here. */

const claim = z.string().trim().min(1).max(128);
const values = z.array(z.string().trim().min(1).max(256)).max(20);

/** Which claims of the ID token, or of userinfo, say what of a person. */
export const ClaimMap = z.object({
  /** `email` counts only when the provider says that it is verified; of another claim the provider is believed, for its domains. */
  userPrincipalName: claim.default('email'),
  displayName: claim.default('name'),
  givenName: claim.default('given_name'),
  surname: claim.default('family_name'),
  mail: claim.default('email'),
  /** Values by which groups and roles are mapped. */
  groups: claim.default('groups'),
});
export type ClaimMap = z.infer<typeof ClaimMap>;

export const OpenIdConnectSettings = z.object({
  kind: z.literal('openIdConnect'),
  /** Exactly as its discovery document says it (OpenID Connect Discovery 1.0, 4.3). */
  issuer: z
    .url({ protocol: /^https$/ })
    .max(512)
    .refine((issuer) => !/[?#]/.test(issuer), 'an issuer has no query and no fragment'),
  clientId: z.string().trim().min(1).max(256),
  scopes: z
    .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/, 'a scope (RFC 6749, 3.3)'))
    .max(20)
    .default(['openid', 'profile', 'email'])
    .refine((scopes) => scopes.includes('openid'), 'the scope `openid` is needed'),
  claims: ClaimMap.prefault({}),
  /** Which `amr` (RFC 8176) and `acr` values prove more than one factor. One of either is enough. */
  multiFactor: z.object({ amr: values.default(['mfa']), acr: values.default(['phr', 'phrh']) }).prefault({}),
});
export type OpenIdConnectSettings = z.infer<typeof OpenIdConnectSettings>;

export const ProviderSettings = z.discriminatedUnion('kind', [OpenIdConnectSettings]);
export type ProviderSettings = z.infer<typeof ProviderSettings>;
export type ProviderKind = ProviderSettings['kind'];

/** What stands behind the `@`. */
export const mailDomain = z
  .string()
  .trim()
  .toLowerCase()
  .max(253)
  .regex(/^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]([a-z0-9-]*[a-z0-9])$/, 'a domain such as contoso.com');

/** What an administrator says of a provider. */
export const IdentityProviderInput = z.object({
  displayName: z.string().trim().min(1).max(100),
  enabled: z.boolean().default(true),
  /** Whose names it may speak of: `name@domain`. Who types such a name at sign-in is sent there. */
  domains: z.array(mailDomain).max(50).default([]),
  /** Make a person at the first sign-in. */
  createPeople: z.boolean().default(false),
  /** Let a first sign-in take over the person here who bears the same name. Never one with a role, nor an emergency account. */
  linkPeople: z.boolean().default(false),
  /** Refuse who has not shown more than one factor there. */
  requireMultiFactor: z.boolean().default(true),
  /** A group here for a value of the claim of groups. Its members are then those who have the value, of this provider's people. */
  groups: z
    .array(z.object({ value: z.string().trim().min(1).max(256), groupId: z.uuid() }))
    .max(200)
    .default([]),
  /** A role here for a value of the claim of groups, the first that fits. Only of people whom the provider made. */
  roles: z
    .array(z.object({ value: z.string().trim().min(1).max(256), role: RoleNameOrNone.exclude(['']) }))
    .max(20)
    .default([]),
  settings: ProviderSettings,
  /** Kept sealed, and never shown again. Left out of a change: it stays. Empty: taken away. */
  clientSecret: z.string().max(2_048).optional(),
});
export type IdentityProviderInput = z.infer<typeof IdentityProviderInput>;

export const IdentityProvider = IdentityProviderInput.omit({ clientSecret: true }).extend({
  id: z.uuid(),
  hasSecret: z.boolean(),
  /** What is registered there as the redirect URI. */
  redirectUri: z.string(),
  /** How many people here are known to it. */
  people: z.int(),
  lastSignInAt: z.iso.datetime().nullable(),
  createdAt: z.iso.datetime(),
  modifiedAt: z.iso.datetime(),
});
export type IdentityProvider = z.infer<typeof IdentityProvider>;

/** Why a sign-in by a provider came to nothing, as the sign-in page is told. */
export const federationFailures = [
  'blockedByPolicy',
  'cancelled',
  'expired',
  'moreDemanded',
  'refused',
  'throttled',
  'unreachable',
] as const;
export type FederationFailure = (typeof federationFailures)[number];
