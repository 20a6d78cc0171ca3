import { makeStyles, tokens } from '@fluentui/react-components';
import { queryOptions, useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { encodeFragment } from '../../shared/address.ts';
import { client } from '../../shared/api.ts';
import { Bars } from '../../shared/Bars.tsx';
import { count, plural, short } from '../../shared/numbers.ts';
import { EmptyState } from '../../shared/States.tsx';
import { InlineLink, TextLink } from '../../shared/TextLink.tsx';
import { Tile, TileNumber } from '../../shared/Tile.tsx';
import { tablesQuery } from '../data/queries.ts';
import { arrivingOf, arrivingQuery, arrivingTables } from './arriving.ts';

const POLL_MS = 60_000;

const useStyles = makeStyles({
  table: {
    display: 'grid',
    gridTemplateColumns: 'minmax(0, 1.2fr) minmax(0, 2fr) max-content',
    columnGap: tokens.spacingHorizontalM,
    rowGap: tokens.spacingVerticalSNudge,
    alignItems: 'center',
  },
  name: { overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' },
  number: { textAlign: 'end', fontVariantNumeric: 'tabular-nums' },
});

const arriving = (tables: readonly string[]) =>
  queryOptions({
    queryKey: ['arriving', tables],
    queryFn: async ({ signal }) => {
      const result = await client.runQuery({ signal, body: { query: arrivingQuery(tables), maxRows: 1_000 } });
      return arrivingOf(result, tables, new Date());
    },
    enabled: tables.length > 0,
    refetchInterval: POLL_MS,
    staleTime: POLL_MS,
  });

/** Is data arriving? Rows of the last day by table and hour. */
export function DataTile(): ReactElement {
  const styles = useStyles();
  const tables = useQuery(tablesQuery);
  const names = arrivingTables(tables.data?.tables ?? [], new Date(tables.dataUpdatedAt));
  const lines = useQuery(arriving(names));
  const silent = tables.data !== undefined && names.length === 0;
  const total = lines.data?.reduce((sum, line) => sum + line.rows, 0) ?? 0;
  return (
    <Tile
      title="Is data arriving?"
      link={<TextLink to="/data">All tables</TextLink>}
      query={{
        isPending: !silent && lines.isPending,
        error: tables.error ?? lines.error,
        refetch: () => void tables.refetch().then(() => lines.refetch()),
      }}
    >
      {silent ? (
        <EmptyState title={tables.data.tables.length === 0 ? 'No data yet' : 'Nothing in the last day'}>
          <InlineLink to="/data" search={{ tab: 'upload' }}>
            Upload a log
          </InlineLink>
          , send one to the Logs Ingestion API, or look at{' '}
          <InlineLink to="/data" search={{ tab: 'sources' }}>
            the sources
          </InlineLink>
          .
        </EmptyState>
      ) : (
        <>
          <TileNumber value={short(total)} caption={`rows in the last day, into ${plural(names.length, 'table')}`} />
          <div className={styles.table}>
            {lines.data?.map((line) => (
              <div key={line.table} style={{ display: 'contents' }}>
                <TextLink
                  className={styles.name}
                  to="/hunting"
                  search={{ range: '24h' }}
                  hash={`query=${encodeFragment(`${line.table}\n| take 100`)}`}
                >
                  {line.table}
                </TextLink>
                <Bars values={line.hours} label={`Rows of ${line.table} in each of the last 24 hours`} />
                <span className={styles.number} title={plural(line.rows, 'row')}>
                  {line.rows < 10_000 ? count(line.rows) : short(line.rows)}
                </span>
              </div>
            ))}
          </div>
        </>
      )}
    </Tile>
  );
}
