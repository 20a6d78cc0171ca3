import { randomUUID } from 'node:crypto';
import { SallyportError, type sessionRoutes, type ResponseOf } from '@sallyport/contracts';
import { missingTerms, sallyportApplication, type Gate, type GateAnswer } from '../conditional-access/index.ts';
import type { Platform } from '../platform/types.ts';
import { authenticationOptions, challengeLifetimeMs, checkAuthentication, relyingPartyOf } from './passkeys.ts';
import { checkPassword, stepOfCode } from './secrets.ts';
import { methodModes } from './method-modes.ts';
import type { Opening, OpenedSession, Sessions } from './sessions.ts';
import { recordSignIn, type Origin, type Outcome } from './sign-in-log.ts';
import { passkeys, passwords, people, type Person, type SignInMethod } from './store.ts';
import { countedAddress } from './address.ts';
import type { DeviceProofs } from './devices/index.ts';
import { hashRecoveryCode } from './recovery-codes.ts';
import { termsRefusal } from './terms.ts';
import type { TemporaryAccessPasses } from './temporary-access-passes.ts';
import { createThrottle, type Subject } from './throttle.ts';

/** Who it turned out to be, or why not. `person` is set as soon as it is known whom the sign-in meant. */
export interface Check {
  readonly outcome: Outcome;
  readonly person?: Person;
  /** Where the check finds out which it was. */
  readonly method?: SignInMethod;
  /** Model of the passkey. */
  readonly aaguid?: string;
  /** Who elsewhere vouches for it. */
  readonly issuer?: string;
  /** Where only the check finds out what name was meant. */
  readonly claimedName?: string;
}

const wrongPassword = 'the name, the password or the code is not right';
const wrongPass = 'the name or the pass is not right';
/** One answer whatever was wrong: which part it was is only in our own logs. */
const refused: Readonly<Record<SignInMethod, string>> = {
  passwordTotp: wrongPassword,
  passkey: 'the passkey was not accepted',
  passwordRecoveryCode: wrongPassword,
  temporaryAccessPassOneTime: wrongPass,
  temporaryAccessPassMultiUse: wrongPass,
  federatedSingleFactor: 'the identity provider’s answer was not accepted',
  federatedMultiFactor: 'the identity provider’s answer was not accepted',
};

/** Entra's numbers, and what to do. Whoever reads it has shown the right factors. */
function refusedByPolicy({ decision, required }: GateAnswer): SallyportError {
  const blocked = 'AADSTS53003: Access has been blocked by Conditional Access policies.';
  const more = `AADSTS50074: Conditional Access policies demand ${required.join(', and ')}.`;
  return new SallyportError('Forbidden', decision === 'challenge' ? more : blocked);
}

/** A session that more is shown in. */
export interface ContinuedSession {
  readonly id: string;
  readonly personId: string;
  readonly userPrincipalName: string;
  readonly deviceId: string | undefined;
}

export interface SignInNeeds {
  readonly gate: Gate;
  readonly passes: TemporaryAccessPasses;
  readonly proofs: DeviceProofs;
}

export function createSignIn(platform: Platform, sessions: Sessions, { gate, passes, proofs }: SignInNeeds) {
  const { database, clock, sealing, log } = platform;
  const rp = relyingPartyOf(platform.config);
  const throttle = createThrottle(database, clock);

  /** Throttle, check, ask Conditional Access, and then either a session or a refusal; either way it is recorded. */
  const signIn = async (
    claimed: SignInMethod,
    claimedName: string,
    subjects: readonly Subject[],
    origin: Origin,
    check: () => Promise<Check>,
    continued?: ContinuedSession,
  ): Promise<OpenedSession> => {
    try {
      await throttle.attempt(subjects);
    } catch (error) {
      if (error instanceof SallyportError && error.code === 'TooManyRequests')
        await recordSignIn(platform, { userPrincipalName: claimedName, method: claimed, outcome: 'throttled', origin });
      throw error;
    }
    const { person, method = claimed, aaguid, issuer, ...checked } = await check();
    const vouched = issuer === undefined ? {} : { issuer };
    // Somebody else's factors, however good, say nothing of whose session it is.
    const mine = continued === undefined || person?.id === continued.personId;
    const outcome = checked.outcome === 'success' && !mine ? 'otherPerson' : checked.outcome;
    const who = person
      ? { userPrincipalName: person.userPrincipalName, userId: person.id, displayName: person.displayName }
      : { userPrincipalName: checked.claimedName ?? claimedName };
    if (outcome !== 'success' || !person) {
      await recordSignIn(platform, { ...who, ...vouched, method, outcome, origin });
      if (outcome === 'storeUnavailable') {
        await throttle.takenBack(subjects);
        throw new SallyportError('Unavailable', 'the directory or identity provider does not answer');
      }
      if (outcome === 'moreDemanded')
        throw new SallyportError('Forbidden', 'AADSTS50074: more than one factor is demanded.');
      throw new SallyportError('Unauthenticated', refused[method]);
    }
    const device = origin.deviceProof === undefined ? undefined : await proofs.deviceOf(origin.deviceProof);
    const deviceId = device?.deviceId ?? continued?.deviceId;
    const withDevice = device === undefined ? {} : { device };
    const access = await gate.ask({
      userId: person.id,
      applicationId: sallyportApplication,
      methods: methodModes[method],
      ipAddress: origin.ipAddress,
      userAgent: origin.userAgent,
      clientAppType: 'browser',
      ...(aaguid === undefined ? {} : { aaguid }),
      ...(deviceId === undefined ? {} : { deviceId }),
      requestId: origin.requestId,
      at: clock.now(),
    });
    if (access.emergencyAccess)
      log.warn(
        { userId: person.id, decision: access.decision },
        'an emergency account signs in; no policy holds for it',
      );
    if (access.decision !== 'allow') {
      const refusal = access.decision === 'challenge' ? 'moreDemanded' : 'blockedByPolicy';
      await recordSignIn(platform, { ...who, ...vouched, method, outcome: refusal, origin, access, ...withDevice });
      // Nothing was guessed, so that nobody is locked out for it.
      await throttle.succeeded(subjects);
      const agreements = missingTerms(access);
      if (agreements.length > 0)
        throw await termsRefusal(platform, person, { method, agreements, ...(aaguid === undefined ? {} : { aaguid }) });
      throw refusedByPolicy(access);
    }
    const session = await database.transaction(async (tx) => {
      const opening: Opening = {
        method,
        origin,
        aaguid,
        deviceId,
        access,
      };
      const opened = continued
        ? await sessions.renew(tx, person, continued.id, opening)
        : await sessions.open(tx, person, opening);
      if (device) await tx.execute('UPDATE devices SET last_sign_in_at = $2 WHERE id = $1', [device.id, clock.now()]);
      await recordSignIn(
        platform,
        { ...who, ...vouched, method, outcome, origin, access, sessionId: opened.me.sessionId, ...withDevice },
        tx,
      );
      return opened;
    });
    await throttle.succeeded(subjects);
    return session;
  };

  const checkPasswordAndCode = async (name: string, password: string, code: string): Promise<Check> => {
    const found = await people.byName(database, name);
    const right = await checkPassword(found?.passwordHash ?? undefined, password);
    if (!found) return { outcome: 'unknownUser' };
    const { id, userPrincipalName, displayName } = found;
    const person = { id, userPrincipalName, displayName };
    if (!right || found.totpSecretSealed === null) return { outcome: 'wrongPassword', person };
    if (found.disabled) return { outcome: 'disabled', person };
    if (code.length > 6) {
      const taken = await passwords.takeRecoveryCode(database, id, hashRecoveryCode(code), clock.now());
      const method = 'passwordRecoveryCode';
      return taken ? { outcome: 'success', person, method } : { outcome: 'wrongCode', person, method };
    }
    const secret = sealing.open(found.totpSecretSealed, `totp:${found.id}`).toString();
    const step = stepOfCode(secret, code, clock.now());
    if (step === undefined) return { outcome: 'wrongCode', person };
    if (!(await passwords.takeStep(database, found.id, step))) return { outcome: 'replayedCode', person };
    await passwords.used(database, id, clock.now());
    return { outcome: 'success', person };
  };

  const checkPasskey = async (challengeId: string, credential: Record<string, unknown>): Promise<Check> => {
    const challenge = await passkeys.takeChallenge(database, challengeId, clock.now());
    const passkey = await passkeys.byId(database, typeof credential['id'] === 'string' ? credential['id'] : '');
    if (challenge === undefined || !passkey) return { outcome: 'badPasskey' };
    const found = await people.byId(database, passkey.personId);
    if (!found) return { outcome: 'unknownUser' };
    const { id, userPrincipalName, displayName } = found;
    const person = { id, userPrincipalName, displayName };
    const counter = await checkAuthentication(rp, challenge, credential, passkey);
    if (counter === undefined) return { outcome: 'badPasskey', person };
    if (found.disabled) return { outcome: 'disabled', person };
    await passkeys.used(database, passkey.credentialId, counter, clock.now());
    const { aaguid } = passkey;
    return { outcome: 'success', person, ...(typeof aaguid === 'string' ? { aaguid } : {}) };
  };

  return {
    async startPasskey(): Promise<ResponseOf<typeof sessionRoutes.startPasskeySignIn>> {
      const options = await authenticationOptions(rp);
      const challengeId = randomUUID();
      const expiresAt = new Date(clock.now().getTime() + challengeLifetimeMs);
      await passkeys.keepChallenge(database, challengeId, options.challenge, expiresAt);
      return { challengeId, options: { ...options } };
    },

    /** `continued`: the session that goes on with what is shown, in place of a new one. */
    withPasskey: (
      challengeId: string,
      credential: Record<string, unknown>,
      origin: Origin,
      continued?: ContinuedSession,
    ): Promise<OpenedSession> =>
      signIn(
        'passkey',
        continued?.userPrincipalName ?? 'unknown',
        [{ kind: 'address', name: countedAddress(origin.ipAddress) }],
        origin,
        () => checkPasskey(challengeId, credential),
        continued,
      ),

    withPassword: (
      name: string,
      password: string,
      code: string,
      origin: Origin,
      continued?: ContinuedSession,
    ): Promise<OpenedSession> =>
      signIn(
        'passwordTotp',
        name,
        [
          { kind: 'account', name },
          { kind: 'address', name: countedAddress(origin.ipAddress) },
        ],
        origin,
        () => checkPasswordAndCode(name, password, code),
        continued,
      ),

    withTemporaryAccessPass: (name: string, pass: string, origin: Origin): Promise<OpenedSession> =>
      signIn(
        'temporaryAccessPassMultiUse',
        name,
        [
          { kind: 'account', name },
          { kind: 'address', name: countedAddress(origin.ipAddress) },
        ],
        origin,
        () => passes.check(name, pass),
      ),

    /** What somebody else checks, such as an identity provider; counted by address, and by name where one is claimed. */
    withOther: (
      method: SignInMethod,
      name: string | undefined,
      origin: Origin,
      check: () => Promise<Check>,
    ): Promise<OpenedSession> =>
      signIn(
        method,
        name ?? 'unknown',
        [
          ...(name === undefined ? [] : [{ kind: 'account', name } as const]),
          { kind: 'address', name: countedAddress(origin.ipAddress) },
        ],
        origin,
        check,
      ),
  };
}

export type SignIn = ReturnType<typeof createSignIn>;
