import { makeStyles, tokens } from '@fluentui/react-components';
import { PlugDisconnectedRegular } from '@fluentui/react-icons';
import type { SourceHealth } from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useMemo, type ReactElement } from 'react';
import { useIsOverPart } from '../../shared/api.ts';
import { FilterBar, FilterSearch, useColumns } from '../../shared/FilterBar.tsx';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { count } from '../../shared/numbers.ts';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import { HourBars } from './health/HourBars.tsx';
import { SourcePanel } from './health/SourcePanel.tsx';
import { errorShare, percent, sourceStates, SourceStatus } from './health/states.tsx';
import type { DataSearch } from './index.ts';
import { OwnSources } from './OwnSources.tsx';
import { sourcesQuery } from './queries.ts';

const columns: readonly GridColumn<SourceHealth>[] = [
  { id: 'name', header: 'Source', min: 200, grow: 2, cell: (source) => visible(source.name) },
  {
    id: 'product',
    header: 'Product',
    min: 160,
    grow: 1,
    drop: 4,
    cell: (source) => visible(`${source.vendor} ${source.product}`.trim()),
  },
  {
    id: 'tables',
    header: 'Writes to',
    min: 160,
    grow: 1,
    drop: 3,
    cell: (source) => visible(source.tables.join(', ')),
  },
  { id: 'state', header: 'State', min: 128, cell: (source) => <SourceStatus state={source.state} /> },
  {
    id: 'hours',
    header: 'Last day',
    min: 136,
    drop: 1,
    cell: (source) => (source.hours.length === 0 ? '' : <HourBars hours={source.hours} />),
  },
  {
    id: 'rate',
    header: 'Of usual',
    min: 88,
    align: 'end',
    drop: 2,
    cell: (source) => (source.rate === null ? '–' : percent(source.rate)),
  },
  { id: 'rows', header: 'Rows, last day', min: 120, align: 'end', cell: (source) => count(source.rowsLastDay) },
  { id: 'errors', header: 'Errors', min: 80, align: 'end', cell: errorShare },
  {
    id: 'last',
    header: 'Last event',
    min: 112,
    cell: (source) => <RelativeTime at={source.lastEventAt ?? source.lastRowAt} />,
  },
];

const useStyles = makeStyles({
  root: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM, flexGrow: 1, minHeight: 0 },
  split: { display: 'flex', gap: tokens.spacingHorizontalM, flexGrow: 1, minHeight: 0 },
});

const route = getRouteApi('/frame/data');

/** Sources against their own history, those that need a person first. */
export function SourcesTab({ set }: { set: (change: DataSearch, replace?: boolean) => void }): ReactElement {
  const styles = useStyles();
  const search = route.useSearch();
  const { data, error, refetch } = useQuery(sourcesQuery);
  const isPart = useIsOverPart('data.read');
  const { shown, chooser } = useColumns('sources', columns);
  const rows = useMemo(() => {
    const needle = search.search?.toLowerCase() ?? '';
    const place = ({ state }: SourceHealth): number => sourceStates.indexOf(state);
    const text = ({ name, vendor, product, tables, streams }: SourceHealth): string =>
      [name, vendor, product, ...tables, ...streams].join(' ').toLowerCase();
    return (data?.sources ?? [])
      .filter((source) => text(source).includes(needle) && (search.state?.includes(source.state) ?? true))
      .toSorted((a, b) => place(a) - place(b) || a.name.localeCompare(b.name));
  }, [data, search.search, search.state]);
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <Loading rows={8} label="Loading sources" />;
  const open = data.sources.find(({ id }) => id === search.selected);
  const close = (): void => set({ selected: undefined });
  return (
    <div className={styles.root}>
      {!isPart && <OwnSources />}
      <FilterBar
        filters={[
          {
            id: 'state',
            label: 'State',
            options: sourceStates,
            values: search.state,
            onChange: (values) =>
              set({ state: values && sourceStates.filter((state) => values.includes(state)) }, true),
          },
        ]}
        search={
          <FilterSearch value={search.search} placeholder="Source" onChange={(text) => set({ search: text }, true)} />
        }
        end={chooser}
      />
      <div className={styles.split}>
        <Grid
          label="Sources"
          rows={rows}
          columns={shown}
          rowId={(source) => source.id}
          openId={open?.id}
          onOpen={(source) => set({ selected: source.id }, open !== undefined)}
          onClose={close}
          empty={
            <EmptyState
              icon={<PlugDisconnectedRegular />}
              title={
                data.sources.length > 0
                  ? 'No such source'
                  : isPart
                    ? 'No source of which you see everything'
                    : 'No source has sent anything yet'
              }
            />
          }
        />
        {open && <SourcePanel key={open.id} source={open} onClose={close} />}
      </div>
    </div>
  );
}
