/** The enumerations of Microsoft Graph's Conditional Access, in its words and order. `unknownFutureValue` is left out: nobody can mean it. */

export const policyStates = ['enabled', 'disabled', 'enabledForReportingButNotEnforced'] as const;
export type PolicyState = (typeof policyStates)[number];

export const clientAppTypes = [
  'browser',
  'mobileAppsAndDesktopClients',
  'exchangeActiveSync',
  'easSupported',
  'other',
] as const;
export type ClientAppType = (typeof clientAppTypes)[number];

export const devicePlatforms = ['android', 'iOS', 'windows', 'windowsPhone', 'macOS', 'linux'] as const;
export type DevicePlatform = (typeof devicePlatforms)[number];

/** `hidden`: a risk that a licence does not let one see. */
export const riskLevels = ['low', 'medium', 'high', 'hidden', 'none'] as const;
export type RiskLevel = (typeof riskLevels)[number];

export const insiderRiskLevels = ['minor', 'moderate', 'elevated'] as const;
export type InsiderRiskLevel = (typeof insiderRiskLevels)[number];

export const transferMethods = ['deviceCodeFlow', 'authenticationTransfer'] as const;
export type TransferMethod = (typeof transferMethods)[number];

export const guestTypes = [
  'internalGuest',
  'b2bCollaborationGuest',
  'b2bCollaborationMember',
  'b2bDirectConnectUser',
  'otherExternalUser',
  'serviceProvider',
] as const;
export type GuestType = (typeof guestTypes)[number];

export const userActions = ['urn:user:registersecurityinfo', 'urn:user:registerdevice'] as const;
export type UserActionUrn = (typeof userActions)[number];

/** In the order in which a person is asked for them. */
export const builtInControls = [
  'block',
  'mfa',
  'compliantDevice',
  'domainJoinedDevice',
  'approvedApplication',
  'compliantApplication',
  'passwordChange',
] as const;
export type BuiltInControl = (typeof builtInControls)[number];

export const authenticationMethodModes = [
  'password',
  'voice',
  'hardwareOath',
  'softwareOath',
  'sms',
  'fido2',
  'windowsHelloForBusiness',
  'microsoftAuthenticatorPush',
  'deviceBasedPush',
  'temporaryAccessPassOneTime',
  'temporaryAccessPassMultiUse',
  'email',
  'x509CertificateSingleFactor',
  'x509CertificateMultiFactor',
  'federatedSingleFactor',
  'federatedMultiFactor',
] as const;
export type AuthenticationMethodMode = (typeof authenticationMethodModes)[number];
