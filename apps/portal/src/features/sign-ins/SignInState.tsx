import type { ReactElement } from 'react';
import { Status } from '../../shared/Status.tsx';
import { words } from '../../shared/text.ts';
import { outcomeOf } from './query.ts';

const outcomeWords = { success: 'Success', failure: 'Failure', interrupted: 'Interrupted' } as const;
const outcomeTones = { success: 'good', failure: 'bad', interrupted: 'waiting' } as const;
export const outcomeName = (outcome: keyof typeof outcomeWords): string => outcomeWords[outcome];

/** How a sign-in ended. */
export function SignInOutcome({ resultType }: { resultType: string }): ReactElement {
  const outcome = outcomeOf(resultType);
  return <Status tone={outcomeTones[outcome]}>{outcomeWords[outcome]}</Status>;
}

const accessTones = { success: 'good', failure: 'bad', notApplied: 'off' } as const;
const accessWords: Readonly<Record<string, string>> = {
  success: 'Satisfied',
  failure: 'Refused',
  notApplied: 'Not applied',
};
export const accessName = (status: string): string => accessWords[status] ?? words(status);

/** What Conditional Access said to it. */
export function AccessStatus({ status }: { status: string }): ReactElement | null {
  if (status === '') return null;
  const tone = status === 'success' || status === 'failure' ? accessTones[status] : 'off';
  return <Status tone={tone}>{accessName(status)}</Status>;
}

const resultWords: Readonly<Record<string, readonly [text: string, tone: 'good' | 'bad' | 'off' | 'waiting']>> = {
  success: ['Satisfied', 'good'],
  failure: ['Not satisfied', 'bad'],
  notApplied: ['Not applied', 'off'],
  notEnabled: ['Off', 'off'],
  reportOnlySuccess: ['Report-only: satisfied', 'good'],
  reportOnlyFailure: ['Report-only: would have blocked', 'waiting'],
  reportOnlyInterrupted: ['Report-only: would have asked', 'waiting'],
  reportOnlyNotApplied: ['Report-only: not applied', 'off'],
};

/** What one policy said to it. */
export function PolicyResult({ result }: { result: string }): ReactElement {
  const [text, tone] = resultWords[result] ?? [words(result), 'off'];
  return <Status tone={tone}>{text}</Status>;
}
