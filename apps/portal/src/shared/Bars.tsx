import { makeStyles, tokens } from '@fluentui/react-components';
import type { ReactElement } from 'react';

const useStyles = makeStyles({
  root: { display: 'block', width: '100%', height: tokens.lineHeightBase400, flexShrink: 0 },
  bar: { fill: tokens.colorBrandForeground1 },
  none: { fill: tokens.colorNeutralStroke2 },
});

const HEIGHT = 24;

/** Small bars from zero, one a step of time; for a row of a tile. `label` says in words what they show. */
export function Bars({ values, label }: { values: readonly number[]; label: string }): ReactElement {
  const styles = useStyles();
  const most = Math.max(1, ...values);
  return (
    <svg
      className={styles.root}
      role="img"
      aria-label={label}
      viewBox={`0 0 ${values.length * 4} ${HEIGHT}`}
      preserveAspectRatio="none"
    >
      {values.map((value, index) => {
        const height = value === 0 ? 1 : Math.max(2, (value / most) * HEIGHT);
        return (
          <rect
            key={index}
            className={value === 0 ? styles.none : styles.bar}
            x={index * 4}
            y={HEIGHT - height}
            width={3}
            height={height}
          />
        );
      })}
    </svg>
  );
}
