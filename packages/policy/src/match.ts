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
import { conditionFlags, no, unknown, within, yes, type Truth } from './conditions.ts';
import type { PropertyReader } from './filter/index.ts';
import { placeOf, type Place } from './locations.ts';
import type { AccessRequest, DeviceInfo, SignInContext, SignInIdentity } from './request.ts';

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
  readonly #place: Place;
  readonly #placesHeld: Int8Array;
  readonly #guest: number;
  readonly #tenant: string | undefined;
  readonly #clientApp: number;
  readonly #platform: number;
  readonly #signInRisk: number;
  readonly #userRisk: number;
  readonly #servicePrincipalRisk: number;
  readonly #insiderRisk: number;
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
    this.#signInRisk = bit(conditions.signInRiskLevel ?? 'none', riskLevels);
    this.#userRisk = bit(conditions.userRiskLevel ?? 'none', riskLevels);
    this.#servicePrincipalRisk = bit(conditions.servicePrincipalRiskLevel ?? 'none', riskLevels);
    this.#insiderRisk = bit(conditions.insiderRiskLevel, insiderRiskLevels);
    this.#flow = bit(conditions.authenticationFlow, transferMethods);
    this.#device = deviceReader(deviceOf(request));
  }

  /** Asks one policy, by its number. */
  match(at: number): Match {
    const policy = this.#set.policies[at]!;
    const { configured } = policy;
    let satisfied = 0;
    let unsure = 0;
    const hold = (flag: number, truth: Truth): void => {
      if (truth === yes) satisfied |= flag;
      else if (truth === unknown) unsure |= flag;
    };
    const holdBits = (flag: number, meant: number, held: number): void => {
      if ((configured & flag) !== 0 && (meant & held) !== 0) satisfied |= flag;
    };
    if (policy.subject === 'user') hold(conditionFlags.users, this.#user(policy, at));
    else hold(conditionFlags.servicePrincipals, this.#servicePrincipal(policy, at));
    hold(conditionFlags.application, this.#application(policy, at));
    holdBits(conditionFlags.devicePlatform, policy.platforms, this.#platform);
    holdBits(conditionFlags.signInRisk, policy.signInRisks, this.#signInRisk);
    holdBits(conditionFlags.userRisk, policy.userRisks, this.#userRisk);
    holdBits(conditionFlags.servicePrincipalRisk, policy.servicePrincipalRisks, this.#servicePrincipalRisk);
    holdBits(conditionFlags.insiderRisk, policy.insiderRisks, this.#insiderRisk);
    holdBits(conditionFlags.authenticationFlows, policy.flows, this.#flow);
    if (policy.clientApps !== 0)
      hold(conditionFlags.clientType, this.#clientApp === 0 ? unknown : this.#isClientApp(policy.clientApps));
    if ((configured & conditionFlags.location) !== 0) hold(conditionFlags.location, this.#location(policy));
    if (policy.deviceFilter) hold(conditionFlags.deviceState, passes(policy.deviceFilter, this.#device));
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
      const [only, ...more] = context.includeApplications;
      if (only === undefined || more.length > 0) return;
      this.#mark('includeApplications', only, marks.covered);
      this.#mark('excludeApplications', only, marks.uncovered);
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

  #application(policy: CompiledPolicy, at: number): Truth {
    const { signInContext: context } = this.#request;
    switch (context.kind) {
      case 'application':
        return context.includeApplications.some((app, _, all) => this.#covers(policy, at, app, all.length === 1))
          ? yes
          : no;
      case 'userAction': {
        const { index, base } = this.#set;
        const named = index.includeUserActions.get(userActionUrns[context.userAction])?.includes(at) ?? false;
        // Registering what one signs in with is covered by policies for all resources; registering a device is not, since it is what makes a device one that can be asked for.
        const byAll = (base[at]! & marks.covered) !== 0 && context.userAction === 'registerSecurityInformation';
        return named || byAll ? yes : no;
      }
      case 'authenticationContext':
        return (this.#marks[at]! & marks.covered) !== 0 && (this.#set.base[at]! & marks.covered) === 0 ? yes : no;
    }
  }

  #covers({ applicationFilter: filter }: CompiledPolicy, at: number, app: string, marked: boolean): boolean {
    const { base, index } = this.#set;
    let held = marked ? this.#marks[at]! : base[at]!;
    if (!marked) {
      if (index.includeApplications.get(keyOf(app))?.includes(at)) held |= marks.covered;
      if (index.excludeApplications.get(keyOf(app))?.includes(at)) held |= marks.uncovered;
    }
    if (filter?.test(this.#attributesOf(app))) held |= filter.mode === 'include' ? marks.covered : marks.uncovered;
    return (held & (marks.covered | marks.uncovered)) === marks.covered;
  }

  #attributesOf(id: string): PropertyReader {
    const attributes = this.#set.securityAttributes.get(keyOf(id));
    return (name) => attributes?.get(name);
  }

  #isClientApp(meant: number): Truth {
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
    if (!allTrusted) return truth;
    for (let at = 0; at < this.#set.locations.length; at++) {
      if (!this.#set.locations[at]!.trusted) continue;
      const held = this.#isIn(at);
      if (held === yes) return yes;
      if (held === unknown) truth = unknown;
    }
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

/** The bit of a value; 0 for none. */
function bit<T extends string>(value: T | 'none' | undefined, all: readonly T[]): number {
  const at = value === undefined ? -1 : (all as readonly string[]).indexOf(value);
  return at < 0 ? 0 : 1 << at;
}

const passes = ({ mode, test }: FilterRule, read: PropertyReader): Truth =>
  test(read) === (mode === 'include') ? yes : no;

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
