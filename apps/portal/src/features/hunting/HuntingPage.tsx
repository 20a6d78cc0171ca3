import {
  Button,
  makeStyles,
  Menu,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
  ProgressBar,
  Text,
  tokens,
} from '@fluentui/react-components';
import {
  HistoryRegular,
  LinkRegular,
  PanelLeftContractRegular,
  PanelLeftExpandRegular,
  PlayRegular,
  SearchSquareRegular,
  StopRegular,
} from '@fluentui/react-icons';
import { SallyportError } from '@sallyport/contracts';
import { keepPreviousData, queryOptions, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useLocation } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useMemo, useRef, useState, type ReactElement } from 'react';
import { decodeFragment, encodeFragment, fragmentValue } from '../../shared/address.ts';
import { client } from '../../shared/api.ts';
import { blocksOf, joinBlocks, spanOfTarget } from '../../shared/editor/blocks.ts';
import type { EditorHandle } from '../../shared/editor/KqlEditor.tsx';
import { Page } from '../../shared/Page.tsx';
import { getPreferences, setPreferences, usePreferences } from '../../shared/preferences.ts';
import { SplitPane } from '../../shared/SplitPane.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { elide, visible } from '../../shared/text.ts';
import { spanOf } from '../../shared/time.ts';
import { TimeRange } from '../../shared/TimeRange.tsx';
import type { HuntingSearch } from './index.ts';
import { QueriesDialog } from './QueriesDialog.tsx';
import { Results } from './Results.tsx';
import { SchemaPane } from './SchemaPane.tsx';
import { schemaQuery } from './schemaQuery.ts';

const KqlEditor = lazy(() => import('../../shared/editor/KqlEditor.tsx'));

const RECENT_MAX = 20;
const RECENT_LENGTH_MAX = 10_000;
const ROWS_MAX = 30_000;
const RANGE_DEFAULT = '24h';

const useStyles = makeStyles({
  root: { display: 'flex', flexGrow: 1, minHeight: 0, gap: tokens.spacingHorizontalM },
  work: { display: 'flex', flexDirection: 'column', flexGrow: 1, minWidth: 0, minHeight: 0 },
  bar: {
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    gap: tokens.spacingHorizontalS,
    paddingBottom: tokens.spacingVerticalS,
  },
  editor: {
    flexGrow: 1,
    minHeight: 0,
    border: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
    backgroundColor: tokens.colorNeutralBackground1,
    overflow: 'hidden',
    ':focus-within': { border: `${tokens.strokeWidthThin} solid ${tokens.colorBrandStroke1}` },
  },
  lower: { display: 'flex', flexDirection: 'column', flexGrow: 1, minHeight: 0, gap: tokens.spacingVerticalXS },
  stale: { opacity: 0.6, display: 'flex', flexDirection: 'column', flexGrow: 1, minHeight: 0 },
  fresh: { display: 'flex', flexDirection: 'column', flexGrow: 1, minHeight: 0 },
  hint: { color: tokens.colorNeutralForeground3 },
});

const route = getRouteApi('/frame/hunting');

const runQuery = (query: string | undefined, range: string, run: number) =>
  queryOptions({
    queryKey: ['hunt', query, range, run],
    queryFn: ({ signal }) => {
      const timespan = spanOf(range, new Date());
      return client.runQuery({
        signal,
        body: { query: query ?? '', maxRows: ROWS_MAX, ...(timespan ? { timespan } : {}) },
      });
    },
    enabled: query !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 300_000,
    retry: false,
    refetchOnWindowFocus: false,
    placeholderData: keepPreviousData,
  });

const checkQuery = async (query: string, signal: AbortSignal) =>
  (await client.checkQuery({ body: { query }, signal })).faults;

function remember(query: string): void {
  if (query.length > RECENT_LENGTH_MAX) return;
  const others = getPreferences().recentQueries.filter((one) => one !== query);
  setPreferences({ recentQueries: [query, ...others].slice(0, RECENT_MAX) });
}

/** The workbench: a query, its time range, its rows. What is run stands in the address; what is typed stays in this browser. */
export function HuntingPage(): ReactElement {
  const styles = useStyles();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const queries = useQueryClient();
  const { recentQueries, editorShare, schemaShown } = usePreferences();
  const range = search.range ?? RANGE_DEFAULT;
  const hash = useLocation({ select: (location) => location.hash });
  const asked = useMemo(() => {
    const text = fragmentValue(hash, 'query');
    const query = text === undefined ? undefined : decodeFragment(text);
    return query === undefined || query.trim() === '' ? undefined : joinBlocks(query);
  }, [hash]);

  const [text, setText] = useState(() => asked ?? getPreferences().draft);
  const [seen, setSeen] = useState(asked);
  if (asked !== seen) {
    // A link, or Back: the editor shows what the address asks for, unless it already holds it.
    setSeen(asked);
    if (asked !== undefined && !blocksOf(text).some((block) => block.text.trim() === asked.trim())) setText(asked);
  }
  useEffect(() => {
    const timer = setTimeout(() => setPreferences({ draft: text }), 400);
    return () => clearTimeout(timer);
  }, [text]);

  const handle = useRef<EditorHandle>(null);
  const [run, setRun] = useState(0);
  const schema = useQuery(schemaQuery);
  const options = runQuery(asked, range, run);
  const answer = useQuery(options);
  const set = (change: HuntingSearch): void =>
    void navigate({ search: (before) => ({ ...before, ...change }), hash: (before) => before ?? '', replace: true });

  const ask = (query: string): void => {
    remember(query);
    setRun((before) => before + 1);
    void navigate({
      search: (before) => ({ ...before, view: undefined }),
      hash: `query=${encodeFragment(query)}`,
      replace: query === asked,
    });
  };
  const start = (): void => {
    const block = handle.current?.current() ?? blocksOf(text)[0];
    if (block) ask(block.text.trim());
  };
  const cancel = (): void => void queries.cancelQueries({ queryKey: options.queryKey });

  // A new object for each answer, so that a fault is underlined anew after the text was changed and run again.
  const { error } = answer;
  const fault = useMemo(() => {
    if (!(error instanceof SallyportError) || asked === undefined) return undefined;
    const span = spanOfTarget(error.target);
    const at = blocksOf(text).find((block) => block.text.trim() === asked.trim());
    if (!span || !at) return undefined;
    const lead = at.text.length - at.text.trimStart().length;
    return { from: at.from + lead + span.from, to: at.from + lead + span.to, message: visible(error.message) };
    // The place is of the text as it was run; later typing takes the underline away.
    // eslint-disable-next-line react-hooks/exhaustive-deps, react/exhaustive-deps
  }, [error, asked]);

  const lower = (
    <div className={styles.lower}>
      {answer.isFetching && <ProgressBar aria-label="The query is running" />}
      {error && !answer.isFetching && (
        <ErrorState
          error={error}
          title={
            error instanceof SallyportError && error.code === 'InvalidQuery' ? 'The query has a fault' : 'No answer'
          }
          kept="The query is kept."
        />
      )}
      {asked === undefined && (
        <EmptyState icon={<SearchSquareRegular />} title="Ask the lake">
          Write a query above and press Shift-Enter. A blank line parts queries; the one at the cursor runs. Tables and
          their columns are at the left.
        </EmptyState>
      )}
      {answer.data && !error && asked !== undefined && (
        <div className={answer.isPlaceholderData ? styles.stale : styles.fresh}>
          <Results
            key={answer.dataUpdatedAt}
            result={answer.data}
            view={search.view}
            onView={(view) => set({ view })}
          />
        </div>
      )}
      {!answer.data && answer.isFetching && <Loading rows={8} label="Running" />}
    </div>
  );

  return (
    <Page title="Hunting">
      <div className={styles.bar}>
        {answer.isFetching ? (
          <Button size="small" icon={<StopRegular />} onClick={cancel}>
            Cancel
          </Button>
        ) : (
          <Button
            size="small"
            appearance="primary"
            icon={<PlayRegular />}
            onClick={start}
            title="Shift-Enter"
            disabled={text.trim() === ''}
          >
            Run
          </Button>
        )}
        <TimeRange value={range} onChange={(value) => set({ range: value })} />
        <Menu>
          <MenuTrigger disableButtonEnhancement>
            <Button size="small" appearance="subtle" icon={<HistoryRegular />} disabled={recentQueries.length === 0}>
              Recent
            </Button>
          </MenuTrigger>
          <MenuPopover>
            <MenuList>
              {recentQueries.map((query) => (
                <MenuItem key={query} onClick={() => setText(query)} title={visible(query, { lines: true })}>
                  {visible(elide(query.replaceAll(/\s+/g, ' '), 80))}
                </MenuItem>
              ))}
            </MenuList>
          </MenuPopover>
        </Menu>
        <QueriesDialog onRun={ask} />
        <Button
          size="small"
          appearance="subtle"
          icon={<LinkRegular />}
          disabled={asked === undefined}
          onClick={() => void navigator.clipboard.writeText(window.location.href)}
        >
          Copy link
        </Button>
        <Button
          size="small"
          appearance="subtle"
          icon={schemaShown ? <PanelLeftContractRegular /> : <PanelLeftExpandRegular />}
          onClick={() => setPreferences({ schemaShown: !schemaShown })}
        >
          Schema
        </Button>
        <Text size={200} className={styles.hint}>
          Shift-Enter runs
        </Text>
      </div>
      <div className={styles.root}>
        {schemaShown && (
          <SchemaPane catalogue={schema.data} error={schema.error} onInsert={(name) => handle.current?.insert(name)} />
        )}
        <div className={styles.work}>
          <SplitPane
            label="Height of the editor"
            share={editorShare}
            onShare={(share) => setPreferences({ editorShare: share })}
            upper={
              <div className={styles.editor}>
                <Suspense fallback={<Loading rows={4} label="Loading the editor" />}>
                  <KqlEditor
                    label="Query"
                    value={text}
                    onChange={setText}
                    onRun={start}
                    onReady={(made) => (handle.current = made)}
                    catalogue={schema.data}
                    fault={fault}
                    check={checkQuery}
                  />
                </Suspense>
              </div>
            }
            lower={lower}
          />
        </div>
      </div>
    </Page>
  );
}
