import { AddRegular, PersonKeyRegular } from '@fluentui/react-icons';
import type { RoleAssignment } from '@sallyport/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { ConfirmAction } from '../../shared/ConfirmAction.tsx';
import { FilterBar, FilterSearch } from '../../shared/FilterBar.tsx';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { RefusableButton, useRefusal } from '../../shared/Refusable.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import { useNotify } from '../../shared/toast.tsx';
import { useWorkspaces } from '../../shared/workspaces.ts';
import { AssignDialog } from './AssignDialog.tsx';
import { assignmentsQuery, rolesKey } from './queries.ts';
import { scopeWords } from './scope.ts';

const kinds: Readonly<Record<RoleAssignment['principalType'], string>> = {
  user: 'Person',
  group: 'Group',
  servicePrincipal: 'Application',
};

/** Who holds which role, over what, until when. */
export function AssignmentsTab(props: {
  search: string | undefined;
  onSearch: (text: string | undefined) => void;
}): ReactElement {
  const why = useRefusal('createRoleAssignment', 'endRoleAssignment');
  const queries = useQueryClient();
  const notify = useNotify();
  const workspaces = useWorkspaces();
  const { data, error, refetch } = useQuery(assignmentsQuery());
  const [assigning, setAssigning] = useState(false);
  const end = useMutation({
    mutationFn: (assignment: RoleAssignment) => client.endRoleAssignment({ params: { id: assignment.id } }),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: rolesKey });
      void queries.invalidateQueries({ queryKey: ['directory'] });
    },
    onError: (failure) => notify.failed('The assignment goes on', failure),
  });
  const columns: readonly GridColumn<RoleAssignment>[] = [
    { id: 'role', header: 'Role', min: 180, grow: 1, cell: ({ roleName }) => visible(roleName) },
    { id: 'who', header: 'Who', min: 200, grow: 2, cell: ({ principalName }) => visible(principalName) },
    { id: 'kind', header: 'Kind', min: 96, drop: 2, cell: ({ principalType }) => kinds[principalType] },
    {
      id: 'scope',
      header: 'Over',
      min: 160,
      grow: 2,
      cell: ({ scope }) => visible(scopeWords(scope, (id) => workspaces.nameOf(id))),
    },
    {
      id: 'starts',
      header: 'Since',
      min: 104,
      drop: 3,
      cell: ({ startsAt }) => <RelativeTime at={startsAt} />,
    },
    {
      id: 'ends',
      header: 'Ends',
      min: 104,
      cell: ({ endsAt }) => (endsAt === null ? 'No end' : <RelativeTime at={endsAt} />),
    },
    { id: 'by', header: 'By', min: 140, grow: 1, drop: 1, cell: ({ createdBy }) => visible(createdBy) },
    {
      id: 'end',
      header: '',
      min: 88,
      align: 'end',
      cell: (assignment) => (
        <ConfirmAction
          why={why}
          label="End"
          title={`End ${visible(assignment.roleName)} of ${visible(assignment.principalName)}?`}
          disabled={end.isPending}
          onConfirm={() => end.mutate(assignment)}
        >
          They may no longer do what it grants, from their next request on. The assignment stays as history.
        </ConfirmAction>
      ),
    },
  ];
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <Loading rows={8} label="Loading assignments" />;
  const wanted = (props.search ?? '').toLowerCase();
  return (
    <>
      <FilterBar
        filters={[]}
        search={<FilterSearch value={props.search} placeholder="Role or who" onChange={props.onSearch} />}
        end={
          <RefusableButton size="small" icon={<AddRegular />} why={why} onClick={() => setAssigning(true)}>
            Assign
          </RefusableButton>
        }
      />
      {assigning && <AssignDialog onClose={() => setAssigning(false)} />}
      <Grid
        label="Assignments"
        rows={data.assignments.filter(({ roleName, principalName }) => `${roleName} ${principalName}`.toLowerCase().includes(wanted))} // prettier-ignore
        columns={columns}
        rowId={({ id }) => id}
        empty={
          <EmptyState icon={<PersonKeyRegular />} title="No assignments">
            No assignment that is in force fits this text.
          </EmptyState>
        }
      />
    </>
  );
}
