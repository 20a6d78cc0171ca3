import { describe, expect, it } from 'vitest';
import {
  builtInStrengths,
  type ConditionalAccessPolicy,
  type NamedLocation,
} from '@sallyport/contracts/conditional-access';
import { compilePolicies } from './compile.ts';
import { conditionFlags } from './conditions.ts';
import { decide, type Decision } from './decide.ts';
import type { Directory } from './request.ts';
import { examplePolicy, exampleRequest, withMfa, type ExampleRequest } from './testing/examples.ts';

type Parts = Parameters<typeof examplePolicy>[0];

function decideOn(policies: readonly unknown[], request: ExampleRequest = {}, directory: Directory = {}): Decision {
  return decide(compilePolicies(policies, directory), exampleRequest(request));
}
const outcome = (parts: Parts, request: ExampleRequest = {}, directory: Directory = {}): string =>
  decideOn([examplePolicy(parts)], request, directory).decision;
const applies = (parts: Parts, request: ExampleRequest = {}, directory: Directory = {}): boolean =>
  outcome({ ...parts, grantControls: { builtInControls: ['block'] } }, request, directory) === 'block';

const office: NamedLocation = {
  '@odata.type': '#microsoft.graph.ipNamedLocation',
  id: 'office',
  displayName: 'Office',
  isTrusted: true,
  ipRanges: [{ cidrAddress: '198.51.100.0/24' }, { cidrAddress: '2001:db8:1::/48' }],
};
const norway: NamedLocation = {
  '@odata.type': '#microsoft.graph.countryNamedLocation',
  id: 'norway',
  displayName: 'Norway',
  countriesAndRegions: ['NO'],
};
const places: Directory = { namedLocations: [office, norway] };

describe('several policies', () => {
  const mfa = examplePolicy({ id: 'mfa' });
  const device = examplePolicy({ id: 'device', grantControls: { builtInControls: ['compliantDevice'] } });
  const block = examplePolicy({ id: 'block', grantControls: { builtInControls: ['block'] } });

  it('must all be satisfied', () => {
    const compliant = { deviceInfo: { deviceId: 'd1', isCompliant: true } };
    expect(decideOn([mfa, device], { ...withMfa, conditions: compliant }).decision).toBe('allow');
    expect(decideOn([mfa, device], { conditions: compliant }).required).toEqual([
      { anyOf: [{ control: 'mfa' }], policyIds: ['mfa'] },
    ]);
    expect(decideOn([mfa, device], withMfa).decision).toBe('block');
  });

  it('are ended by one that blocks, whatever is shown', () => {
    const decision = decideOn([mfa, block, device], withMfa);
    expect(decision.decision).toBe('block');
    expect(decision.reasons.map(({ code }) => code)).toEqual(['blocked', 'controlNotMet']);
    expect(decision.policies.map(({ result }) => result)).toEqual(['success', 'failure', 'failure']);
  });

  it('with the same demand ask once', () => {
    const decision = decideOn([mfa, { ...mfa, id: 'other' }]);
    expect(decision.required).toEqual([{ anyOf: [{ control: 'mfa' }], policyIds: ['mfa', 'other'] }]);
  });

  it('allow when none applies, and say so', () => {
    const decision = decideOn([examplePolicy({ conditions: { users: { includeUsers: ['bob'] } } })]);
    expect(decision).toMatchObject({ decision: 'allow', conditionalAccessStatus: 'notApplied', reasons: [] });
  });
});

describe('users', () => {
  it('are excluded even where they are included', () => {
    const users = { includeUsers: ['ada'], includeGroups: ['staff'], excludeGroups: ['drivers'] };
    expect(applies({ conditions: { users } })).toBe(true);
    expect(applies({ conditions: { users } }, { identity: { groups: ['drivers'] } })).toBe(false);
    expect(applies({ conditions: { users: { includeUsers: ['All'], excludeUsers: ['ada'] } } })).toBe(false);
  });

  it('are known by group, by role, and by id in whatever case', () => {
    expect(applies({ conditions: { users: { includeGroups: ['Staff'] } } }, { identity: { groups: ['staff'] } })).toBe(
      true,
    );
    expect(applies({ conditions: { users: { includeRoles: ['admin'] } } }, { identity: { roles: ['admin'] } })).toBe(
      true,
    );
    expect(applies({ conditions: { users: { includeUsers: ['ADA'] } } })).toBe(true);
    expect(applies({ conditions: { users: { includeUsers: ['None'] } } })).toBe(false);
  });

  it('who are guests are known by kind and tenant', () => {
    const of = (externalTenants: object): Parts => ({
      conditions: {
        users: {
          includeGuestsOrExternalUsers: {
            guestOrExternalUserTypes: 'internalGuest,b2bCollaborationGuest',
            externalTenants,
          },
        },
      } as never,
    });
    const all = of({ membershipKind: 'all' });
    const some = of({ membershipKind: 'enumerated', members: ['contoso'] });
    const guest = { guestType: 'b2bCollaborationGuest' } as const;
    expect(applies(all)).toBe(false);
    expect(applies(all, { identity: guest })).toBe(true);
    expect(applies(all, { identity: { guestType: 'serviceProvider' } })).toBe(false);
    expect(applies(some, { identity: { ...guest, externalTenantId: 'contoso' } })).toBe(true);
    expect(applies(some, { identity: { ...guest, externalTenantId: 'fabrikam' } })).toBe(false);
    expect(applies({ conditions: { users: { includeUsers: ['GuestsOrExternalUsers'] } } }, { identity: guest })).toBe(
      true,
    );
    // Which tenant is not known: deny.
    expect(decideOn([examplePolicy(some)], { identity: guest }).reasons[0]?.code).toBe('factUnknown');
  });

  it('in more groups than can be asked are refused', () => {
    const groups = Array.from({ length: 2_049 }, (_, i) => `group ${i}`);
    expect(decideOn([], { identity: { groups } })).toMatchObject({
      decision: 'block',
      reasons: [{ code: 'requestRefused' }],
    });
  });
});

describe('resources', () => {
  const admin = { kind: 'application', includeApplications: ['portal'] } as const;
  it('are covered by id, by a name for several, or as all but some', () => {
    const office365 = { applicationGroups: { Office365: ['exchange', 'sharepoint'] } };
    const mail = { context: { kind: 'application', includeApplications: ['exchange'] } } as const;
    expect(applies({ conditions: { applications: { includeApplications: ['payroll'] } } })).toBe(true);
    expect(applies({ conditions: { applications: { includeApplications: ['payroll'] } } }, { context: admin })).toBe(
      false,
    );
    expect(applies({ conditions: { applications: { includeApplications: ['Office365'] } } }, mail, office365)).toBe(
      true,
    );
    expect(
      applies(
        { conditions: { applications: { includeApplications: ['All'], excludeApplications: ['Office365'] } } },
        mail,
        office365,
      ),
    ).toBe(false);
  });

  it('that are asked for together are each looked at: an exception for one is none for the other', () => {
    const both = { context: { kind: 'application', includeApplications: ['payroll', 'portal'] } } as const;
    expect(
      applies(
        { conditions: { applications: { includeApplications: ['All'], excludeApplications: ['payroll'] } } },
        both,
      ),
    ).toBe(true);
    expect(
      applies(
        { conditions: { applications: { includeApplications: ['All'], excludeApplications: ['payroll', 'portal'] } } },
        both,
      ),
    ).toBe(false);
  });

  it('that are none are refused', () => {
    expect(decideOn([], { context: { kind: 'application', includeApplications: [] } }).decision).toBe('block');
  });

  it('may be found by their security attributes', () => {
    const filter = { mode: 'include', rule: 'CustomSecurityAttribute.Finance_Secret -eq "yes"' } as const;
    const directory = { securityAttributes: { payroll: { Finance_Secret: 'Yes' } } };
    expect(applies({ conditions: { applications: { applicationFilter: filter } } }, {}, directory)).toBe(true);
    expect(
      applies({ conditions: { applications: { applicationFilter: filter } } }, { context: admin }, directory),
    ).toBe(false);
    const without: Parts = {
      conditions: {
        applications: { includeApplications: ['All'], applicationFilter: { ...filter, mode: 'exclude' } },
      },
    };
    expect(applies(without, {}, directory)).toBe(false);
    expect(applies(without, { context: admin }, directory)).toBe(true);
  });

  it('may be user actions: all resources cover registering what one signs in with, as in the documented example', () => {
    const register = { context: { kind: 'userAction', userAction: 'registerSecurityInformation' } } as const;
    const join = { context: { kind: 'userAction', userAction: 'registerOrJoinDevices' } } as const;
    const named = examplePolicy({ conditions: { applications: { includeUserActions: ['urn:user:registerdevice'] } } });
    expect(applies({}, register)).toBe(true);
    expect(applies({ conditions: { applications: { includeApplications: ['payroll'] } } }, register)).toBe(false);
    expect(applies({}, join)).toBe(false);
    expect(decideOn([named], join).decision).toBe('challenge');
    expect(decideOn([named]).decision).toBe('allow');
  });

  it('may be authentication contexts, which no policy for resources covers', () => {
    const c1 = { context: { kind: 'authenticationContext', authenticationContextValue: 'c1' } } as const;
    const named = { conditions: { applications: { includeAuthenticationContextClassReferences: ['c1', 'c37'] } } };
    expect(applies(named, c1)).toBe(true);
    expect(applies(named)).toBe(false);
    expect(applies({}, c1)).toBe(false);
  });
});

describe('places', () => {
  const outside = { includeLocations: ['All'], excludeLocations: ['AllTrusted'] };
  it('all but the trusted', () => {
    expect(applies({ conditions: { locations: outside } }, {}, places)).toBe(false);
    expect(applies({ conditions: { locations: outside } }, { conditions: { ipAddress: '203.0.113.9' } }, places)).toBe(
      true,
    );
    expect(
      applies({ conditions: { locations: outside } }, { conditions: { ipAddress: '2001:db8:1:2::3' } }, places),
    ).toBe(false);
    // The same address as a dual-stack socket tells it.
    expect(
      applies({ conditions: { locations: outside } }, { conditions: { ipAddress: '::ffff:198.51.100.77' } }, places),
    ).toBe(false);
  });

  it('countries, and those that are not known', () => {
    const abroad = { includeLocations: ['All'], excludeLocations: ['norway'] };
    const nowhere = { ipAddress: '192.0.2.1', country: undefined } as never;
    expect(applies({ conditions: { locations: abroad } }, {}, places)).toBe(false);
    expect(applies({ conditions: { locations: abroad } }, { conditions: { country: 'SE' } }, places)).toBe(true);
    expect(applies({ conditions: { locations: abroad } }, { conditions: nowhere }, places)).toBe(true);
    const lenient = { namedLocations: [{ ...norway, includeUnknownCountriesAndRegions: true }] };
    expect(applies({ conditions: { locations: abroad } }, { conditions: nowhere }, lenient)).toBe(false);
  });

  it('that do not exist deny, unless the rest of the policy does not apply', () => {
    const lost = { locations: { includeLocations: ['gone'] } };
    const decision = decideOn([examplePolicy({ conditions: lost })], withMfa);
    expect(decision).toMatchObject({ decision: 'block', reasons: [{ code: 'factUnknown' }] });
    expect(decideOn([examplePolicy({ conditions: { ...lost, users: { includeUsers: ['bob'] } } })]).decision).toBe(
      'allow',
    );
    expect(decideOn([examplePolicy({ state: 'enabledForReportingButNotEnforced', conditions: lost })])).toMatchObject({
      decision: 'allow',
      policies: [{ result: 'reportOnlyFailure' }],
    });
  });

  it('are not guessed where the address is none', () => {
    const odd = ['', '198.51.100', '0xc6.51.100.3', 'fe80::1%eth0', 'localhost'];
    expect(
      odd.filter(
        (ipAddress) => !applies({ conditions: { locations: outside } }, { conditions: { ipAddress } }, places),
      ),
    ).toEqual([]);
  });
});

describe('risks, clients, platforms, flows', () => {
  it('are asked by their values', () => {
    expect(applies({ conditions: { signInRiskLevels: ['high', 'medium'] } })).toBe(false);
    expect(
      applies({ conditions: { signInRiskLevels: ['high', 'medium'] } }, { conditions: { signInRiskLevel: 'medium' } }),
    ).toBe(true);
    expect(applies({ conditions: { signInRiskLevels: ['none'] } })).toBe(true);
    expect(
      applies(
        { conditions: { insiderRiskLevels: 'moderate,elevated' } },
        { conditions: { insiderRiskLevel: 'elevated' } },
      ),
    ).toBe(true);
    expect(
      applies({ conditions: { insiderRiskLevels: 'moderate' } }, { conditions: { insiderRiskLevel: 'none' } }),
    ).toBe(false);
    expect(applies({ conditions: { authenticationFlows: { transferMethods: 'deviceCodeFlow' } } })).toBe(false);
    expect(
      applies(
        { conditions: { authenticationFlows: { transferMethods: 'deviceCodeFlow,authenticationTransfer' } } },
        { conditions: { authenticationFlow: 'deviceCodeFlow' } },
      ),
    ).toBe(true);
  });

  it('a level that is none is every level: no policy is missed for a word that a caller got wrong', () => {
    expect(
      applies({ conditions: { signInRiskLevels: ['high'] } }, { conditions: { signInRiskLevel: 'High' as never } }),
    ).toBe(true);
    expect(
      applies(
        { conditions: { authenticationFlows: { transferMethods: 'deviceCodeFlow' } } },
        { conditions: { authenticationFlow: 'device_code' as never } },
      ),
    ).toBe(true);
  });

  it('a platform that is not known is caught by all but the known ones, as recommended', () => {
    const odd = {
      includePlatforms: ['all'],
      excludePlatforms: ['android', 'iOS', 'windows', 'macOS', 'linux'],
    } as const;
    const platforms = { includePlatforms: [...odd.includePlatforms], excludePlatforms: [...odd.excludePlatforms] };
    expect(applies({ conditions: { platforms } })).toBe(false);
    expect(applies({ conditions: { platforms } }, { conditions: { devicePlatform: undefined } as never })).toBe(true);
  });

  it('a client that is not known denies where a policy asks, and ActiveSync means all of its platforms', () => {
    const legacy: Parts = { conditions: { clientAppTypes: ['exchangeActiveSync', 'other'] } };
    expect(applies(legacy)).toBe(false);
    expect(applies(legacy, { conditions: { clientAppType: 'easSupported' } })).toBe(true);
    expect(
      applies(
        { conditions: { clientAppTypes: ['easSupported'] } },
        { conditions: { clientAppType: 'exchangeActiveSync' } },
      ),
    ).toBe(false);
    expect(applies(legacy, { conditions: { clientAppType: undefined } as never })).toBe(true);
  });

  it('old clients cannot show a second factor, whatever is said of them', () => {
    expect(outcome({}, { ...withMfa, conditions: { clientAppType: 'other' } })).toBe('block');
    const device = { clientAppType: 'other', deviceInfo: { isCompliant: true } } as const;
    expect(outcome({ grantControls: { builtInControls: ['compliantDevice'] } }, { conditions: device })).toBe('block');
  });

  it('the device that types a code is not the one that gets the token', () => {
    const conditions = { authenticationFlow: 'deviceCodeFlow', deviceInfo: { isCompliant: true } } as const;
    expect(outcome({ grantControls: { builtInControls: ['compliantDevice'] } }, { conditions })).toBe('block');
  });
});

describe('controls', () => {
  const either: ConditionalAccessPolicy['grantControls'] = {
    operator: 'OR',
    builtInControls: ['compliantDevice', 'mfa'],
  };
  it('one of several is enough, asked in the documented order', () => {
    expect(outcome({ grantControls: either }, withMfa)).toBe('allow');
    expect(outcome({ grantControls: either }, { conditions: { deviceInfo: { isCompliant: true } } })).toBe('allow');
    const decision = decideOn([examplePolicy({ grantControls: either })]);
    expect(decision.decision).toBe('challenge');
    expect(decision.required[0]?.anyOf.map(({ control }) => control)).toEqual(['mfa', 'compliantDevice']);
  });

  it('all are asked for in the documented order', () => {
    const all: ConditionalAccessPolicy['grantControls'] = {
      operator: 'AND',
      termsOfUse: ['tou'],
      customAuthenticationFactors: ['duo'],
      builtInControls: ['mfa'],
    };
    const decision = decideOn([examplePolicy({ grantControls: all })]);
    expect(decision.required.map(({ anyOf }) => anyOf[0]?.control)).toEqual([
      'mfa',
      'termsOfUse',
      'customAuthenticationFactors',
    ]);
    const shown = { methods: ['fido2'], termsOfUse: ['tou'], customAuthenticationFactors: ['duo'] } as const;
    expect(outcome({ grantControls: all }, { authentication: shown })).toBe('allow');
  });

  it('a strength names combinations, models of passkeys too', () => {
    const need = (id: string): Parts => ({ grantControls: { authenticationStrength: { id } } });
    const passkey = { authentication: { methods: ['fido2'], aaguid: 'AA-1' } } as const;
    expect(outcome(need(builtInStrengths.phishingResistant.id), withMfa)).toBe('challenge');
    expect(outcome(need(builtInStrengths.phishingResistant.id), passkey)).toBe('allow');
    const own = {
      id: 'own',
      displayName: 'Own',
      allowedCombinations: ['fido2'],
      combinationConfigurations: [{ appliesToCombinations: ['fido2'], allowedAAGUIDs: ['aa-1'] }],
    };
    expect(outcome(need('own'), passkey, { authenticationStrengths: [own] })).toBe('allow');
    expect(
      outcome(
        need('own'),
        { authentication: { methods: ['fido2'], aaguid: 'aa-2' } },
        { authenticationStrengths: [own] },
      ),
    ).toBe('challenge');
    expect(outcome(need('gone'), passkey)).toBe('block');
  });

  it('a new password is for user risk', () => {
    const risk: Parts = {
      conditions: { userRiskLevels: ['high'] },
      grantControls: { operator: 'AND', builtInControls: ['mfa', 'passwordChange'] },
    };
    const high = { userRiskLevel: 'high' } as const;
    expect(outcome(risk)).toBe('allow');
    expect(outcome(risk, { ...withMfa, conditions: high })).toBe('challenge');
    expect(
      outcome(risk, { authentication: { ...withMfa.authentication, passwordChanged: true }, conditions: high }),
    ).toBe('allow');
  });
});

describe('report-only', () => {
  const reported = (parts: Parts, request: ExampleRequest = {}): unknown[] => {
    const decision = decideOn([examplePolicy({ state: 'enabledForReportingButNotEnforced', ...parts })], request);
    expect(decision).toMatchObject({ decision: 'allow', required: [], sessionControls: {} });
    return decision.policies.map(({ result }) => result);
  };
  it('never changes the decision, and tells all four results', () => {
    expect(reported({}, withMfa)).toEqual(['reportOnlySuccess']);
    expect(reported({})).toEqual(['reportOnlyInterrupted']);
    expect(reported({ grantControls: { builtInControls: ['block'] } })).toEqual(['reportOnlyFailure']);
    expect(reported({ grantControls: { operator: 'AND', builtInControls: ['mfa', 'compliantDevice'] } })).toEqual([
      'reportOnlyFailure',
    ]);
    expect(reported({ conditions: { users: { includeUsers: ['bob'] } } })).toEqual(['reportOnlyNotApplied']);
  });
});

describe('results of policies', () => {
  it('say which conditions held, in the numbers of SigninLogs', () => {
    const mobile = examplePolicy({
      conditions: {
        platforms: { includePlatforms: ['iOS'] },
        locations: { includeLocations: ['AllTrusted'] },
        clientAppTypes: ['browser'],
      },
    });
    const { policies } = decideOn(
      [mobile, { ...mobile, state: 'disabled' }],
      { conditions: { ipAddress: '203.0.113.1' } },
      places,
    );
    const { application, users, clientType, devicePlatform, location } = conditionFlags;
    // A row of Entra's has exactly these: 19 and 12.
    expect([application | users | clientType, devicePlatform | location]).toEqual([19, 12]);
    expect(policies).toMatchObject([
      { result: 'notApplied', conditionsSatisfied: 19, conditionsNotSatisfied: 12, enforcedGrantControls: ['Mfa'] },
      { result: 'notEnabled', conditionsSatisfied: 0, conditionsNotSatisfied: 0 },
    ]);
  });
});

describe('session controls', () => {
  const session = (sessionControls: ConditionalAccessPolicy['sessionControls'], id: string): ConditionalAccessPolicy =>
    examplePolicy({ id, grantControls: null, sessionControls });
  it('are the most restrictive of all that apply', () => {
    const decision = decideOn(
      [
        session(
          {
            signInFrequency: { isEnabled: true, type: 'days', value: 1 },
            persistentBrowser: { isEnabled: true, mode: 'never' },
          },
          'a',
        ),
        session(
          {
            signInFrequency: { isEnabled: true, type: 'hours', value: 4 },
            persistentBrowser: { isEnabled: true, mode: 'always' },
          },
          'b',
        ),
        session(
          {
            signInFrequency: {
              isEnabled: true,
              type: 'hours',
              value: 1,
              authenticationType: 'secondaryAuthentication',
            },
          },
          'c',
        ),
        session({ cloudAppSecurity: { isEnabled: true, cloudAppSecurityType: 'monitorOnly' } }, 'd'),
        session({ cloudAppSecurity: { isEnabled: true, cloudAppSecurityType: 'blockDownloads' } }, 'e'),
        session({ continuousAccessEvaluation: { mode: 'strictLocation' }, disableResilienceDefaults: true }, 'f'),
        session({ continuousAccessEvaluation: { mode: 'disabled' } }, 'g'),
        session({ signInFrequency: { isEnabled: false, type: 'hours', value: 2 } }, 'off'),
      ],
      withMfa,
    );
    expect(decision.decision).toBe('allow');
    expect(decision.sessionControls).toEqual({
      signInFrequencySeconds: 4 * 3_600,
      secondFactorFrequencySeconds: 3_600,
      persistentBrowser: 'never',
      cloudAppSecurity: ['blockDownloads'],
      continuousAccessEvaluation: 'strictLocation',
      disableResilienceDefaults: true,
    });
  });

  it('ask anew when too much time has gone by; every time is not oftener than in five minutes', () => {
    const hourly = session({ signInFrequency: { isEnabled: true, type: 'hours', value: 1 } }, 'hourly');
    const always = session({ signInFrequency: { isEnabled: true, frequencyInterval: 'everyTime' } }, 'always');
    const after = (policy: unknown, primaryAgeSeconds: number): string =>
      decideOn([policy], { authentication: { primaryAgeSeconds } }).decision;
    expect([after(hourly, 3_600), after(hourly, 3_601)]).toEqual(['allow', 'challenge']);
    expect([after(always, 300), after(always, 301)]).toEqual(['allow', 'challenge']);
  });

  it('a token without its key is refused', () => {
    const bound = session({ secureSignInSession: { isEnabled: true } }, 'bound');
    expect(decideOn([bound]).decision).toBe('block');
    expect(decideOn([bound], { authentication: { tokenProtected: true } }).decision).toBe('allow');
  });
});

describe('policies that err', () => {
  it('deny, and say why', () => {
    const decision = decideOn([{ id: 'p', displayName: 'Odd', state: 'enabled', conditions: { users: 7 } }], withMfa);
    expect(decision.decision).toBe('block');
    expect(decision.reasons).toEqual([
      { code: 'policyErred', policyId: 'p', message: expect.stringContaining('conditions.users') },
    ]);
    for (const odd of [null, 3, 'x', [], {}]) expect(decideOn([odd]).decision).toBe('block');
  });

  it('deny nobody while they are off, and change nothing while they report', () => {
    expect(decideOn([{ state: 'disabled' }]).decision).toBe('allow');
    expect(decideOn([{ state: 'enabledForReportingButNotEnforced' }])).toMatchObject({
      decision: 'allow',
      policies: [{ result: 'reportOnlyFailure' }],
    });
  });

  it('are not those that are only refused: they are decided on as they stand', () => {
    const persistent = examplePolicy({
      conditions: { applications: { includeApplications: ['payroll'] } },
      sessionControls: { persistentBrowser: { isEnabled: true, mode: 'never' } },
    });
    expect(decideOn([persistent], withMfa)).toMatchObject({
      decision: 'allow',
      sessionControls: { persistentBrowser: 'never' },
    });
    const both = examplePolicy({ grantControls: { operator: 'OR', builtInControls: ['block', 'mfa'] } });
    expect(decideOn([both], withMfa).decision).toBe('block');
    // But these could be read in two ways, or be about nobody by mistake.
    const twice = examplePolicy({
      conditions: {
        applications: { includeApplications: ['All'], includeAuthenticationContextClassReferences: ['c1'] },
      },
    });
    expect(decideOn([twice], withMfa).decision).toBe('block');
  });

  it('deny those only whom they are about', () => {
    const filter = { deviceFilter: { mode: 'include', rule: 'device.model -like "x"' } } as const;
    const odd = (user: string): unknown =>
      examplePolicy({ conditions: { users: { includeUsers: [user] }, devices: filter } });
    expect(decideOn([odd('bob')]).decision).toBe('allow');
    expect(decideOn([odd('ada')], withMfa)).toMatchObject({ decision: 'block', reasons: [{ code: 'policyErred' }] });
  });
});

describe('workload identities', () => {
  const block = examplePolicy({
    conditions: {
      users: { includeUsers: ['None'] },
      clientApplications: {
        includeServicePrincipals: ['ServicePrincipalsInMyTenant'],
        excludeServicePrincipals: ['backup'],
      },
      locations: { includeLocations: ['All'], excludeLocations: ['AllTrusted'] },
      servicePrincipalRiskLevels: ['high'],
    },
    grantControls: { operator: 'OR', builtInControls: ['block'] },
  });
  const ask = (servicePrincipalId: string, ipAddress: string, inMyTenant = true): string =>
    decide(compilePolicies([block, examplePolicy()], places), {
      ...exampleRequest({ conditions: { ipAddress, servicePrincipalRiskLevel: 'high' } }),
      signInIdentity: { kind: 'servicePrincipal', servicePrincipalId, inMyTenant },
    }).decision;
  it('have policies of their own, and only those', () => {
    expect(ask('robot', '203.0.113.1')).toBe('block');
    expect(ask('robot', '198.51.100.1')).toBe('allow');
    expect(ask('backup', '203.0.113.1')).toBe('allow');
    expect(ask('foreign', '203.0.113.1', false)).toBe('allow');
    expect(decideOn([block], { conditions: { ipAddress: '203.0.113.1' } }, places).decision).toBe('allow');
  });

  it('cannot be asked for anything', () => {
    const asks = { ...block, grantControls: { operator: 'OR', builtInControls: ['mfa'] } };
    const request = {
      ...exampleRequest({ conditions: { ipAddress: '203.0.113.1', servicePrincipalRiskLevel: 'high' } }),
      signInIdentity: { kind: 'servicePrincipal', servicePrincipalId: 'robot', inMyTenant: true },
    } as const;
    expect(decide(compilePolicies([asks], places), request).decision).toBe('block');
  });
});

describe('emergency accounts', () => {
  const directory = { emergencyAccess: ['Ada'] };
  const block = examplePolicy({ grantControls: { builtInControls: ['block'] } });
  const passkey = { authentication: { methods: ['fido2'] } } as const;
  it('are locked out by no policy, not even by one that errs', () => {
    const decision = decideOn([block, { state: 'enabled' }], passkey, directory);
    expect(decision).toMatchObject({
      decision: 'allow',
      emergencyAccess: true,
      reasons: [{ code: 'emergencyAccess' }],
    });
    expect(decision.policies.map(({ result }) => result)).toEqual(['notApplied', 'notApplied']);
  });

  it('must show what cannot be phished, again after an hour', () => {
    expect(decideOn([], withMfa, directory)).toMatchObject({
      decision: 'challenge',
      required: [{ anyOf: [{ control: 'authenticationStrength', id: builtInStrengths.phishingResistant.id }] }],
    });
    const old = { authentication: { ...passkey.authentication, primaryAgeSeconds: 3_601 } };
    expect(decideOn([], old, directory).required[0]?.anyOf).toEqual([{ control: 'reauthentication' }]);
  });

  it('cannot hand their sign-in to another device or use an old client', () => {
    const flow = { ...passkey, conditions: { authenticationFlow: 'deviceCodeFlow' } } as const;
    expect(decideOn([], flow, directory).decision).toBe('block');
    expect(decideOn([], { ...passkey, conditions: { clientAppType: 'other' } }, directory).decision).toBe('block');
  });

  it('are four at most', () => {
    expect(() => compilePolicies([], { emergencyAccess: ['a', 'b', 'c', 'd', 'e'] })).toThrow(RangeError);
  });
});
