import { makeStyles, Text, tokens } from '@fluentui/react-components';
import { BoxSearchRegular } from '@fluentui/react-icons';
import { Criticality, RiskLevel, type InventoryEntity } from '@sallyport/contracts';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useMemo, type ReactElement } from 'react';
import { EntityIcon } from '../../shared/EntityLink.tsx';
import { FilterBar, FilterSearch, useColumns } from '../../shared/FilterBar.tsx';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { count } from '../../shared/numbers.ts';
import { Page } from '../../shared/Page.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { Tabs } from '../../shared/Tabs.tsx';
import { visible, words } from '../../shared/text.ts';
import { TextLink } from '../../shared/TextLink.tsx';
import { AssetPanel } from './AssetPanel.tsx';
import { CriticalityLabel, Risk, Tags } from './EntityState.tsx';
import { assetGroupNames, assetGroups, assetSorts, type AssetGroup, type AssetsSearch } from './index.ts';
import { assetsQuery } from './queries.ts';

const useStyles = makeStyles({
  root: { display: 'flex', flexGrow: 1, minHeight: 0, gap: tokens.spacingHorizontalM },
  kind: { display: 'inline-flex', alignItems: 'center', gap: tokens.spacingHorizontalS, whiteSpace: 'nowrap' },
  name: {
    color: tokens.colorNeutralForeground1,
    fontWeight: tokens.fontWeightSemibold,
    ':hover': { color: tokens.colorBrandForegroundLink },
  },
  card: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalXS, minWidth: 0 },
});

const route = getRouteApi('/frame/assets');
/** What a directory or inventory says of it, in a few words. */
const facts = ['DisplayName', 'JobTitle', 'Department', 'OS', 'Type', 'File', 'Country', 'Device'];
const told = ({ properties }: InventoryEntity): string =>
  facts
    .flatMap((name) => properties[name] ?? [])
    .slice(0, 3)
    .join(' · ');
/** 10,001 stands for that many or more. */
const COUNTED_MAX = 10_001;

function useGridColumns(): readonly GridColumn<InventoryEntity>[] {
  const styles = useStyles();
  return [
    {
      id: 'kind',
      header: 'Kind',
      min: 140,
      drop: 3,
      cell: ({ kind }) => (
        <span className={styles.kind}>
          <EntityIcon kind={kind} />
          {words(kind)}
        </span>
      ),
    },
    {
      id: 'name',
      header: 'Name',
      min: 240,
      grow: 4,
      sort: true,
      cell: ({ id, name }) => (
        <TextLink
          to="/entities/$id"
          params={{ id }}
          className={styles.name}
          title={visible(name)}
          tabIndex={-1}
          onClick={(event) => event.stopPropagation()}
        >
          <bdi>{visible(name)}</bdi>
        </TextLink>
      ),
    },
    {
      id: 'risk',
      header: 'Risk',
      min: 124,
      sort: true,
      cell: (row) => <Risk level={row.riskLevel} score={row.riskScore} />,
    },
    {
      id: 'criticality',
      header: 'Criticality',
      min: 112,
      sort: true,
      cell: ({ criticality }) => <CriticalityLabel criticality={criticality} />,
    },
    { id: 'facts', header: 'About', min: 180, grow: 3, drop: 4, cell: (row) => <bdi>{visible(told(row))}</bdi> },
    { id: 'tags', header: 'Tags', min: 110, grow: 1, drop: 5, cell: ({ tags }) => <Tags tags={tags} /> },
    {
      id: 'owner',
      header: 'Owner',
      min: 120,
      grow: 1,
      drop: 6,
      cell: ({ owner }) => (owner === null ? '' : visible(owner)),
    },
    {
      id: 'firstSeen',
      header: 'First seen',
      min: 104,
      drop: 2,
      cell: ({ firstSeen }) => <RelativeTime at={firstSeen} />,
    },
    {
      id: 'lastSeen',
      header: 'Last seen',
      min: 104,
      sort: true,
      cell: ({ lastSeen }) => <RelativeTime at={lastSeen} />,
    },
  ];
}

const isSort = (name: string): name is (typeof assetSorts)[number] => (assetSorts as readonly string[]).includes(name);

/** Everything that logs and alerts tell of, the riskiest first. */
export function AssetsPage(): ReactElement {
  const styles = useStyles();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const set = (change: AssetsSearch, replace = false): void =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace });
  const { selected, ...filters } = search;
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(
    assetsQuery(filters),
  );
  const rows = useMemo(() => data?.pages.flatMap(({ entities }) => entities) ?? [], [data]);
  const first = data?.pages[0];
  const { shown, chooser } = useColumns('assets', useGridColumns());
  const open = rows.find(({ id }) => id === selected);
  const close = (): void => set({ selected: undefined });
  const ofGroup = (group: AssetGroup): number | undefined => {
    const kinds: readonly string[] | undefined = assetGroups[group];
    return first?.kinds
      ? Object.entries(first.kinds).reduce((sum, [kind, n]) => ((kinds?.includes(kind) ?? true) ? sum + n : sum), 0)
      : undefined;
  };
  const total = first === undefined ? undefined : first.total >= COUNTED_MAX ? '10,000 and more' : count(first.total);
  return (
    <Page title="Assets" count={total}>
      <Tabs
        tabs={(Object.keys(assetGroups) as AssetGroup[]).map((id) => ({
          id,
          label: assetGroupNames[id],
          count: ofGroup(id),
        }))}
        value={search.group ?? 'all'}
        onChange={(group) => set({ group: group === 'all' ? undefined : group, selected: undefined })}
      />
      <FilterBar
        search={
          <FilterSearch
            value={search.search}
            placeholder="Name, identifier or file"
            onChange={(text) => set({ search: text }, true)}
          />
        }
        filters={[
          {
            id: 'criticality',
            label: 'Criticality',
            options: Criticality.options,
            values: search.criticality,
            onChange: (values) => set({ criticality: values as AssetsSearch['criticality'] }),
          },
          {
            id: 'risk',
            label: 'Risk',
            options: RiskLevel.options,
            values: search.risk,
            onChange: (values) => set({ risk: values as AssetsSearch['risk'] }),
          },
          {
            id: 'tag',
            label: 'Tag',
            options: [
              ...new Set([...(search.tag === undefined ? [] : [search.tag]), ...rows.flatMap(({ tags }) => tags)]),
            ].toSorted(),
            values: search.tag === undefined ? undefined : [search.tag],
            onChange: (values) => set({ tag: values?.find((tag) => tag !== search.tag) }),
          },
        ]}
        end={chooser}
      />
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading rows={12} label="Loading assets" />}
      {data && (
        <div className={styles.root}>
          <Grid
            label="Assets"
            rows={rows}
            columns={shown}
            rowId={({ id }) => id}
            openId={open?.id}
            total={first?.total}
            onEnd={() => hasNextPage && !isFetchingNextPage && void fetchNextPage()}
            onOpen={({ id }) =>
              id === selected ? void navigate({ to: '/entities/$id', params: { id } }) : set({ selected: id })
            }
            onClose={close}
            sort={{ by: search.sort ?? 'risk', order: search.order ?? 'desc' }}
            onSort={({ by, order }) => isSort(by) && set({ sort: by, order })}
            card={(row) => (
              <div className={styles.card}>
                <span className={styles.kind}>
                  <EntityIcon kind={row.kind} />
                  <Risk level={row.riskLevel} score={row.riskScore} />
                </span>
                <Text weight="semibold" truncate wrap={false} block>
                  {visible(row.name)}
                </Text>
                <RelativeTime at={row.lastSeen} />
              </div>
            )}
            empty={
              <EmptyState icon={<BoxSearchRegular />} title="Nothing matches">
                Devices, identities and addresses come in within minutes after logs about them have arrived. Remove a
                filter, or bring in logs on the page Data.
              </EmptyState>
            }
          />
          {open && <AssetPanel entity={open} onClose={close} />}
        </div>
      )}
    </Page>
  );
}
