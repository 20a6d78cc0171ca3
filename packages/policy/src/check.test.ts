import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkNamedLocation, checkPolicy, checkShape } from './check.ts';
import { compilePolicies } from './compile.ts';
import { decide } from './decide.ts';
import { examplePolicy, exampleRequest } from './testing/examples.ts';

type Parts = Parameters<typeof examplePolicy>[0];
const problemsOf = (parts: Parts): string[] =>
  checkPolicy(examplePolicy(parts)).problems.map(({ path, message }) => `${path}: ${message}`);

/** As Graph answers it in the documentation's examples of What If. */
const fromGraph = {
  id: '37d51c45-8c60-4f82-98e0-6e1451cecf7c',
  templateId: null,
  displayName: 'All Users except au1_All resources_user risk H_Password change',
  createdDateTime: '2022-03-31T22:59:59.6688974Z',
  modifiedDateTime: '2025-03-27T19:55:43.5390544Z',
  state: 'enabledForReportingButNotEnforced',
  partialEnablementStrategy: null,
  sessionControls: null,
  conditions: {
    userRiskLevels: ['high'],
    signInRiskLevels: [],
    clientAppTypes: ['all'],
    servicePrincipalRiskLevels: [],
    insiderRiskLevels: null,
    clients: null,
    platforms: null,
    locations: null,
    times: null,
    deviceStates: null,
    devices: null,
    clientApplications: null,
    authenticationFlows: null,
    applications: {
      includeApplications: ['All'],
      excludeApplications: [],
      includeUserActions: [],
      includeAuthenticationContextClassReferences: [],
      applicationFilter: null,
      networkAccess: null,
      globalSecureAccess: null,
    },
    users: {
      includeUsers: ['All'],
      excludeUsers: ['f7ca74b0-8562-4083-b66c-0476f942cfd0'],
      includeGroups: [],
      excludeGroups: [],
      includeRoles: [],
      excludeRoles: [],
      includeGuestsOrExternalUsers: null,
      excludeGuestsOrExternalUsers: null,
    },
  },
  grantControls: {
    operator: 'AND',
    builtInControls: ['mfa', 'passwordChange'],
    customAuthenticationFactors: [],
    termsOfUse: [],
    authenticationStrength: null,
  },
};

describe('a policy that is saved', () => {
  it('may be as Graph writes it', () => {
    expect(checkPolicy(fromGraph).problems).toEqual([]);
    expect(checkPolicy(examplePolicy()).problems).toEqual([]);
  });

  it('has no field that is not understood, and each problem has its place', () => {
    const odd = {
      ...fromGraph,
      colour: 'red',
      state: 'on',
      conditions: { ...fromGraph.conditions, moon: 1, users: { includeUsers: [7] } },
    };
    const paths = checkPolicy(odd).problems.map(({ path }) => path);
    expect(paths.toSorted()).toEqual(['colour', 'conditions.moon', 'conditions.users.includeUsers[0]', 'state']);
    const set = { ...fromGraph, conditions: { ...fromGraph.conditions, times: {} } };
    expect(checkPolicy(set).problems[0]?.path).toBe('conditions.times');
  });

  it('tells where its filter is wrong', () => {
    const devices = { deviceFilter: { mode: 'include', rule: 'device.model -like "x"' } } as const;
    expect(checkPolicy(examplePolicy({ conditions: { devices } })).problems).toEqual([
      { path: 'conditions.devices.deviceFilter.rule', message: 'expected an operator', offset: 13, length: 5 },
    ]);
  });

  it.each<[string, Parts, string]>([
    ['nobody is meant', { conditions: { users: {} } }, 'conditions.users: '],
    [
      'users and workload identities',
      { conditions: { clientApplications: { includeServicePrincipals: ['s'] } } },
      'conditions.users: ',
    ],
    [
      'two kinds of targets',
      {
        conditions: { applications: { includeApplications: ['All'], includeUserActions: ['urn:user:registerdevice'] } },
      },
      'conditions.applications: ',
    ],
    ['no target', { conditions: { applications: {} } }, 'conditions.applications: '],
    ['all and some', { conditions: { users: { includeUsers: ['All', 'u'] } } }, 'conditions.users.includeUsers: '],
    ['nothing is demanded', { grantControls: null }, 'grantControls: '],
    [
      'block with another',
      { grantControls: { operator: 'OR', builtInControls: ['block', 'mfa'] } },
      'grantControls.builtInControls: ',
    ],
    [
      'mfa with a strength',
      { grantControls: { operator: 'AND', builtInControls: ['mfa'], authenticationStrength: { id: 'x' } } },
      'grantControls.authenticationStrength: ',
    ],
    [
      'several without an operator',
      { grantControls: { builtInControls: ['mfa', 'compliantDevice'] } },
      'grantControls.operator: ',
    ],
    [
      'a device for registering one',
      {
        conditions: { applications: { includeUserActions: ['urn:user:registerdevice'] } },
        grantControls: { builtInControls: ['compliantDevice'] },
      },
      'grantControls: ',
    ],
    [
      'app controls on macOS',
      {
        conditions: { platforms: { includePlatforms: ['macOS'] } },
        grantControls: { builtInControls: ['approvedApplication'] },
      },
      'conditions.platforms.includePlatforms: ',
    ],
    [
      'a robot that is asked',
      { conditions: { users: null, clientApplications: { includeServicePrincipals: ['s'] } } },
      'grantControls: ',
    ],
    [
      'the risk of a robot for users',
      { conditions: { servicePrincipalRiskLevels: ['high'] } },
      'conditions.servicePrincipalRiskLevels: ',
    ],
    [
      'a frequency without a time',
      { sessionControls: { signInFrequency: { isEnabled: true, type: 'hours' } } },
      'sessionControls.signInFrequency: ',
    ],
    [
      'persistence for one app',
      {
        conditions: { applications: { includeApplications: ['a'] } },
        sessionControls: { persistentBrowser: { isEnabled: true, mode: 'never' } },
      },
      'sessionControls.persistentBrowser: ',
    ],
    [
      'no evaluation, on a condition',
      {
        conditions: { signInRiskLevels: ['high'] },
        sessionControls: { continuousAccessEvaluation: { mode: 'disabled' } },
      },
      'sessionControls.continuousAccessEvaluation: ',
    ],
    [
      'exclusions without inclusions',
      { conditions: { locations: { excludeLocations: ['AllTrusted'] } } },
      'conditions.locations.includeLocations: ',
    ],
  ])('is refused: %s', (_, parts, start) => {
    expect(problemsOf(parts).filter((problem) => problem.startsWith(start))).toHaveLength(1);
  });

  it('changes passwords for user risk only, of all resources, with mfa', () => {
    const risk: Parts = {
      conditions: { userRiskLevels: ['high'] },
      grantControls: { operator: 'AND', builtInControls: ['mfa', 'passwordChange'] },
    };
    expect(problemsOf(risk)).toEqual([]);
    const without = (parts: Parts): string[] =>
      problemsOf({ ...risk, ...parts, conditions: { ...risk?.conditions, ...parts?.conditions } }).map(
        (problem) => problem.split(':')[0]!,
      );
    expect(without({ grantControls: { operator: 'OR', builtInControls: ['mfa', 'passwordChange'] } })).toEqual([
      'grantControls',
    ]);
    expect(
      without({ grantControls: { operator: 'AND', builtInControls: ['mfa', 'passwordChange', 'compliantDevice'] } }),
    ).toEqual(['grantControls']);
    expect(without({ conditions: { userRiskLevels: [] } })).toEqual(['conditions.userRiskLevels']);
    expect(
      without({ conditions: { applications: { includeApplications: ['All'], excludeApplications: ['a'] } } }),
    ).toEqual(['conditions.applications']);
    expect(without({ conditions: { signInRiskLevels: ['high'] } })).toEqual(['conditions']);
  });
});

describe('a named location', () => {
  const ip = (range: unknown): string[] =>
    checkNamedLocation({
      '@odata.type': '#microsoft.graph.ipNamedLocation',
      id: 'l',
      displayName: 'l',
      isTrusted: true,
      ipRanges: [range],
    }).problems.map(({ path }) => path);
  it('has ranges of addresses, of one kind, none wider than /8', () => {
    for (const cidrAddress of ['12.34.221.11/32', '10.0.0.0/8', '2001:0:9d38:90d6:0:0:0:0/63'])
      expect(ip({ cidrAddress })).toEqual([]);
    expect(ip({ lowerAddress: '10.0.0.1', upperAddress: '10.0.0.9' })).toEqual([]);
    for (const cidrAddress of [
      '10.0.0.0',
      '10.0.0.0/33',
      '10.0.0/8',
      '::ffff:10.0.0.0/104',
      '10.0.0.0/8/8',
      'x/8',
      '::/129',
    ])
      expect(ip({ cidrAddress })).toEqual(['ipRanges[0]']);
    expect(ip({ cidrAddress: '10.0.0.0/7' })).toEqual(['ipRanges[0].cidrAddress']);
    expect(ip({ lowerAddress: '10.0.0.9', upperAddress: '10.0.0.1' })).toEqual(['ipRanges[0]']);
    expect(ip({ lowerAddress: '10.0.0.9', upperAddress: '::1' })).toEqual(['ipRanges[0]']);
  });
});

describe('whatever is given as a policy', () => {
  const junk = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.object({ maxDepth: 4 }), fc.anything());
  /** A good policy of which one field, somewhere, is something else. */
  const spoilt = fc.tuple(fc.nat(), junk).map(([at, value]) => {
    const paths: string[][] = [];
    const walk = (node: unknown, path: string[]): void => {
      if (path.length > 0) paths.push(path);
      if (typeof node === 'object' && node !== null)
        for (const [key, child] of Object.entries(node)) walk(child, [...path, key]);
    };
    const copy = structuredClone(fromGraph) as Record<string, unknown>;
    walk(copy, []);
    const path = paths[at % paths.length]!;
    const parent = path
      .slice(0, -1)
      .reduce<Record<string, unknown>>((node, key) => node[key] as Record<string, unknown>, copy);
    parent[path.at(-1)!] = value;
    return copy as unknown;
  });

  it('is checked and decided on without throwing; what is no policy blocks unless it is off or reports', () => {
    const results = (input: unknown): unknown => {
      // What has the form and may still not be saved is decided on as it stands, or denies.
      checkPolicy(input);
      const hasForm = 'value' in checkShape(input);
      const { decision, policies } = decide(compilePolicies([input]), exampleRequest());
      const result = policies[0]?.result ?? '';
      return (
        hasForm ||
        (['failure', 'notApplied', 'notEnabled', 'reportOnlyFailure', 'reportOnlyNotApplied'].includes(result) &&
          (result !== 'failure' || decision === 'block'))
      );
    };
    fc.assert(
      fc.property(fc.oneof(junk, spoilt), (input) => {
        expect(results(input)).toBe(true);
      }),
      { numRuns: 400 },
    );
  });
});
