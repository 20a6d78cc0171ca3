import { Select } from '@fluentui/react-components';
import {
  AutomationLevel,
  InvestigationState,
  type DeviceGroupAutomation,
  type InvestigationPlaybook,
  type InvestigationSummary,
} from '@sallyport/contracts';
import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { FilterBar, FilterSearch } from '../../shared/FilterBar.tsx';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { count } from '../../shared/numbers.ts';
import { Page } from '../../shared/Page.tsx';
import { useRefusal } from '../../shared/Refusable.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { Status } from '../../shared/Status.tsx';
import { Tabs } from '../../shared/Tabs.tsx';
import { visible, words } from '../../shared/text.ts';
import { levelNames, states, type InvestigationsSearch } from './index.ts';
import { groupsQuery, investigationsQuery, playbooksQuery, useSetLevel } from './queries.ts';

const route = getRouteApi('/frame/investigations');

const columns: readonly GridColumn<InvestigationSummary>[] = [
  {
    id: 'incident',
    header: 'Incident',
    min: 240,
    grow: 3,
    cell: (one) => <bdi>{`${one.incidentNumber} · ${visible(one.incidentTitle)}`}</bdi>,
  },
  {
    id: 'state',
    header: 'State',
    min: 190,
    cell: ({ state }) => <Status tone={states[state][1]}>{states[state][0]}</Status>,
  },
  { id: 'malicious', header: 'Malicious', min: 88, align: 'end', cell: (one) => count(one.malicious) },
  { id: 'suspicious', header: 'Suspicious', min: 96, align: 'end', cell: (one) => count(one.suspicious) },
  { id: 'pending', header: 'To decide', min: 88, align: 'end', cell: (one) => count(one.pendingActions) },
  {
    id: 'playbooks',
    header: 'Playbooks',
    min: 160,
    grow: 2,
    drop: 2,
    cell: (one) => one.playbooks.map((name) => visible(name)).join(', '),
  },
  { id: 'by', header: 'Started by', min: 110, drop: 3, cell: (one) => visible(one.startedBy) },
  { id: 'started', header: 'Started', min: 104, cell: (one) => <RelativeTime at={one.startedAt} /> },
];

const playbookColumns: readonly GridColumn<InvestigationPlaybook>[] = [
  { id: 'name', header: 'Playbook', min: 200, grow: 1, cell: ({ name }) => visible(name) },
  { id: 'description', header: 'What it asks', min: 300, grow: 4, cell: ({ description }) => visible(description) },
  { id: 'steps', header: 'Steps', min: 64, align: 'end', cell: ({ steps }) => count(steps.length) },
  {
    id: 'kinds',
    header: 'Asks about',
    min: 140,
    grow: 1,
    drop: 2,
    cell: ({ steps }) => [...new Set(steps.map((step) => words(step.for)))].join(', '),
  },
  {
    id: 'tables',
    header: 'Reads',
    min: 200,
    grow: 2,
    drop: 1,
    cell: ({ steps }) => [...new Set(steps.flatMap((step) => step.tables))].join(', '),
  },
];

/** Automated investigations, the playbooks that they follow, and what may happen by itself on devices. */
export function InvestigationsPage(): ReactElement {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const set = (change: InvestigationsSearch, replace = false): void =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace });
  const tab = search.tab ?? 'investigations';
  return (
    <Page title="Investigations">
      <Tabs
        tabs={[
          { id: 'investigations', label: 'Investigations' },
          { id: 'playbooks', label: 'Playbooks' },
          { id: 'automation', label: 'Automation levels' },
        ]}
        value={tab}
        onChange={(next) => set({ tab: next })}
      />
      {tab === 'investigations' && <Investigations search={search} set={set} />}
      {tab === 'playbooks' && <Playbooks />}
      {tab === 'automation' && <Automation />}
    </Page>
  );
}

function Playbooks(): ReactElement {
  return (
    <Loaded query={useQuery(playbooksQuery)} label="Loading playbooks">
      {(playbooks) => (
        <Grid label="Playbooks" rows={playbooks} columns={playbookColumns} rowId={({ id }) => id} empty={null} />
      )}
    </Loaded>
  );
}

function Loaded<T>({
  query: { data, error, refetch },
  label,
  children,
}: {
  query: UseQueryResult<T>;
  label: string;
  children: (data: T) => ReactElement;
}): ReactElement {
  if (error && data === undefined) return <ErrorState error={error} onRetry={() => void refetch()} />;
  return data === undefined ? <Loading rows={10} label={label} /> : children(data);
}

function Investigations({
  search,
  set,
}: {
  search: InvestigationsSearch;
  set: (change: InvestigationsSearch, replace?: boolean) => void;
}): ReactElement {
  const query = useQuery(investigationsQuery(search.state));
  const navigate = route.useNavigate();
  const needle = search.search?.toLowerCase() ?? '';
  const byName = new Map(InvestigationState.options.map((state) => [states[state][0], state]));
  return (
    <>
      <FilterBar
        search={
          <FilterSearch
            value={search.search}
            placeholder="Incident or playbook"
            onChange={(text) => set({ search: text }, true)}
          />
        }
        filters={[
          {
            id: 'state',
            label: 'State',
            options: [...byName.keys()],
            values: search.state?.map((state) => states[state][0]),
            onChange: (values) => set({ state: values?.flatMap((name) => byName.get(name) ?? []) }),
          },
        ]}
      />
      <Loaded query={query} label="Loading investigations">
        {(investigations) => (
          <Grid
            label="Investigations"
            rows={investigations.filter((one) =>
              [`${one.incidentNumber}`, one.incidentTitle, ...one.playbooks].some((text) =>
                text.toLowerCase().includes(needle),
              ),
            )}
            columns={columns}
            rowId={({ id }) => id}
            onOpen={({ incidentNumber }) =>
              void navigate({
                to: '/incidents/$number',
                params: { number: String(incidentNumber) },
                search: { tab: 'investigation' },
              })
            }
            empty={
              <EmptyState title="No investigations">
                An alert that a playbook is for begins one; on an incident’s page one is begun by hand.
              </EmptyState>
            }
          />
        )}
      </Loaded>
    </>
  );
}

function Automation(): ReactElement {
  const query = useQuery(groupsQuery);
  const why = useRefusal('setDeviceGroupAutomation');
  const set = useSetLevel();
  const nameOf = (name: string): string => (name === '' ? 'Devices in no group' : visible(name));
  const groupColumns: readonly GridColumn<DeviceGroupAutomation>[] = [
    { id: 'name', header: 'Device group', min: 200, grow: 2, cell: ({ name }) => nameOf(name) },
    { id: 'devices', header: 'Devices', min: 88, align: 'end', cell: ({ devices }) => count(devices) },
    {
      id: 'level',
      header: 'What happens by itself',
      min: 320,
      grow: 2,
      cell: ({ name, level }) =>
        why === undefined ? (
          <Select
            size="small"
            aria-label={`Automation level of ${nameOf(name)}`}
            value={level}
            disabled={set.isPending}
            onClick={(event) => event.stopPropagation()}
            onChange={(_, { value }) => {
              const chosen = AutomationLevel.safeParse(value);
              if (chosen.success) set.mutate({ name, level: chosen.data });
            }}
          >
            {AutomationLevel.options.map((option) => (
              <option key={option} value={option}>
                {levelNames[option]}
              </option>
            ))}
          </Select>
        ) : (
          levelNames[level]
        ),
    },
    {
      id: 'set',
      header: 'Set',
      min: 180,
      grow: 1,
      cell: ({ isSet, updatedBy, updatedAt }) =>
        isSet ? (
          <span>
            {visible(updatedBy ?? '')} <RelativeTime at={updatedAt} />
          </span>
        ) : (
          'Default'
        ),
    },
  ];
  return (
    <Loaded query={query} label="Loading device groups">
      {(groups) => (
        <Grid label="Device groups" rows={groups} columns={groupColumns} rowId={({ name }) => name} empty={null} />
      )}
    </Loaded>
  );
}
