import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Field,
  Input,
  makeStyles,
  Select,
  Textarea,
  tokens,
} from '@fluentui/react-components';
import { CasePriority, type Case } from '@sallyport/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { PersonPicker } from '../../shared/PersonPicker.tsx';
import { ErrorState } from '../../shared/States.tsx';

const useStyles = makeStyles({
  form: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM },
  pair: { display: 'grid', gridTemplateColumns: '1fr 1fr', gap: tokens.spacingHorizontalM },
});

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
  const styles = useStyles();
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
    <Dialog open onOpenChange={(_, data) => !data.open && props.onClose()}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{changed ? `Change case ${changed.number}` : 'New case'}</DialogTitle>
          <DialogContent className={styles.form}>
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
            <div className={styles.pair}>
              <Field label="Priority">
                <Select
                  value={priority}
                  onChange={(_, data) => setPriority(CasePriority.catch('Medium').parse(data.value))}
                >
                  {CasePriority.options.map((one) => (
                    <option key={one}>{one}</option>
                  ))}
                </Select>
              </Field>
              <Field label="Due">
                <Input type="datetime-local" value={due} onChange={(_, data) => setDue(data.value)} />
              </Field>
            </div>
            <Field label="Owner">
              <PersonPicker label="Owner" value={owner} onChange={setOwner} />
            </Field>
            {save.error && <ErrorState error={save.error} title="Nothing was saved" kept="What you wrote is kept." />}
          </DialogContent>
          <DialogActions>
            <Button onClick={props.onClose}>Cancel</Button>
            <Button appearance="primary" disabled={title.trim() === '' || save.isPending} onClick={() => save.mutate()}>
              {changed ? 'Save' : 'Open the case'}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
