import {
  builtInStrengths,
  type AuthenticationContext,
  type AuthenticationStrength,
  type ConditionalAccessPolicy,
  type NamedLocation,
} from '@sallyport/contracts/conditional-access';
import { z } from 'zod';
import type { Body, ObjectRow } from './store.ts';

/** Objects as Graph writes them: what is not set is null, and lists are there when they are empty. */

const list = <T>(values: readonly T[] | null | undefined): readonly T[] => values ?? [];

export function policyBody(policy: ConditionalAccessPolicy): Body {
  return {
    displayName: policy.displayName,
    ...(policy.description === undefined ? {} : { description: policy.description }),
    templateId: policy.templateId ?? null,
    state: policy.state,
    partialEnablementStrategy: null,
    sessionControls: policy.sessionControls ?? null,
    conditions: conditionsBody(policy.conditions),
    grantControls: grantBody(policy.grantControls),
  };
}

function conditionsBody({
  users,
  applications,
  clientApplications,
  ...rest
}: ConditionalAccessPolicy['conditions']): Body {
  return {
    userRiskLevels: list(rest.userRiskLevels),
    signInRiskLevels: list(rest.signInRiskLevels),
    clientAppTypes: rest.clientAppTypes?.length ? rest.clientAppTypes : ['all'],
    servicePrincipalRiskLevels: list(rest.servicePrincipalRiskLevels),
    insiderRiskLevels: rest.insiderRiskLevels ?? null,
    platforms: rest.platforms
      ? {
          includePlatforms: list(rest.platforms.includePlatforms),
          excludePlatforms: list(rest.platforms.excludePlatforms),
        }
      : null,
    locations: rest.locations
      ? {
          includeLocations: list(rest.locations.includeLocations),
          excludeLocations: list(rest.locations.excludeLocations),
        }
      : null,
    devices: rest.devices?.deviceFilter ? { deviceFilter: rest.devices.deviceFilter } : null,
    authenticationFlows: rest.authenticationFlows ?? null,
    clientApplications: clientApplications
      ? {
          includeServicePrincipals: list(clientApplications.includeServicePrincipals),
          excludeServicePrincipals: list(clientApplications.excludeServicePrincipals),
          servicePrincipalFilter: clientApplications.servicePrincipalFilter ?? null,
        }
      : null,
    applications: {
      includeApplications: list(applications.includeApplications),
      excludeApplications: list(applications.excludeApplications),
      includeUserActions: list(applications.includeUserActions),
      includeAuthenticationContextClassReferences: list(applications.includeAuthenticationContextClassReferences),
      applicationFilter: applications.applicationFilter ?? null,
    },
    users: users
      ? {
          includeUsers: list(users.includeUsers),
          excludeUsers: list(users.excludeUsers),
          includeGroups: list(users.includeGroups),
          excludeGroups: list(users.excludeGroups),
          includeRoles: list(users.includeRoles),
          excludeRoles: list(users.excludeRoles),
          includeGuestsOrExternalUsers: users.includeGuestsOrExternalUsers ?? null,
          excludeGuestsOrExternalUsers: users.excludeGuestsOrExternalUsers ?? null,
        }
      : null,
  };
}

/** Of a strength the id is kept: what it allows may change. */
function grantBody(grant: ConditionalAccessPolicy['grantControls']): Body | null {
  if (!grant) return null;
  return {
    operator: (grant.operator ?? 'OR').toUpperCase(),
    builtInControls: list(grant.builtInControls),
    customAuthenticationFactors: list(grant.customAuthenticationFactors),
    termsOfUse: list(grant.termsOfUse),
    authenticationStrength: grant.authenticationStrength ? { id: grant.authenticationStrength.id } : null,
  };
}

export function locationBody(location: NamedLocation): Body {
  const { '@odata.type': type, displayName } = location;
  if (type === '#microsoft.graph.countryNamedLocation')
    return {
      '@odata.type': type,
      displayName,
      countriesAndRegions: location.countriesAndRegions,
      includeUnknownCountriesAndRegions: location.includeUnknownCountriesAndRegions ?? false,
      countryLookupMethod: location.countryLookupMethod ?? 'clientIpAddress',
    };
  const ipRanges = location.ipRanges.map((range) => {
    const first = 'cidrAddress' in range ? range.cidrAddress : range.lowerAddress;
    const form = `${first.includes(':') ? 'iPv6' : 'iPv4'}${'cidrAddress' in range ? 'CidrRange' : 'Range'}`;
    return { ...range, '@odata.type': `#microsoft.graph.${form}` };
  });
  return { '@odata.type': type, displayName, isTrusted: location.isTrusted, ipRanges };
}

export function strengthBody(strength: AuthenticationStrength): Body {
  return {
    displayName: strength.displayName,
    description: strength.description ?? '',
    policyType: 'custom',
    requirementsSatisfied: new Set(builtInStrengths.multifactor.allowedCombinations).isSupersetOf(
      new Set(strength.allowedCombinations),
    )
      ? 'mfa'
      : 'none',
    allowedCombinations: strength.allowedCombinations,
    combinationConfigurations: list(strength.combinationConfigurations),
  };
}

export const contextBody = ({ displayName, description, isAvailable }: AuthenticationContext): Body => ({
  displayName,
  description: description ?? '',
  isAvailable: isAvailable ?? false,
});

/** The three that every tenant has, as rows. */
export const builtInRows: readonly ObjectRow[] = Object.values(builtInStrengths).map(({ id, ...strength }) => {
  const at = new Date('2021-12-01T00:00:00Z');
  const body = { ...strengthBody({ id, ...strength }), policyType: 'builtIn' };
  return { id, kind: 'authenticationStrength', body, createdAt: at, modifiedAt: at };
});

const withTimes = ({ id, createdAt, modifiedAt }: ObjectRow, whenNew: Date | null) => ({
  id,
  createdDateTime: createdAt.toISOString(),
  modifiedDateTime: (modifiedAt ?? whenNew)?.toISOString() ?? null,
});

const GrantWithStrength = z.looseObject({ authenticationStrength: z.object({ id: z.string() }) });

/** An object as Graph answers it. Of policies, the strength is written out. */
export function graphForm(row: ObjectRow, strengths: readonly ObjectRow[] = []): Record<string, unknown> {
  const { body, kind, createdAt } = row;
  // Graph keeps no times of these.
  if (kind === 'authenticationContext') return { id: row.id, ...body };
  const form = { ...withTimes(row, kind === 'policy' ? null : createdAt), ...body };
  const grant = GrantWithStrength.safeParse(body['grantControls']);
  if (kind !== 'policy' || !grant.success) return form;
  const id = grant.data.authenticationStrength.id.toLowerCase();
  const strength = strengths.find((one) => one.id.toLowerCase() === id);
  return strength ? { ...form, grantControls: { ...grant.data, authenticationStrength: graphForm(strength) } } : form;
}

const isObject = (value: unknown): value is Body =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
/** What makes two objects different things rather than one that changed. */
const isOtherThing = (before: Body, patch: Body): boolean =>
  ['@odata.type', 'membershipKind', 'id'].some(
    (name) => patch[name] !== undefined && before[name] !== undefined && patch[name] !== before[name],
  );

/** What a PATCH makes of a value: objects are changed member by member, all else is replaced, as OData has it. */
export function patched(before: unknown, patch: unknown): unknown {
  if (!isObject(before) || !isObject(patch) || isOtherThing(before, patch)) return patch;
  const changed = Object.entries(patch).map(([name, value]) => [
    name,
    patched(Object.hasOwn(before, name) ? before[name] : undefined, value),
  ]);
  return Object.fromEntries([...Object.entries(before), ...changed] as [string, unknown][]);
}
