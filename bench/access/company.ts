/** A company of departments with its policies, and people who ask. The same seed makes the same company. */
import type { ConditionalAccessPolicy, NamedLocation } from '@sallyport/contracts/conditional-access';
import type { AccessRequest, Directory } from '../../packages/policy/src/index.ts';
import type { SignInValues } from '../../packages/policy/src/risk/index.ts';
import type { Random } from '../../packages/policy/src/testing/population.ts';

const departments = 40;
const apps = 60;
const groupsOfAPerson = 20;
const groups = 400;

const locations: NamedLocation[] = [
  ...Array.from({ length: 8 }, (_, i): NamedLocation => ({
    '@odata.type': '#microsoft.graph.ipNamedLocation',
    id: `office-${i}`,
    displayName: `Office ${i}`,
    isTrusted: i < 6,
    ipRanges: [
      { cidrAddress: `198.51.${i}.0/24` },
      { cidrAddress: `203.0.${i * 4}.0/22` },
      { cidrAddress: `2001:db8:${i + 1}::/48` },
    ],
  })),
  ...[
    ['NO', 'SE', 'DK', 'FI'],
    ['DE', 'FR', 'NL'],
    ['KP', 'IR'],
  ].map((countriesAndRegions, i): NamedLocation => ({
    '@odata.type': '#microsoft.graph.countryNamedLocation',
    id: `countries-${i}`,
    displayName: `Countries ${i}`,
    countriesAndRegions,
  })),
];

export const directory: Directory = {
  namedLocations: locations,
  applicationGroups: { Office365: ['app-0', 'app-1', 'app-2', 'app-3'] },
};

type Conditions = Partial<ConditionalAccessPolicy['conditions']>;
type Grant = ConditionalAccessPolicy['grantControls'];

const strength = '00000000-0000-0000-0000-000000000004';
const grants: readonly Grant[] = [
  { operator: 'OR', builtInControls: ['mfa'] },
  { operator: 'OR', builtInControls: ['mfa', 'compliantDevice'] },
  { operator: 'AND', builtInControls: ['mfa', 'compliantDevice'] },
  { operator: 'OR', builtInControls: ['compliantDevice', 'domainJoinedDevice'] },
  { operator: 'OR', authenticationStrength: { id: strength } },
  { operator: 'AND', builtInControls: ['mfa'], termsOfUse: ['terms'] },
];

/** What policies of departments have beside who and what, in turn. */
const furtherConditions: readonly Conditions[] = [
  {},
  { locations: { includeLocations: ['All'], excludeLocations: ['AllTrusted'] } },
  { platforms: { includePlatforms: ['android', 'iOS'] } },
  { signInRiskLevels: ['medium', 'high'] },
  { clientAppTypes: ['browser'] },
  { locations: { includeLocations: ['All'], excludeLocations: ['countries-0', 'countries-1'] } },
  { userRiskLevels: ['high'], platforms: { includePlatforms: ['all'], excludePlatforms: ['windows'] } },
  {
    devices: {
      deviceFilter: {
        mode: 'include',
        rule: 'device.trustType -ne "ServerAD" -and device.model -startsWith "Surface"',
      },
    },
  },
];

function policy(id: string, conditions: Conditions, grantControls: Grant, session = false): ConditionalAccessPolicy {
  return {
    id,
    displayName: id,
    state: 'enabled',
    conditions: {
      users: { includeUsers: ['All'] },
      applications: { includeApplications: ['All'] },
      clientAppTypes: ['all'],
      ...conditions,
    },
    grantControls,
    sessionControls: session ? { signInFrequency: { isEnabled: true, type: 'hours', value: 12 } } : null,
  };
}

/** Six for all, and the rest for departments and their applications. */
export function makePolicies(count: number, random: Random): ConditionalAccessPolicy[] {
  const some = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)]!;
  const block: Grant = { operator: 'OR', builtInControls: ['block'] };
  const common = [
    policy('mfa', { users: { includeUsers: ['All'], excludeGroups: ['group-0'] } }, grants[0]!),
    policy('legacy', { clientAppTypes: ['exchangeActiveSync', 'other'] }, block),
    policy('countries', { locations: { includeLocations: ['countries-2'] } }, block),
    policy('risk', { signInRiskLevels: ['high'] }, block),
    policy('admins', { users: { includeRoles: ['role-0', 'role-1'] } }, grants[4]!, true),
    policy('office', { applications: { includeApplications: ['Office365'] } }, grants[1]!),
  ];
  const departmental = Array.from({ length: count - common.length }, (_, i) => {
    const own = Array.from({ length: 3 }, () => `app-${Math.floor(random() * apps)}`);
    const users = { includeGroups: [`group-${i % departments}`], excludeGroups: [`group-${departments + (i % 30)}`] };
    const applications =
      i % 7 === 0
        ? { includeApplications: ['All'], excludeApplications: own }
        : { includeApplications: [...new Set(own)] };
    return policy(`policy-${i}`, { ...furtherConditions[i % 8], users, applications }, some(grants), i % 9 === 0);
  });
  return [...common, ...departmental];
}

const methods: readonly AccessRequest['authentication']['methods'][] = [
  ['password'],
  ['password', 'softwareOath'],
  ['password', 'softwareOath'],
  ['fido2'],
  ['fido2'],
  ['windowsHelloForBusiness'],
];

/** Requests as they come: mostly good ones, from offices and homes, a twentieth from elsewhere or with a risk. */
export function makeRequests(count: number, random: Random): AccessRequest[] {
  const some = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)]!;
  const often = <T>(usual: T, others: readonly T[], share: number): T => (random() < share ? some(others) : usual);
  const number = (below: number): number => Math.floor(random() * below);
  return Array.from({ length: count }, (): AccessRequest => {
    const inOffice = random() < 0.5;
    const trustType = some(['AzureAD', 'ServerAD', 'Workplace']);
    const office = number(8);
    const ipAddress = inOffice
      ? some([`198.51.${office}.${number(256)}`, `2001:db8:${office + 1}::${number(9999)}`])
      : `${some([77, 84, 92])}.${number(256)}.${number(256)}.${number(256)}`;
    return {
      signInIdentity: {
        kind: 'user',
        userId: `user-${number(10_000)}`,
        groups: [...new Set(Array.from({ length: groupsOfAPerson }, () => `group-${number(groups)}`))],
        roles: random() < 0.05 ? [`role-${number(4)}`] : [],
      },
      signInContext: { kind: 'application', includeApplications: [`app-${number(apps)}`] },
      signInConditions: {
        clientAppType: often('browser', ['mobileAppsAndDesktopClients', 'other'], 0.3),
        devicePlatform: often('windows', ['macOS', 'iOS', 'android', 'linux'], 0.4),
        ipAddress,
        country: often('NO', ['SE', 'DE', 'US', 'KP'], 0.2),
        signInRiskLevel: often('none', ['low', 'medium', 'high'], 0.1),
        userRiskLevel: often('none', ['low', 'medium', 'high'], 0.1),
        ...(random() < 0.8
          ? {
              deviceInfo: {
                deviceId: `device-${number(20_000)}`,
                isCompliant: random() < 0.85,
                trustType,
                model: some(['Surface Pro', 'Latitude 7440', 'iPhone']),
              },
            }
          : {}),
      },
      authentication: {
        methods: some(methods),
        primaryAgeSeconds: number(80_000),
        termsOfUse: random() < 0.8 ? ['terms'] : [],
      },
    };
  });
}

/** What the risk of a request's sign-in is worked out from. */
export function signInValues({ signInConditions: conditions }: AccessRequest, random: Random): SignInValues {
  const address = conditions.ipAddress ?? '';
  const operatingSystem = conditions.devicePlatform ?? '';
  const browser = `Browser ${120 + Math.floor(random() * 4)}`;
  return {
    country: conditions.country ?? '',
    asn: address.split(/[.:]/, 2).join('-'),
    address,
    deviceType: operatingSystem === 'iOS' || operatingSystem === 'android' ? 'mobile' : 'desktop',
    operatingSystem,
    browser,
    userAgent: `${browser} ${operatingSystem}`,
  };
}
