import { Button, makeStyles, MessageBar, MessageBarBody, ProgressBar, Text, tokens } from '@fluentui/react-components';
import type { UploadedFile } from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { count, plural } from '../../../shared/numbers.ts';
import { PreviewTables } from '../../../shared/PreviewTables.tsx';
import { EmptyState, ErrorState, Loading } from '../../../shared/States.tsx';
import { visible } from '../../../shared/text.ts';
import { InlineLink } from '../../../shared/TextLink.tsx';
import { startAnew } from '../../sources/store.ts';
import { choose, type Destination } from './choices.ts';
import { previewQuery } from './queries.ts';
import { StreamChoice } from './StreamChoice.tsx';

const useStyles = makeStyles({
  root: { display: 'flex', flexDirection: 'column', flexGrow: 1, minHeight: 0, gap: tokens.spacingVerticalS },
  bar: { display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: tokens.spacingHorizontalM },
  name: { overflowWrap: 'anywhere' },
  note: { color: tokens.colorNeutralForeground3 },
});

/** The first records of a file as they would be stored, and the choice where they go. */
export function FilePreview(props: {
  uploadId: string;
  file: UploadedFile;
  destination: Destination;
  /** Being loaded or discarded: nothing is asked of it then. */
  busy: boolean;
}): ReactElement {
  const styles = useStyles();
  const { uploadId, file, destination } = props;
  const stream = destination.kind === 'stream' && destination.chosen ? destination.stream : undefined;
  const shown = destination.kind === 'stream' || destination.kind === 'unknown';
  const preview = useQuery({ ...previewQuery(uploadId, file.file, stream), enabled: shown && !props.busy });
  if (destination.kind === 'unread')
    return <EmptyState title="This file is not read">{visible(destination.why)}</EmptyState>;
  const chosen = destination.kind === 'leftOut' || stream !== undefined;
  const value = destination.kind === 'leftOut' ? null : destination.kind === 'stream' ? destination.stream : undefined;
  return (
    <section className={styles.root} aria-label={`Preview of ${visible(file.file)}`}>
      <div className={styles.bar}>
        <Text weight="semibold" className={styles.name}>
          {visible(file.file)}
        </Text>
        <Text size={200}>read as</Text>
        <StreamChoice value={value} onChange={(next) => choose(uploadId, file.file, next)} />
        {chosen && (
          <Button size="small" appearance="subtle" onClick={() => choose(uploadId, file.file, undefined)}>
            As recognised
          </Button>
        )}
        {shown && preview.data && (
          <Text size={200} className={styles.note} role="status">
            The first {plural(preview.data.records, 'record')}: {count(preview.data.refused.length)} refused. Nothing is
            stored yet.
          </Text>
        )}
      </div>
      {destination.kind === 'leftOut' && <EmptyState title="Left out">Nothing of this file will be loaded.</EmptyState>}
      {destination.kind === 'unknown' && (
        <MessageBar intent="warning" layout="multiline">
          <MessageBarBody>
            No source recognises this file. Its lines would be kept as refused; choose how to read it, or{' '}
            <InlineLink
              to="/source-editor"
              onClick={() => startAnew((preview.data?.refused ?? []).map(({ text }) => text).join('\n'))}
            >
              write a source for it
            </InlineLink>
            .
          </MessageBarBody>
        </MessageBar>
      )}
      {shown && preview.isFetching && <ProgressBar aria-label="Reading the file’s beginning" />}
      {shown && preview.error && <ErrorState error={preview.error} onRetry={() => void preview.refetch()} />}
      {shown && !preview.data && !preview.error && <Loading rows={6} label="Reading the file’s beginning" />}
      {shown && preview.data && !preview.error && (
        <PreviewTables key={`${uploadId} ${file.file} ${stream ?? ''}`} preview={preview.data} />
      )}
    </section>
  );
}
