import { Field, Input } from '@fluentui/react-components';
import { caseIncidentsMax, type IncidentChange, type IncidentSummary } from '@sallyport/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { FormDialog } from '../../shared/FormDialog.tsx';
import { plural } from '../../shared/numbers.ts';
import { byComma } from '../../shared/text.ts';
import { useNotify } from '../../shared/toast.tsx';
import { CloseDialog, OwnerDialog } from './ChangeControls.tsx';

export type BulkQuestion = 'assign' | 'close' | 'labels' | 'case';

export interface BulkActions {
  readonly busy: boolean;
  readonly change: (incidents: readonly IncidentSummary[], change: IncidentChange) => void;
  readonly ask: (question: BulkQuestion, incidents: readonly IncidentSummary[]) => void;
  /** Where the questions are asked. */
  readonly dialogs: ReactElement;
}

/** As many as the server changes in one call. */
const BULK_MAX = 500;

function TextDialog(props: {
  title: string;
  label: string;
  hint?: string;
  /** What stands there at first. */
  given?: string;
  mayBeEmpty?: boolean;
  button: string;
  onCancel: () => void;
  onDone: (text: string) => void;
}): ReactElement {
  const [text, setText] = useState(props.given ?? '');
  return (
    <FormDialog
      title={props.title}
      submit={props.button}
      ready={props.mayBeEmpty === true || text.trim() !== ''}
      onSubmit={() => props.onDone(text.trim())}
      onClose={props.onCancel}
    >
      <Field label={props.label} {...(props.hint === undefined ? {} : { hint: props.hint })}>
        <Input value={text} maxLength={300} onChange={(_, data) => setText(data.value)} />
      </Field>
    </FormDialog>
  );
}

/** Changes of several incidents at once: what was not changed is told, with why. `onDone` is called when the server has answered. */
export function useBulk(onDone: () => void): BulkActions {
  const queries = useQueryClient();
  const notify = useNotify();
  const navigate = useNavigate();
  const [asking, setAsking] = useState<{ question: BulkQuestion; incidents: readonly IncidentSummary[] }>();
  const renew = (): void => {
    void queries.invalidateQueries({ queryKey: ['incidents'] });
    void queries.invalidateQueries({ queryKey: ['incident'] });
    onDone();
  };
  const mutation = useMutation({
    mutationFn: async ({ numbers, change }: { numbers: number[]; change: IncidentChange }) => {
      const failures: { number: number; message: string }[] = [];
      for (let at = 0; at < numbers.length; at += BULK_MAX)
        failures.push(
          ...(await client.updateIncidents({ body: { numbers: numbers.slice(at, at + BULK_MAX), change } })).failures,
        );
      return failures;
    },
    onSuccess: (failures, { numbers }) => {
      const [first] = failures;
      if (!first) notify.done(`${plural(numbers.length, 'incident')} changed`);
      else
        notify.failed(
          `${failures.length} of ${plural(numbers.length, 'incident')} not changed`,
          new Error(`incident ${first.number}: ${first.message}`),
        );
      renew();
    },
    onError: (error) => notify.failed('Nothing more was changed', error),
  });
  const open = useMutation({
    mutationFn: ({ title, incidents }: { title: string; incidents: number[] }) =>
      client.createCase({ body: { title, incidents } }),
    onSuccess: ({ number }) => {
      void queries.invalidateQueries({ queryKey: ['cases'] });
      renew();
      void navigate({ to: '/cases/$number', params: { number: String(number) } });
    },
    onError: (error) => notify.failed('The case was not opened', error),
  });
  const numbersOf = (incidents: readonly IncidentSummary[]): number[] => incidents.map(({ number }) => number);
  const change: BulkActions['change'] = (incidents, body) => {
    setAsking(undefined);
    mutation.mutate({ numbers: numbersOf(incidents), change: body });
  };
  const incidents = asking?.incidents ?? [];
  const [only] = incidents;
  const what = incidents.length === 1 && only ? `incident ${only.number}` : plural(incidents.length, 'incident');
  const cancel = (): void => setAsking(undefined);
  return {
    busy: mutation.isPending || open.isPending,
    change,
    ask: (question, about) => setAsking({ question, incidents: about }),
    dialogs: (
      <>
        {asking?.question === 'close' && (
          <CloseDialog what={what} onCancel={cancel} onClose={(body) => change(incidents, body)} />
        )}
        {asking?.question === 'assign' && (
          <OwnerDialog what={what} onCancel={cancel} onAssign={(owner) => change(incidents, { owner })} />
        )}
        {asking?.question === 'labels' && (
          <TextDialog
            title={`Labels of ${what}`}
            label="Labels"
            given={(only?.labels ?? [])
              .filter((label) => incidents.every(({ labels }) => labels.includes(label)))
              .join(', ')}
            mayBeEmpty
            hint="Joined by commas; they take the place of those that are there"
            button="Set"
            onCancel={cancel}
            onDone={(text) =>
              change(incidents, {
                labels: byComma(text).map((label) => label.slice(0, 64)),
              })
            }
          />
        )}
        {asking?.question === 'case' && (
          <TextDialog
            title={`New case with ${what}`}
            label="Title"
            button="Open the case"
            onCancel={cancel}
            onDone={(title) => {
              setAsking(undefined);
              open.mutate({ title, incidents: numbersOf(incidents).slice(0, caseIncidentsMax) });
            }}
          />
        )}
      </>
    ),
  };
}
