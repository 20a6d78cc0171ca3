import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  DialogTrigger,
  makeStyles,
  SearchBox,
  Select,
  Text,
  tokens,
} from '@fluentui/react-components';
import { LibraryRegular } from '@fluentui/react-icons';
import type { HuntingQuery } from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { plural } from '../../shared/numbers.ts';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';

const FRESH_MS = 300_000;

const useStyles = makeStyles({
  surface: { maxWidth: '860px', width: '92vw' },
  content: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM },
  filters: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalS, alignItems: 'center' },
  list: {
    listStyleType: 'none',
    margin: 0,
    padding: 0,
    height: '52vh',
    overflowY: 'auto',
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalS,
  },
  item: {
    display: 'flex',
    gap: tokens.spacingHorizontalM,
    alignItems: 'flex-start',
    justifyContent: 'space-between',
    padding: tokens.spacingVerticalS,
    border: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
  },
  words: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalXXS, minWidth: 0 },
  dim: { color: tokens.colorNeutralForeground3 },
});

/** `CredentialAccess` as people read it: `Credential access`. */
const spelled = (tactic: string): string => {
  const words = tactic.replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
};

/** The hunting queries that ship, by tactic and words; one of them can be run. */
export function QueriesDialog(props: { onRun: (query: string) => void }): ReactElement {
  const styles = useStyles();
  const [open, setOpen] = useState(false);
  const [words, setWords] = useState('');
  const [tactic, setTactic] = useState('');
  const answer = useQuery({
    queryKey: ['hunting-queries'],
    queryFn: ({ signal }) => client.listHuntingQueries({ signal }),
    enabled: open,
    staleTime: FRESH_MS,
  });
  const all = answer.data?.queries ?? [];
  const needle = words.trim().toLowerCase();
  const shown = all.filter(
    (one) =>
      (tactic === '' || one.tactics.includes(tactic)) &&
      `${one.name} ${one.description} ${one.techniques.join(' ')} ${one.query}`.toLowerCase().includes(needle),
  );
  const run = (query: HuntingQuery): void => {
    setOpen(false);
    props.onRun(query.query);
  };
  return (
    <Dialog open={open} onOpenChange={(_, data) => setOpen(data.open)}>
      <DialogTrigger disableButtonEnhancement>
        <Button size="small" appearance="subtle" icon={<LibraryRegular />}>
          Queries
        </Button>
      </DialogTrigger>
      <DialogSurface className={styles.surface}>
        <DialogBody>
          <DialogTitle>Hunting queries</DialogTitle>
          <DialogContent className={styles.content}>
            <div className={styles.filters}>
              <SearchBox
                placeholder="Words, a table, a technique"
                aria-label="Find queries"
                value={words}
                onChange={(_, data) => setWords(data.value)}
              />
              <Select aria-label="Tactic" value={tactic} onChange={(_, data) => setTactic(data.value)}>
                <option value="">All tactics</option>
                {[...new Set(all.flatMap(({ tactics }) => tactics))].toSorted().map((one) => (
                  <option key={one} value={one}>
                    {spelled(one)}
                  </option>
                ))}
              </Select>
              <Text size={200} className={styles.dim} role="status">
                {plural(shown.length, 'query', 'queries')}
              </Text>
            </div>
            {answer.error && <ErrorState error={answer.error} title="No queries" />}
            {answer.isPending && <Loading rows={8} />}
            {answer.data && shown.length === 0 && <EmptyState title="No query fits" />}
            <ul className={styles.list} aria-label="Queries">
              {shown.map((one) => (
                <li key={one.id} className={styles.item}>
                  <div className={styles.words}>
                    <Text weight="semibold">{one.name}</Text>
                    <Text size={200}>{one.description}</Text>
                    <Text size={200} className={styles.dim}>
                      {[...one.tactics.map(spelled), ...one.techniques].join(' · ')}
                    </Text>
                  </div>
                  <Button size="small" onClick={() => run(one)} aria-label={`Run ${one.name}`}>
                    Run
                  </Button>
                </li>
              ))}
            </ul>
          </DialogContent>
          <DialogActions>
            <DialogTrigger disableButtonEnhancement>
              <Button appearance="secondary">Close</Button>
            </DialogTrigger>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
