import { Checkbox, makeStyles, tokens } from '@fluentui/react-components';
import type { Cell, Column } from '@sallyport/contracts';
import { useState, type ReactElement } from 'react';
import { cellBlock, cellText } from './cells.ts';
import { entityOfCell } from './entityCells.ts';
import { CopyButton } from './Copyable.tsx';
import { usePreferences } from './preferences.ts';
import { SidePanel } from './SidePanel.tsx';
import { TextLink } from './TextLink.tsx';
import { useShownWorkspace } from './workspaces.ts';

const useStyles = makeStyles({
  field: { display: 'flex', flexDirection: 'column' },
  name: {
    display: 'flex',
    alignItems: 'center',
    color: tokens.colorNeutralForeground3,
    fontSize: tokens.fontSizeBase200,
  },
  value: {
    margin: 0,
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase200,
    whiteSpace: 'pre-wrap',
    overflowWrap: 'anywhere',
  },
  list: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalS },
});

/** One row of a result, column by column; dynamic values laid out. */
export function RecordPanel(props: {
  columns: readonly Column[];
  row: readonly Cell[];
  onClose: () => void;
}): ReactElement {
  const styles = useStyles();
  const { zone } = usePreferences();
  const [all, setAll] = useState(false);
  const fields = props.columns.map((column, index) => ({ column, cell: props.row[index] ?? null }));
  const shown = all ? fields : fields.filter(({ cell }) => cell !== null && cell !== '');
  return (
    <SidePanel title="Record" label="Record" onClose={props.onClose}>
      <Checkbox
        label={`Empty columns too (${fields.length - fields.filter(({ cell }) => cell !== null && cell !== '').length})`}
        checked={all}
        onChange={(_, data) => setAll(data.checked === true)}
      />
      <div className={styles.list}>
        {shown.map(({ column, cell }) => (
          <div key={column.name} className={styles.field}>
            <span className={styles.name}>
              {column.name}
              <CopyButton text={cell === null ? '' : String(cell)} label={column.name} />
              <EntityOf column={column.name} cell={cell} />
            </span>
            <pre className={styles.value}>
              {column.type === 'datetime' ? cellText(cell, column.type, zone) : cellBlock(cell, column.type)}
            </pre>
          </div>
        ))}
      </div>
    </SidePanel>
  );
}

/** The way to the page of what a cell names. */
function EntityOf({ column, cell }: { column: string; cell: Cell }): ReactElement | null {
  const kind = entityOfCell(column, cell);
  const workspace = useShownWorkspace();
  if (kind === undefined) return null;
  return (
    <TextLink to="/entities/find" search={{ kind, value: String(cell), ...workspace }} aria-label={`Page of ${column}`}>
      Open its page
    </TextLink>
  );
}
