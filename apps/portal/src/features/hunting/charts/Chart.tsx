import { makeStyles, Text, tokens } from '@fluentui/react-components';
import { DeclarativeChart, GanttChart } from '@fluentui/react-charts';
import { lazy, Suspense, useLayoutEffect, useMemo, useRef, useState, type ReactElement } from 'react';
import { useDark } from '../../../shared/dark.ts';
import { count, plural } from '../../../shared/numbers.ts';
import { EmptyState } from '../../../shared/States.tsx';
import { visible } from '../../../shared/text.ts';
import { AxesChart } from './AxesChart.tsx';
import { colourOf, type Size } from './colours.ts';
import type { ChartKind } from './names.ts';
import { PivotTable } from './PivotTable.tsx';
import { plotOf, type Drawable } from './plot.ts';
import { barsOf, netOf, pivotOf, placesOf, treeOf, type Bar } from './shapes.ts';
import { TreemapChart } from './TreemapChart.tsx';

// The outline of the world is large.
const MapChart = lazy(async () => ({ default: (await import('./MapChart.tsx')).MapChart }));
const GraphChart = lazy(async () => ({ default: (await import('./GraphChart.tsx')).GraphChart }));

const useStyles = makeStyles({
  root: {
    flexGrow: 1,
    minHeight: 0,
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalS,
    padding: tokens.spacingVerticalM,
    backgroundColor: tokens.colorNeutralBackground1,
    border: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
    overflow: 'hidden',
  },
  // The chart is laid over the area, so that its own size never feeds back into the measurement.
  area: { flexGrow: 1, flexBasis: 0, minHeight: 0, overflow: 'hidden', position: 'relative' },
  // Names in a legend are data: they keep their case.
  over: { position: 'absolute', inset: 0, '& *': { textTransform: 'none' } },
  number: { fontSize: tokens.fontSizeHero900, lineHeight: tokens.lineHeightHero900 },
});

function Bars({ bars, width, height }: Size & { bars: readonly Bar[] }): ReactElement {
  const dark = useDark();
  const legends = [...new Set(bars.map(({ legend }) => legend))];
  return (
    <GanttChart
      width={width}
      height={height}
      hideLegend={legends.length < 2 || legends.length > 10}
      showYAxisLables
      data={bars.map(({ name, legend, start, end }) => ({
        x: { start, end: end > start ? end : new Date(start.getTime() + 1_000) },
        y: visible(name),
        legend: visible(legend),
        color: colourOf(legends.indexOf(legend), dark),
      }))}
    />
  );
}

/** A chart that the query wrote itself as Plotly's JSON, drawn by Fluent's charts. */
function Plotly({ text }: { text: string }): ReactElement {
  const schema = useMemo((): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      return undefined;
    }
  }, [text]);
  return schema === undefined ? (
    <EmptyState title="This is not Plotly’s JSON" />
  ) : (
    <DeclarativeChart chartSchema={{ plotlySchema: schema }} />
  );
}

function Drawing({ kind, drawn, ...size }: Size & { kind: ChartKind; drawn: Drawable }): ReactElement | null {
  const shape = useMemo(
    () => ({
      places: kind === 'map' ? placesOf(drawn) : undefined,
      tree: kind === 'treemap' ? treeOf(drawn) : undefined,
      pivot: kind === 'pivotchart' ? pivotOf(drawn) : undefined,
      bars: kind === 'ladderchart' || kind === 'timepivot' ? barsOf({ ...drawn, kind }) : undefined,
      net: kind === 'graph' ? netOf(drawn) : undefined,
      plot: plotOf({ ...drawn, kind }),
    }),
    [kind, drawn],
  );
  if (kind === 'plotly') return <Plotly text={String(drawn.rows[0]?.[0] ?? '')} />;
  if (shape.places) return <MapChart places={shape.places} {...size} />;
  if (shape.tree) return <TreemapChart tree={shape.tree} {...size} />;
  if (shape.pivot) return <PivotTable pivot={shape.pivot} />;
  if (shape.bars) return <Bars bars={shape.bars} {...size} />;
  if (shape.net) return <GraphChart net={shape.net} {...size} />;
  return shape.plot ? <AxesChart plot={shape.plot} {...size} /> : null;
}

/** Rows as `render` asked for, or as a person chose. */
export default function Chart({ kind, drawn }: { kind: ChartKind; drawn: Drawable }): ReactElement {
  const styles = useStyles();
  const area = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState<Size>();
  useLayoutEffect(() => {
    const element = area.current;
    if (!element) return undefined;
    const observer = new ResizeObserver(() => setSize({ width: element.clientWidth, height: element.clientHeight }));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const plot = useMemo(() => plotOf({ ...drawn, kind }), [drawn, kind]);
  const title = drawn.properties['title'] ?? '';
  const leftOut = plot?.leftOut ?? 0;
  return (
    <figure className={styles.root} style={{ margin: 0 }} aria-label={title || 'Chart of the results'}>
      {title !== '' && <Text weight="semibold">{visible(title)}</Text>}
      <div ref={area} className={styles.area}>
        {kind === 'card' && <span className={styles.number}>{count(plot?.series[0]?.points[0]?.y ?? 0)}</span>}
        {kind !== 'card' && size && size.height > 0 && (
          <div className={styles.over}>
            <Suspense fallback={null}>
              <Drawing kind={kind} drawn={drawn} {...size} />
            </Suspense>
          </div>
        )}
      </div>
      {leftOut > 0 && (
        <Text size={200}>
          {plural(leftOut, 'smaller series is', 'smaller series are')} not drawn; the table has all.
        </Text>
      )}
    </figure>
  );
}
