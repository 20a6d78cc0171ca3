import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import { ArrowCircleDownFilled, ErrorCircleFilled, InfoRegular, WarningFilled } from '@fluentui/react-icons';
import type { Severity as SeverityName } from '@sallyport/contracts';
import type { ReactElement } from 'react';

const useStyles = makeStyles({
  root: {
    display: 'inline-flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalXS,
    whiteSpace: 'nowrap',
    verticalAlign: 'top',
  },
  icon: { fontSize: tokens.fontSizeBase400, flexShrink: 0 },
  High: { color: tokens.colorPaletteRedForeground1 },
  Medium: { color: tokens.colorPaletteDarkOrangeForeground1 },
  Low: { color: tokens.colorPaletteYellowForeground2 },
  Informational: { color: tokens.colorNeutralForeground3 },
});

const icons = {
  High: ErrorCircleFilled,
  Medium: WarningFilled,
  Low: ArrowCircleDownFilled,
  Informational: InfoRegular,
} as const;

/** The sign of a severity: its shape tells as much as its colour. */
export function SeverityIcon({ severity }: { severity: SeverityName }): ReactElement {
  const styles = useStyles();
  const Icon = icons[severity];
  return <Icon className={mergeClasses(styles.icon, styles[severity])} aria-hidden />;
}

/** Severity as colour, icon and word. */
export function Severity({ severity }: { severity: SeverityName }): ReactElement {
  const styles = useStyles();
  return (
    <span className={styles.root}>
      <SeverityIcon severity={severity} />
      {severity}
    </span>
  );
}
