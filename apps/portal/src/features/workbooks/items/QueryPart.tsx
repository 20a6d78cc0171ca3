import { Button, makeStyles, MessageBar, MessageBarBody, Text, tokens } from '@fluentui/react-components';
import { SearchSquareRegular } from '@fluentui/react-icons';
import {
  fillQuery,
  parametersIn,
  UnsafeParameter,
  type Cell,
  type QueryContent,
  type QueryResult,
} from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useMemo, useRef, useState, type ReactElement, type ReactNode } from 'react';
import { encodeFragment } from '../../../shared/address.ts';
import { RecordPanel } from '../../../shared/RecordPanel.tsx';
import { EmptyState, ErrorState, Loading } from '../../../shared/States.tsx';
import { visible } from '../../../shared/text.ts';
import { drawingOf } from '../../hunting/charts/kinds.ts';
import { chartOf, isChart } from '../chart.ts';
import { timespanOf } from '../parameters.ts';
import { useShownWorkspace } from '../../../shared/workspaces.ts';
import { partQuery } from '../queries.ts';
import { useWorkbookState } from '../useWorkbook.ts';
import { StatView } from './StatView.tsx';
import { TableView } from './TableView.tsx';
import { TextView } from './TextView.tsx';
import { TilesView } from './TilesView.tsx';

const Chart = lazy(() => import('../../hunting/charts/Chart.tsx'));

const useStyles = makeStyles({
  root: { display: 'flex', flexDirection: 'column', minWidth: 0, gap: tokens.spacingVerticalXS },
  head: { display: 'flex', alignItems: 'center', gap: tokens.spacingHorizontalS, minHeight: '24px' },
  end: { marginLeft: 'auto' },
  split: { display: 'flex', gap: tokens.spacingHorizontalM, minHeight: 0 },
  body: { display: 'flex', flexDirection: 'column', flexGrow: 1, minWidth: 0, minHeight: 0 },
  chart: { display: 'flex' },
});

/** Heights of Microsoft's sizes, pixels: 0 medium, 1 small, 2 large, 3 full, 4 tiny. */
const heights: readonly number[] = [360, 240, 520, 900, 160];
const heightOf = (size: number | null | undefined): number => heights[size ?? 0] ?? 360;

/** Answers true once the part has come near the window: a long workbook doesn't ask all of its queries at once. */
function useSeen(): readonly [React.RefObject<HTMLElement | null>, boolean] {
  const element = useRef<HTMLElement>(null);
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    if (seen || !element.current) return undefined;
    const observer = new IntersectionObserver(
      (entries) => entries.some(({ isIntersecting }) => isIntersecting) && setSeen(true),
      { rootMargin: '400px' },
    );
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [seen]);
  return [element, seen];
}

/** A query of a workbook with its answer, as it wants it drawn. */
export function QueryPart({ content }: { content: QueryContent }): ReactElement {
  const styles = useStyles();
  const { values, states, now, asked, fill } = useWorkbookState();
  const workspace = useShownWorkspace();
  const [element, seen] = useSeen();
  const navigate = useNavigate();
  const needed = new Set([
    ...parametersIn(content.query),
    ...(content.timeContextFromParameter ? [content.timeContextFromParameter] : []),
  ]);
  const waiting = states.filter(({ definition }) => needed.has(definition.name));
  const pending = waiting.some((state) => state.pending);
  const missing = waiting
    .filter((state) => !state.pending && state.value === undefined)
    .map(({ definition }) => definition.label || definition.name);
  const filled = useMemo(() => {
    if (pending || missing.length > 0) return undefined;
    try {
      return { query: fillQuery(content.query, values) };
    } catch (error) {
      if (error instanceof UnsafeParameter) return { error };
      throw error;
    }
  }, [content.query, values, pending, missing.length]);
  const timespan = timespanOf(content.timeContextFromParameter, content.timeContext, values, now);
  const asks = content.queryType === 0 && seen && filled?.query !== undefined && filled.query.trim() !== '';
  const { data, error, isFetching, refetch } = useQuery({
    ...partQuery(filled?.query ?? '', timespan, asked),
    enabled: asks,
  });
  const title = content.title ? fill(content.title) : '';
  return (
    <section ref={element} className={styles.root} aria-label={visible(title || 'Query')}>
      <div className={styles.head}>
        {title !== '' && <Text weight="semibold">{visible(title)}</Text>}
        {isFetching && <Text size={200}>Asking…</Text>}
        {filled?.query !== undefined && content.queryType === 0 && (
          <Button
            className={styles.end}
            size="small"
            appearance="subtle"
            icon={<SearchSquareRegular />}
            aria-label={`Open the query of ${visible(title || 'this part')} in Hunting`}
            onClick={() =>
              void navigate({
                to: '/hunting',
                search: { range: timespan ? `${timespan.from}/${timespan.to}` : 'all', ...workspace },
                hash: `query=${encodeFragment(filled.query)}`,
              })
            }
          />
        )}
      </div>
      {content.queryType !== 0 && content.queryType !== 8 ? (
        <EmptyState title="This part asks a service that is not here">{sourceOf(content.queryType)}</EmptyState>
      ) : filled?.error ? (
        <ErrorState error={filled.error} title="This query was not asked" />
      ) : error ? (
        <ErrorState error={error} title="This query did not run" onRetry={() => void refetch()} />
      ) : missing.length > 0 ? (
        <EmptyState title={`Choose ${missing.map((name) => visible(name)).join(', ')} first`} />
      ) : content.queryType === 8 ? (
        <Answer content={content} result={jsonResult(filled?.query ?? '')} />
      ) : data ? (
        <Answer content={content} result={data} />
      ) : (
        <div style={{ minHeight: heightOf(content.size) / 2 }}>
          <Loading rows={4} label={`Loading ${visible(title || 'rows')}`} />
        </div>
      )}
    </section>
  );
}

const sourceOf = (type: number): string =>
  type === 1
    ? 'It asks Azure Resource Graph.'
    : type === 7
      ? 'It merges other parts of the workbook, which is not done yet.'
      : type === 10 || type === 12
        ? 'It asks an Azure Resource Manager or custom endpoint.'
        : `It is a query of Microsoft’s type ${type}.`;

function Answer({ content, result }: { content: QueryContent; result: QueryResult }): ReactElement {
  const styles = useStyles();
  const { exportRow, fill } = useWorkbookState();
  const [selected, setSelected] = useState<number>();
  const [details, setDetails] = useState<number>();
  const height = heightOf(content.size);
  const exportsRow = Boolean(content.exportParameterName) || (content.exportedParameters?.length ?? 0) > 0;
  const select = (index: number): void => {
    const row = result.rows[index];
    if (!row) return;
    setSelected(index);
    exportRow(textsOf(content, result, row));
  };
  if (result.rows.length === 0)
    return <EmptyState title={content.noDataMessage ? visible(fill(content.noDataMessage)) : 'No rows in this time'} />;
  const visualization = content.visualization ?? result.visualization?.kind ?? 'table';
  const drawing = drawingOf(isChart(visualization) ? chartOf(result, content, visualization) : result);
  const row = details === undefined ? undefined : result.rows[details];
  const shared = { content, result, selected, onSelect: exportsRow ? select : undefined };
  const body = ((): ReactNode => {
    if (drawing && visualization !== 'table')
      return (
        <div className={styles.chart} style={{ height }}>
          <Suspense fallback={<Loading rows={6} label="Drawing" />}>
            <Chart {...drawing} />
          </Suspense>
        </div>
      );
    if (visualization === 'tiles') return <TilesView {...shared} />;
    if (visualization === 'stat' || visualization === 'card') return <StatView content={content} result={result} />;
    if (visualization === 'textviz' || visualization === 'text')
      return <TextView text={String(result.rows[0]?.[0] ?? '')} style={undefined} />;
    return (
      <div className={styles.split} style={{ maxHeight: height }}>
        <div className={styles.body}>
          <TableView {...shared} onDetails={setDetails} />
        </div>
        {row && <RecordPanel columns={result.columns} row={row} onClose={() => setDetails(undefined)} />}
      </div>
    );
  })();
  return (
    <>
      {result.partial && (
        <MessageBar intent="warning">
          <MessageBarBody>Not all of it: {visible(result.partial.reason)}.</MessageBarBody>
        </MessageBar>
      )}
      {body}
    </>
  );
}

/** What a selected row gives to parameters: a column's text, or the whole row as JSON where none is named. */
function textsOf(content: QueryContent, { columns }: QueryResult, row: readonly Cell[]): Record<string, string> {
  const whole = (): string =>
    JSON.stringify(
      Object.fromEntries(columns.map(({ name, type }, index) => [name, jsonOf(row[index] ?? null, type)])),
    );
  const of = (field: string | null | undefined): string => {
    if (!field) return whole();
    const cell = row[columns.findIndex(({ name }) => name === field)];
    return cell === null || cell === undefined ? '' : String(cell);
  };
  const texts: Record<string, string> = {};
  if (content.exportParameterName) texts[content.exportParameterName] = of(content.exportFieldName);
  for (const one of content.exportedParameters ?? []) texts[one.parameterName] = of(one.fieldName);
  return texts;
}

function jsonOf(cell: Cell, type: string): unknown {
  if (type !== 'dynamic' || typeof cell !== 'string') return cell;
  try {
    return JSON.parse(cell) as unknown;
  } catch {
    return cell;
  }
}

/** Rows written into the workbook as JSON: an array of objects. */
function jsonResult(text: string): QueryResult {
  const none = { columns: [], rows: [], statistics: { elapsedSeconds: 0, rowsRead: 0, bytesRead: 0 } };
  let data: unknown;
  try {
    const parsed: unknown = JSON.parse(text);
    const content = typeof parsed === 'object' && parsed !== null && 'content' in parsed ? parsed.content : parsed;
    data = typeof content === 'string' ? JSON.parse(content) : content;
  } catch {
    return none;
  }
  if (!Array.isArray(data)) return none;
  const objects = data
    .slice(0, 2_000)
    .filter((one): one is Record<string, unknown> => typeof one === 'object' && one !== null);
  const names = [...new Set(objects.flatMap((one) => Object.keys(one)))];
  return {
    ...none,
    columns: names.map((name) => ({
      name,
      type: objects.every((one) => typeof one[name] === 'number') ? ('real' as const) : ('string' as const),
    })),
    rows: objects.map((one) =>
      names.map((name): Cell => {
        const value = one[name];
        if (value === undefined || value === null) return null;
        return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
          ? value
          : JSON.stringify(value);
      }),
    ),
  };
}
