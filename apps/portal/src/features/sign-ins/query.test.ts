import { describe, expect, it } from 'vitest';
import { conditionsIn, listQuery, oneQuery, outcomeOf, policiesOf, signInsOf, stepsOf } from './query.ts';

describe('the query of the list', () => {
  it('has every filter, and what was typed as a text alone', () => {
    const query = listQuery({ search: `o'neil" | take 1`, outcome: 'failure', access: 'failure', risk: 'high', address: '192.0.2.1', application: 'Shop', policy: 'MFA' }); // prettier-ignore
    expect(query).toContain(`| where ResultType != '0' and`);
    expect(query).toContain(`| where IPAddress == "192.0.2.1"`);
    expect(query).toContain(`RiskLevelDuringSignIn == 'high'`);
    expect(query).toContain(`Application contains "Shop"`);
    expect(query.split('\n').filter((line) => line.startsWith('| take'))).toEqual([]);
    expect(query).toContain(String.raw`Who contains "o'neil\" | take 1"`);
  });

  it('asks service principals for no risk, and is of the table of its kind', () => {
    const query = listQuery({ kind: 'servicePrincipal', risk: 'high' });
    expect(query).toMatch(/^AADServicePrincipalSignInLogs\n/);
    expect(query).not.toContain(`RiskLevelDuringSignIn == `);
  });

  it('finds one in all tables', () => {
    expect(oneQuery('a').match(/where Id == "a"/g)).toHaveLength(4);
  });
});

it('reads what rows hold as text, and nothing of what is no such text', () => {
  const names = ['TimeGenerated', 'Id', 'Kind', 'Who', 'WhoName', 'WhoId', 'Application', 'ApplicationId', 'Resource', 'ResourceId', 'ResultType', 'ResultDescription', 'ConditionalAccessStatus', 'IPAddress', 'Location', 'LocationDetails', 'AutonomousSystemNumber', 'DeviceDetail', 'UserAgent', 'ClientAppUsed', 'AuthenticationRequirement', 'AuthenticationDetails', 'AuthenticationProtocol', 'IncomingTokenType', 'Policies', 'RiskLevelDuringSignIn', 'RiskLevelAggregated', 'RiskState', 'RiskEvents', 'CorrelationId', 'SessionId', 'Credential', 'Source']; // prettier-ignore
  const cells: Record<string, string> = {
    AuthenticationDetails: JSON.stringify([{ authenticationMethod: 'Password', succeeded: true }]),
    Policies: JSON.stringify([
      { id: '1', displayName: 'Later', result: 'notApplied' },
      { id: '2', displayName: 'Decides', result: 'failure', conditionsSatisfied: 19 },
    ]),
  };
  const [row] = signInsOf(
    names.map((name) => ({ name })),
    [names.map((name) => cells[name] ?? null)],
  );
  expect(stepsOf(row!)).toEqual([{ authenticationMethod: 'Password', succeeded: true }]);
  expect(policiesOf(row!).map(({ displayName }) => displayName)).toEqual(['Decides', 'Later']);
  expect(policiesOf({ ...row!, Policies: 'nonsense' })).toEqual([]);
  expect(conditionsIn(19)).toEqual(['Application', 'Users', 'Client type']);
  expect(conditionsIn('application,users')).toEqual(['application', 'users']);
  expect([outcomeOf('0'), outcomeOf('50074'), outcomeOf('53003')]).toEqual(['success', 'interrupted', 'failure']);
});
