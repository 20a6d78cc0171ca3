import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { client } from '../../shared/api.ts';
import { spanOf } from '../../shared/time.ts';
import type { SignInsSearch } from './index.ts';
import { listQuery, oneQuery, SHOWN, signInsOf } from './query.ts';

export const rangeOf = (search: SignInsSearch): string => search.range ?? '7d';

export const signInsQuery = (search: SignInsSearch) => {
  const { selected: _, ...filters } = search;
  return queryOptions({
    queryKey: ['signIns', filters],
    queryFn: async ({ signal }) => {
      const timespan = spanOf(rangeOf(search), new Date());
      const answer = await client.runQuery({
        signal,
        body: { query: listQuery(search), maxRows: SHOWN + 1, ...(timespan ? { timespan } : {}) },
      });
      return signInsOf(answer.columns, answer.rows);
    },
    placeholderData: keepPreviousData,
  });
};

export const signInQuery = (id: string) =>
  queryOptions({
    queryKey: ['signIn', id],
    queryFn: async ({ signal }) => {
      const answer = await client.runQuery({ signal, body: { query: oneQuery(id), maxRows: 1 } });
      return signInsOf(answer.columns, answer.rows)[0] ?? null;
    },
    staleTime: 60_000,
  });
