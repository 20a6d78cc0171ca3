import type {
  AuthenticationMethodMode,
  AuthenticationStrength,
  ClientAppType,
  DevicePlatform,
  GuestType,
  InsiderRiskLevel,
  NamedLocation,
  RiskLevel,
  TransferMethod,
} from '@sallyport/contracts/conditional-access';

/**
 * What a decision is made on. The identity, context and conditions have the names of Graph's `identity/conditionalAccess/evaluate`; everything in here is a fact that
 * the caller has established, never what the client says of itself, but for `devicePlatform`, which comes from the user agent and is as weak.
 */
export interface AccessRequest {
  readonly signInIdentity: SignInIdentity;
  readonly signInContext: SignInContext;
  readonly signInConditions: SignInConditions;
  readonly authentication: Authentication;
}

export type SignInIdentity = UserSignIn | ServicePrincipalSignIn;

export interface UserSignIn {
  readonly kind: 'user';
  readonly userId: string;
  /** Ids of all groups, through other groups too. More than 2,048 are refused, as the original does. */
  readonly groups: readonly string[];
  /** Ids of role definitions that are active now; eligible ones do not count. */
  readonly roles: readonly string[];
  readonly guestType?: GuestType;
  /** The home tenant of an external user. */
  readonly externalTenantId?: string;
}

export interface ServicePrincipalSignIn {
  readonly kind: 'servicePrincipal';
  readonly servicePrincipalId: string;
  /** Registered here and for here alone: what `ServicePrincipalsInMyTenant` covers. */
  readonly inMyTenant: boolean;
}

export type SignInContext =
  /** Policies for any of these apply. */
  | { readonly kind: 'application'; readonly includeApplications: readonly string[] }
  | { readonly kind: 'userAction'; readonly userAction: 'registerSecurityInformation' | 'registerOrJoinDevices' }
  | { readonly kind: 'authenticationContext'; readonly authenticationContextValue: string };

/** A fact that is left out is not known. Policies that need it to be known deny; `devicePlatform` and `country` have an own rule for that. */
export interface SignInConditions {
  readonly clientAppType?: ClientAppType;
  /** Not known: covered by policies for `all` platforms only. */
  readonly devicePlatform?: DevicePlatform;
  readonly ipAddress?: string;
  /** Of the address, two letters. Not known: covered by locations that include unknown countries. */
  readonly country?: string;
  /** Of the phone's position, for locations that are looked up so. */
  readonly gpsCountry?: string;
  /** Default none; `unknown`: policies that ask for it deny. */
  readonly signInRiskLevel?: RiskLevel | 'unknown';
  /** Default none; `unknown`: policies that ask for it deny. */
  readonly userRiskLevel?: RiskLevel | 'unknown';
  /** Default none; `unknown`: policies that ask for it deny. */
  readonly servicePrincipalRiskLevel?: RiskLevel | 'unknown';
  /** Default none. */
  readonly insiderRiskLevel?: InsiderRiskLevel | 'none';
  readonly authenticationFlow?: TransferMethod;
  /** The registered device that has proven itself by its key. Left out: not registered. */
  readonly deviceInfo?: DeviceInfo;
}

type ExtensionAttributes = { readonly [N in ExtensionAttribute]?: string };
export type ExtensionAttribute = `extensionAttribute${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12 | 13 | 14 | 15}`;

export interface DeviceInfo extends ExtensionAttributes {
  readonly deviceId?: string;
  readonly displayName?: string;
  /** `Company` or `Personal`. */
  readonly deviceOwnership?: string;
  readonly enrollmentProfileName?: string;
  readonly isCompliant?: boolean;
  readonly manufacturer?: string;
  readonly mdmAppId?: string;
  readonly model?: string;
  readonly operatingSystem?: string;
  readonly operatingSystemVersion?: string;
  readonly physicalIds?: readonly string[];
  readonly profileType?: string;
  readonly systemLabels?: readonly string[];
  /** `AzureAD`: joined. `ServerAD`: hybrid joined. `Workplace`: registered. */
  readonly trustType?: string;
}

/** What has been shown in this session. */
export interface Authentication {
  readonly methods: readonly AuthenticationMethodMode[];
  /** Model of the passkey, for strengths that name models. */
  readonly aaguid?: string;
  /** Of the certificate, for strengths that name issuers or policies. */
  readonly issuerSki?: string;
  readonly policyOids?: readonly string[];
  /** Seconds since a first factor was shown. */
  readonly primaryAgeSeconds: number;
  /** Seconds since a second factor was shown; left out when none was. */
  readonly secondaryAgeSeconds?: number;
  readonly passwordChanged?: boolean;
  readonly termsOfUse?: readonly string[];
  readonly customAuthenticationFactors?: readonly string[];
  readonly approvedApplication?: boolean;
  readonly compliantApplication?: boolean;
  /** The token is bound to a key of the device. */
  readonly tokenProtected?: boolean;
}

/** Facts of the tenant. They change seldom and are compiled with the policies. */
export interface Directory {
  readonly namedLocations?: readonly NamedLocation[];
  /** Strengths beside the three that are built in. */
  readonly authenticationStrengths?: readonly AuthenticationStrength[];
  /** Applications behind a name that stands for several: `Office365`, `MicrosoftAdminPortals`. */
  readonly applicationGroups?: Readonly<Record<string, readonly string[]>>;
  /** Custom security attributes by application or service principal id, for filters: `{ Set_Attribute: value }`. */
  readonly securityAttributes?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
  /** Users whom no policy may lock out, four at most. They have a demand of their own: see docs/conditional-access.md. */
  readonly emergencyAccess?: readonly string[];
}
