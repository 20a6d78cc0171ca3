import { queryOptions } from '@tanstack/react-query';
import { client } from '../../shared/api.ts';

const FRESH_MS = 300_000;

/** Tables, columns and functions for the editor; asked anew every five minutes at most. */
export const schemaQuery = queryOptions({
  queryKey: ['schema'],
  queryFn: ({ signal }) => client.getSchema({ signal }),
  staleTime: FRESH_MS,
});

/** The tables with how many rows each has. */
export const tablesQuery = queryOptions({
  queryKey: ['tables'],
  queryFn: ({ signal }) => client.listTables({ signal }),
  staleTime: 60_000,
});
