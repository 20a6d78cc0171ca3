import fc from 'fast-check';
import {
  builtInStrengths,
  clientAppTypes,
  devicePlatforms,
  guestTypes,
  riskLevels,
  type ConditionalAccessPolicy,
} from '@sallyport/contracts/conditional-access';
import type { AccessRequest, DeviceInfo, Directory } from '../request.ts';
import type { PlainWorld } from './plain.ts';

/** Small worlds in which most things meet: few names, so that lists overlap, and every condition in a third of the policies. */

const names = (prefix: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${prefix}${i + 1}`);
const userIds = names('u', 3);
const groupIds = names('g', 4);
const roleIds = names('r', 3);
const appIds = names('a', 4);
const tenantIds = names('t', 2);
const servicePrincipalIds = names('s', 3);
const contexts = names('c', 3);

/** A list that is left out, or has some. */
const some = <T>(values: readonly T[], max = values.length): fc.Arbitrary<T[] | undefined> =>
  fc.option(fc.subarray([...values], { minLength: 1, maxLength: max }), { nil: undefined, freq: 2 });
/** As `fc.constant`, but for lists that may be changed, as policies have them. */
const just = <T>(value: T): fc.Arbitrary<T> => fc.constant(value);
const atLeastOne = <T>(values: readonly T[]): fc.Arbitrary<T[]> => fc.subarray([...values], { minLength: 1 });
const sometimes = <T>(value: fc.Arbitrary<T>, freq = 1): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 6, arbitrary: fc.constant(undefined) }, { weight: freq, arbitrary: value });
const flags = (values: readonly string[]): fc.Arbitrary<string> => atLeastOne(values).map((list) => list.join(','));

// Filters: a text of the language and, made at the same time, what it means.

export interface GeneratedFilter {
  readonly rule: string;
  readonly holds: (device: DeviceInfo | undefined) => boolean;
}
type Known = (device: DeviceInfo | undefined) => string | readonly string[] | undefined;

const isManaged = (device: DeviceInfo): boolean =>
  device.isCompliant === true || device.trustType === 'ServerAD' || device.mdmAppId !== undefined;
const properties: readonly { readonly name: string; readonly known: Known; readonly values: readonly string[] }[] = [
  { name: 'model', known: (device) => device?.model, values: ['Surface', 'surface pro', 'Pixel', ''] },
  { name: 'displayName', known: (device) => device?.displayName, values: ['PC-1', 'pc', "Ada's"] },
  { name: 'trustType', known: (device) => device?.trustType, values: ['AzureAD', 'ServerAD', 'Workplace'] },
  {
    name: 'isCompliant',
    known: (device) => (device?.isCompliant === undefined ? undefined : String(device.isCompliant)),
    values: ['True', 'false'],
  },
  {
    name: 'extensionAttribute1',
    known: (device) => (device && isManaged(device) ? device.extensionAttribute1 : undefined),
    values: ['SAW', 'saw2'],
  },
  { name: 'systemLabels', known: (device) => device?.systemLabels, values: ['MultiUser', 'multi', 'M365Managed'] },
];

const quote = (text: string): fc.Arbitrary<string> =>
  fc.constantFrom(`"${text.replaceAll('`', '``').replaceAll('"', '`"')}"`, `'${text.replaceAll("'", "''")}'`);
const cased = (text: string): fc.Arbitrary<string> => fc.constantFrom(text, text.toLowerCase(), text.toUpperCase());

const comparison: fc.Arbitrary<GeneratedFilter> = fc
  .constantFrom(...properties, ...properties.filter(({ name }) => name === 'extensionAttribute1'))
  .chain(({ name, known, values }) => {
    const isWord = name === 'trustType' || name === 'isCompliant';
    const operators = isWord
      ? ['eq', 'ne']
      : name === 'systemLabels'
        ? ['contains', 'notContains']
        : [
            'eq',
            'ne',
            'startsWith',
            'notStartsWith',
            'endsWith',
            'notEndsWith',
            'contains',
            'notContains',
            'in',
            'notIn',
            'null',
            'notNull',
          ];
    return fc
      .record({
        operator: fc.constantFrom(...operators),
        listed: fc.array(fc.constantFrom(...values), { minLength: 1, maxLength: 3 }),
        dash: fc.constantFrom('-', '', '–'),
      })
      .chain(({ operator, listed, dash }) => {
        const [first] = listed;
        const isList = operator === 'in' || operator === 'notIn';
        const text: fc.Arbitrary<string> = isList
          ? fc.tuple(...listed.map(quote)).map((parts) => `[${parts.join(', ')}]`)
          : operator === 'null' || operator === 'notNull'
            ? fc.constantFrom('null', 'NULL')
            : quote(first!);
        const written = operator === 'null' ? 'eq' : operator === 'notNull' ? 'ne' : operator;
        return fc.tuple(cased(`device.${name}`), cased(written), text).map(([property, word, value]) => ({
          rule: `${property} ${dash}${word} ${value}`,
          holds: (device: DeviceInfo | undefined): boolean =>
            means(operator, known(device), isList ? listed : [first!]),
        }));
      });
  });

/** "Contains … indicates whether a specified string matches one of the whole strings in the collection"; texts are compared without case. */
function means(operator: string, held: string | readonly string[] | undefined, values: readonly string[]): boolean {
  if (/^not/i.test(operator)) return !means(operator.charAt(3).toLowerCase() + operator.slice(4), held, values);
  if (operator === 'ne') return !means('eq', held, values);
  if (operator === 'null') return held === undefined;
  if (held === undefined) return false;
  const lower = values.map((value) => value.toLowerCase());
  const value = lower[0]!;
  if (typeof held !== 'string') return held.some((member) => member.toLowerCase() === value);
  const text = held.toLowerCase();
  if (operator === 'startsWith') return text.indexOf(value) === 0;
  if (operator === 'endsWith') return text.slice(text.length - value.length) === value && value.length <= text.length;
  if (operator === 'contains') return text.indexOf(value) >= 0;
  return lower.includes(text);
}

export const filters: fc.Arbitrary<GeneratedFilter> = fc.letrec<{
  any: GeneratedFilter;
  not: GeneratedFilter;
  joined: GeneratedFilter;
}>((tie) => ({
  any: fc.oneof({ depthSize: 'small', withCrossShrink: true }, comparison, tie('not'), tie('joined')),
  not: tie('any').map(({ rule, holds }) => ({ rule: `-not (${rule})`, holds: (device) => !holds(device) })),
  joined: fc.tuple(tie('any'), fc.constantFrom('and', 'or'), tie('any')).map(([left, word, right]) => ({
    rule: `(${left.rule}) -${word} (${right.rule})`,
    holds: (device) =>
      word === 'and' ? left.holds(device) && right.holds(device) : left.holds(device) || right.holds(device),
  })),
})).any;

// Policies.

const guests = fc.record({
  guestOrExternalUserTypes: flags(guestTypes),
  externalTenants: fc.oneof(
    just({ membershipKind: 'all' as const }),
    fc.record({ membershipKind: fc.constant('enumerated' as const), members: atLeastOne(tenantIds) }),
  ),
});

const assignedUsers = fc.record({
  includeUsers: fc.oneof(
    { weight: 5, arbitrary: just(['All']) },
    { weight: 3, arbitrary: atLeastOne([...userIds, 'GuestsOrExternalUsers']) },
    { weight: 1, arbitrary: fc.constant(undefined) },
  ),
  includeGroups: some(groupIds, 2),
  includeRoles: some(roleIds, 1),
  includeGuestsOrExternalUsers: sometimes(guests),
  excludeUsers: sometimes(atLeastOne([...userIds, 'GuestsOrExternalUsers'])),
  excludeGroups: some(groupIds, 1),
  excludeRoles: sometimes(atLeastOne(roleIds)),
  excludeGuestsOrExternalUsers: sometimes(guests),
});

const targetApps = fc.record({
  includeApplications: fc.oneof(
    { weight: 3, arbitrary: just(['All']) },
    { weight: 2, arbitrary: atLeastOne([...appIds, 'Office365']) },
  ),
  excludeApplications: sometimes(atLeastOne([...appIds, 'Office365'])),
});
/** Rules over security attributes, and the applications that have them so. */
const attributeRules: ReadonlyMap<string, readonly string[]> = new Map([
  ['CustomSecurityAttribute.Finance_Level -eq "high"', ['a1', 'a3']],
  ['customsecurityattribute.finance_level -ne "high"', ['a2', 'a4']],
  [
    'CustomSecurityAttribute.Finance_Tags -contains "PII" -or CustomSecurityAttribute.Finance_Level -in ["Low"]',
    ['a2', 'a3'],
  ],
]);
const filterOfApps = fc.constantFrom(...attributeRules.keys());
const filteredApps = fc.oneof(
  fc.record({
    applicationFilter: fc.record({ mode: fc.constant('include' as const), rule: filterOfApps }),
    includeApplications: some(appIds, 1),
    excludeApplications: some(appIds, 1),
  }),
  fc.record({
    applicationFilter: fc.record({ mode: fc.constant('exclude' as const), rule: filterOfApps }),
    includeApplications: just(['All']),
  }),
);
const targets = fc.oneof(
  { weight: 8, arbitrary: targetApps },
  { weight: 2, arbitrary: filteredApps },
  {
    weight: 1,
    arbitrary: fc.record({
      includeUserActions: just<'urn:user:registersecurityinfo'[]>(['urn:user:registersecurityinfo']),
    }),
  },
  { weight: 1, arbitrary: fc.record({ includeAuthenticationContextClassReferences: atLeastOne(contexts) }) },
);

const placeIds = ['l1', 'l2', 'l3', 'l4', 'AllTrusted'];
const places = fc.record({
  includeLocations: fc.oneof(just(['All']), fc.subarray([...placeIds, 'gone'], { minLength: 1, maxLength: 3 })),
  excludeLocations: sometimes(fc.subarray([...placeIds, 'gone'], { minLength: 1, maxLength: 2 }), 3),
});

const filterOfDevice = filters.filter(({ rule }) => rule.length <= 3_072);
const conditionsOfSignIn = fc.record({
  clientAppTypes: fc.oneof(
    { weight: 5, arbitrary: just<'all'[]>(['all']) },
    { weight: 1, arbitrary: atLeastOne(clientAppTypes) },
  ),
  platforms: sometimes(
    fc.record({
      includePlatforms: fc.oneof(just<'all'[]>(['all']), atLeastOne(devicePlatforms)),
      excludePlatforms: some(devicePlatforms, 2),
    }),
  ),
  signInRiskLevels: sometimes(atLeastOne(riskLevels)),
  userRiskLevels: sometimes(atLeastOne(riskLevels)),
  insiderRiskLevels: sometimes(flags(['minor', 'moderate', 'elevated'])),
  authenticationFlows: sometimes(fc.record({ transferMethods: flags(['deviceCodeFlow', 'authenticationTransfer']) })),
  locations: sometimes(places, 2),
});

const controls = [
  'mfa',
  'compliantDevice',
  'domainJoinedDevice',
  'approvedApplication',
  'compliantApplication',
] as const;
const strengthIds = [builtInStrengths.phishingResistant.id, 'own', 'lost'];
type Grant = NonNullable<ConditionalAccessPolicy['grantControls']>;
const grants: fc.Arbitrary<Grant> = fc.oneof(
  { weight: 2, arbitrary: just<Grant>({ operator: 'OR', builtInControls: ['block'] }) },
  {
    weight: 4,
    arbitrary: fc.record({
      operator: fc.constantFrom('AND', 'OR'),
      builtInControls: fc.subarray([...controls], { minLength: 1, maxLength: 2 }),
      termsOfUse: sometimes(just(['tou'])),
      customAuthenticationFactors: sometimes(just(['duo'])),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      operator: fc.constantFrom('AND', 'OR'),
      authenticationStrength: fc.constantFrom(...strengthIds).map((id) => ({ id })),
      termsOfUse: sometimes(just(['tou'])),
    }),
  },
);

const sessions = fc.record({
  signInFrequency: fc.oneof(
    fc.constant(undefined),
    fc.record({
      isEnabled: fc.boolean(),
      value: fc.integer({ min: 1, max: 3 }),
      type: fc.constantFrom('hours' as const, 'days' as const),
      frequencyInterval: fc.constantFrom('timeBased' as const, 'everyTime' as const),
      authenticationType: fc.constantFrom(
        'primaryAndSecondaryAuthentication' as const,
        'secondaryAuthentication' as const,
      ),
    }),
  ),
  cloudAppSecurity: sometimes(
    fc.record({
      isEnabled: fc.boolean(),
      cloudAppSecurityType: fc.constantFrom(
        'mcasConfigured' as const,
        'monitorOnly' as const,
        'blockDownloads' as const,
      ),
    }),
  ),
  secureSignInSession: sometimes(fc.record({ isEnabled: fc.boolean() })),
});

const states = fc.oneof(
  { weight: 6, arbitrary: fc.constant('enabled' as const) },
  { weight: 3, arbitrary: fc.constant('enabledForReportingButNotEnforced' as const) },
  { weight: 1, arbitrary: fc.constant('disabled' as const) },
);

interface Made {
  readonly policy: PlainWorld['policies'][number];
  readonly filter?: GeneratedFilter | undefined;
}

const forUsers: fc.Arbitrary<Made> = fc
  .record({
    state: states,
    users: assignedUsers.filter((users) =>
      Boolean(users.includeUsers ?? users.includeGroups ?? users.includeRoles ?? users.includeGuestsOrExternalUsers),
    ),
    applications: targets,
    conditions: conditionsOfSignIn,
    filter: sometimes(fc.tuple(filterOfDevice, fc.constantFrom('include' as const, 'exclude' as const)), 3),
    grantControls: fc.option(grants, { freq: 3 }),
    sessionControls: fc.option(sessions, { freq: 1 }),
  })
  .map(({ state, users, applications, conditions, filter, grantControls, sessionControls }): Made => {
    const onApps = withoutMacFor(grantControls, conditions);
    const devices = filter ? { deviceFilter: { mode: filter[1], rule: filter[0].rule } } : undefined;
    const policy: ConditionalAccessPolicy = {
      id: '',
      displayName: 'generated',
      state,
      conditions: { users, applications, ...onApps, devices },
      grantControls,
      sessionControls: sessionControls ?? (grantControls ? null : { disableResilienceDefaults: true }),
    };
    return { policy, filter: filter?.[0] };
  });

/** App controls with macOS or Linux are refused; the generator has them with all platforms. */
function withoutMacFor<T extends { platforms?: unknown }>(grant: Grant | null, conditions: T): T {
  const ofApps = grant?.builtInControls?.some((control) => control.endsWith('Application')) ?? false;
  return ofApps ? { ...conditions, platforms: undefined } : conditions;
}

const forServicePrincipals: fc.Arbitrary<Made> = fc
  .record({
    state: states,
    clientApplications: fc.record({
      includeServicePrincipals: atLeastOne([...servicePrincipalIds, 'ServicePrincipalsInMyTenant']),
      excludeServicePrincipals: some(servicePrincipalIds, 1),
    }),
    applications: targetApps,
    locations: sometimes(places, 3),
    servicePrincipalRiskLevels: sometimes(atLeastOne(riskLevels), 2),
  })
  .map(({ state, ...conditions }) => ({
    policy: {
      id: '',
      displayName: 'generated',
      state,
      conditions: { users: { includeUsers: ['None'] }, ...conditions },
      grantControls: { operator: 'OR', builtInControls: ['block'] },
    },
  }));

/** Without conditions, so that controls meet often; persistence is for all resources anyway. */
const forEveryone: fc.Arbitrary<Made> = fc
  .record({
    state: states,
    excludeUsers: sometimes(atLeastOne(userIds)),
    grantControls: fc.option(
      grants.filter(({ builtInControls }) => !builtInControls?.includes('block')),
      { freq: 2 },
    ),
    sessionControls: sessions,
    persistentBrowser: sometimes(
      fc.record({ isEnabled: fc.constant(true), mode: fc.constantFrom('always' as const, 'never' as const) }),
      4,
    ),
  })
  .map(({ state, excludeUsers, grantControls, sessionControls, persistentBrowser }): Made => ({
    policy: {
      id: '',
      displayName: 'generated',
      state,
      conditions: { users: { includeUsers: ['All'], excludeUsers }, applications: { includeApplications: ['All'] } },
      grantControls,
      sessionControls: { ...sessionControls, persistentBrowser },
    },
  }));

const broken: fc.Arbitrary<Made> = fc
  .oneof(fc.constant(null), fc.record({ state: states, conditions: fc.constantFrom(3, {}, null) }))
  .map((value) => ({ policy: { broken: value } }));

const policies = fc.oneof(
  { weight: 40, arbitrary: forUsers },
  { weight: 6, arbitrary: forServicePrincipals },
  { weight: 20, arbitrary: forEveryone },
  { weight: 1, arbitrary: broken },
);

// The tenant and the requests.

const directory: Directory = {
  namedLocations: [
    {
      '@odata.type': '#microsoft.graph.ipNamedLocation',
      id: 'l1',
      displayName: 'office',
      isTrusted: true,
      ipRanges: [{ cidrAddress: '198.51.100.0/25' }, { cidrAddress: '2001:db8:1::/49' }],
    },
    {
      '@odata.type': '#microsoft.graph.ipNamedLocation',
      id: 'l2',
      displayName: 'range',
      isTrusted: false,
      ipRanges: [
        { lowerAddress: '198.51.100.100', upperAddress: '198.51.101.7' },
        { cidrAddress: '203.0.113.77/22' },
        { lowerAddress: '2001:db8:1::5', upperAddress: '2001:db8:2::' },
      ],
    },
    {
      '@odata.type': '#microsoft.graph.countryNamedLocation',
      id: 'l3',
      displayName: 'north',
      countriesAndRegions: ['NO', 'SE'],
    },
    {
      '@odata.type': '#microsoft.graph.countryNamedLocation',
      id: 'l4',
      displayName: 'far',
      countriesAndRegions: ['JP'],
      includeUnknownCountriesAndRegions: true,
    },
  ],
  authenticationStrengths: [
    { id: 'own', displayName: 'own', allowedCombinations: ['password,sms', 'windowsHelloForBusiness'] },
  ],
  applicationGroups: { Office365: ['a1', 'a2'] },
  securityAttributes: {
    a1: { Finance_Level: 'High' },
    a2: { Finance_Level: 'low' },
    A3: { Finance_Level: 'HIGH', Finance_Tags: ['pii'] },
  },
  emergencyAccess: ['U4'],
};

const addresses = [
  '198.51.100.3',
  '198.51.100.100',
  '198.51.100.127',
  '198.51.100.128',
  '198.51.101.7',
  '198.51.101.8',
  '203.0.112.0',
  '203.0.116.0',
  '::ffff:198.51.100.3',
  '2001:db8:1::4',
  '2001:db8:1::5',
  '2001:db8:1:8000::',
  '2001:db8:2::',
  '2001:db8:2::1',
  'nowhere',
];

const devices: fc.Arbitrary<DeviceInfo> = fc.record(
  {
    deviceId: fc.constant('d1'),
    model: fc.constantFrom('Surface', 'SURFACE PRO', 'Pixel', ''),
    displayName: fc.constantFrom('pc-1', "ADA'S"),
    isCompliant: fc.boolean(),
    trustType: fc.constantFrom('AzureAD', 'ServerAD', 'Workplace'),
    extensionAttribute1: fc.constantFrom('SAW', 'Saw2'),
    systemLabels: fc.subarray(['MultiUser', 'M365Managed']),
    mdmAppId: fc.constant('mdm'),
  },
  { requiredKeys: ['deviceId'] },
);

const identities: fc.Arbitrary<AccessRequest['signInIdentity']> = fc.oneof(
  { weight: 1, arbitrary: fc.constant({ kind: 'user' as const, userId: 'u4', groups: [], roles: [] }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('user' as const),
      userId: fc.constantFrom(...userIds),
      groups: fc.subarray(groupIds),
      roles: fc.subarray(roleIds),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record(
      {
        kind: fc.constant('user' as const),
        userId: fc.constantFrom(...userIds),
        groups: fc.subarray(groupIds),
        roles: just([]),
        guestType: fc.constantFrom(...guestTypes),
        externalTenantId: fc.constantFrom(...tenantIds),
      },
      { requiredKeys: ['kind', 'userId', 'groups', 'roles', 'guestType'] },
    ),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('servicePrincipal' as const),
      servicePrincipalId: fc.constantFrom(...servicePrincipalIds),
      inMyTenant: fc.boolean(),
    }),
  },
);

const requestContexts: fc.Arbitrary<AccessRequest['signInContext']> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(...appIds).map((app) => ({ kind: 'application' as const, includeApplications: [app] })),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('application' as const), includeApplications: atLeastOne(appIds) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('userAction' as const),
      userAction: fc.constantFrom('registerSecurityInformation' as const, 'registerOrJoinDevices' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('authenticationContext' as const),
      authenticationContextValue: fc.constantFrom(...contexts),
    }),
  },
);

const ages = fc.constantFrom(0, 299, 301, 3_600, 3_601, 90_000);
export const requests: fc.Arbitrary<AccessRequest> = fc.record({
  signInIdentity: identities,
  signInContext: requestContexts,
  signInConditions: fc.record(
    {
      clientAppType: fc.constantFrom('browser', 'browser', 'mobileAppsAndDesktopClients', ...clientAppTypes),
      devicePlatform: fc.constantFrom(...devicePlatforms),
      ipAddress: fc.constantFrom(...addresses),
      country: fc.constantFrom('NO', 'JP', 'US'),
      signInRiskLevel: fc.constantFrom(...riskLevels),
      userRiskLevel: fc.constantFrom(...riskLevels),
      servicePrincipalRiskLevel: fc.constantFrom(...riskLevels),
      insiderRiskLevel: fc.constantFrom('none', 'minor', 'moderate', 'elevated'),
      authenticationFlow: fc.constantFrom('deviceCodeFlow', 'authenticationTransfer'),
      deviceInfo: devices,
    },
    { requiredKeys: [] },
  ),
  authentication: fc.record(
    {
      methods: fc.constantFrom(
        ['password'],
        ['password', 'sms'],
        ['password', 'softwareOath'],
        ['fido2'],
        ['windowsHelloForBusiness'],
        ['sms'],
      ),
      primaryAgeSeconds: ages,
      secondaryAgeSeconds: ages,
      passwordChanged: fc.boolean(),
      termsOfUse: fc.constantFrom([], ['tou']),
      customAuthenticationFactors: fc.constantFrom([], ['duo']),
      approvedApplication: fc.boolean(),
      compliantApplication: fc.boolean(),
      tokenProtected: fc.boolean(),
    },
    { requiredKeys: ['methods', 'primaryAgeSeconds'] },
  ),
});

export interface GeneratedCase extends PlainWorld {
  readonly requests: readonly AccessRequest[];
}

export const requestsOfACase = 16;

/** A tenant with its policies, and people who ask. */
export const cases: fc.Arbitrary<GeneratedCase> = fc
  .record({
    made: fc.array(policies, { minLength: 1, maxLength: 5 }),
    requests: fc.array(requests, { minLength: requestsOfACase, maxLength: requestsOfACase }),
  })
  .map(({ made, requests: asked }) => ({
    policies: made.map(({ policy }, i) => ('broken' in policy ? policy : { ...policy, id: `p${i}` })),
    directory,
    attributeRules,
    filters: new Map(made.flatMap(({ filter }) => (filter ? [[filter.rule, filter.holds] as const] : []))),
    requests: asked,
  }));
