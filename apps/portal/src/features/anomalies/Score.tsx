import { makeStyles, tokens } from '@fluentui/react-components';
import type { ReactElement } from 'react';

const WIDTH = 32;
const HEIGHT = 8;
const RADIUS = 2;

const useStyles = makeStyles({
  root: { display: 'inline-flex', alignItems: 'center', gap: tokens.spacingHorizontalXS },
  bar: { fill: tokens.colorBrandForeground1 },
  rest: { fill: tokens.colorNeutralStroke2 },
  number: { fontVariantNumeric: 'tabular-nums' },
});

/** How far something is from what was expected: 0 to 1, as number and bar. */
export function Score({ score }: { score: number }): ReactElement {
  const styles = useStyles();
  return (
    <span className={styles.root}>
      <svg width={WIDTH} height={HEIGHT} aria-hidden>
        <rect className={styles.rest} width={WIDTH} height={HEIGHT} rx={RADIUS} />
        <rect className={styles.bar} width={Math.max(1, Math.min(1, score) * WIDTH)} height={HEIGHT} rx={RADIUS} />
      </svg>
      <span className={styles.number}>{score.toFixed(2)}</span>
    </span>
  );
}
