import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import { useRef, useState, type KeyboardEvent, type ReactElement } from 'react';
import { visible } from '../../shared/text.ts';
import type { Measure } from './index.ts';
import { heatOf, type Cell, type Column } from './matrix.ts';

const columnWidth = '132px';

const useStyles = makeStyles({
  root: {
    display: 'flex',
    gap: tokens.spacingHorizontalXS,
    overflow: 'auto',
    flexGrow: 1,
    minWidth: 0,
    alignItems: 'flex-start',
  },
  column: {
    width: columnWidth,
    flexShrink: 0,
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalXXS,
  },
  heading: {
    position: 'sticky',
    top: 0,
    margin: 0,
    padding: tokens.spacingHorizontalXS,
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase200,
    fontWeight: tokens.fontWeightSemibold,
    backgroundColor: tokens.colorNeutralBackground2,
  },
  count: { display: 'block', fontWeight: tokens.fontWeightRegular, color: tokens.colorNeutralForeground3 },
  list: {
    listStyleType: 'none',
    margin: 0,
    padding: 0,
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalXXS,
  },
  cell: {
    width: '100%',
    textAlign: 'start',
    border: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusSmall,
    padding: `${tokens.spacingVerticalXXS} ${tokens.spacingHorizontalXS}`,
    fontFamily: 'inherit',
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase200,
    color: tokens.colorNeutralForeground1,
    cursor: 'pointer',
    ':focus-visible': { outline: `${tokens.strokeWidthThick} solid ${tokens.colorStrokeFocus2}` },
  },
  value: { display: 'block', color: 'inherit', fontVariantNumeric: 'tabular-nums' },
  selected: { boxShadow: `inset 0 0 0 2px ${tokens.colorBrandStroke1}` },
  level0: { backgroundColor: tokens.colorNeutralBackground1 },
  level1: {
    backgroundColor: `color-mix(in srgb, ${tokens.colorBrandBackground} 12%, ${tokens.colorNeutralBackground1})`,
  },
  level2: {
    backgroundColor: `color-mix(in srgb, ${tokens.colorBrandBackground} 22%, ${tokens.colorNeutralBackground1})`,
  },
  level3: {
    backgroundColor: `color-mix(in srgb, ${tokens.colorBrandBackground} 32%, ${tokens.colorNeutralBackground1})`,
  },
  level4: {
    backgroundColor: `color-mix(in srgb, ${tokens.colorBrandBackground} 42%, ${tokens.colorNeutralBackground1})`,
  },
});

type ShownColumn = Column & { readonly shown: readonly Cell[] };

/** Where an arrow leads from a cell; undefined when there is nothing that way. Columns without cells are passed over. */
export function step(
  columns: readonly { readonly shown: readonly unknown[] }[],
  [column, row]: readonly [number, number],
  key: string,
): readonly [number, number] | undefined {
  if (key === 'ArrowUp') return row > 0 ? [column, row - 1] : undefined;
  if (key === 'ArrowDown') return row + 1 < (columns[column]?.shown.length ?? 0) ? [column, row + 1] : undefined;
  const way = key === 'ArrowRight' ? 1 : key === 'ArrowLeft' ? -1 : 0;
  if (way === 0) return undefined;
  for (let at = column + way; at >= 0 && at < columns.length; at += way) {
    const { length } = columns[at]?.shown ?? [];
    if (length > 0) return [at, Math.min(row, length - 1)];
  }
  return undefined;
}

/** Tactics as columns, techniques below them. One cell is in the order of Tab; arrows move, Enter opens. */
export function Matrix(props: {
  columns: readonly ShownColumn[];
  measure: Measure;
  selected: string | undefined;
  onSelect: (id: string) => void;
}): ReactElement {
  const styles = useStyles();
  const { columns } = props;
  const [at, setAt] = useState<readonly [number, number]>([0, 0]);
  const root = useRef<HTMLDivElement>(null);
  const levels = [styles.level0, styles.level1, styles.level2, styles.level3, styles.level4];
  const first = columns.findIndex(({ shown }) => shown.length > 0);
  const current = (columns[at[0]]?.shown.length ?? 0) > at[1] ? at : ([first, 0] as const);
  const onKeyDown = (event: KeyboardEvent): void => {
    const next = step(columns, current, event.key);
    if (!next) return;
    event.preventDefault();
    setAt(next);
    root.current?.querySelector<HTMLElement>(`[data-cell="${next[0]}-${next[1]}"]`)?.focus();
  };
  return (
    // Arrows are heard here from whichever cell has the focus.
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions
    <div ref={root} className={styles.root} onKeyDown={onKeyDown}>
      {columns.map((column, x) => (
        <section key={column.id} className={styles.column} aria-label={column.name}>
          <h2 className={styles.heading}>
            {visible(column.name)}
            <span className={styles.count}>
              {column.covered} of {column.cells.length}
            </span>
          </h2>
          <ul className={styles.list}>
            {column.shown.map((cell, y) => {
              const { text, level } = heatOf(cell, props.measure);
              const { id, name } = cell.technique;
              return (
                <li key={id}>
                  <button
                    type="button"
                    data-cell={`${x}-${y}`}
                    tabIndex={current[0] === x && current[1] === y ? 0 : -1}
                    className={mergeClasses(styles.cell, levels[level], props.selected === id && styles.selected)}
                    aria-pressed={props.selected === id}
                    title={`${id} ${visible(name)}`}
                    onFocus={() => setAt([x, y])}
                    onClick={() => props.onSelect(id)}
                  >
                    {visible(name)}
                    <span className={styles.value}>{text}</span>
                  </button>
                </li>
              );
            })}
          </ul>
        </section>
      ))}
    </div>
  );
}
