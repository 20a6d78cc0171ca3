import type { BuiltInControl, ConditionalAccessPolicy } from '@sallyport/contracts/conditional-access';
import { flagsOf } from './flags.ts';
import type { PolicyProblem } from './problem.ts';

type Refusal = (policy: ConditionalAccessPolicy) => PolicyProblem[];

/** Policies that could be read in two ways, or be about nobody by mistake: if one is there all the same, it denies those whom it may be about. */
export const ambiguities: readonly Refusal[] = [someoneIsMeant, oneKindOfTarget, includeComesWithExclude];

/**
 * Combinations that the documentation refuses, a function each. Where it gives no reason, the reason here is ours. What is refused beside the ambiguities can be decided
 * on as it stands, so that a policy which was saved under older rules does not turn into one that denies.
 * https://learn.microsoft.com/entra/identity/conditional-access/concept-conditional-access-grant and its neighbours
 */
export const refusals: readonly Refusal[] = [
  ...ambiguities,
  wordsStandAlone,
  somethingIsDemanded,
  blockStandsAlone,
  passwordChangeIsForUserRisk,
  oneDemandForSecondFactors,
  operatorOfSeveral,
  registeringDevicesHasNoDevice,
  appControlsNeedPhones,
  workloadIdentities,
  risksFitTheIdentity,
  sessionControlsAreWhole,
  persistenceIsForAllApps,
  evaluationIsOffForAllOnly,
];

type List = readonly string[] | null | undefined;
const some = (list: List): list is readonly string[] => (list?.length ?? 0) > 0;
const isAll = (list: List): boolean => list?.length === 1 && list[0] === 'All';
const problem = (path: string, message: string): PolicyProblem[] => [{ path, message }];
const controlsOf = ({ grantControls }: ConditionalAccessPolicy): readonly BuiltInControl[] =>
  grantControls?.builtInControls ?? [];

/** All things that a policy's grant asks for. */
function demandsOf({ grantControls: grant }: ConditionalAccessPolicy): string[] {
  return [
    ...(grant?.builtInControls ?? []),
    ...(grant?.authenticationStrength ? ['authenticationStrength'] : []),
    ...(grant?.termsOfUse ?? []).map(() => 'termsOfUse'),
    ...(grant?.customAuthenticationFactors ?? []).map(() => 'customAuthenticationFactors'),
  ];
}

/** Whether it is about workload identities; else it is about users. */
export function isForServicePrincipals({ conditions }: ConditionalAccessPolicy): boolean {
  const clients = conditions.clientApplications;
  return some(clients?.includeServicePrincipals) || clients?.servicePrincipalFilter?.mode === 'include';
}

function someoneIsMeant(policy: ConditionalAccessPolicy): PolicyProblem[] {
  const { users } = policy.conditions;
  const guests = flagsOf(users?.includeGuestsOrExternalUsers?.guestOrExternalUserTypes);
  const people = some(users?.includeUsers) || some(users?.includeGroups) || some(users?.includeRoles) || some(guests);
  const nobody = people && isOnly(users?.includeUsers, 'None');
  if (isForServicePrincipals(policy))
    return people && !nobody ? problem('conditions.users', 'a policy is for users or for workload identities') : [];
  return people ? [] : problem('conditions.users', 'users, groups, roles, guests or workload identities are needed');
}

const isOnly = (list: List, word: string): boolean => list?.length === 1 && list[0] === word;

function oneKindOfTarget({ conditions: { applications } }: ConditionalAccessPolicy): PolicyProblem[] {
  const kinds = [
    some(applications.includeApplications) || applications.applicationFilter?.mode === 'include',
    some(applications.includeUserActions),
    some(applications.includeAuthenticationContextClassReferences),
  ].filter(Boolean).length;
  return kinds === 1
    ? []
    : problem(
        'conditions.applications',
        'applications, user actions or authentication contexts: one of them is needed',
      );
}

function wordsStandAlone({ conditions }: ConditionalAccessPolicy): PolicyProblem[] {
  const lists: readonly [string, List, readonly string[]][] = [
    ['users.includeUsers', conditions.users?.includeUsers, ['All', 'None']],
    ['applications.includeApplications', conditions.applications.includeApplications, ['All', 'None']],
    ['locations.includeLocations', conditions.locations?.includeLocations, ['All']],
    ['platforms.includePlatforms', conditions.platforms?.includePlatforms, ['all']],
    ['clientAppTypes', conditions.clientAppTypes, ['all']],
  ];
  return lists.flatMap(([path, list, words]) =>
    some(list) && list.length > 1 && words.some((word) => list.includes(word))
      ? problem(`conditions.${path}`, `${words.map((word) => `\`${word}\``).join(' and ')} stand alone`)
      : [],
  );
}

function somethingIsDemanded(policy: ConditionalAccessPolicy): PolicyProblem[] {
  return demandsOf(policy).length > 0 || policy.sessionControls
    ? []
    : problem('grantControls', 'a grant control or a session control is needed');
}

function blockStandsAlone(policy: ConditionalAccessPolicy): PolicyProblem[] {
  return controlsOf(policy).includes('block') && demandsOf(policy).length > 1
    ? problem('grantControls.builtInControls', '`block` stands alone')
    : [];
}

function passwordChangeIsForUserRisk(policy: ConditionalAccessPolicy): PolicyProblem[] {
  const controls = controlsOf(policy);
  if (!controls.includes('passwordChange')) return [];
  const { conditions, grantControls } = policy;
  const withMfaAlone =
    controls.includes('mfa') && demandsOf(policy).length === 2 && grantControls?.operator?.toUpperCase() !== 'OR';
  const { applications } = conditions;
  return [
    ...(withMfaAlone
      ? []
      : problem('grantControls', '`passwordChange` goes with `mfa`, by AND, and with nothing else')),
    ...(isAll(applications.includeApplications) &&
    !some(applications.excludeApplications) &&
    !applications.applicationFilter
      ? []
      : problem('conditions.applications', '`passwordChange` is for all resources, without exceptions')),
    ...(some(conditions.userRiskLevels)
      ? []
      : problem('conditions.userRiskLevels', '`passwordChange` needs a user risk')),
    ...(hasFurtherConditions(conditions)
      ? problem('conditions', '`passwordChange` goes with users, applications and user risk alone')
      : []),
  ];
}

/** Anything beside users, applications and user risk. */
function hasFurtherConditions(conditions: ConditionalAccessPolicy['conditions']): boolean {
  return (
    hasConditionsOfSignIn(conditions) ||
    some(conditions.locations?.includeLocations) ||
    some(conditions.servicePrincipalRiskLevels)
  );
}

/** Conditions that only a person's sign-in has, but for user risk. */
function hasConditionsOfSignIn(conditions: ConditionalAccessPolicy['conditions']): boolean {
  return (
    (some(conditions.clientAppTypes) && !isOnly(conditions.clientAppTypes, 'all')) ||
    some(conditions.platforms?.includePlatforms) ||
    (conditions.devices?.deviceFilter !== undefined && conditions.devices?.deviceFilter !== null) ||
    some(conditions.signInRiskLevels) ||
    some(flagsOf(conditions.insiderRiskLevels)) ||
    some(flagsOf(conditions.authenticationFlows?.transferMethods))
  );
}

function oneDemandForSecondFactors(policy: ConditionalAccessPolicy): PolicyProblem[] {
  return controlsOf(policy).includes('mfa') && policy.grantControls?.authenticationStrength
    ? problem('grantControls.authenticationStrength', '`mfa` and a strength do not go together: `mfa` is one')
    : [];
}

function operatorOfSeveral(policy: ConditionalAccessPolicy): PolicyProblem[] {
  const { grantControls } = policy;
  return demandsOf(policy).length > 1 && !grantControls?.operator
    ? problem('grantControls.operator', 'several controls need AND or OR')
    : [];
}

function registeringDevicesHasNoDevice(policy: ConditionalAccessPolicy): PolicyProblem[] {
  const { conditions } = policy;
  if (!conditions.applications.includeUserActions?.includes('urn:user:registerdevice')) return [];
  const possible = demandsOf(policy).every((demand) => demand === 'mfa' || demand === 'authenticationStrength');
  const ofDevice =
    conditions.devices?.deviceFilter || (some(conditions.clientAppTypes) && !isOnly(conditions.clientAppTypes, 'all'));
  return [
    ...(possible ? [] : problem('grantControls', 'registering a device can demand `mfa` or a strength only')),
    ...(ofDevice ? problem('conditions', 'registering a device has no client app and no device to ask about') : []),
  ];
}

function appControlsNeedPhones(policy: ConditionalAccessPolicy): PolicyProblem[] {
  const demands = demandsOf(policy);
  const ofApps = demands.filter((demand) => demand === 'approvedApplication' || demand === 'compliantApplication');
  const others = demands.length - ofApps.length;
  const inevitable = ofApps.length > 0 && (others === 0 || policy.grantControls?.operator?.toUpperCase() !== 'OR');
  const platforms = policy.conditions.platforms?.includePlatforms ?? [];
  return inevitable && platforms.some((platform) => platform === 'macOS' || platform === 'linux')
    ? problem('conditions.platforms.includePlatforms', 'no app on macOS or Linux can meet the app controls')
    : [];
}

function workloadIdentities(policy: ConditionalAccessPolicy): PolicyProblem[] {
  if (!isForServicePrincipals(policy)) return [];
  const { conditions } = policy;
  const demands = demandsOf(policy);
  return [
    ...(demands.length === 1 && demands[0] === 'block' && !policy.sessionControls
      ? []
      : problem('grantControls', 'workload identities can be blocked only: nobody is there to be asked')),
    ...(hasConditionsOfSignIn(conditions) || some(conditions.applications.includeUserActions)
      ? problem('conditions', 'workload identities have locations and their own risk only')
      : []),
  ];
}

function risksFitTheIdentity(policy: ConditionalAccessPolicy): PolicyProblem[] {
  const { conditions } = policy;
  if (isForServicePrincipals(policy))
    return some(conditions.userRiskLevels)
      ? problem('conditions.userRiskLevels', 'workload identities have a risk of their own')
      : [];
  return some(conditions.servicePrincipalRiskLevels)
    ? problem('conditions.servicePrincipalRiskLevels', 'the risk of service principals is for policies about them')
    : [];
}

function sessionControlsAreWhole({ sessionControls: session }: ConditionalAccessPolicy): PolicyProblem[] {
  const { signInFrequency: frequency, persistentBrowser, cloudAppSecurity } = session ?? {};
  const timed = frequency?.isEnabled && frequency.frequencyInterval !== 'everyTime';
  return [
    ...(timed && !(frequency.value && frequency.type)
      ? problem('sessionControls.signInFrequency', '`value` and `type` are needed')
      : []),
    ...(persistentBrowser?.isEnabled && !persistentBrowser.mode
      ? problem('sessionControls.persistentBrowser.mode', '`always` or `never` is needed')
      : []),
    ...(cloudAppSecurity?.isEnabled && !cloudAppSecurity.cloudAppSecurityType
      ? problem('sessionControls.cloudAppSecurity.cloudAppSecurityType', 'a kind is needed')
      : []),
  ];
}

function persistenceIsForAllApps({ sessionControls, conditions }: ConditionalAccessPolicy): PolicyProblem[] {
  return sessionControls?.persistentBrowser?.isEnabled && !isAll(conditions.applications.includeApplications)
    ? problem('sessionControls.persistentBrowser', 'a browser has one session for all apps: all resources are needed')
    : [];
}

function evaluationIsOffForAllOnly({ sessionControls, conditions }: ConditionalAccessPolicy): PolicyProblem[] {
  const off = sessionControls?.continuousAccessEvaluation?.mode === 'disabled';
  const plain =
    isAll(conditions.applications.includeApplications) &&
    !hasFurtherConditions(conditions) &&
    !some(conditions.userRiskLevels);
  return off && !plain
    ? problem('sessionControls.continuousAccessEvaluation', 'can be off for all resources without conditions only')
    : [];
}

function includeComesWithExclude({ conditions }: ConditionalAccessPolicy): PolicyProblem[] {
  const { platforms, locations } = conditions;
  return [
    ...(platforms && !some(platforms.includePlatforms)
      ? problem('conditions.platforms.includePlatforms', 'platforms to include are needed')
      : []),
    ...(locations && !some(locations.includeLocations)
      ? problem('conditions.locations.includeLocations', 'locations to include are needed')
      : []),
  ];
}
