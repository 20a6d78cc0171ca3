import { Button, makeStyles, Text, tokens } from '@fluentui/react-components';
import type { Upload, UploadedFile } from '@sallyport/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client } from '../../../shared/api.ts';
import { Grid, type GridColumn } from '../../../shared/Grid.tsx';
import { bytes, count, plural } from '../../../shared/numbers.ts';
import { Status } from '../../../shared/Status.tsx';
import { visible } from '../../../shared/text.ts';
import { useNotify } from '../../../shared/toast.tsx';
import { useWorkspaces } from '../../../shared/workspaces.ts';
import { WorkspaceSwitch } from '../../../shared/WorkspaceSwitch.tsx';
import { choicesOf, destinationOf, fileKey, useChoices, type Destination } from './choices.ts';
import { FilePreview } from './FilePreview.tsx';

const [ROW_PX, ROWS_SHOWN_MAX] = [36, 6];

const useStyles = makeStyles({
  root: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalS, flexGrow: 1, minHeight: '560px' },
  bar: { display: 'flex', alignItems: 'center', gap: tokens.spacingHorizontalS, flexWrap: 'wrap' },
  note: { color: tokens.colorNeutralForeground3 },
  grid: { display: 'flex', flexDirection: 'column', flexShrink: 0 },
});

interface Line {
  readonly id: string;
  readonly upload: Upload;
  readonly file: UploadedFile;
  readonly to: Destination;
}

function goesTo({ to, file }: Line): ReactElement | string {
  if (to.kind === 'unread') return <Status tone="off">{visible(to.why)}</Status>;
  if (to.kind === 'leftOut') return <Status tone="off">Left out</Status>;
  if (to.kind === 'unknown') return <Status tone="bad">Not recognised</Status>;
  const tables = to.chosen ? to.stream : `${file.source ?? to.stream} → ${file.tables.join(', ')}`;
  return <Status tone={to.chosen ? 'waiting' : 'good'}>{visible(tables)}</Status>;
}

const columns: readonly GridColumn<Line>[] = [
  { id: 'file', header: 'File', min: 240, grow: 2, cell: ({ file }) => visible(file.file) },
  { id: 'to', header: 'Read as', min: 240, grow: 2, cell: goesTo },
  {
    id: 'size',
    header: 'Size',
    min: 104,
    align: 'end',
    cell: ({ file }) => (file.bytes === null ? 'packed' : bytes(file.bytes)),
  },
  { id: 'sampled', header: 'Looked at', min: 104, align: 'end', cell: ({ file }) => plural(file.sampled, 'record') },
];

/** Files that have arrived and wait: what each is, what becomes of it, and the one button that loads them. */
export function Staged(props: {
  uploads: readonly Upload[];
  selected: string | undefined;
  onSelect: (id: string | undefined) => void;
}): ReactElement {
  const styles = useStyles();
  const queries = useQueryClient();
  const notify = useNotify();
  const choices = useChoices();
  const { several } = useWorkspaces();
  const [workspace, setWorkspace] = useState<string>();
  const lines = props.uploads.flatMap((upload) =>
    upload.files.map((file): Line => {
      const id = fileKey(upload.id, file.file);
      return { id, upload, file, to: destinationOf(file, choices[id]) };
    }),
  );
  const settled = {
    // A preview that is under way would come too late: what is loaded has none.
    onMutate: () => queries.cancelQueries({ queryKey: ['uploadPreview'] }),
    onSettled: () => queries.invalidateQueries({ queryKey: ['uploads'] }),
  };
  const load = useMutation({
    mutationFn: () =>
      Promise.all(
        props.uploads.map((upload) =>
          client.loadUpload({
            params: { id: upload.id },
            body: {
              choices: choicesOf(choices, upload),
              ...(workspace === undefined ? {} : { workspaceId: workspace }),
            },
          }),
        ),
      ),
    onError: (error) => notify.failed('Not everything could be loaded', error),
    ...settled,
  });
  const discard = useMutation({
    mutationFn: () => Promise.all(props.uploads.map(({ id }) => client.cancelUpload({ params: { id } }))),
    onError: (error) => notify.failed('Not everything could be discarded', error),
    ...settled,
  });
  const open = lines.find(({ id }) => id === props.selected) ?? lines[0];
  const leftOut = props.uploads.reduce((sum, upload) => sum + upload.filesLeftOut, 0);
  const busy = load.isPending || discard.isPending;
  return (
    <section className={styles.root} aria-label="Files to load">
      <div className={styles.bar}>
        <Text weight="semibold">{plural(lines.length + leftOut, 'file')} to load</Text>
        {leftOut > 0 && (
          <Text size={200} className={styles.note}>
            {count(leftOut)} of them are not listed, and are recognised while they are loaded
          </Text>
        )}
        {several && <Text size={200}>into the workspace</Text>}
        <WorkspaceSwitch value={workspace} onChange={setWorkspace} />
        <Button appearance="primary" size="small" disabled={busy} onClick={() => load.mutate()}>
          Load
        </Button>
        <Button size="small" appearance="subtle" disabled={busy} onClick={() => discard.mutate()}>
          Discard
        </Button>
        <Text size={200} className={styles.note}>
          Loaded rows cannot be taken back one by one: look first.
        </Text>
      </div>
      <div className={styles.grid} style={{ height: `${ROW_PX * (Math.min(lines.length, ROWS_SHOWN_MAX) + 1) + 2}px` }}>
        <Grid
          label="Files to load"
          rows={lines}
          columns={columns}
          rowId={({ id }) => id}
          openId={open?.id}
          onOpen={({ id }) => props.onSelect(id)}
        />
      </div>
      {open && <FilePreview uploadId={open.upload.id} file={open.file} destination={open.to} busy={busy} />}
    </section>
  );
}
