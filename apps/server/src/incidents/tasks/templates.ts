import {
  SallyportError,
  tasksMax,
  type TaskTemplate,
  type TaskTemplateContent,
  type WorkParent,
} from '@sallyport/contracts';
import type { Queryable } from '../../platform/database/types.ts';
import type { Platform } from '../../platform/types.ts';
import { lockedIncident } from '../commands.ts';
import { lockedParent, tellParent } from '../parent.ts';
import { insertActivities, lockIncidents, publishIncidents } from '../store.ts';
import { engine } from '../types.ts';
import { appendTasks, type NewTask } from './commands.ts';
import { tasksOf, type TaskRow } from './store.ts';

type Needs = Pick<Platform, 'clock' | 'database' | 'outbox'>;

const templatesMax = 500;

interface TemplateRow {
  readonly id: string;
  readonly name: string;
  readonly enabled: boolean;
  readonly rule_ids: string[];
  readonly severities: TaskTemplate['severities'];
  readonly tasks: TaskTemplate['tasks'];
  readonly updated_at: Date;
  readonly updated_by: string;
}
const toTemplate = (row: TemplateRow): TaskTemplate => ({
  id: row.id,
  name: row.name,
  enabled: row.enabled,
  ruleIds: row.rule_ids,
  severities: row.severities,
  tasks: row.tasks,
  updatedAt: row.updated_at.toISOString(),
  updatedBy: row.updated_by,
});

export const listTemplates = async (db: Queryable): Promise<TaskTemplate[]> =>
  (await db.query<TemplateRow>('SELECT * FROM task_templates ORDER BY lower(name), id LIMIT $1', [templatesMax])).map(
    toTemplate,
  );

/** Throws BadRequest past 500. */
export async function saveTemplate(
  { clock, database }: Needs,
  id: string,
  content: TaskTemplateContent,
  by: string,
): Promise<TaskTemplate> {
  return database.transaction(async (tx) => {
    const others = await tx.first<{ n: number }>('SELECT count(*)::int AS n FROM task_templates WHERE id <> $1', [id]);
    if ((others?.n ?? 0) >= templatesMax)
      throw new SallyportError('BadRequest', `there are at most ${templatesMax} templates`);
    const row = await tx.first<TemplateRow>(
      `INSERT INTO task_templates (id, name, enabled, rule_ids, severities, tasks, updated_at, updated_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
       ON CONFLICT (id) DO UPDATE SET name = excluded.name, enabled = excluded.enabled, rule_ids = excluded.rule_ids,
         severities = excluded.severities, tasks = excluded.tasks, updated_at = excluded.updated_at, updated_by = excluded.updated_by
       RETURNING *`,
      [
        id,
        content.name,
        content.enabled,
        content.ruleIds,
        content.severities,
        JSON.stringify(content.tasks),
        clock.now(),
        by,
      ],
    );
    if (!row) throw new Error('no template was saved');
    return toTemplate(row);
  });
}

/** Answers its name. Throws NotFound. */
export async function deleteTemplate({ database }: Needs, id: string): Promise<string> {
  const gone = await database.first<{ name: string }>('DELETE FROM task_templates WHERE id = $1 RETURNING name', [id]);
  if (!gone) throw new SallyportError('NotFound', `there is no template ${id}`);
  return gone.name;
}

const hourMs = 3_600_000;
const tasksFrom = (template: TemplateRow, now: Date): NewTask[] =>
  template.tasks.map(({ title, description, dueHours }) => ({
    title,
    description,
    dueAt: dueHours === null ? null : new Date(now.getTime() + dueHours * hourMs).toISOString(),
    template: template.name,
  }));

/** By hand. Throws NotFound, Conflict (merged incident), BadRequest past 40 tasks. */
export async function applyTemplate(
  { clock, database, outbox }: Needs,
  id: string,
  parent: WorkParent,
  by: string,
): Promise<TaskRow[]> {
  return database.transaction(async (tx) => {
    const template = await tx.first<TemplateRow>('SELECT * FROM task_templates WHERE id = $1', [id]);
    if (!template) throw new SallyportError('NotFound', `there is no template ${id}`);
    await lockedParent(tx, parent);
    const now = clock.now();
    await appendTasks(tx, parent, tasksFrom(template, now), by, now);
    if (parent.kind === 'incident') await noteApplied(tx, template.id, parent.number);
    await tellParent(tx, outbox, parent, { by, text: `Tasks of “${template.name}” added` }, now);
    return tasksOf(tx, parent);
  });
}

const noteApplied = (tx: Queryable, template: string, incident: number): Promise<number> =>
  tx.execute(
    'INSERT INTO task_templates_applied (template_id, incident_number) VALUES ($1, $2) ON CONFLICT DO NOTHING',
    [template, incident],
  );

/** Gives open incidents of these the tasks of the templates that are for them, each template once. What would go past 40 tasks is left out, and said. */
export async function applyDueTemplates(
  { clock, outbox }: Pick<Platform, 'clock' | 'outbox'>,
  tx: Queryable,
  incidents: readonly number[],
): Promise<void> {
  if (incidents.length === 0) return;
  const due = await tx.query<TemplateRow & { incident: number }>(
    `SELECT t.*, i.number AS incident FROM incidents i JOIN task_templates t ON t.enabled
       AND (t.rule_ids = '{}' OR t.rule_ids && i.rule_ids) AND (t.severities = '{}' OR i.severity = ANY(t.severities))
     WHERE i.number = ANY($1) AND i.status <> 'Closed' AND i.redirected_to IS NULL
       AND NOT EXISTS (SELECT 1 FROM task_templates_applied a WHERE a.template_id = t.id AND a.incident_number = i.number)
     ORDER BY i.number, lower(t.name), t.id`,
    [incidents],
  );
  if (due.length === 0) return;
  await lockIncidents(tx);
  for (const template of due) {
    const { incident } = template;
    if ((await noteApplied(tx, template.id, incident)) === 0) continue;
    await lockedIncident(tx, incident);
    const now = clock.now();
    const parent = { kind: 'incident', number: incident } as const;
    const room = tasksMax - (await tasksOf(tx, parent)).length;
    const wanted = tasksFrom(template, now);
    await appendTasks(tx, parent, wanted.slice(0, room), engine, now);
    const left = wanted.length - Math.max(0, Math.min(room, wanted.length));
    const text = `Tasks of “${template.name}” added${left > 0 ? `; ${left} left out, since an incident holds at most ${tasksMax}` : ''}`;
    await tellByEngine(tx, outbox, incident, text, now);
  }
}

/** As `tellParent`, but it is no person's first change. */
async function tellByEngine(
  tx: Queryable,
  outbox: Platform['outbox'],
  incident: number,
  text: string,
  now: Date,
): Promise<void> {
  await insertActivities(tx, [{ incident, by: engine, kind: 'changed', text }], now);
  await tx.execute('UPDATE incidents SET updated_at = $2, modified_by = $3 WHERE number = $1', [incident, now, engine]);
  await publishIncidents(tx, outbox, [incident]);
}
