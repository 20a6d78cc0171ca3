import { Button, makeStyles, Text, tokens } from '@fluentui/react-components';
import { ShieldPersonRegular } from '@fluentui/react-icons';
import {
  RiskState,
  type RiskDetection,
  type RiskSubjectKind,
  type RiskySignIn,
  type RiskySubject,
} from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import { FilterBar, FilterSearch, useColumns } from '../../shared/FilterBar.tsx';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { plural } from '../../shared/numbers.ts';
import { Page } from '../../shared/Page.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { SidePanel } from '../../shared/SidePanel.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { Tabs } from '../../shared/Tabs.tsx';
import { visible } from '../../shared/text.ts';
import { DetectionCard } from './DetectionCard.tsx';
import { riskLevels, type RiskSearch } from './index.ts';
import { detectionsQuery, signInsQuery, subjectsQuery, useJudge } from './queries.ts';
import { Judge, Level, State } from './Risk.tsx';
import { SubjectPanel } from './SubjectPanel.tsx';

const useStyles = makeStyles({
  root: { display: 'flex', flexGrow: 1, minHeight: 0, gap: tokens.spacingHorizontalM },
  bar: { display: 'flex', alignItems: 'center', flexWrap: 'wrap', gap: tokens.spacingHorizontalS },
});
const route = getRouteApi('/frame/identity-protection');

interface TabProps {
  readonly search: RiskSearch;
  readonly set: (change: RiskSearch, replace?: boolean) => void;
}

/** Who and what is at risk, why, and what people said of it. */
export function IdentityProtectionPage(): ReactElement {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const set: TabProps['set'] = (change, replace = false) =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace });
  const tab = search.tab ?? 'users';
  return (
    <Page title="Identity protection">
      <Tabs
        tabs={[
          { id: 'users', label: 'Risky users' },
          { id: 'sign-ins', label: 'Risky sign-ins' },
          { id: 'detections', label: 'Risk detections' },
          { id: 'workloads', label: 'Risky workload identities' },
        ]}
        value={tab}
        onChange={(next) => set({ tab: next, selected: undefined, state: undefined })}
      />
      {tab === 'users' && <Subjects key="user" kind="user" search={search} set={set} />}
      {tab === 'workloads' && <Subjects key="workload" kind="servicePrincipal" search={search} set={set} />}
      {tab === 'sign-ins' && <SignIns search={search} set={set} />}
      {tab === 'detections' && <Detections search={search} set={set} />}
    </Page>
  );
}

function Filters({
  search,
  set,
  states = false,
  chooser,
}: TabProps & { states?: boolean; chooser: ReactElement }): ReactElement {
  const one = <T extends string>(
    now: T | undefined,
    options: readonly T[],
    values: readonly string[] | undefined,
  ): T | undefined => options.find((option) => values?.includes(option) && option !== now);
  return (
    <FilterBar
      search={
        <FilterSearch
          value={search.search}
          placeholder="Name or address"
          onChange={(text) => set({ search: text }, true)}
        />
      }
      filters={[
        {
          id: 'level',
          label: 'Risk',
          options: riskLevels,
          values: search.level ? [search.level] : undefined,
          onChange: (values) => set({ level: one(search.level, riskLevels, values) }),
        },
        ...(states
          ? [
              {
                id: 'state',
                label: 'State',
                options: RiskState.options,
                values: search.state ? [search.state] : undefined,
                onChange: (values: readonly string[] | undefined) =>
                  set({ state: one(search.state, RiskState.options, values) }),
              },
            ]
          : []),
      ]}
      end={chooser}
    />
  );
}

const subjectColumns: readonly GridColumn<RiskySubject>[] = [
  { id: 'level', header: 'Risk', min: 110, cell: ({ riskLevel }) => <Level level={riskLevel} /> },
  {
    id: 'name',
    header: 'Name',
    min: 180,
    grow: 2,
    cell: ({ displayName, name }) => <bdi>{visible(displayName || name)}</bdi>,
  },
  { id: 'account', header: 'Account', min: 180, grow: 2, drop: 2, cell: ({ name }) => <bdi>{visible(name)}</bdi> },
  { id: 'state', header: 'State', min: 190, cell: ({ riskState }) => <State state={riskState} /> },
  { id: 'changed', header: 'Changed', min: 120, drop: 1, cell: ({ updatedAt }) => <RelativeTime at={updatedAt} /> },
];

function Subjects({ kind, search, set }: TabProps & { kind: RiskSubjectKind }): ReactElement {
  const styles = useStyles();
  const { data, error, refetch } = useQuery(subjectsQuery(kind, search));
  const { shown, chooser } = useColumns(`risky-${kind}`, subjectColumns);
  const [selected, select] = useState<ReadonlySet<string>>(new Set());
  const judge = useJudge(kind);
  const close = (): void => set({ selected: undefined });
  const what = kind === 'user' ? 'user' : 'workload';
  return (
    <>
      <Filters search={search} set={set} states chooser={chooser} />
      {selected.size > 0 && (
        <div className={styles.bar} role="toolbar" aria-label="Selected">
          <Text weight="semibold">{plural(selected.size, what)} selected</Text>
          <Judge
            of={plural(selected.size, what)}
            without={kind === 'user' ? [] : ['confirmSafe']}
            busy={judge.isPending}
            onJudge={(judgement) =>
              judge.mutate({ ids: [...selected].slice(0, 60), judgement }, { onSuccess: () => select(new Set()) })
            }
          />
          <Button size="small" appearance="subtle" onClick={() => select(new Set())}>
            Clear
          </Button>
        </div>
      )}
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading rows={12} label="Loading" />}
      {data && (
        <div className={styles.root}>
          <Grid
            label={kind === 'user' ? 'Risky users' : 'Risky workload identities'}
            rows={data.subjects}
            columns={shown}
            rowId={({ id }) => id}
            openId={search.selected}
            onOpen={({ id }) => set({ selected: id })}
            onClose={close}
            selected={selected}
            onSelect={select}
            empty={<Nobody what={kind === 'user' ? 'risky users' : 'risky workload identities'} />}
          />
          {search.selected !== undefined && <SubjectPanel kind={kind} id={search.selected} onClose={close} />}
        </div>
      )}
    </>
  );
}

const Nobody = ({ what }: { what: string }): ReactElement => (
  <EmptyState icon={<ShieldPersonRegular />} title={`No ${what}`}>
    Nothing that was looked at is a risk. Sign-ins to Sallyport are judged as they happen; connect Entra ID, Okta,
    Google Workspace or AWS under Data, and theirs are judged too. Five days of sign-ins are learned first.
  </EmptyState>
);

const signInColumns: readonly GridColumn<RiskySignIn>[] = [
  { id: 'level', header: 'Risk', min: 110, cell: ({ riskLevel }) => <Level level={riskLevel} /> },
  {
    id: 'who',
    header: 'Who',
    min: 180,
    grow: 2,
    cell: (one) => <bdi>{visible(one.displayName || one.userPrincipalName)}</bdi>,
  },
  {
    id: 'what',
    header: 'Detected',
    min: 200,
    grow: 3,
    cell: ({ detections }) => [...new Set(detections.map(({ name }) => name))].join(', '),
  },
  { id: 'address', header: 'Address', min: 140, drop: 2, cell: ({ ipAddress }) => <code>{visible(ipAddress)}</code> },
  {
    id: 'place',
    header: 'Place',
    min: 110,
    drop: 3,
    cell: ({ city, country }) => visible([city, country].filter(Boolean).join(', ')),
  },
  { id: 'state', header: 'State', min: 190, drop: 1, cell: ({ riskState }) => <State state={riskState} /> },
  { id: 'by', header: 'To', min: 110, drop: 4, cell: ({ source }) => visible(source) },
  { id: 'time', header: 'When', min: 110, cell: ({ at }) => <RelativeTime at={at} /> },
];

function SignIns({ search, set }: TabProps): ReactElement {
  const styles = useStyles();
  const { data, error, refetch } = useQuery(signInsQuery(search));
  const { shown, chooser } = useColumns('risky-sign-ins', signInColumns);
  const judge = useJudge('sign-in');
  const open = data?.signIns.find(({ requestId }) => requestId === search.selected);
  const close = (): void => set({ selected: undefined });
  return (
    <>
      <Filters search={search} set={set} chooser={chooser} />
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading rows={12} label="Loading" />}
      {data && (
        <div className={styles.root}>
          <Grid
            label="Risky sign-ins"
            rows={data.signIns}
            columns={shown}
            rowId={({ requestId }) => requestId}
            openId={open?.requestId}
            onOpen={({ requestId }) => set({ selected: requestId })}
            onClose={close}
            empty={<Nobody what="risky sign-ins" />}
          />
          {open && (
            <SidePanel
              label="Risky sign-in"
              title={visible(open.displayName || open.userPrincipalName)}
              onClose={close}
              footer={
                <Judge
                  of={`this sign-in of ${visible(open.userPrincipalName)}`}
                  busy={judge.isPending}
                  onJudge={(judgement) => judge.mutate({ ids: [open.requestId], judgement })}
                />
              }
            >
              {open.detections.map((detection) => (
                <DetectionCard key={detection.id} detection={detection} />
              ))}
            </SidePanel>
          )}
        </div>
      )}
    </>
  );
}

const detectionColumns: readonly GridColumn<RiskDetection>[] = [
  { id: 'level', header: 'Risk', min: 110, cell: ({ riskLevel }) => <Level level={riskLevel} /> },
  { id: 'name', header: 'Detection', min: 200, grow: 2, cell: ({ name }) => visible(name) },
  {
    id: 'who',
    header: 'Of',
    min: 180,
    grow: 2,
    cell: (one) => <bdi>{visible(one.displayName || one.subjectName)}</bdi>,
  },
  { id: 'address', header: 'Address', min: 140, drop: 2, cell: ({ ipAddress }) => <code>{visible(ipAddress)}</code> },
  { id: 'state', header: 'State', min: 190, drop: 1, cell: ({ riskState }) => <State state={riskState} /> },
  { id: 'by', header: 'By', min: 110, drop: 3, cell: ({ source }) => visible(source) },
  { id: 'time', header: 'When', min: 110, cell: ({ activityAt }) => <RelativeTime at={activityAt} /> },
];

function Detections({ search, set }: TabProps): ReactElement {
  const styles = useStyles();
  const { data, error, refetch } = useQuery(detectionsQuery(search));
  const { shown, chooser } = useColumns('risk-detections', detectionColumns);
  const open = data?.detections.find(({ id }) => id === search.selected);
  const close = (): void => set({ selected: undefined });
  return (
    <>
      <Filters search={search} set={set} chooser={chooser} />
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading rows={12} label="Loading" />}
      {data && (
        <div className={styles.root}>
          <Grid
            label="Risk detections"
            rows={data.detections}
            columns={shown}
            rowId={({ id }) => id}
            openId={open?.id}
            onOpen={({ id }) => set({ selected: id })}
            onClose={close}
            empty={<Nobody what="risk detections" />}
          />
          {open && (
            <SidePanel label="Risk detection" title={visible(open.displayName || open.subjectName)} onClose={close}>
              <DetectionCard detection={open} />
            </SidePanel>
          )}
        </div>
      )}
    </>
  );
}
