import { ShieldKeyholeRegular } from '@fluentui/react-icons';
import type { PrivilegedHolding } from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { ConfirmAction } from '../../shared/ConfirmAction.tsx';
import { Facts } from '../../shared/Facts.tsx';
import { FilterBar, FilterSearch, useColumns } from '../../shared/FilterBar.tsx';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { RefusableButton, useRefusal } from '../../shared/Refusable.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { SidePanel } from '../../shared/SidePanel.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { Status } from '../../shared/Status.tsx';
import { visible } from '../../shared/text.ts';
import { useNotify } from '../../shared/toast.tsx';
import { Provisioning } from '../my-access/Provisioning.tsx';
import { AssignDialog } from './AssignDialog.tsx';
import type { TabProps } from './index.ts';
import { assignmentsQuery, useDo } from './queries.ts';
import { useTabStyles } from './styles.ts';

const kindText = ({ kind, assignmentType }: PrivilegedHolding): string =>
  kind === 'eligible' ? 'Eligible' : assignmentType === 'Activated' ? 'Activated' : 'Active';

const Kind = ({ of }: { of: PrivilegedHolding }): ReactElement => (
  <Status tone={of.kind === 'eligible' ? 'waiting' : of.assignmentType === 'Activated' ? 'working' : 'good'}>
    {kindText(of)}
  </Status>
);

const columns: readonly GridColumn<PrivilegedHolding>[] = [
  { id: 'who', header: 'Who', min: 180, grow: 2, cell: ({ principal }) => <bdi>{visible(principal.displayName)}</bdi> },
  { id: 'what', header: 'What', min: 180, grow: 2, cell: ({ targetName }) => visible(targetName) },
  { id: 'kind', header: 'State', min: 120, cell: (row) => <Kind of={row} /> },
  {
    id: 'scope',
    header: 'Over',
    min: 110,
    drop: 3,
    cell: ({ scopeId }) => (scopeId === '/' ? 'Everything' : 'A part'),
  },
  { id: 'from', header: 'From', min: 120, drop: 2, cell: ({ startsAt }) => <RelativeTime at={startsAt} /> },
  {
    id: 'until',
    header: 'Until',
    min: 120,
    cell: ({ endsAt }) => (endsAt === null ? 'No end' : <RelativeTime at={endsAt} />),
  },
  { id: 'by', header: 'By', min: 150, grow: 1, drop: 4, cell: ({ createdBy }) => <bdi>{visible(createdBy)}</bdi> },
];

/** Who is eligible for what, and who has what now. */
export function AssignmentsTab({ search, set }: TabProps): ReactElement {
  const styles = useTabStyles();
  const { data, error, refetch } = useQuery(assignmentsQuery(search.kind));
  const { shown, chooser } = useColumns('privileged-assignments', columns);
  const why = useRefusal('managePrivilegedAccess');
  const [assigning, setAssigning] = useState(false);
  const text = (search.search ?? '').toLowerCase();
  const rows = (data?.assignments ?? []).filter(({ principal, targetName }) =>
    `${principal.displayName} ${principal.name} ${targetName}`.toLowerCase().includes(text),
  );
  const open = data?.assignments.find(({ id }) => id === search.selected);
  const close = (): void => set({ selected: undefined });
  return (
    <>
      <FilterBar
        search={
          <FilterSearch
            value={search.search}
            placeholder="Who or what"
            onChange={(next) => set({ search: next }, true)}
          />
        }
        filters={[
          {
            id: 'kind',
            label: 'State',
            options: ['eligible', 'active'],
            values: search.kind ? [search.kind] : undefined,
            onChange: (values) =>
              set({
                kind: (['eligible', 'active'] as const).find((one) => values?.includes(one) && one !== search.kind),
              }),
          },
        ]}
        end={
          <>
            {chooser}
            <RefusableButton appearance="primary" why={why} onClick={() => setAssigning(true)}>
              Assign…
            </RefusableButton>
          </>
        }
      />
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading rows={12} label="Loading" />}
      {data && (
        <div className={styles.split}>
          <Grid
            label="Assignments"
            rows={rows}
            columns={shown}
            rowId={({ id }) => id}
            openId={open?.id}
            onOpen={({ id }) => set({ selected: id })}
            onClose={close}
            empty={
              <EmptyState icon={<ShieldKeyholeRegular />} title="Nobody">
                Make people eligible for the roles that their work needs now and then: they activate them when it does.
              </EmptyState>
            }
          />
          {open && <AssignmentPanel of={open} onClose={close} />}
        </div>
      )}
      {assigning && <AssignDialog onClose={() => setAssigning(false)} />}
    </>
  );
}

function AssignmentPanel({ of, onClose }: { of: PrivilegedHolding; onClose: () => void }): ReactElement {
  const why = useRefusal('managePrivilegedAccess');
  const notify = useNotify();
  const remove = useDo(
    () =>
      client.managePrivilegedAccess({
        body: {
          action: 'adminRemove',
          kind: of.kind,
          target: of.target,
          principal: of.principal.id,
          scopeId: of.scopeId,
        },
      }),
    'Removed',
    onClose,
  );
  const who = visible(of.principal.displayName);
  return (
    <SidePanel
      label="Assignment"
      title={`${who}: ${visible(of.targetName)}`}
      onClose={onClose}
      footer={
        <ConfirmAction
          why={why}
          label="Remove"
          title={`Remove ${visible(of.targetName)} from ${who}?`}
          disabled={remove.isPending}
          onConfirm={() =>
            remove.mutate(undefined, { onError: (error) => notify.failed('Nothing was removed', error) })
          }
        >
          It ends at once, in live sessions too, with what was activated from it. It stays in the history, and can be
          assigned again.
        </ConfirmAction>
      }
    >
      <Facts
        facts={[
          ['State', <Kind key="kind" of={of} />],
          ['Who', <bdi key="who">{visible(of.principal.name)}</bdi>],
          ['What', visible(of.targetName)],
          ['Over', of.scopeId === '/' ? 'Everything' : visible(JSON.stringify(of.scope))],
          ['From', <RelativeTime key="from" at={of.startsAt} form="exact" />],
          ['Until', of.endsAt === null ? 'No end' : <RelativeTime key="until" at={of.endsAt} form="exact" />],
          ['In the cloud', of.provisioning ? <Provisioning key="cloud" of={of.provisioning} /> : undefined],
          ['By', <bdi key="by">{visible(of.createdBy)}</bdi>],
          ['Justification', of.justification === '' ? undefined : visible(of.justification)],
        ]}
      />
    </SidePanel>
  );
}
