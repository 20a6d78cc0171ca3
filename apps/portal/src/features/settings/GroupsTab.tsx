import { Field, Input, Textarea } from '@fluentui/react-components';
import { AddRegular, PeopleTeamRegular } from '@fluentui/react-icons';
import type { Group } from '@sallyport/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { ConfirmAction } from '../../shared/ConfirmAction.tsx';
import { FilterBar } from '../../shared/FilterBar.tsx';
import { FormDialog } from '../../shared/FormDialog.tsx';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { peopleQuery } from '../../shared/people.ts';
import { RefusableButton, useRefusal } from '../../shared/Refusable.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import { useNotify } from '../../shared/toast.tsx';

function GroupDialog({ group, onClose }: { group: Group | undefined; onClose: () => void }): ReactElement {
  const queries = useQueryClient();
  const [name, setName] = useState(group?.name ?? '');
  const [members, setMembers] = useState(group?.members.join('\n') ?? '');
  const save = useMutation({
    mutationFn: () =>
      client.saveGroup({
        params: { id: group?.id ?? crypto.randomUUID() },
        body: { name: name.trim(), members: members.split(/[\s,;]+/).filter(Boolean) },
      }),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: peopleQuery.queryKey });
      onClose();
    },
  });
  return (
    <FormDialog
      title={group ? 'Change the group' : 'New group'}
      submit="Save"
      ready={name.trim() !== ''}
      busy={save.isPending}
      error={save.error}
      onSubmit={() => save.mutate()}
      onClose={onClose}
    >
      <Field label="Name" required hint="Incidents, cases and tasks are given to it by this name">
        <Input value={name} maxLength={100} onChange={(_, data) => setName(data.value)} />
      </Field>
      <Field label="Members" hint="User names, one a line">
        <Textarea value={members} resize="vertical" onChange={(_, data) => setMembers(data.value)} />
      </Field>
    </FormDialog>
  );
}

/** Groups that work is given to. */
export function GroupsTab(): ReactElement {
  const why = useRefusal('saveGroup', 'deleteGroup');
  const queries = useQueryClient();
  const notify = useNotify();
  const { data, error, refetch } = useQuery(peopleQuery);
  const [editing, setEditing] = useState<Group | 'new'>();
  const remove = useMutation({
    mutationFn: (group: Group) => client.deleteGroup({ params: { id: group.id } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: peopleQuery.queryKey }),
    onError: (failure, group) => notify.failed(`${visible(group.name)} was not deleted`, failure),
  });
  const columns: readonly GridColumn<Group>[] = [
    { id: 'name', header: 'Group', min: 200, grow: 1, cell: (group) => visible(group.name) },
    { id: 'members', header: 'Members', min: 240, grow: 3, cell: (group) => visible(group.members.join(', ')) },
    {
      id: 'delete',
      header: '',
      min: 96,
      align: 'end',
      cell: (group) => (
        <ConfirmAction
          why={why}
          label="Delete"
          title={`Delete the group “${visible(group.name)}”?`}
          disabled={remove.isPending}
          onConfirm={() => remove.mutate(group)}
        >
          What is assigned to it keeps its name, but nobody is told of it any more.
        </ConfirmAction>
      ),
    },
  ];
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <Loading rows={4} label="Loading groups" />;
  return (
    <>
      <FilterBar
        filters={[]}
        end={
          <RefusableButton why={why} size="small" icon={<AddRegular />} onClick={() => setEditing('new')}>
            New group
          </RefusableButton>
        }
      />
      {editing && <GroupDialog group={editing === 'new' ? undefined : editing} onClose={() => setEditing(undefined)} />}
      <Grid
        label="Groups"
        rows={data.groups}
        columns={columns}
        rowId={(group) => group.id}
        {...(why === undefined ? { onOpen: setEditing } : {})}
        empty={
          <EmptyState icon={<PeopleTeamRegular />} title="No groups">
            A group stands for several people: “Tier 2”, “Night shift”. Work can be given to it, and comments can name
            it.
          </EmptyState>
        }
      />
    </>
  );
}
