import type { RuleInWorkspace } from '@sallyport/contracts';
import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { count } from '../../shared/numbers.ts';
import { RefusableSwitch, useRefusal } from '../../shared/Refusable.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import { useNotify } from '../../shared/toast.tsx';
import { cpuText } from './cost.ts';
import { RunState } from './RunState.tsx';

const workspacesOfRule = (id: string) =>
  queryOptions({
    queryKey: ['rules', id, 'workspaces'],
    queryFn: ({ signal }) => client.listRuleWorkspaces({ params: { id }, signal }),
  });

/** The rule in each workspace: where it runs, how it does, and a switch. */
export function RuleWorkspaces({ id, name }: { id: string; name: string }): ReactElement {
  const { data, error, refetch } = useQuery(workspacesOfRule(id));
  const why = useRefusal('setRuleInWorkspace');
  const queries = useQueryClient();
  const notify = useNotify();
  const set = useMutation({
    mutationFn: ({ workspaceId, enabled }: Pick<RuleInWorkspace, 'workspaceId' | 'enabled'>) =>
      client.setRuleInWorkspace({ params: { id, workspace: workspaceId }, body: { enabled } }),
    onSuccess: (now) => {
      void queries.invalidateQueries({ queryKey: ['rules'] });
      notify.done(`${name} is ${now.enabled ? 'on' : 'off'} in ${visible(now.name)}`);
    },
    onError: (fault) => notify.failed('The rule was not switched', fault),
  });
  const columns: readonly GridColumn<RuleInWorkspace>[] = [
    { id: 'name', header: 'Workspace', min: 160, grow: 1, cell: (row) => visible(row.name) },
    {
      id: 'enabled',
      header: 'On',
      min: 72,
      cell: (row) => (
        <RefusableSwitch
          aria-label={`Runs in ${visible(row.name)}`}
          checked={row.enabled}
          why={why}
          disabled={set.isPending}
          onChange={(_, { checked }) => set.mutate({ workspaceId: row.workspaceId, enabled: checked })}
        />
      ),
    },
    { id: 'state', header: 'Result', min: 116, cell: (row) => <RunState state={row.lastRunState} /> },
    { id: 'ran', header: 'Last run', min: 112, cell: (row) => <RelativeTime at={row.lastRunAt} /> },
    { id: 'alerts', header: 'Alerts', min: 72, align: 'end', cell: (row) => count(row.alertCount) },
    { id: 'cost', header: 'Cost today', min: 96, align: 'end', drop: 1, cell: (row) => cpuText(row.cpuSecondsToday) },
    {
      id: 'why',
      header: 'Note',
      min: 160,
      grow: 2,
      drop: 2,
      cell: (row) => visible(row.disabledReason ?? row.lastError ?? ''),
    },
  ];
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <Loading rows={4} label="Loading workspaces" />;
  return (
    <Grid
      label="Workspaces"
      rows={data.workspaces}
      columns={columns}
      rowId={(row) => row.workspaceId}
      empty={<EmptyState title="There is no workspace" />}
    />
  );
}
