import type { IdentityProvider } from '@sallyport/contracts';
import { expect, it } from 'vitest';
import { draftOf, emptyDraft, inputOf } from './draft.ts';

const groups = [{ id: '11111111-2222-4333-8444-555555555555', name: 'Night shift' }];
const filled = {
  ...emptyDraft,
  displayName: 'Okta',
  issuer: 'https://contoso.okta.com',
  clientId: 'abc',
  domains: 'Contoso.com, fabrikam.com',
  groups: 'cn=night = night shift\n\n',
  roles: 'soc = Security Operator',
};

it('makes of a form what is sent, and of that the same form', () => {
  const made = inputOf(filled, groups);
  if ('fault' in made) throw new Error(made.fault);
  expect(made.input).toMatchObject({
    domains: ['contoso.com', 'fabrikam.com'],
    groups: [{ value: 'cn=night', groupId: groups[0]?.id }],
    roles: [{ value: 'soc', role: 'Security Operator' }],
  });
  expect(made.input).not.toHaveProperty('clientSecret');
  const provider: IdentityProvider = {
    ...made.input,
    id: '11111111-2222-4333-8444-555555555556',
    hasSecret: true,
    redirectUri: '',
    people: 0,
    lastSignInAt: null,
    createdAt: '2026-01-01T00:00:00Z',
    modifiedAt: '2026-01-01T00:00:00Z',
  };
  expect(inputOf(draftOf(provider, groups), groups, provider)).toEqual(made);
});

it.each([
  [{ issuer: 'http://contoso.okta.com' }, 'Issuer: '],
  [{ domains: 'contoso' }, 'Domains: '],
  [{ scopes: 'profile' }, 'Scopes: '],
  [{ groups: 'x = Day shift' }, 'Groups: there is no group “Day shift” here'],
  [{ roles: 'x = Emperor' }, 'Roles: '],
  [{ clientId: ' ' }, 'Client ID: '],
])('says what is wrong with %j', (change, fault) => {
  const made = inputOf({ ...filled, ...change }, groups);
  expect('fault' in made ? made.fault : '').toMatch(new RegExp(`^${fault}`));
});
