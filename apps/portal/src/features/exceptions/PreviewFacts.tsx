import { makeStyles, MessageBar, MessageBarBody, MessageBarTitle, tokens } from '@fluentui/react-components';
import type { ExceptionPreview } from '@sallyport/contracts';
import type { ReactElement } from 'react';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { count, plural } from '../../shared/numbers.ts';
import { QueryTable } from '../../shared/table/QueryTable.tsx';
import { visible } from '../../shared/text.ts';

const useStyles = makeStyles({
  root: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalS },
  table: { display: 'flex', height: '180px', minHeight: 0 },
});

type Row = ExceptionPreview['rules'][number];
const columns: readonly GridColumn<Row>[] = [
  { id: 'name', header: 'Rule', min: 240, grow: 1, cell: ({ name }) => visible(name) },
  { id: 'alerts', header: 'Alerts', min: 88, align: 'end', cell: ({ alerts }) => count(alerts) },
  { id: 'out', header: 'Left out', min: 96, align: 'end', cell: ({ alertsLeftOut }) => count(alertsLeftOut) },
  { id: 'rows', header: 'Rows left out', min: 120, align: 'end', cell: ({ rowsLeftOut }) => count(rowsLeftOut) },
];

/** Rows of a sample, as a table of what any of them has. */
export function SampleTable({ sample, label }: { sample: ExceptionPreview['sample']; label: string }): ReactElement {
  const styles = useStyles();
  const names = [...new Set(sample.flatMap((row) => Object.keys(row)))];
  return (
    <div className={styles.table}>
      <QueryTable
        label={label}
        columns={names.map((name) => ({ name: visible(name), type: 'string' }))}
        rows={sample.map((row) => names.map((name) => row[name] ?? ''))}
      />
    </div>
  );
}

/** What an exception would have left out. */
export function PreviewFacts({ preview }: { preview: ExceptionPreview }): ReactElement {
  const styles = useStyles();
  const { alerts, alertsLeftOut, rowsLeftOut, trueAlertsLeftOut, appliesNot } = preview;
  return (
    <div className={styles.root}>
      <MessageBar intent={trueAlertsLeftOut > 0 ? 'warning' : 'info'} layout="multiline">
        <MessageBarBody>
          <MessageBarTitle>
            {count(alertsLeftOut)} of {plural(alerts, 'alert')} of the last {preview.days} days would not have been
            raised
          </MessageBarTitle>
          {plural(rowsLeftOut, 'row')} left out.
          {trueAlertsLeftOut > 0 &&
            ` ${plural(trueAlertsLeftOut, 'alert')} of these stood in an incident that was closed as a true positive.`}
          {appliesNot.length > 0 &&
            ` ${plural(appliesNot.length, 'rule')} with alerts can’t be asked it: ${visible(appliesNot[0]?.name ?? '')} (${visible(appliesNot[0]?.why ?? '')})${appliesNot.length > 1 ? ' and others' : ''}.`}
          {preview.partial !== null && ` ${visible(preview.partial)}.`}
        </MessageBarBody>
      </MessageBar>
      {preview.rules.length > 1 && (
        <div className={styles.table}>
          <Grid label="By rule" rows={preview.rules} columns={columns} rowId={({ id }) => id} />
        </div>
      )}
      {preview.sample.length > 0 && <SampleTable sample={preview.sample} label="Some of the rows left out" />}
    </div>
  );
}
