import { z } from 'zod';
import { route } from '../route.ts';
import { PermissionName } from './roles.ts';

const Upn = z.email().max(254).describe('User principal name, `name@domain`');
const DisplayName = z.string().trim().min(1).max(128);
/** WebAuthn JSON as `@simplewebauthn` types it; checked by that library, so only its size is bounded here. */
export const WebAuthnJson = z.record(z.string(), z.unknown());
export const TotpCode = z.string().regex(/^\d{6}$/, 'six digits');
/** Sixteen letters and digits in fours: 80 bits. */
export const RecoveryCode = z
  .string()
  .regex(/^[a-z2-7]{4}(-[a-z2-7]{4}){3}$/i, 'six digits, or a recovery code such as abcd-efgh-2345-6723');
export const Password = z.string().min(12, 'at least 12 characters').max(256);

export const signInMethods = [
  'passkey',
  'passwordTotp',
  'passwordRecoveryCode',
  'temporaryAccessPassOneTime',
  'temporaryAccessPassMultiUse',
  'federatedSingleFactor',
  'federatedMultiFactor',
] as const;
export type SignInMethod = (typeof signInMethods)[number];

export const Me = z.object({
  id: z.uuid(),
  userPrincipalName: z.string(),
  displayName: z.string(),
  /** Names of the roles that are in force. */
  roles: z.array(z.string()),
  permissions: z.array(PermissionName),
  /** Those of `permissions` that are held over a part of the data only. */
  overPart: z.array(PermissionName),
  sessionId: z.uuid(),
  /** How this session signed in. */
  method: z.enum(signInMethods),
});
export type Me = z.infer<typeof Me>;

export const StepUp = z.object({
  /** In words for the person: `multifactor authentication`. Empty when nothing is asked for. */
  required: z.array(z.string()),
  /** Entra's number: 50074 asks for a stronger method, 70044 for a new sign-in; null when nothing is asked for. */
  code: z.string().nullable(),
  /** What the caller has, and might do. */
  passkey: z.boolean(),
  password: z.boolean(),
});
export type StepUp = z.infer<typeof StepUp>;

export const Session = z.object({
  id: z.uuid(),
  createdAt: z.iso.datetime(),
  lastSeenAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  ipAddress: z.string(),
  userAgent: z.string(),
  current: z.boolean(),
});
export type Session = z.infer<typeof Session>;

export const ApiToken = z.object({
  id: z.uuid(),
  name: z.string(),
  scopes: z.array(PermissionName),
  createdBy: z.string(),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  lastUsedAt: z.iso.datetime().nullable(),
  revokedAt: z.iso.datetime().nullable(),
  /** The workspace that its logs go to; null: the first. */
  workspaceId: z.uuid().nullable(),
  /** Of each scope. */
  uses: z.array(z.object({ permission: PermissionName, lastUsedAt: z.iso.datetime().nullable() })),
});
export type ApiToken = z.infer<typeof ApiToken>;

export const sessionRoutes = {
  getSetup: route({
    method: 'GET',
    path: '/api/setup',
    permission: 'public',
    summary: 'Whether the first administrator has still to be made',
    response: z.object({ needed: z.boolean() }),
  }),
  startSetup: route({
    method: 'POST',
    path: '/api/setup/start',
    permission: 'public',
    summary:
      'With the one-time link: begin the first administrator; answers a passkey challenge and a TOTP secret to choose from',
    body: z.object({ token: z.string().max(128), userPrincipalName: Upn, displayName: DisplayName }),
    response: z.object({
      registration: WebAuthnJson,
      totp: z.object({ secret: z.string(), uri: z.string() }),
    }),
  }),
  finishSetup: route({
    method: 'POST',
    path: '/api/setup/finish',
    permission: 'public',
    summary: 'With the one-time link: finish by passkey, or by password and TOTP; the answer sets the session cookie',
    body: z.discriminatedUnion('method', [
      z.object({ method: z.literal('passkey'), token: z.string().max(128), credential: WebAuthnJson }),
      z.object({
        method: z.literal('passwordTotp'),
        token: z.string().max(128),
        password: Password,
        totpCode: TotpCode,
      }),
    ]),
    response: Me,
  }),
  startPasskeySignIn: route({
    method: 'POST',
    path: '/api/signin/passkey/start',
    permission: 'public',
    summary: 'A passkey challenge, good for 5 minutes and one use',
    response: z.object({ challengeId: z.uuid(), options: WebAuthnJson }),
  }),
  signInWithPasskey: route({
    method: 'POST',
    path: '/api/signin/passkey',
    permission: 'public',
    summary: 'Sign in by passkey; the answer sets the session cookie',
    body: z.object({ challengeId: z.uuid(), credential: WebAuthnJson }),
    response: Me,
  }),
  signInWithPassword: route({
    method: 'POST',
    path: '/api/signin/password',
    permission: 'public',
    summary: 'Sign in by password and TOTP, or a recovery code in its place; the answer sets the session cookie',
    body: z.object({
      userPrincipalName: Upn,
      password: z.string().max(256),
      totpCode: z.union([TotpCode, RecoveryCode]),
    }),
    response: Me,
  }),
  signOut: route({
    method: 'POST',
    path: '/api/signout',
    permission: 'signedIn',
    summary: 'End this session',
    response: z.object({}),
    duringChallenge: true,
  }),
  getMe: route({
    method: 'GET',
    path: '/api/me',
    permission: 'signedIn',
    summary: 'Who is signed in',
    response: Me,
    duringChallenge: true,
  }),
  getStepUp: route({
    method: 'GET',
    path: '/api/step-up',
    permission: 'signedIn',
    summary: 'What Conditional Access asks for before this session goes on, and what the caller could show',
    response: StepUp,
    duringChallenge: true,
  }),
  startPasskeyStepUp: route({
    method: 'POST',
    path: '/api/step-up/passkey/start',
    permission: 'signedIn',
    summary: 'A passkey challenge, good for 5 minutes and one use',
    response: z.object({ challengeId: z.uuid(), options: WebAuthnJson }),
    duringChallenge: true,
  }),
  stepUpWithPasskey: route({
    method: 'POST',
    path: '/api/step-up/passkey',
    permission: 'signedIn',
    summary: 'Go on with this session by passkey; the answer sets another session cookie',
    body: z.object({ challengeId: z.uuid(), credential: WebAuthnJson }),
    response: Me,
    duringChallenge: true,
  }),
  stepUpWithPassword: route({
    method: 'POST',
    path: '/api/step-up/password',
    permission: 'signedIn',
    summary: 'Go on with this session by password and TOTP; the answer sets another session cookie',
    body: z.object({ password: z.string().max(256), totpCode: z.union([TotpCode, RecoveryCode]) }),
    response: Me,
    duringChallenge: true,
  }),
  listSessions: route({
    method: 'GET',
    path: '/api/me/sessions',
    permission: 'signedIn',
    summary: 'Live sessions of the caller',
    response: z.object({ sessions: z.array(Session) }),
  }),
  revokeSession: route({
    method: 'DELETE',
    path: '/api/me/sessions/:id',
    permission: 'signedIn',
    summary: 'Revoke one of the caller’s sessions',
    params: z.object({ id: z.uuid() }),
    response: z.object({}),
  }),
} as const;

export const tokenRoutes = {
  listTokens: route({
    method: 'GET',
    path: '/api/tokens',
    permission: 'authorization.read',
    summary: 'API tokens, without their secrets',
    response: z.object({ tokens: z.array(ApiToken) }),
  }),
  createToken: route({
    method: 'POST',
    path: '/api/tokens',
    permission: 'authorization.manage',
    summary:
      'Make an API token; its secret is in this answer only. Scopes beyond the caller’s own permissions are refused',
    body: z.object({
      name: z.string().trim().min(1).max(64),
      scopes: z.array(PermissionName).min(1),
      expiresInDays: z.int().min(1).max(365).default(90),
      /** Where the logs go that it sends. Default: the first workspace. */
      workspaceId: z.uuid().optional(),
    }),
    /** `sharedKey`: what signs calls to doors that take signatures; only of a token that may send logs. */
    response: z.object({ token: ApiToken, secret: z.string(), sharedKey: z.string().optional() }),
  }),
  narrowToken: route({
    method: 'PATCH',
    path: '/api/tokens/:id',
    permission: 'authorization.manage',
    summary: 'Leave a token no more than these of its scopes',
    params: z.object({ id: z.uuid() }),
    body: z.strictObject({ scopes: z.array(PermissionName).min(1) }),
    response: z.object({ token: ApiToken }),
  }),
  revokeToken: route({
    method: 'DELETE',
    path: '/api/tokens/:id',
    permission: 'authorization.manage',
    summary: 'Revoke an API token at once',
    params: z.object({ id: z.uuid() }),
    response: z.object({}),
  }),
} as const;
