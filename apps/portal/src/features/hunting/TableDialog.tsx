import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Link,
  makeStyles,
  Text,
  tokens,
} from '@fluentui/react-components';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { ErrorState, Loading } from '../../shared/States.tsx';
import { QueryTable } from '../../shared/table/QueryTable.tsx';
import { Tabs } from '../../shared/Tabs.tsx';
import { visible } from '../../shared/text.ts';

const FRESH_MS = 60_000;

const useStyles = makeStyles({
  surface: { maxWidth: '1000px', width: '92vw' },
  content: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalS },
  body: { height: '50vh', display: 'flex', flexDirection: 'column', overflowY: 'auto' },
  table: {
    borderCollapse: 'collapse',
    fontSize: tokens.fontSizeBase200,
    '& th, & td': {
      textAlign: 'start',
      padding: `${tokens.spacingVerticalXXS} ${tokens.spacingHorizontalS}`,
      borderBottom: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke3}`,
    },
  },
  query: {
    display: 'flex',
    justifyContent: 'space-between',
    gap: tokens.spacingHorizontalS,
    padding: tokens.spacingVerticalXS,
  },
});

type Tab = 'columns' | 'sample' | 'queries';

/** A table as one who has not used it wants it shown: what it holds, its columns, its newest rows, and queries that read it. */
export function TableDialog(props: {
  name: string;
  onOpen: (query: string) => void;
  onClose: () => void;
}): ReactElement {
  const styles = useStyles();
  const [tab, setTab] = useState<Tab>('columns');
  const { data, error } = useQuery({
    queryKey: ['table-sample', props.name],
    queryFn: ({ signal }) => client.sampleTable({ signal, params: { table: props.name } }),
    staleTime: FRESH_MS,
  });
  const open = (query: string): void => {
    props.onClose();
    props.onOpen(query);
  };
  return (
    <Dialog open onOpenChange={() => props.onClose()}>
      <DialogSurface className={styles.surface}>
        <DialogBody>
          <DialogTitle>{props.name}</DialogTitle>
          <DialogContent className={styles.content}>
            {error && <ErrorState error={error} title="Nothing is known of it" />}
            {!data && !error && <Loading rows={8} />}
            {data && (
              <>
                {data.description !== '' && <Text>{visible(data.description)}</Text>}
                {data.reference !== null && (
                  <Link href={data.reference} target="_blank" rel="noreferrer">
                    Microsoft’s page of this table (learn.microsoft.com)
                  </Link>
                )}
                <Tabs<Tab>
                  value={tab}
                  onChange={setTab}
                  tabs={[
                    { id: 'columns', label: 'Columns', count: data.columns.length },
                    { id: 'sample', label: 'Newest rows', count: data.sample.rows.length },
                    { id: 'queries', label: 'Queries', count: data.queries.length },
                  ]}
                />
                {/* The body scrolls: it must be reachable by keyboard. */}
                {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
                <div className={styles.body} role="region" aria-label={tab} tabIndex={0}>
                  {tab === 'columns' && (
                    <table className={styles.table}>
                      <thead>
                        <tr>
                          <th scope="col">Column</th>
                          <th scope="col">Type</th>
                          <th scope="col">What it holds</th>
                        </tr>
                      </thead>
                      <tbody>
                        {data.columns.map((column) => (
                          <tr key={column.name}>
                            <td>{column.name}</td>
                            <td>{column.type}</td>
                            <td>{visible(column.description)}</td>
                          </tr>
                        ))}
                      </tbody>
                    </table>
                  )}
                  {tab === 'sample' &&
                    (data.sample.rows.length === 0 ? (
                      <Text>No row of the last 30 days.</Text>
                    ) : (
                      <QueryTable label="Newest rows" columns={data.sample.columns} rows={data.sample.rows} />
                    ))}
                  {tab === 'queries' &&
                    [
                      { name: 'Its newest rows', query: `${props.name}\n| top 100 by TimeGenerated desc` },
                      ...data.queries,
                    ].map((one) => (
                      <div key={one.name} className={styles.query}>
                        <Text>{visible(one.name)}</Text>
                        <Button size="small" onClick={() => open(one.query)} aria-label={`Open ${visible(one.name)}`}>
                          Open
                        </Button>
                      </div>
                    ))}
                </div>
              </>
            )}
          </DialogContent>
          <DialogActions>
            <Button onClick={props.onClose}>Close</Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
