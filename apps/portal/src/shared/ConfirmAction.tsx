import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  DialogTrigger,
  makeStyles,
} from '@fluentui/react-components';
import { useState, type ReactElement, type ReactNode } from 'react';
import { RefusableButton } from './Refusable.tsx';

const useStyles = makeStyles({ confirm: { whiteSpace: 'nowrap' } });

/** An action that cannot be taken back: says what it will do to what, and waits for a second yes. */
export function ConfirmAction(props: {
  /** The button: `Revoke`. */
  label: string;
  /** The question: `Revoke the token “edge collector”?` */
  title: string;
  /** What will happen, and what the way back is. */
  children: ReactNode;
  disabled?: boolean;
  /** Why it would be refused, by `useRefusal`; undefined: it would not. */
  why?: string | undefined;
  onConfirm: () => void;
}): ReactElement {
  const styles = useStyles();
  const [open, setOpen] = useState(false);
  return (
    <Dialog open={open} onOpenChange={(_, data) => setOpen(data.open)} modalType="alert">
      <DialogTrigger disableButtonEnhancement>
        <RefusableButton
          why={props.why}
          size="small"
          appearance="subtle"
          disabled={props.disabled ?? false}
          onClick={(event) => event.stopPropagation()}
        >
          {props.label}
        </RefusableButton>
      </DialogTrigger>
      <DialogSurface onClick={(event) => event.stopPropagation()}>
        <DialogBody>
          <DialogTitle>{props.title}</DialogTitle>
          <DialogContent>{props.children}</DialogContent>
          <DialogActions>
            <Button onClick={() => setOpen(false)}>Cancel</Button>
            <Button
              appearance="primary"
              className={styles.confirm}
              onClick={() => {
                setOpen(false);
                props.onConfirm();
              }}
            >
              {props.label}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
