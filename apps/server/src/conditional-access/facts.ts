import type {
  AuthenticationMethodMode,
  ClientAppType,
  RiskLevel,
  TransferMethod,
} from '@sallyport/contracts/conditional-access';
import type { DeviceInfo } from '@sallyport/policy';

/** Somebody who has shown the right factors and wants to use an application, or goes on using it. */
export interface SignInAttempt {
  readonly userId: string;
  /** The resource that is asked for: `sallyportApplication`, or a registered application's `appId`. */
  readonly applicationId: string;
  /** What has been shown, in Graph's words: `fido2`, or `password` and `softwareOath`. */
  readonly methods: readonly AuthenticationMethodMode[];
  readonly ipAddress: string;
  readonly userAgent: string;
  readonly clientAppType: ClientAppType;
  /** A registered device that has proven itself by its key. Never what the client says of itself. */
  readonly deviceId?: string;
  /** In which way the token gets to another device. */
  readonly authenticationFlow?: TransferMethod;
  /** `c1` to `c99`: asks policies for this context, in place of those for the application. */
  readonly authenticationContext?: string;
  /** Asks policies for this action, in place of those for the application. */
  readonly userAction?: 'registerSecurityInformation' | 'registerOrJoinDevices';
  /** When the factors were shown. Default `at`: just now. */
  readonly sessionStartedAt?: Date;
  /** Model of the passkey. */
  readonly aaguid?: string;
  /** The password was changed in this sign-in. */
  readonly passwordChanged?: boolean;
  /** The token is bound to a key of the device (DPoP). */
  readonly tokenProtected?: boolean;
  /** Of the sign-in's row in `SigninLogs`: what is found in it is stored. Left out of questions that are no sign-in. */
  readonly requestId?: string;
  /**
   * The sign-in that a session goes on from, by its `requestId`; empty where it has none. The risk is then what has been found of that sign-in and of the
   * person since: nothing is judged anew.
   */
  readonly signInRequestId?: string;
  readonly at: Date;
}

/** A workload identity that has shown its secret, certificate or token. Policies can only block it. */
export interface WorkloadAttempt {
  readonly servicePrincipalId: string;
  /** The resource that is asked for. */
  readonly applicationId: string;
  /** Registered here and for here alone. */
  readonly inMyTenant: boolean;
  readonly ipAddress: string;
  readonly userAgent: string;
  readonly at: Date;
}

export const isWorkload = (attempt: SignInAttempt | WorkloadAttempt): attempt is WorkloadAttempt =>
  'servicePrincipalId' in attempt;

/** What the directory knows of registered devices. */
export interface DeviceFacts {
  /** Nothing for a device that is not registered, or is disabled. */
  of(deviceId: string): Promise<DeviceInfo | undefined>;
}

/** What people have accepted, by ids of terms of use. */
export interface TermsFacts {
  accepted(personId: string): Promise<readonly string[]>;
}

export interface RiskOfSignIn {
  readonly signInRiskLevel: RiskLevel;
  readonly userRiskLevel: RiskLevel;
  /** What was detected, in Graph's words. */
  readonly riskEventTypes?: readonly string[];
}

/** How risky a sign-in and a person are, as identity protection sees it. One that throws leaves the risk unknown: policies that ask for it deny. */
export interface SignInRisk {
  of(attempt: SignInAttempt): Promise<RiskOfSignIn>;
  /** Of a session that goes on. Left out: not known. */
  ofSession?(session: { readonly userId: string; readonly signInRequestId: string }): Promise<RiskOfSignIn>;
  /** The person passed a policy that the risk of this sign-in had asked for more by: the risk is remediated. */
  passed?(attempt: SignInAttempt): Promise<void>;
  ofServicePrincipal?(attempt: WorkloadAttempt): Promise<{ readonly servicePrincipalRiskLevel: RiskLevel }>;
}

/** What the gate asks others. What is not given is unknown: devices count as not registered, and policies that ask for a risk deny. */
export interface Facts {
  readonly devices?: DeviceFacts;
  readonly risk?: SignInRisk;
  readonly terms?: TermsFacts;
}
