import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import { ArrowDownRegular, ArrowUpRegular } from '@fluentui/react-icons';
import type { Cell, Column } from '@sallyport/contracts';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useId, useMemo, useRef, useState, type KeyboardEvent, type ReactElement } from 'react';
import { cellText, columnWidths, compareCells, isNumeric } from './cells.ts';
import { usePreferences } from './preferences.ts';

const ROW_HEIGHT = 28;

const useStyles = makeStyles({
  root: {
    flexGrow: 1,
    minHeight: 0,
    overflow: 'auto',
    position: 'relative',
    backgroundColor: tokens.colorNeutralBackground1,
    border: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
    outline: 'none',
    fontSize: tokens.fontSizeBase200,
  },
  head: {
    position: 'sticky',
    top: 0,
    zIndex: 1,
    height: `${ROW_HEIGHT}px`,
    backgroundColor: tokens.colorNeutralBackground2,
    borderBottom: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
  },
  row: { position: 'absolute', top: 0, left: 0, height: `${ROW_HEIGHT}px` },
  stripe: { borderBottom: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke3}`, boxSizing: 'border-box' },
  current: { backgroundColor: tokens.colorNeutralBackground1Selected },
  cell: {
    position: 'absolute',
    top: 0,
    left: 0,
    height: '100%',
    boxSizing: 'border-box',
    padding: `0 ${tokens.spacingHorizontalS}`,
    lineHeight: `${ROW_HEIGHT}px`,
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    whiteSpace: 'nowrap',
    cursor: 'default',
  },
  mono: { fontFamily: tokens.fontFamilyMonospace },
  end: { textAlign: 'end', fontVariantNumeric: 'tabular-nums' },
  active: {
    outline: `${tokens.strokeWidthThick} solid ${tokens.colorStrokeFocus2}`,
    outlineOffset: `calc(-1 * ${tokens.strokeWidthThick})`,
  },
  header: {
    border: 'none',
    background: 'none',
    font: 'inherit',
    fontSize: tokens.fontSizeBase200,
    fontWeight: tokens.fontWeightSemibold,
    color: tokens.colorNeutralForeground2,
    textAlign: 'start',
    cursor: 'pointer',
    ':hover': { color: tokens.colorNeutralForeground2Hover, backgroundColor: tokens.colorNeutralBackground2Hover },
  },
});

export interface QueryTableProps {
  readonly label: string;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
  /** Index (of `rows`) of the row whose details are open. */
  readonly open?: number | undefined;
  readonly onOpen?: (row: number) => void;
  readonly onClose?: () => void;
}

const monospaced = new Set<Column['type']>(['datetime', 'guid', 'timespan', 'dynamic']);

/**
 * Rows of a query, as many as there are: both ways virtualised. Arrow keys move from cell to cell, Enter opens the row's
 * details, Esc closes them, Ctrl-C copies the cell. Headers sort here, over the rows that were answered.
 */
export function QueryTable(props: QueryTableProps): ReactElement {
  const styles = useStyles();
  const { columns, rows, onOpen } = props;
  const { zone } = usePreferences();
  const scroller = useRef<HTMLDivElement>(null);
  const prefix = useId();
  const [focused, setFocused] = useState(false);
  const [active, setActive] = useState({ row: 0, column: 0 });
  const [sort, setSort] = useState<{ column: number; order: 'asc' | 'desc' }>();
  const widths = useMemo(() => columnWidths(columns, rows), [columns, rows]);
  const order = useMemo(() => {
    const indexes = rows.map((_, index) => index);
    const type = sort === undefined ? undefined : columns[sort.column]?.type;
    if (sort === undefined || type === undefined) return indexes;
    const cell = (index: number): Cell => rows[index]?.[sort.column] ?? null;
    return indexes.sort((a, b) => compareCells(cell(a), cell(b), type, sort.order) || a - b);
  }, [columns, rows, sort]);

  // oxlint-disable-next-line react/incompatible-library -- the virtualiser is read anew on each render
  const down = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 20,
    scrollPaddingStart: ROW_HEIGHT,
  });
  const across = useVirtualizer({
    horizontal: true,
    count: columns.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => widths[index] ?? 120,
    overscan: 3,
  });
  const width = across.getTotalSize();
  const cellsAcross = across.getVirtualItems();
  const at = {
    row: Math.min(active.row, Math.max(0, rows.length - 1)),
    column: Math.min(active.column, Math.max(0, columns.length - 1)),
  };

  const move = (row: number, column: number): void => {
    const next = {
      row: Math.max(0, Math.min(rows.length - 1, row)),
      column: Math.max(0, Math.min(columns.length - 1, column)),
    };
    setActive(next);
    down.scrollToIndex(next.row);
    across.scrollToIndex(next.column);
    const index = order[next.row];
    if (props.open !== undefined && index !== undefined) onOpen?.(index);
  };

  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>): void => {
    if (event.target !== event.currentTarget) return;
    const index = order[at.row];
    const value = index === undefined ? null : (rows[index]?.[at.column] ?? null);
    if (event.key === 'c' && (event.ctrlKey || event.metaKey)) {
      void navigator.clipboard.writeText(value === null ? '' : String(value));
      event.preventDefault();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 400) / ROW_HEIGHT) - 2);
    const acts: Record<string, () => void> = {
      ArrowDown: () => move(at.row + 1, at.column),
      ArrowUp: () => move(at.row - 1, at.column),
      ArrowRight: () => move(at.row, at.column + 1),
      ArrowLeft: () => move(at.row, at.column - 1),
      PageDown: () => move(at.row + page, at.column),
      PageUp: () => move(at.row - page, at.column),
      Home: () => move(0, at.column),
      End: () => move(rows.length - 1, at.column),
      Enter: () => index !== undefined && onOpen?.(index),
      Escape: () => props.onClose?.(),
    };
    const act = acts[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  };

  return (
    <div
      ref={scroller}
      className={styles.root}
      role="grid"
      aria-label={props.label}
      aria-rowcount={rows.length + 1}
      aria-colcount={columns.length}
      tabIndex={0}
      {...(rows.length > 0 ? { 'aria-activedescendant': `${prefix}-${at.row}-${at.column}` } : {})}
      onFocus={(event) => event.target === event.currentTarget && setFocused(true)}
      onBlur={() => setFocused(false)}
      onKeyDown={onKeyDown}
    >
      <div className={styles.head} role="row" aria-rowindex={1} style={{ width, minWidth: '100%' }}>
        {cellsAcross.map((item) => {
          const column = columns[item.index];
          if (!column) return null;
          const sorted = sort?.column === item.index ? sort.order : undefined;
          return (
            <div
              key={item.index}
              role="columnheader"
              aria-colindex={item.index + 1}
              className={styles.cell}
              style={{ width: item.size, transform: `translateX(${item.start}px)`, padding: 0 }}
              {...(sorted ? { 'aria-sort': sorted === 'asc' ? ('ascending' as const) : ('descending' as const) } : {})}
            >
              <button
                type="button"
                tabIndex={-1}
                className={mergeClasses(styles.cell, styles.header, isNumeric(column.type) && styles.end)}
                style={{ width: '100%' }}
                title={`${column.name}: ${column.type}`}
                onClick={() =>
                  setSort(
                    sorted === 'desc' ? undefined : { column: item.index, order: sorted === 'asc' ? 'desc' : 'asc' },
                  )
                }
              >
                {column.name} {sorted && (sorted === 'asc' ? <ArrowUpRegular /> : <ArrowDownRegular />)}
              </button>
            </div>
          );
        })}
      </div>
      <div role="presentation" style={{ position: 'relative', height: down.getTotalSize(), width, minWidth: '100%' }}>
        {down.getVirtualItems().map((line) => {
          const index = order[line.index];
          const row = index === undefined ? undefined : rows[index];
          if (index === undefined || row === undefined) return null;
          return (
            <div
              key={line.index}
              role="row"
              aria-rowindex={line.index + 2}
              aria-selected={index === props.open}
              className={mergeClasses(styles.row, styles.stripe, index === props.open && styles.current)}
              style={{ width, minWidth: '100%', transform: `translateY(${line.start}px)` }}
            >
              {cellsAcross.map((item) => {
                const column = columns[item.index];
                if (!column) return null;
                return (
                  <div
                    key={item.index}
                    id={`${prefix}-${line.index}-${item.index}`}
                    role="gridcell"
                    aria-colindex={item.index + 1}
                    className={mergeClasses(
                      styles.cell,
                      monospaced.has(column.type) && styles.mono,
                      isNumeric(column.type) && styles.end,
                      focused && line.index === at.row && item.index === at.column && styles.active,
                    )}
                    style={{ width: item.size, transform: `translateX(${item.start}px)` }}
                    onClick={() => {
                      setActive({ row: line.index, column: item.index });
                      onOpen?.(index);
                    }}
                  >
                    <bdi>{cellText(row[item.index] ?? null, column.type, zone)}</bdi>
                  </div>
                );
              })}
            </div>
          );
        })}
      </div>
    </div>
  );
}
