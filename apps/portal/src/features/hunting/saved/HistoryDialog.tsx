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
  Text,
  tokens,
} from '@fluentui/react-components';
import { HistoryRegular } from '@fluentui/react-icons';
import type { RunQuery } from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { useSettled } from '../../../shared/hooks.ts';
import { bytes, count } from '../../../shared/numbers.ts';
import { RelativeTime } from '../../../shared/RelativeTime.tsx';
import { EmptyState, ErrorState, Loading } from '../../../shared/States.tsx';
import { elide, visible } from '../../../shared/text.ts';
import { duration } from '../../../shared/time.ts';
import { historyQuery } from './queries.ts';

const REST_MS = 300;
const QUERY_SHOWN = 300;

const useStyles = makeStyles({
  surface: { maxWidth: '1000px', width: '92vw' },
  content: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM },
  list: { height: '56vh', overflowY: 'auto' },
  table: {
    width: '100%',
    borderCollapse: 'collapse',
    fontSize: tokens.fontSizeBase200,
    '& th': { textAlign: 'start', position: 'sticky', top: 0, backgroundColor: tokens.colorNeutralBackground1 },
    '& th, & td': {
      padding: `${tokens.spacingVerticalXS} ${tokens.spacingHorizontalS}`,
      verticalAlign: 'top',
      borderBottom: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke3}`,
    },
  },
  query: { fontFamily: tokens.fontFamilyMonospace, whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' },
  number: { textAlign: 'end', whiteSpace: 'nowrap', fontVariantNumeric: 'tabular-nums' },
  buttons: { whiteSpace: 'nowrap' },
});

/** One's own queries of the last 30 days, with what each took; each can be run again. */
export function HistoryDialog(props: {
  onRun: (query: string) => void;
  onOpen: (query: string) => void;
}): ReactElement {
  const styles = useStyles();
  const [open, setOpen] = useState(false);
  const [words, setWords] = useState('');
  const search = useSettled(words, REST_MS);
  const { data, error } = useQuery({ ...historyQuery(search), enabled: open });
  const act = (how: (query: string) => void, one: RunQuery) => (): void => {
    setOpen(false);
    how(one.query);
  };
  return (
    <Dialog open={open} onOpenChange={(_, change) => setOpen(change.open)}>
      <DialogTrigger disableButtonEnhancement>
        <Button size="small" appearance="subtle" icon={<HistoryRegular />}>
          History
        </Button>
      </DialogTrigger>
      <DialogSurface className={styles.surface}>
        <DialogBody>
          <DialogTitle>Your queries of the last 30 days</DialogTitle>
          <DialogContent className={styles.content}>
            <SearchBox
              placeholder="Words of the query"
              aria-label="Find in your queries"
              value={words}
              onChange={(_, change) => setWords(change.value)}
            />
            {error && <ErrorState error={error} title="No history" />}
            {!data && !error && <Loading rows={8} />}
            {data?.queries.length === 0 && (
              <EmptyState title="No query">A query that was just run is here within seconds.</EmptyState>
            )}
            {data && data.queries.length > 0 && (
              // The list scrolls: it must be reachable by keyboard.
              // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
              <div className={styles.list} role="region" aria-label="Queries" tabIndex={0}>
                <table className={styles.table}>
                  <thead>
                    <tr>
                      <th scope="col">When</th>
                      <th scope="col">Query</th>
                      <th scope="col" className={styles.number}>
                        Rows
                      </th>
                      <th scope="col" className={styles.number}>
                        Read
                      </th>
                      <th scope="col" className={styles.number}>
                        Time
                      </th>
                      <th scope="col" className={styles.number}>
                        Processor
                      </th>
                      <th scope="col">Actions</th>
                    </tr>
                  </thead>
                  <tbody>
                    {data.queries.map((one, index) => (
                      <tr key={index}>
                        <td>
                          <RelativeTime at={one.at} />
                        </td>
                        <td className={styles.query}>
                          {visible(elide(one.query, QUERY_SHOWN), { lines: true })}
                          {one.code !== 200 && <Text size={200}> (failed: {one.code})</Text>}
                        </td>
                        <td className={styles.number}>{count(one.rows)}</td>
                        <td className={styles.number}>{bytes(one.bytesRead)}</td>
                        <td className={styles.number}>{duration(one.elapsedMs / 1_000)}</td>
                        <td className={styles.number}>{one.cpuMs === null ? '' : duration(one.cpuMs / 1_000)}</td>
                        <td className={styles.buttons}>
                          <Button
                            size="small"
                            onClick={act(props.onRun, one)}
                            aria-label={`Run query ${index + 1} again`}
                          >
                            Run
                          </Button>{' '}
                          <Button size="small" onClick={act(props.onOpen, one)} aria-label={`Open query ${index + 1}`}>
                            Open
                          </Button>
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
            )}
          </DialogContent>
          <DialogActions>
            <DialogTrigger disableButtonEnhancement>
              <Button>Close</Button>
            </DialogTrigger>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
