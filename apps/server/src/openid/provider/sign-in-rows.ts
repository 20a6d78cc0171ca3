import type { GateAnswer } from '../../conditional-access/index.ts';
import { methodNames, type SignInMethod } from '../../identity/index.ts';
import type { Queryable } from '../../platform/database/index.ts';
import type { Platform } from '../../platform/types.ts';

/** Microsoft Entra's error codes for how a sign-in to an application ended. https://learn.microsoft.com/entra/identity-platform/reference-error-codes */
export const outcomes = {
  success: { code: '0', text: '' },
  blockedByPolicy: { code: '53003', text: 'Access has been blocked by Conditional Access policies.' },
  moreDemanded: { code: '50074', text: 'Strong authentication is required.' },
  notAssigned: { code: '50105', text: 'The signed in user is not assigned to a role for the application.' },
  applicationDisabled: { code: '7000112', text: 'The application is disabled.' },
  notAssignedApplication: { code: '501051', text: 'Application is not assigned to a role for the application.' },
  userGone: { code: '50057', text: 'The user account is disabled.' },
  consentNeeded: { code: '65001', text: 'The user or administrator has not consented to use the application.' },
  consentDeclined: { code: '65004', text: 'User declined to consent to access the app.' },
  badSecret: { code: '7000215', text: 'Invalid client secret is provided.' },
  codeReplayed: { code: '54005', text: 'OAuth2 Authorization code was already redeemed.' },
  refreshReplayed: {
    code: '50173',
    text: 'The provided grant has been revoked: a refresh token was used a second time.',
  },
} as const;
export type Outcome = keyof typeof outcomes;

/** `AADSTS53003: …`, as Entra says it. */
export const textOf = (outcome: Outcome): string => `AADSTS${outcomes[outcome].code}: ${outcomes[outcome].text}`;

export interface From {
  readonly ipAddress: string;
  readonly userAgent: string;
  readonly requestId: string;
}
interface Application {
  readonly appId: string;
  readonly displayName: string;
}
interface Common {
  readonly outcome: Outcome;
  readonly from: From;
  readonly application: Application;
  readonly resource?: Application | undefined;
  readonly access?: GateAnswer | undefined;
  readonly tokenId?: string | undefined;
}
export interface UserSignInToApplication extends Common {
  readonly person: { readonly id: string; readonly userPrincipalName: string; readonly displayName: string };
  readonly interactive: boolean;
  readonly protocol: 'oAuth2' | 'deviceCode' | 'saml20' | 'tokenExchange';
  readonly incomingToken?: 'none' | 'primaryRefreshToken' | 'refreshToken' | 'accessToken';
  readonly method?: SignInMethod | undefined;
  readonly sessionId?: string | undefined;
  /** What makes it a risk, in the words of `riskEventType`. */
  readonly risk?: 'anomalousToken';
}
export interface ServicePrincipalSignIn extends Common {
  readonly servicePrincipalId: string;
  readonly credential: { readonly type: 'clientSecret' | 'clientAssertion'; readonly keyId?: string | undefined };
}

function commonColumns(event: Common, now: Date): Record<string, unknown> {
  const { code, text } = outcomes[event.outcome];
  const resource = event.resource ?? event.application;
  return {
    TimeGenerated: now.toISOString(),
    CreatedDateTime: now.toISOString(),
    Id: event.from.requestId,
    CorrelationId: event.from.requestId,
    OperationName: 'Sign-in activity',
    SourceSystem: 'Sallyport',
    AppId: event.application.appId,
    ResourceIdentity: resource.appId,
    ResourceDisplayName: resource.displayName,
    IPAddress: event.from.ipAddress,
    UserAgent: event.from.userAgent,
    ResultType: code,
    ResultSignature: event.outcome === 'success' ? 'SUCCESS' : 'FAILURE',
    ResultDescription: text,
    ConditionalAccessStatus: event.access?.status ?? 'notApplied',
    UniqueTokenIdentifier: event.tokenId ?? '',
  };
}

/** A row of `SigninLogs`, or of `AADNonInteractiveUserSignInLogs` when nobody was asked anything. */
export function recordUserSignIn(
  platform: Pick<Platform, 'outbox' | 'clock'>,
  event: UserSignInToApplication,
  tx?: Queryable,
): Promise<void> {
  const now = platform.clock.now();
  const { person, interactive, method, outcome } = event;
  const { code, text } = outcomes[outcome];
  const steps = (method ? methodNames[method] : []).map((authenticationMethod) => ({
    authenticationStepDateTime: now.toISOString(),
    authenticationMethod,
    succeeded: true,
    authenticationStepResultDetail: interactive ? '' : 'Previously satisfied',
  }));
  const json = (value: unknown) => (interactive ? value : JSON.stringify(value));
  const row = {
    ...commonColumns(event, now),
    Category: interactive ? 'SignInLogs' : 'NonInteractiveUserSignInLogs',
    AppDisplayName: event.application.displayName,
    ClientAppUsed: interactive ? 'Browser' : 'Mobile Apps and Desktop clients',
    UserPrincipalName: person.userPrincipalName,
    UserDisplayName: person.displayName,
    UserId: person.id,
    Identity: person.displayName,
    UserType: 'Member',
    IsInteractive: interactive,
    Status: json({ errorCode: Number(code), failureReason: text }),
    AuthenticationRequirement: 'multiFactorAuthentication',
    AuthenticationDetails: JSON.stringify(steps),
    AuthenticationProtocol: event.protocol === 'tokenExchange' ? 'oAuth2' : event.protocol,
    IncomingTokenType: event.incomingToken ?? 'none',
    ConditionalAccessPolicies: json(event.access?.policies ?? []),
    SessionId: event.sessionId ?? '',
    DeviceDetail: json({}),
    LocationDetails: json({}),
    ...(event.risk
      ? {
          RiskEventTypes_V2: JSON.stringify([event.risk]),
          RiskLevelDuringSignIn: 'high',
          RiskState: 'atRisk',
        }
      : {}),
  };
  return platform.outbox.write(interactive ? 'SigninLogs' : 'AADNonInteractiveUserSignInLogs', [row], tx);
}

/** A row of `AADServicePrincipalSignInLogs`. */
export function recordServicePrincipalSignIn(
  platform: Pick<Platform, 'outbox' | 'clock'>,
  event: ServicePrincipalSignIn,
): Promise<void> {
  const row = {
    ...commonColumns(event, platform.clock.now()),
    Category: 'ServicePrincipalSignInLogs',
    Identity: event.application.displayName,
    ServicePrincipalId: event.servicePrincipalId,
    ServicePrincipalName: event.application.displayName,
    ServicePrincipalCredentialKeyId: event.credential.keyId ?? '',
    ClientCredentialType: event.credential.type,
    ConditionalAccessPolicies: JSON.stringify(event.access?.policies ?? []),
    LocationDetails: JSON.stringify({}),
  };
  return platform.outbox.write('AADServicePrincipalSignInLogs', [row]);
}
