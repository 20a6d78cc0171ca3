import { SallyportError, type SentinelWorkspace, type sentinelIncidentRoutes } from '@sallyport/contracts';
import { z } from 'zod';
import { checkEtag, etagOf, ifMatch, readBody, sendArm } from '../../../platform/arm/index.ts';
import { requireCaller, type Handlers } from '../../../platform/http/index.ts';
import type { Platform } from '../../../platform/types.ts';
import { changeTask, createTask, deleteTask } from '../../tasks/commands.ts';
import { taskById, tasksOf, type TaskRow } from '../../tasks/store.ts';
import { isUuid } from './read.ts';

/** https://learn.microsoft.com/rest/api/securityinsights/incident-tasks: it knows tasks that are new, and those that are completed. */

const TaskBody = z.object({
  etag: z.string().max(256).nullish(),
  properties: z.object({
    title: z.string().trim().min(1).max(150),
    description: z.string().max(3_000).nullish(),
    status: z.enum(['New', 'Completed']),
  }),
});

const armStatus = ({ status }: Pick<TaskRow, 'status'>): 'New' | 'Completed' =>
  status === 'Completed' || status === 'Skipped' ? 'Completed' : 'New';
const clientInfo = (name: string) => ({
  objectId: null,
  email: name.includes('@') ? name : null,
  name,
  userPrincipalName: name.includes('@') ? name : null,
});

export const taskResource = (row: TaskRow, incidentId: string) => ({
  id: `${incidentId}/Tasks/${row.id}`,
  name: row.id,
  etag: etagOf(row),
  type: 'Microsoft.SecurityInsights/Incidents/Tasks',
  properties: {
    title: row.title,
    description: row.description,
    status: armStatus(row),
    createdTimeUtc: row.created_at.toISOString(),
    lastModifiedTimeUtc: row.updated_at.toISOString(),
    createdBy: clientInfo(row.created_by),
    lastModifiedBy: clientInfo(row.updated_by),
  },
});

type TaskHandlers = Pick<
  Handlers<typeof sentinelIncidentRoutes>,
  'sentinelListTasks' | 'sentinelGetTask' | 'sentinelPutTask' | 'sentinelDeleteTask'
>;

/** `incidentOf`: the incident that a path names, and its id. Throws NotFound. */
export function sentinelTaskHandlers(
  platform: Platform,
  incidentOf: (params: SentinelWorkspace & { incidentId: string }) => Promise<{ number: number; id: string }>,
): TaskHandlers {
  const { database } = platform;
  const taskOf = async (number: number, name: string): Promise<TaskRow | undefined> => {
    const task = isUuid(name) ? await taskById(database, name) : undefined;
    return task?.incident_number === number ? task : undefined;
  };
  return {
    sentinelListTasks: async (_context, { params, reply }) => {
      const { number, id } = await incidentOf(params);
      const tasks = await tasksOf(database, { kind: 'incident', number });
      return sendArm(reply, 200, { value: tasks.map((task) => taskResource(task, id)) });
    },
    sentinelGetTask: async (_context, { params, reply }) => {
      const { number, id } = await incidentOf(params);
      const task = await taskOf(number, params.incidentTaskId);
      if (!task)
        throw new SallyportError('NotFound', `Task '${params.incidentTaskId.slice(0, 100)}' could not be found`);
      return sendArm(reply, 200, taskResource(task, id));
    },
    sentinelPutTask: async (context, { params, body, request, reply }) => {
      const { number, id } = await incidentOf(params);
      const by = requireCaller(context).name;
      const { etag, properties } = readBody(TaskBody, body);
      const { title, description, status } = properties;
      const text = typeof description === 'string' ? { description } : {};
      if (!isUuid(params.incidentTaskId)) throw new SallyportError('BadRequest', 'a task is named by a GUID');
      context.audit({ target: `incident ${number}`, details: { task: params.incidentTaskId } });
      const known = await taskOf(number, params.incidentTaskId);
      if (!known) {
        const taken = await taskById(database, params.incidentTaskId);
        if (taken) throw new SallyportError('Conflict', `a task of another incident is named ${params.incidentTaskId}`);
        const task = { id: params.incidentTaskId.toLowerCase(), title, ...text, status };
        const made = await createTask(platform, { kind: 'incident', number }, task, by);
        return sendArm(reply, 201, taskResource(made, id));
      }
      // One under way is New here: it stays under way.
      const change = { title, ...text, ...(armStatus(known) === status ? {} : { status }) };
      const changed = await changeTask(platform, known.id, change, by, (before) =>
        checkEtag(before, etag ?? ifMatch(request)),
      );
      return sendArm(reply, 200, taskResource(changed, id));
    },
    sentinelDeleteTask: async (context, { params, reply }) => {
      const { number } = await incidentOf(params);
      const known = await taskOf(number, params.incidentTaskId);
      if (!known) return sendArm(reply, 204);
      context.audit({ target: `incident ${number}`, details: { task: known.id } });
      await deleteTask(platform, known.id, requireCaller(context).name);
      return sendArm(reply, 200);
    },
  };
}
