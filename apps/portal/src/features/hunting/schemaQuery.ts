import { queryOptions } from '@tanstack/react-query';
import { client } from '../../shared/api.ts';

const FRESH_MS = 300_000;

/** Tables, columns and functions for the editor; asked anew every five minutes at most. */
export const schemaQuery = queryOptions({
  queryKey: ['schema'],
  queryFn: ({ signal }) => client.getSchema({ signal }),
  staleTime: FRESH_MS,
});
