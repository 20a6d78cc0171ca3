import { queryOptions } from '@tanstack/react-query';
import type { Timespan } from '@sallyport/contracts';
import { client } from '../../shared/api.ts';
import { inWorkspace } from '../../shared/workspaces.ts';

export const workbooksQuery = queryOptions({
  queryKey: ['workbooks'],
  queryFn: ({ signal }) => client.listWorkbooks({ signal }),
});

/** `workspace`: that it is to ask; undefined: the first. */
export const workbookQuery = (id: string, workspace?: string) =>
  queryOptions({
    queryKey: ['workbook', id, workspace],
    queryFn: ({ signal }) => client.getWorkbook({ signal, params: { id }, query: inWorkspace(workspace) }),
  });

const MAX_ROWS = 10_000;

/** When and where a workbook's queries are asked. `workspace`: undefined is the first. */
export interface Asked {
  readonly workspace: string | undefined;
  readonly round: number;
}

/** One of a workbook's queries, filled. It is asked again when its text, its time, the workspace or `round` changes. */
export const partQuery = (query: string, timespan: Timespan | undefined, { workspace, round }: Asked) =>
  queryOptions({
    queryKey: ['workbookPart', query, timespan, workspace, round],
    queryFn: ({ signal }) =>
      client.runQuery({
        signal,
        body: { query, maxRows: MAX_ROWS, ...(timespan ? { timespan } : {}), ...inWorkspace(workspace) },
      }),
    staleTime: Infinity,
    retry: false,
  });
