import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { client } from '../../shared/api.ts';

export const watchlistsQuery = queryOptions({
  queryKey: ['watchlists'],
  queryFn: ({ signal }) => client.listWatchlists({ signal }),
});

export const watchlistTemplatesQuery = queryOptions({
  queryKey: ['watchlistTemplates'],
  queryFn: ({ signal }) => client.listWatchlistTemplates({ signal }),
  staleTime: Infinity,
});

export const watchlistQuery = (alias: string) =>
  queryOptions({
    queryKey: ['watchlist', alias],
    queryFn: ({ signal }) => client.getWatchlist({ signal, params: { alias } }),
  });

const PAGE = 200;

export const watchlistItemsQuery = (alias: string, search: string | undefined) =>
  infiniteQueryOptions({
    queryKey: ['watchlist', alias, 'items', search ?? ''],
    queryFn: ({ signal, pageParam }) =>
      client.listWatchlistItems({
        signal,
        params: { alias },
        query: { limit: PAGE, ...(search ? { search } : {}), ...(pageParam === '' ? {} : { after: pageParam }) },
      }),
    initialPageParam: '',
    getNextPageParam: ({ items, more }) => (more ? items.at(-1)?.id : undefined),
  });

/** Bytes of a file that are looked at before it is brought. */
const PREVIEW_BYTES = 2 * 1024 ** 2;

/** The beginning of a file, cut behind a line's end. */
export async function beginningOf(file: File): Promise<{ readonly part: Blob; readonly whole: boolean }> {
  if (file.size <= PREVIEW_BYTES) return { part: file, whole: true };
  const bytes = new Uint8Array(await file.slice(0, PREVIEW_BYTES).arrayBuffer());
  const end = bytes.lastIndexOf(10) + 1;
  return { part: file.slice(0, end === 0 ? PREVIEW_BYTES : end), whole: false };
}
