import {
  createClient,
  errorOfAnswer,
  routes,
  SallyportError,
  type Client,
  type GrantedPermission,
  type Me,
} from '@sallyport/contracts';
import { QueryCache, QueryClient, queryOptions, useSuspenseQuery } from '@tanstack/react-query';
import { asksForMore, stepUp } from './stepUp.ts';

/**
 * The only way from the portal to the server. The session is a cookie; the header proves that the call was made by our own
 * script, since no other origin can set it.
 */
const headers = { 'x-sallyport-csrf': '1' };
/** A call that more is asked for first waits until the person has shown it, and is made again. */
const patientFetch: typeof fetch = async (input, init) => {
  const response = await window.fetch(input, init);
  if (!asksForMore(response) || !(await stepUp.ask())) return response;
  return window.fetch(input, init);
};
export const client: Client = createClient({
  baseUrl: window.location.origin,
  fetch: patientFetch,
  headers: () => headers,
});

/** Asks a query whose answer is read as it comes, whole lines at a time. Throws SallyportError. */
export async function* streamLines(
  body: { query: string; workspace?: string; timespan?: { from: string; to: string }; maxRows: number },
  signal: AbortSignal,
): AsyncGenerator<readonly string[]> {
  const response = await patientFetch(routes.streamQuery.path, {
    method: routes.streamQuery.method,
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal,
    credentials: 'same-origin',
  });
  if (!response.ok || !response.body)
    throw errorOfAnswer(response.status, await response.json().catch(() => undefined));
  let rest = '';
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    const lines = (rest + value).split('\n');
    rest = lines.pop() ?? '';
    yield lines;
  }
  if (rest !== '') yield [rest];
}

const retried = new Set(['Unavailable', 'TooManyRequests']);
const RETRIES_MAX = 2;

export const isUnauthenticated = (error: unknown): boolean =>
  error instanceof SallyportError && error.code === 'Unauthenticated';

/** `onSignedOut` is called when the session has ended under a page that was open. */
export function createQueryClient(onSignedOut: () => void): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({
      onError: (error, query) => {
        // The question itself who is signed in is answered by the frame: asking it again here would never end.
        if (isUnauthenticated(error) && query.queryKey[0] !== 'me') onSignedOut();
      },
    }),
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        retry: (failures, error) =>
          failures < RETRIES_MAX && (!(error instanceof SallyportError) || retried.has(error.code)),
      },
    },
  });
}

export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: ({ signal }) => client.getMe({ signal }),
  staleTime: 60_000,
});

/** Who is signed in. Pages inside the frame only: the frame has fetched it before they show. */
export const useMe = (): Me => useSuspenseQuery(meQuery).data;

/** Whether the signed-in person may do this. The server decides anew on each call; this only spares a person a refusal. */
export const useMay = (permission: GrantedPermission): boolean => useMe().permissions.includes(permission);

/** Whether the signed-in person's right is over a part of the data: what is shown by it is that part. */
export const useIsOverPart = (permission: GrantedPermission): boolean => useMe().overPart.includes(permission);
