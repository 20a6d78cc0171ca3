import type { HandoverFacts } from '@sallyport/contracts';
import { expect, test } from 'vitest';
import { handoverNote } from './note.ts';

const at = '2026-11-24T08:00:00.000Z';
const summary = {
  number: 7,
  title: 'Service on\u202e pc01',
  severity: 'High' as const,
  status: 'Active' as const,
  classification: null,
  determination: null,
  owner: 'anna@contoso.com',
  alertCount: 1,
  entityCount: 1,
  commentCount: 0,
  tactics: [],
  techniques: [],
  labels: [],
  workspaceId: null,
  createdAt: at,
  lastUpdatedAt: at,
  firstActivityAt: at,
  lastActivityAt: at,
  firstModifiedAt: null,
  acknowledgedAt: null,
  closedAt: null,
};
const facts: HandoverFacts = {
  since: at,
  until: '2026-11-24T16:00:00.000Z',
  counts: { open: 2, unassigned: 1, opened: 1, closed: 0, breached: 0 },
  open: [
    { ...summary, changes: [{ at, by: 'anna@contoso.com', text: 'Status: New → Active' }] },
    { ...summary, number: 8, severity: 'Low', status: 'New', owner: null, changes: [] },
  ],
  closed: [],
  tasks: [],
};

test('the note tells what is open, who has it, and what was done', () => {
  const note = handoverNote(facts, 'utc');
  expect(note).toContain('Shift from 2026-11-24 08:00 to 2026-11-24 16:00');
  expect(note).toContain(
    '- 7 High, Active, anna@contoso.com: Service on⟦U+202E⟧ pc01\n    anna@contoso.com: Status: New → Active',
  );
  expect(note).toContain('- and 1 others, as they were');
});
