import type { StreamDraft } from '@sallyport/contracts';
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { client } from '../../shared/api.ts';
import type { Stream } from './draft.ts';

export const ownSourcesQuery = queryOptions({
  queryKey: ['ownSources'],
  queryFn: async ({ signal }) => (await client.listOwnSources({ signal })).sources,
  refetchInterval: 30_000,
});

export const versionsQuery = (id: string) =>
  queryOptions({
    queryKey: ['ownSourceVersions', id],
    queryFn: async ({ signal }) => (await client.listOwnSourceVersions({ signal, params: { id } })).versions,
  });

/** Characters of raw text that are tried: the server's bound. */
export const SAMPLE_MAX = 256 * 1024;

export const draftOfStream = ({ format, columns, begins, accept, prepare, flows }: Stream): StreamDraft => ({
  format,
  ...(format === 'columns' ? { columns: [...columns] } : {}),
  accept,
  ...(begins === '' ? {} : { begins }),
  ...(prepare === null ? {} : { prepare }),
  flows: flows.map(({ table, transform }) => ({ table, transform })),
});

/** What a stream makes of raw text; asked again on each pause of typing. */
export const tryQuery = (draft: StreamDraft, sample: string) =>
  queryOptions({
    queryKey: ['tryDraft', draft, sample],
    queryFn: ({ signal }) => client.tryDraft({ signal, body: { draft, sample } }),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
    retry: false,
    refetchOnWindowFocus: false,
    placeholderData: keepPreviousData,
  });
