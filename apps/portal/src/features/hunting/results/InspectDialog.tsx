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
  Tree,
  TreeItem,
  TreeItemLayout,
} from '@fluentui/react-components';
import { CopyRegular } from '@fluentui/react-icons';
import type { Cell, Column } from '@sallyport/contracts';
import { useMemo, type ReactElement } from 'react';
import { visible } from '../../../shared/text.ts';

const CHILDREN_MAX = 200;
const DEPTH_MAX = 12;

const useStyles = makeStyles({
  surface: { maxWidth: '860px', width: '92vw' },
  body: {
    maxHeight: '60vh',
    overflow: 'auto',
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
  },
  text: { margin: 0, whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' },
  name: { color: tokens.colorBrandForeground1 },
});

const parsed = (cell: Cell): unknown => {
  if (typeof cell !== 'string' || !/^\s*[[{]/.test(cell)) return undefined;
  try {
    return JSON.parse(cell);
  } catch {
    return undefined;
  }
};

function Branch({
  name,
  value,
  path,
  depth,
}: {
  name: string;
  value: unknown;
  path: string;
  depth: number;
}): ReactElement {
  const styles = useStyles();
  const children = typeof value === 'object' && value !== null ? Object.entries(value).slice(0, CHILDREN_MAX) : [];
  const inside = children.length > 0 && depth < DEPTH_MAX;
  const shown = inside ? (Array.isArray(value) ? `[${value.length}]` : '') : visible(JSON.stringify(value) ?? '');
  return (
    <TreeItem itemType={inside ? 'branch' : 'leaf'} value={path}>
      <TreeItemLayout>
        <span className={styles.name}>{visible(name)}</span>: {shown}
      </TreeItemLayout>
      {inside && (
        <Tree>
          {children.map(([key, child]) => (
            <Branch key={key} name={key} value={child} path={`${path}/${key}`} depth={depth + 1} />
          ))}
        </Tree>
      )}
    </TreeItem>
  );
}

/** A cell as a whole: a dynamic value as a tree that opens. */
export function InspectDialog(props: { column: Column; cell: Cell; onClose: () => void }): ReactElement {
  const styles = useStyles();
  const { column, cell } = props;
  const value = useMemo(() => parsed(cell), [cell]);
  return (
    <Dialog open onOpenChange={() => props.onClose()}>
      <DialogSurface className={styles.surface}>
        <DialogBody>
          <DialogTitle>{visible(column.name)}</DialogTitle>
          <DialogContent>
            {/* The value scrolls: it must be reachable by keyboard. */}
            {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
            <div className={styles.body} role="region" aria-label="Value" tabIndex={0}>
              {value === undefined ? (
                <pre className={styles.text}>{cell === null ? '(empty)' : visible(String(cell), { lines: true })}</pre>
              ) : (
                <Tree aria-label="Value" size="small" defaultOpenItems={['']}>
                  <Branch name={column.name} value={value} path="" depth={0} />
                </Tree>
              )}
            </div>
          </DialogContent>
          <DialogActions>
            <Button
              icon={<CopyRegular />}
              onClick={() => void navigator.clipboard.writeText(cell === null ? '' : String(cell))}
            >
              Copy
            </Button>
            <Button appearance="primary" onClick={props.onClose}>
              Close
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
