import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import {
  CheckmarkCircleRegular,
  CircleHalfFillRegular,
  CircleRegular,
  DismissCircleFilled,
  SubtractCircleRegular,
} from '@fluentui/react-icons';
import type { ReactElement, ReactNode } from 'react';

const useStyles = makeStyles({
  root: {
    display: 'inline-flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalXS,
    whiteSpace: 'nowrap',
    verticalAlign: 'top',
  },
  icon: { fontSize: tokens.fontSizeBase400, flexShrink: 0 },
  waiting: { color: tokens.colorBrandForeground1 },
  working: { color: tokens.colorBrandForeground1 },
  good: { color: tokens.colorPaletteGreenForeground1 },
  bad: { color: tokens.colorPaletteRedForeground1 },
  off: { color: tokens.colorNeutralForeground3 },
});

const icons = {
  waiting: CircleRegular,
  working: CircleHalfFillRegular,
  good: CheckmarkCircleRegular,
  bad: DismissCircleFilled,
  off: SubtractCircleRegular,
} as const;

/** What state a thing is in, by shape, colour and word: to be begun, under way, done well, failed, at rest. */
export type Tone = keyof typeof icons;

export function Status({ tone, children }: { tone: Tone; children: ReactNode }): ReactElement {
  const styles = useStyles();
  const Icon = icons[tone];
  return (
    <span className={styles.root}>
      <Icon className={mergeClasses(styles.icon, styles[tone])} aria-hidden />
      {children}
    </span>
  );
}
