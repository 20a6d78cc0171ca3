import { Button } from '@fluentui/react-components';
import { AddRegular, BookOpenRegular } from '@fluentui/react-icons';
import type { WorkbookSummary } from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import { FilterBar, FilterSearch } from '../../shared/FilterBar.tsx';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { count } from '../../shared/numbers.ts';
import { Page } from '../../shared/Page.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import { TextLink } from '../../shared/TextLink.tsx';
import { workbooksQuery } from './queries.ts';
import { WorkbookDialog } from './WorkbookDialog.tsx';

const route = getRouteApi('/frame/workbooks');

const kinds = { shipped: 'Ships with Sallyport', shared: 'Shared', own: 'Mine' } as const;

const columns: readonly GridColumn<WorkbookSummary>[] = [
  {
    id: 'name',
    header: 'Workbook',
    min: 220,
    grow: 2,
    cell: ({ id, name }) => (
      <TextLink to="/workbooks/$id" params={{ id }} tabIndex={-1} onClick={(event) => event.stopPropagation()}>
        {visible(name)}
      </TextLink>
    ),
  },
  {
    id: 'description',
    header: 'What it shows',
    min: 200,
    grow: 3,
    drop: 2,
    cell: ({ description }) => visible(description),
  },
  { id: 'tables', header: 'Reads', min: 160, grow: 2, drop: 1, cell: ({ tables }) => tables.join(', ') },
  { id: 'kind', header: 'Kind', min: 160, cell: ({ kind }) => kinds[kind] },
  { id: 'at', header: 'Changed', min: 112, cell: ({ updatedAt }) => updatedAt && <RelativeTime at={updatedAt} /> },
];

export function WorkbooksPage(): ReactElement {
  const { search } = route.useSearch();
  const navigate = route.useNavigate();
  const { data, error, refetch } = useQuery(workbooksQuery);
  const [creating, setCreating] = useState(false);
  const needle = search?.toLowerCase() ?? '';
  const shown = (data?.workbooks ?? []).filter(({ name, description, tables }) =>
    [name, description, ...tables].some((text) => text.toLowerCase().includes(needle)),
  );
  const open = (id: string): void => void navigate({ to: '/workbooks/$id', params: { id } });
  return (
    <Page
      title="Workbooks"
      count={data && count(shown.length)}
      actions={
        <Button appearance="primary" icon={<AddRegular />} onClick={() => setCreating(true)}>
          Add workbook
        </Button>
      }
    >
      {creating && <WorkbookDialog onClose={() => setCreating(false)} onDone={open} />}
      <FilterBar
        filters={[]}
        search={
          <FilterSearch
            value={search}
            placeholder="Name, text or table"
            onChange={(text) => void navigate({ search: { search: text }, replace: true })}
          />
        }
      />
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading rows={8} label="Loading workbooks" />}
      {data && (
        <Grid
          label="Workbooks"
          rows={shown}
          columns={columns}
          rowId={({ id }) => id}
          onOpen={({ id }) => open(id)}
          empty={
            <EmptyState icon={<BookOpenRegular />} title="No workbook matches this text">
              A workbook of Microsoft Sentinel can be brought as it is: Add workbook takes its JSON.
            </EmptyState>
          }
        />
      )}
    </Page>
  );
}
