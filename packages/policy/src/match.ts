import {
  clientAppTypes,
  devicePlatforms,
  guestTypes,
  insiderRiskLevels,
  riskLevels,
  transferMethods,
} from '@sallyport/contracts/conditional-access';
import {
  keyOf,
  marks,
  ownServicePrincipals,
  unknownPlatform,
  type CompiledPolicy,
  type FilterRule,
  type GuestRule,
  type ListName,
  type PlaceRule,
  type PolicySet,
} from './compile.ts';
import { conditionFlags as flags, no, unknown, within, yes, type Truth } from './conditions.ts';
import type { PropertyReader } from './filter/index.ts';
import { placeOf, type Place } from './locations.ts';
import type { AccessRequest, DeviceInfo, SignInConditions, SignInContext, SignInIdentity } from './request.ts';

/** Which of a policy's conditions hold, as flags. What is in neither `satisfied` nor `notSatisfied` is not set, or in `unknown`. */
export interface Match {
  readonly satisfied: number;
  readonly notSatisfied: number;
  readonly unknown: number;
}

/** A request in the form in which policies ask it: lists looked up, values as bits, places and rules asked once. */
export class Matcher {
  readonly #set: PolicySet;
  readonly #request: AccessRequest;
  readonly #marks: Uint8Array;
  #oneApp: string | undefined;
  readonly #place: Place;
  #atTrusted: Truth | undefined;
  readonly #placesHeld: Int8Array;
  readonly #guest: number;
  readonly #tenant: string | undefined;
  readonly #clientApp: number;
  readonly #platform: number;
  readonly #signInRisk: number;
  readonly #userRisk: number;
  readonly #servicePrincipalRisk: number;
  readonly #insiderRisk: number;
  readonly #unknownRisks: number;
  readonly #flow: number;
  readonly #device: PropertyReader;

  constructor(set: PolicySet, request: AccessRequest) {
    const { signInIdentity: identity, signInConditions: conditions } = request;
    this.#set = set;
    this.#request = request;
    this.#marks = set.base.slice();
    this.#markIdentity(identity);
    this.#markContext(request.signInContext);
    this.#place = placeOf(conditions);
    this.#placesHeld = new Int8Array(set.locations.length).fill(-1);
    this.#guest = identity.kind === 'user' ? bit(identity.guestType, guestTypes) : 0;
    this.#tenant = identity.kind === 'user' ? identity.externalTenantId?.toLowerCase() : undefined;
    this.#clientApp = bit(conditions.clientAppType, clientAppTypes);
    this.#platform = bit(conditions.devicePlatform, devicePlatforms) || unknownPlatform;
    this.#signInRisk = bitOrAll(conditions.signInRiskLevel ?? 'none', riskLevels);
    this.#userRisk = bitOrAll(conditions.userRiskLevel ?? 'none', riskLevels);
    this.#servicePrincipalRisk = bitOrAll(conditions.servicePrincipalRiskLevel ?? 'none', riskLevels);
    this.#insiderRisk = bitOrAll(conditions.insiderRiskLevel, insiderRiskLevels);
    this.#unknownRisks = unknownRisks(conditions);
    this.#flow = bitOrAll(conditions.authenticationFlow, transferMethods);
    this.#device = deviceReader(deviceOf(request));
  }

  /** Asks one policy, by its number. */
  match(at: number): Match {
    const policy = this.#set.policies[at]!;
    const { configured } = policy;
    const isForUsers = policy.subject === 'user';
    const who = isForUsers ? this.#user(policy, at) : this.#servicePrincipal(policy, at);
    const client = policy.clientApps === 0 ? no : this.#isClientApp(policy.clientApps);
    const place = (configured & flags.location) === 0 ? no : this.#location(policy);
    let satisfied = 0;
    if (who === yes) satisfied |= isForUsers ? flags.users : flags.servicePrincipals;
    if (this.#isAbout(policy, at)) satisfied |= flags.application;
    if ((policy.platforms & this.#platform) !== 0) satisfied |= flags.devicePlatform;
    if ((policy.signInRisks & this.#signInRisk) !== 0) satisfied |= flags.signInRisk;
    if ((policy.userRisks & this.#userRisk) !== 0) satisfied |= flags.userRisk;
    if ((policy.servicePrincipalRisks & this.#servicePrincipalRisk) !== 0) satisfied |= flags.servicePrincipalRisk;
    if ((policy.insiderRisks & this.#insiderRisk) !== 0) satisfied |= flags.insiderRisk;
    if ((policy.flows & this.#flow) !== 0) satisfied |= flags.authenticationFlows;
    if (client === yes) satisfied |= flags.clientType;
    if (place === yes) satisfied |= flags.location;
    if (policy.deviceFilter !== undefined && passes(policy.deviceFilter, this.#device)) satisfied |= flags.deviceState;
    let unsure = 0;
    if (who === unknown) unsure |= flags.users;
    if (client === unknown) unsure |= flags.clientType;
    if (place === unknown) unsure |= flags.location;
    unsure |= this.#unknownRisks;
    satisfied &= configured;
    unsure &= configured;
    return { satisfied, notSatisfied: configured & ~satisfied & ~unsure, unknown: unsure };
  }

  #markIdentity(identity: SignInIdentity): void {
    if (identity.kind === 'servicePrincipal') {
      this.#mark('includeServicePrincipals', identity.servicePrincipalId, marks.included);
      this.#mark('excludeServicePrincipals', identity.servicePrincipalId, marks.excluded);
      if (identity.inMyTenant) this.#mark('includeServicePrincipals', ownServicePrincipals, marks.included);
      return;
    }
    this.#mark('includeUsers', identity.userId, marks.included);
    this.#mark('excludeUsers', identity.userId, marks.excluded);
    for (const group of identity.groups) {
      this.#mark('includeGroups', group, marks.included);
      this.#mark('excludeGroups', group, marks.excluded);
    }
    for (const role of identity.roles) {
      this.#mark('includeRoles', role, marks.included);
      this.#mark('excludeRoles', role, marks.excluded);
    }
  }

  #markContext(context: SignInContext): void {
    if (context.kind === 'application') {
      // One app alone can be marked with the rest; of several each has its own exceptions.
      if (context.includeApplications.length !== 1) return;
      this.#oneApp = context.includeApplications[0];
      this.#mark('includeApplications', this.#oneApp!, marks.covered);
      this.#mark('excludeApplications', this.#oneApp!, marks.uncovered);
    } else if (context.kind === 'userAction') {
      const urn = userActionUrns[context.userAction];
      this.#mark('includeUserActions', urn, marks.covered);
    } else this.#mark('includeAuthenticationContexts', context.authenticationContextValue, marks.covered);
  }

  #mark(list: ListName, id: string, mark: number): void {
    const postings = this.#set.index[list];
    if (postings.size === 0) return;
    for (const at of postings.get(keyOf(id)) ?? []) this.#marks[at]! |= mark;
  }

  #user({ includeGuests, excludeGuests }: CompiledPolicy, at: number): Truth {
    if (this.#request.signInIdentity.kind !== 'user') return no;
    const held = this.#marks[at]!;
    const included = (held & marks.included) !== 0 ? yes : this.#isGuest(includeGuests);
    const excluded = (held & marks.excluded) !== 0 ? yes : this.#isGuest(excludeGuests);
    return within(included, excluded);
  }

  #isGuest(rules: readonly GuestRule[]): Truth {
    if (this.#guest === 0) return no;
    let truth: Truth = no;
    for (const { types, tenants } of rules) {
      if ((types & this.#guest) === 0) continue;
      // Guests of this tenant have no other that a rule could name.
      if (tenants === undefined || this.#guest === internalGuest) return yes;
      if (this.#tenant === undefined) truth = unknown;
      else if (tenants.has(this.#tenant)) return yes;
    }
    return truth;
  }

  #servicePrincipal({ servicePrincipalFilter: filter }: CompiledPolicy, at: number): Truth {
    const { signInIdentity: identity } = this.#request;
    if (identity.kind !== 'servicePrincipal') return no;
    const held = this.#marks[at]!;
    const passed = filter !== undefined && filter.test(this.#attributesOf(identity.servicePrincipalId));
    const included = (held & marks.included) !== 0 || (passed && filter.mode === 'include');
    const excluded = (held & marks.excluded) !== 0 || (passed && filter.mode === 'exclude');
    return included && !excluded ? yes : no;
  }

  #isAbout(policy: CompiledPolicy, at: number): boolean {
    const { signInContext: context } = this.#request;
    switch (context.kind) {
      case 'application':
        return this.#oneApp === undefined
          ? context.includeApplications.some((app) => this.#covers(policy, this.#marksOfApp(at, app), app))
          : this.#covers(policy, this.#marks[at]!, this.#oneApp);
      case 'userAction': {
        const { index, base } = this.#set;
        const named = index.includeUserActions.get(userActionUrns[context.userAction])?.includes(at) ?? false;
        // Registering what one signs in with is covered by policies for all resources; registering a device is not, since it is what makes a device one that can be asked for.
        const byAll = (base[at]! & marks.covered) !== 0 && context.userAction === 'registerSecurityInformation';
        return named || byAll;
      }
      case 'authenticationContext':
        return (this.#marks[at]! & marks.covered) !== 0 && (this.#set.base[at]! & marks.covered) === 0;
    }
  }

  #marksOfApp(at: number, app: string): number {
    const { base, index } = this.#set;
    const key = keyOf(app);
    const isIncluded = index.includeApplications.get(key)?.includes(at) ?? false;
    const isExcluded = index.excludeApplications.get(key)?.includes(at) ?? false;
    return base[at]! | (isIncluded ? marks.covered : 0) | (isExcluded ? marks.uncovered : 0);
  }

  #covers({ applicationFilter: filter }: CompiledPolicy, listed: number, app: string): boolean {
    let held = listed;
    if (filter?.test(this.#attributesOf(app))) held |= filter.mode === 'include' ? marks.covered : marks.uncovered;
    return (held & (marks.covered | marks.uncovered)) === marks.covered;
  }

  #attributesOf(id: string): PropertyReader {
    const attributes = this.#set.securityAttributes.get(keyOf(id));
    return (name) => attributes?.get(name);
  }

  #isClientApp(meant: number): Truth {
    if (this.#clientApp === 0) return unknown;
    // ActiveSync means clients on all platforms, also those that have a bit of their own.
    const wide = (meant & activeSync) !== 0 ? meant | supportedActiveSync : meant;
    return (wide & this.#clientApp) !== 0 ? yes : no;
  }

  #location({ includeLocations, excludeLocations }: CompiledPolicy): Truth {
    return within(
      includeLocations === undefined ? yes : this.#isAt(includeLocations),
      excludeLocations === undefined ? no : this.#isAt(excludeLocations),
    );
  }

  #isAt({ all, allTrusted, locations }: PlaceRule): Truth {
    if (all) return yes;
    let truth: Truth = no;
    for (const at of locations) {
      const held = at < 0 ? unknown : this.#isIn(at);
      if (held === yes) return yes;
      if (held === unknown) truth = unknown;
    }
    const trusted = allTrusted ? this.#isAtTrusted() : no;
    return trusted === no ? truth : trusted;
  }

  #isAtTrusted(): Truth {
    if (this.#atTrusted !== undefined) return this.#atTrusted;
    let truth: Truth = no;
    this.#set.locations.forEach(({ trusted }, at) => {
      if (!trusted || truth === yes) return;
      const held = this.#isIn(at);
      if (held !== no) truth = held;
    });
    this.#atTrusted = truth;
    return truth;
  }

  #isIn(at: number): Truth {
    const known = this.#placesHeld[at]!;
    if (known === no || known === yes || known === unknown) return known;
    const held = this.#set.locations[at]!.holds(this.#place);
    this.#placesHeld[at] = held;
    return held;
  }
}

export const userActionUrns = {
  registerSecurityInformation: 'urn:user:registersecurityinfo',
  registerOrJoinDevices: 'urn:user:registerdevice',
} as const;

const activeSync = 1 << clientAppTypes.indexOf('exchangeActiveSync');
const supportedActiveSync = 1 << clientAppTypes.indexOf('easSupported');
const internalGuest = 1 << guestTypes.indexOf('internalGuest');

/** The flags of risks that nobody could tell. */
function unknownRisks(conditions: SignInConditions): number {
  let found = 0;
  if (conditions.signInRiskLevel === 'unknown') found |= flags.signInRisk;
  if (conditions.userRiskLevel === 'unknown') found |= flags.userRisk;
  if (conditions.servicePrincipalRiskLevel === 'unknown') found |= flags.servicePrincipalRisk;
  return found;
}

/** The bit of a value; all bits for one that is not known, so that no policy is missed for a word that a caller got wrong. */
function bitOrAll<T extends string>(value: T | 'none' | 'unknown' | undefined, all: readonly T[]): number {
  if (value === 'unknown') return 0;
  const one = bit(value, all);
  return one === 0 && value !== undefined && value !== 'none' ? ~0 : one;
}

/** The bit of a value; 0 for none. */
function bit<T extends string>(value: T | 'none' | undefined, all: readonly T[]): number {
  const at = value === undefined ? -1 : (all as readonly string[]).indexOf(value);
  return at < 0 ? 0 : 1 << at;
}

const passes = ({ mode, test }: FilterRule, read: PropertyReader): boolean => test(read) === (mode === 'include');

/**
 * The device that counts. With the device code flow it is not the one that gets the token, and clients with basic authentication do not say which they are.
 */
export function deviceOf({ signInConditions: conditions }: AccessRequest): DeviceInfo | undefined {
  const { authenticationFlow, clientAppType, deviceInfo } = conditions;
  return authenticationFlow === 'deviceCodeFlow' || clientAppType === 'other' ? undefined : deviceInfo;
}

function deviceReader(device: DeviceInfo | undefined): PropertyReader {
  if (device === undefined) return () => undefined;
  // Owners could set these on a device that nobody manages.
  const managed = device.isCompliant === true || device.trustType === 'ServerAD' || device.mdmAppId !== undefined;
  return (name) => (name.startsWith('extensionAttribute') && !managed ? undefined : device[name as keyof DeviceInfo]);
}
