import type { CloudProvisioning } from '@sallyport/contracts';
import type { ReactElement } from 'react';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { Status, type Tone } from '../../shared/Status.tsx';
import { visible } from '../../shared/text.ts';

const words: Readonly<Record<CloudProvisioning['state'], readonly [Tone, string]>> = {
  PendingProvisioning: ['working', 'Not there yet'],
  Provisioned: ['good', 'There'],
  PendingRevocation: ['working', 'Not taken away yet'],
  Revoked: ['off', 'Taken away'],
};

/** How far a cloud is with what was granted or has ended. */
export function Provisioning({ of: { state, since, error } }: { of: CloudProvisioning }): ReactElement {
  const [tone, text] = words[state];
  return (
    <>
      <Status tone={error === null ? tone : 'bad'}>{text}</Status>, since <RelativeTime at={since} />
      {error !== null && `: ${visible(error)}`}
    </>
  );
}
