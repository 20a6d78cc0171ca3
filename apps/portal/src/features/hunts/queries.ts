import { queryOptions } from '@tanstack/react-query';
import { client } from '../../shared/api.ts';

export const huntsQuery = queryOptions({
  queryKey: ['hunts'],
  queryFn: ({ signal }) => client.listHunts({ signal }),
});

export const huntQuery = (id: string) =>
  queryOptions({ queryKey: ['hunts', id], queryFn: ({ signal }) => client.getHunt({ signal, params: { id } }) });

export const BOOKMARKS_SHOWN = 500;
export const bookmarksQuery = (search: string) =>
  queryOptions({
    queryKey: ['bookmarks', search],
    queryFn: ({ signal }) => client.listBookmarks({ signal, query: { search, limit: BOOKMARKS_SHOWN } }),
  });
