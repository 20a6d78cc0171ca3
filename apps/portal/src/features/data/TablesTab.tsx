import { Button, Field, makeStyles, SpinButton, tokens } from '@fluentui/react-components';
import { DatabaseRegular, SearchSquareRegular } from '@fluentui/react-icons';
import type { TableInfo } from '@sallyport/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useMemo, useState, type ReactElement } from 'react';
import { encodeFragment } from '../../shared/address.ts';
import { client, useMay } from '../../shared/api.ts';
import { Facts } from '../../shared/Facts.tsx';
import { FilterBar, FilterSearch, useColumns } from '../../shared/FilterBar.tsx';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { bytes, count } from '../../shared/numbers.ts';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { Section } from '../../shared/Section.tsx';
import { SidePanel } from '../../shared/SidePanel.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { useNotify } from '../../shared/toast.tsx';
import { InlineLink } from '../../shared/TextLink.tsx';
import { tableSorts, type DataSearch } from './index.ts';
import { tablesQuery } from './queries.ts';

const RETENTION_MAX_DAYS = 4_383;

const useStyles = makeStyles({
  split: { display: 'flex', gap: tokens.spacingHorizontalM, flexGrow: 1, minHeight: 0 },
  form: { display: 'flex', alignItems: 'flex-end', gap: tokens.spacingHorizontalS },
});

const columns: readonly GridColumn<TableInfo>[] = [
  { id: 'name', header: 'Table', min: 240, grow: 2, sort: true, cell: (table) => table.name },
  { id: 'custom', header: 'Kind', min: 88, drop: 2, cell: (table) => (table.custom ? 'Custom' : 'Built in') },
  { id: 'columns', header: 'Columns', min: 88, align: 'end', drop: 3, cell: (table) => count(table.columns) },
  { id: 'rows', header: 'Rows', min: 128, align: 'end', sort: true, cell: (table) => count(table.rows) },
  {
    id: 'bytesOnDisk',
    header: 'On disk',
    min: 112,
    align: 'end',
    sort: true,
    cell: (table) => bytes(table.bytesOnDisk),
  },
  { id: 'firstRowAt', header: 'First row', min: 112, drop: 1, cell: (table) => <RelativeTime at={table.firstRowAt} /> },
  { id: 'lastRowAt', header: 'Last row', min: 112, sort: true, cell: (table) => <RelativeTime at={table.lastRowAt} /> },
  {
    id: 'retentionDays',
    header: 'Kept for',
    min: 104,
    align: 'end',
    sort: true,
    cell: (table) => `${count(table.retentionDays)} d`,
  },
];

function Retention({ table }: { table: TableInfo }): ReactElement {
  const styles = useStyles();
  const queries = useQueryClient();
  const notify = useNotify();
  const may = useMay('data.manage');
  const [days, setDays] = useState<number | null>(table.retentionDays);
  const change = useMutation({
    mutationFn: (retentionDays: number) =>
      client.updateTable({ params: { name: table.name }, body: { retentionDays } }),
    onSuccess: async (_, retentionDays) => {
      await queries.invalidateQueries({ queryKey: ['tables'] });
      notify.done(`${table.name} is kept for ${retentionDays} days`);
    },
  });
  const good = days !== null && Number.isInteger(days) && days >= 1 && days <= RETENTION_MAX_DAYS;
  return (
    <>
      <div className={styles.form}>
        <Field
          label="Rows are kept for, days"
          {...(good
            ? {}
            : {
                validationState: 'error' as const,
                validationMessage: `A whole number from 1 to ${RETENTION_MAX_DAYS}`,
              })}
        >
          <SpinButton
            min={1}
            max={RETENTION_MAX_DAYS}
            value={days}
            disabled={!may}
            onChange={(_, data) => setDays(data.value ?? (data.displayValue ? Number(data.displayValue) : null))}
          />
        </Field>
        <Button
          disabled={!may || !good || days === table.retentionDays || change.isPending}
          onClick={() => good && change.mutate(days)}
        >
          Save
        </Button>
      </div>
      {good && days < table.retentionDays && (
        <span>Rows older than {days} days will be deleted, and cannot be brought back.</span>
      )}
      {change.error && <ErrorState error={change.error} title="Retention was not changed" />}
    </>
  );
}

function TablePanel({ table, onClose }: { table: TableInfo; onClose: () => void }): ReactElement {
  const navigate = useNavigate();
  return (
    <SidePanel
      label="Table"
      title={table.name}
      onClose={onClose}
      footer={
        <Button
          appearance="primary"
          icon={<SearchSquareRegular />}
          onClick={() =>
            void navigate({
              to: '/hunting',
              search: { range: 'all' },
              hash: `query=${encodeFragment(`${table.name}\n| take 100`)}`,
            })
          }
        >
          See its rows
        </Button>
      }
    >
      <Facts
        facts={[
          ['Kind', table.custom ? 'Custom' : 'Built in'],
          ['Columns', count(table.columns)],
          ['Rows', count(table.rows)],
          ['On disk', bytes(table.bytesOnDisk)],
          ['A row takes', table.rows > 0 ? bytes(table.bytesOnDisk / table.rows) : undefined],
          ['First row', <RelativeTime key="f" at={table.firstRowAt} form="exact" />],
          ['Last row', <RelativeTime key="l" at={table.lastRowAt} form="exact" />],
        ]}
      />
      <Section title="Retention">
        <Retention key={`${table.name} ${table.retentionDays}`} table={table} />
      </Section>
    </SidePanel>
  );
}

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
