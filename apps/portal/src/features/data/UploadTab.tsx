import { Button, makeStyles, mergeClasses, MessageBar, MessageBarBody, Text, tokens } from '@fluentui/react-components';
import { ArrowUploadRegular } from '@fluentui/react-icons';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useEffect, useRef, useState, type ReactElement } from 'react';
import { bytes, plural } from '../../shared/numbers.ts';
import { useRefusal } from '../../shared/Refusable.tsx';
import { Section } from '../../shared/Section.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import type { DataSearch } from './index.ts';
import { isBusy, uploadsQuery } from './upload/queries.ts';
import { FILE_BYTES_MAX } from './upload/send.ts';
import { send, useSending } from './upload/sending.ts';
import { SendingLine } from './upload/SendingLine.tsx';
import { Staged } from './upload/Staged.tsx';
import { UploadLine } from './upload/UploadLine.tsx';

const useStyles = makeStyles({
  root: {
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalL,
    flexGrow: 1,
    minHeight: 0,
    overflowY: 'auto',
  },
  drop: {
    display: 'flex',
    flexShrink: 0,
    flexDirection: 'column',
    alignItems: 'center',
    gap: tokens.spacingVerticalS,
    padding: tokens.spacingVerticalXXXL,
    backgroundColor: tokens.colorNeutralBackground1,
    border: `${tokens.strokeWidthThick} dashed ${tokens.colorNeutralStroke1}`,
    borderRadius: tokens.borderRadiusLarge,
  },
  small: { flexDirection: 'row', flexWrap: 'wrap', padding: `${tokens.spacingVerticalM} ${tokens.spacingHorizontalL}` },
  over: { border: `${tokens.strokeWidthThick} dashed ${tokens.colorBrandStroke1}` },
  icon: { fontSize: tokens.fontSizeHero800, color: tokens.colorNeutralForeground3 },
  iconSmall: { fontSize: tokens.fontSizeBase600 },
  hint: { color: tokens.colorNeutralForeground3 },
  hidden: { display: 'none' },
  list: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalS },
});

const route = getRouteApi('/frame/data');

/** What loading changes elsewhere in the portal. */
const changed = ['tables', 'sources', 'ingestionErrors', 'incidents', 'rules', 'schema'] as const;

/** Files: brought, looked at, loaded as if they had just come in; the enabled rules run over their time. */
export function UploadTab({ set }: { set: (change: DataSearch, replace?: boolean) => void }): ReactElement {
  const styles = useStyles();
  const why = useRefusal('loadUpload', 'previewUpload', 'cancelUpload');
  const queries = useQueryClient();
  const { selected } = route.useSearch();
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const [refused, setRefused] = useState<string>();
  const sending = useSending();
  const uploads = useQuery({ ...uploadsQuery, enabled: why === undefined });
  const staged = uploads.data?.filter(({ state }) => state === 'staged') ?? [];
  const others = uploads.data?.filter(({ state }) => state !== 'staged') ?? [];
  const busy = others.filter(isBusy).length;
  useEffect(() => {
    for (const key of changed) void queries.invalidateQueries({ queryKey: [key] });
  }, [busy, queries]);
  if (why !== undefined) return <EmptyState title="You may not upload">{why}</EmptyState>;
  const take = (files: FileList | null): void => {
    const all = [...(files ?? [])];
    const large = all.filter(({ size }) => size > FILE_BYTES_MAX);
    setRefused(
      large.length === 0
        ? undefined
        : `${large.map(({ name }) => visible(name)).join(', ')}: more than ${bytes(FILE_BYTES_MAX)}. The command line takes larger files: npx sallyport replay.`,
    );
    send(
      all.filter((file) => !large.includes(file)),
      () => void queries.invalidateQueries({ queryKey: ['uploads'] }),
    );
  };
  const small = staged.length > 0 || others.length > 0 || sending.length > 0;
  return (
    <div className={styles.root}>
      <div
        className={mergeClasses(styles.drop, small && styles.small, over && styles.over)}
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
        <ArrowUploadRegular className={mergeClasses(styles.icon, small && styles.iconSmall)} aria-hidden />
        <Text weight="semibold">Drop log files here</Text>
        <Button
          appearance={staged.length > 0 ? 'secondary' : 'primary'}
          size={small ? 'small' : 'medium'}
          onClick={() => input.current?.click()}
        >
          Choose files
        </Button>
        <Text size={200} className={styles.hint}>
          Text, JSON, CSV, event logs (.evtx), plain, gzip or zip; at most {bytes(FILE_BYTES_MAX)} each. You see what
          they become before anything is stored.
        </Text>
        <input
          ref={input}
          className={styles.hidden}
          type="file"
          multiple
          aria-label="Files to upload"
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
      {sending.map((file) => (
        <SendingLine key={file.id} file={file} />
      ))}
      {uploads.error && <ErrorState error={uploads.error} onRetry={() => void uploads.refetch()} />}
      {!uploads.data && !uploads.error && <Loading rows={4} label="Loading uploads" />}
      {staged.length > 0 && (
        <Staged uploads={staged} selected={selected} onSelect={(id) => set({ selected: id }, selected !== undefined)} />
      )}
      {others.length > 0 && (
        <Section title={busy > 0 ? `${plural(busy, 'upload')} under way` : 'Uploads'}>
          <div className={styles.list}>
            {others.map((upload) => (
              <UploadLine key={upload.id} upload={upload} />
            ))}
          </div>
        </Section>
      )}
    </div>
  );
}
