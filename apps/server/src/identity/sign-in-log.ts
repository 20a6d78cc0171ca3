import { sallyportApplication, type GateAnswer } from '../conditional-access/index.ts';
import { deviceDetail, type Device } from './devices/index.ts';
import type { Queryable } from '../platform/database/index.ts';
import type { Platform } from '../platform/types.ts';
import type { SignInMethod } from './store.ts';

/** Where a sign-in comes from. */
export interface Origin {
  readonly ipAddress: string;
  readonly userAgent: string;
  readonly requestId: string;
  /** By which the device proves its key, where it does. */
  readonly deviceProof?: string;
}

/** Microsoft Entra's error codes for how a sign-in ended. https://learn.microsoft.com/entra/identity-platform/reference-error-codes */
export const outcomes = {
  success: { code: '0', text: '' },
  unknownUser: { code: '50034', text: 'The user account does not exist.' },
  disabled: { code: '50057', text: 'The user account is disabled.' },
  wrongPassword: { code: '50126', text: 'Invalid username or password.' },
  wrongCode: { code: '500121', text: 'Authentication failed during strong authentication request.' },
  replayedCode: { code: '500121', text: 'Authentication failed: the code has been used before.' },
  throttled: { code: '50053', text: 'The account or the address is locked after too many failed sign-ins.' },
  blockedByPolicy: { code: '53003', text: 'Access has been blocked by Conditional Access policies.' },
  moreDemanded: { code: '50074', text: 'Strong authentication is required.' },
  wrongPass: { code: '130503', text: 'The temporary access pass was not accepted.' },
  federationFailed: { code: '50107', text: 'The identity provider’s answer was not accepted.' },
  storeUnavailable: { code: '80001', text: 'The directory or identity provider could not be asked.' },
  otherPerson: { code: '50058', text: 'The factors are those of another person than the session’s.' },
  badPasskey: { code: '135011', text: 'The passkey was not accepted.' },
} as const;
export type Outcome = keyof typeof outcomes;

export interface SignInEvent {
  readonly userPrincipalName: string;
  readonly userId?: string;
  readonly displayName?: string;
  readonly method: SignInMethod;
  readonly outcome: Outcome;
  readonly origin: Origin;
  readonly sessionId?: string;
  /** Who elsewhere vouches for it. */
  readonly issuer?: string;
  /** That has proven its key. */
  readonly device?: Device;
  /** What Conditional Access said, once the factors were right. */
  readonly access?: GateAnswer;
}

/** As `AuthenticationDetails` has them. */
export const methodNames: Readonly<Record<SignInMethod, readonly string[]>> = {
  passkey: ['Passkey (FIDO2)'],
  passwordTotp: ['Password', 'OATH verification code'],
  passwordRecoveryCode: ['Password', 'Recovery code'],
  temporaryAccessPassOneTime: ['Temporary Access Pass'],
  temporaryAccessPassMultiUse: ['Temporary Access Pass'],
  federatedSingleFactor: ['Federated'],
  federatedMultiFactor: ['Federated'],
};

/** Records a sign-in, good or not, in the audit chain and as a row of `SigninLogs`. Which part was wrong is told here and nowhere else. */
export async function recordSignIn(platform: Platform, event: SignInEvent, tx?: Queryable): Promise<void> {
  const { origin, outcome, method, userPrincipalName } = event;
  const succeeded = outcome === 'success';
  await platform.outbox.write('SigninLogs', [signInRow(event, platform.clock.now())], tx);
  await platform.audit.record(
    {
      actor: userPrincipalName,
      operation: 'SignIn',
      target: 'Sallyport',
      result: succeeded ? 'success' : 'failure',
      ipAddress: origin.ipAddress,
      requestId: origin.requestId,
      details: {
        method,
        outcome,
        ...(event.issuer === undefined ? {} : { issuer: event.issuer }),
        ...(event.access?.emergencyAccess ? { emergencyAccess: true } : {}),
        ...(event.sessionId === undefined ? {} : { sessionId: event.sessionId }),
      },
    },
    tx,
  );
}

function signInRow(event: SignInEvent, now: Date): Record<string, unknown> {
  const { origin, outcome } = event;
  const { code, text } = outcomes[outcome];
  const succeeded = outcome === 'success';
  // Where a policy ended it, the factors were right.
  const right = event.access !== undefined || succeeded;
  const steps = methodNames[event.method].map((authenticationMethod) => ({
    authenticationStepDateTime: now.toISOString(),
    authenticationMethod,
    succeeded: right,
    ...(right ? satisfiedElsewhere(event) : { authenticationStepResultDetail: text }),
  }));
  return {
    TimeGenerated: now.toISOString(),
    CreatedDateTime: now.toISOString(),
    Id: origin.requestId,
    CorrelationId: origin.requestId,
    OperationName: 'Sign-in activity',
    Category: 'SignInLogs',
    SourceSystem: 'Sallyport',
    AppId: sallyportApplication,
    AppDisplayName: 'Sallyport',
    ResourceIdentity: sallyportApplication,
    ResourceDisplayName: 'Sallyport',
    ClientAppUsed: 'Browser',
    UserPrincipalName: event.userPrincipalName,
    UserDisplayName: event.displayName ?? '',
    UserId: event.userId ?? '',
    Identity: event.displayName ?? event.userPrincipalName,
    UserType: 'Member',
    IPAddress: origin.ipAddress,
    UserAgent: origin.userAgent,
    IsInteractive: true,
    ResultType: code,
    ResultSignature: succeeded ? 'SUCCESS' : 'FAILURE',
    ResultDescription: text,
    Status: { errorCode: Number(code), failureReason: text },
    AuthenticationRequirement:
      event.method === 'federatedSingleFactor' ? 'singleFactorAuthentication' : 'multiFactorAuthentication',
    TokenIssuerName: event.issuer ?? '',
    AuthenticationDetails: JSON.stringify(steps),
    ...riskColumns(event.access),
    ConditionalAccessStatus: event.access?.status ?? 'notApplied',
    ConditionalAccessPolicies: event.access?.policies ?? [],
    SessionId: event.sessionId ?? '',
    DeviceDetail: deviceDetail(event.device, now),
    LocationDetails: {},
  };
}

/** As Entra says it of factors that were shown to a federated provider. */
const satisfiedElsewhere = ({ method, issuer }: SignInEvent) => ({
  ...(issuer === undefined ? {} : { authenticationMethodDetail: issuer }),
  ...(method === 'federatedMultiFactor'
    ? { authenticationStepResultDetail: 'MFA requirement satisfied by claim provided by external provider' }
    : {}),
});

/** As Entra writes the risk of a sign-in. */
function riskColumns(access: GateAnswer | undefined): Record<string, unknown> {
  const { signInRiskLevel = 'none', userRiskLevel = 'none', riskEventTypes = [] } = access?.risk ?? {};
  const risky = signInRiskLevel !== 'none';
  return {
    RiskLevelDuringSignIn: signInRiskLevel,
    RiskLevelAggregated: userRiskLevel,
    RiskState: risky ? 'atRisk' : 'none',
    RiskDetail: 'none',
    RiskEventTypes: JSON.stringify(riskEventTypes),
    RiskEventTypes_V2: JSON.stringify(riskEventTypes),
    IsRisky: risky,
  };
}
