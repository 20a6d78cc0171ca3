import { makeStyles, Text, tokens } from '@fluentui/react-components';
import {
  AreaChart,
  DataVizPalette,
  DonutChart,
  getColorFromToken,
  LineChart,
  VerticalBarChart,
} from '@fluentui/react-charts';
import { useLayoutEffect, useRef, useState, type ReactElement } from 'react';
import { useDark } from '../../shared/dark.ts';
import { count, plural } from '../../shared/numbers.ts';
import { visible } from '../../shared/text.ts';
import { CATEGORIES_MAX, type Plot } from './series.ts';

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

/** The same order of colours always: Fluent's data palette, told apart by the colour-blind. */
const palette = [
  DataVizPalette.color1,
  DataVizPalette.color2,
  DataVizPalette.color3,
  DataVizPalette.color4,
  DataVizPalette.color5,
  DataVizPalette.color6,
  DataVizPalette.color7,
  DataVizPalette.color8,
  DataVizPalette.color9,
  DataVizPalette.color10,
];

function Drawing({ plot, width, height }: { plot: Plot; width: number; height: number }): ReactElement {
  const dark = useDark();
  const colour = (index: number): string => getColorFromToken(palette[index % palette.length]!, dark);
  const axes = {
    width,
    height,
    xAxisTitle: plot.xTitle,
    yAxisTitle: plot.yTitle,
    yMinValue: 0,
    legendProps: { allowFocusOnLegends: true },
    hideLegend: plot.series.length < 2,
  };
  const lines = plot.series.map((series, index) => ({
    legend: visible(series.name),
    color: colour(index),
    data: series.points.map((point) => ({ x: point.x as Date | number, y: point.y })),
  }));
  const first = plot.series[0];
  const categorical = typeof first?.points[0]?.x === 'string';
  if (plot.kind === 'pie' && first)
    return (
      <DonutChart
        width={width}
        height={height}
        innerRadius={Math.min(width, height) / 6}
        data={{
          chartData: first.points.slice(0, CATEGORIES_MAX).map((point, index) => ({
            legend: visible(String(point.x)),
            data: point.y,
            color: colour(index),
          })),
        }}
      />
    );
  if ((plot.kind === 'bar' || plot.kind === 'column' || categorical) && first)
    return (
      <VerticalBarChart
        {...axes}
        hideLegend
        maxBarWidth={48}
        data={first.points.slice(0, CATEGORIES_MAX).map((point) => ({
          x: point.x instanceof Date ? point.x.toISOString().slice(0, 16).replace('T', ' ') : visible(String(point.x)),
          y: point.y,
          color: colour(0),
        }))}
      />
    );
  if (plot.kind === 'area') return <AreaChart {...axes} data={{ lineChartData: lines }} />;
  return <LineChart {...axes} data={{ lineChartData: lines }} />;
}

/** What `render` asked for. */
export default function Chart({ plot }: { plot: Plot }): ReactElement {
  const styles = useStyles();
  const area = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState<{ width: number; height: number }>();
  useLayoutEffect(() => {
    const element = area.current;
    if (!element) return undefined;
    const observer = new ResizeObserver(() => setSize({ width: element.clientWidth, height: element.clientHeight }));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return (
    <figure className={styles.root} style={{ margin: 0 }} aria-label={plot.title || 'Chart of the results'}>
      {plot.title !== '' && <Text weight="semibold">{visible(plot.title)}</Text>}
      <div ref={area} className={styles.area}>
        {plot.kind === 'card' && <span className={styles.number}>{count(plot.series[0]?.points[0]?.y ?? 0)}</span>}
        {plot.kind !== 'card' && size && size.height > 0 && (
          <div className={styles.over}>
            <Drawing plot={plot} {...size} />
          </div>
        )}
      </div>
      {plot.leftOut > 0 && (
        <Text size={200}>
          {plural(plot.leftOut, 'smaller series is', 'smaller series are')} not drawn; the table has all.
        </Text>
      )}
    </figure>
  );
}
