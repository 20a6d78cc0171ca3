import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Field,
  Input,
} from '@fluentui/react-components';
import type { Column } from '@sallyport/contracts';
import { useState, type ReactElement } from 'react';

/** Asks what a column shall contain. */
export function FilterDialog(props: {
  column: Column;
  onFilter: (text: string) => void;
  onClose: () => void;
}): ReactElement {
  const [text, setText] = useState('');
  return (
    <Dialog open onOpenChange={() => props.onClose()}>
      <DialogSurface>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (text !== '') props.onFilter(text);
            props.onClose();
          }}
        >
          <DialogBody>
            <DialogTitle>Filter by {props.column.name}</DialogTitle>
            <DialogContent>
              <Field label="Contains" hint="Over the rows that were answered; the query stays as it is.">
                <Input value={text} onChange={(_, data) => setText(data.value)} />
              </Field>
            </DialogContent>
            <DialogActions>
              <Button onClick={props.onClose}>Cancel</Button>
              <Button appearance="primary" type="submit">
                Filter
              </Button>
            </DialogActions>
          </DialogBody>
        </form>
      </DialogSurface>
    </Dialog>
  );
}
