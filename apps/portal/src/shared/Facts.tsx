import { makeStyles, tokens } from '@fluentui/react-components';
import type { ReactElement, ReactNode } from 'react';

const useStyles = makeStyles({
  root: {
    display: 'grid',
    gridTemplateColumns: 'minmax(88px, max-content) minmax(0, 1fr)',
    columnGap: tokens.spacingHorizontalM,
    rowGap: tokens.spacingVerticalSNudge,
    margin: 0,
    alignItems: 'baseline',
  },
  term: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200 },
  value: { margin: 0, minWidth: 0, overflowWrap: 'anywhere' },
});

/** Properties of a thing: name and value, aligned. A value of undefined leaves its row out. */
export function Facts({ facts }: { facts: readonly (readonly [string, ReactNode])[] }): ReactElement {
  const styles = useStyles();
  return (
    <dl className={styles.root}>
      {facts.map(([name, value]) =>
        value === undefined ? null : (
          <div key={name} style={{ display: 'contents' }}>
            <dt className={styles.term}>{name}</dt>
            <dd className={styles.value}>{value}</dd>
          </div>
        ),
      )}
    </dl>
  );
}
