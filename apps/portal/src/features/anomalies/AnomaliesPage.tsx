import { Button, makeStyles, tokens } from '@fluentui/react-components';
import { PulseSquareRegular } from '@fluentui/react-icons';
import type { Anomaly, AnomalyTemplate } from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useMemo, type ReactElement } from 'react';
import { FilterBar, FilterSearch, useColumns } from '../../shared/FilterBar.tsx';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { count, plural } from '../../shared/numbers.ts';
import { Page } from '../../shared/Page.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { Status } from '../../shared/Status.tsx';
import { Tabs } from '../../shared/Tabs.tsx';
import { visible, words } from '../../shared/text.ts';
import { AnomalyPanel } from './AnomalyPanel.tsx';
import { AnomalyRulePanel } from './AnomalyRulePanel.tsx';
import { anomalyDays, type AnomaliesSearch } from './index.ts';
import { anomaliesQuery, templatesQuery } from './queries.ts';
import { Score } from './Score.tsx';

const useStyles = makeStyles({
  root: { display: 'flex', flexGrow: 1, minHeight: 0, gap: tokens.spacingHorizontalM },
});

const route = getRouteApi('/frame/anomalies');

const foundColumns: readonly GridColumn<Anomaly>[] = [
  { id: 'score', header: 'Score', min: 88, cell: ({ score }) => <Score score={score} /> },
  { id: 'name', header: 'Anomaly', min: 220, grow: 2, cell: ({ name }) => visible(name) },
  {
    id: 'who',
    header: 'Who or what',
    min: 180,
    grow: 1.5,
    cell: (a) => <bdi>{visible(a.user || a.sourceIp || a.sourceDevice || a.destinationDevice)}</bdi>,
  },
  { id: 'description', header: 'What', min: 240, grow: 4, drop: 2, cell: (a) => <bdi>{visible(a.description)}</bdi> },
  { id: 'tactics', header: 'Tactics', min: 130, grow: 1, drop: 3, cell: (a) => words(visible(a.tactics)) },
  { id: 'time', header: 'When', min: 110, cell: (a) => <RelativeTime at={a.endTime ?? a.time} /> },
];

const stateOf = ({ production, flight }: AnomalyTemplate): ReactElement =>
  production.lastRun?.error ? (
    <Status tone="bad">Fails</Status>
  ) : flight ? (
    <Status tone="working">In flight</Status>
  ) : production.enabled ? (
    <Status tone="good">On</Status>
  ) : (
    <Status tone="off">Off</Status>
  );

const ruleColumns: readonly GridColumn<AnomalyTemplate>[] = [
  { id: 'name', header: 'Anomaly rule', min: 300, grow: 3, cell: ({ name }) => visible(name) },
  { id: 'state', header: 'State', min: 112, cell: stateOf },
  {
    id: 'kind',
    header: 'Kind',
    min: 130,
    drop: 2,
    cell: ({ kind }) => (kind === 'UEBA' ? 'UEBA' : 'Machine learning'),
  },
  { id: 'tactics', header: 'Tactics', min: 130, grow: 1, drop: 3, cell: (t) => t.tactics.map(words).join(', ') },
  { id: 'tables', header: 'Reads', min: 140, grow: 1, drop: 4, cell: (t) => t.tables.join(', ') },
  { id: 'found', header: 'In 14 days', min: 92, align: 'end', cell: (t) => count(t.production.anomalies) },
  {
    id: 'flown',
    header: 'In flight',
    min: 84,
    align: 'end',
    drop: 1,
    cell: (t) => (t.flight ? count(t.flight.anomalies) : ''),
  },
  {
    id: 'ran',
    header: 'Last run',
    min: 104,
    cell: (t) => <RelativeTime at={t.production.lastRun?.startedAt ?? null} />,
  },
];

/** What is unlike before: the anomalies with the numbers behind them, and the rules that find them. */
export function AnomaliesPage(): ReactElement {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const set = (change: AnomaliesSearch, replace = false): void =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace });
  const tab = search.tab ?? 'found';
  const templates = useQuery(templatesQuery);
  const known = templates.data;
  return (
    <Page
      title="Anomalies"
      {...(known
        ? {
            beside: (
              <span>
                {known.judgedTo === null ? (
                  'Nothing is learned yet'
                ) : (
                  <>
                    {plural(known.learnedDays, 'day')} learned, judged to <RelativeTime at={known.judgedTo} />
                  </>
                )}
              </span>
            ),
          }
        : {})}
    >
      <Tabs
        tabs={[
          { id: 'found', label: 'Found' },
          { id: 'rules', label: 'Rules', count: known?.templates.length },
        ]}
        value={tab}
        onChange={(next) => set({ tab: next, selected: undefined })}
      />
      {tab === 'found' ? (
        <Found search={search} set={set} templates={known?.templates ?? []} />
      ) : (
        <Rules search={search} set={set} />
      )}
    </Page>
  );
}

interface PartProps {
  readonly search: AnomaliesSearch;
  readonly set: (change: AnomaliesSearch, replace?: boolean) => void;
}

function Found({ search, set, templates }: PartProps & { templates: readonly AnomalyTemplate[] }): ReactElement {
  const styles = useStyles();
  const days = search.days ?? '14';
  const status = search.status ?? 'Production';
  const filter = { days: Number(days), status, templateId: search.template, search: search.search ?? '' };
  const { data, error, refetch } = useQuery(anomaliesQuery(filter));
  const { shown, chooser } = useColumns('anomalies', foundColumns);
  const selected = data?.anomalies.find(({ id }) => id === search.selected);
  const close = (): void => set({ selected: undefined });
  const byName = new Map(templates.map(({ name, id }) => [name, id]));
  const named = templates.find(({ id }) => id === search.template);
  return (
    <>
      <FilterBar
        search={
          <FilterSearch
            value={search.search}
            placeholder="User, address, device or text"
            onChange={(text) => set({ search: text }, true)}
          />
        }
        filters={[
          {
            id: 'template',
            label: 'Rule',
            options: [...byName.keys()],
            values: named ? [named.name] : undefined,
            // One at a time: the one that was added.
            onChange: (values) => {
              const next = values?.find((name) => name !== named?.name);
              set({ template: next === undefined ? undefined : byName.get(next) });
            },
          },
          {
            id: 'status',
            label: 'Status',
            options: ['Flighting'],
            values: status === 'Flighting' ? ['Flighting'] : undefined,
            onChange: (values) => set({ status: values ? 'Flighting' : undefined }),
          },
        ]}
        end={
          <>
            {anomalyDays.map((one) => (
              <Button
                key={one}
                size="small"
                appearance={days === one ? 'primary' : 'secondary'}
                aria-pressed={days === one}
                onClick={() => set({ days: one })}
              >
                {plural(Number(one), 'day')}
              </Button>
            ))}
            {chooser}
          </>
        }
      />
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading rows={12} label="Loading anomalies" />}
      {data && (
        <div className={styles.root}>
          <Grid
            label="Anomalies"
            rows={data.anomalies}
            columns={shown}
            rowId={({ id }) => id}
            openId={selected?.id}
            onOpen={({ id }) => set({ selected: id })}
            onClose={close}
            empty={
              <EmptyState icon={<PulseSquareRegular />} title="No anomalies">
                {status === 'Flighting'
                  ? 'No rule in flight has found anything. Fly one on the tab of rules.'
                  : 'Nothing in this time was unlike before. Five days of sign-ins, logons or other activity must be learned first.'}
              </EmptyState>
            }
          />
          {selected && <AnomalyPanel anomaly={selected} onClose={close} />}
        </div>
      )}
    </>
  );
}

function Rules({ search, set }: PartProps): ReactElement {
  const styles = useStyles();
  const { data, error, refetch } = useQuery(templatesQuery);
  const { shown, chooser } = useColumns('anomaly-rules', ruleColumns);
  const needle = search.search?.toLowerCase() ?? '';
  const rows = useMemo(
    () =>
      (data?.templates ?? []).filter((t) =>
        [t.name, ...t.tables, ...t.tactics, ...t.techniques].some((text) => text.toLowerCase().includes(needle)),
      ),
    [data, needle],
  );
  const selected = data?.templates.find(({ id }) => id === search.selected);
  const close = (): void => set({ selected: undefined });
  return (
    <>
      <FilterBar
        search={
          <FilterSearch
            value={search.search}
            placeholder="Name, technique or table"
            onChange={(text) => set({ search: text }, true)}
          />
        }
        filters={[]}
        end={chooser}
      />
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading rows={12} label="Loading anomaly rules" />}
      {data && (
        <div className={styles.root}>
          <Grid
            label="Anomaly rules"
            rows={rows}
            columns={shown}
            rowId={({ id }) => id}
            openId={selected?.id}
            onOpen={({ id }) => set({ selected: id })}
            onClose={close}
            empty={<EmptyState title="No rule matches this search" />}
          />
          {selected && <AnomalyRulePanel key={selected.id} template={selected} onClose={close} />}
        </div>
      )}
    </>
  );
}
