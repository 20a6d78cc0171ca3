import { Field, makeStyles, Select, SpinButton, tokens } from '@fluentui/react-components';
import { interactiveDays, retentionMaxDays, type TableInfo, type TablePlan } from '@sallyport/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { ConfirmAction } from '../../shared/ConfirmAction.tsx';
import { bytes, count, plural } from '../../shared/numbers.ts';
import { RefusableButton, useRefusal } from '../../shared/Refusable.tsx';
import { ErrorState } from '../../shared/States.tsx';
import { useNotify } from '../../shared/toast.tsx';
import { retentionPreviewQuery } from './queries.ts';

/** Days in which ordinary queries find rows of the Auxiliary plan. */
const AUXILIARY_DAYS = 30;

const useStyles = makeStyles({
  form: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalS },
  days: { display: 'grid', gridTemplateColumns: '1fr 1fr', gap: tokens.spacingHorizontalM },
  note: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200 },
});

const isDays = (days: number | null, min: number, max: number): days is number =>
  days !== null && Number.isInteger(days) && days >= min && days <= max;

function Days(props: {
  label: string;
  value: number | null;
  problem: string | undefined;
  disabled: boolean;
  onChange: (days: number | null) => void;
}): ReactElement {
  return (
    <Field
      label={props.label}
      {...(props.problem === undefined ? {} : { validationState: 'error' as const, validationMessage: props.problem })}
    >
      <SpinButton
        min={1}
        max={retentionMaxDays}
        value={props.value}
        disabled={props.disabled}
        onChange={(_, data) => props.onChange(data.value ?? (data.displayValue ? Number(data.displayValue) : null))}
      />
    </Field>
  );
}

/** Plan, interactive and total time of a table. What a shorter time deletes is counted before it is done. */
export function RetentionForm({ table }: { table: TableInfo }): ReactElement {
  const styles = useStyles();
  const queries = useQueryClient();
  const notify = useNotify();
  const why = useRefusal('updateTable');
  const [plan, setPlan] = useState<TablePlan>(table.plan);
  const [interactive, setInteractive] = useState<number | null>(table.retentionInDays);
  const [total, setTotal] = useState<number | null>(table.totalRetentionInDays);
  const auxiliary = plan === 'Auxiliary';
  const goodTotal = isDays(total, 1, retentionMaxDays);
  const goodInteractive =
    auxiliary ||
    isDays(interactive, Math.min(interactiveDays.min, total ?? 1), Math.min(interactiveDays.max, total ?? 1));
  const changed =
    plan !== table.plan ||
    total !== table.totalRetentionInDays ||
    (!auxiliary && interactive !== table.retentionInDays);
  const shorter = goodTotal && total < table.totalRetentionInDays;
  const preview = useQuery({ ...retentionPreviewQuery(table.name, total ?? 1), enabled: shorter });
  const deletes = shorter ? (preview.data?.rows ?? 0) : 0;
  const change = useMutation({
    mutationFn: () =>
      client.updateTable({
        params: { name: table.name },
        body: {
          plan,
          totalRetentionInDays: total ?? table.totalRetentionInDays,
          ...(auxiliary || interactive === null ? {} : { retentionInDays: interactive }),
          ...(deletes > 0 ? { deleteRows: true } : {}),
        },
      }),
    onSuccess: async (next) => {
      await queries.invalidateQueries({ queryKey: ['tables'] });
      notify.done(`${table.name} is kept for ${plural(next.totalRetentionInDays, 'day')}`);
    },
  });
  const ready = goodTotal && goodInteractive && changed && !change.isPending && !(shorter && preview.isPending);
  return (
    <div className={styles.form}>
      <Field label="Plan">
        <Select
          value={plan}
          disabled={why !== undefined}
          onChange={(_, data) => setPlan(data.value === 'Auxiliary' ? 'Auxiliary' : 'Analytics')}
        >
          <option value="Analytics">Analytics</option>
          <option value="Auxiliary">Auxiliary: stored as cheaply as can be after a day</option>
        </Select>
      </Field>
      <div className={styles.days}>
        <Days
          label="Interactive, days"
          value={auxiliary ? AUXILIARY_DAYS : interactive}
          disabled={why !== undefined || auxiliary}
          problem={
            goodInteractive ? undefined : `${interactiveDays.min} to ${interactiveDays.max}, and not over the total`
          }
          onChange={setInteractive}
        />
        <Days
          label="Total, days"
          value={total}
          disabled={why !== undefined}
          problem={goodTotal ? undefined : `A whole number from 1 to ${count(retentionMaxDays)}`}
          onChange={setTotal}
        />
      </div>
      <span className={styles.note}>
        Days count from when a row arrived. After the interactive time ordinary queries and rules no longer find it, and
        it is stored more tightly; after the total it is deleted.
      </span>
      {preview.data && deletes === 0 && shorter && <span>This deletes no row.</span>}
      {preview.data && preview.data.heldRows > 0 && shorter && (
        <span>{plural(preview.data.heldRows, 'row')} under legal hold would stay.</span>
      )}
      {deletes > 0 ? (
        <ConfirmAction
          why={why}
          label="Save and delete"
          title={`Delete ${plural(deletes, 'row')} of ${table.name}?`}
          disabled={!ready}
          onConfirm={() => change.mutate()}
        >
          {plural(deletes, 'row')} ({bytes(preview.data?.bytesOnDisk ?? 0)} on disk) arrived more than{' '}
          {plural(total ?? 0, 'day')} ago. They are deleted, and cannot be brought back.
        </ConfirmAction>
      ) : (
        <RefusableButton why={why} disabled={!ready} onClick={() => change.mutate()}>
          Save
        </RefusableButton>
      )}
      {change.error && <ErrorState error={change.error} title="Retention was not changed" />}
    </div>
  );
}
