import { BlockList, isIP } from 'node:net';
import type { ConditionalAccessPolicy, NamedLocation } from '@sallyport/contracts/conditional-access';
import type { AccessRequest, DeviceInfo, Directory, UserSignIn } from '../request.ts';

/**
 * Conditional Access once more, written from the documentation line by line, a policy at a time, without anything of the engine but its types: what generated decisions
 * are held against. It is slow and takes valid policies only. Filters are functions that the generator gives beside their texts.
 */
export interface PlainWorld {
  readonly policies: readonly (ConditionalAccessPolicy | { readonly broken: unknown })[];
  readonly directory: Directory;
  readonly filters: ReadonlyMap<string, (device: DeviceInfo | undefined) => boolean>;
  /** Rules over applications, and which they mean. */
  readonly attributeRules: ReadonlyMap<string, readonly string[]>;
}

export interface PlainDecision {
  readonly decision: 'allow' | 'block' | 'challenge';
  readonly results: readonly { readonly result: string; readonly satisfied: string[]; readonly not: string[] }[];
  /** Each as `a|b`, sorted. */
  readonly required: readonly string[];
  readonly frequency: number | undefined;
  readonly persistence: string | undefined;
  readonly apps: readonly string[];
}

type Answer = 'yes' | 'no' | '?';
type Conditions = ConditionalAccessPolicy['conditions'];

export function plainDecision(world: PlainWorld, request: AccessRequest): PlainDecision {
  const results: { result: string; satisfied: string[]; not: string[] }[] = [];
  const required = new Set<string>();
  let blocked = false;
  let asked = false;
  let frequency: number | undefined;
  let persistence: string | undefined;
  const apps = new Set<string>();
  for (const policy of world.policies) {
    if ('broken' in policy) {
      const state = stateOfBroken(policy.broken);
      const result =
        state === 'disabled'
          ? 'notEnabled'
          : state === 'enabledForReportingButNotEnforced'
            ? 'reportOnlyFailure'
            : 'failure';
      results.push({ result, satisfied: [], not: [] });
      if (result === 'failure') blocked = true;
      continue;
    }
    if (policy.state === 'disabled') {
      results.push({ result: 'notEnabled', satisfied: [], not: [] });
      continue;
    }
    const answers = Object.entries(askConditions(policy, world, request));
    const satisfied = answers.filter(([, answer]) => answer === 'yes').map(([name]) => name);
    const not = answers.filter(([, answer]) => answer === 'no').map(([name]) => name);
    const isReport = policy.state === 'enabledForReportingButNotEnforced';
    if (not.length > 0) {
      results.push({ result: isReport ? 'reportOnlyNotApplied' : 'notApplied', satisfied, not });
      continue;
    }
    const isSure = answers.every(([, answer]) => answer === 'yes');
    const { hopeless, open } = isSure ? demands(policy, world, request) : { hopeless: true, open: [] };
    if (isReport) {
      const result = hopeless ? 'reportOnlyFailure' : open.length > 0 ? 'reportOnlyInterrupted' : 'reportOnlySuccess';
      results.push({ result, satisfied, not });
      continue;
    }
    results.push({ result: hopeless || open.length > 0 ? 'failure' : 'success', satisfied, not });
    if (hopeless) blocked = true;
    if (open.length > 0) asked = true;
    for (const demand of open) required.add(demand);
    const session = policy.sessionControls;
    if (session?.signInFrequency?.isEnabled && session.signInFrequency.authenticationType !== 'secondaryAuthentication')
      frequency = Math.min(frequency ?? Infinity, secondsOf(session.signInFrequency));
    if (session?.persistentBrowser?.isEnabled)
      persistence = persistence === 'never' ? 'never' : (session.persistentBrowser.mode ?? undefined);
    if (session?.cloudAppSecurity?.isEnabled) apps.add(session.cloudAppSecurity.cloudAppSecurityType ?? '');
  }
  if (apps.size > 1) apps.delete('monitorOnly');
  const isEmergency =
    request.signInIdentity.kind === 'user' &&
    world.directory.emergencyAccess?.some(
      (id) => id.toLowerCase() === (request.signInIdentity.kind === 'user' && request.signInIdentity.userId),
    );
  if (isEmergency) return emergency(results, request);
  return {
    decision: blocked ? 'block' : asked ? 'challenge' : 'allow',
    results,
    required: [...required].toSorted(),
    frequency,
    persistence,
    apps: [...apps].toSorted(),
  };
}

/** No policy is held; a phishing-resistant method of the last hour is, from a client that can ask for it, in no flow that another device began. */
function emergency(
  results: PlainDecision['results'],
  { signInConditions, authentication }: AccessRequest,
): PlainDecision {
  const { clientAppType, authenticationFlow } = signInConditions;
  const isPossible =
    authenticationFlow === undefined && !['exchangeActiveSync', 'easSupported', 'other'].includes(clientAppType ?? '');
  const isFresh = authentication.primaryAgeSeconds <= 3_600;
  const isShown = authentication.methods.some((method) => method === 'fido2' || method === 'windowsHelloForBusiness');
  const missing = isFresh ? 'authenticationStrength:00000000-0000-0000-0000-000000000004' : 'reauthentication';
  const isMet = isFresh && isShown;
  const unheld: Readonly<Record<string, string>> = {
    notEnabled: 'notEnabled',
    success: 'notApplied',
    failure: 'notApplied',
    notApplied: 'notApplied',
  };
  return {
    decision: isPossible ? (isMet ? 'allow' : 'challenge') : 'block',
    results: results.map((one) => ({ ...one, result: unheld[one.result] ?? 'reportOnlyNotApplied' })),
    required: isPossible && !isMet ? [missing] : [],
    frequency: 3_600,
    persistence: 'never',
    apps: [],
  };
}

function stateOfBroken(broken: unknown): string {
  if (typeof broken === 'object' && broken !== null && 'state' in broken && typeof broken.state === 'string')
    return broken.state;
  return 'enabled';
}

type Frequency = NonNullable<NonNullable<ConditionalAccessPolicy['sessionControls']>['signInFrequency']>;

function secondsOf(frequency: Frequency): number {
  if (frequency.frequencyInterval === 'everyTime') return 0;
  return (frequency.value ?? 0) * (frequency.type === 'hours' ? 3_600 : 86_400);
}

// Conditions, each by the words of its page. A condition that is not configured is not in the answer.

function askConditions(
  policy: ConditionalAccessPolicy,
  world: PlainWorld,
  request: AccessRequest,
): Record<string, Answer> {
  const { conditions } = policy;
  const given = request.signInConditions;
  const answers: Record<string, Answer> = { application: application(conditions, world, request) };
  const services = conditions.clientApplications?.includeServicePrincipals ?? [];
  if (services.length > 0) answers['servicePrincipals'] = servicePrincipals(conditions, request);
  else answers['users'] = request.signInIdentity.kind === 'user' ? users(conditions, request.signInIdentity) : 'no';
  const types = conditions.clientAppTypes ?? [];
  if (types.length > 0 && !types.includes('all')) answers['clientType'] = clientType(types, given.clientAppType);
  if (conditions.platforms) {
    const { includePlatforms, excludePlatforms } = conditions.platforms;
    const isIn = (list: readonly string[] | null | undefined): boolean =>
      (list ?? []).includes('all') ||
      (given.devicePlatform !== undefined && (list ?? []).includes(given.devicePlatform));
    answers['devicePlatform'] = isIn(includePlatforms) && !isIn(excludePlatforms) ? 'yes' : 'no';
  }
  const risk = (name: string, levels: readonly string[] | null | undefined, level: string | undefined): void => {
    if (levels && levels.length > 0) answers[name] = levels.includes(level ?? 'none') ? 'yes' : 'no';
  };
  risk('signInRisk', conditions.signInRiskLevels, given.signInRiskLevel);
  risk('userRisk', conditions.userRiskLevels, given.userRiskLevel);
  risk('servicePrincipalRisk', conditions.servicePrincipalRiskLevels, given.servicePrincipalRiskLevel);
  const flagged = (name: string, flags: string | null | undefined, value: string | undefined): void => {
    if (flags) answers[name] = flags.split(',').includes(value ?? '-') ? 'yes' : 'no';
  };
  flagged('insiderRisk', conditions.insiderRiskLevels, given.insiderRiskLevel);
  flagged('authenticationFlows', conditions.authenticationFlows?.transferMethods, given.authenticationFlow);
  if (conditions.locations) answers['location'] = location(conditions.locations, world.directory, request);
  const filter = conditions.devices?.deviceFilter;
  if (filter) {
    const matches = world.filters.get(filter.rule)!(knownDevice(request));
    answers['deviceState'] = matches === (filter.mode === 'include') ? 'yes' : 'no';
  }
  return answers;
}

/** "The exclude action overrides the include action." */
function both(included: Answer, excluded: Answer): Answer {
  if (excluded === 'yes') return 'no';
  if (included === 'no') return 'no';
  if (included === '?' || excluded === '?') return '?';
  return 'yes';
}

function users({ users: assigned }: Conditions, user: UserSignIn): Answer {
  const among = (
    ids: readonly string[] | null | undefined,
    groups: readonly string[] | null | undefined,
    roles: readonly string[] | null | undefined,
    guests: NonNullable<Conditions['users']>['includeGuestsOrExternalUsers'],
  ): Answer => {
    if (ids?.includes('All') || ids?.includes(user.userId)) return 'yes';
    if (ids?.includes('GuestsOrExternalUsers') && user.guestType !== undefined) return 'yes';
    if (user.groups.some((group) => groups?.includes(group))) return 'yes';
    if (user.roles.some((role) => roles?.includes(role))) return 'yes';
    const kinds = guests?.guestOrExternalUserTypes?.split(',') ?? [];
    if (user.guestType === undefined || !kinds.includes(user.guestType)) return 'no';
    if (guests?.externalTenants?.membershipKind !== 'enumerated' || user.guestType === 'internalGuest') return 'yes';
    if (user.externalTenantId === undefined) return '?';
    return guests.externalTenants.members.includes(user.externalTenantId) ? 'yes' : 'no';
  };
  return both(
    among(
      assigned?.includeUsers,
      assigned?.includeGroups,
      assigned?.includeRoles,
      assigned?.includeGuestsOrExternalUsers,
    ),
    among(
      assigned?.excludeUsers,
      assigned?.excludeGroups,
      assigned?.excludeRoles,
      assigned?.excludeGuestsOrExternalUsers,
    ),
  );
}

function servicePrincipals({ clientApplications }: Conditions, { signInIdentity: identity }: AccessRequest): Answer {
  if (identity.kind === 'user') return 'no';
  const included = clientApplications?.includeServicePrincipals ?? [];
  const isIncluded =
    included.includes(identity.servicePrincipalId) ||
    (included.includes('ServicePrincipalsInMyTenant') && identity.inMyTenant);
  const isExcluded = clientApplications?.excludeServicePrincipals?.includes(identity.servicePrincipalId) ?? false;
  return isIncluded && !isExcluded ? 'yes' : 'no';
}

function application(
  { applications }: Conditions,
  { directory, attributeRules }: PlainWorld,
  { signInContext }: AccessRequest,
): Answer {
  const included = applications.includeApplications ?? [];
  if (signInContext.kind === 'authenticationContext') {
    const contexts = applications.includeAuthenticationContextClassReferences ?? [];
    return contexts.includes(signInContext.authenticationContextValue) ? 'yes' : 'no';
  }
  if (signInContext.kind === 'userAction') {
    const actions: readonly string[] = applications.includeUserActions ?? [];
    if (signInContext.userAction === 'registerOrJoinDevices')
      return actions.includes('urn:user:registerdevice') ? 'yes' : 'no';
    return actions.includes('urn:user:registersecurityinfo') || included.includes('All') ? 'yes' : 'no';
  }
  const filter = applications.applicationFilter;
  const filtered = (mode: string, app: string): boolean =>
    filter?.mode === mode && (attributeRules.get(filter.rule)?.includes(app) ?? false);
  const names = (list: readonly string[], app: string): boolean =>
    list.includes('All') ||
    list.includes(app) ||
    list.some((name) => directory.applicationGroups?.[name]?.includes(app));
  const excluded = applications.excludeApplications ?? [];
  return signInContext.includeApplications.some(
    (app) => (names(included, app) || filtered('include', app)) && !names(excluded, app) && !filtered('exclude', app),
  )
    ? 'yes'
    : 'no';
}

function clientType(types: readonly string[], type: string | undefined): Answer {
  if (type === undefined) return '?';
  if (types.includes(type)) return 'yes';
  return type === 'easSupported' && types.includes('exchangeActiveSync') ? 'yes' : 'no';
}

function location(
  { includeLocations, excludeLocations }: NonNullable<Conditions['locations']>,
  directory: Directory,
  request: AccessRequest,
): Answer {
  const named = directory.namedLocations ?? [];
  const oneOf = (list: readonly string[]): Answer => {
    const answers = list.flatMap((id): Answer[] => {
      if (id === 'All') return ['yes'];
      const meant = named.filter((one) => (id === 'AllTrusted' ? 'isTrusted' in one && one.isTrusted : one.id === id));
      if (id !== 'AllTrusted' && meant.length === 0) return ['?'];
      return meant.map((one) => isAt(one, request));
    });
    return answers.includes('yes') ? 'yes' : answers.includes('?') ? '?' : 'no';
  };
  return both(oneOf(includeLocations ?? ['All']), oneOf(excludeLocations ?? []));
}

function isAt(place: NamedLocation, { signInConditions: { ipAddress, country } }: AccessRequest): Answer {
  const family = ipAddress === undefined ? 0 : isIP(ipAddress);
  if (place['@odata.type'] === '#microsoft.graph.countryNamedLocation') {
    if (country !== undefined) return place.countriesAndRegions.includes(country) ? 'yes' : 'no';
    if (family === 0) return '?';
    return place.includeUnknownCountriesAndRegions ? 'yes' : 'no';
  }
  if (ipAddress === undefined || family === 0) return '?';
  const list = new BlockList();
  for (const range of place.ipRanges)
    if ('cidrAddress' in range) {
      const [network = '', bits] = range.cidrAddress.split('/');
      list.addSubnet(network, Number(bits), isIP(network) === 4 ? 'ipv4' : 'ipv6');
    } else list.addRange(range.lowerAddress, range.upperAddress, isIP(range.lowerAddress) === 4 ? 'ipv4' : 'ipv6');
  return list.check(ipAddress, family === 4 ? 'ipv4' : 'ipv6') ? 'yes' : 'no';
}

/** "The device … can't provide its device state to the device that is providing a code"; clients with basic authentication "don't pass device state". */
function knownDevice({ signInConditions: given }: AccessRequest): DeviceInfo | undefined {
  return given.authenticationFlow === 'deviceCodeFlow' || given.clientAppType === 'other'
    ? undefined
    : given.deviceInfo;
}

// Controls.

function demands(
  policy: ConditionalAccessPolicy,
  world: PlainWorld,
  request: AccessRequest,
): { hopeless: boolean; open: string[] } {
  const grant = policy.grantControls;
  const shown = request.authentication;
  const device = knownDevice(request);
  const isOld = ['exchangeActiveSync', 'easSupported', 'other'].includes(request.signInConditions.clientAppType ?? '');
  if (grant?.builtInControls?.includes('block')) return { hopeless: true, open: [] };
  /** Of each control: whether it is met, and whether the person could meet it. */
  const states: { name: string; met: boolean; open: boolean }[] = [];
  const ask = (name: string, met: boolean): void => void states.push({ name, met: met && !isOld, open: !isOld });
  const look = (name: string, met: boolean | undefined): void =>
    void states.push({ name, met: met === true, open: false });
  for (const control of grant?.builtInControls ?? []) {
    if (control === 'mfa') ask('mfa', isMultifactor(shown.methods));
    if (control === 'passwordChange') ask('passwordChange', shown.passwordChanged === true);
    if (control === 'compliantDevice') look('compliantDevice', device?.isCompliant);
    if (control === 'domainJoinedDevice') look('domainJoinedDevice', device?.trustType === 'ServerAD');
    if (control === 'approvedApplication') look('approvedApplication', shown.approvedApplication);
    if (control === 'compliantApplication') look('compliantApplication', shown.compliantApplication);
  }
  if (grant?.authenticationStrength) {
    const { id } = grant.authenticationStrength;
    const name = `authenticationStrength:${id}`;
    const isBuiltIn = id.startsWith('00000000');
    const own = world.directory.authenticationStrengths?.find((one) => one.id === id);
    if (isBuiltIn)
      ask(
        name,
        shown.methods.some((method) =>
          ['fido2', 'windowsHelloForBusiness', 'x509CertificateMultiFactor'].includes(method),
        ),
      );
    else if (own)
      ask(
        name,
        own.allowedCombinations.some((all) =>
          all.split(',').every((method) => shown.methods.some((one) => one === method)),
        ),
      );
    else look(name, false);
  }
  for (const id of grant?.termsOfUse ?? []) ask(`termsOfUse:${id}`, shown.termsOfUse?.includes(id) ?? false);
  for (const id of grant?.customAuthenticationFactors ?? [])
    ask(`customAuthenticationFactors:${id}`, shown.customAuthenticationFactors?.includes(id) ?? false);
  const open: string[] = [];
  let hopeless = false;
  const missing = states.filter(({ met }) => !met);
  if (grant?.operator === 'OR' && states.length > 0) {
    if (missing.length === states.length) {
      open.push(
        states
          .map(({ name }) => name)
          .toSorted()
          .join('|'),
      );
      hopeless = states.every((state) => !state.open);
    }
  } else {
    open.push(...missing.map(({ name }) => name));
    hopeless = missing.some((state) => !state.open);
  }
  const frequency = policy.sessionControls?.signInFrequency;
  if (frequency?.isEnabled) {
    const limit = Math.max(300, secondsOf(frequency));
    const isFresh =
      frequency.authenticationType === 'secondaryAuthentication'
        ? shown.secondaryAgeSeconds !== undefined && shown.secondaryAgeSeconds <= limit
        : shown.primaryAgeSeconds <= limit && (shown.secondaryAgeSeconds ?? 0) <= limit;
    if (!isFresh) {
      open.push('reauthentication');
      if (isOld) hopeless = true;
    }
  }
  if (policy.sessionControls?.secureSignInSession?.isEnabled && shown.tokenProtected !== true) {
    open.push('tokenProtection');
    hopeless = true;
  }
  return { hopeless, open };
}

/** The combinations of "Multifactor authentication", of the methods that the generator has. */
function isMultifactor(methods: readonly string[]): boolean {
  const has = (method: string): boolean => methods.includes(method);
  const second = has('softwareOath') || has('sms') || has('microsoftAuthenticatorPush');
  return (
    has('fido2') || has('windowsHelloForBusiness') || has('x509CertificateMultiFactor') || (has('password') && second)
  );
}
