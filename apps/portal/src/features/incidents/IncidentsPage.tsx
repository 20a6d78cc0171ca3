import { Button, makeStyles, Text, tokens } from '@fluentui/react-components';
import {
  ArrowSyncRegular,
  DataBarVerticalRegular,
  PeopleSwapRegular,
  ShieldCheckmarkRegular,
} from '@fluentui/react-icons';
import type { IncidentSummary } from '@sallyport/contracts';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useMemo, useState, type ReactElement } from 'react';
import { useColumns } from '../../shared/FilterBar.tsx';
import { Grid } from '../../shared/Grid.tsx';
import { usePageKey } from '../../shared/hooks.ts';
import { count, plural } from '../../shared/numbers.ts';
import { Page } from '../../shared/Page.tsx';
import { useRefusal } from '../../shared/Refusable.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { Severity } from '../../shared/Severity.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import { InlineLink } from '../../shared/TextLink.tsx';
import { useSteady } from '../../shared/useSteady.ts';
import { BulkBar } from './BulkBar.tsx';
import { useChanged } from './changed.ts';
import { hiddenAtFirst, useIncidentColumns } from './columns.tsx';
import { IncidentPanel } from './IncidentPanel.tsx';
import { IncidentStatusLabel, Owner } from './IncidentState.tsx';
import { sorts, type IncidentsSearch } from './index.ts';
import { queueQuery } from './queries.ts';
import { QueueFilters } from './QueueFilters.tsx';
import { ServiceLevel } from './ServiceLevel.tsx';
import { useBulk } from './useBulk.tsx';
import { ViewsMenu } from './ViewsMenu.tsx';

const useStyles = makeStyles({
  split: { display: 'flex', gap: tokens.spacingHorizontalM, flexGrow: 1, minHeight: 0 },
  card: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalXS, minWidth: 0 },
  cardLine: { display: 'flex', gap: tokens.spacingHorizontalM, alignItems: 'center', whiteSpace: 'nowrap' },
  cardTitle: { overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' },
  muted: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200 },
  said: { position: 'absolute', width: '1px', height: '1px', overflow: 'hidden', clipPath: 'inset(50%)' },
});

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
        No. {row.number} · {plural(row.alertCount, 'alert')} · <Owner owner={row.owner} /> ·{' '}
        <ServiceLevel incident={row} />
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
  const go = useNavigate();
  const why = useRefusal('updateIncidents');
  const { selected: openNumber, ...filters } = search;
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const query = useInfiniteQuery(queueQuery(filters));
  // An incident that changed between two pages may stand in both.
  const newest = useMemo(
    () =>
      query.data && [
        ...new Map(query.data.pages.flatMap(({ incidents }) => incidents).map((row) => [row.number, row])).values(),
      ],
    [query.data],
  );
  const total = query.data?.pages.at(-1)?.total;
  const view = JSON.stringify(filters) + String(query.isPlaceholderData);
  const steady = useSteady(newest, view, (row) => row.number, selected.size > 0 || openNumber !== undefined);
  const { changed, see } = useChanged(steady.rows, view);
  const columns = useIncidentColumns(changed);
  const { shown, hidden, chooser } = useColumns('incidents', columns, hiddenAtFirst);
  const bulk = useBulk(() => setSelected(new Set()));

  const set = (change: Partial<IncidentsSearch>, replace = false): void =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace });
  const close = (): void => set({ selected: undefined });
  const filtered = Object.entries(filters).some(
    ([name, value]) => value !== undefined && !['sort', 'order'].includes(name),
  );
  const chosen = steady.rows.filter((row) => selected.has(String(row.number)));
  const accept = (): void => {
    steady.accept();
    see();
  };
  usePageKey('r', accept);
  /** The selected ones, or else the one that the focus is on. */
  const concerned = (row: IncidentSummary): readonly IncidentSummary[] => (chosen.length > 0 ? chosen : [row]);
  const news = [
    steady.waiting > 0 ? `${count(steady.waiting)} new` : '',
    changed.size > 0 ? `${count(changed.size)} changed` : '',
  ].filter(Boolean);

  return (
    <Page
      title="Incidents"
      count={total === undefined ? undefined : count(total)}
      actions={
        <>
          {news.length > 0 && (
            <Button
              size="small"
              appearance={steady.waiting > 0 ? 'primary' : 'secondary'}
              icon={<ArrowSyncRegular />}
              title="r"
              onClick={accept}
            >
              Show {news.join(', ')}
            </Button>
          )}
          <span className={styles.said} role="status">
            {news.length > 0 ? `Since you last looked: ${news.join(', ')}. Press r to see them.` : ''}
          </span>
          <Text size={200} className={styles.muted} aria-live="off">
            {query.isError ? (
              'Not up to date'
            ) : (
              <>
                Updated <UpdatedAt at={query.dataUpdatedAt} />
              </>
            )}
          </Text>
          <Button size="small" icon={<DataBarVerticalRegular />} onClick={() => void go({ to: '/soc-metrics' })}>
            SOC metrics
          </Button>
          <Button size="small" icon={<PeopleSwapRegular />} onClick={() => void go({ to: '/handover' })}>
            Hand over
          </Button>
        </>
      }
    >
      {chosen.length > 0 ? (
        <BulkBar incidents={chosen} actions={bulk} onClear={() => setSelected(new Set())} />
      ) : (
        <QueueFilters
          filters={filters}
          set={set}
          end={
            <>
              <ViewsMenu
                filters={filters}
                hiddenColumns={hidden}
                onApply={(next, replace) => void navigate({ search: next, replace })}
              />
              {chooser}
            </>
          }
        />
      )}
      {bulk.dialogs}
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
            total={total}
            onEnd={() => query.hasNextPage && !query.isFetchingNextPage && void query.fetchNextPage()}
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
            selected={selected}
            onSelect={setSelected}
            {...(why === undefined
              ? {
                  keys: {
                    a: (row: IncidentSummary) => bulk.ask('assign', concerned(row)),
                    s: (row: IncidentSummary) =>
                      row.status === 'Active'
                        ? bulk.ask('close', concerned(row))
                        : bulk.change(concerned(row), { status: 'Active' }),
                    c: (row: IncidentSummary) =>
                      void go({
                        to: '/incidents/$number',
                        params: { number: String(row.number) },
                        search: { tab: 'comments' },
                      }),
                  },
                }
              : {})}
            card={(row) => <Card row={row} />}
            empty={
              filtered ? (
                <EmptyState
                  title="No incident matches these filters"
                  action={<Button onClick={() => void navigate({ search: {} })}>Reset filters</Button>}
                />
              ) : (
                <EmptyState icon={<ShieldCheckmarkRegular />} title="No open incidents">
                  Rules look at new rows every few minutes; what they find appears here. Upload a log under{' '}
                  <InlineLink to="/data" search={{ tab: 'upload' }}>
                    Data
                  </InlineLink>{' '}
                  to see them at work.
                </EmptyState>
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
