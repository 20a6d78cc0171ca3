import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  makeStyles,
  tokens,
} from '@fluentui/react-components';
import type { ReactElement } from 'react';

const groups: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
  [
    'Everywhere',
    [
      ['/', 'Search'],
      ['Ctrl-K', 'Go to a page, or do something'],
      ['?', 'These keys'],
      ['Esc', 'Close what is open'],
    ],
  ],
  [
    'Lists',
    [
      ['j, k or ↓, ↑', 'To the list; next, previous'],
      ['Enter', 'Open; once more: the whole page'],
      ['x or Space', 'Select'],
      ['f', 'Filter by text'],
      ['Home, End', 'First, last'],
    ],
  ],
  [
    'Incidents',
    [
      ['a', 'Assign to a person or group'],
      ['s', 'Next status: take it up, then close it'],
      ['c', 'Comment'],
      ['r', 'Show what is new and changed'],
    ],
  ],
  [
    'Comments',
    [
      ['@', 'Name a person or group'],
      ['Ctrl-Enter', 'Send'],
    ],
  ],
];

const useStyles = makeStyles({
  groups: { display: 'grid', gridTemplateColumns: '1fr 1fr', gap: tokens.spacingHorizontalXXL },
  list: {
    display: 'grid',
    gridTemplateColumns: 'max-content 1fr',
    columnGap: tokens.spacingHorizontalM,
    rowGap: tokens.spacingVerticalXS,
    margin: 0,
  },
  value: { margin: 0 },
  heading: { margin: `0 0 ${tokens.spacingVerticalXS}`, fontSize: tokens.fontSizeBase300 },
});

/** What the keyboard does. */
export function KeysDialog({ open, onClose }: { open: boolean; onClose: () => void }): ReactElement {
  const styles = useStyles();
  return (
    <Dialog open={open} onOpenChange={(_, data) => !data.open && onClose()}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>Keys</DialogTitle>
          <DialogContent className={styles.groups}>
            {groups.map(([name, keys]) => (
              <section key={name} aria-label={name}>
                <h3 className={styles.heading}>{name}</h3>
                <dl className={styles.list}>
                  {keys.map(([key, what]) => (
                    <div key={key} style={{ display: 'contents' }}>
                      <dt>
                        <kbd>{key}</kbd>
                      </dt>
                      <dd className={styles.value}>{what}</dd>
                    </div>
                  ))}
                </dl>
              </section>
            ))}
          </DialogContent>
          <DialogActions>
            <Button appearance="primary" onClick={onClose}>
              Close
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
