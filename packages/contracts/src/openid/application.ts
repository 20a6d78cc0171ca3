import { z } from 'zod';

/**
 * Microsoft Graph's `application` and `servicePrincipal`, as far as the provider keeps to them. What it would not keep to is refused, so that nobody
 * believes in a setting without effect. https://learn.microsoft.com/graph/api/resources/application
 */

const text = (max: number) => z.string().trim().min(1).max(max);
const schemeOf = (uri: string): string => (URL.canParse(uri) ? new URL(uri).protocol : '');
const loopback = new Set(['localhost', '127.0.0.1', '[::1]']);
/** Schemes that a browser runs or that leave the web: never where a code is sent to. */
const forbiddenSchemes = new Set(['javascript:', 'data:', 'vbscript:', 'file:', 'blob:', 'about:', 'ftp:', 'ws:', 'wss:']); // prettier-ignore

const plain = (uri: string): boolean => {
  if (!URL.canParse(uri) || /[#*\s\\]/.test(uri)) return false;
  const { username, password } = new URL(uri);
  return username === '' && password === '';
};
/** `https`, or `http` to the machine itself. RFC 9700, 2.1: compared character by character, so no wildcards. */
const isWebUri = (uri: string): boolean =>
  plain(uri) && (schemeOf(uri) === 'https:' || (schemeOf(uri) === 'http:' && loopback.has(new URL(uri).hostname)));
const isNativeUri = (uri: string): boolean =>
  plain(uri) && (isWebUri(uri) || (schemeOf(uri) !== 'http:' && !forbiddenSchemes.has(schemeOf(uri))));

const WebUri = z
  .string()
  .max(256)
  .refine(isWebUri, 'must be `https`, or `http` to localhost, without wildcards, fragment or user');
const NativeUri = z.string().max(256).refine(isNativeUri, 'must be a URI of the application, without wildcards or fragment'); // prettier-ignore
const HttpsUri = z
  .string()
  .max(256)
  .refine((uri) => plain(uri) && schemeOf(uri) === 'https:', 'must be `https`');
const platform = <T extends z.ZodType<string>>(uri: T) =>
  z.strictObject({ redirectUris: z.array(uri).max(256).default([]) });

export const PermissionScope = z.strictObject({
  id: z.uuid(),
  /** What stands in `scp`. */
  value: z.string().regex(/^[\w.:!#$%&'()*+,/<=>?@^`{|}~-]{1,120}$/, 'letters, digits and signs, no space'),
  type: z.enum(['User', 'Admin']).default('User'),
  isEnabled: z.boolean().default(true),
  adminConsentDisplayName: z.string().max(256).nullish(),
  adminConsentDescription: z.string().max(1024).nullish(),
  userConsentDisplayName: z.string().max(256).nullish(),
  userConsentDescription: z.string().max(1024).nullish(),
});
export const AppRole = z.strictObject({
  id: z.uuid(),
  value: z
    .string()
    .regex(/^[\w.:-]{1,120}$/, 'letters, digits, `.`, `:` and `-`')
    .nullish(),
  displayName: text(256),
  description: z.string().max(1024).default(''),
  allowedMemberTypes: z
    .array(z.enum(['User', 'Application']))
    .min(1)
    .max(2),
  isEnabled: z.boolean().default(true),
  origin: z.string().max(32).optional(),
});
const unique = (all: readonly unknown[]): boolean => new Set(all).size === all.length;

export const ApplicationBody = z.strictObject({
  displayName: text(256),
  description: z.string().max(1024).nullish(),
  notes: z.string().max(1024).nullish(),
  /** One tenant: its own. */
  signInAudience: z.literal('AzureADMyOrg').default('AzureADMyOrg'),
  tags: z.array(z.string().max(256)).max(50).default([]),
  identifierUris: z
    .array(
      z
        .string()
        .max(256)
        .refine((uri) => plain(uri) && ['api:', 'https:'].includes(schemeOf(uri)), 'must be `api://…` or `https://…`'),
    ) // prettier-ignore
    .max(50)
    .default([]),
  web: platform(WebUri).extend({ homePageUrl: HttpsUri.nullish(), logoutUrl: HttpsUri.nullish() }).prefault({}),
  spa: platform(WebUri).prefault({}),
  publicClient: platform(NativeUri).prefault({}),
  /** A program that can't keep a secret: device code. */
  isFallbackPublicClient: z.boolean().default(false),
  isDeviceOnlyAuthSupported: z.boolean().nullish(),
  groupMembershipClaims: z.enum(['None', 'SecurityGroup', 'All']).nullish(),
  api: z
    .strictObject({
      oauth2PermissionScopes: z
        .array(PermissionScope)
        .max(200)
        .refine((scopes) => unique(scopes.map(({ value }) => value)), 'each scope has a value of its own')
        .default([]),
    })
    .prefault({}),
  appRoles: z
    .array(AppRole)
    .max(200)
    .refine((roles) => unique(roles.map(({ id }) => id)), 'each role has an id of its own')
    .default([]),
  requiredResourceAccess: z
    .array(
      z.strictObject({
        resourceAppId: z.uuid(),
        resourceAccess: z.array(z.strictObject({ id: z.uuid(), type: z.enum(['Scope', 'Role']) })).max(200),
      }),
    )
    .max(50)
    .default([]),
  /** Sallyport's own: what OpenID Connect has and Graph has no word for. */
  openid: z
    .strictObject({
      /** `sub` is another in each application, or the person's id everywhere. */
      subjectType: z.enum(['pairwise', 'public']).default('pairwise'),
      postLogoutRedirectUris: z.array(WebUri).max(50).default([]),
      requireDpop: z.boolean().default(false),
    })
    .prefault({}),
});
export type ApplicationBody = z.infer<typeof ApplicationBody>;

export const ServicePrincipalBody = z.strictObject({
  accountEnabled: z.boolean().default(true),
  appRoleAssignmentRequired: z.boolean().default(false),
  notes: z.string().max(1024).nullish(),
  tags: z.array(z.string().max(256)).max(50).default([]),
});
export type ServicePrincipalBody = z.infer<typeof ServicePrincipalBody>;

export const PasswordCredential = z.object({
  keyId: z.string(),
  displayName: z.string().nullable(),
  hint: z.string(),
  startDateTime: z.iso.datetime(),
  endDateTime: z.iso.datetime(),
});
