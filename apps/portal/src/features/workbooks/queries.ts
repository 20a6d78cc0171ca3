import { queryOptions } from '@tanstack/react-query';
import type { Timespan } from '@sallyport/contracts';
import { client } from '../../shared/api.ts';

export const workbooksQuery = queryOptions({
  queryKey: ['workbooks'],
  queryFn: ({ signal }) => client.listWorkbooks({ signal }),
});

export const workbookQuery = (id: string) =>
  queryOptions({
    queryKey: ['workbook', id],
    queryFn: ({ signal }) => client.getWorkbook({ signal, params: { id } }),
  });

const MAX_ROWS = 10_000;

/** One of a workbook's queries, filled. It is asked again when its text, its time or `round` changes. */
export const partQuery = (query: string, timespan: Timespan | undefined, round: number) =>
  queryOptions({
    queryKey: ['workbookPart', query, timespan, round],
    queryFn: ({ signal }) =>
      client.runQuery({ signal, body: { query, maxRows: MAX_ROWS, ...(timespan ? { timespan } : {}) } }),
    staleTime: Infinity,
    retry: false,
  });
