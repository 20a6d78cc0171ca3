import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WhatIfRequest } from '@sallyport/contracts/conditional-access';
import { compilePolicies } from './compile.ts';
import { findGaps } from './gaps.ts';
import { decide } from './decide.ts';
import type { UserSignIn } from './request.ts';
import { examplePolicy, exampleRequest } from './testing/examples.ts';
import { cases } from './testing/generate.ts';
import { requestOfWhatIf, whatIf } from './what-if.ts';

const au1 = 'f7ca74b0-8562-4083-b66c-0476f942cfd0';
const admin = '62e90394-69f5-4237-9190-012177145e10';
const users = { includeUsers: ['All'], excludeUsers: [au1] };
/** The policies of the documentation's examples, by what they are called there. */
const documented = [
  examplePolicy({
    id: 'office',
    conditions: { users, applications: { includeApplications: ['Office365'] } },
    grantControls: null,
    sessionControls: { applicationEnforcedRestrictions: { isEnabled: true } },
  }),
  examplePolicy({
    id: 'password',
    conditions: { users, userRiskLevels: ['high'] },
    grantControls: { operator: 'AND', builtInControls: ['mfa', 'passwordChange'] },
  }),
  examplePolicy({
    id: 'context',
    conditions: {
      users: { includeUsers: ['All'] },
      applications: { includeAuthenticationContextClassReferences: ['c1', 'c37'] },
    },
  }),
  examplePolicy({ id: 'roles', conditions: { users: { includeRoles: [admin], excludeUsers: [au1] } } }),
  examplePolicy({
    id: 'register',
    conditions: { users, applications: { includeUserActions: ['urn:user:registersecurityinfo'] } },
  }),
  examplePolicy({
    id: 'service',
    conditions: {
      users: { includeUsers: ['None'] },
      clientApplications: { includeServicePrincipals: ['ServicePrincipalsInMyTenant'] },
      locations: { includeLocations: ['All'] },
    },
    grantControls: { operator: 'OR', builtInControls: ['block'] },
  }),
];
const set = compilePolicies(documented, { applicationGroups: { Office365: ['00000003-0000-0ff1-ce00-000000000000'] } });

const userSignIn = { '@odata.type': '#microsoft.graph.userSignIn', userId: '15dc174b-f34c-4588-ac45-61d6e05dce93' };
const sharePoint = {
  '@odata.type': '#microsoft.graph.applicationContext',
  includeApplications: ['00000003-0000-0ff1-ce00-000000000000'],
};
const conditions = {
  devicePlatform: 'android',
  clientAppType: 'browser',
  signInRiskLevel: 'high',
  userRiskLevel: 'high',
  country: 'US',
  ipAddress: '40.77.182.32',
  insiderRiskLevel: 'elevated',
  authenticationFlow: { transferMethod: 'deviceCodeFlow' },
  deviceInfo: { isCompliant: true },
};

function applied(body: object, roles: readonly string[] = []): string[] {
  const request = requestOfWhatIf(WhatIfRequest.parse(body), { roles, inMyTenant: true });
  return whatIf(set, request, { appliedPoliciesOnly: true }).value.map(({ id }) => id);
}

describe('what if', () => {
  it('answers the documented examples', () => {
    expect(
      applied({
        signInIdentity: userSignIn,
        signInContext: sharePoint,
        signInConditions: conditions,
        appliedPoliciesOnly: true,
      }),
    ).toEqual(['office', 'password']);
    const context = { '@odata.type': '#microsoft.graph.authContext', authenticationContextValue: 'c37' };
    expect(
      applied({
        signInIdentity: userSignIn,
        signInContext: context,
        signInConditions: { ...conditions, userRiskLevel: 'none' },
      }),
    ).toEqual(['context']);
    const action = { '@odata.type': '#microsoft.graph.userActionContext', userAction: 'registerSecurityInformation' };
    expect(
      applied({ signInIdentity: userSignIn, signInContext: action, signInConditions: conditions }, [admin]),
    ).toEqual(['password', 'roles', 'register']);
    const robot = { '@odata.type': '#microsoft.graph.servicePrincipalSignIn', servicePrincipalId: 'c65b94a5' };
    expect(
      applied({
        signInIdentity: robot,
        signInContext: sharePoint,
        signInConditions: { country: 'CA', ipAddress: '40.77.182.32' },
      }),
    ).toEqual(['service']);
  });

  it('says why a policy does not apply, in Graph’s words, and what it wanted', () => {
    const request = exampleRequest({ identity: { userId: au1, groups: ['g1'] } });
    const reasons = whatIf(set, request).value.map(({ id, analysisReasons }) => `${id} ${analysisReasons}`);
    expect(reasons).toEqual([
      'office users',
      'password users',
      'context application',
      'roles users',
      'register users',
      'service workloadIdentities',
    ]);
    expect(whatIf(set, request).value[0]).toMatchObject({
      displayName: 'A policy',
      conditions: { users },
      policyApplies: false,
      conditionReasons: [
        { condition: 'application', holds: 'no', wanted: 'Office365', given: 'payroll' },
        { condition: 'users', holds: 'no', wanted: `All but ${au1}`, given: `${au1}, group g1` },
      ],
    });
  });

  it('tells what is off, what cannot be read, and what cannot be told', () => {
    const some = [
      examplePolicy({ state: 'disabled' }),
      { state: 'enabled' },
      examplePolicy({ conditions: { locations: { includeLocations: ['gone'] } } }),
      examplePolicy(),
    ];
    const { value, decision } = whatIf(compilePolicies(some), exampleRequest());
    expect(value.map(({ policyApplies, analysisReasons }) => [policyApplies, analysisReasons])).toEqual([
      [false, 'policyNotEnabled'],
      [true, 'invalidPolicy'],
      [true, 'notEnoughInformation'],
      [true, 'notSet'],
    ]);
    expect(decision.decision).toBe('block');
  });

  it('agrees with what then happens', () => {
    fc.assert(
      fc.property(cases, ({ policies, directory, requests }) => {
        const generated = compilePolicies(
          policies.map((policy) => ('broken' in policy ? policy.broken : policy)),
          directory,
        );
        for (const request of requests) {
          const { value, decision } = whatIf(generated, request);
          expect(decision).toEqual(decide(generated, request));
          expect(value.map(({ policyApplies }) => policyApplies)).toEqual(
            decision.policies.map(({ result }) => !/notApplied|notEnabled/i.test(result)),
          );
        }
      }),
      { numRuns: 25 },
    );
  });
});

describe('gaps', () => {
  const person = (userId: string, ...groups: string[]): UserSignIn => ({ kind: 'user', userId, groups, roles: [] });
  const people = [person('ada'), person('bob', 'drivers'), person('eve', 'partners'), person('glass')];
  const directory = { emergencyAccess: ['glass'] };
  const told = (policies: readonly unknown[]): string[] =>
    findGaps(policies, directory, people, ['mail', 'payroll']).gaps.map(
      ({ users: of, applications, reason, policyIds, conditions: on }) =>
        `${of.join()} ${applications.join()} ${reason} ${policyIds.join()} ${on.join()}`.trim(),
    );

  it('are told with their reason', () => {
    expect(told([])).toEqual(['ada,bob,eve mail,payroll noPolicy']);
    expect(told([examplePolicy()])).toEqual([]);
    const but = examplePolicy({
      id: 'but',
      conditions: {
        users: { includeUsers: ['All'], excludeGroups: ['drivers'] },
        applications: { includeApplications: ['All'], excludeApplications: ['mail'] },
      },
    });
    expect(told([but])).toEqual(['ada,eve mail excluded but', 'bob mail,payroll excluded but']);
    expect(told([examplePolicy({ state: 'disabled' })])).toEqual(['ada,bob,eve mail,payroll disabled policy']);
    expect(told([examplePolicy({ state: 'enabledForReportingButNotEnforced' })])).toEqual([
      'ada,bob,eve mail,payroll reportOnly policy',
    ]);
    expect(
      told([examplePolicy({ grantControls: null, sessionControls: { disableResilienceDefaults: true } })]),
    ).toEqual(['ada,bob,eve mail,payroll sessionControlsOnly policy']);
    expect(told([examplePolicy({ conditions: { platforms: { includePlatforms: ['iOS'] } } })])).toEqual([
      'ada,bob,eve mail,payroll conditional policy devicePlatform',
    ]);
    // What errs denies.
    expect(told([{ state: 'enabled' }])).toEqual([]);
  });

  it('count pairs, and leave out emergency accounts', () => {
    expect(findGaps([], directory, people, ['mail', 'payroll'])).toMatchObject({
      pairs: 6,
      pairsWithoutDemand: 6,
      truncated: false,
    });
  });

  it('of many people who are treated alike are found at once', () => {
    const many = Array.from({ length: 5_000 }, (_, i) => person(`user ${i}`, `group ${i % 3}`));
    const some = [0, 1].map((i) =>
      examplePolicy({ id: `p${i}`, conditions: { users: { includeGroups: [`group ${i}`] } } }),
    );
    const { gaps } = findGaps(
      some,
      {},
      many,
      Array.from({ length: 200 }, (_, i) => `app ${i}`),
    );
    expect(gaps).toMatchObject([{ reason: 'noPolicy', userCount: 1_666, applicationCount: 200 }]);
    expect(gaps[0]?.users).toHaveLength(100);
  });

  it('are where no request meets a demand, and nowhere else', () => {
    fc.assert(
      fc.property(cases, ({ policies, directory: tenant, requests }) => {
        const inputs = policies.map((policy) => ('broken' in policy ? policy.broken : policy));
        const generated = compilePolicies(inputs, tenant);
        for (const request of requests) {
          const { signInIdentity: identity, signInContext: context } = request;
          const [app = ''] = context.kind === 'application' ? context.includeApplications : [];
          const isPair =
            identity.kind === 'user' &&
            identity.userId !== 'u4' &&
            context.kind === 'application' &&
            context.includeApplications.length === 1;
          const [gap] = isPair ? findGaps(inputs, tenant, [identity], [app]).gaps : [];
          const demanding = decide(generated, request).policies.filter(
            ({ result, enforcedGrantControls: names }, at) =>
              /^(success|failure)$/.test(result) && (names.length > 0 || generated.policies[at]?.error !== undefined),
          );
          const agrees = !isPair || gap?.reason === 'conditional' || (gap === undefined) === demanding.length > 0;
          expect(agrees).toBe(true);
        }
      }),
      { numRuns: 20 },
    );
  });
});
