import { z } from 'zod';
import { conditionalAccessLimits } from './policy.ts';
import { clientAppTypes, devicePlatforms, insiderRiskLevels, riskLevels, transferMethods } from './values.ts';

const text = z.string().max(conditionalAccessLimits.idLength).nullish();
const id = z.string().min(1).max(conditionalAccessLimits.idLength);
const typed = <const T extends string>(name: T) => ({ '@odata.type': z.literal(`#microsoft.graph.${name}`) });

const SignInIdentity = z.discriminatedUnion('@odata.type', [
  z.strictObject({ ...typed('userSignIn'), userId: id, externalUserType: text, externalTenantId: text }),
  z.strictObject({ ...typed('servicePrincipalSignIn'), servicePrincipalId: id }),
]);

const SignInContext = z.discriminatedUnion('@odata.type', [
  z.strictObject({ ...typed('applicationContext'), includeApplications: z.array(id).min(1).max(100) }),
  z.strictObject({
    ...typed('userActionContext'),
    userAction: z.enum(['registerSecurityInformation', 'registerOrJoinDevices']),
  }),
  z.strictObject({ ...typed('authContext'), authenticationContextValue: id }),
]);

const extensionAttributes = Object.fromEntries(
  Array.from({ length: 15 }, (_, i) => [`extensionAttribute${i + 1}`, text] as const),
);
const DeviceInfo = z.strictObject({
  '@odata.type': z.string().max(256).optional(),
  ...extensionAttributes,
  deviceId: text,
  displayName: text,
  deviceOwnership: text,
  enrollmentProfileName: text,
  isCompliant: z.boolean().nullish(),
  manufacturer: text,
  mdmAppId: text,
  model: text,
  operatingSystem: text,
  operatingSystemVersion: text,
  physicalIds: z.array(z.string().max(256)).max(100).nullish(),
  profileType: text,
  systemLabels: z.array(z.string().max(256)).max(100).nullish(),
  trustType: text,
});

const risk = z.enum(riskLevels).nullish();
const SignInConditions = z.strictObject({
  '@odata.type': z.string().max(256).optional(),
  authenticationFlow: z
    .strictObject({
      '@odata.type': z.string().max(256).optional(),
      transferMethod: z.enum(['none', ...transferMethods]).nullish(),
    })
    .nullish(),
  clientAppType: z.enum(['all', ...clientAppTypes]).nullish(),
  country: text,
  deviceInfo: DeviceInfo.nullish(),
  devicePlatform: z.enum(['all', ...devicePlatforms]).nullish(),
  insiderRiskLevel: z.enum(['none', ...insiderRiskLevels]).nullish(),
  ipAddress: text,
  servicePrincipalRiskLevel: risk,
  signInRiskLevel: risk,
  userRiskLevel: risk,
});

/** The body of Graph's `identity/conditionalAccess/evaluate`. */
export const WhatIfRequest = z.strictObject({
  signInIdentity: SignInIdentity,
  signInContext: SignInContext,
  signInConditions: SignInConditions,
  appliedPoliciesOnly: z.boolean().nullish(),
});
export type WhatIfRequest = z.infer<typeof WhatIfRequest>;

/** Why a policy does not apply, in Graph's words. */
export const whatIfAnalysisReasons = [
  'notSet',
  'notEnoughInformation',
  'invalidCondition',
  'users',
  'workloadIdentities',
  'application',
  'userActions',
  'authenticationContext',
  'devicePlatform',
  'devices',
  'clientApps',
  'location',
  'signInRisk',
  'emptyPolicy',
  'invalidPolicy',
  'policyNotEnabled',
  'userRisk',
  'time',
  'insiderRisk',
  'authenticationFlow',
] as const;
export type WhatIfAnalysisReason = (typeof whatIfAnalysisReasons)[number];
