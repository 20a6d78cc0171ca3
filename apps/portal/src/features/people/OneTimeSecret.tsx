import { Text } from '@fluentui/react-components';
import type { ReactElement } from 'react';
import { Copyable } from '../../shared/Copyable.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { SecretDialog } from '../../shared/SecretDialog.tsx';

/** Something that is shown once, to be handed over. */
export function OneTimeSecret(props: {
  title: string;
  text: string;
  label: string;
  expiresAt: string;
  onClose: () => void;
}): ReactElement {
  return (
    <SecretDialog title={props.title} onClose={props.onClose}>
      <Text>
        Hand this over by a way that only this person reads. It is not shown again, and is good until{' '}
        <RelativeTime at={props.expiresAt} />.
      </Text>
      <Copyable text={props.text} label={props.label} />
    </SecretDialog>
  );
}
