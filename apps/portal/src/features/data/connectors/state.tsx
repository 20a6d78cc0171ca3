import type { Connector } from '@sallyport/contracts';
import type { ReactElement } from 'react';
import { Status, type Tone } from '../../../shared/Status.tsx';

const states: Readonly<Record<Connector['state'], readonly [Tone, string]>> = {
  off: ['off', 'Off'],
  waiting: ['waiting', 'Waiting'],
  polling: ['working', 'Polling'],
  healthy: ['good', 'Up to date'],
  behind: ['working', 'Catching up'],
  failing: ['bad', 'Failing'],
};

export function connectorState({ state }: Pick<Connector, 'state'>): ReactElement {
  const [tone, word] = states[state];
  return <Status tone={tone}>{word}</Status>;
}
