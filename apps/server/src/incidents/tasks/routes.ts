import type { taskRoutes } from '@sallyport/contracts';
import { requireCaller, type Handlers } from '../../platform/http/index.ts';
import type { Platform } from '../../platform/types.ts';
import { knownParent } from '../parent.ts';
import { changeTask, createTask, deleteTask, orderTasks } from './commands.ts';
import { listTasks, toTask } from './store.ts';
import { applyTemplate, deleteTemplate, listTemplates, saveTemplate } from './templates.ts';

export function taskHandlers(platform: Platform): Handlers<typeof taskRoutes> {
  const { database } = platform;
  return {
    listTasks: async (_, { query: { kind, number, assignee, open } }) => {
      const parent = kind !== undefined && number !== undefined ? { kind, number } : undefined;
      if (parent) await knownParent(database, parent);
      return { tasks: (await listTasks(database, { parent, assignee, open: open === 'true' })).map(toTask) };
    },
    createTask: async (context, { body: { parent, ...task } }) => {
      context.audit({ target: `${parent.kind} ${parent.number}`, details: { task: task.title } });
      return toTask(await createTask(platform, parent, task, requireCaller(context).name));
    },
    updateTask: async (context, { params: { id }, body }) => {
      context.audit({ target: `task ${id}`, details: { ...body } });
      return toTask(await changeTask(platform, id, body, requireCaller(context).name));
    },
    deleteTask: async (context, { params: { id } }) => {
      const { title } = await deleteTask(platform, id, requireCaller(context).name);
      context.audit({ target: `task ${id}`, details: { task: title } });
      return {};
    },
    orderTasks: async (context, { body: { parent, ids } }) => {
      context.audit({ target: `${parent.kind} ${parent.number}`, details: { order: ids } });
      return { tasks: (await orderTasks(platform, parent, ids)).map(toTask) };
    },
    listTaskTemplates: async () => ({ templates: await listTemplates(database) }),
    saveTaskTemplate: async (context, { params: { id }, body }) => {
      context.audit({ target: `task template ${body.name}`, details: { ...body } });
      return saveTemplate(platform, id, body, requireCaller(context).name);
    },
    deleteTaskTemplate: async (context, { params: { id } }) => {
      context.audit({ target: `task template ${await deleteTemplate(platform, id)}` });
      return {};
    },
    applyTaskTemplate: async (context, { params: { id }, body: { parent } }) => {
      context.audit({ target: `${parent.kind} ${parent.number}`, details: { template: id } });
      return { tasks: (await applyTemplate(platform, id, parent, requireCaller(context).name)).map(toTask) };
    },
  };
}
