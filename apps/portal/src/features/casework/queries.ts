import type { WorkParent } from '@sallyport/contracts';
import { queryOptions } from '@tanstack/react-query';
import { client } from '../../shared/api.ts';

const POLL_MS = 10_000;

export const tasksQuery = (parent: WorkParent) =>
  queryOptions({
    queryKey: ['tasks', parent.kind, parent.number],
    queryFn: async ({ signal }) => (await client.listTasks({ signal, query: parent })).tasks,
    refetchInterval: POLL_MS,
  });

export const attachmentsQuery = (parent: WorkParent) =>
  queryOptions({
    queryKey: ['attachments', parent.kind, parent.number],
    queryFn: async ({ signal }) => (await client.listAttachments({ signal, query: parent })).attachments,
    refetchInterval: POLL_MS,
  });

export const taskTemplatesQuery = queryOptions({
  queryKey: ['taskTemplates'],
  queryFn: async ({ signal }) => (await client.listTaskTemplates({ signal })).templates,
});
