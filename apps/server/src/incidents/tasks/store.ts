import type { Task, WorkParent } from '@sallyport/contracts';
import type { Queryable } from '../../platform/database/types.ts';
import { ofParentWithin, parentColumn, parentOf, type ParentColumns } from '../parent.ts';
import type { Sight } from '../within.ts';

export interface TaskRow extends ParentColumns {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly status: Task['status'];
  readonly assignee: string | null;
  readonly due_at: Date | null;
  readonly position: number;
  readonly template: string | null;
  readonly created_at: Date;
  readonly created_by: string;
  readonly updated_at: Date;
  readonly updated_by: string;
  readonly completed_at: Date | null;
}

export const toTask = (row: TaskRow): Task => ({
  id: row.id,
  parent: parentOf(row),
  title: row.title,
  description: row.description,
  status: row.status,
  assignee: row.assignee,
  dueAt: row.due_at?.toISOString() ?? null,
  position: row.position,
  template: row.template,
  createdAt: row.created_at.toISOString(),
  createdBy: row.created_by,
  updatedAt: row.updated_at.toISOString(),
  updatedBy: row.updated_by,
  completedAt: row.completed_at?.toISOString() ?? null,
});

/** In their order. */
export const tasksOf = (db: Queryable, parent: WorkParent): Promise<TaskRow[]> =>
  db.query<TaskRow>(`SELECT * FROM tasks WHERE ${parentColumn(parent)} = $1 ORDER BY position, id`, [parent.number]);

export const taskById = (db: Queryable, id: string): Promise<TaskRow | undefined> =>
  db.first<TaskRow>('SELECT * FROM tasks WHERE id = $1', [id]);

const listedMax = 500;

/** Those of one parent in their order, or of everything that `sight` shows, those due first. At most 500. */
export async function listTasks(
  db: Queryable,
  filter: { parent: WorkParent | undefined; assignee: string | undefined; open: boolean },
  sight: Sight,
): Promise<TaskRow[]> {
  const parameters: unknown[] = [];
  const parameter = (value: unknown) => `$${parameters.push(value)}`;
  const { parent } = filter;
  const conditions = [ofParentWithin(sight, parameter)];
  if (parent) conditions.push(`${parentColumn(parent)} = ${parameter(parent.number)}`);
  if (filter.assignee) conditions.push(`lower(assignee) = lower(${parameter(filter.assignee)})`);
  if (filter.open) conditions.push(`status IN ('New', 'InProgress')`);
  return db.query<TaskRow>(
    `SELECT * FROM tasks t WHERE ${conditions.join(' AND ')} ORDER BY ${parent ? 'position, id' : 'due_at NULLS LAST, created_at, id'}
     LIMIT ${parameter(listedMax)}`,
    parameters,
  );
}

export async function insertTask(tx: Queryable, row: TaskRow): Promise<void> {
  await tx.execute(
    `INSERT INTO tasks (id, incident_number, case_number, title, description, status, assignee, due_at, position, template, created_at, created_by,
       updated_at, updated_by, completed_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
    [
      row.id,
      row.incident_number,
      row.case_number,
      row.title,
      row.description,
      row.status,
      row.assignee,
      row.due_at,
      row.position,
      row.template,
      row.created_at,
      row.created_by,
      row.updated_at,
      row.updated_by,
      row.completed_at,
    ],
  );
}
