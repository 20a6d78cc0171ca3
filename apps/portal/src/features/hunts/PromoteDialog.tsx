import { Field, Input } from '@fluentui/react-components';
import type { Bookmark } from '@sallyport/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { plural } from '../../shared/numbers.ts';
import { FormDialog } from '../../shared/FormDialog.tsx';
import { useNotify } from '../../shared/toast.tsx';
import { IncidentFields, type IncidentTarget } from './IncidentFields.tsx';

/** Makes bookmarks an incident, or puts them into one. */
export function PromoteDialog(props: { bookmarks: readonly Bookmark[]; onClose: () => void }): ReactElement {
  const navigate = useNavigate();
  const notify = useNotify();
  const queries = useQueryClient();
  const { bookmarks } = props;
  const [title, setTitle] = useState(bookmarks[0]?.name ?? '');
  const [target, setTarget] = useState<IncidentTarget>({ incident: null, severity: 'Medium' });
  const promote = useMutation({
    mutationFn: () =>
      client.promoteBookmarks({
        body: {
          ids: bookmarks.map(({ id }) => id),
          title: title.trim(),
          ...target,
        },
      }),
    onSuccess: ({ incident: number }) => {
      void queries.invalidateQueries({ queryKey: ['bookmarks'] });
      void queries.invalidateQueries({ queryKey: ['hunts'] });
      void queries.invalidateQueries({ queryKey: ['incidents'] });
      notify.done(`${plural(bookmarks.length, 'bookmark')} put into incident ${number}`);
      props.onClose();
      void navigate({ to: '/incidents/$number', params: { number: String(number) } });
    },
  });
  return (
    <FormDialog
      title={`Add to an incident: ${plural(bookmarks.length, 'bookmark')}`}
      submit="Add"
      ready={target.incident !== null || title.trim() !== ''}
      busy={promote.isPending}
      error={promote.error}
      failed="Nothing was added"
      onSubmit={() => promote.mutate()}
      onClose={props.onClose}
    >
      <IncidentFields value={target} onChange={setTarget} />
      {target.incident === null && (
        <Field label="Title" required>
          <Input value={title} maxLength={512} onChange={(_, data) => setTitle(data.value)} />
        </Field>
      )}
    </FormDialog>
  );
}
