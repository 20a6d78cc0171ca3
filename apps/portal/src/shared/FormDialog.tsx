import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  makeStyles,
  mergeClasses,
  tokens,
} from '@fluentui/react-components';
import type { FormEvent, KeyboardEvent, ReactElement, ReactNode } from 'react';
import { ErrorState } from './States.tsx';

const useStyles = makeStyles({
  surface: { maxHeight: '92vh' },
  // Of the surface without its padding: else the buttons of a long form lie below its edge.
  body: { maxHeight: 'calc(92vh - 50px)' },
  wide: { maxWidth: '720px', width: '92vw' },
  content: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM },
  pair: { display: 'grid', gridTemplateColumns: '1fr 1fr', gap: tokens.spacingHorizontalM, alignItems: 'start' },
});

/**
 * A form in a dialog: Enter in a field, or Ctrl-Enter in a text of several lines, sends it; Esc and Cancel give it up, a click beside it does not, so that
 * nothing typed is lost by it. A refusal stands below the fields, which keep what they hold.
 */
export function FormDialog(props: {
  title: string;
  /** The button that sends it: `Save`. */
  submit: string;
  /** Whether what is there may be sent. */
  ready: boolean;
  busy?: boolean;
  error?: unknown;
  /** What a refusal is called; default: nothing was saved. */
  failed?: string;
  wide?: boolean;
  /** Buttons that stand before Cancel. */
  beside?: ReactNode;
  onSubmit: () => void;
  onClose: () => void;
  children: ReactNode;
}): ReactElement {
  const styles = useStyles();
  const { ready, busy = false, error } = props;
  const submit = (event: FormEvent | KeyboardEvent): void => {
    event.preventDefault();
    // Of a dialog within a page's own form nothing reaches that one.
    event.stopPropagation();
    if (ready && !busy) props.onSubmit();
  };
  return (
    <Dialog open onOpenChange={(_, data) => !data.open && data.type !== 'backdropClick' && props.onClose()}>
      <DialogSurface
        className={mergeClasses(styles.surface, props.wide && styles.wide)}
        onKeyDown={(event) => event.key === 'Enter' && (event.ctrlKey || event.metaKey) && submit(event)}
      >
        <form noValidate onSubmit={submit}>
          <DialogBody className={styles.body}>
            <DialogTitle>{props.title}</DialogTitle>
            <DialogContent className={styles.content}>
              {props.children}
              {error !== undefined && error !== null && (
                <ErrorState error={error} title={props.failed ?? 'Nothing was saved'} kept="What you wrote is kept." />
              )}
            </DialogContent>
            <DialogActions>
              {props.beside}
              <Button onClick={props.onClose}>Cancel</Button>
              <Button type="submit" appearance="primary" disabled={!ready || busy}>
                {props.submit}
              </Button>
            </DialogActions>
          </DialogBody>
        </form>
      </DialogSurface>
    </Dialog>
  );
}

/** Fields of a form side by side. */
export const FieldPair = ({ children }: { children: ReactNode }): ReactElement => (
  <div className={useStyles().pair}>{children}</div>
);
