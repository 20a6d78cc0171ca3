import { conditionalAccessLimits, type ConditionalAccessPolicy } from '@sallyport/contracts/conditional-access';
import { compilePolicies, keyOf, type PolicySet } from './compile.ts';
import { conditionFlags, conditionsIn, type Condition } from './conditions.ts';
import { Matcher } from './match.ts';
import type { AccessRequest, Directory, UserSignIn } from './request.ts';

/**
 * Why nothing is demanded: no policy is about them; one is, but they are excluded; it is off, only reports, or has session controls alone. `conditional`: something is
 * demanded, but only when further conditions hold.
 */
export type GapReason = 'noPolicy' | 'excluded' | 'disabled' | 'reportOnly' | 'sessionControlsOnly' | 'conditional';

/** People and applications for which the same is missing. */
export interface Gap {
  readonly reason: GapReason;
  /** The first hundred. */
  readonly users: readonly string[];
  readonly userCount: number;
  /** The first hundred. */
  readonly applications: readonly string[];
  readonly applicationCount: number;
  /** The policies that the reason is about. */
  readonly policyIds: readonly string[];
  /** On which it depends, for `conditional`. */
  readonly conditions: readonly Condition[];
}

export interface Gaps {
  readonly gaps: readonly Gap[];
  readonly pairs: number;
  /** Pairs in all gaps but the conditional ones. */
  readonly pairsWithoutDemand: number;
  /** More than the bound: not all pairs were looked at. */
  readonly truncated: boolean;
}

const examples = 100;
/** People of whom the same policies are about are one group, so that this many pairs of groups are the worst of a large company. */
const groupPairsMax = 200_000;

/**
 * Finds people and applications of whom no enabled policy demands anything. Policies that err deny, so they leave no gap. Emergency accounts have a demand of their own
 * and are left out. Throws `RangeError` as `compilePolicies` does.
 */
export function findGaps(
  policies: readonly unknown[],
  directory: Directory,
  people: readonly UserSignIn[],
  applications: readonly string[],
): Gaps {
  const set = compilePolicies(policies, directory);
  const without = compilePolicies(
    set.sources.map((source, at) => (source ? withoutExclusions(source) : policies[at])),
    directory,
  );
  const asked = people.filter(
    ({ userId, groups }) =>
      !set.emergencyAccess.has(keyOf(userId)) && groups.length <= conditionalAccessLimits.groupsOfAUser,
  );
  const userGroups = grouped(
    asked,
    (person) =>
      signature(set, requestOf(person, 'none'), conditionFlags.users) +
      signature(without, requestOf(person, 'none'), conditionFlags.users),
  );
  const appGroups = grouped(
    applications,
    (app) =>
      signature(set, requestOf(nobody, app), conditionFlags.application) +
      signature(without, requestOf(nobody, app), conditionFlags.application),
  );
  return collect(new Coverage(set, without), userGroups, appGroups, asked.length * applications.length);
}

const nobody: UserSignIn = { kind: 'user', userId: '', groups: [], roles: [] };

function requestOf(identity: UserSignIn, app: string): AccessRequest {
  return {
    signInIdentity: identity,
    signInContext: { kind: 'application', includeApplications: [app] },
    signInConditions: {},
    authentication: { methods: [], primaryAgeSeconds: 0 },
  };
}

/** For each policy, whether one of its conditions lets the request in. */
function signature(set: PolicySet, request: AccessRequest, flag: number): string {
  const matcher = new Matcher(set, request);
  let text = '';
  for (let at = 0; at < set.policies.length; at++) text += (matcher.match(at).notSatisfied & flag) === 0 ? '1' : '0';
  return text;
}

function grouped<T>(values: readonly T[], key: (value: T) => string): Map<string, T[]> {
  return Map.groupBy(values, key);
}

function withoutExclusions(policy: ConditionalAccessPolicy): ConditionalAccessPolicy {
  const { users, applications } = policy.conditions;
  const { applicationFilter, ...apps } = applications;
  return {
    ...policy,
    conditions: {
      ...policy.conditions,
      applications: {
        ...apps,
        excludeApplications: [],
        ...(applicationFilter?.mode === 'include' ? { applicationFilter } : {}),
      },
      users: users && {
        ...users,
        excludeUsers: [],
        excludeGroups: [],
        excludeRoles: [],
        excludeGuestsOrExternalUsers: null,
      },
    },
  };
}

type Finding = Pick<Gap, 'reason' | 'policyIds' | 'conditions'>;

/** Says what is missing where a signature of people meets one of applications. */
class Coverage {
  readonly #set: PolicySet;
  readonly #without: PolicySet;

  constructor(set: PolicySet, without: PolicySet) {
    this.#set = set;
    this.#without = without;
  }

  /** Nothing: something is demanded in any case. */
  missing(users: string, apps: string): Finding | undefined {
    const count = this.#set.policies.length;
    const about = this.#policies((at) => users[at] === '1' && apps[at] === '1');
    const enabled = about.filter(({ state }) => state === 'enabled');
    const demanding = enabled.filter(
      ({ grant, error }) => error !== undefined || grant.block || grant.controls.length > 0,
    );
    const further = demanding.map(({ configured }) => configured & ~plainConditions);
    if (further.includes(0)) return undefined;
    const finding = (reason: GapReason, of: readonly { id: string }[], flags = 0): Finding => ({
      reason,
      policyIds: of.map(({ id }) => id),
      conditions: conditionsIn(flags),
    });
    if (demanding.length > 0)
      return finding(
        'conditional',
        demanding,
        further.reduce((all, flags) => all | flags, 0),
      );
    if (enabled.length > 0) return finding('sessionControlsOnly', enabled);
    const reporting = about.filter(({ state }) => state === 'reportOnly');
    if (reporting.length > 0) return finding('reportOnly', reporting);
    const excluded = this.#policies(
      (at) => users[count + at] === '1' && apps[count + at] === '1',
      this.#without,
    ).filter(({ state }) => state === 'enabled');
    if (excluded.length > 0) return finding('excluded', excluded);
    return about.length > 0 ? finding('disabled', about) : finding('noPolicy', []);
  }

  #policies(is: (at: number) => boolean, set = this.#set): PolicySet['policies'] {
    return set.policies.filter(({ subject }, at) => subject === 'user' && is(at));
  }
}

const plainConditions = conditionFlags.users | conditionFlags.application;

function collect(
  coverage: Coverage,
  userGroups: ReadonlyMap<string, readonly UserSignIn[]>,
  appGroups: ReadonlyMap<string, readonly string[]>,
  pairs: number,
): Gaps {
  const gaps: Gap[] = [];
  let pairsWithoutDemand = 0;
  let looked = 0;
  for (const [users, people] of userGroups) {
    const found = new Map<string, { finding: Finding; applications: string[] }>();
    for (const [apps, applications] of appGroups) {
      if (++looked > groupPairsMax) return { gaps: sorted(gaps), pairs, pairsWithoutDemand, truncated: true };
      const finding = coverage.missing(users, apps);
      if (finding === undefined) continue;
      if (finding.reason !== 'conditional') pairsWithoutDemand += people.length * applications.length;
      const key = JSON.stringify(finding);
      const known = found.get(key);
      if (known) known.applications = known.applications.concat(applications);
      else found.set(key, { finding, applications: [...applications] });
    }
    for (const { finding, applications } of found.values())
      gaps.push({
        ...finding,
        users: people.slice(0, examples).map(({ userId }) => userId),
        userCount: people.length,
        applications: applications.slice(0, examples),
        applicationCount: applications.length,
      });
  }
  return { gaps: sorted(gaps), pairs, pairsWithoutDemand, truncated: false };
}

/** The widest first, those on conditions last. */
function sorted(gaps: readonly Gap[]): Gap[] {
  const size = ({ userCount, applicationCount }: Gap): number => userCount * applicationCount;
  const last = ({ reason }: Gap): number => (reason === 'conditional' ? 1 : 0);
  return gaps.toSorted((a, b) => last(a) - last(b) || size(b) - size(a));
}
