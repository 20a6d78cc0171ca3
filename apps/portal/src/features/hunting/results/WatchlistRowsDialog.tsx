import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Field,
  makeStyles,
  Select,
  Text,
  tokens,
} from '@fluentui/react-components';
import type { Cell, Column } from '@sallyport/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client } from '../../../shared/api.ts';
import { plural } from '../../../shared/numbers.ts';
import { ErrorState } from '../../../shared/States.tsx';
import { visible } from '../../../shared/text.ts';
import { useNotify } from '../../../shared/toast.tsx';
import { watchlistsQuery } from '../../watchlists/queries.ts';

const useStyles = makeStyles({ content: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM } });

/** Adds values of a column to a watchlist, each once; columns that both have go along. */
export function WatchlistRowsDialog(props: {
  columns: readonly Column[];
  rows: readonly (readonly Cell[])[];
  onClose: () => void;
}): ReactElement {
  const styles = useStyles();
  const notify = useNotify();
  const queries = useQueryClient();
  const { columns, rows } = props;
  const { data, error } = useQuery(watchlistsQuery);
  const [alias, setAlias] = useState('');
  const [column, setColumn] = useState(0);
  const list = data?.watchlists.find((one) => one.alias === alias);
  const items = new Map<string, Record<string, string>>();
  if (list)
    for (const row of rows) {
      const key = row[column] ?? null;
      if (key === null || key === '') continue;
      const others = columns.flatMap(({ name }, index): [string, string][] => {
        const cell = row[index] ?? null;
        return cell !== null && list.columns.includes(name) ? [[name, String(cell)]] : [];
      });
      items.set(String(key), { ...Object.fromEntries(others), [list.itemsSearchKey]: String(key) });
    }
  const add = useMutation({
    mutationFn: () =>
      client.changeWatchlistItems({ params: { alias }, body: { add: [...items.values()], change: [], remove: [] } }),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['watchlists'] });
      notify.done(`${plural(items.size, 'item')} added to ${visible(list?.name ?? alias)}`);
      props.onClose();
    },
  });
  return (
    <Dialog open onOpenChange={() => props.onClose()}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>Add to a watchlist: {plural(rows.length, 'row')}</DialogTitle>
          <DialogContent className={styles.content}>
            {error && <ErrorState error={error} title="No watchlists" />}
            <Field label="Watchlist">
              <Select value={alias} onChange={(_, { value }) => setAlias(value)}>
                <option value="">Choose one</option>
                {(data?.watchlists ?? []).map((one) => (
                  <option key={one.alias} value={one.alias}>
                    {visible(one.name)}
                  </option>
                ))}
              </Select>
            </Field>
            <Field label={`Column that is its search key${list ? ` ${visible(list.itemsSearchKey)}` : ''}`}>
              <Select value={String(column)} onChange={(_, { value }) => setColumn(Number(value))}>
                {columns.map(({ name }, index) => (
                  <option key={name} value={index}>
                    {name}
                  </option>
                ))}
              </Select>
            </Field>
            {list && <Text size={200}>{plural(items.size, 'item')}: each value once, empty ones left out.</Text>}
            {add.error && <ErrorState error={add.error} title="Nothing was added" />}
          </DialogContent>
          <DialogActions>
            <Button onClick={props.onClose}>Cancel</Button>
            <Button
              appearance="primary"
              disabled={!list || items.size === 0 || add.isPending}
              onClick={() => add.mutate()}
            >
              Add
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
