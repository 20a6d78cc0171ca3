import { Checkbox, Field, Input, Textarea } from '@fluentui/react-components';
import { TagRegular } from '@fluentui/react-icons';
import type { AuthenticationContext } from '@sallyport/contracts/conditional-access';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { ChooseOne } from '../../shared/choices.tsx';
import { ConfirmAction } from '../../shared/ConfirmAction.tsx';
import { Mono } from '../../shared/Copyable.tsx';
import { Facts } from '../../shared/Facts.tsx';
import { FormDialog } from '../../shared/FormDialog.tsx';
import type { GridColumn } from '../../shared/Grid.tsx';
import { RefusableButton, useRefusal } from '../../shared/Refusable.tsx';
import { EmptyState } from '../../shared/States.tsx';
import { Status } from '../../shared/Status.tsx';
import { visible } from '../../shared/text.ts';
import { ObjectsTab } from './ObjectsTab.tsx';
import type { TabProps } from './PoliciesTab.tsx';
import { contextsQuery } from './queries.ts';
import { useChange, useDeletion } from './useChange.ts';

const columns: readonly GridColumn<AuthenticationContext>[] = [
  { id: 'id', header: 'Id', min: 64, cell: ({ id }) => <Mono text={id} /> },
  { id: 'name', header: 'Name', min: 200, grow: 2, cell: ({ displayName }) => <bdi>{visible(displayName)}</bdi> },
  {
    id: 'description',
    header: 'Description',
    min: 200,
    grow: 3,
    drop: 1,
    cell: ({ description }) => visible(description ?? ''),
  },
  {
    id: 'available',
    header: 'Offered',
    min: 140,
    cell: ({ isAvailable }) => (
      <Status tone={isAvailable ? 'good' : 'off'}>{isAvailable ? 'To applications' : 'Not yet'}</Status>
    ),
  },
];

/** Names by which an application asks for more at one of its steps. */
export function ContextsTab(props: TabProps): ReactElement {
  const why = useRefusal(
    'graphCreateAuthenticationContext',
    'graphUpdateAuthenticationContext',
    'graphDeleteAuthenticationContext',
  );
  const query = useQuery(contextsQuery);
  const [editing, setEditing] = useState<AuthenticationContext | 'new'>();
  const remove = useDeletion((id: string) => client.graphDeleteAuthenticationContext({ params: { id } }), 'The context is deleted', () => props.set({ selected: undefined }, true)); // prettier-ignore
  const taken = new Set((query.data ?? []).map(({ id }) => id));
  return (
    <>
      <ObjectsTab
        why={why}
        {...props}
        query={query}
        columns={columns}
        label="Authentication contexts"
        one="context"
        note="An application that asks for a context (the claim acrs) at one of its steps gets what the policies for that context demand, beside those for the application."
        empty={
          <EmptyState icon={<TagRegular />} title="No authentication contexts">
            Make one for steps that need more than the application as a whole, such as a payment, and a policy for it.
          </EmptyState>
        }
        onNew={() => setEditing('new')}
        footer={(context) => (
          <>
            <RefusableButton why={why} size="small" appearance="primary" onClick={() => setEditing(context)}>
              Edit
            </RefusableButton>
            <ConfirmAction
              why={why}
              label="Delete"
              title={`Delete ${visible(context.displayName)}?`}
              disabled={remove.isPending}
              onConfirm={() => remove.run(context.id)}
            >
              A context that a policy names is not deleted.
            </ConfirmAction>
          </>
        )}
        panel={(context) => (
          <Facts
            facts={[
              ['Id', <Mono key="id" text={context.id} />],
              ['Offered', context.isAvailable ? 'To applications' : 'Not yet'],
              ['Description', context.description ? visible(context.description) : undefined],
            ]}
          />
        )}
      />
      {editing !== undefined && (
        <ContextDialog
          context={editing === 'new' ? undefined : editing}
          taken={taken}
          onClose={() => setEditing(undefined)}
        />
      )}
    </>
  );
}

const ids = Array.from({ length: 99 }, (_, at) => `c${at + 1}`);

function ContextDialog(props: {
  context: AuthenticationContext | undefined;
  taken: ReadonlySet<string>;
  onClose: () => void;
}): ReactElement {
  const { context, taken, onClose } = props;
  const free = context ? [context.id] : ids.filter((id) => !taken.has(id));
  const [id, setId] = useState(free[0] ?? '');
  const [name, setName] = useState(context?.displayName ?? '');
  const [description, setDescription] = useState(context?.description ?? '');
  const [available, setAvailable] = useState(context?.isAvailable ?? true);
  const save = useChange(
    () => {
      const body = { displayName: name.trim(), description, isAvailable: available };
      return context
        ? client.graphUpdateAuthenticationContext({ params: { id }, body })
        : client.graphCreateAuthenticationContext({ body: { id, ...body } });
    },
    `${visible(name.trim())} is saved`,
    onClose,
  );
  return (
    <FormDialog
      title={context ? 'Edit the context' : 'New context'}
      submit="Save"
      ready={name.trim() !== '' && id !== ''}
      busy={save.isPending}
      error={save.error}
      onSubmit={() => save.mutate(undefined)}
      onClose={onClose}
    >
      <ChooseOne label="Id" options={free} value={id} disabled={context !== undefined} onChange={setId} />
      <Field label="Name" required>
        <Input value={name} maxLength={256} onChange={(_, { value }) => setName(value)} />
      </Field>
      <Field label="Description">
        <Textarea rows={2} value={description} maxLength={2_000} onChange={(_, { value }) => setDescription(value)} />
      </Field>
      <Checkbox
        label="Offered to applications"
        checked={available}
        onChange={(_, { checked }) => setAvailable(checked === true)}
      />
    </FormDialog>
  );
}
