import { Field, Input, makeStyles, Textarea, tokens } from '@fluentui/react-components';
import { AddRegular, LockClosedRegular } from '@fluentui/react-icons';
import type { LegalHold } from '@sallyport/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { ConfirmAction } from '../../shared/ConfirmAction.tsx';
import { FormDialog } from '../../shared/FormDialog.tsx';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { RefusableButton, useRefusal } from '../../shared/Refusable.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { Status } from '../../shared/Status.tsx';
import { visible } from '../../shared/text.ts';
import { useNotify } from '../../shared/toast.tsx';
import { legalHoldsQuery } from './queries.ts';

const useStyles = makeStyles({
  bar: { display: 'flex', justifyContent: 'flex-end', paddingBottom: tokens.spacingVerticalS },
  code: { fontFamily: tokens.fontFamilyMonospace },
});

function Lift({ hold }: { hold: LegalHold }): ReactElement | null {
  const queries = useQueryClient();
  const notify = useNotify();
  const why = useRefusal('liftLegalHold', 'createLegalHold');
  const [reason, setReason] = useState('');
  const lift = useMutation({
    mutationFn: () =>
      client.liftLegalHold({ params: { id: hold.id }, body: { reason: reason.trim() || 'no reason given' } }),
    onSuccess: async () => {
      for (const key of ['legalHolds', 'tables']) await queries.invalidateQueries({ queryKey: [key] });
      notify.done(`The hold ${visible(hold.name)} is lifted`);
    },
  });
  if (!hold.active) return null;
  return (
    <ConfirmAction
      label="Lift"
      title={`Lift the hold “${visible(hold.name)}”?`}
      why={why}
      disabled={lift.isPending}
      onConfirm={() => lift.mutate()}
    >
      Rows that are past their retention are then deleted, and cannot be brought back.
      <Field label="Why">
        <Input value={reason} maxLength={2_000} onChange={(_, data) => setReason(data.value)} />
      </Field>
    </ConfirmAction>
  );
}

const columns: readonly GridColumn<LegalHold>[] = [
  { id: 'name', header: 'Hold', min: 160, grow: 1, cell: (hold) => visible(hold.name) },
  {
    id: 'state',
    header: 'State',
    min: 104,
    cell: (hold) =>
      hold.active ? (
        <Status tone="waiting">In force</Status>
      ) : (
        <Status tone="off">{hold.liftedAt ? 'Lifted' : 'Ended'}</Status>
      ),
  },
  {
    id: 'tables',
    header: 'Rows',
    min: 240,
    grow: 2,
    cell: (hold) =>
      `${hold.tables.includes('*') ? 'Every table' : visible(hold.tables.join(', '))}${hold.filter === null ? '' : ` where ${visible(hold.filter)}`}`,
  },
  { id: 'reason', header: 'Reason', min: 160, grow: 2, drop: 1, cell: (hold) => visible(hold.reason) },
  { id: 'by', header: 'By', min: 160, drop: 2, cell: (hold) => visible(hold.createdBy) },
  { id: 'at', header: 'Since', min: 104, cell: (hold) => <RelativeTime at={hold.createdAt} /> },
  {
    id: 'until',
    header: 'Until',
    min: 112,
    drop: 3,
    cell: (hold) => <RelativeTime at={hold.liftedAt ?? hold.until} />,
  },
  { id: 'lift', header: '', min: 72, cell: (hold) => <Lift hold={hold} /> },
];

function HoldDialog({ onClose }: { onClose: () => void }): ReactElement {
  const styles = useStyles();
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const [reason, setReason] = useState('');
  const [tables, setTables] = useState('*');
  const [filter, setFilter] = useState('');
  const create = useMutation({
    mutationFn: () =>
      client.createLegalHold({
        body: {
          name: name.trim(),
          reason: reason.trim(),
          tables: tables.split(/[\s,]+/).filter((one) => one !== ''),
          ...(filter.trim() === '' ? {} : { filter: filter.trim() }),
        },
      }),
    onSuccess: async () => {
      for (const key of ['legalHolds', 'tables']) await queries.invalidateQueries({ queryKey: [key] });
      onClose();
    },
  });
  return (
    <FormDialog
      title="New legal hold"
      submit="Hold"
      ready={name.trim() !== '' && reason.trim() !== '' && tables.trim() !== ''}
      busy={create.isPending}
      error={create.error}
      failed="Nothing is held"
      onSubmit={() => create.mutate()}
      onClose={onClose}
    >
      <Field label="Name" required>
        <Input value={name} maxLength={128} onChange={(_, data) => setName(data.value)} />
      </Field>
      <Field label="Reason" required hint="Kept with the hold, and in the audit log">
        <Textarea value={reason} maxLength={2_000} onChange={(_, data) => setReason(data.value)} />
      </Field>
      <Field label="Tables" required hint="Names with commas between, or * for every table">
        <Input className={styles.code} value={tables} onChange={(_, data) => setTables(data.value)} />
      </Field>
      <Field label="Rows where" hint="KQL, as behind where; needs tables by name. Empty: every row">
        <Textarea className={styles.code} value={filter} onChange={(_, data) => setFilter(data.value)} />
      </Field>
    </FormDialog>
  );
}

/** Rows that nothing may delete, and since when. */
export function HoldsTab(): ReactElement {
  const styles = useStyles();
  const why = useRefusal('liftLegalHold', 'createLegalHold');
  const [writing, setWriting] = useState(false);
  const { data, error, refetch } = useQuery(legalHoldsQuery);
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <Loading rows={6} label="Loading legal holds" />;
  return (
    <>
      <div className={styles.bar}>
        <RefusableButton
          appearance="primary"
          size="small"
          icon={<AddRegular />}
          why={why}
          onClick={() => setWriting(true)}
        >
          New hold
        </RefusableButton>
        {writing && <HoldDialog onClose={() => setWriting(false)} />}
      </div>
      <Grid
        label="Legal holds"
        rows={data.holds}
        columns={columns}
        rowId={(hold) => hold.id}
        empty={
          <EmptyState icon={<LockClosedRegular />} title="Nothing is held">
            A hold keeps rows from every deletion until it is lifted.
          </EmptyState>
        }
      />
    </>
  );
}
