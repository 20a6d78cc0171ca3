import { makeStyles, tokens } from '@fluentui/react-components';
import type { ReactElement, ReactNode } from 'react';

const useStyles = makeStyles({
  list: { display: 'grid', gap: tokens.spacingVerticalS, listStyleType: 'none', margin: 0, padding: 0 },
  card: {
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    gap: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalM}`,
    padding: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalL}`,
    backgroundColor: tokens.colorNeutralBackground1,
    border: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
  },
  main: {
    flexGrow: 1,
    flexBasis: '240px',
    minWidth: 0,
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalXXS,
  },
  title: { fontWeight: tokens.fontWeightSemibold, overflowWrap: 'anywhere' },
  line: {
    color: tokens.colorNeutralForeground2,
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase200,
    overflowWrap: 'anywhere',
  },
  actions: { display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: tokens.spacingHorizontalS },
});

export const Cards = ({ label, children }: { label: string; children: ReactNode }): ReactElement => (
  <ul className={useStyles().list} aria-label={label}>
    {children}
  </ul>
);

/** A thing, a few facts, and what can be done; the parts stand below each other on a telephone. */
export function Card(props: {
  title: ReactNode;
  lines: readonly ReactNode[];
  before?: ReactNode;
  state?: ReactNode;
  actions?: ReactNode;
}): ReactElement {
  const styles = useStyles();
  return (
    <li className={styles.card}>
      {props.before}
      <div className={styles.main}>
        <span className={styles.title}>{props.title}</span>
        {props.lines.map((line, i) => (
          // Lines have no identity of their own.
          // oxlint-disable-next-line react/no-array-index-key
          <span key={i} className={styles.line}>
            {line}
          </span>
        ))}
      </div>
      {props.state}
      {props.actions && <div className={styles.actions}>{props.actions}</div>}
    </li>
  );
}
