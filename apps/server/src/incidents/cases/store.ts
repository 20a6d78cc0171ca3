import { randomUUID } from 'node:crypto';
import { SallyportError, type Case, type CaseActivity, type CaseDetail, type CaseEvidence } from '@sallyport/contracts';
import { storableJson } from '../../platform/canonical-json.ts';
import type { Queryable } from '../../platform/database/types.ts';
import { toSummary } from '../read.ts';
import { caseWithin, type Sight } from '../within.ts';
import type { FieldChanges, IncidentRow } from '../types.ts';

/** One writer of new cases at a time among all servers, so that numbers have no gaps. Held until the transaction ends. */
const casesLock = 7_255_041;

export interface CaseRow {
  readonly number: number;
  readonly title: string;
  readonly description: string;
  readonly status: Case['status'];
  readonly priority: Case['priority'];
  readonly owner: string | null;
  readonly due_at: Date | null;
  readonly created_at: Date;
  readonly created_by: string;
  readonly updated_at: Date;
  readonly updated_by: string;
  readonly closed_at: Date | null;
}
interface CountedRow extends CaseRow {
  readonly incidents: number;
  readonly evidence: number;
  readonly tasks: number;
  readonly open_tasks: number;
}

const counted = `c.*,
  (SELECT count(*)::int FROM case_incidents WHERE case_number = c.number) AS incidents,
  (SELECT count(*)::int FROM case_evidence WHERE case_number = c.number) AS evidence,
  (SELECT count(*)::int FROM tasks WHERE case_number = c.number) AS tasks,
  (SELECT count(*)::int FROM tasks WHERE case_number = c.number AND status IN ('New', 'InProgress')) AS open_tasks`;

const toCase = (row: CountedRow): Case => ({
  number: row.number,
  title: row.title,
  description: row.description,
  status: row.status,
  priority: row.priority,
  owner: row.owner,
  dueAt: row.due_at?.toISOString() ?? null,
  createdAt: row.created_at.toISOString(),
  createdBy: row.created_by,
  updatedAt: row.updated_at.toISOString(),
  updatedBy: row.updated_by,
  closedAt: row.closed_at?.toISOString() ?? null,
  incidentCount: row.incidents,
  evidenceCount: row.evidence,
  taskCount: row.tasks,
  openTaskCount: row.open_tasks,
});

/** The number of the next case. Under a lock until `tx` ends. */
export async function nextCaseNumber(tx: Queryable): Promise<number> {
  await tx.query('SELECT pg_advisory_xact_lock($1)', [casesLock]);
  const last = await tx.first<{ number: number }>('SELECT coalesce(max(number), 0) AS number FROM cases');
  return (last?.number ?? 0) + 1;
}

/** A case, and the right to change it until `tx` ends. Throws NotFound. */
export async function lockedCase(tx: Queryable, number: number): Promise<CaseRow> {
  const row = await tx.first<CaseRow>('SELECT * FROM cases WHERE number = $1 FOR UPDATE', [number]);
  if (!row) throw new SallyportError('NotFound', `there is no case ${number}`);
  return row;
}

export interface CaseTold {
  readonly number: number;
  readonly by: string;
  readonly kind: CaseActivity['kind'];
  readonly text: string;
  readonly changes?: FieldChanges;
}

/** Notes something in the case's activity log, as an event too, and that it has changed. Answers the entry's id. */
export async function logCase(tx: Queryable, told: CaseTold, now: Date): Promise<string> {
  const name = randomUUID();
  const text = told.text.replaceAll('\0', '\u{FFFD}');
  await tx.execute(
    'INSERT INTO case_activities (name, case_number, at, by, kind, text) VALUES ($1, $2, $3, $4, $5, $6)',
    [name, told.number, now, told.by, told.kind, text],
  );
  await tx.execute(
    `INSERT INTO work_events (subject, number, at, by, kind, text, changes) VALUES ('case', $1, $2, $3, $4, $5, $6)`,
    [told.number, now, told.by, told.kind, text, JSON.stringify(storableJson(told.changes ?? {}))],
  );
  await tx.execute('UPDATE cases SET updated_at = $2, updated_by = $3 WHERE number = $1', [told.number, now, told.by]);
  return name;
}
export const tellCase = async (tx: Queryable, told: CaseTold, now: Date): Promise<void> =>
  void (await logCase(tx, told, now));

export interface CaseFilter {
  readonly status?: string | undefined;
  readonly priority?: string | undefined;
  readonly owner?: string | undefined;
  readonly incident?: number | undefined;
  readonly search?: string | undefined;
  readonly before?: number | undefined;
  readonly limit: number;
}

/** Those that `sight` shows, newest first. */
export async function listCases(
  db: Queryable,
  filter: CaseFilter,
  sight: Sight,
): Promise<{ total: number; cases: Case[] }> {
  const parameters: unknown[] = [];
  const parameter = (value: unknown) => `$${parameters.push(value)}`;
  const search = filter.search?.trim();
  const conditions = [caseWithin(sight, parameter, 'c.number')];
  if (filter.status) conditions.push(`c.status = ANY(${parameter(filter.status.split(','))})`);
  if (filter.priority) conditions.push(`c.priority = ANY(${parameter(filter.priority.split(','))})`);
  if (filter.owner) conditions.push(`c.owner = ${parameter(filter.owner)}`);
  if (filter.incident !== undefined)
    conditions.push(
      `c.number IN (SELECT case_number FROM case_incidents WHERE incident_number = ${parameter(filter.incident)})`,
    );
  if (search) {
    const pattern = parameter(`%${search.toLowerCase().replaceAll(/[\\%_]/g, String.raw`\$&`)}%`);
    const number = /^#?(\d{1,9})$/.exec(search)?.[1];
    conditions.push(
      `(lower(c.title) LIKE ${pattern} OR lower(c.description) LIKE ${pattern}${number === undefined ? '' : ` OR c.number = ${parameter(Number(number))}`})`,
    );
  }
  const total = await db.first<{ total: number }>(
    `SELECT count(*)::int AS total FROM cases c WHERE ${conditions.join(' AND ')}`,
    parameters,
  );
  if (filter.before !== undefined) conditions.push(`c.number < ${parameter(filter.before)}`);
  const rows = await db.query<CountedRow>(
    `SELECT ${counted} FROM cases c WHERE ${conditions.join(' AND ')} ORDER BY c.number DESC LIMIT ${parameter(filter.limit)}`,
    parameters,
  );
  return { total: total?.total ?? 0, cases: rows.map(toCase) };
}

const activitiesMax = 1_000;

/** Throws NotFound, also where `sight` does not show it. */
export async function getCase(db: Queryable, number: number, sight?: Sight): Promise<CaseDetail> {
  const values: unknown[] = [number];
  const within = sight ? caseWithin(sight, (value) => `$${values.push(value)}`, 'c.number') : 'true';
  const row = await db.first<CountedRow>(`SELECT ${counted} FROM cases c WHERE c.number = $1 AND ${within}`, values);
  if (!row) throw new SallyportError('NotFound', `there is no case ${number}`);
  const incidents = await db.query<IncidentRow>(
    `SELECT i.* FROM incidents i JOIN case_incidents l ON l.incident_number = i.number WHERE l.case_number = $1
     ORDER BY l.at, i.number`,
    [number],
  );
  const evidence = await db.query<Omit<CaseEvidence, 'at'> & { at: Date }>(
    `SELECT e.id, e.kind, e.title, e.reference, e.note, e.at, e.by, a.incident_number AS incident
     FROM case_evidence e LEFT JOIN alerts a ON e.kind = 'Alert' AND a.id::text = e.reference WHERE e.case_number = $1 ORDER BY e.at, e.id`,
    [number],
  );
  const activities = await db.query<Omit<CaseActivity, 'at'> & { at: Date; id: string }>(
    `SELECT * FROM (SELECT name AS id, at, by, kind, text, id AS place FROM case_activities WHERE case_number = $1 ORDER BY id DESC LIMIT $2) AS newest
     ORDER BY place`,
    [number, activitiesMax],
  );
  return {
    ...toCase(row),
    incidents: incidents.map(toSummary),
    evidence: evidence.map((one) => ({ ...one, at: one.at.toISOString() })),
    activities: activities.map(({ id, at, by, kind, text }) => ({ id, at: at.toISOString(), by, kind, text })),
  };
}
