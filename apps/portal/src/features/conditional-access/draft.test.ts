import { describe, expect, it } from 'vitest';
import { compact, importedPolicies, newPolicy, patchOf, readDraft, textOfPolicy, written } from './draft.ts';

const stored = {
  id: 'p1',
  displayName: 'MFA',
  state: 'enabled',
  createdDateTime: '2026-01-01T00:00:00Z',
  sessionControls: null,
  conditions: {
    users: { includeUsers: ['All'], excludeUsers: [], includeGuestsOrExternalUsers: null },
    applications: { includeApplications: [], includeUserActions: [] },
    platforms: { includePlatforms: ['windows'], excludePlatforms: [] },
    clientAppTypes: ['all'],
  },
  grantControls: {
    operator: 'OR',
    builtInControls: [],
    authenticationStrength: { id: 's1', displayName: 'Strong', allowedCombinations: ['fido2'] },
  },
};

describe('a policy as one writes it', () => {
  it('has only what is set', () => {
    expect(written(stored)).toEqual({
      displayName: 'MFA',
      state: 'enabled',
      conditions: {
        users: { includeUsers: ['All'] },
        applications: {},
        platforms: { includePlatforms: ['windows'] },
        clientAppTypes: ['all'],
      },
      grantControls: { operator: 'OR', authenticationStrength: { id: 's1' } },
    });
    expect(compact({ a: [], b: null, c: { d: null } })).toBeUndefined();
  });

  it('comes back from its text', () => {
    expect(readDraft(textOfPolicy(newPolicy)).policy).toEqual(newPolicy);
    expect(readDraft('{ "state": ').fault).toContain('JSON');
    expect(readDraft('[]')).toMatchObject({ json: undefined, policy: undefined });
    const odd = readDraft('{ "displayName": "x", "state": "on", "conditions": { "applications": {} } }');
    expect([odd.policy, odd.json]).toEqual([undefined, expect.objectContaining({ state: 'on' })]);
  });
});

it('a patch takes away what is no longer there', () => {
  const before = written(stored);
  const after = {
    ...before,
    conditions: { users: { includeGroups: ['g'] }, applications: {} },
    grantControls: { operator: 'OR', builtInControls: ['block'] },
  };
  expect(patchOf(before, after)).toEqual({
    displayName: 'MFA',
    state: 'enabled',
    conditions: {
      users: { includeUsers: [], includeGroups: ['g'] },
      applications: {},
      platforms: null,
      clientAppTypes: [],
    },
    grantControls: { operator: 'OR', builtInControls: ['block'], authenticationStrength: null },
  });
});

it('imports one policy, several, or an answer of Graph', () => {
  expect(importedPolicies(JSON.stringify(stored))).toEqual([written(stored)]);
  expect(importedPolicies(JSON.stringify([stored, stored]))).toHaveLength(2);
  expect(importedPolicies(`\ufeff${JSON.stringify({ value: [stored] })}`)).toEqual([written(stored)]);
  for (const bad of ['', '[]', '"x"', '[1]', '{']) expect(importedPolicies(bad)).toBeUndefined();
});
