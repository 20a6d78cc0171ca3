import { queryOptions } from '@tanstack/react-query';
import { client } from '../../shared/api.ts';

export const exceptionsQuery = queryOptions({
  queryKey: ['exceptions'],
  queryFn: ({ signal }) => client.listExceptions({ signal }),
});

export const ruleExceptionsQuery = (rule: string) =>
  queryOptions({
    queryKey: ['exceptions', 'rule', rule],
    queryFn: ({ signal }) => client.listExceptions({ signal, query: { rule } }),
  });

export const exceptionQuery = (id: string) =>
  queryOptions({
    queryKey: ['exceptions', id],
    queryFn: ({ signal }) => client.getException({ signal, params: { id } }),
  });

export const tuningQuery = (id: string) =>
  queryOptions({
    queryKey: ['rule', id, 'tuning'],
    queryFn: ({ signal }) => client.getRuleTuning({ signal, params: { id } }),
    staleTime: 60_000,
  });
