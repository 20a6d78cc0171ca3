import { expect, test } from 'vitest';
import { readHuntingQueries } from './read.ts';

const yaml = `id: 1
name: First
description: |
  What it is for
tactics: [Execution]
relevantTechniques: [T1059]
query: |
  SecurityEvent | take 1
---
name: Second
tactics: Execution, Impact
query: Syslog
`;

test('hunting queries of YAML, ARM and KQL; nothing else', () => {
  const template = {
    resources: [
      {
        type: 'Microsoft.OperationalInsights/workspaces/savedSearches',
        name: "[concat('workspace', '/saved-1')]",
        properties: {
          category: 'Hunting Queries',
          displayName: 'Saved',
          query: 'Heartbeat',
          tags: [
            { name: 'description', value: 'Of a workspace' },
            { name: 'tactics', value: 'Discovery' },
          ],
        },
      },
      {
        type: 'Microsoft.OperationalInsights/workspaces/savedSearches',
        name: 'f',
        properties: { category: 'Function', displayName: 'F', query: 'x' },
      },
    ],
  };
  const { found, problems } = readHuntingQueries([
    { path: 'a.yaml', text: yaml },
    { path: 'rule.yaml', text: 'name: Rule\nkind: NRT\nseverity: Low\nquery: Syslog\n' },
    { path: 'parser.yaml', text: 'FunctionName: P\nname: P\nquery: Syslog\n' },
    { path: 'broken.yaml', text: 'name: [\nquery: x\n' },
    { path: 'saved.json', text: JSON.stringify(template) },
    { path: 'broken.json', text: '{ "savedSearches": ' },
    { path: 'hunts/odd_logons.kql', text: '// Who was there\n// at night\nSigninLogs | take 5\n' },
    { path: 'twice.yaml', text: 'id: saved-1\nname: Other\nquery: Syslog\n' },
  ]);
  expect(
    found.map(({ name, description, tactics, techniques, query }) => [name, description, tactics, techniques, query]),
  ).toEqual([
    ['First', 'What it is for', ['Execution'], ['T1059'], 'SecurityEvent | take 1'],
    ['Second', '', ['Execution', 'Impact'], [], 'Syslog'],
    ['Saved', 'Of a workspace', ['Discovery'], [], 'Heartbeat'],
    ['odd logons', 'Who was there\nat night', [], [], '// Who was there\n// at night\nSigninLogs | take 5'],
  ]);
  expect(found.find(({ name }) => name === 'Saved')?.id).toBe('saved-1');
  expect(found.find(({ name }) => name === 'Second')?.line).toBe(10);
  expect(problems.map(({ path, code }) => [path, code])).toEqual([['twice.yaml', 'DuplicateId']]);
});
