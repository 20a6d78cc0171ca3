import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  makeStyles,
} from '@fluentui/react-components';
import type { SourceFiles } from '@sallyport/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { RefusableButton, useRefusal } from '../../shared/Refusable.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { ErrorState, Loading } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import { useNotify } from '../../shared/toast.tsx';
import { versionsQuery } from './queries.ts';

const HEIGHT = '320px';

const useStyles = makeStyles({
  surface: { maxWidth: '760px' },
  content: { display: 'flex', flexDirection: 'column', height: HEIGHT },
});

/** Who saved what when, and the way back. */
export function HistoryDialog(props: {
  id: string;
  current: number;
  /** Shows an earlier version in the editor, as something not saved. */
  onLook: (files: SourceFiles) => void;
  onReverted: () => void;
  onClose: () => void;
}): ReactElement {
  const styles = useStyles();
  const notify = useNotify();
  const queries = useQueryClient();
  const why = useRefusal('revertOwnSource');
  const { id, current } = props;
  const versions = useQuery(versionsQuery(id));
  const look = useMutation({
    mutationFn: (version: number) => client.getOwnSourceVersion({ params: { id, version } }),
    onSuccess: ({ files }) => props.onLook(files),
    onError: (error) => notify.failed('The version could not be shown', error),
  });
  const revert = useMutation({
    mutationFn: (version: number) => client.revertOwnSource({ params: { id }, body: { version } }),
    onSuccess: async ({ version }) => {
      await queries.invalidateQueries({ queryKey: ['ownSources'] });
      notify.done(`Version ${version} is in use`);
      props.onReverted();
    },
    onError: (error) => notify.failed('It could not be taken back', error),
  });
  type Row = NonNullable<typeof versions.data>[number];
  const columns: readonly GridColumn<Row>[] = [
    { id: 'version', header: 'Version', min: 80, align: 'end', cell: (row) => row.version },
    { id: 'at', header: 'Saved', min: 112, cell: (row) => <RelativeTime at={row.savedAt} /> },
    { id: 'by', header: 'By', min: 160, grow: 1, cell: (row) => visible(row.savedBy) },
    { id: 'note', header: 'What has changed', min: 160, grow: 2, cell: (row) => visible(row.note) },
    {
      id: 'do',
      header: '',
      min: 168,
      cell: (row) =>
        row.version === current ? (
          'In use'
        ) : (
          <>
            <Button size="small" appearance="subtle" onClick={() => look.mutate(row.version)}>
              Look
            </Button>
            <RefusableButton
              why={why}
              size="small"
              appearance="subtle"
              disabled={revert.isPending}
              onClick={() => revert.mutate(row.version)}
            >
              Go back
            </RefusableButton>
          </>
        ),
    },
  ];
  return (
    <Dialog open onOpenChange={(_, { open }) => !open && props.onClose()}>
      <DialogSurface className={styles.surface}>
        <DialogBody>
          <DialogTitle>Versions of {visible(id)}</DialogTitle>
          <DialogContent className={styles.content}>
            {versions.error && <ErrorState error={versions.error} onRetry={() => void versions.refetch()} />}
            {!versions.data && !versions.error && <Loading rows={4} label="Loading versions" />}
            {versions.data && (
              <Grid label="Versions" rows={versions.data} columns={columns} rowId={(row) => String(row.version)} />
            )}
          </DialogContent>
          <DialogActions>
            <Button onClick={props.onClose}>Close</Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
