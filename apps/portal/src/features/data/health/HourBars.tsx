import { makeStyles, tokens } from '@fluentui/react-components';
import type { SourceHour } from '@sallyport/contracts';
import type { ReactElement } from 'react';
import { count, short } from '../../../shared/numbers.ts';

const useStyles = makeStyles({
  root: { display: 'block', width: '100%' },
  small: { height: tokens.lineHeightBase400 },
  large: { height: '96px' },
  bar: { fill: tokens.colorBrandForeground1 },
  none: { fill: tokens.colorNeutralStroke2 },
  band: { fill: tokens.colorNeutralBackground5 },
  usual: {
    stroke: tokens.colorNeutralForeground2,
    strokeWidth: '1.5px',
    fill: 'none',
    vectorEffect: 'non-scaling-stroke',
  },
  axis: {
    display: 'flex',
    justifyContent: 'space-between',
    fontSize: tokens.fontSizeBase200,
    color: tokens.colorNeutralForeground3,
  },
});

const [HEIGHT, STEP, WIDTH] = [48, 4, 3];

/** Rows by hour as bars, and what is usual in those hours: the median as a line, the quartiles as a band behind. */
function Picture({ hours, size, label }: { hours: readonly SourceHour[]; size: 'small' | 'large'; label: string }) {
  const styles = useStyles();
  const most = Math.max(1, ...hours.flatMap(({ rows, usual, high }) => [rows, usual ?? 0, high ?? 0]));
  const y = (value: number): number => HEIGHT - (value / most) * HEIGHT;
  const line = hours
    .flatMap(({ usual }, i) => (usual === null ? [] : [`${i * STEP},${y(usual)} ${i * STEP + STEP},${y(usual)}`]))
    .join(' ');
  return (
    <svg
      className={`${styles.root} ${styles[size]}`}
      role="img"
      aria-label={label}
      viewBox={`0 0 ${hours.length * STEP} ${HEIGHT}`}
      preserveAspectRatio="none"
    >
      {hours.map(({ hour, low, high }, i) =>
        low === null || high === null ? null : (
          <rect
            key={hour}
            className={styles.band}
            x={i * STEP}
            y={y(high)}
            width={STEP}
            height={Math.max(1, y(low) - y(high))}
          />
        ),
      )}
      {hours.map(({ hour, rows }, i) => {
        const height = rows === 0 ? 1.5 : Math.max(2, HEIGHT - y(rows));
        return (
          <rect
            key={hour}
            className={rows === 0 ? styles.none : styles.bar}
            x={i * STEP + (STEP - WIDTH) / 2}
            y={HEIGHT - height}
            width={WIDTH}
            height={height}
          />
        );
      })}
      {line !== '' && <polyline className={styles.usual} points={line} />}
    </svg>
  );
}

function labelOf(hours: readonly SourceHour[]): string {
  const rows = hours.reduce((sum, hour) => sum + hour.rows, 0);
  const known = hours.filter(({ usual }) => usual !== null);
  const usual = known.reduce((sum, hour) => sum + (hour.usual ?? 0), 0);
  return `${count(rows)} rows in the last day${known.length === 0 ? '' : `, usually ${count(Math.round(usual))}`}`;
}

/** For a row of a list. */
export function HourBars({ hours }: { hours: readonly SourceHour[] }): ReactElement {
  return <Picture hours={hours} size="small" label={labelOf(hours)} />;
}

/** The same with its axes, for a panel. */
export function HourChart({ hours }: { hours: readonly SourceHour[] }): ReactElement {
  const styles = useStyles();
  const most = Math.max(0, ...hours.flatMap(({ rows, high }) => [rows, high ?? 0]));
  const hasUsual = hours.some(({ usual }) => usual !== null);
  return (
    <div>
      <div className={styles.axis}>
        <span>Rows per hour, up to {short(most)}</span>
        {hasUsual && <span>line: usual in that hour</span>}
      </div>
      <Picture hours={hours} size="large" label={labelOf(hours)} />
      <div className={styles.axis}>
        <span>24 hours ago</span>
        <span>now</span>
      </div>
    </div>
  );
}
