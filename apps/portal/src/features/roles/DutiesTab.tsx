import { Field, Input, Select } from '@fluentui/react-components';
import { AddRegular, PeopleSwapRegular } from '@fluentui/react-icons';
import { grantedPermissions, type DutyRule, type PermissionEntry } from '@sallyport/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { permissionLabel } from '../../shared/rights.ts';
import { client } from '../../shared/api.ts';
import { ConfirmAction } from '../../shared/ConfirmAction.tsx';
import { FilterBar } from '../../shared/FilterBar.tsx';
import { FieldPair, FormDialog } from '../../shared/FormDialog.tsx';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { RefusableButton, RefusableSwitch, useRefusal } from '../../shared/Refusable.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import { useNotify } from '../../shared/toast.tsx';
import { dutiesQuery, rolesKey } from './queries.ts';

const known = (entry: PermissionEntry) => grantedPermissions.find((one) => one === entry);
const entryLabel = (entry: PermissionEntry): string => {
  const one = known(entry);
  return one ? permissionLabel(one) : entry;
};

function EntryPicker(props: {
  label: string;
  value: PermissionEntry;
  onChange: (entry: PermissionEntry) => void;
}): ReactElement {
  return (
    <Field label={props.label} required>
      <Select
        value={props.value}
        onChange={(_, data) => {
          const chosen = grantedPermissions.find((one) => one === data.value);
          if (chosen) props.onChange(chosen);
        }}
      >
        {grantedPermissions.map((one) => (
          <option key={one} value={one}>
            {permissionLabel(one)}
          </option>
        ))}
      </Select>
    </Field>
  );
}

function DutyDialog({ onClose }: { onClose: () => void }): ReactElement {
  const queries = useQueryClient();
  const [displayName, setName] = useState('');
  const [first, setFirst] = useState<PermissionEntry>('detectionTuning.manage');
  const [second, setSecond] = useState<PermissionEntry>('response.manage');
  const [reason, setReason] = useState('');
  const save = useMutation({
    mutationFn: () =>
      client.saveDutyRule({
        params: { id: crypto.randomUUID() },
        body: { displayName: displayName.trim(), first, second, reason: reason.trim(), enabled: true },
      }),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: rolesKey });
      onClose();
    },
  });
  return (
    <FormDialog
      title="Keep two duties apart"
      submit="Save"
      ready={displayName.trim() !== '' && first !== second}
      busy={save.isPending}
      error={save.error}
      onSubmit={() => save.mutate()}
      onClose={onClose}
    >
      <Field label="Name" required>
        <Input value={displayName} maxLength={100} onChange={(_, data) => setName(data.value)} />
      </Field>
      <FieldPair>
        <EntryPicker label="Whoever holds" value={first} onChange={setFirst} />
        <EntryPicker label="must not hold" value={second} onChange={setSecond} />
      </FieldPair>
      <Field label="Why" hint="Shown to whoever is refused">
        <Input value={reason} maxLength={1_000} onChange={(_, data) => setReason(data.value)} />
      </Field>
    </FormDialog>
  );
}

/** What one person must not hold at once. */
export function DutiesTab(): ReactElement {
  const why = useRefusal('saveDutyRule', 'deleteDutyRule');
  const queries = useQueryClient();
  const notify = useNotify();
  const { data, error, refetch } = useQuery(dutiesQuery);
  const [making, setMaking] = useState(false);
  const done = (): void => void queries.invalidateQueries({ queryKey: rolesKey });
  const turn = useMutation({
    mutationFn: ({ id, displayName, first, second, reason, enabled }: DutyRule) =>
      client.saveDutyRule({ params: { id }, body: { displayName, first, second, reason, enabled: !enabled } }),
    onSuccess: ({ heldBy }) => {
      done();
      if (heldBy.length > 0)
        notify.done(`Held by one person already, and kept: ${heldBy.map((name) => visible(name)).join(', ')}`);
    },
    onError: (failure) => notify.failed('The pair is as it was', failure),
  });
  const remove = useMutation({
    mutationFn: ({ id }: DutyRule) => client.deleteDutyRule({ params: { id } }),
    onSuccess: done,
    onError: (failure) => notify.failed('The pair was not deleted', failure),
  });
  const columns: readonly GridColumn<DutyRule>[] = [
    {
      id: 'on',
      header: 'On',
      min: 72,
      cell: (rule) => (
        <RefusableSwitch
          why={why}
          aria-label={`Keep apart: ${rule.displayName}`}
          checked={rule.enabled}
          disabled={turn.isPending}
          onChange={() => turn.mutate(rule)}
        />
      ),
    },
    { id: 'name', header: 'Pair', min: 160, grow: 1, cell: ({ displayName }) => visible(displayName) },
    { id: 'first', header: 'Whoever holds', min: 180, grow: 1, cell: ({ first }) => entryLabel(first) },
    { id: 'second', header: 'must not hold', min: 180, grow: 1, cell: ({ second }) => entryLabel(second) },
    { id: 'why', header: 'Why', min: 200, grow: 2, drop: 1, cell: ({ reason }) => visible(reason) },
    {
      id: 'delete',
      header: '',
      min: 96,
      align: 'end',
      cell: (rule) =>
        !rule.builtIn && (
          <ConfirmAction
            why={why}
            label="Delete"
            title={`Delete ${visible(rule.displayName)}?`}
            disabled={remove.isPending}
            onConfirm={() => remove.mutate(rule)}
          >
            One person may then hold both.
          </ConfirmAction>
        ),
    },
  ];
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <Loading rows={4} label="Loading pairs" />;
  return (
    <>
      <FilterBar
        filters={[]}
        end={
          <RefusableButton size="small" icon={<AddRegular />} why={why} onClick={() => setMaking(true)}>
            New pair
          </RefusableButton>
        }
      />
      {making && <DutyDialog onClose={() => setMaking(false)} />}
      <Grid
        label="Duties kept apart"
        rows={data.rules}
        columns={columns}
        rowId={({ id }) => id}
        empty={
          <EmptyState icon={<PeopleSwapRegular />} title="No pairs">
            A pair of permissions that no one person may hold at once.
          </EmptyState>
        }
      />
    </>
  );
}
