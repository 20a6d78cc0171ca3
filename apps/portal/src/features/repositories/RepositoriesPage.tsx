import { makeStyles, tokens } from '@fluentui/react-components';
import { AddRegular, BranchForkRegular } from '@fluentui/react-icons';
import type { Repository } from '@sallyport/contracts';
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
import type { RepositoriesSearch } from './index.ts';
import { repositoriesQuery } from './queries.ts';
import { RepositoryDialog } from './RepositoryDialog.tsx';
import { RepositoryPanel } from './RepositoryPanel.tsx';
import { RepositoryState } from './RepositoryState.tsx';

const useStyles = makeStyles({
  root: { display: 'flex', gap: tokens.spacingHorizontalM, flexGrow: 1, minHeight: 0 },
});

const route = getRouteApi('/frame/repositories');

const columns: readonly GridColumn<Repository>[] = [
  { id: 'state', header: 'State', min: 124, cell: (one) => <RepositoryState {...one} /> },
  { id: 'name', header: 'Repository', min: 160, grow: 1, cell: ({ name }) => visible(name) },
  {
    id: 'location',
    header: 'Where',
    min: 220,
    grow: 2,
    drop: 1,
    cell: ({ location, branch }) => visible(branch === '' ? location : `${location} (${branch})`),
  },
  { id: 'items', header: 'Items', min: 72, align: 'end', cell: ({ items }) => count(items) },
  {
    id: 'last',
    header: 'Last look',
    min: 112,
    cell: ({ last }) => (last ? <RelativeTime at={last.at} /> : 'none yet'),
  },
];

/** Where content comes from by itself: Git repositories and folders of the server. */
export function RepositoriesPage(): ReactElement {
  const styles = useStyles();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const why = useRefusal('createRepository');
  const { data, error, refetch } = useQuery(repositoriesQuery);
  const [creating, setCreating] = useState(false);
  const set = (change: RepositoriesSearch, replace = false): void =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace });
  const needle = search.search?.toLowerCase() ?? '';
  const rows = (data?.repositories ?? []).filter(({ name, location }) =>
    `${name} ${location}`.toLowerCase().includes(needle),
  );
  return (
    <Page
      title="Repositories"
      count={data && count(rows.length)}
      actions={
        data && (
          <RefusableButton why={why} appearance="primary" icon={<AddRegular />} onClick={() => setCreating(true)}>
            New repository
          </RefusableButton>
        )
      }
    >
      {creating && data && (
        <RepositoryDialog
          allowed={data.allowed}
          onClose={() => setCreating(false)}
          onDone={(id) => {
            setCreating(false);
            set({ selected: id });
          }}
        />
      )}
      <FilterBar
        filters={[]}
        search={
          <FilterSearch
            value={search.search}
            placeholder="Name or address"
            onChange={(text) => set({ search: text }, true)}
          />
        }
      />
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading rows={8} label="Loading repositories" />}
      {data && (
        <div className={styles.root}>
          <Grid
            label="Repositories"
            rows={rows}
            columns={columns}
            rowId={({ id }) => id}
            openId={search.selected}
            onOpen={({ id }) => set({ selected: id }, search.selected !== undefined)}
            onClose={() => set({ selected: undefined })}
            empty={
              data.repositories.length === 0 ? (
                <EmptyState icon={<BranchForkRegular />} title="No repositories">
                  Rules, hunting queries and watchlists of a Git repository or a folder are kept up to date here, by
                  themselves.
                </EmptyState>
              ) : (
                <EmptyState title="No repository matches this text" />
              )
            }
          />
          {search.selected !== undefined && (
            <RepositoryPanel id={search.selected} allowed={data.allowed} onClose={() => set({ selected: undefined })} />
          )}
        </div>
      )}
    </Page>
  );
}
