import { Button, makeStyles, Subtitle2, tokens } from '@fluentui/react-components';
import { DismissRegular } from '@fluentui/react-icons';
import type { ReactElement, ReactNode } from 'react';

const useStyles = makeStyles({
  root: {
    width: '420px',
    flexShrink: 0,
    display: 'flex',
    flexDirection: 'column',
    minHeight: 0,
    backgroundColor: tokens.colorNeutralBackground1,
    border: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
    '@media (max-width: 1024px)': {
      position: 'fixed',
      inset: 0,
      width: 'auto',
      zIndex: 20,
      border: 'none',
      borderRadius: 0,
    },
  },
  header: {
    display: 'flex',
    alignItems: 'flex-start',
    gap: tokens.spacingHorizontalS,
    padding: `${tokens.spacingVerticalM} ${tokens.spacingHorizontalM} ${tokens.spacingVerticalS} ${tokens.spacingHorizontalL}`,
  },
  title: { flexGrow: 1, minWidth: 0, overflowWrap: 'anywhere' },
  body: {
    flexGrow: 1,
    minHeight: 0,
    overflowY: 'auto',
    padding: `0 ${tokens.spacingHorizontalL} ${tokens.spacingVerticalL}`,
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalL,
  },
  footer: {
    display: 'flex',
    gap: tokens.spacingHorizontalS,
    padding: `${tokens.spacingVerticalM} ${tokens.spacingHorizontalL}`,
    borderTop: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
  },
});

/** Opens on a row without losing the list. Esc closes it, wherever the focus is inside it. */
export function SidePanel(props: {
  title: ReactNode;
  label: string;
  onClose: () => void;
  footer?: ReactNode;
  children: ReactNode;
}): ReactElement {
  const styles = useStyles();
  return (
    // Esc is heard here from whatever inside has the focus.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <aside
      className={styles.root}
      aria-label={props.label}
      onKeyDown={(event) => {
        if (event.key === 'Escape' && !event.defaultPrevented) props.onClose();
      }}
    >
      <header className={styles.header}>
        <Subtitle2 as="h2" className={styles.title}>
          {props.title}
        </Subtitle2>
        <Button
          appearance="subtle"
          size="small"
          icon={<DismissRegular />}
          aria-label="Close"
          title="Close (Esc)"
          onClick={props.onClose}
        />
      </header>
      <div className={styles.body}>{props.children}</div>
      {props.footer && <footer className={styles.footer}>{props.footer}</footer>}
    </aside>
  );
}
