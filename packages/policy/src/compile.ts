import {
  builtInStrengths,
  clientAppTypes,
  conditionalAccessLimits,
  devicePlatforms,
  guestTypes,
  insiderRiskLevels,
  riskLevels,
  transferMethods,
  type ConditionalAccessPolicy,
} from '@sallyport/contracts/conditional-access';
import { checkShape, undecidable } from './check.ts';
import { conditionFlags } from './conditions.ts';
import { compileGrant, type CompiledGrant } from './controls.ts';
import { compileFilter, parseFilter, type Filter, type FilterSubject } from './filter/index.ts';
import { bitsOf, flagsOf } from './flags.ts';
import { compileLocation, type CompiledLocation } from './locations.ts';
import { isForServicePrincipals } from './refusals.ts';
import type { Directory } from './request.ts';
import { compileSession, type CompiledSession } from './sessions.ts';
import { compileStrength, type StrengthTest } from './strengths.ts';

/** What a policy is about, by list. One number has them all, so that a request marks policies by it. */
export const marks = { included: 1, excluded: 2, covered: 4, uncovered: 8 } as const;

export interface GuestRule {
  /** One bit for each of `guestTypes`. */
  readonly types: number;
  /** Nothing: all tenants. */
  readonly tenants: ReadonlySet<string> | undefined;
}

export interface PlaceRule {
  readonly all: boolean;
  readonly allTrusted: boolean;
  /** Numbers of named locations; -1: one that does not exist. */
  readonly locations: readonly number[];
}

export interface FilterRule {
  readonly mode: 'include' | 'exclude';
  readonly test: Filter;
}

export interface CompiledPolicy {
  readonly id: string;
  readonly displayName: string;
  readonly state: 'enabled' | 'reportOnly' | 'disabled';
  /** Why it denies whomever it is about. */
  readonly error: string | undefined;
  /** Which conditions it has, as flags. */
  readonly configured: number;
  readonly subject: 'user' | 'servicePrincipal';
  readonly includeGuests: readonly GuestRule[];
  readonly excludeGuests: readonly GuestRule[];
  readonly applicationFilter: FilterRule | undefined;
  readonly servicePrincipalFilter: FilterRule | undefined;
  /** Bits of what is meant, 0 where the condition is not set. Platforms that are not known have a bit of their own. */
  readonly clientApps: number;
  readonly platforms: number;
  readonly signInRisks: number;
  readonly userRisks: number;
  readonly servicePrincipalRisks: number;
  readonly insiderRisks: number;
  readonly flows: number;
  readonly includeLocations: PlaceRule | undefined;
  readonly excludeLocations: PlaceRule | undefined;
  readonly deviceFilter: FilterRule | undefined;
  readonly grant: CompiledGrant;
  readonly session: CompiledSession;
}

type Postings = Map<string, number[]>;

/** Policies in the form in which they are decided on. */
export interface PolicySet {
  readonly policies: readonly CompiledPolicy[];
  /** As they were given, so that a set can be made of them that differs in one. */
  readonly given: readonly unknown[];
  readonly directory: Directory;
  /** Those of them whose form was right. */
  readonly sources: readonly (ConditionalAccessPolicy | undefined)[];
  /** Marks that hold for every user and app, by policy. */
  readonly base: Uint8Array;
  /** For each list: whose name is in it → policies. */
  readonly index: Readonly<Record<ListName, ReadonlyMap<string, readonly number[]>>>;
  readonly locations: readonly CompiledLocation[];
  /** The phishing-resistant strength, which emergency accounts need. */
  readonly phishingResistant: StrengthTest;
  readonly emergencyAccess: ReadonlySet<string>;
  readonly securityAttributes: ReadonlyMap<string, ReadonlyMap<string, string | readonly string[]>>;
}

export type ListName =
  | 'includeUsers'
  | 'excludeUsers'
  | 'includeGroups'
  | 'excludeGroups'
  | 'includeRoles'
  | 'excludeRoles'
  | 'includeServicePrincipals'
  | 'excludeServicePrincipals'
  | 'includeApplications'
  | 'excludeApplications'
  | 'includeUserActions'
  | 'includeAuthenticationContexts';

const listNames: readonly ListName[] = [
  'includeUsers',
  'excludeUsers',
  'includeGroups',
  'excludeGroups',
  'includeRoles',
  'excludeRoles',
  'includeServicePrincipals',
  'excludeServicePrincipals',
  'includeApplications',
  'excludeApplications',
  'includeUserActions',
  'includeAuthenticationContexts',
];

/** Ids are compared without case: one that was pasted in capitals must not fall out of its policy. */
export const keyOf = (id: string): string => id.toLowerCase();

export const unknownPlatform = 1 << devicePlatforms.length;
const allPlatforms = unknownPlatform * 2 - 1;
export const ownServicePrincipals = keyOf('ServicePrincipalsInMyTenant');

/**
 * Makes a set of policies and the tenant's facts that can be asked fast. Policies may be anything: what is no policy, or one that can't be decided on, is kept as one
 * that denies, unless it is off. Throws `RangeError` when there are too many policies or emergency accounts.
 */
export function compilePolicies(policies: readonly unknown[], directory: Directory = {}): PolicySet {
  const emergency = directory.emergencyAccess ?? [];
  if (policies.length > conditionalAccessLimits.policies)
    throw new RangeError(`more than ${conditionalAccessLimits.policies} policies`);
  if (emergency.length > conditionalAccessLimits.emergencyAccounts)
    throw new RangeError(`more than ${conditionalAccessLimits.emergencyAccounts} emergency accounts`);
  const strengths = strengthsOf(directory);
  const places = new Map((directory.namedLocations ?? []).map(({ id }, i) => [keyOf(id), i] as const));
  const compiler = new Compiler(policies.length, directory, strengths, places);
  policies.forEach((policy, i) => compiler.add(policy, i));
  return {
    ...compiler.done(),
    given: policies,
    directory,
    locations: (directory.namedLocations ?? []).map(compileLocation),
    phishingResistant: strengths.get(builtInStrengths.phishingResistant.id)!,
    emergencyAccess: new Set(emergency.map(keyOf)),
    securityAttributes: attributesOf(directory),
  };
}

function strengthsOf(directory: Directory): ReadonlyMap<string, StrengthTest> {
  const all = [...(directory.authenticationStrengths ?? []), ...Object.values(builtInStrengths)];
  return new Map(all.map((strength) => [keyOf(strength.id), compileStrength(strength)]));
}

function attributesOf(directory: Directory): PolicySet['securityAttributes'] {
  return new Map(
    Object.entries(directory.securityAttributes ?? {}).map(([id, attributes]) => [
      keyOf(id),
      new Map(Object.entries(attributes).map(([name, value]) => [name.toLowerCase(), value])),
    ]),
  );
}

class Compiler {
  readonly #policies: CompiledPolicy[] = [];
  readonly #sources: (ConditionalAccessPolicy | undefined)[] = [];
  readonly #base: Uint8Array;
  readonly #index = Object.fromEntries(listNames.map((name) => [name, new Map()])) as Record<ListName, Postings>;
  readonly #groups: ReadonlyMap<string, readonly string[]>;
  readonly #strengths: ReadonlyMap<string, StrengthTest>;
  readonly #places: ReadonlyMap<string, number>;

  constructor(
    count: number,
    directory: Directory,
    strengths: ReadonlyMap<string, StrengthTest>,
    places: ReadonlyMap<string, number>,
  ) {
    this.#base = new Uint8Array(count);
    this.#strengths = strengths;
    this.#places = places;
    this.#groups = new Map(Object.entries(directory.applicationGroups ?? {}).map(([name, ids]) => [keyOf(name), ids]));
  }

  done(): Pick<PolicySet, 'policies' | 'sources' | 'base' | 'index'> {
    return { policies: this.#policies, sources: this.#sources, base: this.#base, index: this.#index };
  }

  add(input: unknown, at: number): void {
    const checked = checkShape(input);
    this.#sources.push('value' in checked ? checked.value : undefined);
    if ('value' in checked) {
      const [fault] = undecidable(checked.value);
      this.#policies.push(this.#compile(checked.value, fault && `${fault.path}: ${fault.message}`));
      this.#list(checked.value, at);
    } else {
      const { path = '', message = '' } = checked.problems[0] ?? {};
      this.#policies.push(unreadable(input, `${path}: ${message}`));
      this.#base[at] = marks.included | marks.covered;
    }
  }

  #compile(policy: ConditionalAccessPolicy, error: string | undefined): CompiledPolicy {
    const { conditions } = policy;
    const { users, applications, clientApplications, locations, platforms, devices } = conditions;
    const clientTypes = conditions.clientAppTypes ?? [];
    const includeLocations = placeRule(locations?.includeLocations, this.#places);
    const compiled = {
      id: policy.id,
      displayName: policy.displayName,
      state: policy.state === 'enabledForReportingButNotEnforced' ? 'reportOnly' : policy.state,
      error,
      subject: isForServicePrincipals(policy) ? 'servicePrincipal' : 'user',
      includeGuests: guestRules(users?.includeUsers, users?.includeGuestsOrExternalUsers),
      excludeGuests: guestRules(users?.excludeUsers, users?.excludeGuestsOrExternalUsers),
      applicationFilter: filterRule(applications.applicationFilter, 'attribute'),
      servicePrincipalFilter: filterRule(clientApplications?.servicePrincipalFilter, 'attribute'),
      clientApps: clientTypes.includes('all') ? 0 : bitsOf(clientTypes, clientAppTypes),
      platforms: platforms ? platformBits(platforms.includePlatforms) & ~platformBits(platforms.excludePlatforms) : 0,
      signInRisks: bitsOf(conditions.signInRiskLevels ?? [], riskLevels),
      userRisks: bitsOf(conditions.userRiskLevels ?? [], riskLevels),
      servicePrincipalRisks: bitsOf(conditions.servicePrincipalRiskLevels ?? [], riskLevels),
      insiderRisks: bitsOf(flagsOf(conditions.insiderRiskLevels), insiderRiskLevels),
      flows: bitsOf(flagsOf(conditions.authenticationFlows?.transferMethods), transferMethods),
      includeLocations,
      excludeLocations: placeRule(locations?.excludeLocations, this.#places),
      deviceFilter: filterRule(devices?.deviceFilter, 'device'),
      grant: compileGrant(policy.grantControls, this.#strengths),
      session: compileSession(policy.sessionControls),
    } as const;
    return { ...compiled, configured: configuredOf(compiled, platforms) };
  }

  #list(policy: ConditionalAccessPolicy, at: number): void {
    const { users, applications, clientApplications } = policy.conditions;
    const mark = (name: ListName, ids: readonly string[] | null | undefined, whenAll: number): void => {
      for (const key of (ids ?? []).map(keyOf)) {
        const meant = name.endsWith('Applications') ? (this.#groups.get(key) ?? [key]) : [key];
        if (key === 'all' && whenAll !== 0) this.#base[at]! |= whenAll;
        else if (key !== 'none') for (const one of meant) post(this.#index[name], keyOf(one), at);
      }
    };
    if (isForServicePrincipals(policy)) {
      mark('includeServicePrincipals', clientApplications?.includeServicePrincipals, 0);
      mark('excludeServicePrincipals', clientApplications?.excludeServicePrincipals, 0);
    } else {
      mark('includeUsers', users?.includeUsers, marks.included);
      mark('excludeUsers', users?.excludeUsers, marks.excluded);
      mark('includeGroups', users?.includeGroups, 0);
      mark('excludeGroups', users?.excludeGroups, 0);
      mark('includeRoles', users?.includeRoles, 0);
      mark('excludeRoles', users?.excludeRoles, 0);
    }
    mark('includeApplications', applications.includeApplications, marks.covered);
    mark('excludeApplications', applications.excludeApplications, marks.uncovered);
    mark('includeUserActions', applications.includeUserActions, 0);
    mark('includeAuthenticationContexts', applications.includeAuthenticationContextClassReferences, 0);
  }
}

function post(postings: Postings, key: string, at: number): void {
  const list = postings.get(key);
  if (list === undefined) postings.set(key, [at]);
  else if (list.at(-1) !== at) list.push(at);
}

/** What can't be read is about everybody, and denies. */
function unreadable(input: unknown, error: string): CompiledPolicy {
  const field = (name: string): unknown =>
    typeof input === 'object' && input !== null && name in input ? (input as Record<string, unknown>)[name] : undefined;
  const text = (name: string): string => {
    const value = field(name);
    return typeof value === 'string' ? value.slice(0, conditionalAccessLimits.idLength) : '';
  };
  const state = field('state');
  return {
    id: text('id'),
    displayName: text('displayName'),
    state: state === 'disabled' ? 'disabled' : state === 'enabledForReportingButNotEnforced' ? 'reportOnly' : 'enabled',
    error,
    configured: 0,
    subject: 'user',
    includeGuests: [],
    excludeGuests: [],
    applicationFilter: undefined,
    servicePrincipalFilter: undefined,
    clientApps: 0,
    platforms: 0,
    signInRisks: 0,
    userRisks: 0,
    servicePrincipalRisks: 0,
    insiderRisks: 0,
    flows: 0,
    includeLocations: undefined,
    excludeLocations: undefined,
    deviceFilter: undefined,
    grant: compileGrant(undefined, new Map()),
    session: compileSession(undefined),
  };
}

type Conditions = ConditionalAccessPolicy['conditions'];
type Guests = NonNullable<Conditions['users']>['includeGuestsOrExternalUsers'];

function guestRules(users: readonly string[] | null | undefined, guests: Guests): GuestRule[] {
  const everyGuest = (users ?? []).some((id) => keyOf(id) === 'guestsorexternalusers');
  const types = bitsOf(flagsOf(guests?.guestOrExternalUserTypes), guestTypes);
  const { externalTenants } = guests ?? {};
  const members = externalTenants?.membershipKind === 'enumerated' ? externalTenants.members : undefined;
  return [
    ...(everyGuest ? [{ types: (1 << guestTypes.length) - 1, tenants: undefined }] : []),
    ...(types === 0 ? [] : [{ types, tenants: members && new Set(members.map(keyOf)) }]),
  ];
}

function platformBits(platforms: readonly string[] | null | undefined): number {
  return platforms?.includes('all') ? allPlatforms : bitsOf(platforms ?? [], devicePlatforms);
}

function placeRule(
  ids: readonly string[] | null | undefined,
  places: ReadonlyMap<string, number>,
): PlaceRule | undefined {
  if (!ids || ids.length === 0) return undefined;
  const keys = ids.map(keyOf);
  return {
    all: keys.includes('all'),
    allTrusted: keys.includes('alltrusted'),
    locations: keys.filter((key) => key !== 'all' && key !== 'alltrusted').map((key) => places.get(key) ?? -1),
  };
}

function filterRule(
  filter: { readonly mode: 'include' | 'exclude'; readonly rule: string } | null | undefined,
  subject: FilterSubject,
): FilterRule | undefined {
  if (!filter) return undefined;
  try {
    return { mode: filter.mode, test: compileFilter(parseFilter(filter.rule, subject)) };
  } catch {
    // A rule that is none is told by `undecidable`, and makes the policy deny.
    return undefined;
  }
}

function configuredOf(policy: Omit<CompiledPolicy, 'configured'>, platforms: Conditions['platforms']): number {
  const has = (condition: keyof typeof conditionFlags, set: boolean): number => (set ? conditionFlags[condition] : 0);
  return (
    conditionFlags.application |
    conditionFlags[policy.subject === 'user' ? 'users' : 'servicePrincipals'] |
    has('clientType', policy.clientApps !== 0) |
    has('devicePlatform', platforms !== null && platforms !== undefined) |
    has('signInRisk', policy.signInRisks !== 0) |
    has('userRisk', policy.userRisks !== 0) |
    has('servicePrincipalRisk', policy.servicePrincipalRisks !== 0) |
    has('insiderRisk', policy.insiderRisks !== 0) |
    has('authenticationFlows', policy.flows !== 0) |
    has('location', policy.includeLocations !== undefined || policy.excludeLocations !== undefined) |
    has('deviceState', policy.deviceFilter !== undefined)
  );
}
