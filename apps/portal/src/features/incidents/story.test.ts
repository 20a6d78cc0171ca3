import type { Alert, Entity } from '@sallyport/contracts';
import { expect, test } from 'vitest';
import { ENTITY_NODES_MAX, storyOf } from './story.ts';

const entity = (name: string, strong = true): Entity => ({ id: name, kind: 'Host', name, identifiers: {}, strong });
const alert = (ruleId: string, startTime: string, entities: Entity[]): Alert => ({
  systemAlertId: `${ruleId}-${startTime}`,
  ruleId,
  alertName: ruleId,
  description: '',
  severity: 'Medium',
  status: 'New',
  tactics: [],
  techniques: [],
  startTime,
  endTime: startTime,
  createdAt: startTime,
  incidentNumber: 1,
  entities,
  customDetails: {},
  query: '',
  queryFrom: startTime,
  queryTo: startTime,
});

const [host, user] = [entity('host'), entity('user')];

test('alerts of one rule are one node, in the order of time', () => {
  const alerts = [
    alert('b', '2026-01-02T00:00:00Z', [host]),
    alert('a', '2026-01-03T00:00:00Z', [host, user]),
    alert('b', '2026-01-01T00:00:00Z', [host]),
  ];
  const story = storyOf({ alerts, entities: [user, host] });
  expect(story.alerts.map((node) => [node.name, node.alerts.length])).toEqual([
    ['b', 2],
    ['a', 1],
  ]);
  expect(story.entities).toEqual([host, user]);
  expect(story.links).toEqual([
    [0, 0],
    [1, 0],
    [1, 1],
  ]);
});

test('many entities are bounded and the rest counted; the order of input does not matter', () => {
  const many = Array.from({ length: 40 }, (_, index) => entity(`e${index}`));
  const alerts = [alert('a', '2026-01-01T00:00:00Z', many)];
  const story = storyOf({ alerts, entities: many });
  expect(story.entities).toHaveLength(ENTITY_NODES_MAX);
  expect(story.entitiesLeftOut).toBe(40 - ENTITY_NODES_MAX);
  expect(storyOf({ alerts, entities: many.toReversed() })).toEqual(story);
});
