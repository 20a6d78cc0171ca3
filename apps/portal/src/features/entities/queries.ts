import type { EntityChange, EntityDetails, TimelineKind } from '@sallyport/contracts';
import {
  infiniteQueryOptions,
  keepPreviousData,
  queryOptions,
  useMutation,
  useQueryClient,
  type UseMutationResult,
} from '@tanstack/react-query';
import { client } from '../../shared/api.ts';
import { useNotify } from '../../shared/toast.tsx';
import { spanOf } from '../../shared/time.ts';
import { inWorkspace } from '../../shared/workspaces.ts';
import { assetGroups, type AssetsSearch } from './index.ts';

const POLL_MS = 60_000;
const PAGE = 200;

export const assetsQuery = (search: Omit<AssetsSearch, 'selected'>) =>
  infiniteQueryOptions({
    queryKey: ['entities', search],
    queryFn: ({ signal, pageParam }) => {
      const { group = 'all', criticality, risk, tag, search: text, sort, order } = search;
      const kinds = assetGroups[group];
      return client.listEntities({
        signal,
        query: {
          limit: PAGE,
          ...(kinds ? { kind: [...kinds] } : {}),
          ...(criticality ? { criticality } : {}),
          ...(risk ? { risk } : {}),
          ...(tag ? { tag } : {}),
          ...(text ? { search: text } : {}),
          ...(sort ? { sort } : {}),
          ...(order ? { order } : {}),
          ...(pageParam === null ? {} : { cursor: pageParam }),
        },
      });
    },
    initialPageParam: null as string | null,
    getNextPageParam: ({ cursor }) => cursor,
    placeholderData: keepPreviousData,
    refetchInterval: POLL_MS,
  });

/** An entity, and the workspace that it is looked at in; undefined: the first. */
export interface EntityPlace {
  readonly id: string;
  readonly workspace: string | undefined;
}

export const entityQuery = ({ id, workspace }: EntityPlace) =>
  queryOptions({
    queryKey: ['entity', id, workspace],
    queryFn: ({ signal }) => client.getEntity({ signal, params: { id }, query: inWorkspace(workspace) }),
    refetchInterval: POLL_MS,
  });

/** A range of the address as times, from when it was asked. */
const timesOf = (range: string): { from?: string; to?: string } => spanOf(range, new Date()) ?? {};

export const timelineQuery = ({ id, workspace }: EntityPlace, range: string, kinds: readonly TimelineKind[]) =>
  infiniteQueryOptions({
    queryKey: ['entity', id, workspace, 'timeline', range, kinds],
    queryFn: ({ signal, pageParam }) =>
      client.getEntityTimeline({
        signal,
        params: { id },
        query: {
          ...pageParam.times,
          ...inWorkspace(workspace),
          kinds: [...kinds],
          ...(pageParam.cursor === null ? {} : { cursor: pageParam.cursor }),
        },
      }),
    // The time stays as it was when the first page was asked.
    initialPageParam: { cursor: null as string | null, times: timesOf(range) },
    getNextPageParam: ({ cursor }, _pages, { times }) => (cursor === null ? null : { cursor, times }),
  });

export const insightsQuery = ({ id, workspace }: EntityPlace, range: string) =>
  queryOptions({
    queryKey: ['entity', id, workspace, 'insights', range],
    queryFn: ({ signal }) =>
      client.getEntityInsights({ signal, params: { id }, query: { ...timesOf(range), ...inWorkspace(workspace) } }),
    staleTime: 60_000,
  });

export const entityIncidentsQuery = ({ id, workspace }: EntityPlace) =>
  queryOptions({
    queryKey: ['entity', id, workspace, 'incidents'],
    queryFn: ({ signal }) => client.getEntityIncidents({ signal, params: { id }, query: inWorkspace(workspace) }),
    refetchInterval: POLL_MS,
  });

/** Sets criticality, owner or tags, and says so. */
export function useChangeEntity(id: string): UseMutationResult<EntityDetails, unknown, EntityChange> {
  const queries = useQueryClient();
  const notify = useNotify();
  return useMutation({
    mutationFn: (change: EntityChange) => client.updateEntity({ params: { id }, body: change }),
    onSuccess: () => {
      // Of each workspace that it was looked at in.
      void queries.invalidateQueries({ queryKey: ['entity', id] });
      void queries.invalidateQueries({ queryKey: ['entities'] });
      notify.done('The entity is changed');
    },
    onError: (error) => notify.failed('The entity was not changed', error),
  });
}
