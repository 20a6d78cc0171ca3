import type { CaseStatus } from '@sallyport/contracts';
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { client } from '../../shared/api.ts';
import type { CasesSearch } from './index.ts';

const POLL_MS = 10_000;
const LISTED_MAX = 500;

export const openCaseStatuses: readonly CaseStatus[] = ['New', 'Open', 'OnHold'];

/** Cases as asked for: of every status where none is named. */
export const casesQuery = (search: CasesSearch) =>
  queryOptions({
    queryKey: ['cases', search],
    queryFn: ({ signal }) => {
      const { status, priority, owner, incident, search: text } = search;
      return client.listCases({
        signal,
        query: {
          ...(status ? { status: status.join(',') } : {}),
          ...(priority ? { priority: priority.join(',') } : {}),
          ...(owner ? { owner } : {}),
          ...(incident ? { incident } : {}),
          ...(text ? { search: text } : {}),
          limit: LISTED_MAX,
        },
      });
    },
    refetchInterval: POLL_MS,
    placeholderData: keepPreviousData,
  });

export const caseQuery = (number: number) =>
  queryOptions({
    queryKey: ['case', number],
    queryFn: ({ signal }) => client.getCase({ signal, params: { number } }),
    refetchInterval: POLL_MS,
  });
