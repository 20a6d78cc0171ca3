import { makeStyles, ProgressBar, Select, Text, tokens } from '@fluentui/react-components';
import type { Cell } from '@sallyport/contracts';
import { lazy, Suspense, useMemo, useState, type ReactElement } from 'react';
import type { CatalogueSchema } from '../../shared/editor/schema.ts';
import { plural } from '../../shared/numbers.ts';
import { ErrorState, Loading } from '../../shared/States.tsx';
import { QueryTable } from '../../shared/table/QueryTable.tsx';
import type { Answer } from '../hunting/ask.ts';
import { canDraw, kindOf } from '../hunting/charts/kinds.ts';
import { chartKinds, chartNames, type ChartKind } from '../hunting/charts/names.ts';
import type { Drawable } from '../hunting/charts/plot.ts';

const KqlEditor = lazy(() => import('../../shared/editor/KqlEditor.tsx'));
const Chart = lazy(() => import('../hunting/charts/Chart.tsx'));

const DRAWN_MAX = 50_000;

const useStyles = makeStyles({
  editor: {
    height: '140px',
    border: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
    overflow: 'hidden',
  },
  answer: { display: 'flex', flexDirection: 'column', height: '320px', gap: tokens.spacingVerticalXS },
  bar: { display: 'flex', alignItems: 'center', gap: tokens.spacingHorizontalS },
});

/** How a query of a notebook stands. */
export interface CellState {
  readonly running: boolean;
  readonly answer?: Answer;
  readonly error?: unknown;
}

function CellResult({ answer }: { answer: Answer }): ReactElement {
  const styles = useStyles();
  const { columns, rows } = answer;
  const [chosen, setChosen] = useState<'table' | ChartKind>();
  const drawn = useMemo((): Drawable => {
    const { kind = '', properties = {} } = answer.visualization ?? {};
    const some = Array.from({ length: Math.min(rows.count, DRAWN_MAX) }, (_, row): Cell[] => rows.row(row));
    return { columns, rows: some, kind, properties };
  }, [answer.visualization, columns, rows]);
  const ways = useMemo(() => chartKinds.filter((kind) => canDraw(kind, drawn)), [drawn]);
  const wanted = kindOf(drawn.kind, drawn.properties);
  const view = chosen ?? (wanted && ways.includes(wanted) ? wanted : 'table');
  return (
    <div className={styles.answer}>
      <div className={styles.bar}>
        <Select
          size="small"
          aria-label="Show as"
          value={view}
          onChange={(_, { value }) => setChosen(ways.find((kind) => kind === value) ?? 'table')}
        >
          <option value="table">Table</option>
          {ways.map((kind) => (
            <option key={kind} value={kind}>
              {chartNames[kind]}
            </option>
          ))}
        </Select>
        <Text size={200}>{plural(rows.count, 'row')}</Text>
        {answer.partial && <Text size={200}>Not all of it: {answer.partial.reason}.</Text>}
      </div>
      {view === 'table' ? (
        <QueryTable label="Results" columns={columns} rows={rows} />
      ) : (
        <Suspense fallback={<Loading rows={6} label="Drawing" />}>
          <Chart kind={view} drawn={drawn} />
        </Suspense>
      )}
    </div>
  );
}

/** A query of a notebook, with its answer below. */
export function QueryCell(props: {
  text: string;
  readOnly: boolean;
  catalogue: CatalogueSchema | undefined;
  state: CellState | undefined;
  onChange: (text: string) => void;
  onRun: () => void;
}): ReactElement {
  const styles = useStyles();
  const { state } = props;
  return (
    <>
      <div className={styles.editor}>
        <Suspense fallback={<Loading rows={3} label="Loading the editor" />}>
          <KqlEditor
            label="Query"
            value={props.text}
            readOnly={props.readOnly}
            onChange={props.onChange}
            onRun={props.onRun}
            catalogue={props.catalogue}
          />
        </Suspense>
      </div>
      {state?.running && <ProgressBar aria-label="The query is running" />}
      {state?.error !== undefined && <ErrorState error={state.error} title="No answer" kept="The query is kept." />}
      {state?.answer && <CellResult key={state.answer.rows.count} answer={state.answer} />}
    </>
  );
}
