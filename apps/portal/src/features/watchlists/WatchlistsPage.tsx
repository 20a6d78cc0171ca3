import { AddRegular, TextBulletListSquareRegular } from '@fluentui/react-icons';
import type { Watchlist } from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import { FilterBar, FilterSearch } from '../../shared/FilterBar.tsx';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { count } from '../../shared/numbers.ts';
import { Page } from '../../shared/Page.tsx';
import { RefusableButton, useRefusal } from '../../shared/Refusable.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import { TextLink } from '../../shared/TextLink.tsx';
import { watchlistsQuery } from './queries.ts';
import { WatchlistDialog } from './WatchlistDialog.tsx';

const route = getRouteApi('/frame/watchlists');

const columns: readonly GridColumn<Watchlist>[] = [
  {
    id: 'name',
    header: 'Watchlist',
    min: 200,
    grow: 2,
    cell: ({ alias, name }) => (
      <TextLink to="/watchlists/$alias" params={{ alias }} tabIndex={-1} onClick={(event) => event.stopPropagation()}>
        {visible(name)}
      </TextLink>
    ),
  },
  { id: 'alias', header: 'Alias', min: 160, grow: 1, cell: ({ alias }) => visible(alias) },
  { id: 'items', header: 'Items', min: 96, align: 'end', cell: ({ items }) => count(items) },
  { id: 'key', header: 'Search key', min: 160, grow: 1, cell: ({ itemsSearchKey }) => visible(itemsSearchKey) },
  { id: 'source', header: 'Source', min: 140, grow: 1, drop: 1, cell: ({ source }) => visible(source) },
  { id: 'by', header: 'Changed by', min: 180, drop: 2, cell: ({ updatedBy }) => visible(updatedBy) },
  { id: 'at', header: 'Changed', min: 112, cell: ({ updatedAt }) => <RelativeTime at={updatedAt} /> },
];

export function WatchlistsPage(): ReactElement {
  const { search } = route.useSearch();
  const navigate = route.useNavigate();
  const why = useRefusal('createWatchlist', 'previewWatchlist', 'uploadWatchlistItems');
  const { data, error, refetch } = useQuery(watchlistsQuery);
  const [creating, setCreating] = useState(false);
  const needle = search?.toLowerCase() ?? '';
  const lists = (data?.watchlists ?? []).filter((list) =>
    [list.name, list.alias, list.description, ...list.labels].some((text) => text.toLowerCase().includes(needle)),
  );
  const open = (alias: string): void => void navigate({ to: '/watchlists/$alias', params: { alias } });
  return (
    <Page
      title="Watchlists"
      count={data && count(lists.length)}
      actions={
        <RefusableButton why={why} appearance="primary" icon={<AddRegular />} onClick={() => setCreating(true)}>
          New watchlist
        </RefusableButton>
      }
    >
      {creating && <WatchlistDialog onClose={() => setCreating(false)} onDone={open} />}
      <FilterBar
        filters={[]}
        search={
          <FilterSearch
            value={search}
            placeholder="Name, alias or label"
            onChange={(text) => void navigate({ search: { search: text }, replace: true })}
          />
        }
      />
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading rows={8} label="Loading watchlists" />}
      {data && (
        <Grid
          label="Watchlists"
          rows={lists}
          columns={columns}
          rowId={({ alias }) => alias}
          onOpen={({ alias }) => open(alias)}
          empty={
            data.watchlists.length === 0 ? (
              <EmptyState icon={<TextBulletListSquareRegular />} title="No watchlists">
                A list of people, devices or networks that queries and rules join by. Begin with a CSV file or a
                template.
              </EmptyState>
            ) : (
              <EmptyState title="No watchlist matches this text" />
            )
          }
        />
      )}
    </Page>
  );
}
