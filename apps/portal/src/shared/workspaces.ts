import { queryOptions } from '@tanstack/react-query';
import { client } from './api.ts';

/** The first is the default. */
export const workspacesQuery = queryOptions({
  queryKey: ['workspaces'],
  queryFn: ({ signal }) => client.listWorkspaces({ signal }),
  staleTime: 60_000,
});
