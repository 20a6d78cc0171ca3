import { Field, Input, Textarea } from '@fluentui/react-components';
import { CasePriority, type Case } from '@sallyport/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { ChooseOne } from '../../shared/choices.tsx';
import { FieldPair, FormDialog } from '../../shared/FormDialog.tsx';
import { PersonPicker } from '../../shared/PersonPicker.tsx';

/** An ISO time as `datetime-local` has it, in the browser's zone. */
const localOf = (iso: string | null): string => {
  if (iso === null) return '';
  const at = new Date(iso);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
};

/** Opens a case, or changes what it is about. */
export function CaseDialog(props: {
  changed?: Case;
  onClose: () => void;
  onDone: (number: number) => void;
}): ReactElement {
  const queries = useQueryClient();
  const { changed } = props;
  const [title, setTitle] = useState(changed?.title ?? '');
  const [description, setDescription] = useState(changed?.description ?? '');
  const [priority, setPriority] = useState<CasePriority>(changed?.priority ?? 'Medium');
  const [owner, setOwner] = useState<string | null>(changed?.owner ?? null);
  const [due, setDue] = useState(localOf(changed?.dueAt ?? null));
  const save = useMutation({
    mutationFn: () => {
      const dueAt = due === '' ? null : new Date(due).toISOString();
      const body = { title: title.trim(), description, priority, owner, dueAt };
      return changed
        ? client.updateCase({ params: { number: changed.number }, body })
        : client.createCase({ body: { ...body, incidents: [] } });
    },
    onSuccess: ({ number }) => {
      void queries.invalidateQueries({ queryKey: ['cases'] });
      void queries.invalidateQueries({ queryKey: ['case', number] });
      props.onDone(number);
    },
  });
  return (
    <FormDialog
      title={changed ? `Change case ${changed.number}` : 'New case'}
      submit={changed ? 'Save' : 'Open the case'}
      ready={title.trim() !== ''}
      busy={save.isPending}
      error={save.error}
      onSubmit={() => save.mutate()}
      onClose={props.onClose}
    >
      <Field label="Title" required>
        <Input value={title} maxLength={300} onChange={(_, data) => setTitle(data.value)} />
      </Field>
      <Field label="Description">
        <Textarea
          value={description}
          maxLength={30_000}
          resize="vertical"
          onChange={(_, data) => setDescription(data.value)}
        />
      </Field>
      <FieldPair>
        <ChooseOne label="Priority" options={CasePriority.options} value={priority} onChange={setPriority} />
        <Field label="Due">
          <Input type="datetime-local" value={due} onChange={(_, data) => setDue(data.value)} />
        </Field>
      </FieldPair>
      <Field label="Owner">
        <PersonPicker label="Owner" value={owner} onChange={setOwner} />
      </Field>
    </FormDialog>
  );
}
