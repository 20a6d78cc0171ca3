import { queryOptions, useQuery } from '@tanstack/react-query';
import { createContext, useContext } from 'react';
import { client } from './api.ts';
import { visible } from './text.ts';

/** The first is the default. */
export const workspacesQuery = queryOptions({
  queryKey: ['workspaces'],
  queryFn: ({ signal }) => client.listWorkspaces({ signal }),
  staleTime: 60_000,
});

/** Workspaces by what rows name them by, where there is more than one; null is the first. */
export interface KnownWorkspaces {
  /** Whether there is anything to tell apart. */
  readonly several: boolean;
  readonly all: readonly { readonly id: string; readonly name: string; readonly isDefault: boolean }[];
  /** `null`: the first. The GUID of one that is not known (yet). */
  nameOf(id: string | null): string;
}

/** As an address names the workspace that rows name by this; null: the first. */
export const inWorkspace = (id: string | null | undefined): { readonly workspace?: string } =>
  id === null || id === undefined ? {} : { workspace: id };

/** The workspace whose rows a page shows: links to entities and queries lead there. Default: the first. */
export const ShownWorkspace = createContext<string | null | undefined>(undefined);
export const useShownWorkspace = (): { readonly workspace?: string } => inWorkspace(useContext(ShownWorkspace));

/** Null, what rows of the first workspace have, in filters and addresses. */
export const firstWorkspace = 'none';

export function useWorkspaces(): KnownWorkspaces {
  const { data } = useQuery(workspacesQuery);
  const all = data?.workspaces ?? [];
  return {
    several: all.length > 1,
    all,
    nameOf: (id) =>
      visible(
        (id === null ? all.find(({ isDefault }) => isDefault) : all.find((one) => one.id === id))?.name ?? id ?? '',
      ),
  };
}
