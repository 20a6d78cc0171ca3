import type { PrivilegedRequest, PrivilegedStatus } from '@sallyport/contracts';
import type { ReactElement } from 'react';
import { Status, type Tone } from '../../shared/Status.tsx';

const states: Readonly<Record<PrivilegedStatus, readonly [Tone, string]>> = {
  PendingApproval: ['waiting', 'Waits for approval'],
  PendingAdminDecision: ['waiting', 'Waits for an administrator'],
  Granted: ['working', 'Planned'],
  Provisioned: ['good', 'Done'],
  Revoked: ['off', 'Ended'],
  Denied: ['bad', 'Denied'],
  AdminDenied: ['bad', 'Denied'],
  TimedOut: ['off', 'Not decided in time'],
  Canceled: ['off', 'Taken back'],
  Failed: ['bad', 'Failed'],
};
export function RequestState({ status }: { status: PrivilegedStatus }): ReactElement {
  const [tone, text] = states[status];
  return <Status tone={tone}>{text}</Status>;
}

const actions: Readonly<Record<PrivilegedRequest['action'], string>> = {
  selfActivate: 'Activate',
  selfDeactivate: 'Give up',
  selfExtend: 'Extend',
  selfRenew: 'Renew',
  adminAssign: 'Assign',
  adminUpdate: 'Change',
  adminRemove: 'Remove',
  adminExtend: 'Extend',
  adminRenew: 'Renew',
};
export const actionText = ({ action, kind }: Pick<PrivilegedRequest, 'action' | 'kind'>): string =>
  action === 'selfActivate' || action === 'selfDeactivate' ? actions[action] : `${actions[action]} (${kind})`;
