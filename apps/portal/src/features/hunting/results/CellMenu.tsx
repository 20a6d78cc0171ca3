import { Menu, MenuDivider, MenuItem, MenuList, MenuPopover } from '@fluentui/react-components';
import {
  CopyRegular,
  ContactCardRegular,
  DocumentSearchRegular,
  FilterDismissRegular,
  FilterRegular,
  SearchSquareRegular,
  TextExpandRegular,
} from '@fluentui/react-icons';
import { entityOfColumn, type Cell, type Column } from '@sallyport/contracts';
import { useRouter } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import type { CellPlace } from '../../../shared/table/QueryTable.tsx';
import type { ColumnFilter } from '../../../shared/table/view.ts';
import { elide, visible, words } from '../../../shared/text.ts';
import { useShownWorkspace } from '../../../shared/workspaces.ts';

const NAME_MAX = 40;
/** The page that finds an entity by what a cell calls it. */
const FIND_ENTITY = '/entities/find';

/** Where one may go from a cell. */
export interface CellActions {
  /** Adds a condition to the query and runs it. */
  readonly onStep: (column: Column, cell: Cell, is: boolean) => void;
  /** Looks at these rows only, or at all but these, among those answered. */
  readonly onFilter: (filter: ColumnFilter) => void;
  readonly onRelated: (cell: Cell, row: number) => void;
  readonly onQuery: (column: Column, cell: Cell) => void;
  readonly onInspect: (row: number, column: number) => void;
}

export function CellMenu(props: {
  place: CellPlace;
  column: Column;
  cell: Cell;
  actions: CellActions;
  onClose: () => void;
}): ReactElement {
  const { place, column, cell, actions } = props;
  const router = useRouter();
  const workspace = useShownWorkspace();
  const text = cell === null ? '' : String(cell);
  const entity = text === '' || !(FIND_ENTITY in router.routesByPath) ? undefined : entityOfColumn(column);
  const shown = cell === null ? 'empty' : visible(elide(text.replaceAll(/\s+/g, ' '), NAME_MAX));
  const filter = (way: 'is' | 'isNot'): void =>
    actions.onFilter({ column: place.column, way, text: cell === null ? null : text });
  return (
    <Menu
      open
      onOpenChange={(_, data) => {
        if (!data.open) props.onClose();
      }}
      positioning={{
        target: { getBoundingClientRect: () => new DOMRect(place.x, place.y, 0, 0) },
        position: 'below',
        align: 'start',
      }}
    >
      <MenuPopover>
        <MenuList>
          <MenuItem icon={<FilterRegular />} onClick={() => actions.onStep(column, cell, true)}>
            Query: only where {column.name} is {shown}
          </MenuItem>
          <MenuItem icon={<FilterDismissRegular />} onClick={() => actions.onStep(column, cell, false)}>
            Query: without {shown}
          </MenuItem>
          <MenuItem icon={<FilterRegular />} onClick={() => filter('is')}>
            Show only these rows
          </MenuItem>
          <MenuItem icon={<FilterDismissRegular />} onClick={() => filter('isNot')}>
            Hide these rows
          </MenuItem>
          <MenuDivider />
          {entity && (
            <MenuItem
              icon={<ContactCardRegular />}
              onClick={() =>
                void router.navigate({
                  href: `${FIND_ENTITY}?${new URLSearchParams({ kind: entity.kind, value: text, ...workspace }).toString()}`,
                })
              }
            >
              {words(entity.kind)} page
            </MenuItem>
          )}
          <MenuItem
            icon={<DocumentSearchRegular />}
            disabled={text === ''}
            onClick={() => actions.onRelated(cell, place.row)}
          >
            Related rows in other tables
          </MenuItem>
          <MenuItem icon={<SearchSquareRegular />} onClick={() => actions.onQuery(column, cell)}>
            New query for this value
          </MenuItem>
          <MenuDivider />
          <MenuItem icon={<TextExpandRegular />} onClick={() => actions.onInspect(place.row, place.column)}>
            Inspect
          </MenuItem>
          <MenuItem icon={<CopyRegular />} onClick={() => void navigator.clipboard.writeText(text)}>
            Copy
          </MenuItem>
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}
