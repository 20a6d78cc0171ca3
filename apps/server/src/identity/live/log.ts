import { sallyportApplication, type GateAnswer } from '../../conditional-access/index.ts';
import type { Queryable } from '../../platform/database/index.ts';
import type { Platform } from '../../platform/types.ts';
import { methodNames } from '../sign-in-log.ts';
import type { SignInMethod } from '../store.ts';

/** Microsoft Entra's error codes. https://learn.microsoft.com/entra/identity-platform/reference-error-codes */
const texts = {
  '0': '',
  '50074': 'Strong authentication is required.',
  '53003': 'Access has been blocked by Conditional Access policies.',
  '70044': 'The session has expired or is invalid due to sign-in frequency checks by Conditional Access.',
} as const;
export type LiveOutcome = keyof typeof texts;

export interface LiveEvent {
  readonly outcome: LiveOutcome;
  readonly person: { readonly id: string; readonly userPrincipalName: string; readonly displayName: string };
  readonly method: SignInMethod | undefined;
  /** Of the session; of a token its id. */
  readonly sessionId: string;
  readonly token?: boolean;
  readonly ipAddress: string;
  readonly userAgent: string;
  /** Of this row. */
  readonly requestId: string;
  readonly access: GateAnswer;
}

/** A row of `AADNonInteractiveUserSignInLogs`, as Entra writes one where nobody was asked: here a session or token that was decided on again. */
export async function recordLive(
  { outbox, clock }: Pick<Platform, 'outbox' | 'clock'>,
  event: LiveEvent,
  tx?: Queryable,
): Promise<void> {
  const { outcome, person, method, access } = event;
  const now = clock.now().toISOString();
  const { signInRiskLevel = 'none', userRiskLevel = 'none', riskEventTypes = [] } = access.risk ?? {};
  const steps = (method ? methodNames[method] : []).map((authenticationMethod) => ({
    authenticationStepDateTime: now,
    authenticationMethod,
    succeeded: true,
    authenticationStepResultDetail: 'Previously satisfied',
  }));
  const row = {
    TimeGenerated: now,
    CreatedDateTime: now,
    Id: event.requestId,
    CorrelationId: event.requestId,
    OperationName: 'Sign-in activity',
    Category: 'NonInteractiveUserSignInLogs',
    SourceSystem: 'Sallyport',
    AppId: sallyportApplication,
    AppDisplayName: 'Sallyport',
    ResourceIdentity: sallyportApplication,
    ResourceDisplayName: 'Sallyport',
    ClientAppUsed: event.token ? 'Mobile Apps and Desktop clients' : 'Browser',
    UserPrincipalName: person.userPrincipalName,
    UserDisplayName: person.displayName,
    UserId: person.id,
    Identity: person.displayName,
    UserType: 'Member',
    IPAddress: event.ipAddress,
    UserAgent: event.userAgent,
    IsInteractive: false,
    ResultType: outcome,
    ResultSignature: outcome === '0' ? 'SUCCESS' : 'FAILURE',
    ResultDescription: texts[outcome],
    Status: JSON.stringify({ errorCode: Number(outcome), failureReason: texts[outcome] }),
    AuthenticationRequirement: 'multiFactorAuthentication',
    AuthenticationDetails: JSON.stringify(steps),
    AuthenticationProcessingDetails: JSON.stringify([{ key: 'Is CAE Token', value: 'True' }]),
    IncomingTokenType: event.token ? 'accessToken' : 'primaryRefreshToken',
    RiskLevelDuringSignIn: signInRiskLevel,
    RiskLevelAggregated: userRiskLevel,
    RiskState: signInRiskLevel === 'none' ? 'none' : 'atRisk',
    RiskDetail: 'none',
    RiskEventTypes_V2: JSON.stringify(riskEventTypes),
    IsRisky: signInRiskLevel !== 'none',
    ConditionalAccessStatus: access.status,
    ConditionalAccessPolicies: JSON.stringify(access.policies),
    SessionId: event.sessionId,
    UniqueTokenIdentifier: event.token ? event.sessionId : '',
    DeviceDetail: JSON.stringify({}),
    LocationDetails: JSON.stringify({}),
  };
  await outbox.write('AADNonInteractiveUserSignInLogs', [row], tx);
}
