import {
  Button,
  makeStyles,
  mergeClasses,
  MessageBar,
  MessageBarBody,
  ProgressBar,
  Text,
  tokens,
} from '@fluentui/react-components';
import { ArrowUploadRegular } from '@fluentui/react-icons';
import type { UploadResult } from '@sallyport/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState, type ReactElement } from 'react';
import { client, useMay } from '../../shared/api.ts';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { bytes, count, plural } from '../../shared/numbers.ts';
import { EmptyState, ErrorState } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import { InlineLink } from '../../shared/TextLink.tsx';
import { duration } from '../../shared/time.ts';

/** What the server takes at most, as its contract says. */
const FILE_BYTES_MAX = 256 * 1024 * 1024;

const useStyles = makeStyles({
  root: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalL, flexGrow: 1, minHeight: 0 },
  drop: {
    display: 'flex',
    flexDirection: 'column',
    alignItems: 'center',
    gap: tokens.spacingVerticalS,
    padding: tokens.spacingVerticalXXXL,
    backgroundColor: tokens.colorNeutralBackground1,
    border: `${tokens.strokeWidthThick} dashed ${tokens.colorNeutralStroke1}`,
    borderRadius: tokens.borderRadiusLarge,
  },
  over: { border: `${tokens.strokeWidthThick} dashed ${tokens.colorBrandStroke1}` },
  icon: { fontSize: tokens.fontSizeHero800, color: tokens.colorNeutralForeground3 },
  hint: { color: tokens.colorNeutralForeground3, textAlign: 'center' },
  hidden: { display: 'none' },
  result: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalS, flexGrow: 1, minHeight: 0 },
});

type FileResult = UploadResult['perFile'][number];

const columns: readonly GridColumn<FileResult>[] = [
  { id: 'file', header: 'File', min: 240, grow: 2, cell: (file) => visible(file.file) },
  {
    id: 'source',
    header: 'Read as',
    min: 180,
    grow: 1,
    cell: (file) => (file.source === null ? 'Not recognised' : visible(file.source)),
  },
  { id: 'rows', header: 'Rows', min: 96, align: 'end', cell: (file) => count(file.rows) },
  { id: 'unparsed', header: 'Not read', min: 96, align: 'end', cell: (file) => count(file.unparsed) },
  { id: 'message', header: 'Note', min: 160, grow: 2, cell: (file) => visible(file.message ?? '') },
];

function Elapsed({ since }: { since: number }): ReactElement {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return <>{duration(Math.max(0, Math.round((now - since) / 1000)))}</>;
}

/** A log file or a zip of them, loaded as if it had just come in; the enabled rules run over its time range. */
export function UploadTab(): ReactElement {
  const styles = useStyles();
  const may = useMay('data.manage');
  const queries = useQueryClient();
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const [refused, setRefused] = useState<string>();
  const abort = useRef<AbortController>(null);
  const upload = useMutation({
    mutationFn: (file: File) => {
      abort.current = new AbortController();
      return client.uploadFile({ query: { name: file.name.slice(0, 255) }, body: file, signal: abort.current.signal });
    },
    onSettled: () => {
      for (const key of ['tables', 'sources', 'ingestionErrors', 'incidents', 'rules'])
        void queries.invalidateQueries({ queryKey: [key] });
    },
  });
  const take = (files: FileList | null): void => {
    const file = files?.[0];
    if (!file || upload.isPending) return;
    const reason =
      file.size > FILE_BYTES_MAX
        ? `${visible(file.name)} has ${bytes(file.size)}; at most ${bytes(FILE_BYTES_MAX)} can be uploaded. The command line takes larger ones: npx sallyport replay.`
        : files.length > 1
          ? 'One file at a time; a zip may hold many.'
          : undefined;
    setRefused(reason);
    if (file.size <= FILE_BYTES_MAX) upload.mutate(file);
  };
  if (!may)
    return (
      <EmptyState title="You may not upload">
        Uploading needs the permission “Data (manage)”. Ask an administrator.
      </EmptyState>
    );
  const result = upload.data;
  return (
    <div className={styles.root}>
      <div
        className={mergeClasses(styles.drop, over && styles.over)}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          take(event.dataTransfer.files);
        }}
      >
        <ArrowUploadRegular className={styles.icon} aria-hidden />
        {upload.isPending ? (
          <>
            <Text weight="semibold">
              Loading {visible(upload.variables.name)} ({bytes(upload.variables.size)}) and running the rules over it:{' '}
              <Elapsed since={upload.submittedAt} />
            </Text>
            <ProgressBar aria-label="Uploading" />
            <Button onClick={() => abort.current?.abort()}>Cancel</Button>
          </>
        ) : (
          <>
            <Text weight="semibold">Drop a log file or a zip here</Text>
            <Button appearance="primary" onClick={() => input.current?.click()}>
              Choose a file
            </Button>
            <Text size={200} className={styles.hint}>
              Windows events as JSON, syslog, auditd, journald and dpkg logs are recognised, plain or zipped. At most{' '}
              {bytes(FILE_BYTES_MAX)}.
            </Text>
          </>
        )}
        <input
          ref={input}
          className={styles.hidden}
          type="file"
          aria-label="File to upload"
          onChange={(event) => {
            take(event.target.files);
            event.target.value = '';
          }}
        />
      </div>
      {refused !== undefined && (
        <MessageBar intent="warning" layout="multiline">
          <MessageBarBody>{refused}</MessageBarBody>
        </MessageBar>
      )}
      {upload.error && (
        <ErrorState
          error={upload.error}
          title="The file was not loaded whole"
          kept="What was loaded before the failure stays; uploading it again may store rows twice."
        />
      )}
      {result && !upload.isPending && (
        <div className={styles.result}>
          <MessageBar intent={result.unparsed > 0 ? 'warning' : 'success'} layout="multiline">
            <MessageBarBody>
              {plural(result.rows, 'row')} from {plural(result.files, 'file')},{' '}
              {result.unparsed > 0 ? `${plural(result.unparsed, 'line')} not read, ` : ''}
              {plural(result.alerts, 'alert')}.{' '}
              {result.alerts > 0 && <InlineLink to="/incidents">See the incidents</InlineLink>}
            </MessageBarBody>
          </MessageBar>
          <Grid label="Files" rows={result.perFile} columns={columns} rowId={(file) => file.file} />
        </div>
      )}
    </div>
  );
}
