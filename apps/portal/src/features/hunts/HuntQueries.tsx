import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  makeStyles,
  SearchBox,
  Select,
  Text,
  tokens,
} from '@fluentui/react-components';
import { AddRegular, PlayRegular } from '@fluentui/react-icons';
import type { Hunt, HuntQuery } from '@sallyport/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import { encodeFragment } from '../../shared/address.ts';
import { client } from '../../shared/api.ts';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { count } from '../../shared/numbers.ts';
import { RefusableButton, useRefusal } from '../../shared/Refusable.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { EmptyState, ErrorState } from '../../shared/States.tsx';
import { Status } from '../../shared/Status.tsx';
import { visible, words } from '../../shared/text.ts';
import { useNotify } from '../../shared/toast.tsx';
import { savedQueriesQuery, shippedQueriesQuery } from '../hunting/saved/queries.ts';

const SHOWN_MAX = 100;
const daysChoices = [1, 7, 30, 90] as const;

const useStyles = makeStyles({
  root: { display: 'flex', flexDirection: 'column', flexGrow: 1, minHeight: 0, gap: tokens.spacingVerticalS },
  bar: { display: 'flex', alignItems: 'center', gap: tokens.spacingHorizontalS },
  list: { height: '48vh', overflowY: 'auto', listStyleType: 'none', margin: 0, padding: 0 },
  item: {
    display: 'flex',
    justifyContent: 'space-between',
    gap: tokens.spacingHorizontalS,
    padding: tokens.spacingVerticalXS,
  },
  content: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalS },
});

function AddDialog({ hunt, onClose }: { hunt: Hunt; onClose: () => void }): ReactElement {
  const styles = useStyles();
  const queries = useQueryClient();
  const [needle, setNeedle] = useState('');
  const saved = useQuery(savedQueriesQuery);
  const shipped = useQuery(shippedQueriesQuery);
  const add = useMutation({
    mutationFn: (one: { name: string; query: string; tactics: readonly string[]; techniques: readonly string[] }) =>
      client.addHuntQueries({
        params: { id: hunt.id },
        body: {
          queries: [{ name: one.name, query: one.query, tactics: [...one.tactics], techniques: [...one.techniques] }],
        },
      }),
    onSuccess: (made) => queries.setQueryData(['hunts', hunt.id], made),
  });
  const all = [
    ...(saved.data?.queries ?? []).filter((one) => one.functionName === null),
    ...(shipped.data?.queries ?? []),
  ].filter((one) =>
    `${one.name} ${one.query} ${one.techniques.join(' ')}`.toLowerCase().includes(needle.toLowerCase()),
  );
  const has = new Set(hunt.queries.map(({ query }) => query));
  return (
    <Dialog open onOpenChange={() => onClose()}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>Add queries</DialogTitle>
          <DialogContent className={styles.content}>
            <SearchBox
              aria-label="Find queries"
              placeholder="Words, a table, a technique"
              value={needle}
              onChange={(_, data) => setNeedle(data.value)}
            />
            {add.error && <ErrorState error={add.error} title="It was not added" />}
            <ul className={styles.list} aria-label="Queries">
              {all.slice(0, SHOWN_MAX).map((one) => (
                <li key={one.id} className={styles.item}>
                  <Text>{visible(one.name)}</Text>
                  <Button
                    size="small"
                    disabled={has.has(one.query) || add.isPending}
                    onClick={() => add.mutate(one)}
                    aria-label={`Add ${visible(one.name)}`}
                  >
                    {has.has(one.query) ? 'Added' : 'Add'}
                  </Button>
                </li>
              ))}
            </ul>
          </DialogContent>
          <DialogActions>
            <Button onClick={onClose}>Close</Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}

function LastRun({ run }: { run: HuntQuery['lastRun'] }): ReactElement | null {
  if (!run) return <Text size={200}>Not run yet</Text>;
  if (run.error !== null)
    return (
      <span title={visible(run.error)}>
        <Status tone="bad">Failed</Status>
      </span>
    );
  return <Status tone={run.rows === 0 ? 'off' : 'good'}>{`${count(run.rows ?? 0)}${run.more ? '+' : ''} rows`}</Status>;
}

/** A hunt's queries: each is run over the last days, and tells how many rows it gave. */
export function HuntQueries({ hunt }: { hunt: Hunt }): ReactElement {
  const styles = useStyles();
  const navigate = useNavigate();
  const notify = useNotify();
  const queries = useQueryClient();
  const why = useRefusal('addHuntQueries', 'runHuntQuery', 'removeHuntQuery');
  const [adding, setAdding] = useState(false);
  const [days, setDays] = useState<number>(7);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [running, setRunning] = useState<string>();
  const refresh = (): void => void queries.invalidateQueries({ queryKey: ['hunts', hunt.id] });
  const run = useMutation({
    mutationFn: async (all: readonly HuntQuery[]) => {
      // One after the other: the engine is others', too.
      for (const one of all) {
        setRunning(one.name);
        await client.runHuntQuery({ params: { id: hunt.id, queryId: one.id }, body: { days } });
        refresh();
      }
    },
    onSettled: () => setRunning(undefined),
    onError: (error) => notify.failed('A query was not run', error),
  });
  const remove = useMutation({
    mutationFn: async (all: readonly HuntQuery[]) => {
      for (const one of all) await client.removeHuntQuery({ params: { id: hunt.id, queryId: one.id } });
    },
    onSettled: () => {
      setChosen(new Set());
      refresh();
    },
    onError: (error) => notify.failed('A query was not removed', error),
  });
  const selected = hunt.queries.filter(({ id }) => chosen.has(id));
  const columns: readonly GridColumn<HuntQuery>[] = [
    { id: 'name', header: 'Query', min: 220, grow: 3, cell: ({ name }) => visible(name) },
    { id: 'result', header: 'Result', min: 128, cell: ({ lastRun }) => <LastRun run={lastRun} /> },
    {
      id: 'at',
      header: 'Run',
      min: 112,
      cell: ({ lastRun }) => lastRun && <RelativeTime at={lastRun.at} />,
    },
    { id: 'days', header: 'Over', min: 88, drop: 2, cell: ({ lastRun }) => lastRun && `${lastRun.days} d` },
    {
      id: 'tactics',
      header: 'Tactics',
      min: 160,
      grow: 1,
      drop: 3,
      cell: ({ tactics }) => tactics.map(words).join(', '),
    },
  ];
  return (
    <div className={styles.root}>
      {adding && <AddDialog hunt={hunt} onClose={() => setAdding(false)} />}
      <div className={styles.bar}>
        <RefusableButton why={why} size="small" icon={<AddRegular />} onClick={() => setAdding(true)}>
          Add queries
        </RefusableButton>
        <RefusableButton
          why={why}
          size="small"
          icon={<PlayRegular />}
          disabled={run.isPending || hunt.queries.length === 0}
          onClick={() => run.mutate(selected.length > 0 ? selected : hunt.queries)}
        >
          {selected.length > 0 ? `Run ${selected.length}` : 'Run all'}
        </RefusableButton>
        <Select
          size="small"
          aria-label="Over how many days"
          value={String(days)}
          onChange={(_, data) => setDays(Number(data.value))}
        >
          {daysChoices.map((one) => (
            <option key={one} value={one}>
              {one === 1 ? 'The last day' : `The last ${one} days`}
            </option>
          ))}
        </Select>
        {selected.length > 0 && (
          <RefusableButton why={why} size="small" disabled={remove.isPending} onClick={() => remove.mutate(selected)}>
            Take out {selected.length}
          </RefusableButton>
        )}
        <Text size={200} role="status">
          {running === undefined ? '' : `Running ${visible(running)}`}
        </Text>
      </div>
      <Grid
        label="Queries"
        rows={hunt.queries}
        columns={columns}
        rowId={({ id }) => id}
        onOpen={({ query }) =>
          void navigate({ to: '/hunting', search: { range: `${days}d` }, hash: `query=${encodeFragment(query)}` })
        }
        selected={chosen}
        onSelect={setChosen}
        empty={<EmptyState title="No queries">Add those that would show the hypothesis to be so.</EmptyState>}
      />
    </div>
  );
}
