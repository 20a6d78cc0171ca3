import { Button, Input, makeStyles, mergeClasses, Text, tokens } from '@fluentui/react-components';
import { ChevronDownRegular, ChevronRightRegular } from '@fluentui/react-icons';
import type { Cell, Column, GridSettings, QueryContent, QueryResult } from '@sallyport/contracts';
import { useMemo, useState, type KeyboardEvent, type ReactElement } from 'react';
import { compareCells, isNumeric } from '../../../shared/cells.ts';
import { plural } from '../../../shared/numbers.ts';
import { visible } from '../../../shared/text.ts';
import { CellView } from '../CellView.tsx';
import { formatterOf, kindOf } from '../format.ts';
import { treeOf, type TreeLine } from '../tree.ts';

const useStyles = makeStyles({
  scroll: { overflow: 'auto', minHeight: 0, outlineOffset: '-2px' },
  table: { borderCollapse: 'collapse', width: '100%', fontSize: tokens.fontSizeBase200 },
  head: {
    position: 'sticky',
    top: 0,
    zIndex: 1,
    backgroundColor: tokens.colorNeutralBackground2,
    textAlign: 'start',
    padding: 0,
  },
  cell: {
    padding: `${tokens.spacingVerticalXXS} ${tokens.spacingHorizontalS}`,
    borderBottom: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke3}`,
    maxWidth: '420px',
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    whiteSpace: 'nowrap',
    height: '28px',
  },
  end: { textAlign: 'end', fontVariantNumeric: 'tabular-nums' },
  pick: { cursor: 'pointer', ':hover': { backgroundColor: tokens.colorNeutralBackground1Hover } },
  picked: { backgroundColor: tokens.colorNeutralBackground1Selected },
  sort: { fontWeight: tokens.fontWeightSemibold, minWidth: 0, justifyContent: 'flex-start', width: '100%' },
  note: { color: tokens.colorNeutralForeground3, padding: tokens.spacingVerticalXS },
  filter: { alignSelf: 'flex-start', marginBottom: tokens.spacingVerticalXS },
});

const ROWS_SHOWN = 250;
const ROWS_MAX = 2_000;

/** Rows as a workbook's grid: its renderers, labels, order and tree. A row that gives parameters can be selected. */
export function TableView(props: {
  content: QueryContent;
  result: QueryResult;
  selected: number | undefined;
  onSelect: ((row: number) => void) | undefined;
  onDetails: (row: number) => void;
}): ReactElement {
  const styles = useStyles();
  const { content, result } = props;
  const settings = content.gridSettings ?? {};
  const [filter, setFilter] = useState('');
  const given = (settings.sortBy ?? content.sortBy)?.[0];
  const [sort, setSort] = useState(() => sortOf(given, result.columns));
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const shown = useMemo(
    () =>
      result.columns
        .map((column, index) => ({ column, index, formatter: formatterOf(settings.formatters, column.name) }))
        .filter(({ formatter }) => kindOf(formatter) !== 'hidden'),
    [result.columns, settings.formatters],
  );
  const numbers = useMemo(
    () => shown.map(({ index, column }) => numbersOfColumn(result.rows, index, column)),
    [shown, result.rows],
  );
  const order = useMemo(() => {
    const needle = filter.toLowerCase();
    const rows = result.rows
      .map((row, index) => ({ row, index }))
      .filter(
        ({ row }) =>
          needle === '' ||
          row.some((cell) =>
            String(cell ?? '')
              .toLowerCase()
              .includes(needle),
          ),
      );
    const column = sort && result.columns[sort.column];
    if (sort && column)
      rows.sort(
        (a, b) =>
          compareCells(a.row[sort.column] ?? null, b.row[sort.column] ?? null, column.type, sort.order) ||
          a.index - b.index,
      );
    return rows.map(({ index }) => index);
  }, [result, filter, sort]);
  const tree = useMemo(
    () => treeOf(settings.hierarchySettings, result, order),
    [settings.hierarchySettings, result, order],
  );
  const limit = Math.min(settings.rowLimit ?? ROWS_SHOWN, ROWS_MAX);
  const lines: readonly TreeLine[] = tree
    ? tree.lines(open)
    : order.map((row) => ({ id: String(row), row, depth: 0, hasChildren: false, isOpen: false, label: undefined }));
  const label = (name: string): string =>
    settings.labelSettings?.find(({ columnId }) => columnId === name)?.label || name;
  const onKey = (event: KeyboardEvent, row: number): void => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    props.onSelect?.(row);
  };
  return (
    <>
      {settings.filter === true && (
        <Input
          size="small"
          className={styles.filter}
          placeholder="Filter these rows"
          aria-label="Filter these rows"
          value={filter}
          onChange={(_, { value }) => setFilter(value)}
        />
      )}
      {/* A part that scrolls must be reachable by keyboard. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div className={styles.scroll} tabIndex={0} role="region" aria-label={content.title || 'Rows'}>
        <table className={styles.table}>
          <thead>
            <tr>
              {shown.map(({ column, index }) => {
                const way = sort?.column === index ? sort.order : undefined;
                return (
                  <th
                    key={column.name}
                    scope="col"
                    className={styles.head}
                    {...(way ? { 'aria-sort': way === 'asc' ? ('ascending' as const) : ('descending' as const) } : {})}
                  >
                    <Button
                      size="small"
                      appearance="subtle"
                      className={styles.sort}
                      onClick={() =>
                        setSort(way === 'desc' ? undefined : { column: index, order: way === 'asc' ? 'desc' : 'asc' })
                      }
                    >
                      {visible(label(column.name))}
                      {way && (way === 'asc' ? ' ↑' : ' ↓')}
                    </Button>
                  </th>
                );
              })}
            </tr>
          </thead>
          <tbody>
            {lines.slice(0, limit).map((line) => {
              const row = line.row === undefined ? undefined : result.rows[line.row];
              const pick = line.row !== undefined && props.onSelect ? line.row : undefined;
              return (
                <tr
                  key={line.id}
                  className={mergeClasses(
                    pick !== undefined && styles.pick,
                    pick !== undefined && pick === props.selected && styles.picked,
                  )}
                  {...(pick === undefined
                    ? {}
                    : {
                        tabIndex: 0,
                        'aria-selected': pick === props.selected,
                        onClick: () => props.onSelect?.(pick),
                        onKeyDown: (event: KeyboardEvent) => onKey(event, pick),
                      })}
                >
                  {shown.map(({ column, index, formatter }, at) => (
                    <td
                      key={column.name}
                      className={mergeClasses(styles.cell, isNumeric(column.type) && styles.end)}
                      {...(at === 0 && line.depth > 0 ? { style: { paddingLeft: `${8 + 20 * line.depth}px` } } : {})}
                    >
                      {at === 0 && line.hasChildren && (
                        <Button
                          size="small"
                          appearance="transparent"
                          icon={line.isOpen ? <ChevronDownRegular /> : <ChevronRightRegular />}
                          aria-expanded={line.isOpen}
                          aria-label={`Rows under ${line.label ?? String(row?.[index] ?? '')}`}
                          onClick={(event) => {
                            event.stopPropagation();
                            setOpen(toggled(open, line.id));
                          }}
                        />
                      )}
                      {row ? (
                        <CellView
                          cell={row[index] ?? null}
                          type={column.type}
                          formatter={formatter}
                          all={numbers[at] ?? []}
                          onDetails={() => line.row !== undefined && props.onDetails(line.row)}
                        />
                      ) : (
                        at === 0 && <bdi>{visible(line.label ?? '')}</bdi>
                      )}
                    </td>
                  ))}
                </tr>
              );
            })}
          </tbody>
        </table>
        {lines.length > limit && (
          <Text size={200} block className={styles.note}>
            The first {limit} of {plural(lines.length, 'row')}.
          </Text>
        )}
      </div>
    </>
  );
}

const toggled = (set: ReadonlySet<string>, id: string): ReadonlySet<string> => {
  const next = new Set(set);
  if (!next.delete(id)) next.add(id);
  return next;
};

type Order = { readonly column: number; readonly order: 'asc' | 'desc' } | undefined;
/** Microsoft: 1 ascending, 2 descending; `$gen_number_Count_3` names the renderer and place beside the column. */
function sortOf(given: NonNullable<GridSettings['sortBy']>[number] | undefined, columns: readonly Column[]): Order {
  if (!given) return undefined;
  const column = columns.findIndex(
    ({ name }) => given.itemKey === name || (given.itemKey.startsWith('$gen_') && given.itemKey.includes(`_${name}_`)),
  );
  return column < 0 ? undefined : { column, order: given.sortOrder === 2 ? 'desc' : 'asc' };
}

const numbersOfColumn = (rows: readonly (readonly Cell[])[], index: number, column: Column): readonly number[] =>
  isNumeric(column.type) ? rows.slice(0, 10_000).map((row) => Number(row[index] ?? 0)) : [];
