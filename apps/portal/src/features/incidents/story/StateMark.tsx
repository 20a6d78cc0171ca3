import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import {
  CheckmarkCircleRegular,
  EyeRegular,
  LockClosedFilled,
  QuestionCircleFilled,
  ShieldErrorFilled,
} from '@fluentui/react-icons';
import type { StoryState, Verdict } from '@sallyport/contracts';
import type { ReactElement } from 'react';

const useStyles = makeStyles({
  root: { display: 'inline-flex', alignItems: 'center', gap: tokens.spacingHorizontalXXS, whiteSpace: 'nowrap' },
  icon: { flexShrink: 0 },
  contained: { color: tokens.colorBrandForeground1 },
  known: { color: tokens.colorPaletteRedForeground1 },
  suspected: { color: tokens.colorPaletteDarkOrangeForeground1 },
  cleared: { color: tokens.colorPaletteGreenForeground1 },
  seen: { color: tokens.colorNeutralForeground3 },
});

const icons = {
  contained: LockClosedFilled,
  known: ShieldErrorFilled,
  suspected: QuestionCircleFilled,
  cleared: CheckmarkCircleRegular,
  seen: EyeRegular,
} as const;

export const stateNames: Readonly<Record<StoryState, string>> = {
  contained: 'Contained',
  known: 'Malicious',
  suspected: 'Suspected',
  cleared: 'Cleared',
  seen: 'Seen',
};

/** How a thing stands in an incident: sign, colour and word. */
export function StateMark({ state }: { state: StoryState }): ReactElement {
  const styles = useStyles();
  const Icon = icons[state];
  return (
    <span className={styles.root}>
      <Icon className={mergeClasses(styles.icon, styles[state])} aria-hidden />
      {stateNames[state]}
    </span>
  );
}

export const verdictNames: Readonly<Record<Verdict, string>> = {
  Malicious: 'Malicious',
  Suspicious: 'Suspicious',
  NoThreatsFound: 'No threats found',
  Unknown: 'Unknown',
};
const stateOfVerdict: Readonly<Record<Verdict, StoryState>> = {
  Malicious: 'known',
  Suspicious: 'suspected',
  NoThreatsFound: 'cleared',
  Unknown: 'seen',
};

export function VerdictMark({ verdict }: { verdict: Verdict }): ReactElement {
  const styles = useStyles();
  const state = stateOfVerdict[verdict];
  const Icon = icons[state];
  return (
    <span className={styles.root}>
      <Icon className={mergeClasses(styles.icon, styles[state])} aria-hidden />
      {verdictNames[verdict]}
    </span>
  );
}
