import type { GrantedPermission, taskRoutes } from '@sallyport/contracts';
import { requireCaller, type Handlers, type RequestContext } from '../../platform/http/index.ts';
import type { Platform } from '../../platform/types.ts';
import { knownParent, parentOf } from '../parent.ts';
import { sightOf, type Sight } from '../within.ts';
import { changeTask, createTask, deleteTask, orderTasks } from './commands.ts';
import { listTasks, taskById, toTask } from './store.ts';
import { applyTemplate, deleteTemplate, listTemplates, saveTemplate } from './templates.ts';

export function taskHandlers(platform: Platform): Handlers<typeof taskRoutes> {
  const { database } = platform;
  const sight = (context: RequestContext, by?: GrantedPermission): Sight =>
    sightOf(requireCaller(context), platform.workspaces, by);
  /** Throws NotFound where the caller does not see all of what a task belongs to. */
  const requireTask = async (context: RequestContext, id: string): Promise<void> => {
    const task = await taskById(database, id);
    if (task) await knownParent(database, parentOf(task), sight(context, 'alerts.manage'));
  };
  return {
    listTasks: async (context, { query: { kind, number, assignee, open } }) => {
      const parent = kind !== undefined && number !== undefined ? { kind, number } : undefined;
      if (parent) await knownParent(database, parent, sight(context));
      const filter = { parent, assignee, open: open === 'true' };
      return { tasks: (await listTasks(database, filter, sight(context))).map(toTask) };
    },
    createTask: async (context, { body: { parent, ...task } }) => {
      await knownParent(database, parent, sight(context, 'alerts.manage'));
      context.audit({ target: `${parent.kind} ${parent.number}`, details: { task: task.title } });
      return toTask(await createTask(platform, parent, task, requireCaller(context).name));
    },
    updateTask: async (context, { params: { id }, body }) => {
      await requireTask(context, id);
      context.audit({ target: `task ${id}`, details: { ...body } });
      return toTask(await changeTask(platform, id, body, requireCaller(context).name));
    },
    deleteTask: async (context, { params: { id } }) => {
      await requireTask(context, id);
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
