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
  tokens,
} from '@fluentui/react-components';
import { Severity, type Bookmark } from '@sallyport/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { plural } from '../../shared/numbers.ts';
import { ErrorState } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import { useNotify } from '../../shared/toast.tsx';

const useStyles = makeStyles({ content: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM } });
const INCIDENTS_SHOWN = 50;

/** Makes bookmarks an incident, or puts them into one. */
export function PromoteDialog(props: { bookmarks: readonly Bookmark[]; onClose: () => void }): ReactElement {
  const styles = useStyles();
  const navigate = useNavigate();
  const notify = useNotify();
  const queries = useQueryClient();
  const { bookmarks } = props;
  const [title, setTitle] = useState(bookmarks[0]?.name ?? '');
  const [severity, setSeverity] = useState<Severity>('Medium');
  const [incident, setIncident] = useState('');
  const open = useQuery({
    queryKey: ['incidents', 'open', INCIDENTS_SHOWN],
    queryFn: ({ signal }) => client.listIncidents({ signal, query: { status: 'New,Active', limit: INCIDENTS_SHOWN } }),
  });
  const promote = useMutation({
    mutationFn: () =>
      client.promoteBookmarks({
        body: {
          ids: bookmarks.map(({ id }) => id),
          incident: incident === '' ? null : Number(incident),
          title: title.trim(),
          severity,
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
    <Dialog open onOpenChange={() => props.onClose()}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>Add to an incident: {plural(bookmarks.length, 'bookmark')}</DialogTitle>
          <DialogContent className={styles.content}>
            <Field label="Incident">
              <Select value={incident} onChange={(_, data) => setIncident(data.value)}>
                <option value="">A new one</option>
                {(open.data?.incidents ?? []).map((one) => (
                  <option key={one.number} value={one.number}>
                    {one.number}: {visible(one.title)}
                  </option>
                ))}
              </Select>
            </Field>
            {incident === '' && (
              <>
                <Field label="Title" required>
                  <Input value={title} maxLength={512} onChange={(_, data) => setTitle(data.value)} />
                </Field>
                <Field label="Severity">
                  <Select
                    value={severity}
                    onChange={(_, data) => setSeverity(Severity.catch('Medium').parse(data.value))}
                  >
                    {Severity.options.map((one) => (
                      <option key={one}>{one}</option>
                    ))}
                  </Select>
                </Field>
              </>
            )}
            {promote.error && <ErrorState error={promote.error} title="Nothing was added" />}
          </DialogContent>
          <DialogActions>
            <Button onClick={props.onClose}>Cancel</Button>
            <Button
              appearance="primary"
              disabled={(incident === '' && title.trim() === '') || promote.isPending}
              onClick={() => promote.mutate()}
            >
              Add
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
