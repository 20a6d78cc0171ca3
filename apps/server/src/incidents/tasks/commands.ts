import { randomUUID } from 'node:crypto';
import { SallyportError, tasksMax, type TaskChange, type WorkParent } from '@sallyport/contracts';
import type { Queryable } from '../../platform/database/types.ts';
import type { Platform } from '../../platform/types.ts';
import { lockedParent, parentOf, tellParent } from '../parent.ts';
import type { FieldChanges } from '../types.ts';
import { insertTask, taskById, tasksOf, type TaskRow } from './store.ts';

type Needs = Pick<Platform, 'clock' | 'database' | 'outbox'>;

export interface NewTask extends TaskChange {
  readonly title: string;
  /** A UUID. Default: any. */
  readonly id?: string;
  readonly template?: string;
}

const storable = (text: string): string => text.replaceAll('\0', '\u{FFFD}');
const isOver = (status: TaskRow['status']): boolean => status === 'Completed' || status === 'Skipped';

/** The changes that tell whoever is given a task. */
const givenTo = (from: string | null, to: string | null, title: string): FieldChanges =>
  from === to ? {} : { taskAssignee: { from, to }, task: { from: null, to: title } };

/** Adds tasks behind those that are there, under the parent's lock, without telling. Throws BadRequest past 40. */
export async function appendTasks(
  tx: Queryable,
  parent: WorkParent,
  tasks: readonly NewTask[],
  by: string,
  now: Date,
): Promise<TaskRow[]> {
  const held = await tasksOf(tx, parent);
  if (held.length + tasks.length > tasksMax)
    throw new SallyportError('BadRequest', `${parent.kind} ${parent.number} can’t have more than ${tasksMax} tasks`);
  const first = (held.at(-1)?.position ?? -1) + 1;
  const rows = tasks.map((task, index): TaskRow => {
    const status = task.status ?? 'New';
    return {
      id: task.id ?? randomUUID(),
      incident_number: parent.kind === 'incident' ? parent.number : null,
      case_number: parent.kind === 'case' ? parent.number : null,
      title: storable(task.title),
      description: storable(task.description ?? ''),
      status,
      assignee: task.assignee ?? null,
      due_at: task.dueAt ? new Date(task.dueAt) : null,
      position: first + index,
      template: task.template ?? null,
      created_at: now,
      created_by: by,
      updated_at: now,
      updated_by: by,
      completed_at: isOver(status) ? now : null,
    };
  });
  for (const row of rows) await insertTask(tx, row);
  return rows;
}

/** Throws NotFound, Conflict (merged incident), BadRequest past 40. */
export async function createTask(
  { clock, database, outbox }: Needs,
  parent: WorkParent,
  task: NewTask,
  by: string,
): Promise<TaskRow> {
  return database.transaction(async (tx) => {
    await lockedParent(tx, parent);
    const now = clock.now();
    const [row] = await appendTasks(tx, parent, [task], by, now);
    if (!row) throw new Error('no task was made');
    const told = { by, text: `Task “${row.title}” added`, changes: givenTo(null, row.assignee, row.title) };
    await tellParent(tx, outbox, parent, told, now);
    return row;
  });
}

/** Throws NotFound, Conflict (merged incident). `check` sees the task before, and throws when it must not be changed. */
export async function changeTask(
  { clock, database, outbox }: Needs,
  id: string,
  change: TaskChange,
  by: string,
  check: (before: TaskRow) => void = () => undefined,
): Promise<TaskRow> {
  return database.transaction(async (tx) => {
    const before = await lockedTask(tx, id);
    check(before);
    const now = clock.now();
    const status = change.status ?? before.status;
    const next: TaskRow = {
      ...before,
      title: storable(change.title ?? before.title),
      description: storable(change.description ?? before.description),
      status,
      assignee: change.assignee === undefined ? before.assignee : change.assignee,
      due_at: change.dueAt === undefined ? before.due_at : change.dueAt === null ? null : new Date(change.dueAt),
      completed_at: isOver(status) ? (before.completed_at ?? now) : null,
      updated_at: now,
      updated_by: by,
    };
    const texts = differences(before, next);
    if (texts.length === 0) return before;
    await tx.execute(
      `UPDATE tasks SET title = $2, description = $3, status = $4, assignee = $5, due_at = $6, completed_at = $7, updated_at = $8, updated_by = $9
       WHERE id = $1`,
      [
        id,
        next.title,
        next.description,
        next.status,
        next.assignee,
        next.due_at,
        next.completed_at,
        next.updated_at,
        next.updated_by,
      ],
    );
    const changes = givenTo(before.assignee, next.assignee, next.title);
    await tellParent(
      tx,
      outbox,
      parentOf(next),
      { by, text: `Task “${next.title}”: ${texts.join('; ')}`, changes },
      now,
    );
    return next;
  });
}

/** Throws NotFound. */
export async function deleteTask({ clock, database, outbox }: Needs, id: string, by: string): Promise<TaskRow> {
  return database.transaction(async (tx) => {
    const task = await lockedTask(tx, id);
    await tx.execute('DELETE FROM tasks WHERE id = $1', [id]);
    await tellParent(tx, outbox, parentOf(task), { by, text: `Task “${task.title}” deleted` }, clock.now());
    return task;
  });
}

/** Throws NotFound, and BadRequest when these are not all of the parent's tasks, each once. */
export async function orderTasks({ database }: Needs, parent: WorkParent, ids: readonly string[]): Promise<TaskRow[]> {
  return database.transaction(async (tx) => {
    await lockedParent(tx, parent);
    const held = await tasksOf(tx, parent);
    if (held.length !== new Set(ids).size || ids.length !== held.length || !held.every(({ id }) => ids.includes(id)))
      throw new SallyportError('BadRequest', 'these are not the tasks that are there now', { target: 'body.ids' });
    await tx.execute(
      'UPDATE tasks t SET position = x.position - 1 FROM unnest($1::uuid[]) WITH ORDINALITY AS x(id, position) WHERE t.id = x.id',
      [ids],
    );
    return tasksOf(tx, parent);
  });
}

async function lockedTask(tx: Queryable, id: string): Promise<TaskRow> {
  const task = await taskById(tx, id);
  if (task) await lockedParent(tx, parentOf(task));
  // Anew under the lock.
  const locked = task && (await taskById(tx, id));
  if (!locked) throw new SallyportError('NotFound', `there is no task ${id}`);
  return locked;
}

function differences(before: TaskRow, next: TaskRow): string[] {
  const told = (name: string, from: string | null, to: string | null) =>
    from === to ? [] : [`${name}: ${from || 'none'} → ${to || 'none'}`];
  const due = (row: TaskRow): string | null => row.due_at?.toISOString() ?? null;
  return [
    ...told('Title', before.title, next.title),
    ...told('Status', before.status, next.status),
    ...told('Assignee', before.assignee, next.assignee),
    ...told('Due', due(before), due(next)),
    ...(before.description === next.description ? [] : ['Description changed']),
  ];
}
