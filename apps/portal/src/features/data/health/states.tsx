import type { DoorState, SourceHealth, SourceState } from '@sallyport/contracts';
import type { ReactElement } from 'react';
import { count } from '../../../shared/numbers.ts';
import { Status, type Tone } from '../../../shared/Status.tsx';

const sources: Readonly<Record<SourceState, readonly [Tone, string]>> = {
  silent: ['bad', 'Silent'],
  errors: ['bad', 'Errors'],
  new: ['waiting', 'New'],
  healthy: ['good', 'Healthy'],
  unused: ['off', 'No rows yet'],
};

/** What needs a person first. */
export const sourceStates = ['silent', 'errors', 'new', 'healthy', 'unused'] as const satisfies readonly SourceState[];

export function SourceStatus({ state }: { state: SourceState }): ReactElement {
  const [tone, text] = sources[state];
  return <Status tone={tone}>{text}</Status>;
}

const doors: Readonly<Record<DoorState, readonly [Tone, string]>> = {
  failing: ['bad', 'Failing'],
  open: ['good', 'Open'],
  quiet: ['off', 'Open, unused'],
  closed: ['off', 'Closed'],
};
export const doorStates = ['failing', 'open', 'quiet', 'closed'] as const satisfies readonly DoorState[];

export function DoorStatus({ state }: { state: DoorState }): ReactElement {
  const [tone, text] = doors[state];
  return <Status tone={tone}>{text}</Status>;
}

/** `0.3 %`. */
export const percent = (share: number): string => {
  const of = share * 100;
  return `${count(of >= 10 ? Math.round(of) : Number(of.toPrecision(2)))} %`;
};

/** The share of lines that could not be read. */
export function errorShare({
  rowsLastDay,
  errorsLastDay,
}: Pick<SourceHealth, 'rowsLastDay' | 'errorsLastDay'>): string {
  const all = rowsLastDay + errorsLastDay;
  return all === 0 ? '–' : percent(errorsLastDay / all);
}
