import { Field, Input, makeStyles, tokens } from '@fluentui/react-components';
import type { CaseDetail, IncidentSummary } from '@sallyport/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { RefusableButton, useRefusal } from '../../shared/Refusable.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { Severity } from '../../shared/Severity.tsx';
import { EmptyState } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import { useNotify } from '../../shared/toast.tsx';
import { IncidentStatusLabel, Owner } from '../incidents/IncidentState.tsx';
import { caseQuery } from './queries.ts';

const useStyles = makeStyles({
  root: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalS, flexGrow: 1, minHeight: 0 },
  form: { display: 'flex', alignItems: 'flex-end', gap: tokens.spacingHorizontalS },
});

/** Numbers out of what was typed: `12, #15 17`. */
export const numbersIn = (text: string): number[] => [
  ...new Set([...text.matchAll(/\d{1,9}/g)].map(([digits]) => Number(digits)).filter((number) => number > 0)),
];

export function LinkedIncidents({ of }: { of: CaseDetail }): ReactElement {
  const styles = useStyles();
  const why = useRefusal('linkCaseIncidents', 'unlinkCaseIncident');
  const navigate = useNavigate();
  const queries = useQueryClient();
  const notify = useNotify();
  const { number } = of;
  const [text, setText] = useState('');
  const keep = (changed: CaseDetail): void => {
    queries.setQueryData(caseQuery(number).queryKey, changed);
    void queries.invalidateQueries({ queryKey: ['cases'] });
  };
  const link = useMutation({
    mutationFn: (numbers: number[]) => client.linkCaseIncidents({ params: { number }, body: { numbers } }),
    onSuccess: (changed) => {
      keep(changed);
      setText('');
    },
    onError: (error) => notify.failed('Nothing was linked', error),
  });
  const unlink = useMutation({
    mutationFn: (incident: number) => client.unlinkCaseIncident({ params: { number, incident } }),
    onSuccess: (changed, incident) => {
      keep(changed);
      notify.done(`Incident ${incident} is unlinked`, () => link.mutate([incident]));
    },
    onError: (error) => notify.failed('Nothing was unlinked', error),
  });
  const columns: readonly GridColumn<IncidentSummary>[] = [
    { id: 'number', header: 'No.', min: 56, cell: (row) => row.number },
    { id: 'severity', header: 'Severity', min: 132, cell: (row) => <Severity severity={row.severity} /> },
    { id: 'title', header: 'Incident', min: 240, grow: 4, cell: (row) => visible(row.title) },
    { id: 'status', header: 'Status', min: 92, cell: (row) => <IncidentStatusLabel status={row.status} /> },
    { id: 'owner', header: 'Owner', min: 112, grow: 1, drop: 1, cell: (row) => <Owner owner={row.owner} /> },
    { id: 'at', header: 'Last activity', min: 112, drop: 2, cell: (row) => <RelativeTime at={row.lastActivityAt} /> },
    {
      id: 'unlink',
      header: '',
      min: 88,
      align: 'end',
      cell: (row) => (
        <RefusableButton
          why={why}
          size="small"
          appearance="subtle"
          aria-label={`Unlink incident ${row.number}`}
          disabled={unlink.isPending}
          onClick={(event) => {
            event.stopPropagation();
            unlink.mutate(row.number);
          }}
        >
          Unlink
        </RefusableButton>
      ),
    },
  ];
  const numbers = numbersIn(text);
  return (
    <div className={styles.root}>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          if (numbers.length > 0) link.mutate(numbers);
        }}
      >
        <Field label="Link incidents by number">
          <Input
            disabled={why !== undefined}
            value={text}
            placeholder="12, 15"
            onChange={(_, data) => setText(data.value)}
          />
        </Field>
        <RefusableButton why={why} type="submit" disabled={numbers.length === 0 || link.isPending}>
          Link
        </RefusableButton>
      </form>
      <Grid
        label="Linked incidents"
        rows={of.incidents}
        columns={columns}
        rowId={(row) => String(row.number)}
        onOpen={(row) => void navigate({ to: '/incidents/$number', params: { number: String(row.number) } })}
        empty={<EmptyState title="No incident is linked">Link those that belong to this investigation.</EmptyState>}
      />
    </div>
  );
}
