import { Checkbox, makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import { ArrowDownRegular, ArrowUpRegular } from '@fluentui/react-icons';
import { useVirtualizer } from '@tanstack/react-virtual';
import {
  useEffect,
  useId,
  useLayoutEffect,
  useRef,
  useState,
  type KeyboardEvent,
  type ReactElement,
  type ReactNode,
} from 'react';
import { useNarrow, usePageKey } from './hooks.ts';

export interface GridColumn<Row> {
  readonly id: string;
  readonly header: string;
  /** Least width, pixels. */
  readonly min: number;
  /** Its share of what is left of the width; without it the column stays at `min`. */
  readonly grow?: number;
  /** Where the width is short: the column with the highest number goes first; without one it stays. */
  readonly drop?: number;
  readonly align?: 'end';
  /** Whether its header sorts. */
  readonly sort?: boolean;
  readonly cell: (row: Row) => ReactNode;
}

export interface Sort {
  readonly by: string;
  readonly order: 'asc' | 'desc';
}

export interface GridProps<Row> {
  readonly label: string;
  readonly rows: readonly Row[];
  readonly columns: readonly GridColumn<Row>[];
  readonly rowId: (row: Row) => string;
  /** The row whose panel is open. */
  readonly openId?: string | undefined;
  readonly onOpen?: ((row: Row) => void) | undefined;
  /** Esc. */
  readonly onClose?: (() => void) | undefined;
  readonly sort?: Sort | undefined;
  readonly onSort?: (sort: Sort) => void;
  readonly selected?: ReadonlySet<string>;
  readonly onSelect?: (selected: ReadonlySet<string>) => void;
  /** Further keys of the row that the focus is on. */
  readonly keys?: Readonly<Record<string, (row: Row) => void>>;
  /** Shown in place of rows when there are none. */
  readonly empty?: ReactNode;
  /** How many rows there are, when `rows` are only the first of them. */
  readonly total?: number | undefined;
  /** The last rows are near: the next page may be fetched. */
  readonly onEnd?: () => void;
  /** A row on a telephone; without it the columns scroll sideways there. */
  readonly card?: (row: Row) => ReactNode;
}

/** Heights in pixels, as the virtualiser needs them: `spacingVerticalXXXL` and three of it. */
const ROW_HEIGHT = 36;
const CARD_HEIGHT = 96;
const OVERSCAN = 16;
const CHECK_WIDTH = 40;

const track = ({ min, grow }: { min: number; grow?: number }): string =>
  grow === undefined ? `${min}px` : `minmax(${min}px, ${grow}fr)`;

/** The columns that fit `width`, those of the highest `drop` left out first. */
export function fitting<C extends { readonly min: number; readonly drop?: number }>(
  columns: readonly C[],
  width: number,
): readonly C[] {
  let shown = columns;
  while (shown.reduce((sum, { min }) => sum + min, 0) > width) {
    const first = Math.max(0, ...shown.map(({ drop = 0 }) => drop));
    if (first === 0) break;
    shown = shown.filter(({ drop = 0 }) => drop !== first);
  }
  return shown;
}

const useStyles = makeStyles({
  root: {
    flexGrow: 1,
    minHeight: 0,
    minWidth: 0,
    overflow: 'auto',
    position: 'relative',
    backgroundColor: tokens.colorNeutralBackground1,
    border: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
    outline: 'none',
  },
  head: {
    position: 'sticky',
    top: 0,
    zIndex: 1,
    backgroundColor: tokens.colorNeutralBackground2,
    borderBottom: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
  },
  line: { display: 'grid', alignItems: 'center', height: `${ROW_HEIGHT}px` },
  row: {
    position: 'absolute',
    top: 0,
    left: 0,
    width: '100%',
    boxSizing: 'border-box',
    borderBottom: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke3}`,
  },
  pressable: { cursor: 'pointer', ':hover': { backgroundColor: tokens.colorNeutralBackground1Hover } },
  open: {
    backgroundColor: tokens.colorNeutralBackground1Selected,
    boxShadow: `inset ${tokens.strokeWidthThicker} 0 ${tokens.colorBrandStroke1}`,
  },
  active: {
    outline: `${tokens.strokeWidthThick} solid ${tokens.colorStrokeFocus2}`,
    outlineOffset: `calc(-1 * ${tokens.strokeWidthThick})`,
  },
  cell: {
    padding: `0 ${tokens.spacingHorizontalS}`,
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    whiteSpace: 'nowrap',
    minWidth: 0,
    // Icons and texts of a line stand at one height.
    '& > *': { verticalAlign: 'top' },
  },
  check: { display: 'flex', justifyContent: 'center' },
  end: { textAlign: 'end', justifyContent: 'flex-end', fontVariantNumeric: 'tabular-nums' },
  header: {
    display: 'flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalXXS,
    height: '100%',
    boxSizing: 'border-box',
    width: '100%',
    border: 'none',
    background: 'none',
    font: 'inherit',
    fontSize: tokens.fontSizeBase200,
    fontWeight: tokens.fontWeightSemibold,
    color: tokens.colorNeutralForeground2,
    textAlign: 'start',
  },
  sortable: { cursor: 'pointer', ':hover': { color: tokens.colorNeutralForeground2Hover } },
  card: { height: `${CARD_HEIGHT}px`, padding: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalM}` },
});

function Header<Row>(props: {
  column: GridColumn<Row>;
  sort: Sort | undefined;
  onSort: ((sort: Sort) => void) | undefined;
}): ReactElement {
  const styles = useStyles();
  const { column, sort, onSort } = props;
  const sorted = sort?.by === column.id ? sort.order : undefined;
  const Arrow = sorted === 'asc' ? ArrowUpRegular : ArrowDownRegular;
  const className = mergeClasses(styles.cell, styles.header, column.align === 'end' && styles.end);
  const ariaSort = sorted === undefined ? undefined : sorted === 'asc' ? 'ascending' : 'descending';
  return (
    <div role="columnheader" style={{ height: '100%', minWidth: 0 }} {...(ariaSort ? { 'aria-sort': ariaSort } : {})}>
      {column.sort && onSort ? (
        <button
          type="button"
          className={mergeClasses(className, styles.sortable)}
          onClick={() => onSort({ by: column.id, order: sorted === 'desc' ? 'asc' : 'desc' })}
        >
          {column.header}
          {sorted && <Arrow aria-hidden />}
        </button>
      ) : (
        <span className={className}>{column.header}</span>
      )}
    </div>
  );
}

/**
 * Rows of things: virtualised, with a header that stays. Arrow keys, `j` and `k`, Home, End and Page keys move, Enter opens, `x` selects,
 * Esc closes. The focus is the grid's; the row under it is told by `aria-activedescendant`.
 */
export function Grid<Row>(props: GridProps<Row>): ReactElement {
  const styles = useStyles();
  const { rows, rowId, selected, onSelect, onOpen } = props;
  const narrow = useNarrow();
  const asCards = narrow && props.card !== undefined;
  const height = asCards ? CARD_HEIGHT : ROW_HEIGHT;
  const scroller = useRef<HTMLDivElement>(null);
  const prefix = useId();
  const [active, setActive] = useState(0);
  const [focused, setFocused] = useState(false);
  const openIndex = props.openId === undefined ? -1 : rows.findIndex((row) => rowId(row) === props.openId);
  const at = Math.min(active, Math.max(0, rows.length - 1));
  const selectable = onSelect !== undefined && !asCards;
  const [width, setWidth] = useState(Number.POSITIVE_INFINITY);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return undefined;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    setWidth(element.clientWidth);
    return () => observer.disconnect();
  }, []);
  const columns = fitting(props.columns, width - (selectable ? CHECK_WIDTH : 0));
  const template = [...(selectable ? [`${CHECK_WIDTH}px`] : []), ...columns.map(track)].join(' ');
  const minWidth = columns.reduce((sum, { min }) => sum + min, selectable ? CHECK_WIDTH : 0);

  // eslint-disable-next-line react-hooks/incompatible-library
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    overscan: OVERSCAN,
    scrollPaddingStart: ROW_HEIGHT,
  });

  const lastShown = virtual.getVirtualItems().at(-1)?.index ?? -1;
  const onEnd = useRef(props.onEnd);
  useEffect(() => {
    onEnd.current = props.onEnd;
  });
  useEffect(() => {
    if (rows.length > 0 && lastShown >= rows.length - 1) onEnd.current?.();
  }, [lastShown, rows.length]);

  const toggle = (row: Row): void => {
    const next = new Set(selected);
    if (!next.delete(rowId(row))) next.add(rowId(row));
    onSelect?.(next);
  };

  const move = (to: number): void => {
    const index = Math.max(0, Math.min(rows.length - 1, to));
    setActive(index);
    virtual.scrollToIndex(index);
    const row = rows[index];
    if (props.openId !== undefined && row !== undefined && rowId(row) !== props.openId) onOpen?.(row);
  };

  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>): void => {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 400) / height) - 2);
    const row = rows[at];
    const acts: Record<string, () => void> = {
      ArrowDown: () => move(at + 1),
      ArrowUp: () => move(at - 1),
      j: () => move(at + 1),
      k: () => move(at - 1),
      PageDown: () => move(at + page),
      PageUp: () => move(at - page),
      Home: () => move(0),
      End: () => move(rows.length - 1),
      Enter: () => row !== undefined && onOpen?.(row),
      Escape: () => props.onClose?.(),
      x: () => row !== undefined && selectable && toggle(row),
      ' ': () => row !== undefined && selectable && toggle(row),
    };
    const own = props.keys?.[event.key];
    const act = acts[event.key] ?? (own && row !== undefined ? () => own(row) : undefined);
    if (!act) return;
    event.preventDefault();
    act();
  };

  // From anywhere on the page the same keys reach the list.
  const reach = (): void => scroller.current?.focus();
  usePageKey('j', reach);
  usePageKey('k', reach);

  const allSelected = rows.length > 0 && rows.every((row) => selected?.has(rowId(row)));
  const someSelected = (selected?.size ?? 0) > 0;
  const lineStyle = { gridTemplateColumns: template, minWidth };

  return (
    <div
      ref={scroller}
      className={styles.root}
      role="grid"
      aria-label={props.label}
      aria-rowcount={Math.max(rows.length, props.total ?? 0) + 1}
      aria-multiselectable={selectable}
      tabIndex={0}
      {...(rows.length > 0 ? { 'aria-activedescendant': `${prefix}-${at}` } : {})}
      onFocus={(event) => {
        if (event.target !== event.currentTarget) return;
        setFocused(true);
        if (openIndex >= 0) setActive(openIndex);
      }}
      onBlur={() => setFocused(false)}
      onKeyDown={onKeyDown}
    >
      {!asCards && (
        <div className={styles.head} role="row" aria-rowindex={1} style={{ minWidth }}>
          <div className={styles.line} role="presentation" style={lineStyle}>
            {selectable && (
              <div className={styles.check} role="columnheader">
                <Checkbox
                  aria-label="Select all"
                  checked={allSelected ? true : someSelected ? 'mixed' : false}
                  onChange={() => onSelect(allSelected ? new Set() : new Set(rows.map(rowId)))}
                />
              </div>
            )}
            {columns.map((column) => (
              <Header key={column.id} column={column} sort={props.sort} onSort={props.onSort} />
            ))}
          </div>
        </div>
      )}
      {rows.length === 0 && (
        <div role="row">
          <div role="gridcell">{props.empty}</div>
        </div>
      )}
      <div
        role="presentation"
        style={{ position: 'relative', height: virtual.getTotalSize(), minWidth: asCards ? undefined : minWidth }}
      >
        {virtual.getVirtualItems().map((item) => {
          const row = rows[item.index];
          if (row === undefined) return null;
          const id = rowId(row);
          return (
            <div
              key={id}
              id={`${prefix}-${item.index}`}
              role="row"
              aria-rowindex={item.index + 2}
              aria-selected={selectable ? (selected?.has(id) ?? false) : id === props.openId}
              className={mergeClasses(
                styles.row,
                asCards ? styles.card : styles.line,
                onOpen && styles.pressable,
                id === props.openId && styles.open,
                focused && item.index === at && styles.active,
              )}
              style={{ transform: `translateY(${item.start}px)`, ...(asCards ? {} : lineStyle) }}
              onClick={() => {
                setActive(item.index);
                onOpen?.(row);
              }}
            >
              {asCards ? (
                <div role="gridcell">{props.card?.(row)}</div>
              ) : (
                <>
                  {selectable && (
                    <div className={styles.check} role="gridcell" onClick={(event) => event.stopPropagation()}>
                      <Checkbox
                        aria-label="Select row"
                        checked={selected?.has(id) ?? false}
                        onChange={() => toggle(row)}
                      />
                    </div>
                  )}
                  {columns.map((column) => (
                    <div
                      key={column.id}
                      role="gridcell"
                      className={mergeClasses(styles.cell, column.align === 'end' && styles.end)}
                    >
                      {column.cell(row)}
                    </div>
                  ))}
                </>
              )}
            </div>
          );
        })}
      </div>
    </div>
  );
}
