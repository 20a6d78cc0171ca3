import type {
  BuiltInControl,
  ClientAppType,
  DevicePlatform,
  PolicyState,
  WhatIfAnalysisReason,
} from '@sallyport/contracts/conditional-access';
import { plural } from '../../shared/numbers.ts';
import { words } from '../../shared/text.ts';
import type { DraftPolicy } from './draft.ts';
import type { ChoiceKind, Names } from './names.ts';

export const stateWords: Readonly<Record<PolicyState, string>> = {
  enabled: 'On',
  enabledForReportingButNotEnforced: 'Report-only',
  disabled: 'Off',
};
export const platformWords: Readonly<Record<DevicePlatform | 'all', string>> = {
  all: 'Any device',
  android: 'Android',
  iOS: 'iOS',
  windows: 'Windows',
  windowsPhone: 'Windows Phone',
  macOS: 'macOS',
  linux: 'Linux',
};
export const clientWords: Readonly<Record<ClientAppType | 'all', string>> = {
  all: 'Any client',
  browser: 'Browser',
  mobileAppsAndDesktopClients: 'Mobile apps and desktop clients',
  exchangeActiveSync: 'Exchange ActiveSync clients',
  easSupported: 'Exchange ActiveSync, supported platforms',
  other: 'Other clients (legacy authentication)',
};
export const controlWords: Readonly<Record<BuiltInControl, string>> = {
  block: 'Block access',
  mfa: 'Require multifactor authentication',
  compliantDevice: 'Require device to be marked as compliant',
  domainJoinedDevice: 'Require hybrid joined device',
  approvedApplication: 'Require approved client app',
  compliantApplication: 'Require app protection policy',
  passwordChange: 'Require password change',
};
/** The same, short, for a line of a list. */
const shortControls: Readonly<Record<string, string>> = {
  mfa: 'MFA',
  compliantDevice: 'compliant device',
  domainJoinedDevice: 'hybrid joined device',
  approvedApplication: 'approved client app',
  compliantApplication: 'app protection',
  passwordChange: 'password change',
  authenticationStrength: 'a stronger method',
  termsOfUse: 'terms of use',
  reauthentication: 'a new sign-in',
  tokenProtection: 'a token bound to the device',
};
export const controlName = (control: string): string => shortControls[control] ?? words(control);
export const actionWords: Readonly<Record<string, string>> = {
  'urn:user:registersecurityinfo': 'Register security information',
  'urn:user:registerdevice': 'Register or join devices',
};
export const conditionWords: Readonly<Record<string, string>> = {
  application: 'Target resources',
  users: 'Users',
  devicePlatform: 'Device platform',
  location: 'Network',
  clientType: 'Client app',
  signInRisk: 'Sign-in risk',
  userRisk: 'User risk',
  deviceState: 'Filter for devices',
  servicePrincipals: 'Workload identities',
  servicePrincipalRisk: 'Service principal risk',
  authenticationFlows: 'Authentication flow',
  insiderRisk: 'Insider risk',
};
export const conditionName = (condition: string): string => conditionWords[condition] ?? words(condition);
export const reasonWords: Readonly<Record<WhatIfAnalysisReason, string>> = {
  notSet: 'All conditions hold',
  notEnoughInformation: 'Something it needs to know is not known',
  invalidCondition: 'A condition is not valid',
  users: 'Not for this person',
  workloadIdentities: 'Not for this workload identity',
  application: 'Not for this resource',
  userActions: 'Not for this user action',
  authenticationContext: 'Not for this authentication context',
  devicePlatform: 'Not for this device platform',
  devices: 'Not for this device',
  clientApps: 'Not for this client app',
  location: 'Not for this network',
  signInRisk: 'Not at this sign-in risk',
  emptyPolicy: 'The policy is empty',
  invalidPolicy: 'The policy can’t be decided on, and so denies',
  policyNotEnabled: 'Off',
  userRisk: 'Not at this user risk',
  time: 'Not at this time',
  insiderRisk: 'Not at this insider risk',
  authenticationFlow: 'Not for this authentication flow',
};

type List = readonly string[] | null | undefined;
const SHOWN = 2;

function listed(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN).join(', ');
  return names.length > SHOWN ? `${shown} and ${names.length - SHOWN} more` : shown;
}
const but = (included: string, excluded: readonly string[]): string =>
  excluded.length === 0 ? included || 'Nobody' : `${included || 'Nobody'} but ${listed(excluded)}`;

/** Whom a policy is about, in a line. */
export function whoOf({ conditions }: DraftPolicy, names: Names): string {
  const { users, clientApplications } = conditions;
  const called = (kind: ChoiceKind, ids: List): string[] => (ids ?? []).map((id) => names.of(kind, id));
  const workloads = clientApplications?.includeServicePrincipals ?? [];
  if (workloads.length > 0 || clientApplications?.servicePrincipalFilter)
    return workloads.includes('ServicePrincipalsInMyTenant')
      ? 'All workload identities'
      : plural(workloads.length, 'workload identity', 'workload identities');
  const guests = (of: { readonly guestOrExternalUserTypes?: string | null | undefined } | null | undefined) =>
    of ? ['Guests'] : [];
  const included = users?.includeUsers?.includes('All')
    ? 'All users'
    : listed([
        ...called('user', users?.includeUsers).filter((one) => one !== 'None'),
        ...called('group', users?.includeGroups),
        ...called('role', users?.includeRoles),
        ...guests(users?.includeGuestsOrExternalUsers),
      ]);
  return but(included, [
    ...called('user', users?.excludeUsers),
    ...called('group', users?.excludeGroups),
    ...called('role', users?.excludeRoles),
    ...guests(users?.excludeGuestsOrExternalUsers),
  ]);
}

/** What it protects, in a line. */
export function whatOf({ conditions: { applications } }: DraftPolicy, names: Names): string {
  const actions = (applications.includeUserActions ?? []).map((action) => actionWords[action] ?? action);
  const contexts = (applications.includeAuthenticationContextClassReferences ?? []).map((id) =>
    names.of('context', id),
  );
  if (actions.length + contexts.length > 0) return listed([...actions, ...contexts]);
  const included = applications.includeApplications ?? [];
  const all = included.includes('All');
  const named = all ? 'All resources' : listed(included.filter((id) => id !== 'None').map((id) => names.of('application', id))); // prettier-ignore
  const excluded = (applications.excludeApplications ?? []).map((id) => names.of('application', id));
  const shown = named === '' && applications.applicationFilter ? 'Resources by a filter' : named;
  return excluded.length === 0 ? shown || 'Nothing' : `${shown || 'Nothing'} but ${listed(excluded)}`;
}

/** Its further conditions, by name. */
export function conditionsOf({ conditions }: DraftPolicy): string[] {
  const clients = conditions.clientAppTypes ?? [];
  const has = (set: unknown, name: string): string[] => (set ? [name] : []);
  return [
    ...has(conditions.userRiskLevels?.length, 'User risk'),
    ...has(conditions.signInRiskLevels?.length, 'Sign-in risk'),
    ...has(conditions.servicePrincipalRiskLevels?.length, 'Service principal risk'),
    ...has(conditions.insiderRiskLevels, 'Insider risk'),
    ...has(conditions.platforms, 'Device platforms'),
    ...has(conditions.locations, 'Network'),
    ...has(clients.length > 0 && !clients.includes('all'), 'Client apps'),
    ...has(conditions.devices?.deviceFilter, 'Filter for devices'),
    ...has(conditions.authenticationFlows?.transferMethods, 'Authentication flows'),
  ];
}

/** What it demands, in a line. */
export function controlsOf({ grantControls, sessionControls }: DraftPolicy, names: Names): string {
  const controls = grantControls?.builtInControls ?? [];
  if (controls.includes('block')) return 'Block';
  const strength = grantControls?.authenticationStrength?.id;
  const grants = [
    ...controls.map(controlName),
    ...(strength === undefined ? [] : [names.of('strength', strength)]),
    ...(grantControls?.termsOfUse ?? []).map((id) => names.of('terms', id)),
    ...(grantControls?.customAuthenticationFactors ?? []),
  ];
  const joined = grants.join(grantControls?.operator?.toUpperCase() === 'AND' ? ' and ' : ' or ');
  const session = sessionWords(sessionControls);
  return [...(joined === '' ? [] : [`Require ${joined}`]), ...session].join('; ') || 'Nothing';
}

export function sessionWords(session: DraftPolicy['sessionControls']): string[] {
  if (!session) return [];
  const { signInFrequency: frequency, persistentBrowser, cloudAppSecurity } = session;
  const often =
    frequency?.isEnabled === true
      ? frequency.frequencyInterval === 'everyTime'
        ? ['sign in every time']
        : [`sign in every ${frequency.value ?? '?'} ${frequency.type ?? 'hours'}`]
      : [];
  return [
    ...often,
    ...(persistentBrowser?.isEnabled ? [`browser session ${persistentBrowser.mode === 'never' ? 'ends with the browser' : 'persists'}`] : []), // prettier-ignore
    ...(session.applicationEnforcedRestrictions?.isEnabled ? ['restrictions of the application'] : []),
    ...(cloudAppSecurity?.isEnabled ? ['app control'] : []),
    ...(session.secureSignInSession?.isEnabled ? ['token protection'] : []),
    ...(session.continuousAccessEvaluation ? [`continuous evaluation: ${words(session.continuousAccessEvaluation.mode ?? '')}`] : []), // prettier-ignore
    ...(session.disableResilienceDefaults ? ['no resilience defaults'] : []),
  ];
}
