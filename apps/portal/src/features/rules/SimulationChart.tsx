import { makeStyles, tokens } from '@fluentui/react-components';
import type { FiringSettings } from '@sallyport/contracts';
import type { ReactElement } from 'react';
import { short } from '../../shared/numbers.ts';
import { usePreferences } from '../../shared/preferences.ts';
import { exact } from '../../shared/time.ts';

const useStyles = makeStyles({
  root: { display: 'block', width: '100%', height: '200px', flexShrink: 0 },
  quiet: { fill: tokens.colorNeutralForeground4 },
  firing: { fill: tokens.colorPaletteRedForeground1 },
  suppressed: { fill: tokens.colorNeutralForeground4, opacity: 0.5 },
  line: { stroke: tokens.colorPaletteRedForeground1, strokeDasharray: '6 4', fill: 'none' },
  axis: { stroke: tokens.colorNeutralStroke1, fill: 'none' },
  text: { fill: tokens.colorNeutralForeground2, fontSize: '11px', fontFamily: tokens.fontFamilyBase },
});

export interface SimulatedWindow {
  readonly to: number;
  readonly rows: number;
  readonly alerts: number;
  readonly suppressed: boolean;
}

const WIDTH = 1_000;
const HEIGHT = 200;
const LEFT = 48;
const TOP = 16;
const BOTTOM = 24;

/** Rows by window from zero, the threshold as a line; windows that would raise alerts are red and bear a mark. `label` says it in words. */
export function SimulationChart(props: {
  windows: readonly SimulatedWindow[];
  settings: Pick<FiringSettings, 'triggerThreshold'>;
  label: string;
}): ReactElement {
  const styles = useStyles();
  const { zone } = usePreferences();
  const { windows } = props;
  const { triggerThreshold: threshold } = props.settings;
  const most = windows.reduce((max, { rows }) => Math.max(max, rows), Math.max(1, threshold));
  const y = (value: number): number => HEIGHT - BOTTOM - (value / most) * (HEIGHT - BOTTOM - TOP);
  const step = (WIDTH - LEFT) / Math.max(1, windows.length);
  const bar = Math.max(1, step * 0.8);
  const kind = ({ alerts, suppressed }: SimulatedWindow) =>
    alerts > 0 ? styles.firing : suppressed ? styles.suppressed : styles.quiet;
  const ends = [windows[0], windows.at(-1)].map((one) => (one ? exact(new Date(one.to), zone).slice(0, 16) : ''));
  return (
    <svg className={styles.root} role="img" aria-label={props.label} viewBox={`0 0 ${WIDTH} ${HEIGHT}`}>
      <path className={styles.axis} d={`M${LEFT} ${TOP} V${y(0)} H${WIDTH}`} />
      <text className={styles.text} x={LEFT - 6} y={y(most) + 4} textAnchor="end">
        {short(most)}
      </text>
      <text className={styles.text} x={LEFT - 6} y={y(0)} textAnchor="end">
        0 rows
      </text>
      {windows.map((one, index) => {
        const x = LEFT + index * step;
        const height = one.rows === 0 ? 1 : Math.max(2, y(0) - y(one.rows));
        const top = y(0) - height;
        return (
          <g key={one.to}>
            <rect className={kind(one)} x={x} y={top} width={bar} height={height}>
              <title>{`${exact(new Date(one.to), zone)}: ${one.rows} rows, ${one.suppressed ? 'kept quiet by suppression' : `${one.alerts} alerts`}`}</title>
            </rect>
            {one.alerts > 0 && (
              <path className={styles.firing} d={`M${x + bar / 2 - 4} ${top - 10} h8 l-4 7 z`} aria-hidden />
            )}
          </g>
        );
      })}
      <path className={styles.line} d={`M${LEFT} ${y(threshold)} H${WIDTH}`} />
      <text className={styles.text} x={WIDTH} y={y(threshold) - 4} textAnchor="end">
        threshold {threshold}
      </text>
      <text className={styles.text} x={LEFT} y={HEIGHT - 8}>
        {ends[0]}
      </text>
      <text className={styles.text} x={WIDTH} y={HEIGHT - 8} textAnchor="end">
        {ends[1]}
      </text>
    </svg>
  );
}
