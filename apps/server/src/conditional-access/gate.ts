import {
  conditionFlags,
  decide,
  type AccessRequest,
  type Decision,
  type PolicyResult,
  type Reason,
  type Requirement,
  type SessionControls,
  type SignInConditions,
} from '@sallyport/policy';
import type { Platform } from '../platform/types.ts';
import { platformOf } from './client.ts';
import type { Decider } from './decider.ts';
import { isWorkload, type Facts, type RiskOfSignIn, type SignInAttempt, type WorkloadAttempt } from './facts.ts';

export interface GateAnswer {
  /** `challenge`: more, or another method, would do. */
  readonly decision: Decision['decision'];
  readonly status: Decision['conditionalAccessStatus'];
  readonly policies: readonly PolicyResult[];
  /** What is still to be met, in words for the person. */
  readonly required: readonly string[];
  /** The same for programs. */
  readonly demands: readonly Requirement[];
  /** What whoever keeps the session has to hold. */
  readonly sessionControls: SessionControls;
  /** Why it is not simply allowed; names of policies are in it, so it is for logs. */
  readonly reasons: readonly Reason[];
  readonly emergencyAccess: boolean;
  /** Which transactions it could see (`pg_snapshot`): changes of others are still to be decided on. */
  readonly asOf: string;
  /** Left out where it was not asked for, or is not known. */
  readonly risk?: RiskOfSignIn;
}

export interface Gate {
  /** What Conditional Access says of a sign-in, or of a session that goes on. */
  ask(attempt: SignInAttempt | WorkloadAttempt): Promise<GateAnswer>;
}

/** Ids of terms of use to accept, where nothing else is missing. */
export const missingTerms = ({ decision, demands }: Pick<GateAnswer, 'decision' | 'demands'>): string[] => {
  const ids = demands.map(({ anyOf }) => anyOf.find(({ control }) => control === 'termsOfUse')?.id);
  return decision === 'challenge' && ids.every((id) => id !== undefined) ? ids : [];
};

const open: Omit<GateAnswer, 'asOf'> = {
  decision: 'allow',
  status: 'notApplied',
  policies: [],
  required: [],
  demands: [],
  sessionControls: {},
  reasons: [],
  emergencyAccess: false,
};
/** A sign-in does not wait longer for where its address is. */
const locateSeconds = 3;

type Place = Pick<SignInConditions, 'ipAddress' | 'country'>;

export function createGate(
  platform: Pick<Platform, 'database' | 'lake' | 'log'>,
  decider: Decider,
  facts: Facts = {},
): Gate {
  const { database, lake, log } = platform;

  /** Where the place can't be asked for, nothing of it is known, and policies about places deny. */
  const placeOf = async (ipAddress: string): Promise<Place> => {
    if (!(await decider.asksForCountries())) return { ipAddress };
    try {
      const country = (await lake.locate([ipAddress], { limits: { seconds: locateSeconds } })).get(ipAddress)?.country;
      return country === undefined ? { ipAddress } : { ipAddress, country };
    } catch (err) {
      log.warn({ err }, 'a sign-in is decided on without its place');
      return {};
    }
  };
  const riskOf = async (attempt: SignInAttempt): Promise<RiskOfSignIn | undefined> => {
    const { userId, signInRequestId } = attempt;
    try {
      if (signInRequestId !== undefined) return await facts.risk?.ofSession?.({ userId, signInRequestId });
      return await facts.risk?.of(attempt);
    } catch (err) {
      log.warn({ err }, 'a sign-in is decided on without its risk');
      return undefined;
    }
  };
  const workloadRiskOf = async (
    attempt: WorkloadAttempt,
  ): Promise<Pick<SignInConditions, 'servicePrincipalRiskLevel'>> => {
    const unknown = { servicePrincipalRiskLevel: 'unknown' } as const;
    try {
      return (await facts.risk?.ofServicePrincipal?.(attempt)) ?? unknown;
    } catch (err) {
      log.warn({ err }, 'a workload identity is decided on without its risk');
      return unknown;
    }
  };
  const hasPasskey = async (userId: string): Promise<boolean> =>
    (await database.first('SELECT 1 FROM passkeys WHERE person_id = $1 LIMIT 1', [userId])) !== undefined;

  const requestOfWorkload = async (attempt: WorkloadAttempt): Promise<AccessRequest> => ({
    signInIdentity: {
      kind: 'servicePrincipal',
      servicePrincipalId: attempt.servicePrincipalId,
      inMyTenant: attempt.inMyTenant,
    },
    signInContext: { kind: 'application', includeApplications: [attempt.applicationId] },
    signInConditions: {
      clientAppType: 'other',
      ...(await placeOf(attempt.ipAddress)),
      ...(await workloadRiskOf(attempt)),
    },
    authentication: { methods: [], primaryAgeSeconds: 0 },
  });

  const requestOfPerson = async (attempt: SignInAttempt, risk: RiskOfSignIn | undefined): Promise<AccessRequest> => {
    const { groups = [], roles = [] } = await decider.factsOf(attempt.userId);
    const devicePlatform = platformOf(attempt.userAgent);
    const deviceInfo = attempt.deviceId === undefined ? undefined : await facts.devices?.of(attempt.deviceId);
    return {
      signInIdentity: { kind: 'user', userId: attempt.userId, groups, roles },
      signInContext: contextOf(attempt),
      signInConditions: {
        clientAppType: attempt.clientAppType,
        ...(devicePlatform === undefined ? {} : { devicePlatform }),
        ...(await placeOf(attempt.ipAddress)),
        signInRiskLevel: risk?.signInRiskLevel ?? 'unknown',
        userRiskLevel: risk?.userRiskLevel ?? 'unknown',
        ...(attempt.authenticationFlow === undefined ? {} : { authenticationFlow: attempt.authenticationFlow }),
        ...(deviceInfo === undefined ? {} : { deviceInfo }),
      },
      authentication: {
        ...authenticationOf(attempt),
        termsOfUse: (await facts.terms?.accepted(attempt.userId)) ?? [],
      },
    };
  };

  return {
    async ask(attempt) {
      // Before any fact is read: what changes meanwhile counts as not seen.
      const { asOf } = (await database.first<{ asOf: string }>('SELECT pg_current_snapshot()::text AS "asOf"'))!;
      const set = await decider.current();
      const risk = isWorkload(attempt) ? undefined : await riskOf(attempt);
      const withRisk = risk === undefined ? {} : { risk };
      if (set.policies.length === 0) return { ...open, asOf, ...withRisk };
      const request = isWorkload(attempt) ? await requestOfWorkload(attempt) : await requestOfPerson(attempt, risk);
      const decision = decide(set, request);
      const { policies, emergencyAccess, sessionControls, reasons, required: demands } = decision;
      if (emergencyAccess && !isWorkload(attempt)) {
        // Without a policy in force nothing changes. One who has no passkey yet can't be asked for it: nobody else could let him in.
        const free = !set.policies.some(({ state }) => state === 'enabled') || !(await hasPasskey(attempt.userId));
        if (free) return { ...open, asOf, ...withRisk, policies, emergencyAccess: true };
      }
      if (decision.decision === 'allow' && !isWorkload(attempt) && policies.some(passedForRisk))
        await facts.risk?.passed?.(attempt);
      return {
        decision: decision.decision,
        status: decision.conditionalAccessStatus,
        policies,
        required: demands.map(textOf),
        demands,
        sessionControls,
        reasons,
        emergencyAccess,
        asOf,
        ...withRisk,
      };
    },
  };
}

/** A policy that the risk of the sign-in brought up, and that a second factor met. */
const passedForRisk = ({ result, conditionsSatisfied, enforcedGrantControls }: PolicyResult): boolean =>
  result === 'success' &&
  (conditionsSatisfied & conditionFlags.signInRisk) !== 0 &&
  enforcedGrantControls.some((control) => control === 'Mfa' || control === 'AuthenticationStrength');

function contextOf({
  applicationId,
  authenticationContext,
  userAction,
}: SignInAttempt): AccessRequest['signInContext'] {
  if (authenticationContext !== undefined)
    return { kind: 'authenticationContext', authenticationContextValue: authenticationContext };
  if (userAction !== undefined) return { kind: 'userAction', userAction };
  return { kind: 'application', includeApplications: [applicationId] };
}

/** One of them proves more than one factor by itself. */
const secondFactors: ReadonlySet<string> = new Set([
  'fido2',
  'windowsHelloForBusiness',
  'x509CertificateMultiFactor',
  'deviceBasedPush',
  'temporaryAccessPassOneTime',
  'temporaryAccessPassMultiUse',
  'federatedMultiFactor',
]);

/** Whether what was shown is more than one factor. */
export const isMultiFactor = (methods: SignInAttempt['methods']): boolean =>
  methods.length > 1 || methods.some((method) => secondFactors.has(method));

function authenticationOf(attempt: SignInAttempt): AccessRequest['authentication'] {
  const { methods, at, sessionStartedAt = at, aaguid, passwordChanged, tokenProtected } = attempt;
  const ageSeconds = Math.max(0, (at.getTime() - sessionStartedAt.getTime()) / 1_000);
  return {
    methods,
    primaryAgeSeconds: ageSeconds,
    ...(isMultiFactor(methods) ? { secondaryAgeSeconds: ageSeconds } : {}),
    ...(aaguid === undefined ? {} : { aaguid }),
    ...(passwordChanged === undefined ? {} : { passwordChanged }),
    ...(tokenProtected === undefined ? {} : { tokenProtected }),
  };
}

const words: Readonly<Record<string, string>> = {
  mfa: 'multifactor authentication',
  authenticationStrength: 'a stronger method, such as a passkey',
  compliantDevice: 'a compliant device',
  domainJoinedDevice: 'a joined device',
  passwordChange: 'a change of the password',
  termsOfUse: 'acceptance of the terms of use',
  reauthentication: 'a new sign-in',
  tokenProtection: 'a session that is bound to the device',
};

const textOf = ({ anyOf }: Requirement): string => anyOf.map(({ control }) => words[control] ?? control).join(' or ');
