import { Button, makeStyles, Text, tokens } from '@fluentui/react-components';
import {
  BookmarkAddRegular,
  CopyRegular,
  DismissRegular,
  FilterDismissRegular,
  ShieldAddRegular,
  TextBulletListAddRegular,
} from '@fluentui/react-icons';
import { useState, type ReactElement } from 'react';
import { toCsv } from '../../../shared/csv.ts';
import { plural } from '../../../shared/numbers.ts';
import { RefusableButton, useRefusal } from '../../../shared/Refusable.tsx';
import { ExceptionDialog } from '../../exceptions/ExceptionDialog.tsx';
import { commonCondition } from '../pivot.ts';
import { KeepRowsDialog, type KeptRows } from './KeepRowsDialog.tsx';
import { WatchlistRowsDialog } from './WatchlistRowsDialog.tsx';

const useStyles = makeStyles({
  root: {
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    gap: tokens.spacingHorizontalS,
    padding: `${tokens.spacingVerticalXXS} ${tokens.spacingHorizontalS}`,
    backgroundColor: tokens.colorBrandBackground2,
    borderRadius: tokens.borderRadiusMedium,
  },
});

/** The first name of a query: the table that it begins with, as a rule. */
const tableOf = (query: string): string => /^\s*(?:\/\/[^\n]*\n\s*)*([A-Za-z_]\w*)/.exec(query)?.[1] ?? '';

/** What can be done with selected rows. */
export function RowActions({ kept, onClear }: { kept: KeptRows; onClear: () => void }): ReactElement {
  const styles = useStyles();
  const keepRefused = useRefusal('createBookmarks', 'promoteBookmarks');
  const listRefused = useRefusal('changeWatchlistItems');
  const exceptRefused = useRefusal('createException');
  const [open, setOpen] = useState<'bookmark' | 'incident' | 'watchlist' | 'exception'>();
  const close = (): void => setOpen(undefined);
  const { columns, rows, query } = kept;
  return (
    <div className={styles.root} role="toolbar" aria-label="Selected rows">
      <Text size={200} weight="semibold">
        {plural(rows.length, 'row')} selected
      </Text>
      <RefusableButton why={keepRefused} size="small" icon={<BookmarkAddRegular />} onClick={() => setOpen('bookmark')}>
        Bookmark
      </RefusableButton>
      <RefusableButton why={keepRefused} size="small" icon={<ShieldAddRegular />} onClick={() => setOpen('incident')}>
        Add to incident
      </RefusableButton>
      <RefusableButton
        why={listRefused}
        size="small"
        icon={<TextBulletListAddRegular />}
        onClick={() => setOpen('watchlist')}
      >
        Add to watchlist
      </RefusableButton>
      <RefusableButton
        why={exceptRefused}
        size="small"
        icon={<FilterDismissRegular />}
        onClick={() => setOpen('exception')}
      >
        Exception
      </RefusableButton>
      <Button
        size="small"
        icon={<CopyRegular />}
        onClick={() => void navigator.clipboard.writeText(toCsv(columns, rows))}
      >
        Copy
      </Button>
      <Button size="small" appearance="subtle" icon={<DismissRegular />} onClick={onClear}>
        Clear
      </Button>
      {(open === 'bookmark' || open === 'incident') && (
        <KeepRowsDialog kept={kept} incident={open === 'incident'} onClose={close} />
      )}
      {open === 'watchlist' && <WatchlistRowsDialog columns={columns} rows={rows} onClose={close} />}
      {open === 'exception' && (
        <ExceptionDialog
          draft={{ scope: 'table', target: tableOf(query), condition: commonCondition(columns, rows) }}
          onClose={close}
        />
      )}
    </div>
  );
}
