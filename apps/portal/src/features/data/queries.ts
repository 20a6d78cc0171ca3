import { queryOptions } from '@tanstack/react-query';
import { client } from '../../shared/api.ts';

const POLL_MS = 30_000;

export const tablesQuery = queryOptions({
  queryKey: ['tables'],
  queryFn: ({ signal }) => client.listTables({ signal }),
  refetchInterval: POLL_MS,
});

export const sourcesQuery = queryOptions({
  queryKey: ['sources'],
  queryFn: ({ signal }) => client.listSources({ signal }),
  refetchInterval: POLL_MS,
});

export const sourceQuery = (id: string) =>
  queryOptions({
    queryKey: ['sources', id],
    queryFn: ({ signal }) => client.getSource({ params: { id }, signal }),
    refetchInterval: POLL_MS,
  });

export const doorsQuery = queryOptions({
  queryKey: ['doors'],
  queryFn: ({ signal }) => client.listDoors({ signal }),
  refetchInterval: POLL_MS,
});

export const ingestionErrorsQuery = queryOptions({
  queryKey: ['ingestionErrors'],
  queryFn: ({ signal }) => client.listIngestionErrors({ signal }),
});

/** What keeping a table's rows for that many days would delete. */
export const retentionPreviewQuery = (name: string, totalRetentionInDays: number) =>
  queryOptions({
    queryKey: ['tables', name, 'retention', totalRetentionInDays],
    queryFn: ({ signal }) => client.previewRetention({ params: { name }, query: { totalRetentionInDays }, signal }),
  });

/** What of a table's rows is stored, and what that saved. */
export const tablePolicyQuery = (name: string) =>
  queryOptions({
    queryKey: ['tables', name, 'policy'],
    queryFn: ({ signal }) => client.getTablePolicy({ params: { name }, signal }),
  });

export const legalHoldsQuery = queryOptions({
  queryKey: ['legalHolds'],
  queryFn: ({ signal }) => client.listLegalHolds({ signal }),
});

export const pinsQuery = queryOptions({
  queryKey: ['pins'],
  queryFn: ({ signal }) => client.listPins({ signal }),
});

const [RUNNING_MS, IDLE_MS] = [2_000, 30_000];

export const searchJobsQuery = queryOptions({
  queryKey: ['searchJobs'],
  queryFn: ({ signal }) => client.listSearchJobs({ signal }),
  refetchInterval: ({ state }) => (state.data?.jobs.some((job) => job.state === 'running') ? RUNNING_MS : IDLE_MS),
});
