import { Button } from '@fluentui/react-components';
import { AddRegular, ArrowUploadRegular, NotebookRegular } from '@fluentui/react-icons';
import type { NotebookSummary } from '@sallyport/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useRef, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { FilterBar, FilterSearch } from '../../shared/FilterBar.tsx';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { count } from '../../shared/numbers.ts';
import { Page } from '../../shared/Page.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import { TextLink } from '../../shared/TextLink.tsx';
import { useNotify } from '../../shared/toast.tsx';
import { fromFile, type NotebookFile } from './file.ts';
import { notebooksQuery } from './queries.ts';

const route = getRouteApi('/frame/notebooks');

const columns: readonly GridColumn<NotebookSummary>[] = [
  {
    id: 'name',
    header: 'Notebook',
    min: 200,
    grow: 2,
    cell: ({ id, name }) => (
      <TextLink to="/notebooks/$id" params={{ id }} tabIndex={-1} onClick={(event) => event.stopPropagation()}>
        {visible(name)}
      </TextLink>
    ),
  },
  {
    id: 'description',
    header: 'Description',
    min: 160,
    grow: 2,
    drop: 2,
    cell: ({ description }) => visible(description),
  },
  { id: 'cells', header: 'Cells', min: 72, align: 'end', cell: ({ cellCount }) => count(cellCount) },
  { id: 'shared', header: 'Who sees it', min: 104, cell: ({ shared }) => (shared ? 'Everybody' : 'Only you') },
  { id: 'owner', header: 'Owner', min: 160, drop: 1, cell: ({ owner }) => visible(owner) },
  { id: 'at', header: 'Changed', min: 112, cell: ({ updatedAt }) => <RelativeTime at={updatedAt} /> },
];

const fresh = (): NotebookFile => ({
  name: 'New notebook',
  description: '',
  range: '24h',
  cells: [
    { id: crypto.randomUUID(), kind: 'markdown', text: '# What this is about\n\nText in Markdown, and queries.' },
    {
      id: crypto.randomUUID(),
      kind: 'query',
      text: 'SecurityIncident\n| summarize count() by Severity\n| render columnchart',
      range: '',
    },
  ],
});

/** Pages of text and queries. */
export function NotebooksPage(): ReactElement {
  const { search } = route.useSearch();
  const navigate = route.useNavigate();
  const notify = useNotify();
  const queries = useQueryClient();
  const file = useRef<HTMLInputElement>(null);
  const { data, error, refetch } = useQuery(notebooksQuery);
  const open = (id: string): void => void navigate({ to: '/notebooks/$id', params: { id } });
  const create = useMutation({
    mutationFn: (made: NotebookFile) => client.createNotebook({ body: { ...made, shared: false } }),
    onSuccess: ({ id }) => {
      void queries.invalidateQueries({ queryKey: ['notebooks'], exact: true });
      open(id);
    },
    onError: (failure) => notify.failed('The notebook was not made', failure),
  });
  const bring = async (chosen: File): Promise<void> => {
    try {
      create.mutate(fromFile(chosen.name, await chosen.text()));
    } catch (failure) {
      notify.failed('The file was not read', failure);
    }
  };
  const needle = search?.toLowerCase() ?? '';
  const shown = (data?.notebooks ?? []).filter(({ name, description, owner }) =>
    `${name} ${description} ${owner}`.toLowerCase().includes(needle),
  );
  return (
    <Page
      title="Notebooks"
      count={data && count(data.notebooks.length)}
      actions={
        <>
          <input
            ref={file}
            type="file"
            accept=".json,.ipynb"
            aria-label="Notebook file"
            hidden
            onChange={(event) => {
              const chosen = event.currentTarget.files?.[0];
              if (chosen) void bring(chosen);
              event.currentTarget.value = '';
            }}
          />
          <Button icon={<ArrowUploadRegular />} onClick={() => file.current?.click()}>
            Bring a file
          </Button>
          <Button
            appearance="primary"
            icon={<AddRegular />}
            disabled={create.isPending}
            onClick={() => create.mutate(fresh())}
          >
            New notebook
          </Button>
        </>
      }
    >
      <FilterBar
        filters={[]}
        search={
          <FilterSearch
            value={search}
            placeholder="Name, description or owner"
            onChange={(text) => void navigate({ search: { search: text }, replace: true })}
          />
        }
      />
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading rows={8} label="Loading notebooks" />}
      {data && (
        <Grid
          label="Notebooks"
          rows={shown}
          columns={columns}
          rowId={({ id }) => id}
          onOpen={({ id }) => open(id)}
          empty={
            <EmptyState icon={<NotebookRegular />} title="No notebooks">
              A notebook mixes text with queries and their charts, to be run again as a whole.
            </EmptyState>
          }
        />
      )}
    </Page>
  );
}
