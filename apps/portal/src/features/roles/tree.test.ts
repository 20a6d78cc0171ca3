import { expect, test } from 'vitest';
import { choiceOf, groupsOf, toggled, withChoice } from './tree.ts';

test('a category is none, all to read, all to manage, or custom', () => {
  expect(choiceOf('dataOperations', [])).toBe('none');
  expect(choiceOf('dataOperations', ['dataOperations.all.read'])).toBe('read');
  expect(choiceOf('dataOperations', ['dataOperations.all.manage', 'data.read'])).toBe('manage');
  expect(choiceOf('dataOperations', ['data.read'])).toBe('custom');
  expect(choiceOf('dataOperations', ['dataOperations.all.read', 'data.manage'])).toBe('custom');
  expect(choiceOf('dataOperations', ['securityData.read'])).toBe('none');
});

test('another choice keeps the other categories, and becomes custom with what there was', () => {
  expect(withChoice('dataOperations', 'read', ['securityData.read', 'data.purge'])).toEqual(['securityData.read', 'dataOperations.all.read']); // prettier-ignore
  expect(withChoice('dataOperations', 'none', ['securityData.read', 'data.purge'])).toEqual(['securityData.read']);
  expect(withChoice('dataOperations', 'custom', ['dataOperations.all.read'])).toEqual(['data.read', 'analyticsJobs.read']); // prettier-ignore
});

test('a permission is added and taken away', () => {
  expect(toggled(['data.read'], 'data.manage')).toEqual(['data.read', 'data.manage']);
  expect(toggled(['data.read', 'data.manage'], 'data.read')).toEqual(['data.manage']);
  expect(groupsOf('securityPosture').map(({ name }) => name)).toEqual(['Posture management', 'AI code scan']);
});
