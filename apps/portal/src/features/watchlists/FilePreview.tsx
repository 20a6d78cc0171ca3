import { Field, makeStyles, MessageBar, MessageBarBody, Select, tokens } from '@fluentui/react-components';
import type { WatchlistPreview, WatchlistProblem } from '@sallyport/contracts';
import type { ReactElement } from 'react';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { plural } from '../../shared/numbers.ts';
import { QueryTable } from '../../shared/table/QueryTable.tsx';
import { visible } from '../../shared/text.ts';

const useStyles = makeStyles({
  root: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalS },
  table: { display: 'flex', height: '220px', minHeight: 0 },
  problems: { display: 'flex', height: '150px', minHeight: 0 },
});

const problemColumns: readonly GridColumn<WatchlistProblem>[] = [
  { id: 'line', header: 'Line', min: 72, align: 'end', cell: ({ line }) => line },
  { id: 'message', header: 'Why it is no item', min: 300, grow: 1, cell: ({ message }) => visible(message) },
];

/** Lines that are no item. */
export function Problems({ problems }: { problems: readonly WatchlistProblem[] }): ReactElement {
  const styles = useStyles();
  return (
    <div className={styles.problems}>
      <Grid
        label="Lines that are no item"
        rows={problems}
        columns={problemColumns}
        rowId={({ line, message }) => `${line} ${message}`}
      />
    </div>
  );
}

/** What a file would bring, and by which of its columns its items are found. */
export function FilePreview(props: {
  preview: WatchlistPreview;
  whole: boolean;
  searchKey: string;
  onSearchKey: (column: string) => void;
}): ReactElement {
  const styles = useStyles();
  const { preview, searchKey } = props;
  return (
    <div className={styles.root}>
      <Field label="Search key" required hint="The column that queries join by: it becomes SearchKey">
        <Select value={searchKey} onChange={(_, { value }) => props.onSearchKey(value)}>
          {preview.columns.map((name) => (
            <option key={name} value={name}>
              {visible(name)}
            </option>
          ))}
        </Select>
      </Field>
      <MessageBar intent={preview.faulty > 0 ? 'warning' : 'info'} layout="multiline">
        <MessageBarBody>
          {props.whole ? '' : 'In the first 2 MB: '}
          {plural(preview.items, 'item')}, {plural(preview.columns.length, 'column')}
          {preview.faulty > 0 && `; ${plural(preview.faulty, 'line')} without an item`}
          {preview.repeatedKeys > 0 && `; ${plural(preview.repeatedKeys, 'item')} with a search key that came before`}
        </MessageBarBody>
      </MessageBar>
      <div className={styles.table}>
        <QueryTable
          label="The first items"
          columns={preview.columns.map((name) => ({ name: visible(name), type: 'string' }))}
          rows={preview.rows}
        />
      </div>
      {preview.problems.length > 0 && <Problems problems={preview.problems} />}
    </div>
  );
}
