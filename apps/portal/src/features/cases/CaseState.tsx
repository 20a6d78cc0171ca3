import { makeStyles, tokens } from '@fluentui/react-components';
import { ArrowDownRegular, ArrowUpRegular, ChevronDoubleUpRegular, SubtractRegular } from '@fluentui/react-icons';
import type { CasePriority, CaseStatus } from '@sallyport/contracts';
import type { ReactElement } from 'react';
import { Status, type Tone } from '../../shared/Status.tsx';
import { words } from '../../shared/text.ts';

const tones: Record<CaseStatus, Tone> = { New: 'waiting', Open: 'working', OnHold: 'off', Closed: 'good' };

export const CaseStatusLabel = ({ status }: { status: CaseStatus }): ReactElement => (
  <Status tone={tones[status]}>{words(status)}</Status>
);

const icons = {
  Critical: ChevronDoubleUpRegular,
  High: ArrowUpRegular,
  Medium: SubtractRegular,
  Low: ArrowDownRegular,
} as const;

const useStyles = makeStyles({
  root: { display: 'inline-flex', alignItems: 'center', gap: tokens.spacingHorizontalXS, whiteSpace: 'nowrap' },
  urgent: { color: tokens.colorPaletteRedForeground1 },
  calm: { color: tokens.colorNeutralForeground3 },
});

/** By icon, colour and word. */
export function Priority({ priority }: { priority: CasePriority }): ReactElement {
  const styles = useStyles();
  const Icon = icons[priority];
  return (
    <span className={styles.root}>
      <Icon className={priority === 'Critical' || priority === 'High' ? styles.urgent : styles.calm} aria-hidden />
      {priority}
    </span>
  );
}
