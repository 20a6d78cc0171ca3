import { Checkbox, mergeClasses } from '@fluentui/react-components';
import { ChevronDownRegular, ChevronRightRegular } from '@fluentui/react-icons';
import type { Cell, Column } from '@sallyport/contracts';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useId, useMemo, useRef, useState, type KeyboardEvent, type MouseEvent, type ReactElement } from 'react';
import { cellText, columnWidths, isNumeric } from '../cells.ts';
import { plural } from '../numbers.ts';
import { usePreferences } from '../preferences.ts';
import { HeaderCell } from './HeaderCell.tsx';
import { rowsOf, type Rows } from './rows.ts';
import { CHECK_WIDTH, MENU_WIDTH, ROW_HEIGHT, useTableStyles } from './styles.ts';
import { groupKey, linesOf, plainView, type TableView } from './view.ts';

export interface CellPlace {
  readonly row: number;
  readonly column: number;
  /** Where on the screen, pixels. */
  readonly x: number;
  readonly y: number;
}

export interface QueryTableProps {
  readonly label: string;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[] | Rows;
  /** Number of the row whose details are open. */
  readonly open?: number | undefined;
  readonly onOpen?: (row: number) => void;
  readonly onClose?: () => void;
  /** How the rows are looked at, when the page holds it; else the table sorts by itself. */
  readonly view?: TableView;
  readonly onView?: (view: TableView) => void;
  /** With it headers have a menu. */
  readonly onFilter?: (column: number) => void;
  readonly selected?: ReadonlySet<number>;
  readonly onSelect?: (selected: ReadonlySet<number>) => void;
  /** The right button, Shift-F10 or the menu key, on a cell. */
  readonly onMenu?: (place: CellPlace) => void;
  /** Rows to be told apart, since they came just now. */
  readonly isFresh?: (row: number) => boolean;
}

const monospaced = new Set<Column['type']>(['datetime', 'guid', 'timespan', 'dynamic']);
const WIDTHS_OF_ROWS = 60;
const isRows = (rows: QueryTableProps['rows']): rows is Rows => 'ranks' in rows;

/**
 * Rows of a query, as many as there are: both ways virtualised. Arrow keys move from cell to cell, Enter opens the row's
 * details, Esc closes them, Ctrl-C copies the cell, x selects. Sorting, filters and groups are over the rows that were answered.
 */
export function QueryTable(props: QueryTableProps): ReactElement {
  const styles = useTableStyles();
  const { columns, onOpen, selected, onSelect, onMenu, isFresh } = props;
  const { zone } = usePreferences();
  const scroller = useRef<HTMLDivElement>(null);
  const prefix = useId();
  const [focused, setFocused] = useState(false);
  const [active, setActive] = useState({ row: 0, column: 0 });
  const [own, setOwn] = useState<TableView>(plainView);
  const view = props.view ?? own;
  const setView = props.onView ?? setOwn;
  const rows = useMemo(() => (isRows(props.rows) ? props.rows : rowsOf(columns, props.rows)), [columns, props.rows]);
  const { count } = rows;
  const widths = useMemo(
    () =>
      columnWidths(
        columns,
        Array.from({ length: Math.min(count, WIDTHS_OF_ROWS) }, (_, row) => rows.row(row)),
      ),
    [columns, rows, count],
  );
  const { filters, sort, group, closed } = view;
  const { lines, groups } = useMemo(
    () => linesOf(rows, { filters, sort, group, closed }),
    [rows, filters, sort, group, closed],
  );
  const shown = useMemo(() => view.columns ?? columns.map((_, index) => index), [view.columns, columns]);
  const edge = onSelect ? CHECK_WIDTH : 0;
  const room = props.onFilter ? MENU_WIDTH : 0;

  // oxlint-disable-next-line react/incompatible-library -- the virtualiser is read anew on each render
  const down = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 20,
    scrollPaddingStart: ROW_HEIGHT,
  });
  const across = useVirtualizer({
    horizontal: true,
    count: shown.length,
    getScrollElement: () => scroller.current,
    estimateSize: (at) => (widths[shown[at] ?? 0] ?? 120) + room,
    getItemKey: (at) => shown[at] ?? at,
    overscan: 3,
    paddingStart: edge,
  });
  const width = across.getTotalSize();
  const cellsAcross = across.getVirtualItems();
  const at = {
    row: Math.min(active.row, Math.max(0, lines.length - 1)),
    column: Math.min(active.column, Math.max(0, shown.length - 1)),
  };
  // Only what is rendered can be pointed at.
  const isRendered =
    down.getVirtualItems().some(({ index }) => index === at.row) &&
    cellsAcross.some(({ index }) => index === at.column);
  const rowAt = (line: number): number | undefined => {
    const number = lines[line];
    return number === undefined || number < 0 ? undefined : number;
  };
  const toggleGroup = (line: number): void => {
    const number = lines[line];
    const found = number === undefined || number >= 0 ? undefined : groups[-1 - number];
    if (!found) return;
    const next = new Set(closed);
    if (!next.delete(groupKey(found.cell))) next.add(groupKey(found.cell));
    setView({ ...view, closed: next });
  };
  const select = (row: number): void => {
    const next = new Set(selected);
    if (!next.delete(row)) next.add(row);
    onSelect?.(next);
  };

  const move = (row: number, column: number): void => {
    const next = {
      row: Math.max(0, Math.min(lines.length - 1, row)),
      column: Math.max(0, Math.min(shown.length - 1, column)),
    };
    setActive(next);
    down.scrollToIndex(next.row);
    across.scrollToIndex(next.column);
    const number = rowAt(next.row);
    if (props.open !== undefined && number !== undefined) onOpen?.(number);
  };

  const menuAt = (line: number, column: number, x: number, y: number): void => {
    const row = rowAt(line);
    const index = shown[column];
    if (row !== undefined && index !== undefined) onMenu?.({ row, column: index, x, y });
  };
  const onContextMenu = (event: MouseEvent, line: number, column: number): void => {
    if (!onMenu) return;
    event.preventDefault();
    setActive({ row: line, column });
    menuAt(line, column, event.clientX, event.clientY);
  };

  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>): void => {
    if (event.target !== event.currentTarget) return;
    const row = rowAt(at.row);
    const value = row === undefined ? null : rows.cell(row, shown[at.column] ?? 0);
    if (event.key === 'c' && (event.ctrlKey || event.metaKey)) {
      void navigator.clipboard.writeText(value === null ? '' : String(value));
      event.preventDefault();
      return;
    }
    if (onMenu && (event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey))) {
      const place = document.getElementById(`${prefix}-${at.row}-${at.column}`)?.getBoundingClientRect();
      if (place) menuAt(at.row, at.column, place.left, place.bottom);
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
      End: () => move(lines.length - 1, at.column),
      Enter: () => (row === undefined ? toggleGroup(at.row) : onOpen?.(row)),
      x: () => row !== undefined && onSelect && select(row),
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
      aria-rowcount={lines.length + 1}
      aria-colcount={columns.length}
      tabIndex={0}
      {...(isRendered ? { 'aria-activedescendant': `${prefix}-${at.row}-${at.column}` } : {})}
      onFocus={(event) => event.target === event.currentTarget && setFocused(true)}
      onBlur={() => setFocused(false)}
      onKeyDown={onKeyDown}
    >
      <div className={styles.head} role="row" aria-rowindex={1} style={{ width, minWidth: '100%' }}>
        {cellsAcross.map((item) => {
          const index = shown[item.index] ?? 0;
          const column = columns[index];
          return (
            column && (
              <HeaderCell
                key={item.key}
                column={column}
                index={index}
                columns={columns.length}
                place={item}
                view={view}
                onView={setView}
                onFilter={props.onFilter}
              />
            )
          );
        })}
      </div>
      <div role="presentation" style={{ position: 'relative', height: down.getTotalSize(), width, minWidth: '100%' }}>
        {down.getVirtualItems().map((line) => {
          const number = lines[line.index] ?? 0;
          const place = { width, minWidth: '100%', transform: `translateY(${line.start}px)` };
          const found = number < 0 ? groups[-1 - number] : undefined;
          if (found) {
            const isClosed = closed.has(groupKey(found.cell));
            return (
              <div key={line.index} role="row" aria-rowindex={line.index + 2} className={styles.row} style={place}>
                <div
                  id={`${prefix}-${line.index}-${at.column}`}
                  role="gridcell"
                  aria-expanded={!isClosed}
                  className={mergeClasses(styles.group, focused && line.index === at.row && styles.active)}
                  style={{ height: ROW_HEIGHT }}
                  onClick={() => toggleGroup(line.index)}
                >
                  {isClosed ? <ChevronRightRegular /> : <ChevronDownRegular />}
                  <bdi>{cellText(found.cell, columns[group ?? 0]?.type ?? 'string', zone) || '(empty)'}</bdi>
                  <span>{plural(found.rows, 'row')}</span>
                </div>
              </div>
            );
          }
          return (
            <div
              key={line.index}
              role="row"
              aria-rowindex={line.index + 2}
              aria-selected={onSelect ? (selected?.has(number) ?? false) : number === props.open}
              className={mergeClasses(
                styles.row,
                styles.stripe,
                isFresh?.(number) && styles.fresh,
                (number === props.open || selected?.has(number)) && styles.current,
              )}
              style={place}
            >
              {onSelect && (
                <div role="gridcell" className={mergeClasses(styles.cell, styles.check)} style={{ width: CHECK_WIDTH }}>
                  <Checkbox
                    aria-label={`Select row ${line.index + 1}`}
                    tabIndex={-1}
                    checked={selected?.has(number) ?? false}
                    onChange={() => select(number)}
                  />
                </div>
              )}
              {cellsAcross.map((item) => {
                const index = shown[item.index] ?? 0;
                const column = columns[index];
                if (!column) return null;
                return (
                  <div
                    key={item.key}
                    id={`${prefix}-${line.index}-${item.index}`}
                    role="gridcell"
                    aria-colindex={index + 1}
                    className={mergeClasses(
                      styles.cell,
                      monospaced.has(column.type) && styles.mono,
                      isNumeric(column.type) && styles.end,
                      focused && line.index === at.row && item.index === at.column && styles.active,
                    )}
                    style={{ width: item.size, transform: `translateX(${item.start}px)` }}
                    onClick={() => {
                      setActive({ row: line.index, column: item.index });
                      onOpen?.(number);
                    }}
                    onContextMenu={(event) => onContextMenu(event, line.index, item.index)}
                  >
                    <bdi>{cellText(rows.cell(number, index), column.type, zone)}</bdi>
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
