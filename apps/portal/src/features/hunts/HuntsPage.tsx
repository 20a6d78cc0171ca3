import { AddRegular, SearchSparkleRegular } from '@fluentui/react-icons';
import type { HuntSummary } from '@sallyport/contracts';
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
import { Tabs } from '../../shared/Tabs.tsx';
import { visible, words } from '../../shared/text.ts';
import { TextLink } from '../../shared/TextLink.tsx';
import { Bookmarks } from './Bookmarks.tsx';
import { HuntDialog } from './HuntDialog.tsx';
import type { HuntsSearch } from './index.ts';
import { bookmarksQuery, huntsQuery } from './queries.ts';

const route = getRouteApi('/frame/hunts');

const columns: readonly GridColumn<HuntSummary>[] = [
  {
    id: 'name',
    header: 'Hunt',
    min: 200,
    grow: 2,
    cell: ({ id, name }) => (
      <TextLink to="/hunts/$id" params={{ id }} tabIndex={-1} onClick={(event) => event.stopPropagation()}>
        {visible(name)}
      </TextLink>
    ),
  },
  { id: 'status', header: 'Status', min: 88, cell: ({ status }) => status },
  { id: 'outcome', header: 'Hypothesis', min: 112, cell: ({ hypothesisStatus }) => hypothesisStatus },
  { id: 'owner', header: 'Owner', min: 160, grow: 1, drop: 2, cell: ({ owner }) => visible(owner ?? '') },
  {
    id: 'tactics',
    header: 'Tactics',
    min: 160,
    grow: 1,
    drop: 3,
    cell: ({ tactics }) => tactics.map(words).join(', '),
  },
  { id: 'queries', header: 'Queries', min: 88, align: 'end', cell: ({ queryCount }) => count(queryCount) },
  { id: 'bookmarks', header: 'Bookmarks', min: 104, align: 'end', cell: ({ bookmarkCount }) => count(bookmarkCount) },
  { id: 'at', header: 'Changed', min: 112, cell: ({ updatedAt }) => <RelativeTime at={updatedAt} /> },
];

/** Investigations by name, and the rows that people kept. */
export function HuntsPage(): ReactElement {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const why = useRefusal('createHunt');
  const tab = search.tab ?? 'hunts';
  const hunts = useQuery(huntsQuery);
  const bookmarks = useQuery(bookmarksQuery(search.search ?? ''));
  const [creating, setCreating] = useState(false);
  const set = (change: HuntsSearch): void =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  const needle = search.search?.toLowerCase() ?? '';
  const shown = (hunts.data?.hunts ?? []).filter((one) =>
    [one.name, one.hypothesis, one.owner ?? '', ...one.labels, ...one.techniques].some((text) =>
      text.toLowerCase().includes(needle),
    ),
  );
  const open = (id: string): void => void navigate({ to: '/hunts/$id', params: { id } });
  const { error, refetch } = tab === 'hunts' ? hunts : bookmarks;
  return (
    <Page
      title="Hunts"
      count={hunts.data && count(hunts.data.hunts.length)}
      actions={
        <RefusableButton why={why} appearance="primary" icon={<AddRegular />} onClick={() => setCreating(true)}>
          New hunt
        </RefusableButton>
      }
    >
      {creating && <HuntDialog onClose={() => setCreating(false)} onDone={({ id }) => open(id)} />}
      <Tabs
        value={tab}
        onChange={(value) => set({ tab: value, selected: undefined })}
        tabs={[
          { id: 'hunts', label: 'Hunts', count: hunts.data?.hunts.length },
          { id: 'bookmarks', label: 'Bookmarks', count: bookmarks.data?.total },
        ]}
      />
      <FilterBar
        filters={[]}
        search={
          <FilterSearch
            value={search.search}
            placeholder={tab === 'hunts' ? 'Name, hypothesis, owner, technique' : 'Name, notes, label or a value'}
            onChange={(text) => set({ search: text })}
          />
        }
      />
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {tab === 'hunts' ? (
        <>
          {!hunts.data && !error && <Loading rows={8} label="Loading hunts" />}
          {hunts.data && (
            <Grid
              label="Hunts"
              rows={shown}
              columns={columns}
              rowId={({ id }) => id}
              onOpen={({ id }) => open(id)}
              empty={
                <EmptyState icon={<SearchSparkleRegular />} title="No hunts">
                  A hunt has a hypothesis, queries that test it, and the rows that tell. Begin one, and put queries into
                  it.
                </EmptyState>
              }
            />
          )}
        </>
      ) : (
        <>
          {!bookmarks.data && !error && <Loading rows={8} label="Loading bookmarks" />}
          {bookmarks.data && (
            <Bookmarks
              bookmarks={bookmarks.data.bookmarks}
              selected={search.selected}
              onSelected={(selected) => set({ selected })}
            />
          )}
        </>
      )}
    </Page>
  );
}
