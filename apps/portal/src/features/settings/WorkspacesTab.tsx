import { Field, Input } from '@fluentui/react-components';
import { AddRegular } from '@fluentui/react-icons';
import type { Workspace, WorkspaceUsage } from '@sallyport/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client, useMay } from '../../shared/api.ts';
import { FilterBar } from '../../shared/FilterBar.tsx';
import { FormDialog } from '../../shared/FormDialog.tsx';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { bytes, count } from '../../shared/numbers.ts';
import { RefusableButton, useRefusal } from '../../shared/Refusable.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import { workspacesQuery } from '../../shared/workspaces.ts';
import { workspaceUsageQuery } from './queries.ts';

type Row = Workspace & { readonly usage: WorkspaceUsage | undefined };

function WorkspaceDialog({
  workspace,
  onClose,
}: {
  workspace: Workspace | undefined;
  onClose: () => void;
}): ReactElement {
  const queries = useQueryClient();
  const [name, setName] = useState(workspace?.name ?? '');
  const save = useMutation({
    mutationFn: () => {
      const body = { name: name.trim() };
      return workspace
        ? client.renameWorkspace({ params: { id: workspace.id }, body })
        : client.createWorkspace({ body });
    },
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: workspacesQuery.queryKey });
      onClose();
    },
  });
  return (
    <FormDialog
      title={workspace ? 'Rename the workspace' : 'New workspace'}
      submit="Save"
      ready={name.trim().length >= 4}
      busy={save.isPending}
      error={save.error}
      onSubmit={() => save.mutate()}
      onClose={onClose}
    >
      <Field label="Name" required hint='4 to 63 letters, digits and hyphens. Queries name it so: workspace("name")'>
        <Input value={name} maxLength={63} onChange={(_, data) => setName(data.value)} />
      </Field>
    </FormDialog>
  );
}

/** Workspaces, and what each holds. */
export function WorkspacesTab(): ReactElement {
  const why = useRefusal('renameWorkspace', 'createWorkspace');
  const maySeeUsage = useMay('data.read');
  const { data, error, refetch } = useQuery(workspacesQuery);
  const usage = useQuery({ ...workspaceUsageQuery, enabled: maySeeUsage }).data?.workspaces ?? [];
  const [editing, setEditing] = useState<Workspace | 'new'>();
  const columns: readonly GridColumn<Row>[] = [
    {
      id: 'name',
      header: 'Workspace',
      min: 160,
      grow: 1,
      cell: ({ name, isDefault }) => `${visible(name)}${isDefault ? ' (default)' : ''}`,
    },
    { id: 'id', header: 'Workspace ID', min: 280, grow: 1, cell: ({ id }) => id },
    { id: 'group', header: 'Resource group', min: 128, grow: 1, drop: 1, cell: (row) => visible(row.resourceGroup) },
    ...(maySeeUsage
      ? ([
          { id: 'rows', header: 'Rows', min: 96, align: 'end', cell: (row) => row.usage && count(row.usage.rows) },
          {
            id: 'size',
            header: 'On disk',
            min: 96,
            align: 'end',
            cell: (row) => row.usage && bytes(row.usage.bytesOnDisk),
          },
          {
            id: 'day',
            header: 'Last 24 hours',
            min: 112,
            align: 'end',
            cell: (row) => row.usage && count(row.usage.rowsLastDay),
          },
          {
            id: 'last',
            header: 'Newest row',
            min: 112,
            cell: (row) => <RelativeTime at={row.usage?.lastRowAt ?? null} />,
          },
        ] satisfies GridColumn<Row>[])
      : []),
    { id: 'by', header: 'Made by', min: 128, grow: 1, drop: 2, cell: (row) => visible(row.createdBy) },
  ];
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <Loading rows={3} label="Loading workspaces" />;
  return (
    <>
      <FilterBar
        filters={[]}
        end={
          <RefusableButton why={why} size="small" icon={<AddRegular />} onClick={() => setEditing('new')}>
            New workspace
          </RefusableButton>
        }
      />
      {editing && (
        <WorkspaceDialog workspace={editing === 'new' ? undefined : editing} onClose={() => setEditing(undefined)} />
      )}
      <Grid
        label="Workspaces"
        rows={data.workspaces.map((one) => ({ ...one, usage: usage.find(({ id }) => id === one.id) }))}
        columns={columns}
        rowId={({ id }) => id}
        {...(why === undefined ? { onOpen: setEditing } : {})}
        empty={<EmptyState title="No workspaces">Each has rows of its own.</EmptyState>}
      />
    </>
  );
}
