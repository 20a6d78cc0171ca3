import type { ConditionalAccessPolicy } from '@sallyport/contracts/conditional-access';
import type { Condition } from './conditions.ts';
import { flagsOf } from './flags.ts';
import { deviceOf } from './match.ts';
import type { AccessRequest, DeviceInfo } from './request.ts';

/** Short texts for people: what a policy wants, and what a request has. Ids are left as they are; who shows them knows their names. */

type Conditions = ConditionalAccessPolicy['conditions'];
type List = readonly string[] | null | undefined;

/** A text of some 20 names is read; one of thousands is not. */
const namesShown = 20;

function names(...lists: List[]): string {
  const all = lists.flatMap((list) => list ?? []);
  const more = all.length - namesShown;
  return more > 0 ? `${all.slice(0, namesShown).join(', ')} and ${more} more` : all.join(', ');
}

const but = (included: string, excluded: string): string =>
  [included, ...(excluded === '' ? [] : [`but ${excluded}`])].join(' ').trim();
const filter = (rule: { readonly mode: string; readonly rule: string } | null | undefined): string =>
  rule ? `${rule.mode === 'include' ? 'those where' : 'those but where'} ${rule.rule}` : '';
const labelled = (label: string, list: List): string[] => (list ?? []).map((id) => `${label} ${id}`);

export const wanted: Readonly<Record<Condition, (conditions: Conditions) => string>> = {
  application: ({ applications }) =>
    [
      but(names(applications.includeApplications), names(applications.excludeApplications)),
      names(applications.includeUserActions, applications.includeAuthenticationContextClassReferences),
      filter(applications.applicationFilter),
    ]
      .filter((part) => part !== '')
      .join(', '),
  users: ({ users }) =>
    but(
      names(
        users?.includeUsers,
        labelled('group', users?.includeGroups),
        labelled('role', users?.includeRoles),
        flagsOf(users?.includeGuestsOrExternalUsers?.guestOrExternalUserTypes),
      ),
      names(
        users?.excludeUsers,
        labelled('group', users?.excludeGroups),
        labelled('role', users?.excludeRoles),
        flagsOf(users?.excludeGuestsOrExternalUsers?.guestOrExternalUserTypes),
      ),
    ),
  servicePrincipals: ({ clientApplications: clients }) =>
    [
      but(names(clients?.includeServicePrincipals), names(clients?.excludeServicePrincipals)),
      filter(clients?.servicePrincipalFilter),
    ]
      .filter((part) => part !== '')
      .join(', '),
  devicePlatform: ({ platforms }) => but(names(platforms?.includePlatforms), names(platforms?.excludePlatforms)),
  location: ({ locations }) => but(names(locations?.includeLocations), names(locations?.excludeLocations)),
  clientType: ({ clientAppTypes }) => names(clientAppTypes),
  signInRisk: ({ signInRiskLevels }) => names(signInRiskLevels),
  userRisk: ({ userRiskLevels }) => names(userRiskLevels),
  servicePrincipalRisk: ({ servicePrincipalRiskLevels }) => names(servicePrincipalRiskLevels),
  insiderRisk: ({ insiderRiskLevels }) => names(flagsOf(insiderRiskLevels)),
  authenticationFlows: ({ authenticationFlows }) => names(flagsOf(authenticationFlows?.transferMethods)),
  deviceState: ({ devices }) => filter(devices?.deviceFilter),
};

const notKnown = 'not known';

export const given: Readonly<Record<Condition, (request: AccessRequest) => string>> = {
  application: ({ signInContext: context }) =>
    context.kind === 'application'
      ? names(context.includeApplications)
      : context.kind === 'userAction'
        ? context.userAction
        : context.authenticationContextValue,
  users: ({ signInIdentity: identity }) =>
    identity.kind === 'user'
      ? names(
          [identity.userId, ...(identity.guestType ? [identity.guestType] : [])],
          labelled('group', identity.groups),
          labelled('role', identity.roles),
        )
      : `workload identity ${identity.servicePrincipalId}`,
  servicePrincipals: ({ signInIdentity: identity }) =>
    identity.kind === 'servicePrincipal' ? identity.servicePrincipalId : `user ${identity.userId}`,
  devicePlatform: ({ signInConditions }) => signInConditions.devicePlatform ?? notKnown,
  location: ({ signInConditions: { ipAddress, country, gpsCountry } }) =>
    names([ipAddress, country, gpsCountry && `${gpsCountry} by the phone`].filter((part) => part !== undefined)) ||
    notKnown,
  clientType: ({ signInConditions }) => signInConditions.clientAppType ?? notKnown,
  signInRisk: ({ signInConditions }) => signInConditions.signInRiskLevel ?? 'none',
  userRisk: ({ signInConditions }) => signInConditions.userRiskLevel ?? 'none',
  servicePrincipalRisk: ({ signInConditions }) => signInConditions.servicePrincipalRiskLevel ?? 'none',
  insiderRisk: ({ signInConditions }) => signInConditions.insiderRiskLevel ?? 'none',
  authenticationFlows: ({ signInConditions }) => signInConditions.authenticationFlow ?? 'none',
  deviceState: (request) => {
    const device = deviceOf(request);
    return device ? deviceText(device) : 'no registered device';
  },
};

const deviceText = (device: DeviceInfo): string =>
  names(
    Object.entries(device).map(([name, value]) => `${name} ${Array.isArray(value) ? value.join(' ') : String(value)}`),
  );
