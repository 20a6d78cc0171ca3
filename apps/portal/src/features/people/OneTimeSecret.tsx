import {
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Button,
  Text,
} from '@fluentui/react-components';
import type { ReactElement } from 'react';
import { Copyable } from '../../shared/Copyable.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';

/** Something that is shown once, to be handed over. */
export function OneTimeSecret(props: {
  title: string;
  text: string;
  label: string;
  expiresAt: string;
  onClose: () => void;
}): ReactElement {
  return (
    <Dialog open modalType="alert" onOpenChange={(_, data) => !data.open && props.onClose()}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{props.title}</DialogTitle>
          <DialogContent>
            <p>
              <Text>
                Hand this over by a way that only this person reads. It is not shown again, and is good until{' '}
                <RelativeTime at={props.expiresAt} />.
              </Text>
            </p>
            <Copyable text={props.text} label={props.label} />
          </DialogContent>
          <DialogActions>
            <Button appearance="primary" onClick={props.onClose}>
              Done
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
