import {
  Button,
  Menu,
  MenuDivider,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
  mergeClasses,
} from '@fluentui/react-components';
import { ArrowDownRegular, ArrowUpRegular, ChevronDownRegular } from '@fluentui/react-icons';
import type { Column } from '@sallyport/contracts';
import type { ReactElement } from 'react';
import { isNumeric } from '../cells.ts';
import { MENU_WIDTH, useTableStyles } from './styles.ts';
import { moved, type TableView } from './view.ts';

/** A column's name: a press sorts. Where the table may be looked at otherwise, a menu of the ways. */
export function HeaderCell(props: {
  column: Column;
  /** Its place in the answer. */
  index: number;
  columns: number;
  place: { readonly start: number; readonly size: number };
  view: TableView;
  onView: (view: TableView) => void;
  /** Asks for a text to filter the column by. Without it there is no menu. */
  onFilter?: ((column: number) => void) | undefined;
}): ReactElement {
  const styles = useTableStyles();
  const { column, index, view, onView, place } = props;
  const sorted = view.sort?.column === index ? view.sort.order : undefined;
  const sort = (order: 'asc' | 'desc' | undefined): void =>
    onView({ ...view, sort: order && { column: index, order } });
  const shown = view.columns ?? Array.from({ length: props.columns }, (_, at) => at);
  const move = (by: -1 | 1): void => onView({ ...view, columns: moved(props.columns, view.columns, index, by) });
  return (
    <div
      role="columnheader"
      aria-colindex={index + 1}
      className={styles.cell}
      style={{ width: place.size, transform: `translateX(${place.start}px)`, padding: 0 }}
      {...(sorted ? { 'aria-sort': sorted === 'asc' ? ('ascending' as const) : ('descending' as const) } : {})}
    >
      <button
        type="button"
        tabIndex={-1}
        className={mergeClasses(styles.cell, styles.header, isNumeric(column.type) && styles.headerEnd)}
        style={{ width: props.onFilter ? place.size - MENU_WIDTH : '100%' }}
        title={`${column.name}: ${column.type}`}
        onClick={() => sort(sorted === 'desc' ? undefined : sorted === 'asc' ? 'desc' : 'asc')}
      >
        <span className={styles.headerText}>{column.name}</span>
        {sorted && (sorted === 'asc' ? <ArrowUpRegular /> : <ArrowDownRegular />)}
      </button>
      {props.onFilter && (
        <Menu>
          <MenuTrigger disableButtonEnhancement>
            <Button
              size="small"
              appearance="transparent"
              tabIndex={-1}
              icon={<ChevronDownRegular />}
              aria-label={`Column ${column.name}`}
              style={{ position: 'absolute', right: 0, top: 2, minWidth: MENU_WIDTH, maxWidth: MENU_WIDTH, padding: 0 }}
            />
          </MenuTrigger>
          <MenuPopover>
            <MenuList>
              <MenuItem onClick={() => sort('asc')}>Sort up</MenuItem>
              <MenuItem onClick={() => sort('desc')}>Sort down</MenuItem>
              <MenuItem onClick={() => props.onFilter?.(index)}>Filter…</MenuItem>
              <MenuItem
                onClick={() => onView({ ...view, group: view.group === index ? undefined : index, closed: new Set() })}
              >
                {view.group === index ? 'Group no more' : 'Group by it'}
              </MenuItem>
              <MenuDivider />
              <MenuItem disabled={shown[0] === index} onClick={() => move(-1)}>
                Move left
              </MenuItem>
              <MenuItem disabled={shown.at(-1) === index} onClick={() => move(1)}>
                Move right
              </MenuItem>
              <MenuItem
                disabled={shown.length < 2}
                onClick={() => onView({ ...view, columns: shown.filter((one) => one !== index) })}
              >
                Hide
              </MenuItem>
            </MenuList>
          </MenuPopover>
        </Menu>
      )}
    </div>
  );
}
