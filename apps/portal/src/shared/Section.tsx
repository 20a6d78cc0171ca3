import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import type { ReactElement, ReactNode } from 'react';

const useStyles = makeStyles({
  root: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalS, minWidth: 0 },
  card: {
    backgroundColor: tokens.colorNeutralBackground1,
    border: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
    padding: `${tokens.spacingVerticalM} ${tokens.spacingHorizontalL} ${tokens.spacingVerticalL}`,
  },
  header: {
    display: 'flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalS,
    minHeight: tokens.lineHeightBase500,
  },
  title: {
    margin: 0,
    fontSize: tokens.fontSizeBase300,
    lineHeight: tokens.lineHeightBase300,
    fontWeight: tokens.fontWeightSemibold,
  },
  actions: { marginLeft: 'auto', display: 'flex', gap: tokens.spacingHorizontalS },
});

/** A named part of a page; as a card where it stands by itself. */
export function Section(props: {
  title: string;
  actions?: ReactNode;
  card?: boolean;
  children: ReactNode;
}): ReactElement {
  const styles = useStyles();
  return (
    <section className={mergeClasses(styles.root, props.card && styles.card)} aria-label={props.title}>
      <div className={styles.header}>
        <h2 className={styles.title}>{props.title}</h2>
        {props.actions && <div className={styles.actions}>{props.actions}</div>}
      </div>
      {props.children}
    </section>
  );
}
