import {
  Button,
  makeStyles,
  Menu,
  MenuItemCheckbox,
  MenuList,
  MenuPopover,
  MenuTrigger,
  MessageBar,
  MessageBarBody,
  Select,
  Tag,
  TagGroup,
  Text,
  tokens,
} from '@fluentui/react-components';
import { ArrowDownloadRegular, ColumnTripleEditRegular } from '@fluentui/react-icons';
import type { Cell, Column } from '@sallyport/contracts';
import { lazy, Suspense, useMemo, useState, type ReactElement } from 'react';
import { toCsv } from '../../../shared/csv.ts';
import { download } from '../../../shared/download.ts';
import { bytes, count, plural } from '../../../shared/numbers.ts';
import { RecordPanel } from '../../../shared/RecordPanel.tsx';
import { EmptyState, Loading } from '../../../shared/States.tsx';
import { QueryTable, type CellPlace } from '../../../shared/table/QueryTable.tsx';
import { filterText, linesOf, plainView, type ColumnFilter, type TableView } from '../../../shared/table/view.ts';
import { visible } from '../../../shared/text.ts';
import { duration } from '../../../shared/time.ts';
import type { Answer } from '../ask.ts';
import { canDraw, kindOf } from '../charts/kinds.ts';
import { chartKinds, chartNames, type ChartKind } from '../charts/names.ts';
import type { Drawable } from '../charts/plot.ts';
import { CellMenu } from './CellMenu.tsx';
import { FilterDialog } from './FilterDialog.tsx';
import { InspectDialog } from './InspectDialog.tsx';
import { RowActions } from './RowActions.tsx';

const Chart = lazy(() => import('../charts/Chart.tsx'));

/** Rows that a picture looks at. */
const DRAWN_MAX = 50_000;
const SELECTED_MAX = 1_000;

const useStyles = makeStyles({
  root: { display: 'flex', flexDirection: 'column', flexGrow: 1, minHeight: 0, gap: tokens.spacingVerticalXS },
  bar: { display: 'flex', alignItems: 'center', flexWrap: 'wrap', gap: tokens.spacingHorizontalM },
  facts: { color: tokens.colorNeutralForeground3 },
  end: { marginLeft: 'auto', display: 'flex', gap: tokens.spacingHorizontalS },
  split: { display: 'flex', gap: tokens.spacingHorizontalM, flexGrow: 1, minHeight: 0 },
});

/** What was asked, and where one goes from the rows. */
export interface Asked {
  readonly query: string;
  readonly span: { readonly from: string; readonly to: string } | undefined;
  readonly onStep: (column: Column, cell: Cell, is: boolean) => void;
  readonly onRelated: (cell: Cell, at: string | undefined) => void;
  readonly onQuery: (column: Column, cell: Cell) => void;
}

/** How an answer is looked at: `table`, or a way to draw it. */
export type View = 'table' | ChartKind;

/** The answer of a query: table, pictures, details of a row, what can be done with rows, export. */
export function Results(props: {
  answer: Answer;
  asked: Asked;
  view: View | undefined;
  onView: (view: View) => void;
  isFresh?: (row: number) => boolean;
}): ReactElement {
  const styles = useStyles();
  const { answer, asked } = props;
  const { columns, rows } = answer;
  const [open, setOpen] = useState<number>();
  const [look, setLook] = useState<TableView>(plainView);
  const [selected, setSelected] = useState<ReadonlySet<number>>(new Set());
  const [menu, setMenu] = useState<CellPlace>();
  const [filtering, setFiltering] = useState<number>();
  const [inspected, setInspected] = useState<{ row: number; column: number }>();
  const drawn = useMemo((): Drawable => {
    const { kind = '', properties = {} } = answer.visualization ?? {};
    const some = Array.from({ length: Math.min(rows.count, DRAWN_MAX) }, (_, row) => rows.row(row));
    return { columns, rows: some, kind, properties };
  }, [answer.visualization, columns, rows]);
  const ways = useMemo(() => chartKinds.filter((kind) => canDraw(kind, drawn)), [drawn]);
  const wanted = answer.visualization && kindOf(answer.visualization.kind, answer.visualization.properties);
  const asDefault: View = wanted && ways.includes(wanted) ? wanted : 'table';
  const view = props.view === 'table' || (props.view && ways.includes(props.view)) ? props.view : asDefault;
  const { elapsedSeconds, rowsRead, bytesRead } = answer.statistics;
  const addFilter = (filter: ColumnFilter): void => setLook((now) => ({ ...now, filters: [...now.filters, filter] }));
  const numbers = (all: Iterable<number>): Cell[][] => Array.from(all, (row) => rows.row(row));
  const exportCsv = (): void => {
    const shown = look.columns ?? columns.map((_, index) => index);
    const { lines } = linesOf(rows, { ...look, group: undefined });
    const cells = Array.from(lines, (row) => shown.map((column) => rows.cell(row, column)));
    download(
      'query.csv',
      'text/csv',
      toCsv(
        shown.map((column) => columns[column]!),
        cells,
      ),
    );
  };
  const timeColumn = columns.findIndex(({ name, type }) => name === 'TimeGenerated' && type === 'datetime');
  const timeOf = (row: number): string | undefined => {
    const cell = timeColumn < 0 ? null : rows.cell(row, timeColumn);
    return cell === null ? undefined : String(cell);
  };
  const menuColumn = menu && columns[menu.column];
  const inspectedColumn = inspected && columns[inspected.column];
  return (
    <div className={styles.root}>
      <div className={styles.bar}>
        <Select
          size="small"
          aria-label="Show as"
          value={view}
          onChange={(_, { value }) => props.onView(ways.find((kind) => kind === value) ?? 'table')}
        >
          <option value="table">Table</option>
          {ways.map((kind) => (
            <option key={kind} value={kind}>
              {chartNames[kind]}
            </option>
          ))}
        </Select>
        <Text size={200} role="status">
          {plural(rows.count, 'row')}
        </Text>
        <Text size={200} className={styles.facts}>
          {duration(elapsedSeconds)} · {count(rowsRead)} rows read · {bytes(bytesRead)}
        </Text>
        {look.filters.length > 0 && (
          <TagGroup
            aria-label="Filters of the table"
            size="extra-small"
            onDismiss={(_, { value }) =>
              setLook((now) => ({ ...now, filters: now.filters.filter((_, index) => String(index) !== value) }))
            }
          >
            {look.filters.map((filter, index) => (
              <Tag key={index} value={String(index)} dismissible dismissIcon={{ 'aria-label': 'remove' }}>
                {filterText(columns, filter)}
              </Tag>
            ))}
          </TagGroup>
        )}
        <div className={styles.end}>
          <Menu
            checkedValues={{ columns: (look.columns ?? columns.map((_, index) => index)).map(String) }}
            onCheckedValueChange={(_, { checkedItems }) => {
              const kept = new Set(checkedItems.map(Number));
              const before = look.columns ?? columns.map((_, index) => index);
              const next = [
                ...before.filter((one) => kept.has(one)),
                ...[...kept].filter((one) => !before.includes(one)),
              ];
              if (next.length > 0) setLook((now) => ({ ...now, columns: next }));
            }}
          >
            <MenuTrigger disableButtonEnhancement>
              <Button size="small" appearance="subtle" icon={<ColumnTripleEditRegular />} disabled={view !== 'table'}>
                Columns
              </Button>
            </MenuTrigger>
            <MenuPopover>
              <MenuList>
                {columns.map((column, index) => (
                  <MenuItemCheckbox key={column.name} name="columns" value={String(index)}>
                    {column.name}
                  </MenuItemCheckbox>
                ))}
              </MenuList>
            </MenuPopover>
          </Menu>
          <Button
            size="small"
            appearance="subtle"
            icon={<ArrowDownloadRegular />}
            disabled={rows.count === 0}
            onClick={exportCsv}
          >
            Export CSV
          </Button>
        </div>
      </div>
      {answer.partial && (
        <MessageBar intent="warning">
          <MessageBarBody>Not all of it: {visible(answer.partial.reason)}.</MessageBarBody>
        </MessageBar>
      )}
      {selected.size > 0 && (
        <RowActions
          kept={{ columns, rows: numbers([...selected].slice(0, SELECTED_MAX)), query: asked.query, span: asked.span }}
          onClear={() => setSelected(new Set())}
        />
      )}
      {view !== 'table' ? (
        <Suspense fallback={<Loading rows={8} label="Drawing" />}>
          <Chart kind={view} drawn={drawn} />
        </Suspense>
      ) : rows.count === 0 ? (
        <EmptyState title="No rows">
          The query ran, and nothing in the chosen time range matches it. Try a longer range.
        </EmptyState>
      ) : (
        <div className={styles.split}>
          <QueryTable
            label="Results"
            columns={columns}
            rows={rows}
            open={open}
            onOpen={setOpen}
            onClose={() => setOpen(undefined)}
            view={look}
            onView={setLook}
            onFilter={setFiltering}
            selected={selected}
            onSelect={setSelected}
            onMenu={setMenu}
            {...(props.isFresh ? { isFresh: props.isFresh } : {})}
          />
          {open !== undefined && (
            <RecordPanel columns={columns} row={rows.row(open)} onClose={() => setOpen(undefined)} />
          )}
        </div>
      )}
      {menu && menuColumn && (
        <CellMenu
          place={menu}
          column={menuColumn}
          cell={rows.cell(menu.row, menu.column)}
          onClose={() => setMenu(undefined)}
          actions={{
            onStep: asked.onStep,
            onQuery: asked.onQuery,
            onFilter: addFilter,
            onRelated: (cell, row) => asked.onRelated(cell, timeOf(row)),
            onInspect: (row, column) => setInspected({ row, column }),
          }}
        />
      )}
      {filtering !== undefined && columns[filtering] && (
        <FilterDialog
          column={columns[filtering]}
          onFilter={(text) => addFilter({ column: filtering, way: 'contains', text })}
          onClose={() => setFiltering(undefined)}
        />
      )}
      {inspected && inspectedColumn && (
        <InspectDialog
          column={inspectedColumn}
          cell={rows.cell(inspected.row, inspected.column)}
          onClose={() => setInspected(undefined)}
        />
      )}
    </div>
  );
}
