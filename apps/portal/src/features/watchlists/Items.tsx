import { Button, Input, makeStyles, tokens } from '@fluentui/react-components';
import { AddRegular, CheckmarkRegular, DeleteRegular, DismissRegular, EditRegular } from '@fluentui/react-icons';
import type { Watchlist, WatchlistItem } from '@sallyport/contracts';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type KeyboardEvent, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { FilterBar, FilterSearch } from '../../shared/FilterBar.tsx';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { plural } from '../../shared/numbers.ts';
import { RefusableButton, useRefusal } from '../../shared/Refusable.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import { useNotify } from '../../shared/toast.tsx';
import { watchlistItemsQuery } from './queries.ts';

const useStyles = makeStyles({
  input: { width: '100%', minWidth: 0 },
  actions: { display: 'flex', gap: tokens.spacingHorizontalXXS },
  more: { paddingTop: tokens.spacingVerticalS },
});

/** The row that is not there yet. */
const NEW = 'new';
type Values = Readonly<Record<string, string>>;
type Change = { add?: Values[]; change?: { id: string; values: Values }[]; remove?: string[] };

/** The items of a list, changed where they stand. */
export function Items({ list }: { list: Watchlist }): ReactElement {
  const styles = useStyles();
  const notify = useNotify();
  const queries = useQueryClient();
  const why = useRefusal('changeWatchlistItems');
  const [search, setSearch] = useState<string>();
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [editing, setEditing] = useState<{ readonly id: string; readonly values: Values }>();
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(
    watchlistItemsQuery(list.alias, search),
  );
  const change = useMutation({
    mutationFn: (body: Change) => client.changeWatchlistItems({ params: { alias: list.alias }, body }),
    onSuccess: async () => {
      setEditing(undefined);
      setSelected(new Set());
      await queries.invalidateQueries({ queryKey: ['watchlist', list.alias] });
      void queries.invalidateQueries({ queryKey: ['watchlists'] });
    },
    onError: (failure) => notify.failed('Nothing was changed', failure),
  });
  const removed = (items: readonly WatchlistItem[]): void =>
    change.mutate(
      { remove: items.map(({ id }) => id) },
      {
        onSuccess: () =>
          notify.done(`${plural(items.length, 'item')} removed`, () =>
            change.mutate({ add: items.map(({ values }) => values) }),
          ),
      },
    );
  const save = (): void => {
    if (!editing) return;
    const { id, values } = editing;
    change.mutate(id === NEW ? { add: [values] } : { change: [{ id, values }] });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Enter') save();
    if (event.key === 'Escape') setEditing(undefined);
  };
  const found = data?.pages.flatMap(({ items }) => items) ?? [];
  const empty = { id: NEW, searchKey: '', values: {}, updatedAt: list.updatedAt };
  const rows = editing?.id === NEW ? [empty, ...found] : found;
  const columns: GridColumn<WatchlistItem>[] = list.columns.map((name) => ({
    id: `column ${name}`,
    header: visible(name),
    min: 140,
    grow: name === list.itemsSearchKey ? 2 : 1,
    cell: (item) =>
      editing?.id === item.id ? (
        <Input
          size="small"
          className={styles.input}
          aria-label={visible(name)}
          value={editing.values[name] ?? ''}
          onKeyDown={onKeyDown}
          onChange={(_, { value }) => setEditing({ id: item.id, values: { ...editing.values, [name]: value } })}
        />
      ) : (
        visible(item.values[name] ?? '')
      ),
  }));
  columns.push({
    id: 'actions',
    header: '',
    min: 84,
    cell: (item) => {
      const named = visible(item.searchKey);
      return editing?.id === item.id ? (
        <span className={styles.actions}>
          <RefusableButton
            why={why}
            size="small"
            appearance="primary"
            icon={<CheckmarkRegular />}
            aria-label="Save the item"
            disabled={change.isPending}
            onClick={save}
          />
          <Button
            size="small"
            appearance="subtle"
            icon={<DismissRegular />}
            aria-label="Leave it as it was"
            onClick={() => setEditing(undefined)}
          />
        </span>
      ) : (
        <span className={styles.actions}>
          <RefusableButton
            why={why}
            size="small"
            appearance="subtle"
            icon={<EditRegular />}
            aria-label={`Change ${named}`}
            onClick={() => setEditing({ id: item.id, values: item.values })}
          />
          <RefusableButton
            why={why}
            size="small"
            appearance="subtle"
            icon={<DeleteRegular />}
            aria-label={`Remove ${named}`}
            disabled={change.isPending}
            onClick={() => removed([item])}
          />
        </span>
      );
    },
  });
  return (
    <>
      <FilterBar
        filters={[]}
        search={<FilterSearch value={search} placeholder="A text in an item" onChange={setSearch} />}
        end={
          <>
            {selected.size > 0 && (
              <RefusableButton
                why={why}
                size="small"
                icon={<DeleteRegular />}
                disabled={change.isPending}
                onClick={() => removed(found.filter(({ id }) => selected.has(id)))}
              >
                Remove {plural(selected.size, 'item')}
              </RefusableButton>
            )}
            <RefusableButton
              why={why}
              size="small"
              icon={<AddRegular />}
              onClick={() => setEditing({ id: NEW, values: {} })}
            >
              Add item
            </RefusableButton>
          </>
        }
      />
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading rows={8} label="Loading items" />}
      {data && (
        <Grid
          label="Items"
          rows={rows}
          columns={columns}
          rowId={({ id }) => id}
          selected={selected}
          onSelect={setSelected}
          empty={
            <EmptyState title={search ? 'No item has this text' : 'No items'}>
              {search ? undefined : 'Bring a file, or add items one by one.'}
            </EmptyState>
          }
        />
      )}
      {hasNextPage && (
        <div className={styles.more}>
          <Button size="small" disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            Show more
          </Button>
        </div>
      )}
    </>
  );
}
