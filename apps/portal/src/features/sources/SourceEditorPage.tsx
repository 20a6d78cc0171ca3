import {
  Button,
  makeStyles,
  MessageBar,
  MessageBarBody,
  ProgressBar,
  Text,
  Textarea,
  tokens,
} from '@fluentui/react-components';
import { ArrowSwapRegular, HistoryRegular, SaveRegular } from '@fluentui/react-icons';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useEffect, useState, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { useSettled } from '../../shared/hooks.ts';
import { count, plural } from '../../shared/numbers.ts';
import { Page } from '../../shared/Page.tsx';
import { PreviewTables } from '../../shared/PreviewTables.tsx';
import { useRefusal } from '../../shared/Refusable.tsx';
import { SplitPane } from '../../shared/SplitPane.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import { InlineLink } from '../../shared/TextLink.tsx';
import { useNotify } from '../../shared/toast.tsx';
import { CompareDialog } from './CompareDialog.tsx';
import { draftOf, filesOf, type Draft } from './draft.ts';
import { HistoryDialog } from './HistoryDialog.tsx';
import { draftOfStream, ownSourcesQuery, SAMPLE_MAX, tryQuery } from './queries.ts';
import { SaveDialog } from './SaveDialog.tsx';
import { setWork, startAnew, useWork } from './store.ts';
import { StreamPane } from './StreamPane.tsx';
import { StartFrom, TakeSamples } from './TakeMenus.tsx';

const PAUSE_MS = 500;
const SHARE = 52;

const useStyles = makeStyles({
  bar: {
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    gap: tokens.spacingHorizontalS,
    paddingBottom: tokens.spacingVerticalS,
  },
  upper: {
    display: 'grid',
    gridTemplateColumns: 'minmax(0, 2fr) minmax(0, 3fr)',
    gap: tokens.spacingHorizontalM,
    flexGrow: 1,
    minHeight: 0,
  },
  sample: { display: 'flex', flexDirection: 'column', minHeight: 0, gap: tokens.spacingVerticalXS },
  raw: {
    flexGrow: 1,
    maxHeight: 'none',
    '& textarea': {
      maxHeight: 'none',
      height: '100%',
      fontFamily: tokens.fontFamilyMonospace,
      fontSize: tokens.fontSizeBase200,
      whiteSpace: 'pre',
      overflowX: 'auto',
    },
  },
  lower: { display: 'flex', flexDirection: 'column', flexGrow: 1, minHeight: 0, gap: tokens.spacingVerticalXS },
  note: { color: tokens.colorNeutralForeground3 },
  end: { marginLeft: 'auto', display: 'flex', gap: tokens.spacingHorizontalS },
});

const route = getRouteApi('/frame/source-editor');

/** The workbench of sources: raw lines at the left, KQL at the right, and below what the engine makes of them as one types. */
export function SourceEditorPage(): ReactElement {
  const styles = useStyles();
  const why = useRefusal('saveOwnSource', 'checkSource', 'tryDraft', 'previewUpload');
  const notify = useNotify();
  const queries = useQueryClient();
  const navigate = route.useNavigate();
  const { source } = route.useSearch();
  const { draft, sample, changed } = useWork();
  const [at, setAt] = useState(0);
  const [share, setShare] = useState(SHARE);
  const [dialog, setDialog] = useState<'save' | 'history' | 'compare'>();
  const stream = draft.streams[at] ?? draft.streams[0];
  const opened = source !== undefined && source !== draft.id;
  const folder = useQuery({
    queryKey: ['sourceFiles', source],
    queryFn: ({ signal }) => client.getSourceFiles({ signal, params: { id: source ?? '' }, query: {} }),
    enabled: opened,
    retry: false,
  });
  const show = (next: Draft, text?: string): void => {
    setAt(0);
    const [fixture] = Object.entries(next.others).filter(([path]) => /^fixtures\/.*\.(log|jsonl)$/.test(path));
    setWork({ draft: next, sample: (text ?? fixture?.[1] ?? '').slice(0, SAMPLE_MAX), changed: false });
  };
  useEffect(() => {
    if (!opened || !folder.data) return;
    // A link names the source that is to be changed: what the server has of it is the beginning.
    const { files, version, origin } = folder.data;
    show({ ...draftOf(files, version), replaceShipped: origin === 'shipped' });
    // oxlint-disable-next-line react/exhaustive-deps
  }, [folder.data, opened]);
  const own = useQuery(ownSourcesQuery).data?.find(({ id }) => id === draft.id);
  const body = useSettled(JSON.stringify(stream === undefined ? null : draftOfStream(stream)), PAUSE_MS);
  const text = useSettled(sample, PAUSE_MS);
  const tried = useQuery({
    ...tryQuery(JSON.parse(body) as Parameters<typeof tryQuery>[0], text),
    enabled: why === undefined && text.trim() !== '' && body !== 'null',
  });
  if (why !== undefined)
    return (
      <Page title="Source editor">
        <EmptyState title="You may not write sources">{why}</EmptyState>
      </Page>
    );
  const change = (part: Partial<Draft>): void => setWork({ draft: { ...draft, ...part } });
  const start = async (id: string): Promise<void> => {
    try {
      const { files } = await client.getSourceFiles({ params: { id }, query: {} });
      const from = draftOf(files, null);
      const own = { id: '', name: '', vendor: '', product: '', others: {} };
      const streams = from.streams.map((one) => ({ ...one, name: '' }));
      const [fixture] = Object.entries(from.others).filter(([path]) => /^fixtures\/.*\.(log|jsonl)$/.test(path));
      show({ ...from, ...own, streams }, sample.trim() === '' ? fixture?.[1] : sample);
      void navigate({ search: {}, replace: true });
    } catch (error) {
      notify.failed('The source could not be read', error);
    }
  };
  const result = sample.trim() === '' ? undefined : tried.data;
  const title = draft.name === '' ? 'New source' : visible(draft.name);
  return (
    <Page
      title={title}
      above="Source"
      count={draft.version === null ? undefined : `version ${draft.version}${changed ? ', changed' : ''}`}
    >
      <div className={styles.bar}>
        <StartFrom onStart={(id) => void start(id)} />
        <TakeSamples onTake={(taken) => setWork({ sample: taken })} />
        <Button
          size="small"
          appearance="subtle"
          onClick={() => {
            startAnew();
            setAt(0);
            void navigate({ search: {}, replace: true });
          }}
        >
          Clear
        </Button>
        <InlineLink to="/data" search={{ tab: 'sources' }}>
          All sources
        </InlineLink>
        <span className={styles.end}>
          {(draft.replaceShipped || own?.replacesShipped) && (
            <Button size="small" icon={<ArrowSwapRegular />} onClick={() => setDialog('compare')}>
              Compare with the shipped one
            </Button>
          )}
          {draft.version !== null && (
            <Button size="small" icon={<HistoryRegular />} onClick={() => setDialog('history')}>
              Versions
            </Button>
          )}
          <Button size="small" appearance="primary" icon={<SaveRegular />} onClick={() => setDialog('save')}>
            Save
          </Button>
        </span>
      </div>
      {draft.replaceShipped && draft.version === null && (
        <MessageBar intent="info" layout="multiline">
          <MessageBarBody>
            Saved, this is your version of the shipped source {visible(draft.id)} and stands in its place. You are told
            when the shipped one changes.
          </MessageBarBody>
        </MessageBar>
      )}
      {draft.version !== null && own?.shippedChanged && (
        <MessageBar intent="warning" layout="multiline">
          <MessageBarBody>
            Update available: the shipped source {visible(draft.id)} has changed since this version was made from it.
            Compare them, take over what you want, and save.
          </MessageBarBody>
        </MessageBar>
      )}
      {opened && folder.error && <ErrorState error={folder.error} title="The source could not be read" />}
      {opened && folder.isPending && <Loading rows={4} label="Loading the source" />}
      <SplitPane
        label="Height of the editor"
        share={share}
        onShare={setShare}
        upper={
          <div className={styles.upper}>
            <div className={styles.sample}>
              <Text size={200} className={styles.note}>
                Raw text, as it is sent or stands in the file
              </Text>
              <Textarea
                className={styles.raw}
                aria-label="Raw text"
                placeholder="Paste some lines here"
                value={sample}
                maxLength={SAMPLE_MAX}
                onChange={(_, { value }) => setWork({ sample: value })}
              />
            </div>
            <StreamPane draft={draft} at={at} result={result} onAt={setAt} onChange={change} />
          </div>
        }
        lower={
          <div className={styles.lower}>
            {tried.isFetching && <ProgressBar aria-label="The engine reads the text" />}
            {tried.error && !tried.isFetching && (
              <ErrorState error={tried.error} title="The text could not be tried" kept="What was written is kept." />
            )}
            {sample.trim() === '' && (
              <EmptyState title="Paste raw lines at the left">
                They are read by the real engine with each pause of typing; nothing is stored. “Take lines” brings those
                that could not be read so far, “Start from” the KQL of a source that ships.
              </EmptyState>
            )}
            {result && !tried.error && (
              <>
                <Text size={200} role="status">
                  {plural(result.preview.records, 'record')},{' '}
                  {plural(
                    result.preview.tables.reduce((sum, { rows }) => sum + rows.length, 0),
                    'row',
                  )}
                  , {count(result.preview.refused.length)} refused
                  {result.recognisedBy &&
                    result.recognisedBy.source !== draft.id &&
                    `; today they are recognised by ${visible(result.recognisedBy.source)}, which is asked before yours`}
                </Text>
                {result.untaken.length > 0 && (
                  <MessageBar intent="warning" layout="multiline">
                    <MessageBarBody>
                      {plural(result.untaken.length, 'accepted record')} taken by no table, and so lost from sight:
                      record{' '}
                      {result.untaken
                        .slice(0, 10)
                        .map((record) => record + 1)
                        .join(', ')}
                    </MessageBarBody>
                  </MessageBar>
                )}
                <PreviewTables preview={result.preview} />
              </>
            )}
          </div>
        }
      />
      {dialog === 'save' && (
        <SaveDialog
          draft={draft}
          at={at}
          sample={sample}
          onClose={() => setDialog(undefined)}
          onSaved={(saved, files) => {
            setDialog(undefined);
            setWork({ draft: draftOf(files, saved.version), changed: false });
            for (const key of ['ownSources', 'sources', 'streams', 'ownSourceVersions', 'sourceFiles', 'tryDraft'])
              void queries.invalidateQueries({ queryKey: [key] });
            notify.done(`Version ${saved.version} of ${visible(saved.id)} is in use`);
            void navigate({ search: { source: saved.id }, replace: true });
          }}
        />
      )}
      {dialog === 'compare' && (
        <CompareDialog id={draft.id} files={filesOf(draft)} onClose={() => setDialog(undefined)} />
      )}
      {dialog === 'history' && draft.version !== null && (
        <HistoryDialog
          id={draft.id}
          current={draft.version}
          onClose={() => setDialog(undefined)}
          onLook={(files) => {
            setDialog(undefined);
            setWork({ draft: draftOf(files, draft.version) });
          }}
          onReverted={() => {
            setDialog(undefined);
            startAnew();
            void queries.invalidateQueries({ queryKey: ['sourceFiles'] });
          }}
        />
      )}
    </Page>
  );
}
