import { Button, makeStyles, ProgressBar, Text, tokens } from '@fluentui/react-components';
import type { Upload } from '@sallyport/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client } from '../../../shared/api.ts';
import { encodeFragment } from '../../../shared/address.ts';
import { Grid, type GridColumn } from '../../../shared/Grid.tsx';
import { bytes, count, plural } from '../../../shared/numbers.ts';
import { RelativeTime } from '../../../shared/RelativeTime.tsx';
import { Status, type Tone } from '../../../shared/Status.tsx';
import { visible } from '../../../shared/text.ts';
import { InlineLink } from '../../../shared/TextLink.tsx';
import { useNotify } from '../../../shared/toast.tsx';
import { inWorkspace, useWorkspaces } from '../../../shared/workspaces.ts';
import { isBusy } from './queries.ts';

const FILES_PX = 200;

const useStyles = makeStyles({
  root: {
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalXS,
    padding: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalM}`,
    backgroundColor: tokens.colorNeutralBackground1,
    border: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
  },
  line: { display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: tokens.spacingHorizontalM },
  name: { overflowWrap: 'anywhere' },
  note: { color: tokens.colorNeutralForeground3 },
  end: { marginLeft: 'auto' },
  files: { display: 'flex', flexDirection: 'column', height: `${FILES_PX}px` },
});

type FileResult = NonNullable<Upload['outcome']>['perFile'][number];

const columns: readonly GridColumn<FileResult>[] = [
  { id: 'file', header: 'File', min: 240, grow: 2, cell: (file) => visible(file.file) },
  {
    id: 'source',
    header: 'Read as',
    min: 180,
    grow: 1,
    cell: (file) => (file.source === null ? 'Not read' : visible(file.source)),
  },
  { id: 'rows', header: 'Rows', min: 96, align: 'end', cell: (file) => count(file.rows) },
  { id: 'unparsed', header: 'Refused', min: 96, align: 'end', cell: (file) => count(file.unparsed) },
  { id: 'message', header: 'Note', min: 160, grow: 2, cell: (file) => visible(file.message ?? '') },
];

const states: Record<Upload['state'], readonly [Tone, string]> = {
  staged: ['waiting', 'Waits'],
  loading: ['working', 'Loading'],
  sweeping: ['working', 'Running the rules'],
  done: ['good', 'Loaded'],
  failed: ['bad', 'Failed'],
  cancelled: ['off', 'Stopped'],
};

/** The rows that an upload brought, and what came in beside. */
function queryOf({ tables, loadedFrom, loadedTo }: NonNullable<Upload['outcome']>): string {
  const names = tables.map(({ table }) => table).toSorted();
  const from = names.length === 1 ? names[0] : `union withsource=Table ${names.join(', ')}`;
  return `${from}\n| where ingestion_time() between (datetime(${loadedFrom}) .. datetime(${loadedTo}))`;
}

function Progress({ upload }: { upload: Upload }): ReactElement | null {
  const styles = useStyles();
  const { progress, sweep } = upload;
  if (upload.state === 'loading' && progress) {
    const { bytes: read, bytesTotal: total } = progress;
    const known = total !== null && total > 0;
    return (
      <>
        <ProgressBar aria-label="Read" {...(known ? { value: Math.min(1, read / total) } : {})} />
        <Text size={200} className={styles.note}>
          {bytes(read)} {known ? `of ${bytes(total)} ` : ''}read, {plural(progress.records, 'record')}
          {progress.file !== '' && `, in ${visible(progress.file)}`}
        </Text>
      </>
    );
  }
  if (upload.state === 'sweeping' && sweep)
    return (
      <>
        <ProgressBar aria-label="Rules" {...(sweep.total > 0 ? { value: sweep.done / sweep.total } : {})} />
        <Text size={200} className={styles.note}>
          {sweep.total > 0
            ? `${count(sweep.done)} of ${plural(sweep.total, 'window')} of the rules run`
            : 'finding out which rules have something to look at'}
          , {plural(sweep.alerts, 'new alert')}. This goes on when the page is left, and when the server restarts.
        </Text>
      </>
    );
  return null;
}

/** One upload: how far it is, and what came of it. */
export function UploadLine({ upload }: { upload: Upload }): ReactElement {
  const styles = useStyles();
  const queries = useQueryClient();
  const notify = useNotify();
  const workspaces = useWorkspaces();
  const [shown, setShown] = useState(false);
  const { outcome, sweep } = upload;
  const [tone, word] = states[upload.state];
  const stop = useMutation({
    mutationFn: () => client.cancelUpload({ params: { id: upload.id } }),
    onError: (error) => notify.failed('It could not be stopped', error),
    onSettled: () => queries.invalidateQueries({ queryKey: ['uploads'] }),
  });
  return (
    <article className={styles.root} aria-label={visible(upload.name)}>
      <div className={styles.line}>
        <Status tone={tone}>{word}</Status>
        <Text weight="semibold" className={styles.name}>
          {visible(upload.name)}
        </Text>
        <Text size={200} className={styles.note}>
          {bytes(upload.bytes)} · {visible(upload.createdBy)} · <RelativeTime at={upload.createdAt} />
          {workspaces.several && upload.outcome !== null && ` · ${workspaces.nameOf(upload.workspaceId)}`}
        </Text>
        <span className={styles.end}>
          {isBusy(upload) && (
            <Button size="small" disabled={stop.isPending} onClick={() => stop.mutate()}>
              {upload.state === 'loading' ? 'Stop and take back' : 'Stop the rules'}
            </Button>
          )}
          {outcome && outcome.perFile.length > 0 && (
            <Button size="small" appearance="subtle" aria-expanded={shown} onClick={() => setShown(!shown)}>
              {plural(outcome.perFile.length, 'file')}
            </Button>
          )}
        </span>
      </div>
      <Progress upload={upload} />
      {outcome && (
        <Text size={200}>
          {outcome.tables.length > 0 ? (
            <InlineLink
              to="/hunting"
              search={{ range: 'all', ...inWorkspace(upload.workspaceId) }}
              hash={`query=${encodeFragment(queryOf(outcome))}`}
            >
              {plural(outcome.rows, 'row')}
            </InlineLink>
          ) : (
            'No rows'
          )}
          {outcome.tables.length > 0 && ` in ${outcome.tables.map(({ table }) => table).join(', ')}`}
          {outcome.unparsed > 0 && (
            <>
              {', '}
              <InlineLink to="/data" search={{ tab: 'errors' }}>
                {plural(outcome.unparsed, 'record')} refused
              </InlineLink>
            </>
          )}
          {sweep && upload.state !== 'sweeping' && (
            <>
              {', '}
              {plural(sweep.alerts, 'new alert')}
              {sweep.incidents.length > 0 && ' in '}
              {sweep.incidents.slice(0, 5).map((number, i) => (
                <span key={number}>
                  {i > 0 && ', '}
                  <InlineLink to="/incidents/$number" params={{ number: String(number) }}>
                    incident {number}
                  </InlineLink>
                </span>
              ))}
              {sweep.incidents.length > 5 && (
                <>
                  {' and '}
                  <InlineLink to="/incidents">{plural(sweep.incidents.length - 5, 'other')}</InlineLink>
                </>
              )}
            </>
          )}
        </Text>
      )}
      {upload.message !== null && <Text size={200}>{visible(upload.message)}</Text>}
      {shown && outcome && (
        <div className={styles.files}>
          <Grid label="Files" rows={outcome.perFile} columns={columns} rowId={(file) => file.file} />
        </div>
      )}
    </article>
  );
}
