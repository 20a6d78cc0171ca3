import {
  AreaChart,
  DonutChart,
  GroupedVerticalBarChart,
  HorizontalBarChartWithAxis,
  LineChart,
  ScatterChart,
  VerticalBarChart,
  VerticalStackedBarChart,
} from '@fluentui/react-charts';
import type { ReactElement } from 'react';
import { useDark } from '../../../shared/dark.ts';
import { visible } from '../../../shared/text.ts';
import { colourOf, type Size } from './colours.ts';
import { CATEGORIES_MAX, type Plot, type Point } from './plot.ts';

/** What stands below a bar. */
const category = ({ x }: Point): string =>
  x instanceof Date ? x.toISOString().slice(0, 16).replace('T', ' ') : visible(String(x));

/** The categories of all series, in the order in which they come, and each series' value at each. */
function byCategory(plot: Plot): readonly { name: string; values: readonly (number | undefined)[] }[] {
  const found = new Map<string, (number | undefined)[]>();
  plot.series.forEach((series, index) => {
    for (const point of series.points) {
      const name = category(point);
      const values = found.get(name) ?? plot.series.map(() => undefined);
      values[index] = (values[index] ?? 0) + point.y;
      found.set(name, values);
    }
  });
  const all = [...found].map(([name, values]) => ({ name, values }));
  if (plot.stacking !== 'stacked100') return all.slice(0, CATEGORIES_MAX);
  return all.slice(0, CATEGORIES_MAX).map(({ name, values }) => {
    const sum = values.reduce<number>((total, value) => total + (value ?? 0), 0) || 1;
    return { name, values: values.map((value) => (value === undefined ? undefined : (100 * value) / sum)) };
  });
}

/** Plots over axes, and pies. */
export function AxesChart({ plot, width, height }: Size & { plot: Plot }): ReactElement | null {
  const dark = useDark();
  const colour = (index: number): string => colourOf(index, dark);
  const axes = {
    width,
    height,
    xAxisTitle: plot.xTitle,
    yAxisTitle: plot.yTitle,
    yMinValue: 0,
    legendProps: { allowFocusOnLegends: true },
    hideLegend: plot.series.length < 2,
  };
  const first = plot.series[0];
  if (!first) return null;
  const categorical = typeof first.points[0]?.x === 'string';
  const legends = plot.series.map(({ name }) => visible(name));
  if (plot.kind === 'pie')
    return (
      <DonutChart
        width={width}
        height={height}
        innerRadius={Math.min(width, height) / 6}
        data={{
          chartData: first.points.slice(0, CATEGORIES_MAX).map((point, index) => ({
            legend: category(point),
            data: point.y,
            color: colour(index),
          })),
        }}
      />
    );
  if (plot.kind === 'bar')
    return (
      <HorizontalBarChartWithAxis
        {...axes}
        xAxisTitle={plot.yTitle}
        yAxisTitle={plot.xTitle}
        showYAxisLables
        data={byCategory(plot)
          .toReversed()
          .flatMap(({ name, values }) =>
            values.flatMap((value, index) =>
              value === undefined ? [] : [{ x: value, y: name, legend: legends[index] ?? '', color: colour(index) }],
            ),
          )}
      />
    );
  if (plot.kind === 'column' || (categorical && plot.kind !== 'scatter')) {
    const categories = byCategory(plot);
    if (plot.series.length === 1)
      return (
        <VerticalBarChart
          {...axes}
          hideLegend
          maxBarWidth={48}
          data={categories.map(({ name, values }) => ({ x: name, y: values[0] ?? 0, color: colour(0) }))}
        />
      );
    if (plot.stacking === 'none')
      return (
        <GroupedVerticalBarChart
          {...axes}
          data={categories.map(({ name, values }) => ({
            name,
            series: values.flatMap((value, index) =>
              value === undefined
                ? []
                : [{ key: legends[index] ?? '', legend: legends[index] ?? '', data: value, color: colour(index) }],
            ),
          }))}
        />
      );
    return (
      <VerticalStackedBarChart
        {...axes}
        maxBarWidth={48}
        data={categories.map(({ name, values }) => ({
          xAxisPoint: name,
          chartData: values.flatMap((value, index) =>
            value === undefined ? [] : [{ legend: legends[index] ?? '', data: value, color: colour(index) }],
          ),
        }))}
      />
    );
  }
  const lines = plot.series.map((series, index) => ({
    legend: legends[index] ?? '',
    color: colour(index),
    data: series.points.flatMap(({ x, y }) => (typeof x === 'string' ? [] : [{ x, y }])),
  }));
  if (plot.kind === 'scatter')
    return (
      <ScatterChart
        {...axes}
        data={{
          scatterChartData: plot.series.map((series, index) => ({
            legend: legends[index] ?? '',
            color: colour(index),
            data: series.points.map(({ x, y }) => ({ x, y })),
          })),
        }}
      />
    );
  if (plot.kind === 'area')
    return (
      <AreaChart {...axes} mode={plot.stacking === 'none' ? 'tozeroy' : 'tonexty'} data={{ lineChartData: lines }} />
    );
  const anomalies = plot.series.flatMap(({ points }) => points.filter(({ anomaly }) => anomaly));
  const marked =
    anomalies.length === 0
      ? []
      : [
          {
            legend: 'Anomalies',
            color: colour(5),
            lineOptions: { strokeWidth: 0 },
            data: anomalies.flatMap(({ x, y }) => (typeof x === 'string' ? [] : [{ x, y }])),
          },
        ];
  return (
    <LineChart
      {...axes}
      hideLegend={lines.length + marked.length < 2}
      data={{ lineChartData: [...lines, ...marked] }}
    />
  );
}
