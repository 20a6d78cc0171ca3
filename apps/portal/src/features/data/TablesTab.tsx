import { makeStyles, tokens } from '@fluentui/react-components';
import { DatabaseRegular } from '@fluentui/react-icons';
import type { TableInfo } from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useMemo, type ReactElement } from 'react';
import { FilterBar, FilterSearch, useColumns } from '../../shared/FilterBar.tsx';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { bytes, count } from '../../shared/numbers.ts';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { Status } from '../../shared/Status.tsx';
import { InlineLink } from '../../shared/TextLink.tsx';
import { tableSorts, type DataSearch } from './index.ts';
import { tablesQuery } from './queries.ts';
import { TablePanel } from './TablePanel.tsx';

const useStyles = makeStyles({
  split: { display: 'flex', gap: tokens.spacingHorizontalM, flexGrow: 1, minHeight: 0 },
});

const columns: readonly GridColumn<TableInfo>[] = [
  { id: 'name', header: 'Table', min: 240, grow: 2, sort: true, cell: (table) => table.name },
  { id: 'custom', header: 'Kind', min: 88, drop: 5, cell: (table) => (table.custom ? 'Custom' : 'Built in') },
  { id: 'plan', header: 'Plan', min: 88, drop: 3, cell: (table) => table.plan },
  { id: 'columns', header: 'Columns', min: 88, align: 'end', drop: 6, cell: (table) => count(table.columns) },
  { id: 'rows', header: 'Rows', min: 128, align: 'end', sort: true, cell: (table) => count(table.rows) },
  {
    id: 'bytesOnDisk',
    header: 'On disk',
    min: 112,
    align: 'end',
    sort: true,
    cell: (table) => bytes(table.bytesOnDisk),
  },
  {
    id: 'rowsLastDay',
    header: 'Rows, last day',
    min: 120,
    align: 'end',
    drop: 2,
    sort: true,
    cell: (table) => count(table.rowsLastDay),
  },
  {
    id: 'droppedLastDay',
    header: 'Left out, last day',
    min: 136,
    align: 'end',
    drop: 3,
    cell: (table) => (table.policed || table.droppedLastDay.rows > 0 ? count(table.droppedLastDay.rows) : ''),
  },
  { id: 'firstRowAt', header: 'First row', min: 112, drop: 4, cell: (table) => <RelativeTime at={table.firstRowAt} /> },
  { id: 'lastRowAt', header: 'Last row', min: 112, sort: true, cell: (table) => <RelativeTime at={table.lastRowAt} /> },
  {
    id: 'totalRetentionInDays',
    header: 'Kept for',
    min: 128,
    align: 'end',
    sort: true,
    cell: (table) =>
      table.retentionInDays < table.totalRetentionInDays
        ? `${count(table.retentionInDays)} of ${count(table.totalRetentionInDays)} d`
        : `${count(table.totalRetentionInDays)} d`,
  },
  {
    id: 'held',
    header: 'Hold',
    min: 80,
    drop: 1,
    cell: (table) => (table.held ? <Status tone="waiting">Held</Status> : ''),
  },
];

const route = getRouteApi('/frame/data');
const isSort = (name: string): name is (typeof tableSorts)[number] => (tableSorts as readonly string[]).includes(name);

export function TablesTab({ set }: { set: (change: DataSearch, replace?: boolean) => void }): ReactElement {
  const styles = useStyles();
  const search = route.useSearch();
  const { data, error, refetch } = useQuery(tablesQuery);
  const { shown, chooser } = useColumns('tables', columns);
  const [by, order] = [search.sort ?? 'name', search.order ?? 'asc'];
  const rows = useMemo(() => {
    const needle = search.search?.toLowerCase() ?? '';
    const way = order === 'desc' ? -1 : 1;
    const key = (table: TableInfo): string | number => table[by] ?? '';
    return (data?.tables ?? [])
      .filter((table) => table.name.toLowerCase().includes(needle))
      .toSorted((a, b) => {
        const [x, y] = [key(a), key(b)];
        return way * (typeof x === 'number' && typeof y === 'number' ? x - y : String(x).localeCompare(String(y)));
      });
  }, [data, search.search, by, order]);
  const open = data?.tables.find(({ name }) => name === search.selected);
  const close = (): void => set({ selected: undefined });
  return (
    <>
      <FilterBar
        filters={[]}
        search={
          <FilterSearch value={search.search} placeholder="Table" onChange={(text) => set({ search: text }, true)} />
        }
        end={chooser}
      />
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading rows={12} label="Loading tables" />}
      {data && (
        <div className={styles.split}>
          <Grid
            label="Tables"
            rows={rows}
            columns={shown}
            rowId={(table) => table.name}
            openId={open?.name}
            onOpen={(table) => set({ selected: table.name }, open !== undefined)}
            onClose={close}
            sort={{ by, order }}
            onSort={(sort) => isSort(sort.by) && set({ sort: sort.by, order: sort.order })}
            empty={
              <EmptyState icon={<DatabaseRegular />} title={data.tables.length === 0 ? 'No rows yet' : 'No such table'}>
                A table appears with its first row.{' '}
                <InlineLink to="/data" search={{ tab: 'upload' }}>
                  Upload a log
                </InlineLink>
                , or send one to the Logs Ingestion API.
              </EmptyState>
            }
          />
          {open && <TablePanel key={open.name} table={open} onClose={close} />}
        </div>
      )}
    </>
  );
}
