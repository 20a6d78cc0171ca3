import { Button, Field, Input } from '@fluentui/react-components';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { FormDialog } from '../../shared/FormDialog.tsx';
import { PersonPicker } from '../../shared/PersonPicker.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { Section } from '../../shared/Section.tsx';
import { visible } from '../../shared/text.ts';
import { useNotify } from '../../shared/toast.tsx';
import { Card, Cards } from './Card.tsx';
import { delegationsQuery } from './queries.ts';

/** Who decides in one's place while one is away. */
export function Delegations(): ReactElement {
  const { data } = useQuery(delegationsQuery);
  const queries = useQueryClient();
  const notify = useNotify();
  const [adding, setAdding] = useState(false);
  const remove = useMutation({
    mutationFn: (id: string) => client.removeApprovalDelegation({ params: { id } }),
    onSuccess: () => void queries.invalidateQueries({ queryKey: delegationsQuery.queryKey }),
    onError: (error) => notify.failed('The delegation stays', error),
  });
  return (
    <Section
      title="In your place"
      actions={
        <Button size="small" onClick={() => setAdding(true)}>
          Delegate…
        </Button>
      }
    >
      {data?.delegations.length === 0 && <span>Nobody decides in your place.</span>}
      <Cards label="In your place">
        {data?.delegations.map((one) => (
          <Card
            key={one.id}
            title={<bdi>{visible(one.to.name)}</bdi>}
            lines={[
              <span key="until">
                From <RelativeTime at={one.startsAt} /> until <RelativeTime at={one.endsAt} />
              </span>,
            ]}
            actions={
              <Button size="small" disabled={remove.isPending} onClick={() => remove.mutate(one.id)}>
                End
              </Button>
            }
          />
        ))}
      </Cards>
      {adding && <DelegateDialog onClose={() => setAdding(false)} />}
    </Section>
  );
}

function DelegateDialog({ onClose }: { onClose: () => void }): ReactElement {
  const queries = useQueryClient();
  const [name, setName] = useState<string | null>(null);
  const [endsAt, setEndsAt] = useState('');
  const add = useMutation({
    mutationFn: () =>
      client.addApprovalDelegation({
        body: { userPrincipalName: name ?? '', endsAt: new Date(endsAt).toISOString() },
      }),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: delegationsQuery.queryKey });
      onClose();
    },
  });
  return (
    <FormDialog
      title="Let somebody decide in your place"
      submit="Delegate"
      ready={name !== null && endsAt !== ''}
      busy={add.isPending}
      error={add.error}
      failed="Nobody was put in your place"
      onSubmit={() => add.mutate()}
      onClose={onClose}
    >
      <Field label="Who" required hint="Never over requests of their own">
        <PersonPicker label="Who" value={name} onChange={setName} />
      </Field>
      <Field label="Until" required>
        <Input type="datetime-local" value={endsAt} onChange={(_, data) => setEndsAt(data.value)} />
      </Field>
    </FormDialog>
  );
}
