import { z } from 'zod';
import { route } from '../route.ts';
import { Severity } from './incidents.ts';

/** What tasks, attachments and comments belong to. */
export const WorkParent = z.object({ kind: z.enum(['incident', 'case']), number: z.int().min(1).max(2_147_483_647) });
export type WorkParent = z.infer<typeof WorkParent>;
/** The same in the query of an address. */
export const WorkParentQuery = z.object({
  kind: z.enum(['incident', 'case']),
  number: z.coerce.number().int().min(1).max(2_147_483_647),
});

export const TaskStatus = z.enum(['New', 'InProgress', 'Completed', 'Skipped']);
export type TaskStatus = z.infer<typeof TaskStatus>;
/** Reference 04: an incident holds 40 tasks. A case holds as many. */
export const tasksMax = 40;

const Title = z.string().trim().min(1).max(150);
const Description = z.string().max(3_000);
/** A user principal name, or a group's name. */
export const Assignee = z.string().trim().min(1).max(254);

export const Task = z.object({
  id: z.uuid(),
  parent: WorkParent,
  title: z.string(),
  description: z.string(),
  status: TaskStatus,
  assignee: z.string().nullable(),
  dueAt: z.iso.datetime().nullable(),
  /** Order among its parent's tasks, from 0. */
  position: z.int(),
  /** Name of the template that it came from. */
  template: z.string().nullable(),
  createdAt: z.iso.datetime(),
  createdBy: z.string(),
  updatedAt: z.iso.datetime(),
  updatedBy: z.string(),
  completedAt: z.iso.datetime().nullable(),
});
export type Task = z.infer<typeof Task>;

export const TaskChange = z
  .object({
    title: Title,
    description: Description,
    status: TaskStatus,
    assignee: Assignee.nullable(),
    dueAt: z.iso.datetime().nullable(),
  })
  .partial();
export type TaskChange = z.infer<typeof TaskChange>;

export const TaskTemplateContent = z.object({
  name: z.string().trim().min(1).max(100),
  enabled: z.boolean().default(true),
  /** Incidents with an alert of one of these rules get its tasks; empty: of any rule. */
  ruleIds: z.array(z.string().min(1).max(200)).max(200).default([]),
  /** Of these severities; empty: of any. */
  severities: z.array(Severity).max(4).default([]),
  tasks: z
    .array(
      z.object({
        title: Title,
        description: Description.default(''),
        /** Due so long after the task is made; null: no time. */
        dueHours: z.number().min(0.25).max(8_760).nullable().default(null),
      }),
    )
    .min(1)
    .max(tasksMax),
});
export type TaskTemplateContent = z.infer<typeof TaskTemplateContent>;
export const TaskTemplate = TaskTemplateContent.extend({
  id: z.uuid(),
  updatedAt: z.iso.datetime(),
  updatedBy: z.string(),
});
export type TaskTemplate = z.infer<typeof TaskTemplate>;

const ById = z.object({ id: z.uuid() });

export const taskRoutes = {
  listTasks: route({
    method: 'GET',
    path: '/api/tasks',
    permission: 'securityData.read',
    summary: 'Tasks of an incident or case in their order, or of a person, those due first; at most 500',
    query: z.object({
      ...WorkParentQuery.partial().shape,
      assignee: z.string().max(254).optional(),
      open: z.enum(['true', 'false']).optional().describe('Only those that are neither completed nor skipped'),
    }),
    response: z.object({ tasks: z.array(Task) }),
  }),
  createTask: route({
    method: 'POST',
    path: '/api/tasks',
    permission: 'alerts.manage',
    summary: 'Add a task to an incident or case (at most 40 each)',
    body: TaskChange.extend({ parent: WorkParent, title: Title }),
    response: Task,
  }),
  updateTask: route({
    method: 'PATCH',
    path: '/api/tasks/:id',
    permission: 'alerts.manage',
    summary: 'Change a task; told in the activity log of what it belongs to',
    params: ById,
    body: TaskChange,
    response: Task,
  }),
  deleteTask: route({
    method: 'DELETE',
    path: '/api/tasks/:id',
    permission: 'alerts.manage',
    summary: 'Delete a task',
    params: ById,
    response: z.object({}),
  }),
  orderTasks: route({
    method: 'PUT',
    path: '/api/tasks/order',
    permission: 'alerts.manage',
    summary: 'Put the tasks of an incident or case into this order; all of them are named',
    body: z.object({ parent: WorkParent, ids: z.array(z.uuid()).max(tasksMax) }),
    response: z.object({ tasks: z.array(Task) }),
  }),
  listTaskTemplates: route({
    method: 'GET',
    path: '/api/task-templates',
    permission: 'securityData.read',
    summary: 'Lists of tasks that incidents get by themselves, by rule and severity',
    response: z.object({ templates: z.array(TaskTemplate) }),
  }),
  saveTaskTemplate: route({
    method: 'PUT',
    path: '/api/task-templates/:id',
    permission: 'detectionTuning.manage',
    summary: 'Make or change a template (at most 500); incidents that have its tasks keep them as they are',
    params: ById,
    body: TaskTemplateContent,
    response: TaskTemplate,
  }),
  deleteTaskTemplate: route({
    method: 'DELETE',
    path: '/api/task-templates/:id',
    permission: 'detectionTuning.manage',
    summary: 'Delete a template; tasks made from it stay',
    params: ById,
    response: z.object({}),
  }),
  applyTaskTemplate: route({
    method: 'POST',
    path: '/api/task-templates/:id/apply',
    permission: 'alerts.manage',
    summary: 'Add a template’s tasks to an incident or case by hand',
    params: ById,
    body: z.object({ parent: WorkParent }),
    response: z.object({ tasks: z.array(Task) }),
  }),
} as const;
