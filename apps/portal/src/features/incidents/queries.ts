import type { EvidenceChange, Incident, IncidentChange, IncidentStatus } from '@sallyport/contracts';
import {
  infiniteQueryOptions,
  keepPreviousData,
  queryOptions,
  useMutation,
  useQuery,
  useQueryClient,
  type UseMutationResult,
} from '@tanstack/react-query';
import { useEffect } from 'react';
import { client } from '../../shared/api.ts';
import { spanOf } from '../../shared/time.ts';
import { useNotify } from '../../shared/toast.tsx';
import type { IncidentsSearch } from './index.ts';

const POLL_MS = 10_000;
const QUEUE_PAGE = 200;

export const openStatuses: readonly IncidentStatus[] = ['New', 'Active'];

type Filters = Omit<IncidentsSearch, 'selected'>;
const present = <T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== '')) as never;

const askedFor = ({ status = [...openStatuses], range, ...filters }: Filters) => {
  const span = range === undefined ? undefined : spanOf(range, new Date());
  return {
    status: status.join(','),
    ...present({
      severity: filters.severity?.join(','),
      owner: filters.owner,
      workspace: filters.workspace,
      classification: filters.classification?.join(','),
      determination: filters.determination?.join(','),
      tactic: filters.tactic?.join(','),
      technique: filters.technique,
      rule: filters.rule,
      label: filters.label,
      serviceLevel: filters.level?.join(','),
      search: filters.search,
      sort: filters.sort,
      order: filters.order,
      time: filters.time,
      from: span?.from,
      to: span?.to,
    }),
  };
};

/** The first incidents of the queue, and how many there are. */
export const incidentsQuery = (search: Filters, limit: number) =>
  queryOptions({
    queryKey: ['incidents', 'first', limit, search],
    queryFn: ({ signal }) => client.listIncidents({ signal, query: { ...askedFor(search), limit } }),
    refetchInterval: POLL_MS,
    placeholderData: keepPreviousData,
  });

/** The queue, a page after the other. */
export const queueQuery = (search: Filters) =>
  infiniteQueryOptions({
    queryKey: ['incidents', 'queue', search],
    queryFn: ({ signal, pageParam }) =>
      client.listIncidents({
        signal,
        query: { ...askedFor(search), limit: QUEUE_PAGE, ...(pageParam === '' ? {} : { cursor: pageParam }) },
      }),
    initialPageParam: '',
    getNextPageParam: ({ nextCursor }) => nextCursor,
    // Each time all pages that are shown are asked for: the more there are, the rarer.
    refetchInterval: ({ state }) => POLL_MS * Math.max(1, state.data?.pages.length ?? 1),
    placeholderData: keepPreviousData,
  });

/** How soon incidents shall be worked on, by severity. */
export const serviceLevelsQuery = queryOptions({
  queryKey: ['serviceLevels'],
  queryFn: async ({ signal }) => (await client.getServiceLevels({ signal })).levels,
  staleTime: 60_000,
});

export const viewsQuery = queryOptions({
  queryKey: ['incidentViews'],
  queryFn: ({ signal }) => client.listIncidentViews({ signal }),
});

export const incidentQuery = (number: number) =>
  queryOptions({
    queryKey: ['incident', number],
    queryFn: ({ signal }) => client.getIncident({ signal, params: { number } }),
    refetchInterval: POLL_MS,
  });

export const alertEventsQuery = (id: string) =>
  queryOptions({
    queryKey: ['alertEvents', id],
    queryFn: ({ signal }) => client.getAlertEvents({ signal, params: { id } }),
    // What an alert found does not change.
    staleTime: Number.POSITIVE_INFINITY,
  });

export const storyQuery = (number: number) =>
  queryOptions({
    queryKey: ['incidentStory', number],
    queryFn: ({ signal }) => client.getIncidentStory({ signal, params: { number } }),
    staleTime: Number.POSITIVE_INFINITY,
  });

/** An incident's story, asked for again when the incident is newer than it. */
export function useStory({ number, lastUpdatedAt }: Pick<Incident, 'number' | 'lastUpdatedAt'>) {
  const story = useQuery(storyQuery(number));
  const { data, refetch } = story;
  const isOlder = data !== undefined && data.incidentUpdatedAt < lastUpdatedAt;
  useEffect(() => {
    if (isOlder) void refetch();
  }, [isOlder, lastUpdatedAt, refetch]);
  return story;
}

export const processesQuery = (number: number, host: string | undefined, changedAt: string, parent?: string) =>
  queryOptions({
    queryKey: ['incidentProcesses', number, host, changedAt, parent],
    queryFn: ({ signal }) =>
      client.getIncidentProcesses({
        signal,
        params: { number },
        query: { ...(host === undefined ? {} : { host }), ...(parent === undefined ? {} : { parent }) },
      }),
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: keepPreviousData,
  });

export const similarQuery = (number: number, changedAt: string) =>
  queryOptions({
    queryKey: ['similarIncidents', number, changedAt],
    queryFn: ({ signal }) => client.listSimilarIncidents({ signal, params: { number } }),
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: keepPreviousData,
  });

export const eventsQuery = (number: number, alertCount: number) =>
  infiniteQueryOptions({
    queryKey: ['incidentEvents', number, alertCount],
    queryFn: ({ signal, pageParam }) =>
      client.listIncidentEvents({ signal, params: { number }, query: { page: pageParam } }),
    initialPageParam: 0,
    getNextPageParam: ({ next }) => next,
    staleTime: Number.POSITIVE_INFINITY,
  });

interface VerdictRequest {
  readonly id: string;
  readonly change: EvidenceChange;
  /** What sets it back. */
  readonly back?: EvidenceChange;
}

/** Sets what a person found of an entity, and offers the way back. */
export function useSetVerdict(number: number): UseMutationResult<unknown, unknown, VerdictRequest> {
  const queries = useQueryClient();
  const notify = useNotify();
  const mutation: UseMutationResult<unknown, unknown, VerdictRequest> = useMutation({
    mutationFn: ({ id, change }: VerdictRequest) =>
      client.setEvidenceVerdict({ params: { number, entityId: id }, body: change }),
    onSuccess: (_: unknown, { id, back }: VerdictRequest) => {
      void queries.invalidateQueries({ queryKey: ['incident', number] });
      void queries.invalidateQueries({ queryKey: ['incidentStory', number] });
      notify.done('The verdict was set', back && (() => mutation.mutate({ id, change: back })));
    },
    onError: (error) => notify.failed('The verdict was not set', error),
  });
  return mutation;
}

const fields = {
  title: 'Title',
  description: 'Description',
  severity: 'Severity',
  status: 'Status',
  owner: 'Owner',
  classification: 'Classification',
  classificationReason: 'Reason',
  classificationComment: 'Comment',
  determination: 'Determination',
  labels: 'Labels',
} as const satisfies Record<keyof IncidentChange, string>;

/** The change that sets those fields back to what they are now. A classification that was never given cannot be unset. */
export function inverse(incident: Incident, change: IncidentChange): IncidentChange {
  const names = Object.keys(change) as (keyof IncidentChange)[];
  const pairs = names
    .filter((name) => name !== 'classification' || incident.classification !== null)
    .map((name) => [name, incident[name]] as const);
  return Object.fromEntries(pairs) as IncidentChange;
}

export interface ChangeRequest {
  readonly change: IncidentChange;
  /** Set on the way back, which offers no further one. */
  readonly undo?: boolean;
}

/** Changes an incident, says so, and offers the way back. */
export function useChangeIncident(incident: Incident): UseMutationResult<Incident, unknown, ChangeRequest> {
  const queries = useQueryClient();
  const notify = useNotify();
  const mutation: UseMutationResult<Incident, unknown, ChangeRequest> = useMutation({
    mutationFn: ({ change }: ChangeRequest) =>
      client.updateIncident({ params: { number: incident.number }, body: change }),
    onSuccess: (changed: Incident, { change, undo }: ChangeRequest) => {
      queries.setQueryData(incidentQuery(incident.number).queryKey, changed);
      void queries.invalidateQueries({ queryKey: ['incidents'] });
      const what = Object.keys(change)
        .map((name) => fields[name as keyof IncidentChange])
        .join(', ');
      const back = inverse(incident, change);
      notify.done(
        undo ? `Incident ${incident.number} is as it was` : `${what} of incident ${incident.number} changed`,
        undo || Object.keys(back).length === 0 ? undefined : () => mutation.mutate({ change: back, undo: true }),
      );
    },
    onError: (error) => notify.failed(`Incident ${incident.number} was not changed`, error),
  });
  return mutation;
}
