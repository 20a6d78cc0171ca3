import { queryOptions } from '@tanstack/react-query';
import { client } from '../../../shared/api.ts';

const FRESH_MS = 300_000;

export const savedQueriesQuery = queryOptions({
  queryKey: ['saved-queries'],
  queryFn: ({ signal }) => client.listSavedQueries({ signal }),
});

export const shippedQueriesQuery = queryOptions({
  queryKey: ['hunting-queries'],
  queryFn: ({ signal }) => client.listHuntingQueries({ signal }),
  staleTime: FRESH_MS,
});

export const versionsQuery = (id: string) =>
  queryOptions({
    queryKey: ['saved-queries', id, 'versions'],
    queryFn: ({ signal }) => client.listSavedQueryVersions({ signal, params: { id } }),
  });

export const historyQuery = (search: string) =>
  queryOptions({
    queryKey: ['query-history', search],
    queryFn: ({ signal }) => client.listRunQueries({ signal, query: { search, limit: 100 } }),
    staleTime: 0,
  });
