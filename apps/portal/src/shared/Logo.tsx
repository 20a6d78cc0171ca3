import { makeStyles, tokens } from '@fluentui/react-components';
import type { ReactElement } from 'react';

const useStyles = makeStyles({
  root: {
    display: 'inline-flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalS,
    color: tokens.colorBrandForeground1,
  },
  name: {
    fontWeight: tokens.fontWeightSemibold,
    fontSize: tokens.fontSizeBase400,
    lineHeight: tokens.lineHeightBase400,
    color: tokens.colorNeutralForeground1,
  },
});

/** A sally port: the small guarded gate in a wall. */
export function Logo({ name = true }: { name?: boolean }): ReactElement {
  const styles = useStyles();
  return (
    <span className={styles.root}>
      <svg width="20" height="20" viewBox="0 0 20 20" aria-hidden="true">
        <path fill="currentColor" d="M3 2h2v2h2.500V2h5v2H15V2h2v16h-4.500v-5a2.500 2.500 0 0 0-5 0v5H3z" />
      </svg>
      {name && <span className={styles.name}>Sallyport</span>}
    </span>
  );
}
