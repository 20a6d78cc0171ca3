import { queryOptions } from '@tanstack/react-query';
import { client } from '../../shared/api.ts';

const POLL_MS = 120_000;

export const coverageQuery = (days: number) =>
  queryOptions({
    queryKey: ['coverage', days],
    queryFn: ({ signal }) => client.getCoverage({ signal, query: { days } }),
    refetchInterval: POLL_MS,
  });
