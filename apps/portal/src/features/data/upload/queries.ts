import type { Upload } from '@sallyport/contracts';
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { client } from '../../../shared/api.ts';

const [BUSY_MS, IDLE_MS] = [1_000, 15_000];

export const isBusy = ({ state }: Pick<Upload, 'state'>): boolean => state === 'loading' || state === 'sweeping';

export const uploadsQuery = queryOptions({
  queryKey: ['uploads'],
  queryFn: async ({ signal }) => (await client.listUploads({ signal })).uploads,
  refetchInterval: ({ state }) => (state.data?.some(isBusy) ? BUSY_MS : IDLE_MS),
});

export const streamsQuery = queryOptions({
  queryKey: ['streams'],
  queryFn: async ({ signal }) => (await client.listStreams({ signal })).streams,
  staleTime: 60_000,
});

export const previewQuery = (id: string, file: string, stream: string | undefined) =>
  queryOptions({
    queryKey: ['uploadPreview', id, file, stream],
    queryFn: ({ signal }) =>
      client.previewUpload({ signal, params: { id }, body: { file, ...(stream === undefined ? {} : { stream }) } }),
    staleTime: 60_000,
    retry: false,
    placeholderData: keepPreviousData,
  });
