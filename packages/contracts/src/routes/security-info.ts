import { z } from 'zod';
import { route } from '../route.ts';
import { AuthenticationMethod } from './directory.ts';
import { Me, Password, TotpCode, WebAuthnJson } from './session.ts';

/** How long a sign-in counts as fresh, so that one may change how one signs in. */
export const freshMinutes = 10;
export const passkeysMax = 10;

const MethodName = z.string().trim().min(1).max(64);

export const SecurityInfo = z.object({
  methods: z.array(AuthenticationMethod),
  recoveryCodesLeft: z.int(),
  /** Until when this sign-in is fresh; past that, one signs in anew before anything is changed. */
  freshUntil: z.iso.datetime(),
});
export type SecurityInfo = z.infer<typeof SecurityInfo>;

/** A sign-in of the caller's, as `SigninLogs` has it. */
export const MySignIn = z.object({
  at: z.iso.datetime(),
  application: z.string(),
  succeeded: z.boolean(),
  /** Microsoft Entra's error code. */
  code: z.string(),
  reason: z.string(),
  ipAddress: z.string(),
  country: z.string(),
  userAgent: z.string(),
  methods: z.array(z.string()),
});
export type MySignIn = z.infer<typeof MySignIn>;

const mine = { permission: 'signedIn' } as const;

export const securityInfoRoutes = {
  getSecurityInfo: route({
    ...mine,
    method: 'GET',
    path: '/api/me/security-info',
    summary: 'How the caller signs in',
    response: SecurityInfo,
  }),
  startPasskey: route({
    ...mine,
    method: 'POST',
    path: '/api/me/passkeys/start',
    summary: 'A challenge for a new passkey of the caller’s, good for 5 minutes; after a fresh sign-in',
    response: z.object({ challengeId: z.uuid(), options: WebAuthnJson }),
  }),
  addPasskey: route({
    ...mine,
    method: 'POST',
    path: '/api/me/passkeys',
    summary: 'Add a passkey; after a fresh sign-in',
    body: z.object({ challengeId: z.uuid(), credential: WebAuthnJson, name: MethodName }),
    response: SecurityInfo,
  }),
  renamePasskey: route({
    ...mine,
    method: 'PATCH',
    path: '/api/me/passkeys/:id',
    summary: 'Name a passkey',
    params: z.object({ id: z.string().min(1).max(1_400) }),
    body: z.object({ name: MethodName }),
    response: SecurityInfo,
  }),
  startAuthenticator: route({
    ...mine,
    method: 'POST',
    path: '/api/me/authenticator/start',
    summary: 'A secret for an authenticator app, good for 5 minutes; after a fresh sign-in',
    response: z.object({ challengeId: z.uuid(), totp: z.object({ secret: z.string(), uri: z.string() }) }),
  }),
  setPasswordAndAuthenticator: route({
    ...mine,
    method: 'PUT',
    path: '/api/me/authenticator',
    summary: 'Use another authenticator, and set a password where there is none; after a fresh sign-in',
    body: z.object({ challengeId: z.uuid(), totpCode: TotpCode, password: Password.optional() }),
    response: SecurityInfo,
  }),
  changePassword: route({
    ...mine,
    method: 'PUT',
    path: '/api/me/password',
    summary: 'Change the password; other sessions end; after a fresh sign-in',
    body: z.object({ password: Password }),
    response: SecurityInfo,
  }),
  removeMethod: route({
    ...mine,
    method: 'DELETE',
    path: '/api/me/methods/:id',
    summary: 'Remove a way to sign in; one is always left; after a fresh sign-in',
    params: z.object({ id: z.string().min(1).max(1_400) }),
    response: SecurityInfo,
  }),
  makeRecoveryCodes: route({
    ...mine,
    method: 'POST',
    path: '/api/me/recovery-codes',
    summary: 'New recovery codes, shown once; those before are void; after a fresh sign-in',
    response: z.object({ codes: z.array(z.string()) }),
  }),
  listMySignIns: route({
    ...mine,
    method: 'GET',
    path: '/api/me/sign-ins',
    summary: 'The caller’s sign-ins of the last 30 days, newest first; at most 200',
    response: z.object({ signIns: z.array(MySignIn) }),
  }),
  createTemporaryAccessPass: route({
    method: 'POST',
    path: '/api/directory/people/:id/temporary-access-pass',
    permission: 'authenticationMethods.manage',
    summary: 'A pass by which a person signs in for a while, to add a passkey; shown once; the one before is void',
    params: z.object({ id: z.uuid() }),
    body: z.object({
      /** As Microsoft Entra bounds them. */
      lifetimeInMinutes: z.int().min(10).max(43_200).default(60),
      isUsableOnce: z.boolean().default(false),
    }),
    response: z.object({ temporaryAccessPass: z.string(), expiresAt: z.iso.datetime() }),
  }),
  removeTemporaryAccessPass: route({
    method: 'DELETE',
    path: '/api/directory/people/:id/temporary-access-pass',
    permission: 'authenticationMethods.manage',
    summary: 'Take a pass away',
    params: z.object({ id: z.uuid() }),
    response: z.object({}),
  }),
  signInWithTemporaryAccessPass: route({
    method: 'POST',
    path: '/api/signin/temporary-access-pass',
    permission: 'public',
    summary: 'Sign in by a pass that an administrator gave; the answer sets the session cookie',
    body: z.object({ userPrincipalName: z.email().max(254), temporaryAccessPass: z.string().min(8).max(48) }),
    response: Me,
  }),
} as const;
