import { Button, Field, Input, makeStyles, Select, Textarea, tokens } from '@fluentui/react-components';
import { AddRegular, DeleteRegular } from '@fluentui/react-icons';
import { dataSources, type AssignmentScope } from '@sallyport/contracts';
import type { ReactElement } from 'react';
import { ChooseSeveral } from '../../shared/choices.tsx';
import { FieldPair } from '../../shared/FormDialog.tsx';
import { useWorkspaces } from '../../shared/workspaces.ts';
import { linesOf } from './scope.ts';

const useStyles = makeStyles({
  row: { display: 'flex', gap: tokens.spacingHorizontalS, alignItems: 'flex-end' },
  where: { flexGrow: 1 },
});

/** All of a kind, also those to come; or these, one a line. */
function AllOrLines(props: {
  label: string;
  hint: string;
  value: 'all' | readonly string[];
  onChange: (value: 'all' | string[]) => void;
}): ReactElement {
  const { label, value, onChange } = props;
  return (
    <Field label={label} hint={value === 'all' ? 'Also those that are yet to come' : props.hint}>
      <Select
        aria-label={label}
        value={value === 'all' ? 'all' : 'these'}
        onChange={(_, data) => onChange(data.value === 'all' ? 'all' : [])}
      >
        <option value="all">All</option>
        <option value="these">These</option>
      </Select>
      {value !== 'all' && (
        <Textarea
          aria-label={`${label}, one a line`}
          resize="vertical"
          defaultValue={value.join('\n')}
          onChange={(_, data) => onChange(linesOf(data.value))}
        />
      )}
    </Field>
  );
}

/** What an assignment reaches. */
export function ScopeFields({
  scope,
  onChange,
}: {
  scope: AssignmentScope;
  onChange: (scope: AssignmentScope) => void;
}): ReactElement {
  const styles = useStyles();
  const workspaces = useWorkspaces();
  const change = (part: Partial<AssignmentScope>): void => onChange({ ...scope, ...part });
  const listed = <T extends string>(part: 'all' | readonly T[]): readonly T[] => (part === 'all' ? [] : part);
  return (
    <>
      <FieldPair>
        <ChooseSeveral
          label="Data sources"
          none="All, also those that are yet to come"
          options={dataSources}
          values={listed(scope.dataSources)}
          onChange={(values) => change({ dataSources: values.length === 0 ? 'all' : values })}
        />
        <ChooseSeveral
          label="Workspaces"
          none="All, also those that are yet to come"
          options={workspaces.all.map(({ id }) => id)}
          labelOf={(id) => workspaces.nameOf(id)}
          values={listed(scope.workspaces)}
          onChange={(values) => change({ workspaces: values.length === 0 ? 'all' : values })}
        />
      </FieldPair>
      <FieldPair>
        <AllOrLines
          label="Device groups"
          hint="Names, one a line. Rows that are of no device are within reach."
          value={scope.deviceGroups}
          onChange={(deviceGroups) => change({ deviceGroups })}
        />
        <AllOrLines
          label="Tables"
          hint="Names, one a line"
          value={scope.tables}
          onChange={(tables) => change({ tables })}
        />
      </FieldPair>
      {scope.rows.map(({ table, where }, at) => {
        const set = (row: { table: string; where: string }): void => change({ rows: scope.rows.with(at, row) });
        return (
          // Rows have no name but their place.
          <div key={at} className={styles.row}>
            <Field label="Of the table">
              <Input value={table} maxLength={128} onChange={(_, data) => set({ table: data.value, where })} />
            </Field>
            <Field label="only rows where (KQL)" className={styles.where}>
              <Input
                value={where}
                maxLength={10_000}
                placeholder={'Department == "Sales"'}
                onChange={(_, data) => set({ table, where: data.value })}
              />
            </Field>
            <Button
              icon={<DeleteRegular />}
              aria-label={`Remove the condition on ${table === '' ? 'a table' : table}`}
              onClick={() => change({ rows: scope.rows.toSpliced(at, 1) })}
            />
          </div>
        );
      })}
      <div>
        <Button
          size="small"
          icon={<AddRegular />}
          onClick={() => change({ rows: [...scope.rows, { table: '', where: '' }] })}
        >
          Condition on rows
        </Button>
      </div>
    </>
  );
}
