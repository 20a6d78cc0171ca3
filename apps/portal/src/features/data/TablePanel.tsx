import { Button } from '@fluentui/react-components';
import { SearchSquareRegular } from '@fluentui/react-icons';
import type { TableInfo } from '@sallyport/contracts';
import { useNavigate } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { encodeFragment } from '../../shared/address.ts';
import { Facts } from '../../shared/Facts.tsx';
import { bytes, count, plural } from '../../shared/numbers.ts';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { Section } from '../../shared/Section.tsx';
import { SidePanel } from '../../shared/SidePanel.tsx';
import { Status } from '../../shared/Status.tsx';
import { PolicyForm } from './PolicyForm.tsx';
import { RetentionForm } from './RetentionForm.tsx';

type Tier = TableInfo['longTerm'];

/** `1,204 rows, 2 MiB: 3.1 B a row, 12 % of its plain size`. */
function tier({ rows, bytesOnDisk, bytesUncompressed }: Tier): string {
  if (rows === 0) return 'No rows';
  const share =
    bytesUncompressed > 0 ? `, ${count(Math.round((100 * bytesOnDisk) / bytesUncompressed))} % of its plain size` : '';
  return `${plural(rows, 'row')}, ${bytes(bytesOnDisk)}: ${count(Number((bytesOnDisk / rows).toFixed(1)))} B a row${share}`;
}

/** What recompression saved, by what rows of the table take that are not recompressed; undefined while there is nothing to compare. */
function saved({ longTerm, interactive }: TableInfo): string | undefined {
  if (longTerm.rows === 0 || interactive.rows === 0) return undefined;
  const would = longTerm.bytesUncompressed * (interactive.bytesOnDisk / interactive.bytesUncompressed);
  return would > longTerm.bytesOnDisk ? `About ${bytes(would - longTerm.bytesOnDisk)}` : undefined;
}

/** A table: what it holds and takes, and how its rows are kept. */
export function TablePanel({ table, onClose }: { table: TableInfo; onClose: () => void }): ReactElement {
  const navigate = useNavigate();
  return (
    <SidePanel
      label="Table"
      title={table.name}
      onClose={onClose}
      footer={
        <Button
          appearance="primary"
          icon={<SearchSquareRegular />}
          onClick={() =>
            void navigate({
              to: '/hunting',
              search: { range: 'all' },
              hash: `query=${encodeFragment(`${table.name}\n| take 100`)}`,
            })
          }
        >
          See its rows
        </Button>
      }
    >
      <Facts
        facts={[
          ['Kind', table.custom ? 'Custom' : 'Built in'],
          ['Columns', count(table.columns)],
          ['Rows', count(table.rows)],
          ['Last day', plural(table.rowsLastDay, 'row')],
          ['Interactive', tier(table.interactive)],
          ['Long-term', tier(table.longTerm)],
          ['Saved by it', saved(table)],
          ['First row', <RelativeTime key="f" at={table.firstRowAt} form="exact" />],
          ['Last row', <RelativeTime key="l" at={table.lastRowAt} form="exact" />],
          [
            'Legal hold',
            table.held ? (
              <Status key="h" tone="waiting">
                Rows are held
              </Status>
            ) : undefined,
          ],
        ]}
      />
      <Section title="Retention">
        <RetentionForm
          key={`${table.name} ${table.plan} ${table.retentionInDays} ${table.totalRetentionInDays}`}
          table={table}
        />
      </Section>
      <Section title="What is stored">
        <PolicyForm key={table.name} table={table} />
      </Section>
    </SidePanel>
  );
}
