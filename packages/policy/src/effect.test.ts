import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compilePolicies } from './compile.ts';
import { decide } from './decide.ts';
import { measureEffect } from './effect.ts';
import { requestOfSignIn, type SignInRow } from './past-sign-in.ts';
import { examplePolicy, exampleRequest, withMfa } from './testing/examples.ts';

/** Of Entra's diagnostic logs, with other ids. */
const row: SignInRow = {
  UserId: 'ada',
  AppId: 'teams',
  ResourceIdentity: 'sharepoint',
  ClientAppUsed: 'Mobile Apps and Desktop clients',
  IPAddress: '198.51.100.3',
  Location: 'DE',
  DeviceDetail:
    '{"browser":"Edge 18.1836","deviceId":"d1","displayName":"ABCDEFG","operatingSystem":"Windows 10","trustType":"Hybrid Azure AD joined"}',
  RiskLevelDuringSignIn: 'none',
  AuthenticationRequirement: 'singleFactorAuthentication',
  AuthenticationDetails: '[]',
  ResultType: '0',
};

describe('a row of SigninLogs', () => {
  it('is the request that it tells of', () => {
    expect(requestOfSignIn(row, { groups: ['g'], userRiskLevel: 'low' })).toEqual({
      signInIdentity: { kind: 'user', userId: 'ada', groups: ['g'], roles: [] },
      signInContext: { kind: 'application', includeApplications: ['sharepoint'] },
      signInConditions: {
        clientAppType: 'mobileAppsAndDesktopClients',
        devicePlatform: 'windows',
        ipAddress: '198.51.100.3',
        country: 'DE',
        signInRiskLevel: 'none',
        userRiskLevel: 'low',
        deviceInfo: {
          deviceId: 'd1',
          isCompliant: false,
          displayName: 'ABCDEFG',
          operatingSystem: 'Windows 10',
          trustType: 'ServerAD',
        },
      },
      authentication: { methods: [], primaryAgeSeconds: 0 },
    });
  });

  it('tells what was shown', () => {
    const of = (more: SignInRow): unknown => requestOfSignIn({ ...row, ...more }, {})?.authentication.methods;
    const steps = [
      { authenticationMethod: 'Password', succeeded: true },
      { authenticationMethod: 'Text message', succeeded: false },
    ];
    expect(of({ AuthenticationDetails: steps })).toEqual(['password']);
    const passkey = [{ authenticationMethod: 'Passkey (device-bound)', succeeded: true }];
    expect(of({ AuthenticationDetails: JSON.stringify(passkey) })).toEqual(['fido2']);
    // By a claim in the token.
    expect(of({ AuthenticationRequirement: 'multiFactorAuthentication' })).toEqual(['federatedMultiFactor']);
    expect(of({ AuthenticationRequirement: 'multiFactorAuthentication', ResultType: '50074' })).toEqual([]);
  });

  it('tells old clients and flows', () => {
    const of = (more: SignInRow): unknown =>
      requestOfSignIn({ ...row, DeviceDetail: {}, ...more }, {})?.signInConditions;
    expect(of({ ClientAppUsed: 'Authenticated SMTP' })).toMatchObject({ clientAppType: 'other' });
    expect(of({ ClientAppUsed: 'Exchange ActiveSync' })).toMatchObject({ clientAppType: 'exchangeActiveSync' });
    expect(of({ AuthenticationProtocol: 'deviceCode' })).toMatchObject({ authenticationFlow: 'deviceCodeFlow' });
    expect(requestOfSignIn({ ...row, UserId: '' }, {})).toBeUndefined();
  });

  it('of whatever content is read or left', () => {
    fc.assert(
      fc.property(
        fc.record({
          UserId: fc.constant('u'),
          AppId: fc.constant('a'),
          DeviceDetail: fc.anything(),
          AuthenticationDetails: fc.anything(),
          ClientAppUsed: fc.string(),
          IPAddress: fc.string(),
        }),
        (odd) => {
          const request = requestOfSignIn(odd, {});
          expect(request && decide(compilePolicies([examplePolicy()]), request).decision).toMatch(
            /challenge|block|allow/,
          );
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('the effect of policies', () => {
  it('is whom they would have blocked or asked, and what all together would change', () => {
    const reports = (id: string, control: 'mfa' | 'compliantDevice'): unknown =>
      examplePolicy({ id, state: 'enabledForReportingButNotEnforced', grantControls: { builtInControls: [control] } });
    const policies = [
      reports('mfa', 'mfa'),
      reports('device', 'compliantDevice'),
      examplePolicy({
        id: 'legacy',
        conditions: { clientAppTypes: ['other'] },
        grantControls: { builtInControls: ['block'] },
      }),
      examplePolicy({ id: 'off', state: 'disabled' }),
    ];
    const compliant = { deviceInfo: { deviceId: 'd', isCompliant: true } };
    const signIns = [
      exampleRequest({ conditions: compliant }),
      exampleRequest({ ...withMfa, conditions: compliant }),
      exampleRequest(withMfa),
      exampleRequest({ identity: { userId: 'bob' }, conditions: { clientAppType: 'other' } }),
    ].map((request, i) => ({ id: `s${i}`, request }));
    const effect = measureEffect(policies, {}, signIns);
    expect(effect).toMatchObject({
      signIns: 4,
      now: { allow: 3, challenge: 0, block: 1 },
      enforced: { allow: 1, challenge: 1, block: 2 },
      policies: [
        {
          id: 'mfa',
          results: { reportOnlySuccess: 2, reportOnlyInterrupted: 1, reportOnlyFailure: 1 },
          usersAsked: 1,
          usersBlocked: 1,
          examples: ['s0', 's3'],
        },
        {
          id: 'device',
          results: { reportOnlySuccess: 2, reportOnlyFailure: 2 },
          usersAsked: 0,
          usersBlocked: 2,
          examples: ['s2', 's3'],
        },
        { id: 'legacy', results: { notApplied: 3, failure: 1 }, usersBlocked: 1, examples: ['s3'] },
        { id: 'off', results: { notEnabled: 4 }, usersBlocked: 0 },
      ],
    });
  });
});
