import { randomUUID } from 'node:crypto';
import {
  caseEvidenceMax,
  caseIncidentsMax,
  SallyportError,
  type CaseChange,
  type NewCaseEvidence,
} from '@sallyport/contracts';
import type { z } from 'zod';
import type { Queryable } from '../../platform/database/types.ts';
import type { Platform } from '../../platform/types.ts';
import type { FieldChanges } from '../types.ts';
import { lockedCase, logCase, nextCaseNumber, tellCase, type CaseRow } from './store.ts';

type Needs = Pick<Platform, 'clock' | 'database'>;

/** Reference 15: a tenant holds 100,000 cases. */
const casesMax = 100_000;
const commentsMax = 1_000;

/** Opens a case with these incidents. Answers its number. Throws NotFound for an incident that isn't there, BadRequest past the limits. */
export async function createCase(
  { clock, database }: Needs,
  change: CaseChange & { readonly title: string },
  incidents: readonly number[],
  by: string,
): Promise<number> {
  return database.transaction(async (tx) => {
    const number = await nextCaseNumber(tx);
    if (number > casesMax) throw new SallyportError('BadRequest', `there are at most ${casesMax} cases`);
    const now = clock.now();
    const status = change.status ?? 'New';
    await tx.execute(
      `INSERT INTO cases (number, title, description, status, priority, owner, due_at, created_at, created_by, updated_at, updated_by, closed_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $8, $9, $10)`,
      [
        number,
        change.title,
        change.description ?? '',
        status,
        change.priority ?? 'Medium',
        change.owner ?? null,
        change.dueAt ?? null,
        now,
        by,
        status === 'Closed' ? now : null,
      ],
    );
    const owner = change.owner ?? null;
    const changes = owner === null ? {} : { owner: { from: null, to: owner } };
    await tellCase(tx, { number, by, kind: 'created', text: 'Opened.', changes }, now);
    if (incidents.length > 0) await link(tx, number, incidents, by, now);
    return number;
  });
}

/** Answers what changed, in words. Throws NotFound. */
export async function changeCase(
  { clock, database }: Needs,
  number: number,
  change: CaseChange,
  by: string,
): Promise<readonly string[]> {
  return database.transaction(async (tx) => {
    const before = await lockedCase(tx, number);
    const now = clock.now();
    const status = change.status ?? before.status;
    const next: CaseRow = {
      ...before,
      title: change.title ?? before.title,
      description: change.description ?? before.description,
      status,
      priority: change.priority ?? before.priority,
      owner: change.owner === undefined ? before.owner : change.owner,
      due_at: change.dueAt === undefined ? before.due_at : change.dueAt === null ? null : new Date(change.dueAt),
      closed_at: status === 'Closed' ? (before.closed_at ?? now) : null,
    };
    const changes = changesOf(before, next);
    const texts = Object.entries(changes).map(([field, { from, to }]) =>
      field === 'description' ? 'Description changed' : `${names[field] ?? field}: ${from ?? 'none'} → ${to ?? 'none'}`,
    );
    if (texts.length === 0) return texts;
    await tx.execute(
      'UPDATE cases SET title = $2, description = $3, status = $4, priority = $5, owner = $6, due_at = $7, closed_at = $8 WHERE number = $1',
      [number, next.title, next.description, next.status, next.priority, next.owner, next.due_at, next.closed_at],
    );
    await tellCase(tx, { number, by, kind: 'changed', text: texts.join('\n'), changes }, now);
    return texts;
  });
}

const names: Readonly<Record<string, string>> = {
  title: 'Title',
  status: 'Status',
  priority: 'Priority',
  owner: 'Owner',
  due: 'Due',
};

function changesOf(before: CaseRow, next: CaseRow): FieldChanges {
  const dueOf = (row: CaseRow): string | null => row.due_at?.toISOString() ?? null;
  const pairs: [string, string | null, string | null][] = [
    ['title', before.title, next.title],
    ['status', before.status, next.status],
    ['priority', before.priority, next.priority],
    ['owner', before.owner, next.owner],
    ['due', dueOf(before), dueOf(next)],
    ['description', before.description, next.description],
  ];
  return Object.fromEntries(
    pairs.filter(([, from, to]) => from !== to).map(([field, from, to]) => [field, { from, to }]),
  );
}

/** Throws NotFound, and BadRequest past 100 incidents. */
export async function linkIncidents(
  { clock, database }: Needs,
  number: number,
  incidents: readonly number[],
  by: string,
): Promise<void> {
  await database.transaction(async (tx) => {
    await lockedCase(tx, number);
    await link(tx, number, incidents, by, clock.now());
  });
}

async function link(tx: Queryable, number: number, incidents: readonly number[], by: string, now: Date): Promise<void> {
  const known = await tx.query<{ number: number; title: string }>(
    'SELECT number, title FROM incidents WHERE number = ANY($1) ORDER BY number',
    [incidents],
  );
  const missing = incidents.find((incident) => !known.some((row) => row.number === incident));
  if (missing !== undefined) throw new SallyportError('NotFound', `there is no incident ${missing}`);
  const added = await tx.query<{ incident_number: number }>(
    `INSERT INTO case_incidents (case_number, incident_number, at, by) SELECT $1, number, $3, $4 FROM unnest($2::int[]) AS x(number)
     ON CONFLICT DO NOTHING RETURNING incident_number`,
    [number, incidents, now, by],
  );
  if (added.length === 0) return;
  const held = await tx.first<{ n: number }>('SELECT count(*)::int AS n FROM case_incidents WHERE case_number = $1', [
    number,
  ]);
  if ((held?.n ?? 0) > caseIncidentsMax)
    throw new SallyportError('BadRequest', `a case holds at most ${caseIncidentsMax} incidents`);
  const texts = known
    .filter((row) => added.some(({ incident_number }) => incident_number === row.number))
    .map((row) => `Incident ${row.number} linked: ${row.title}`);
  await tellCase(tx, { number, by, kind: 'changed', text: texts.join('\n') }, now);
}

/** Throws NotFound when it isn't linked. */
export async function unlinkIncident(
  { clock, database }: Needs,
  number: number,
  incident: number,
  by: string,
): Promise<void> {
  await database.transaction(async (tx) => {
    await lockedCase(tx, number);
    const gone = await tx.execute('DELETE FROM case_incidents WHERE case_number = $1 AND incident_number = $2', [
      number,
      incident,
    ]);
    if (gone === 0) throw new SallyportError('NotFound', `incident ${incident} is not linked to case ${number}`);
    await tellCase(tx, { number, by, kind: 'changed', text: `Incident ${incident} unlinked` }, clock.now());
  });
}

/** Throws NotFound for the case, and for an alert or entity that isn't there; BadRequest past 500. */
export async function addEvidence(
  { clock, database }: Needs,
  number: number,
  evidence: z.infer<typeof NewCaseEvidence>,
  by: string,
): Promise<void> {
  await database.transaction(async (tx) => {
    await lockedCase(tx, number);
    await knownReference(tx, evidence);
    const held = await tx.first<{ n: number }>('SELECT count(*)::int AS n FROM case_evidence WHERE case_number = $1', [
      number,
    ]);
    if ((held?.n ?? 0) >= caseEvidenceMax)
      throw new SallyportError('BadRequest', `a case holds at most ${caseEvidenceMax} pieces of evidence`);
    const now = clock.now();
    const [title, reference, note] = [evidence.title, evidence.reference, evidence.note].map(storable);
    await tx.execute(
      'INSERT INTO case_evidence (id, case_number, kind, title, reference, note, at, by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)',
      [randomUUID(), number, evidence.kind, title, reference, note, now, by],
    );
    await tellCase(tx, { number, by, kind: 'changed', text: `Evidence added: ${title ?? ''}` }, now);
  });
}

/** PostgreSQL's text has no U+0000. */
const storable = (text: string): string => text.replaceAll('\0', '\u{FFFD}');

async function knownReference(
  tx: Queryable,
  { kind, reference }: Pick<z.infer<typeof NewCaseEvidence>, 'kind' | 'reference'>,
): Promise<void> {
  if (kind === 'Note') return;
  if (reference === '') throw new SallyportError('BadRequest', 'what is the evidence?', { target: 'body.reference' });
  if (kind === 'Query') return;
  const table = kind === 'Alert' ? 'alerts' : 'entities';
  const found = await tx.first(`SELECT 1 FROM ${table} WHERE id::text = $1`, [storable(reference)]);
  if (!found)
    throw new SallyportError('NotFound', `there is no such ${kind.toLowerCase()}`, { target: 'body.reference' });
}

/** Throws NotFound. */
export async function removeEvidence(
  { clock, database }: Needs,
  number: number,
  id: string,
  by: string,
): Promise<void> {
  await database.transaction(async (tx) => {
    await lockedCase(tx, number);
    const gone = await tx.first<{ title: string }>(
      'DELETE FROM case_evidence WHERE case_number = $1 AND id = $2 RETURNING title',
      [number, id],
    );
    if (!gone) throw new SallyportError('NotFound', `there is no evidence ${id} in case ${number}`);
    await tellCase(tx, { number, by, kind: 'changed', text: `Evidence taken off: ${gone.title}` }, clock.now());
  });
}

/** Answers the comment's id. Throws NotFound, and BadRequest past 1,000. */
export async function addCaseComment(
  { clock, database }: Needs,
  number: number,
  message: string,
  by: string,
): Promise<string> {
  return database.transaction(async (tx) => {
    await lockedCase(tx, number);
    const held = await tx.first<{ n: number }>(
      `SELECT count(*)::int AS n FROM case_activities WHERE case_number = $1 AND kind = 'comment'`,
      [number],
    );
    if ((held?.n ?? 0) >= commentsMax)
      throw new SallyportError('BadRequest', `a case holds at most ${commentsMax} comments`);
    return logCase(tx, { number, by, kind: 'comment', text: message }, clock.now());
  });
}
