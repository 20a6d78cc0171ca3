import { Button, Text } from '@fluentui/react-components';
import { AddRegular, BriefcaseRegular } from '@fluentui/react-icons';
import { CasePriority, CaseStatus, type Case } from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import { useMe } from '../../shared/api.ts';
import { FilterBar, FilterSearch, useColumns } from '../../shared/FilterBar.tsx';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { count } from '../../shared/numbers.ts';
import { Page } from '../../shared/Page.tsx';
import { RefusableButton, useRefusal } from '../../shared/Refusable.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import { TextLink } from '../../shared/TextLink.tsx';
import { useSteady } from '../../shared/useSteady.ts';
import { Owner } from '../incidents/IncidentState.tsx';
import { CaseDialog } from './CaseDialog.tsx';
import { CaseStatusLabel, Priority } from './CaseState.tsx';
import type { CasesSearch } from './index.ts';
import { casesQuery, openCaseStatuses } from './queries.ts';

const route = getRouteApi('/frame/cases');

const columns: readonly GridColumn<Case>[] = [
  { id: 'number', header: 'No.', min: 56, cell: (row) => row.number },
  { id: 'priority', header: 'Priority', min: 112, cell: (row) => <Priority priority={row.priority} /> },
  {
    id: 'title',
    header: 'Case',
    min: 280,
    grow: 6,
    cell: (row) => (
      <TextLink
        to="/cases/$number"
        params={{ number: String(row.number) }}
        tabIndex={-1}
        onClick={(event) => event.stopPropagation()}
      >
        {visible(row.title)}
      </TextLink>
    ),
  },
  { id: 'status', header: 'Status', min: 104, cell: (row) => <CaseStatusLabel status={row.status} /> },
  { id: 'owner', header: 'Owner', min: 140, grow: 1, cell: (row) => <Owner owner={row.owner} /> },
  { id: 'incidents', header: 'Incidents', min: 80, align: 'end', cell: (row) => count(row.incidentCount) },
  {
    id: 'tasks',
    header: 'Open tasks',
    min: 92,
    align: 'end',
    drop: 2,
    cell: (row) => `${row.openTaskCount} of ${row.taskCount}`,
  },
  { id: 'due', header: 'Due', min: 104, drop: 1, cell: (row) => <RelativeTime at={row.dueAt} /> },
  { id: 'updated', header: 'Updated', min: 104, cell: (row) => <RelativeTime at={row.updatedAt} /> },
  { id: 'created', header: 'Opened', min: 104, drop: 3, cell: (row) => <RelativeTime at={row.createdAt} /> },
];

/** Cases: what several incidents are one investigation of. */
export function CasesPage(): ReactElement {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const me = useMe();
  const why = useRefusal('createCase');
  const [creating, setCreating] = useState(false);
  const query = useQuery(casesQuery({ ...search, status: search.status ?? [...openCaseStatuses] }));
  const steady = useSteady(
    query.data?.cases,
    JSON.stringify(search) + String(query.isPlaceholderData),
    (row) => row.number,
    false,
  );
  const { shown, chooser } = useColumns('cases', columns);
  const set = (change: Partial<CasesSearch>, replace = false): void =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace });
  const open = (number: number): void => void navigate({ to: '/cases/$number', params: { number: String(number) } });
  const filtered = Object.values(search).some((value) => value !== undefined);
  return (
    <Page
      title="Cases"
      count={query.data && count(query.data.total)}
      actions={
        <>
          {steady.waiting > 0 && (
            <Button size="small" onClick={steady.accept}>
              Show {count(steady.waiting)} new
            </Button>
          )}
          <RefusableButton why={why} appearance="primary" icon={<AddRegular />} onClick={() => setCreating(true)}>
            New case
          </RefusableButton>
        </>
      }
    >
      {creating && <CaseDialog onClose={() => setCreating(false)} onDone={open} />}
      <FilterBar
        search={
          <FilterSearch
            value={search.search}
            placeholder="Title, description or number"
            onChange={(text) => set({ search: text }, true)}
          />
        }
        filters={[
          {
            id: 'status',
            label: 'Status',
            options: CaseStatus.options,
            values: search.status ?? openCaseStatuses,
            onChange: (values) =>
              set({ status: CaseStatus.options.filter((one) => values === undefined || values.includes(one)) }),
          },
          {
            id: 'priority',
            label: 'Priority',
            options: CasePriority.options,
            values: search.priority,
            onChange: (values) =>
              set({ priority: values && CasePriority.options.filter((one) => values.includes(one)) }),
          },
          {
            id: 'owner',
            label: 'Owner',
            options: [...new Set([me.userPrincipalName, ...(search.owner ? [search.owner] : [])])],
            labelOf: (owner) => (owner === me.userPrincipalName ? 'Me' : owner),
            values: search.owner === undefined ? undefined : [search.owner],
            onChange: (values) => set({ owner: values?.at(-1) }),
          },
        ]}
        end={chooser}
      />
      {query.error && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
      {!query.data && !query.error && <Loading rows={8} label="Loading cases" />}
      {query.data && (
        <Grid
          label="Cases"
          rows={steady.rows}
          columns={shown}
          rowId={(row) => String(row.number)}
          onOpen={(row) => open(row.number)}
          card={(row) => (
            <>
              <Priority priority={row.priority} /> <CaseStatusLabel status={row.status} />
              <Text block weight="semibold" truncate wrap={false}>
                {visible(row.title)}
              </Text>
              <Text size={200}>
                No. {row.number} · <Owner owner={row.owner} />
              </Text>
            </>
          )}
          empty={
            filtered ? (
              <EmptyState
                title="No case matches these filters"
                action={<Button onClick={() => void navigate({ search: {} })}>Reset filters</Button>}
              />
            ) : (
              <EmptyState icon={<BriefcaseRegular />} title="No open cases">
                A case holds incidents, evidence and tasks of one investigation. Select incidents in the queue and press
                “New case”, or begin with an empty one.
              </EmptyState>
            )
          }
        />
      )}
    </Page>
  );
}
