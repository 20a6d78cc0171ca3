import { queryOptions } from '@tanstack/react-query';
import { client } from '../../shared/api.ts';

export const notebooksQuery = queryOptions({
  queryKey: ['notebooks'],
  queryFn: ({ signal }) => client.listNotebooks({ signal }),
});

export const notebookQuery = (id: string) =>
  queryOptions({
    queryKey: ['notebooks', id],
    queryFn: ({ signal }) => client.getNotebook({ signal, params: { id } }),
    // What is being written must not change under one's hands.
    staleTime: Infinity,
    refetchOnWindowFocus: false,
  });
