import type { Rule } from '@sallyport/contracts';
import type { ReactElement } from 'react';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { bytes, count } from '../../shared/numbers.ts';
import { EmptyState } from '../../shared/States.tsx';
import { cpuText } from './cost.ts';

type Day = Rule['costs'][number];

const columns: readonly GridColumn<Day>[] = [
  { id: 'day', header: 'Day (UTC)', min: 120, grow: 1, cell: ({ day }) => day },
  { id: 'cpu', header: 'Processor time', min: 132, align: 'end', cell: ({ cpuSeconds }) => cpuText(cpuSeconds) },
  { id: 'rows', header: 'Rows read', min: 132, align: 'end', cell: ({ rowsRead }) => count(rowsRead) },
  { id: 'bytes', header: 'Bytes read', min: 112, align: 'end', cell: ({ bytesRead }) => bytes(bytesRead) },
];

/** What a rule took in the engine, day by day: its runs, sweeps over what was uploaded, looks at rows as they arrive. */
export const RuleCosts = ({ rule }: { rule: Rule }): ReactElement => (
  <Grid
    label="Cost by day"
    rows={rule.costs}
    columns={columns}
    rowId={({ day }) => day}
    empty={<EmptyState title="Nothing counted yet">What a rule takes is noted within a minute of its run.</EmptyState>}
  />
);
