import { makeStyles, tokens } from '@fluentui/react-components';
import type { ReactElement } from 'react';
import { duration } from '../../shared/time.ts';
import type { Figures } from './figures.ts';

const useStyles = makeStyles({
  root: { display: 'block', width: '100%', height: '180px' },
  p50: { stroke: tokens.colorBrandForeground1, fill: 'none', strokeWidth: tokens.strokeWidthThick },
  p90: {
    stroke: tokens.colorPaletteDarkOrangeForeground1,
    fill: 'none',
    strokeWidth: tokens.strokeWidthThick,
    strokeDasharray: '6 4',
  },
  dot50: { fill: tokens.colorBrandForeground1 },
  dot90: { fill: tokens.colorPaletteDarkOrangeForeground1 },
  axis: { stroke: tokens.colorNeutralStroke1, fill: 'none' },
  text: { fill: tokens.colorNeutralForeground2, fontSize: '11px', fontFamily: tokens.fontFamilyBase },
});

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [370, 180, 56, 32, 12, 24];

/** Median and 90th percentile by day, from zero; each line is named at its end. */
export function TimesChart(props: {
  days: readonly Figures[];
  stage: 'triage' | 'acknowledge' | 'close';
  label: string;
}): ReactElement {
  const styles = useStyles();
  const { days, stage } = props;
  const values = days.flatMap((day) => [day[stage].p50 ?? 0, day[stage].p90 ?? 0]);
  const most = Math.max(1, ...values);
  const x = (index: number): number => LEFT + (index / Math.max(1, days.length - 1)) * (WIDTH - LEFT - RIGHT);
  const y = (value: number): number => HEIGHT - BOTTOM - (value / most) * (HEIGHT - TOP - BOTTOM);
  const points = (which: 'p50' | 'p90') =>
    days.flatMap((day, index) => {
      const value = day[stage][which];
      return value === null ? [] : [{ x: x(index), y: y(value) }];
    });
  const path = (which: 'p50' | 'p90'): string =>
    points(which)
      .map((point, index) => `${index === 0 ? 'M' : 'L'}${point.x} ${point.y}`)
      .join('');
  return (
    <svg className={styles.root} role="img" aria-label={props.label} viewBox={`0 0 ${WIDTH} ${HEIGHT}`}>
      <path className={styles.axis} d={`M${LEFT} ${TOP}V${y(0)}H${WIDTH - RIGHT}`} />
      <text className={styles.text} x={LEFT - 6} y={y(most) + 4} textAnchor="end">
        {duration(most * 60)}
      </text>
      <text className={styles.text} x={LEFT - 6} y={y(0)} textAnchor="end">
        0
      </text>
      {[days[0], days.at(-1)].map((day, index) => (
        <text
          key={index}
          className={styles.text}
          x={index === 0 ? LEFT : WIDTH - RIGHT}
          y={HEIGHT - 6}
          textAnchor={index === 0 ? 'start' : 'end'}
        >
          {day && (index === 0 || days.length > 1) ? day.key.slice(0, 10) : ''}
        </text>
      ))}
      {(['p50', 'p90'] as const).map((which) => {
        const all = points(which);
        const last = all.at(-1);
        return (
          <g key={which}>
            <path className={styles[which]} d={path(which)} />
            {all.map((point, index) => (
              <circle
                key={index}
                className={which === 'p50' ? styles.dot50 : styles.dot90}
                cx={point.x}
                cy={point.y}
                r={2.5}
              />
            ))}
            {last && (
              <text className={styles.text} x={last.x + 6} y={last.y + (which === 'p90' ? -2 : 8)}>
                {which}
              </text>
            )}
          </g>
        );
      })}
    </svg>
  );
}
