/**
 * The same policies in Cedar: one `permit` for all, and for each policy a `forbid` whose condition is that it applies and is not met. Cedar then denies exactly when
 * Conditional Access does not allow, and names the policies that were not met.
 */
import {
  preparsePolicySet,
  statefulIsAuthorized,
  type CedarValueJson,
  type EntityJson,
  type StatefulAuthorizationCall,
} from '@cedar-policy/cedar-wasm/nodejs';
import type { ConditionalAccessPolicy, NamedLocation } from '@sallyport/contracts/conditional-access';
import type { AccessRequest, Directory } from '../../packages/policy/src/index.ts';

const text = (value: string): string => JSON.stringify(value);
const set = (values: readonly string[]): string => `[${values.map(text).join(', ')}]`;
const any = (parts: readonly string[]): string => (parts.length === 0 ? 'false' : `(${parts.join(' || ')})`);
const all = (parts: readonly string[]): string => (parts.length === 0 ? 'true' : `(${parts.join(' && ')})`);

type Conditions = ConditionalAccessPolicy['conditions'];
type List = readonly string[] | null | undefined;

function people(users: List, groups: List, roles: List): string {
  if (users?.includes('All')) return 'true';
  return any([
    ...(users ?? []).map((id) => `principal == User::${text(id)}`),
    ...(groups ?? []).map((id) => `principal in Group::${text(id)}`),
    ...(roles ?? []).map((id) => `principal in Role::${text(id)}`),
  ]);
}

const applications = (list: List): string =>
  list?.includes('All')
    ? 'true'
    : any(
        (list ?? []).map((id) =>
          id === 'Office365' ? `resource in AppGroup::${text(id)}` : `resource == App::${text(id)}`,
        ),
      );

function place(location: NamedLocation): string {
  if (location['@odata.type'] === '#microsoft.graph.countryNamedLocation')
    return `${set(location.countriesAndRegions)}.contains(context.country)`;
  return any(
    location.ipRanges.map((range) =>
      'cidrAddress' in range ? `context.address.isInRange(ip(${text(range.cidrAddress)}))` : 'false',
    ),
  );
}

function places(list: List, named: readonly NamedLocation[]): string {
  if (list?.includes('All')) return 'true';
  const meant = (list ?? []).flatMap((id) =>
    named.filter((one) => (id === 'AllTrusted' ? 'isTrusted' in one && one.isTrusted : one.id === id)),
  );
  return any(meant.map(place));
}

function applies(conditions: Conditions, named: readonly NamedLocation[]): string[] {
  const { users, applications: apps, clientAppTypes, platforms, locations, devices } = conditions;
  const isPlatform = (list: List): string =>
    list?.includes('all') ? 'true' : `${set(list ?? [])}.contains(context.platform)`;
  const but = (included: string, excluded: string): string[] => [
    included,
    ...(excluded === 'false' ? [] : [`!${excluded}`]),
  ];
  return [
    ...but(
      people(users?.includeUsers, users?.includeGroups, users?.includeRoles),
      people(users?.excludeUsers, users?.excludeGroups, users?.excludeRoles),
    ),
    ...but(applications(apps.includeApplications), applications(apps.excludeApplications)),
    ...(clientAppTypes && !clientAppTypes.includes('all') ? [`${set(clientAppTypes)}.contains(context.client)`] : []),
    ...(platforms
      ? [
          isPlatform(platforms.includePlatforms),
          ...(platforms.excludePlatforms ? [`!${isPlatform(platforms.excludePlatforms)}`] : []),
        ]
      : []),
    ...(locations ? but(places(locations.includeLocations, named), places(locations.excludeLocations, named)) : []),
    ...(conditions.signInRiskLevels ? [`${set(conditions.signInRiskLevels)}.contains(context.signInRisk)`] : []),
    ...(conditions.userRiskLevels ? [`${set(conditions.userRiskLevels)}.contains(context.userRisk)`] : []),
    ...(devices?.deviceFilter ? [deviceFilter(devices.deviceFilter.rule)] : []),
  ].filter((part) => part !== 'true');
}

/** The one rule that the company has. */
function deviceFilter(rule: string): string {
  if (rule !== 'device.trustType -ne "ServerAD" -and device.model -startsWith "Surface"')
    throw new Error(`no translation of ${rule}`);
  return '(context.known && context.device.trustType != "ServerAD" && context.device.model like "Surface*")';
}

const passwordless = 'context.methods.containsAny(["fido2", "windowsHelloForBusiness", "x509CertificateMultiFactor"])';
const modern = '!["exchangeActiveSync", "easSupported", "other"].contains(context.client)';
const known = 'context.known && context.client != "other"';

function met({ grantControls: grant, sessionControls }: ConditionalAccessPolicy): string {
  const controls = [
    ...(grant?.builtInControls ?? []).map((control) => {
      if (control === 'block') return 'false';
      if (control === 'mfa')
        return `(${modern} && (${passwordless} || (context.methods.contains("password") && context.methods.containsAny(["softwareOath", "sms"]))))`;
      if (control === 'compliantDevice') return `(${known} && context.device.isCompliant)`;
      if (control === 'domainJoinedDevice') return `(${known} && context.device.trustType == "ServerAD")`;
      throw new Error(`no translation of ${control}`);
    }),
    ...(grant?.authenticationStrength ? [`(${modern} && ${passwordless})`] : []),
    ...(grant?.termsOfUse ?? []).map((id) => `(${modern} && context.terms.contains(${text(id)}))`),
  ];
  const frequency = sessionControls?.signInFrequency;
  const session = frequency?.isEnabled ? [`context.age <= ${(frequency.value ?? 0) * 3_600}`] : [];
  return all([grant?.operator === 'OR' ? any(controls) : all(controls), ...session]);
}

export function cedarText(policy: ConditionalAccessPolicy, directory: Directory): string {
  const scope = all(applies(policy.conditions, directory.namedLocations ?? []));
  return `forbid(principal, action, resource) when { ${scope} } unless { ${met(policy)} };`;
}

const setId = 'access';

/** Parses the policies once. Throws what Cedar says of a policy that is none. */
export function prepare(policies: readonly ConditionalAccessPolicy[], directory: Directory): void {
  const texts = Object.fromEntries(policies.map((policy) => [policy.id, cedarText(policy, directory)]));
  const answer = preparsePolicySet(setId, {
    staticPolicies: { ...texts, everyone: 'permit(principal, action, resource);' },
  });
  if (answer.type === 'failure') throw new Error(JSON.stringify(answer.errors));
}

/** A request in Cedar's form: only the two entities that it is about. */
export function callOf(request: AccessRequest, directory: Directory): StatefulAuthorizationCall {
  const { signInIdentity: identity, signInContext, signInConditions: conditions, authentication } = request;
  if (identity.kind !== 'user' || signInContext.kind !== 'application') throw new Error('users and applications only');
  const [app = ''] = signInContext.includeApplications;
  const principal = { type: 'User', id: identity.userId };
  const resource = { type: 'App', id: app };
  const suites = Object.entries(directory.applicationGroups ?? {}).filter(([, ids]) => ids.includes(app));
  const entities: EntityJson[] = [
    {
      uid: principal,
      attrs: {},
      parents: [
        ...identity.groups.map((id) => ({ type: 'Group', id })),
        ...identity.roles.map((id) => ({ type: 'Role', id })),
      ],
    },
    { uid: resource, attrs: {}, parents: suites.map(([id]) => ({ type: 'AppGroup', id })) },
  ];
  const device = conditions.deviceInfo;
  const context: Record<string, CedarValueJson> = {
    client: conditions.clientAppType ?? '',
    platform: conditions.devicePlatform ?? '',
    address: { __extn: { fn: 'ip', arg: conditions.ipAddress ?? '' } },
    country: conditions.country ?? '',
    signInRisk: conditions.signInRiskLevel ?? 'none',
    userRisk: conditions.userRiskLevel ?? 'none',
    known: device !== undefined && conditions.clientAppType !== 'other',
    methods: [...authentication.methods],
    terms: [...(authentication.termsOfUse ?? [])],
    age: authentication.primaryAgeSeconds,
    ...(device
      ? {
          device: {
            isCompliant: device.isCompliant ?? false,
            trustType: device.trustType ?? '',
            model: device.model ?? '',
          },
        }
      : {}),
  };
  return {
    principal,
    resource,
    action: { type: 'Action', id: 'access' },
    context,
    entities,
    preparsedPolicySetId: setId,
    validateRequest: false,
  };
}

export interface CedarDecision {
  readonly allowed: boolean;
  /** The policies that forbid, sorted. */
  readonly forbidding: readonly string[];
}

/** Asks Cedar. Throws when a policy errs, since Cedar would skip it. */
export function ask(call: StatefulAuthorizationCall): CedarDecision {
  const answer = statefulIsAuthorized(call);
  if (answer.type === 'failure') throw new Error(JSON.stringify(answer.errors));
  const { decision, diagnostics } = answer.response;
  if (diagnostics.errors.length > 0) throw new Error(JSON.stringify(diagnostics.errors[0]));
  return {
    allowed: decision === 'allow',
    forbidding: decision === 'allow' ? [] : diagnostics.reason.toSorted(),
  };
}
