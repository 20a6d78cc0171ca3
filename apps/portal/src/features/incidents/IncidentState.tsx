import { makeStyles, tokens } from '@fluentui/react-components';
import type { IncidentStatus } from '@sallyport/contracts';
import type { ReactElement } from 'react';
import { Status, type Tone } from '../../shared/Status.tsx';
import { visible, words } from '../../shared/text.ts';

const tones: Record<IncidentStatus, Tone> = { New: 'waiting', Active: 'working', Closed: 'good' };

export const IncidentStatusLabel = ({ status }: { status: IncidentStatus }): ReactElement => (
  <Status tone={tones[status]}>{status}</Status>
);

const useStyles = makeStyles({ none: { color: tokens.colorNeutralForeground3 } });

/** Whose it is; nobody's says so. */
export function Owner({ owner }: { owner: string | null }): ReactElement {
  const styles = useStyles();
  return owner === null ? <span className={styles.none}>Unassigned</span> : <bdi>{visible(owner)}</bdi>;
}

export const tacticList = (tactics: readonly string[]): string =>
  tactics.map((tactic) => words(visible(tactic))).join(', ');
