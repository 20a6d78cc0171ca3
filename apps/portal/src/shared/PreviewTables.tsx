import { makeStyles, MessageBar, MessageBarBody, Text, tokens } from '@fluentui/react-components';
import { CheckmarkCircleRegular, DocumentDismissRegular } from '@fluentui/react-icons';
import type { StreamPreview } from '@sallyport/contracts';
import { useMemo, useState, type ReactElement } from 'react';
import { Mono } from './Copyable.tsx';
import { Grid, type GridColumn } from './Grid.tsx';
import { count, plural } from './numbers.ts';
import { QueryTable } from './table/QueryTable.tsx';
import { EmptyState } from './States.tsx';
import { Tabs } from './Tabs.tsx';
import { visible } from './text.ts';

const useStyles = makeStyles({
  root: { display: 'flex', flexDirection: 'column', flexGrow: 1, minHeight: 0, gap: tokens.spacingVerticalXS },
  note: { color: tokens.colorNeutralForeground3 },
});

type Table = StreamPreview['tables'][number];
type Refused = StreamPreview['refused'][number];

/** A table without the columns that no row has anything in, and the number of the record in front. */
function filled({ columns, rows, records }: Table): Pick<Table, 'columns' | 'rows'> & { left: number } {
  const shown = columns.map((_, i) => i).filter((i) => rows.some((row) => row[i] !== null && row[i] !== ''));
  return {
    columns: [{ name: 'Record', type: 'int' }, ...shown.map((i) => columns[i]!)],
    rows: rows.map((row, r) => {
      const record = records[r];
      return [record === null || record === undefined ? null : record + 1, ...shown.map((i) => row[i] ?? null)];
    }),
    left: columns.length - shown.length,
  };
}

const refusedColumns: readonly GridColumn<Refused>[] = [
  { id: 'record', header: 'Record', min: 80, align: 'end', cell: (line) => count(line.record + 1) },
  { id: 'reason', header: 'Why', min: 240, grow: 1, cell: (line) => visible(line.reason) },
  { id: 'text', header: 'As it came', min: 240, grow: 3, cell: (line) => <Mono text={line.text.slice(0, 300)} /> },
];

const refusedTab = 'refused:';

/** What a stream makes of some records: the rows of each table as they would be stored, and what is refused. Nothing of it is stored. */
export function PreviewTables({ preview }: { preview: StreamPreview }): ReactElement {
  const styles = useStyles();
  const [chosen, setChosen] = useState<string>();
  const tabs = [
    ...preview.tables.map(({ table, rows }, i) => ({ id: `${i} ${table}`, label: table, count: rows.length })),
    ...(preview.refused.length > 0 ? [{ id: refusedTab, label: 'Refused', count: preview.refused.length }] : []),
  ];
  const tab = tabs.find(({ id }) => id === chosen)?.id ?? tabs[0]?.id;
  const table = preview.tables[tabs.findIndex(({ id }) => id === tab)];
  const shown = useMemo(() => (table === undefined ? undefined : filled(table)), [table]);
  return (
    <div className={styles.root}>
      {preview.failures.map(({ table: name, message }) => (
        <MessageBar key={`${name} ${message}`} intent="error" layout="multiline">
          <MessageBarBody>{visible(name === '' ? message : `${name}: ${message}`)}</MessageBarBody>
        </MessageBar>
      ))}
      {tab === undefined && preview.failures.length === 0 && (
        <EmptyState icon={<DocumentDismissRegular />} title={preview.records === 0 ? 'No records' : 'No rows'}>
          {preview.records === 0
            ? 'There is nothing to read yet.'
            : 'The records are accepted, and no flow makes a row of them.'}
        </EmptyState>
      )}
      {tab !== undefined && <Tabs tabs={tabs} value={tab} onChange={setChosen} />}
      {tab === refusedTab && (
        <Grid
          label="Refused records"
          rows={preview.refused}
          columns={refusedColumns}
          rowId={(line) => String(line.record)}
          empty={<EmptyState icon={<CheckmarkCircleRegular />} title="Every record is accepted" />}
        />
      )}
      {table && shown && (
        <>
          <QueryTable key={tab} label={`Rows of ${table.table}`} columns={shown.columns} rows={shown.rows} />
          {shown.left > 0 && (
            <Text size={200} className={styles.note}>
              {plural(shown.left, 'empty column')} not shown
            </Text>
          )}
        </>
      )}
    </div>
  );
}
