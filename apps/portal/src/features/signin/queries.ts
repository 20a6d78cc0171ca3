import { queryOptions } from '@tanstack/react-query';
import { client } from '../../shared/api.ts';

/** Without it the sign-in page still signs in: it is asked once, and its failure is not shown. */
export const signInProvidersQuery = queryOptions({
  queryKey: ['sign-in-providers'],
  queryFn: ({ signal }) => client.listSignInProviders({ signal }),
  retry: 1,
  staleTime: 60_000,
});
