import { Button, Field, Input, makeStyles, SpinButton, Textarea, tokens } from '@fluentui/react-components';
import type { IngestPolicy, Saving, TableInfo } from '@sallyport/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { bytes, count, plural } from '../../shared/numbers.ts';
import { RefusableButton, useRefusal } from '../../shared/Refusable.tsx';
import { ErrorState, Loading } from '../../shared/States.tsx';
import { useNotify } from '../../shared/toast.tsx';
import { tablePolicyQuery } from './queries.ts';

const useStyles = makeStyles({
  form: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalS },
  pair: { display: 'grid', gridTemplateColumns: '1fr 2fr', gap: tokens.spacingHorizontalM, alignItems: 'start' },
  buttons: { display: 'flex', gap: tokens.spacingHorizontalS },
  code: { fontFamily: tokens.fontFamilyMonospace },
  list: { margin: 0, paddingLeft: tokens.spacingHorizontalL },
});

const reasons = { filter: 'by the filter', sample: 'not in the sample', duplicate: 'stored already' } as const;

function Savings({ savings, none }: { savings: readonly Saving[]; none: string }): ReactElement {
  const styles = useStyles();
  if (savings.length === 0) return <span>{none}</span>;
  return (
    <ul className={styles.list}>
      {savings.map(({ reason, rows, bytes: size }) => (
        <li key={reason}>
          {plural(rows, 'row')} {reasons[reason]} ({bytes(size)} before compression)
        </li>
      ))}
    </ul>
  );
}

const names = (text: string): string[] =>
  text
    .split(/[\s,]+/)
    .map((name) => name.trim())
    .filter((name) => name !== '');

interface Draft {
  readonly filter: string;
  readonly oneIn: number | null;
  readonly sampleBy: string;
  readonly hours: number | null;
  readonly dedupeBy: string;
}

const draftOf = ({ filter, sample, dedupe }: IngestPolicy): Draft => ({
  filter: filter ?? '',
  oneIn: sample?.oneIn ?? 1,
  sampleBy: sample?.by.join(', ') ?? '',
  hours: dedupe?.withinHours ?? 24,
  dedupeBy: dedupe?.by.join(', ') ?? '',
});

function policyOf({ filter, oneIn, sampleBy, hours, dedupeBy }: Draft): IngestPolicy {
  const [sample, dedupe] = [names(sampleBy), names(dedupeBy)];
  return {
    ...(filter.trim() === '' ? {} : { filter: filter.trim() }),
    ...(oneIn !== null && oneIn > 1 && sample.length > 0 ? { sample: { oneIn, by: sample } } : {}),
    ...(hours !== null && dedupe.length > 0 ? { dedupe: { by: dedupe, withinHours: hours } } : {}),
  };
}

function Form({ table, policy }: { table: TableInfo; policy: IngestPolicy }): ReactElement {
  const styles = useStyles();
  const queries = useQueryClient();
  const notify = useNotify();
  const why = useRefusal('setTablePolicy');
  const [draft, setDraft] = useState(() => draftOf(policy));
  const set = (change: Partial<Draft>): void => {
    setDraft((before) => ({ ...before, ...change }));
    preview.reset();
  };
  const params = { name: table.name };
  const next = policyOf(draft);
  const preview = useMutation({ mutationFn: () => client.previewTablePolicy({ params, body: next }) });
  const save = useMutation({
    mutationFn: () => client.setTablePolicy({ params, body: next }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['tables'] });
      notify.done(`What ${table.name} stores has changed`);
    },
  });
  const number = (text: string | undefined): number | null => (text ? Number(text) : null);
  return (
    <div className={styles.form}>
      <Field label="Keep rows where" hint="KQL, as behind where. Empty: every row">
        <Textarea
          className={styles.code}
          value={draft.filter}
          disabled={why !== undefined}
          resize="vertical"
          placeholder={'not(DeviceAction == "allow" and DestinationPort == 53)'}
          onChange={(_, data) => set({ filter: data.value })}
        />
      </Field>
      <div className={styles.pair}>
        <Field label="Keep one in">
          <SpinButton
            min={1}
            max={10_000}
            value={draft.oneIn}
            disabled={why !== undefined}
            onChange={(_, data) => set({ oneIn: data.value ?? number(data.displayValue) })}
          />
        </Field>
        <Field label="Of the values of" hint="Columns; rows with the same values stay together">
          <Input
            className={styles.code}
            value={draft.sampleBy}
            disabled={why !== undefined}
            onChange={(_, data) => set({ sampleBy: data.value })}
          />
        </Field>
      </div>
      <div className={styles.pair}>
        <Field label="Within, hours">
          <SpinButton
            min={1}
            max={720}
            value={draft.hours}
            disabled={why !== undefined}
            onChange={(_, data) => set({ hours: data.value ?? number(data.displayValue) })}
          />
        </Field>
        <Field label="Store once by" hint="Columns of the event’s id. Empty: repeats are stored">
          <Input
            className={styles.code}
            value={draft.dedupeBy}
            disabled={why !== undefined}
            onChange={(_, data) => set({ dedupeBy: data.value })}
          />
        </Field>
      </div>
      <div className={styles.buttons}>
        <Button disabled={preview.isPending} onClick={() => preview.mutate()}>
          Show the saving
        </Button>
        <RefusableButton
          why={why}
          disabled={save.isPending || JSON.stringify(next) === JSON.stringify(policyOf(draftOf(policy)))}
          onClick={() => save.mutate()}
        >
          Save
        </RefusableButton>
      </div>
      {preview.data && (
        <div role="status">
          Of {plural(preview.data.rows, 'row')} of the last day it would have left out:
          <Savings savings={preview.data.dropped} none=" none." />
          {preview.data.bytesOnDiskSaved > 0 &&
            `That is about ${bytes(preview.data.bytesOnDiskSaved)} of ${bytes(preview.data.bytesOnDisk)} on disk a day.`}
        </div>
      )}
      {preview.error && <ErrorState error={preview.error} title="This can’t be counted" />}
      {save.error && <ErrorState error={save.error} title="Nothing was changed" />}
    </div>
  );
}

/** What of a table's rows is stored: filter, sample, no repeats, with what each saves. */
export function PolicyForm({ table }: { table: TableInfo }): ReactElement {
  const styles = useStyles();
  const { data, error } = useQuery(tablePolicyQuery(table.name));
  if (error) return <ErrorState error={error} />;
  if (!data) return <Loading rows={3} label="Loading what is stored" />;
  const month = data.savedLastMonth.reduce((sum, { rows }) => sum + rows, 0);
  return (
    <div className={styles.form}>
      {data.savedLastDay.length > 0 && <span>Left out in the last day:</span>}
      <Savings savings={data.savedLastDay} none="Nothing was left out in the last day." />
      {month > 0 && <span>{count(month)} rows were left out in the last 30 days.</span>}
      <Form key={JSON.stringify(data.policy)} table={table} policy={data.policy} />
    </div>
  );
}
