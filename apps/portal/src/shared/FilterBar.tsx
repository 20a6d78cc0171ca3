import {
  Button,
  Input,
  makeStyles,
  Menu,
  MenuItem,
  MenuItemCheckbox,
  MenuList,
  MenuPopover,
  MenuTrigger,
  Popover,
  PopoverSurface,
  PopoverTrigger,
  SearchBox,
  tokens,
} from '@fluentui/react-components';
import { AddRegular, ColumnTripleRegular, DismissRegular, FilterAddRegular } from '@fluentui/react-icons';
import { useEffect, useId, useRef, useState, type ReactElement, type ReactNode } from 'react';
import { usePageKey, useSettled } from './hooks.ts';
import { setPreferences, usePreferences } from './preferences.ts';
import { visible, words } from './text.ts';

const useStyles = makeStyles({
  bar: {
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    gap: tokens.spacingHorizontalS,
    paddingBottom: tokens.spacingVerticalS,
  },
  search: { width: '280px', maxWidth: '100%' },
  pill: {
    display: 'inline-flex',
    alignItems: 'center',
    borderRadius: tokens.borderRadiusCircular,
    border: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke1}`,
    backgroundColor: tokens.colorNeutralBackground1,
    overflow: 'hidden',
  },
  part: {
    border: 'none',
    borderRadius: 0,
    // 24 px: the least size of a target (WCAG 2.2, 2.5.8).
    minWidth: tokens.spacingHorizontalXXL,
    minHeight: tokens.spacingVerticalXXL,
    fontWeight: tokens.fontWeightRegular,
  },
  value: { fontWeight: tokens.fontWeightSemibold },
  form: { display: 'flex', gap: tokens.spacingHorizontalS },
  end: { marginLeft: 'auto', display: 'flex', alignItems: 'center', gap: tokens.spacingHorizontalS },
});

export interface Filter {
  readonly id: string;
  readonly label: string;
  readonly options: readonly string[];
  /** What an option is called; default: its words. */
  readonly labelOf?: (option: string) => string;
  /** What is chosen; undefined when this filter does not filter. */
  readonly values: readonly string[] | undefined;
  readonly onChange: (values: string[] | undefined) => void;
  /** Few need it: while it does not filter it is offered by “Filter”. */
  readonly rare?: boolean;
}

function Pill({ filter, opened }: { filter: Filter; opened: boolean }): ReactElement {
  const styles = useStyles();
  const chosen = filter.values ?? [];
  const labelOf = filter.labelOf ?? words;
  const set = filter.values !== undefined;
  return (
    <span className={styles.pill}>
      <Menu
        positioning="below-start"
        defaultOpen={opened}
        checkedValues={{ [filter.id]: [...chosen] }}
        onCheckedValueChange={(_, { checkedItems }) =>
          filter.onChange(
            checkedItems.length === 0 ? undefined : filter.options.filter((option) => checkedItems.includes(option)),
          )
        }
      >
        <MenuTrigger disableButtonEnhancement>
          <Button size="small" appearance="subtle" className={styles.part} {...(set ? {} : { icon: <AddRegular /> })}>
            {filter.label}
            {set && <>:&nbsp;</>}
            {set && <span className={styles.value}>{chosen.map(labelOf).join(', ') || 'none'}</span>}
          </Button>
        </MenuTrigger>
        <MenuPopover>
          <MenuList>
            {filter.options.map((option) => (
              <MenuItemCheckbox key={option} name={filter.id} value={option}>
                {labelOf(option)}
              </MenuItemCheckbox>
            ))}
          </MenuList>
        </MenuPopover>
      </Menu>
      {set && (
        <Button
          size="small"
          appearance="subtle"
          className={styles.part}
          icon={<DismissRegular />}
          aria-label={`Remove the filter ${filter.label}`}
          onClick={() => filter.onChange(undefined)}
        />
      )}
    </span>
  );
}

export interface TextFilter {
  readonly id: string;
  readonly label: string;
  /** What may stand there, as an example. */
  readonly placeholder: string;
  readonly value: string | undefined;
  /** How the value is shown; default: as it is. */
  readonly labelOf?: (value: string) => string;
  readonly onChange: (value: string | undefined) => void;
  /** Values to choose from; others may be typed. */
  readonly known?: readonly string[];
  readonly rare?: boolean;
}

function TextPill({ filter, opened }: { filter: TextFilter; opened: boolean }): ReactElement {
  const styles = useStyles();
  const known = useId();
  const [open, setOpen] = useState(opened);
  const [text, setText] = useState('');
  const set = filter.value !== undefined;
  const apply = (): void => {
    setOpen(false);
    filter.onChange(text.trim() === '' ? undefined : text.trim());
  };
  return (
    <span className={styles.pill}>
      <Popover
        positioning="below-start"
        trapFocus
        open={open}
        onOpenChange={(_, data) => {
          if (data.open) setText(filter.value ?? '');
          setOpen(data.open);
        }}
      >
        <PopoverTrigger disableButtonEnhancement>
          <Button size="small" appearance="subtle" className={styles.part} {...(set ? {} : { icon: <AddRegular /> })}>
            {filter.label}
            {set && <>:&nbsp;</>}
            {set && <bdi className={styles.value}>{visible((filter.labelOf ?? String)(filter.value ?? ''))}</bdi>}
          </Button>
        </PopoverTrigger>
        <PopoverSurface>
          <form
            className={styles.form}
            onSubmit={(event) => {
              event.preventDefault();
              apply();
            }}
          >
            <Input
              aria-label={filter.label}
              placeholder={filter.placeholder}
              value={text}
              {...(filter.known ? { list: known } : {})}
              onChange={(_, data) => setText(data.value)}
            />
            {filter.known && (
              <datalist id={known}>
                {filter.known.map((one) => (
                  <option key={one} value={one}>
                    {visible(one)}
                  </option>
                ))}
              </datalist>
            )}
            <Button type="submit" appearance="primary">
              Filter
            </Button>
          </form>
        </PopoverSurface>
      </Popover>
      {set && (
        <Button
          size="small"
          appearance="subtle"
          className={styles.part}
          icon={<DismissRegular />}
          aria-label={`Remove the filter ${filter.label}`}
          onClick={() => filter.onChange(undefined)}
        />
      )}
    </span>
  );
}

const SETTLE_MS = 250;

/** Text that filters as one types; the address follows when typing rests. */
export function FilterSearch(props: {
  value: string | undefined;
  placeholder: string;
  onChange: (value: string | undefined) => void;
  /** Enter: with what is typed, whether or not it is searched for yet. */
  onEnter?: (text: string) => void;
}): ReactElement {
  const styles = useStyles();
  const [text, setText] = useState(props.value ?? '');
  const [given, setGiven] = useState(props.value);
  if (given !== props.value) {
    setGiven(props.value);
    if ((props.value ?? '') !== text.trim()) setText(props.value ?? '');
  }
  const settled = useSettled(text, SETTLE_MS);
  const onChange = useRef(props.onChange);
  useEffect(() => {
    onChange.current = props.onChange;
  });
  const value = useRef(props.value);
  useEffect(() => {
    value.current = props.value;
  });
  useEffect(() => {
    const next = settled.trim() === '' ? undefined : settled.trim();
    if (next !== value.current) onChange.current(next);
  }, [settled]);
  const input = useRef<HTMLInputElement>(null);
  usePageKey('f', () => input.current?.focus());
  return (
    <SearchBox
      {...({ ref: input } as object)}
      size="small"
      className={styles.search}
      placeholder={props.placeholder}
      aria-label={props.placeholder}
      title="Press f to filter"
      value={text}
      onChange={(_, data) => setText(data.value)}
      onKeyDown={(event) => event.key === 'Enter' && props.onEnter?.(text.trim())}
    />
  );
}

/** Filters of a list as removable pills, its search, and what stands at the right. */
export function FilterBar(props: {
  filters: readonly Filter[];
  texts?: readonly TextFilter[];
  search?: ReactNode;
  end?: ReactNode;
}): ReactElement {
  const styles = useStyles();
  const [wanted, setWanted] = useState<string>();
  const { filters, texts = [] } = props;
  const isOffered = ({ id, rare, ...filter }: Filter | TextFilter): boolean =>
    rare === true && id !== wanted && ('values' in filter ? filter.values : filter.value) === undefined;
  const offered = [...filters, ...texts].filter(isOffered);
  return (
    <div className={styles.bar} role="group" aria-label="Filters">
      {props.search}
      {filters
        .filter((filter) => !isOffered(filter))
        .map((filter) => (
          <Pill key={filter.id} filter={filter} opened={filter.id === wanted} />
        ))}
      {texts
        .filter((filter) => !isOffered(filter))
        .map((filter) => (
          <TextPill key={filter.id} filter={filter} opened={filter.id === wanted} />
        ))}
      {offered.length > 0 && (
        <Menu positioning="below-start">
          <MenuTrigger disableButtonEnhancement>
            <Button size="small" appearance="subtle" icon={<FilterAddRegular />}>
              Filter
            </Button>
          </MenuTrigger>
          <MenuPopover>
            <MenuList>
              {offered.map(({ id, label }) => (
                <MenuItem key={id} onClick={() => setWanted(id)}>
                  {label}
                </MenuItem>
              ))}
            </MenuList>
          </MenuPopover>
        </Menu>
      )}
      {props.end && <div className={styles.end}>{props.end}</div>}
    </div>
  );
}

/** The columns a person wants to see of a grid, kept in this browser. `hiddenAtFirst` are left out until a person has chosen. */
export function useColumns<C extends { readonly id: string; readonly header: string }>(
  grid: string,
  columns: readonly C[],
  hiddenAtFirst: readonly string[] = [],
): { shown: readonly C[]; hidden: readonly string[]; chooser: ReactElement } {
  const { hiddenColumns } = usePreferences();
  const hidden = hiddenColumns[grid] ?? hiddenAtFirst;
  const shown = columns.filter((column) => !hidden.includes(column.id));
  const chooser = (
    <Menu
      positioning="below-end"
      checkedValues={{ columns: shown.map((column) => column.id) }}
      onCheckedValueChange={(_, { checkedItems }) => {
        if (checkedItems.length === 0) return;
        const left = columns.map((column) => column.id).filter((id) => !checkedItems.includes(id));
        setPreferences({ hiddenColumns: { ...hiddenColumns, [grid]: left } });
      }}
    >
      <MenuTrigger disableButtonEnhancement>
        <Button size="small" appearance="subtle" icon={<ColumnTripleRegular />}>
          Columns
        </Button>
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          {columns.map((column) => (
            <MenuItemCheckbox key={column.id} name="columns" value={column.id}>
              {column.header}
            </MenuItemCheckbox>
          ))}
        </MenuList>
      </MenuPopover>
    </Menu>
  );
  return { shown, hidden, chooser };
}
