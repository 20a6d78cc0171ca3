import { z } from 'zod';
import { AuthenticationStrength } from './strength.ts';
import {
  builtInControls,
  clientAppTypes,
  devicePlatforms,
  guestTypes,
  insiderRiskLevels,
  policyStates,
  riskLevels,
  transferMethods,
  userActions,
} from './values.ts';

/**
 * A Conditional Access policy in the form of Microsoft Graph's `conditionalAccessPolicy`: the names of v1.0, and of beta those that v1.0 lacks. Unknown fields are
 * refused, since a condition that is not understood would be a condition that is not held.
 */

/**
 * Bounds of one policy and of all. Graph keeps 240 policies of a tenant in whatever state (195 until 2026), 195 named locations and 15 strengths of its own, and so does what is saved
 * here; what is decided on may be more, so that policies of several tenants can be looked at together.
 */
export const conditionalAccessLimits = {
  policies: 2_000,
  policiesOfATenant: 240,
  customStrengths: 15,
  idsInAList: 5_000,
  idLength: 256,
  filterLength: 3_072,
  emergencyAccounts: 4,
  namedLocations: 195,
  rangesOfALocation: 2_000,
  groupsOfAUser: 2_048,
} as const;

const id = z.string().min(1).max(conditionalAccessLimits.idLength);
const ids = z.array(id).max(conditionalAccessLimits.idsInAList).nullish();
/** Graph writes what is not set as null. */
const unset = z.null().optional();
const note = z.string().max(2_000).nullish();
const odataType = { '@odata.type': z.string().max(256).optional() };

/** Several values in one string, between commas, as OData writes enumerations with flags. `none` and the empty string are no value. */
function flags<const T extends readonly string[]>(values: T) {
  const known = new Set<string>([...values, 'none', '']);
  return z
    .string()
    .max(512)
    .refine((text) => text.split(',').every((part) => known.has(part.trim())), {
      error: `expected ${values.join(', ')}, with commas between them`,
    })
    .nullish();
}

const ExternalTenants = z
  .discriminatedUnion('membershipKind', [
    z.strictObject({ ...odataType, membershipKind: z.literal('all') }),
    z.strictObject({
      ...odataType,
      membershipKind: z.literal('enumerated'),
      members: z.array(id).min(1).max(conditionalAccessLimits.idsInAList),
    }),
  ])
  .nullish();

const GuestsOrExternalUsers = z
  .strictObject({
    ...odataType,
    guestOrExternalUserTypes: flags(guestTypes),
    externalTenants: ExternalTenants,
  })
  .nullish();

const Users = z
  .strictObject({
    ...odataType,
    includeUsers: ids,
    excludeUsers: ids,
    includeGroups: ids,
    excludeGroups: ids,
    includeRoles: ids,
    excludeRoles: ids,
    includeGuestsOrExternalUsers: GuestsOrExternalUsers,
    excludeGuestsOrExternalUsers: GuestsOrExternalUsers,
  })
  .nullish();

const Filter = z
  .strictObject({
    ...odataType,
    mode: z.enum(['include', 'exclude']),
    rule: z.string().min(1).max(conditionalAccessLimits.filterLength),
  })
  .nullish();

const Applications = z.strictObject({
  ...odataType,
  includeApplications: ids,
  excludeApplications: ids,
  includeUserActions: z.array(z.enum(userActions)).max(userActions.length).nullish(),
  includeAuthenticationContextClassReferences: z
    .array(z.string().regex(/^c([1-9]|[1-9]\d)$/, 'c1 to c99'))
    .max(99)
    .nullish(),
  applicationFilter: Filter,
  networkAccess: unset,
  globalSecureAccess: unset,
});

const ClientApplications = z
  .strictObject({
    ...odataType,
    includeServicePrincipals: ids,
    excludeServicePrincipals: ids,
    servicePrincipalFilter: Filter,
  })
  .nullish();

const platforms = z
  .array(z.enum(['all', ...devicePlatforms]))
  .max(devicePlatforms.length + 1)
  .nullish();
const Platforms = z.strictObject({ ...odataType, includePlatforms: platforms, excludePlatforms: platforms }).nullish();
const Locations = z.strictObject({ ...odataType, includeLocations: ids, excludeLocations: ids }).nullish();
const Devices = z
  .strictObject({
    ...odataType,
    deviceFilter: Filter,
    includeDevices: z.tuple([]).nullish(),
    excludeDevices: z.tuple([]).nullish(),
    includeDeviceStates: z.tuple([]).nullish(),
    excludeDeviceStates: z.tuple([]).nullish(),
  })
  .nullish();
const risks = z.array(z.enum(riskLevels)).max(riskLevels.length).nullish();

const Conditions = z.strictObject({
  ...odataType,
  users: Users,
  clientApplications: ClientApplications,
  applications: Applications,
  clientAppTypes: z
    .array(z.enum(['all', ...clientAppTypes]))
    .max(clientAppTypes.length + 1)
    .nullish(),
  platforms: Platforms,
  locations: Locations,
  devices: Devices,
  signInRiskLevels: risks,
  userRiskLevels: risks,
  servicePrincipalRiskLevels: risks,
  insiderRiskLevels: flags(insiderRiskLevels),
  authenticationFlows: z.strictObject({ ...odataType, transferMethods: flags(transferMethods) }).nullish(),
  times: unset,
  clients: unset,
  deviceStates: unset,
  agentIdRiskLevels: unset,
});

const GrantControls = z
  .strictObject({
    ...odataType,
    /** Graph answers in capitals and takes both. */
    operator: z
      .string()
      .regex(/^(and|or)$/i, 'expected AND or OR')
      .nullish(),
    builtInControls: z.array(z.enum(builtInControls)).max(builtInControls.length).nullish(),
    customAuthenticationFactors: ids,
    termsOfUse: ids,
    'authenticationStrength@odata.context': z.string().max(2_000).optional(),
    authenticationStrength: AuthenticationStrength.partial({
      allowedCombinations: true,
      displayName: true,
    }).nullish(),
  })
  .nullish();

const enabled = { ...odataType, isEnabled: z.boolean().nullish() };
const Switch = z.strictObject(enabled).nullish();

const SignInFrequency = z
  .strictObject({
    ...enabled,
    value: z.int().min(1).max(8_760).nullish(),
    type: z.enum(['days', 'hours']).nullish(),
    frequencyInterval: z.enum(['timeBased', 'everyTime']).nullish(),
    authenticationType: z.enum(['primaryAndSecondaryAuthentication', 'secondaryAuthentication']).nullish(),
  })
  .nullish();

const SessionControls = z
  .strictObject({
    ...odataType,
    applicationEnforcedRestrictions: Switch,
    cloudAppSecurity: z
      .strictObject({
        ...enabled,
        cloudAppSecurityType: z.enum(['mcasConfigured', 'monitorOnly', 'blockDownloads']).nullish(),
      })
      .nullish(),
    signInFrequency: SignInFrequency,
    persistentBrowser: z.strictObject({ ...enabled, mode: z.enum(['always', 'never']).nullish() }).nullish(),
    continuousAccessEvaluation: z
      .strictObject({ ...odataType, mode: z.enum(['strictEnforcement', 'disabled', 'strictLocation']).nullish() })
      .nullish(),
    disableResilienceDefaults: z.boolean().nullish(),
    secureSignInSession: Switch,
    networkAccessSecurity: unset,
    globalSecureAccessFilteringProfile: unset,
  })
  .nullish();

export const ConditionalAccessPolicy = z.strictObject({
  ...odataType,
  id,
  displayName: z.string().min(1).max(256),
  description: note,
  state: z.enum(policyStates),
  conditions: Conditions,
  grantControls: GrantControls,
  sessionControls: SessionControls,
  createdDateTime: note,
  modifiedDateTime: note,
  templateId: note,
  partialEnablementStrategy: unset,
  deletedDateTime: unset,
});
export type ConditionalAccessPolicy = z.infer<typeof ConditionalAccessPolicy>;
