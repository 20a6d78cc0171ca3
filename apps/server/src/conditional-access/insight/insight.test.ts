import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '@sallyport/contracts';
import { errorOf, makeAdministrator, makePerson, startTestServer, type TestServer } from '../../testing.ts';
import { sallyportApplication } from '../index.ts';

let server: TestServer;
let browser: Client;
let anna: string;
const names = new Map<string, string>();

const mfa = (change: Record<string, unknown> = {}) => ({
  displayName: 'A second factor for all',
  state: 'enabledForReportingButNotEnforced',
  conditions: { applications: { includeApplications: ['All'] }, users: { includeUsers: ['All'] } },
  grantControls: { operator: 'OR', builtInControls: ['mfa'] },
  ...change,
});
const created = async (policy: Record<string, unknown>): Promise<string> => {
  const made: unknown = JSON.parse(String(await browser.graphCreatePolicy({ body: policy })));
  return typeof made === 'object' && made !== null && 'id' in made ? String(made.id) : '';
};

beforeAll(async () => {
  server = await startTestServer();
  browser = server.browser();
  await makeAdministrator(server, browser);
  anna = (await browser.getMe()).id;
  const rows = [];
  for (const [name, methods] of [
    ['bob', ['Password']],
    ['cleo', ['Passkey (FIDO2)']],
    ['dan', ['Password']],
  ] as const) {
    const { person } = await makePerson(server.platform, name, 'Security Reader');
    names.set(name, person.id);
    for (let n = 0; n < 3; n++)
      rows.push({
        TimeGenerated: new Date(server.platform.clock.now().getTime() - (n + 1) * 3_600_000).toISOString(),
        Id: randomUUID(),
        UserId: person.id,
        UserPrincipalName: person.userPrincipalName,
        AppId: sallyportApplication,
        AppDisplayName: 'Sallyport',
        ResourceIdentity: sallyportApplication,
        ClientAppUsed: 'Browser',
        IPAddress: `198.51.100.${n}`,
        ResultType: '0',
        AuthenticationDetails: JSON.stringify(methods.map((authenticationMethod) => ({ authenticationMethod, succeeded: true }))), // prettier-ignore
        SourceSystem: 'Sallyport',
      });
  }
  await server.platform.outbox.write('SigninLogs', rows);
  await server.platform.outbox.flush();
}, 240_000);
afterAll(() => server.stop());

describe('effect on past sign-ins', () => {
  it('says whom a draft would have asked, and nothing of other policies', async () => {
    const other = await created(mfa({ displayName: 'Something else', grantControls: { operator: 'OR', builtInControls: ['block'] } })); // prettier-ignore
    const { policies, now, enforced, signIns, truncated } = await browser.previewPolicy({ body: { policy: mfa() } });
    // Three of each; no policy holds for the only administrator.
    expect({ signIns, truncated }).toEqual({ signIns: 9, truncated: false });
    expect(now).toEqual({ allow: 9, block: 0, challenge: 0 });
    expect(enforced).toEqual({ allow: 3, block: 0, challenge: 6 });
    expect(policies).toHaveLength(1);
    expect(policies[0]).toMatchObject({ usersBlocked: 0, usersAsked: 2, results: { reportOnlyInterrupted: 6, reportOnlySuccess: 3 } }); // prettier-ignore
    const [example] = policies[0]?.examples ?? [];
    expect(example).toMatchObject({ userPrincipalName: expect.stringMatching(/^(bob|dan)@/) as string, application: 'Sallyport', ipAddress: '198.51.100.0' }); // prettier-ignore
    await browser.graphDeletePolicy({ params: { id: other } });
  });

  it('says of stored policies what each said, and measures anew when one changes', async () => {
    const id = await created(mfa());
    const before = await browser.getAccessEffect({ query: { days: 7 } });
    expect(before.policies).toMatchObject([{ id, usersAsked: 2 }]);
    expect(before.enforced.challenge).toBe(6);
    const excluded = [names.get('bob')];
    await browser.graphUpdatePolicy({ params: { id }, body: { conditions: { users: { excludeUsers: excluded } } } });
    expect((await browser.getAccessEffect({ query: { days: 7 } })).policies).toMatchObject([{ id, usersAsked: 1 }]);
    await browser.graphDeletePolicy({ params: { id } });
  });

  it('refuses a draft that is wrong', async () => {
    const error = await errorOf(browser.previewPolicy({ body: { policy: mfa({ state: 'on' }) } }));
    expect(error).toMatchObject({ code: 'BadRequest', details: [{ target: 'state' }] });
  });
});

describe('a draft', () => {
  it('is told what is wrong with it, and where', async () => {
    const { problems, author } = await browser.checkPolicy({ body: { policy: mfa({ grantControls: { operator: 'AND', builtInControls: ['block', 'mfa'] } }) } }); // prettier-ignore
    expect(problems).toMatchObject([{ path: 'grantControls.builtInControls' }]);
    expect(author).toBeNull();
    const nowhere = mfa({
      conditions: { ...mfa().conditions, locations: { includeLocations: [randomUUID()] } },
    });
    expect((await browser.checkPolicy({ body: { policy: nowhere } })).problems).toMatchObject([
      { path: 'conditions.locations.includeLocations[0]' },
    ]);
  });

  it('is told whether it would lock out its author', async () => {
    const block = mfa({ state: 'disabled', grantControls: { operator: 'OR', builtInControls: ['block'] } });
    // The only administrator is an emergency account by default.
    expect((await browser.checkPolicy({ body: { policy: block } })).author).toMatchObject({ emergencyAccess: true });
    await browser.setEmergencyAccounts({ body: { people: ['cleo@contoso.com'] } });
    expect((await browser.checkPolicy({ body: { policy: block } })).author).toEqual({
      decision: 'block',
      required: [],
      emergencyAccess: false,
    });
    const phishingResistant = mfa({ grantControls: { operator: 'OR', authenticationStrength: { id: '00000000-0000-0000-0000-000000000004' } } }); // prettier-ignore
    expect((await browser.checkPolicy({ body: { policy: phishingResistant } })).author).toEqual({
      decision: 'challenge',
      required: ['a stronger method, such as a passkey'],
      emergencyAccess: false,
    });
    const others = mfa({ conditions: { ...mfa().conditions, users: { includeUsers: ['All'], excludeUsers: [anna] } } });
    expect((await browser.checkPolicy({ body: { policy: others } })).author).toMatchObject({ decision: 'allow' });
    await browser.setEmergencyAccounts({ body: { people: [] } });
  });
});

it('names people and applications that nothing protects, and why', async () => {
  expect(await browser.listAccessGaps()).toMatchObject({ people: 4, applications: 1, pairs: 3, pairsWithoutDemand: 3, gaps: [{ reason: 'noPolicy', userCount: 3, applications: [{ name: 'Sallyport' }], policies: [] }] }); // prettier-ignore
  const id = await created(mfa({ state: 'enabled', conditions: { ...mfa().conditions, users: { includeUsers: ['All'], excludeUsers: [names.get('bob')] } } })); // prettier-ignore
  expect(await browser.listAccessGaps()).toMatchObject({
    pairsWithoutDemand: 1,
    gaps: [
      {
        reason: 'excluded',
        users: [{ name: 'bob@contoso.com' }],
        policies: [{ id, name: 'A second factor for all' }],
      },
    ],
  });
  await browser.graphDeletePolicy({ params: { id } });
});
