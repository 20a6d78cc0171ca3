import { makeStyles, ProgressBar, Text, tokens } from '@fluentui/react-components';
import { SearchSquareRegular } from '@fluentui/react-icons';
import { SallyportError } from '@sallyport/contracts';
import { keepPreviousData, queryOptions, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useLocation } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useMemo, useRef, useState, type ReactElement } from 'react';
import { decodeFragment, encodeFragment, fragmentValue } from '../../shared/address.ts';
import { client } from '../../shared/api.ts';
import { blocksOf, joinBlocks, spanOfTarget } from '../../shared/editor/blocks.ts';
import type { EditorHandle } from '../../shared/editor/KqlEditor.tsx';
import { plural } from '../../shared/numbers.ts';
import { Page } from '../../shared/Page.tsx';
import { getPreferences, setPreferences, usePreferences } from '../../shared/preferences.ts';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { SplitPane } from '../../shared/SplitPane.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import { spanOf } from '../../shared/time.ts';
import { ShownWorkspace } from '../../shared/workspaces.ts';
import { ask } from './ask.ts';
import { emptyGuided, fromKql, toKql, type Guided } from './guided.ts';
import { GuidedBuilder } from './GuidedBuilder.tsx';
import type { HuntingSearch } from './index.ts';
import { condition, nameOf, relatedQuery, withStep } from './pivot.ts';
import { Results, type Asked } from './results/Results.tsx';
import { ruleOf } from './ruleDraft.ts';
import { SaveDialog } from './saved/SaveDialog.tsx';
import { SchemaPane } from './SchemaPane.tsx';
import { schemaQuery, tablesQuery } from './schemaQuery.ts';
import { rowChoices, Toolbar } from './Toolbar.tsx';
import { useLive } from './useLive.ts';

const KqlEditor = lazy(() => import('../../shared/editor/KqlEditor.tsx'));

/** As many as Defender's own hunting shows. */
const ROWS_DEFAULT = rowChoices[1];
const RANGE_DEFAULT = '24h';
const LIVE_SECONDS = 10;
/** An answer may be large: it is let go of soon after nobody shows it. */
const KEPT_MS = 5_000;

const useStyles = makeStyles({
  root: { display: 'flex', flexGrow: 1, minHeight: 0, gap: tokens.spacingHorizontalM },
  work: { display: 'flex', flexDirection: 'column', flexGrow: 1, minWidth: 0, minHeight: 0 },
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
});

const route = getRouteApi('/frame/hunting');

const runQuery = (
  {
    query,
    workspace,
    range,
    rows,
    run,
  }: { query: string | undefined; workspace: string | undefined; range: string; rows: number; run: number },
  onRows: (rows: number) => void,
) =>
  queryOptions({
    queryKey: ['hunt', query, workspace, range, rows, run],
    queryFn: async ({ signal }) => {
      const span = spanOf(range, new Date());
      const body = {
        query: query ?? '',
        maxRows: rows,
        ...(workspace === undefined ? {} : { workspace }),
        ...(span ? { timespan: span } : {}),
      };
      return { answer: await ask(body, signal, onRows), span };
    },
    enabled: query !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: KEPT_MS,
    retry: false,
    refetchOnWindowFocus: false,
    structuralSharing: false,
    placeholderData: keepPreviousData,
  });

const checkQuery = async (query: string, signal: AbortSignal) =>
  (await client.checkQuery({ body: { query }, signal })).faults;

/** The workbench: a query, its time range, its rows. What is run stands in the address; what is typed stays in this browser. */
export function HuntingPage(): ReactElement {
  const styles = useStyles();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const queries = useQueryClient();
  const { editorShare, schemaShown } = usePreferences();
  const range = search.range ?? RANGE_DEFAULT;
  const rowsMax = rowChoices.find((one) => one === search.rows) ?? ROWS_DEFAULT;
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
  const [arrived, setArrived] = useState(0);
  const [saving, setSaving] = useState(false);
  const [liveQuery, setLiveQuery] = useState<string>();
  const [guided, setGuided] = useState<Guided>(() => fromKql(text) ?? emptyGuided);
  const isGuided = search.mode === 'guided';
  const schema = useQuery(schemaQuery);
  const options = runQuery({ query: asked, workspace: search.workspace, range, rows: rowsMax, run }, setArrived);
  const answer = useQuery(options);
  const live = useLive(liveQuery, LIVE_SECONDS);
  const set = (change: HuntingSearch): void =>
    void navigate({ search: (before) => ({ ...before, ...change }), hash: (before) => before ?? '', replace: true });

  const columnsOf = (table: string) => schema.data?.tables.find(({ name }) => name === table)?.columns ?? [];
  const current = (): string => {
    if (isGuided) return guided.table === '' ? '' : toKql(guided, columnsOf(guided.table));
    return (handle.current?.current() ?? blocksOf(text)[0])?.text.trim() ?? '';
  };
  const askFor = (query: string): void => {
    setLiveQuery(undefined);
    setArrived(0);
    setRun((before) => before + 1);
    void navigate({
      search: (before) => ({ ...before, view: undefined }),
      hash: `query=${encodeFragment(query)}`,
      replace: query === asked,
    });
  };
  const start = (): void => {
    const query = current();
    if (query === '') return;
    if (isGuided) setText(query);
    askFor(query);
  };
  const open = (query: string): void => {
    setText(query);
    const known = fromKql(query);
    if (known) setGuided(known);
    else if (isGuided) set({ mode: undefined });
  };
  const runOther = (query: string): void => {
    open(query);
    askFor(query);
  };
  const switchGuided = (on: boolean): void => {
    if (on) setGuided(fromKql(current()) ?? emptyGuided);
    else if (guided.table !== '') setText(current());
    set({ mode: on ? 'guided' : undefined });
  };
  const makeRule = (): void => {
    const query = current();
    const columns = query === asked ? (answer.data?.answer.columns ?? []) : [];
    void navigate({ to: '/rule-editor', hash: `rule=${encodeFragment(ruleOf(query, columns))}` });
  };
  const related = async (cell: string | number | boolean | null, at: string | undefined): Promise<void> => {
    const { tables } = await queries.fetchQuery(tablesQuery).catch(() => ({ tables: [] }));
    const names = tables.filter((table) => table.rows > 0).map(({ name }) => name);
    runOther(relatedQuery(cell, at, names.length > 0 ? names : ['Syslog', 'SecurityEvent']));
  };

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

  const pivots = (query: string, span: Asked['span']): Asked => ({
    query,
    span,
    onStep: (column, cell, is) => runOther(withStep(query, `where ${condition(column, cell, is)}`)),
    onRelated: (cell, at) => void related(cell, at),
    onQuery: (column, cell) => {
      const table = /^\s*([A-Za-z_]\w*)/.exec(query)?.[1] ?? '';
      runOther(
        `${columnsOf(table).some(({ name }) => name === column.name) ? nameOf(table) : query}\n| where ${condition(column, cell, true)}\n| take 1000`,
      );
    },
  });

  const liveView = liveQuery !== undefined && (
    <div className={styles.fresh}>
      <Text size={200} role="status">
        Rows that arrive from now on.{' '}
        {live.lookedAt && (
          <>
            Looked <RelativeTime at={live.lookedAt.toISOString()} />, {plural(live.fresh, 'new row')}.
          </>
        )}
      </Text>
      {live.error !== undefined && <ErrorState error={live.error} title="The last look failed" />}
      {live.answer ? (
        <Results
          key={live.answer.rows.count}
          answer={live.answer}
          asked={pivots(liveQuery, undefined)}
          view={search.view}
          onView={(view) => set({ view })}
          isFresh={(row) => row < live.fresh}
        />
      ) : (
        <EmptyState title="Nothing yet">
          New rows that match the query appear here. It rests while this page is hidden.
        </EmptyState>
      )}
    </div>
  );

  const lower = (
    <div className={styles.lower}>
      {answer.isFetching && liveQuery === undefined && (
        <>
          <ProgressBar aria-label="The query is running" />
          {arrived > 0 && <Text size={200}>{plural(arrived, 'row')} so far</Text>}
        </>
      )}
      {liveView}
      {error && !answer.isFetching && liveQuery === undefined && (
        <ErrorState
          error={error}
          title={
            error instanceof SallyportError && error.code === 'InvalidQuery' ? 'The query has a fault' : 'No answer'
          }
          kept="The query is kept."
        />
      )}
      {asked === undefined && liveQuery === undefined && (
        <EmptyState icon={<SearchSquareRegular />} title="Ask the lake">
          Write a query above and press Shift-Enter. A blank line parts queries; the one at the cursor runs. Tables and
          their columns are at the left.
        </EmptyState>
      )}
      {answer.data && !error && asked !== undefined && liveQuery === undefined && (
        <div className={answer.isPlaceholderData ? styles.stale : styles.fresh}>
          <Results
            key={answer.dataUpdatedAt}
            answer={answer.data.answer}
            asked={pivots(asked, answer.data.span)}
            view={search.view}
            onView={(view) => set({ view })}
          />
        </div>
      )}
      {!answer.data && answer.isFetching && liveQuery === undefined && <Loading rows={8} label="Running" />}
    </div>
  );

  return (
    <Page title="Hunting">
      <Toolbar
        running={answer.isFetching}
        ready={isGuided ? guided.table !== '' : text.trim() !== ''}
        asked={asked !== undefined}
        range={range}
        rows={rowsMax}
        workspace={search.workspace}
        guided={isGuided}
        live={liveQuery !== undefined}
        schemaShown={schemaShown}
        onStart={start}
        onCancel={() => void queries.cancelQueries({ queryKey: options.queryKey })}
        onRange={(value) => set({ range: value })}
        onRows={(rows) => set({ rows })}
        onWorkspace={(workspace) => set({ workspace })}
        onGuided={switchGuided}
        onLive={(on) => setLiveQuery(on ? current() : undefined)}
        onRun={runOther}
        onOpen={open}
        onSave={() => setSaving(true)}
        onRule={makeRule}
        onFormat={() => handle.current?.format()}
        onSchema={() => setPreferences({ schemaShown: !schemaShown })}
      />
      {saving && <SaveDialog draft={{ query: current() }} onClose={() => setSaving(false)} />}
      <div className={styles.root}>
        {schemaShown && (
          <SchemaPane
            catalogue={schema.data}
            error={schema.error}
            onInsert={(name) => handle.current?.insert(name)}
            onOpen={open}
          />
        )}
        <div className={styles.work}>
          <SplitPane
            label="Height of the editor"
            share={editorShare}
            onShare={(share) => setPreferences({ editorShare: share })}
            upper={
              <div className={styles.editor}>
                {isGuided ? (
                  <GuidedBuilder value={guided} catalogue={schema.data} onChange={setGuided} />
                ) : (
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
                )}
              </div>
            }
            lower={<ShownWorkspace value={search.workspace}>{lower}</ShownWorkspace>}
          />
        </div>
      </div>
    </Page>
  );
}
