import { makeStyles, mergeClasses, Text, tokens } from '@fluentui/react-components';
import type { ReactElement, ReactNode } from 'react';
import { useTitle } from './hooks.ts';

const NARROW = '@media (max-width: 640px)';

const useStyles = makeStyles({
  page: { display: 'flex', flexDirection: 'column', minHeight: 0, height: '100%', boxSizing: 'border-box' },
  header: {
    display: 'flex',
    alignItems: 'center',
    flexWrap: 'wrap',
    gap: `${tokens.spacingVerticalXS} ${tokens.spacingHorizontalM}`,
    padding: `${tokens.spacingVerticalM} ${tokens.spacingHorizontalXXL} ${tokens.spacingVerticalS}`,
    [NARROW]: { padding: `${tokens.spacingVerticalM} ${tokens.spacingHorizontalM} ${tokens.spacingVerticalS}` },
  },
  title: {
    margin: 0,
    fontSize: tokens.fontSizeBase500,
    lineHeight: tokens.lineHeightBase500,
    fontWeight: tokens.fontWeightSemibold,
    overflowWrap: 'anywhere',
  },
  count: { color: tokens.colorNeutralForeground3 },
  actions: { marginLeft: 'auto', display: 'flex', alignItems: 'center', gap: tokens.spacingHorizontalS },
  body: {
    flexGrow: 1,
    minHeight: 0,
    display: 'flex',
    flexDirection: 'column',
    padding: `0 ${tokens.spacingHorizontalXXL} ${tokens.spacingVerticalL}`,
    [NARROW]: { padding: `0 ${tokens.spacingHorizontalM} ${tokens.spacingVerticalM}` },
  },
  scroll: { overflowY: 'auto' },
  above: { color: tokens.colorNeutralForeground3 },
});

/**
 * A page of the frame: a title with its count, its actions at the right, and a body. The body fills what is left of the window;
 * with `scroll` it scrolls as a whole, without it the page's own grid does.
 */
export function Page(props: {
  title: string;
  /** What stands before the title: where this thing belongs. */
  above?: ReactNode;
  count?: string | undefined;
  beside?: ReactNode;
  actions?: ReactNode;
  scroll?: boolean;
  children: ReactNode;
}): ReactElement {
  const styles = useStyles();
  useTitle(props.title);
  return (
    <div className={styles.page}>
      <header className={styles.header}>
        {props.above && <Text className={styles.above}>{props.above}</Text>}
        <h1 className={styles.title}>{props.title}</h1>
        {props.count !== undefined && <Text className={styles.count}>{props.count}</Text>}
        {props.beside}
        {props.actions && <div className={styles.actions}>{props.actions}</div>}
      </header>
      <div className={mergeClasses(styles.body, props.scroll && styles.scroll)}>{props.children}</div>
    </div>
  );
}
