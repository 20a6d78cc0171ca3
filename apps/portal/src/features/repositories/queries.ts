import { queryOptions } from '@tanstack/react-query';
import { client } from '../../shared/api.ts';

/** Looks end by themselves. */
const REFRESH_MS = 5_000;

export const repositoriesQuery = queryOptions({
  queryKey: ['repositories'],
  queryFn: ({ signal }) => client.listRepositories({ signal }),
  refetchInterval: REFRESH_MS,
});

export const repositoryQuery = (id: string) =>
  queryOptions({
    queryKey: ['repositories', id],
    queryFn: ({ signal }) => client.getRepository({ signal, params: { id } }),
    refetchInterval: REFRESH_MS,
  });
