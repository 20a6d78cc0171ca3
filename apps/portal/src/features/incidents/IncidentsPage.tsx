import { Button, makeStyles, Text, tokens } from '@fluentui/react-components';
import { ArrowSyncRegular, ShieldCheckmarkRegular } from '@fluentui/react-icons';
import { IncidentStatus, Severity as SeverityEnum, type IncidentSummary } from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import { useMay, useMe } from '../../shared/api.ts';
import { FilterBar, FilterSearch, useColumns } from '../../shared/FilterBar.tsx';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { count, plural } from '../../shared/numbers.ts';
import { Page } from '../../shared/Page.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { Severity } from '../../shared/Severity.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { InlineLink, TextLink } from '../../shared/TextLink.tsx';
import { visible } from '../../shared/text.ts';
import { useSteady } from '../../shared/useSteady.ts';
import { BulkBar } from './BulkBar.tsx';
import { IncidentPanel } from './IncidentPanel.tsx';
import { IncidentStatusLabel, Owner, tacticList } from './IncidentState.tsx';
import { sorts, type IncidentsSearch } from './index.ts';
import { incidentsQuery, openStatuses } from './queries.ts';

const useStyles = makeStyles({
  split: { display: 'flex', gap: tokens.spacingHorizontalM, flexGrow: 1, minHeight: 0 },
  link: {
    color: tokens.colorNeutralForeground1,
    textDecorationLine: 'none',
    fontWeight: tokens.fontWeightSemibold,
    ':hover': { textDecorationLine: 'underline', color: tokens.colorBrandForegroundLink },
  },
  card: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalXS, minWidth: 0 },
  cardLine: { display: 'flex', gap: tokens.spacingHorizontalM, alignItems: 'center', whiteSpace: 'nowrap' },
  cardTitle: { overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' },
  muted: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200 },
});

function useGridColumns(): readonly GridColumn<IncidentSummary>[] {
  const styles = useStyles();
  return [
    { id: 'number', header: 'No.', min: 56, sort: true, cell: (row) => row.number },
    {
      id: 'severity',
      header: 'Severity',
      min: 132,
      sort: true,
      cell: (row) => <Severity severity={row.severity} />,
    },
    {
      id: 'title',
      header: 'Incident',
      min: 320,
      grow: 8,
      cell: (row) => (
        <TextLink
          to="/incidents/$number"
          params={{ number: String(row.number) }}
          className={styles.link}
          title={visible(row.title)}
          tabIndex={-1}
          onClick={(event) => event.stopPropagation()}
        >
          {visible(row.title)}
        </TextLink>
      ),
    },
    { id: 'status', header: 'Status', min: 92, cell: (row) => <IncidentStatusLabel status={row.status} /> },
    { id: 'owner', header: 'Owner', min: 112, grow: 1, drop: 1, cell: (row) => <Owner owner={row.owner} /> },
    { id: 'tactics', header: 'Tactics', min: 120, grow: 1, drop: 3, cell: (row) => tacticList(row.tactics) },
    {
      id: 'alertCount',
      header: 'Alerts',
      min: 68,
      align: 'end',
      sort: true,
      cell: (row) => count(row.alertCount),
    },
    { id: 'entityCount', header: 'Entities', min: 76, align: 'end', drop: 5, cell: (row) => count(row.entityCount) },
    {
      id: 'lastActivityAt',
      header: 'Last activity',
      min: 112,
      cell: (row) => <RelativeTime at={row.lastActivityAt} />,
    },
    {
      id: 'createdAt',
      header: 'Created',
      min: 96,
      drop: 6,
      sort: true,
      cell: (row) => <RelativeTime at={row.createdAt} />,
    },
    {
      id: 'lastUpdatedAt',
      header: 'Updated',
      min: 96,
      drop: 4,
      sort: true,
      cell: (row) => <RelativeTime at={row.lastUpdatedAt} />,
    },
  ];
}

function Card({ row }: { row: IncidentSummary }): ReactElement {
  const styles = useStyles();
  return (
    <div className={styles.card}>
      <div className={styles.cardLine}>
        <Severity severity={row.severity} />
        <IncidentStatusLabel status={row.status} />
        <span className={styles.muted}>
          <RelativeTime at={row.lastActivityAt} />
        </span>
      </div>
      <Text weight="semibold" className={styles.cardTitle}>
        {visible(row.title)}
      </Text>
      <span className={styles.muted}>
        No. {row.number} · {plural(row.alertCount, 'alert')} · <Owner owner={row.owner} />
      </span>
    </div>
  );
}

const route = getRouteApi('/frame/incidents');
const isSort = (name: string): name is (typeof sorts)[number] => (sorts as readonly string[]).includes(name);

/** The queue. It renews itself every ten seconds, without moving what is shown. */
export function IncidentsPage(): ReactElement {
  const styles = useStyles();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const me = useMe();
  const may = useMay('alerts.manage');
  const { selected: openNumber, ...filters } = search;
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const query = useQuery(incidentsQuery(filters));
  const steady = useSteady(
    query.data?.incidents,
    JSON.stringify(filters) + String(query.isPlaceholderData),
    (row) => row.number,
    selected.size > 0 || openNumber !== undefined,
  );
  const columns = useGridColumns();
  const { shown, chooser } = useColumns('incidents', columns);

  const set = (change: Partial<IncidentsSearch>, replace = false): void =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace });
  const close = (): void => set({ selected: undefined });
  const filtered = filters.status ?? filters.severity ?? filters.owner ?? filters.search;
  const chosen = steady.rows.filter((row) => selected.has(String(row.number)));

  return (
    <Page
      title="Incidents"
      count={query.data ? count(query.data.total) : undefined}
      actions={
        <>
          {steady.waiting > 0 && (
            <Button size="small" appearance="primary" icon={<ArrowSyncRegular />} onClick={steady.accept}>
              Show {count(steady.waiting)} new
            </Button>
          )}
          <Text size={200} className={styles.muted} aria-live="off">
            {query.isError ? 'Not up to date' : <>Updated {<UpdatedAt at={query.dataUpdatedAt} />}</>}
          </Text>
        </>
      }
    >
      {chosen.length > 0 && may ? (
        <BulkBar incidents={chosen} onClear={() => setSelected(new Set())} />
      ) : (
        <FilterBar
          search={
            <FilterSearch
              value={filters.search}
              placeholder="Title, entity or number"
              onChange={(text) => set({ search: text }, true)}
            />
          }
          filters={[
            {
              id: 'status',
              label: 'Status',
              options: IncidentStatus.options,
              values: filters.status ?? openStatuses,
              onChange: (values) =>
                set({ status: values === undefined ? [...IncidentStatus.options] : (values as IncidentStatus[]) }),
            },
            {
              id: 'severity',
              label: 'Severity',
              options: SeverityEnum.options,
              values: filters.severity,
              onChange: (values) => set({ severity: values as IncidentsSearch['severity'] }),
            },
            {
              id: 'owner',
              label: 'Owner',
              options: [
                me.userPrincipalName,
                ...(filters.owner && filters.owner !== me.userPrincipalName ? [filters.owner] : []),
              ],
              values: filters.owner === undefined ? undefined : [filters.owner],
              onChange: (values) => set({ owner: values?.at(-1) }),
            },
          ]}
          end={chooser}
        />
      )}
      {query.error && (
        <ErrorState
          error={query.error}
          title="The queue could not be renewed"
          {...(query.data ? { kept: 'What is shown is as it was before.' } : {})}
          onRetry={() => void query.refetch()}
        />
      )}
      {!query.data && !query.error && <Loading rows={12} label="Loading incidents" />}
      {query.data && (
        <div className={styles.split}>
          <Grid
            label="Incidents"
            rows={steady.rows}
            columns={shown}
            rowId={(row) => String(row.number)}
            openId={openNumber === undefined ? undefined : String(openNumber)}
            onOpen={(row) =>
              openNumber === row.number
                ? void navigate({ to: '/incidents/$number', params: { number: String(row.number) } })
                : set({ selected: row.number }, openNumber !== undefined)
            }
            onClose={openNumber === undefined ? () => setSelected(new Set()) : close}
            sort={{ by: filters.sort ?? 'lastUpdatedAt', order: filters.order ?? 'desc' }}
            onSort={(sort) => isSort(sort.by) && set({ sort: sort.by, order: sort.order })}
            {...(may ? { selected, onSelect: setSelected } : {})}
            card={(row) => <Card row={row} />}
            empty={
              filtered === undefined ? (
                <EmptyState icon={<ShieldCheckmarkRegular />} title="No open incidents">
                  Rules look at new rows every few minutes; what they find appears here. Upload a log under{' '}
                  <InlineLink to="/data" search={{ tab: 'upload' }}>
                    Data
                  </InlineLink>{' '}
                  to see them at work.
                </EmptyState>
              ) : (
                <EmptyState
                  title="No incident matches these filters"
                  action={
                    <Button
                      onClick={() =>
                        set({ status: undefined, severity: undefined, owner: undefined, search: undefined })
                      }
                    >
                      Reset filters
                    </Button>
                  }
                />
              )
            }
          />
          {openNumber !== undefined && <IncidentPanel key={openNumber} number={openNumber} onClose={close} />}
        </div>
      )}
    </Page>
  );
}

const UpdatedAt = ({ at }: { at: number }): ReactElement => (
  <RelativeTime at={at === 0 ? null : new Date(at).toISOString()} />
);
