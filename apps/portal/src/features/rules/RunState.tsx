import type { RuleSummary } from '@sallyport/contracts';
import type { ReactElement } from 'react';
import { Status, type Tone } from '../../shared/Status.tsx';

const states: Record<RuleSummary['lastRunState'], [Tone, string]> = {
  succeeded: ['good', 'Succeeded'],
  failed: ['bad', 'Failed'],
  never: ['off', 'Not yet run'],
};

export const RunState = ({ state }: { state: RuleSummary['lastRunState'] }): ReactElement => (
  <Status tone={states[state][0]}>{states[state][1]}</Status>
);
