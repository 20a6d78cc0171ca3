import { Button, Field } from '@fluentui/react-components';
import { PeopleTeamRegular } from '@fluentui/react-icons';
import type { OwnedGroup } from '@sallyport/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { ConfirmAction } from '../../shared/ConfirmAction.tsx';
import { FormDialog } from '../../shared/FormDialog.tsx';
import { PersonPicker } from '../../shared/PersonPicker.tsx';
import { Section } from '../../shared/Section.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import { useNotify } from '../../shared/toast.tsx';
import { Card, Cards } from './Card.tsx';
import { groupsQuery } from './queries.ts';

/** Groups that one owns, and who is in them. */
export function GroupsTab(): ReactElement {
  const { data, error, refetch } = useQuery(groupsQuery);
  const [adding, setAdding] = useState<OwnedGroup>();
  const queries = useQueryClient();
  const notify = useNotify();
  const remove = useMutation({
    mutationFn: (of: { id: string; memberId: string }) => client.removeOwnedGroupMember({ params: of }),
    onSuccess: () => void queries.invalidateQueries({ queryKey: groupsQuery.queryKey }),
    onError: (failure) => notify.failed('They stay a member', failure),
  });
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <Loading rows={6} label="Loading" />;
  if (data.groups.length === 0)
    return (
      <EmptyState icon={<PeopleTeamRegular />} title="You own no group">
        Owners of a group change who is in it, for as long as they own it.
      </EmptyState>
    );
  return (
    <>
      {data.groups.map((group) => (
        <Section
          key={group.id}
          title={`${visible(group.name)} (${group.members.length})`}
          actions={
            <Button
              size="small"
              disabled={!group.canChange}
              title={group.canChange ? undefined : 'Its members follow from a rule'}
              onClick={() => setAdding(group)}
            >
              Add member…
            </Button>
          }
        >
          {group.members.length === 0 && <span>Nobody is in it.</span>}
          <Cards label={group.name}>
            {group.members.map((member) => (
              <Card
                key={member.id}
                title={<bdi>{visible(member.displayName)}</bdi>}
                lines={[<bdi key="name">{visible(member.userPrincipalName)}</bdi>]}
                actions={
                  group.canChange && (
                    <ConfirmAction
                      label="Remove"
                      title={`Take ${visible(member.displayName)} out of ${visible(group.name)}?`}
                      disabled={remove.isPending}
                      onConfirm={() => remove.mutate({ id: group.id, memberId: member.id })}
                    >
                      What they may do by it ends at once. They can be added again.
                    </ConfirmAction>
                  )
                }
              />
            ))}
          </Cards>
        </Section>
      ))}
      {adding && <AddDialog to={adding} onClose={() => setAdding(undefined)} />}
    </>
  );
}

function AddDialog({ to, onClose }: { to: OwnedGroup; onClose: () => void }): ReactElement {
  const queries = useQueryClient();
  const [who, setWho] = useState<string | null>(null);
  const add = useMutation({
    mutationFn: () => client.addOwnedGroupMember({ params: { id: to.id }, body: { userPrincipalName: who ?? '' } }),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: groupsQuery.queryKey });
      onClose();
    },
  });
  return (
    <FormDialog
      title={`Add to ${visible(to.name)}`}
      submit="Add"
      ready={who !== null}
      busy={add.isPending}
      error={add.error}
      failed="Nobody was added"
      onSubmit={() => add.mutate()}
      onClose={onClose}
    >
      <Field label="Who" required hint="A user name, such as ann@contoso.com">
        <PersonPicker label="Who" value={who} onChange={setWho} />
      </Field>
    </FormDialog>
  );
}
