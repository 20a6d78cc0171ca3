import { Field, Input, makeStyles, Select, tokens } from '@fluentui/react-components';
import { PinRegular } from '@fluentui/react-icons';
import { PinRequest, type Pin, type PinKind } from '@sallyport/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { ConfirmAction } from '../../shared/ConfirmAction.tsx';
import { FilterBar } from '../../shared/FilterBar.tsx';
import { FormDialog } from '../../shared/FormDialog.tsx';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { RefusableButton, useRefusal } from '../../shared/Refusable.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import { isTimeZone, TimeZoneInput } from '../../shared/TimeZoneInput.tsx';
import { useNotify } from '../../shared/toast.tsx';
import { WorkspaceField } from '../../shared/WorkspaceField.tsx';
import { useWorkspaces } from '../../shared/workspaces.ts';
import { pinsQuery } from './queries.ts';
import { streamsQuery } from './upload/queries.ts';
import { StreamChoice } from './upload/StreamChoice.tsx';

const useStyles = makeStyles({
  code: { fontFamily: tokens.fontFamilyMonospace },
});

const kinds: Record<PinKind, { readonly label: string; readonly match: string; readonly hint: string }> = {
  sender: {
    label: 'Sender over syslog',
    match: 'Address',
    hint: 'An address, or a range such as 10.1.0.0/16. The narrowest that fits counts',
  },
  token: { label: 'API token', match: 'Name of the token', hint: 'What comes through any door with that token' },
  webhook: { label: 'Webhook', match: 'Name of the webhook', hint: 'As it stands in its address' },
};
const isKind = (value: string): value is PinKind => value in kinds;

function Unpin({ pin }: { pin: Pin }): ReactElement {
  const queries = useQueryClient();
  const notify = useNotify();
  const why = useRefusal('deletePin', 'savePin');
  const remove = useMutation({
    mutationFn: () => client.deletePin({ params: { id: pin.id } }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['pins'] });
      notify.done(`${visible(pin.match)} goes by its looks again`);
    },
    onError: (error) => notify.failed('The pin could not be removed', error),
  });
  return (
    <ConfirmAction
      label="Remove"
      title={`Remove the pin of “${visible(pin.match)}”?`}
      why={why}
      disabled={remove.isPending}
      onConfirm={() => remove.mutate()}
    >
      What comes from it goes to the source that recognises it again. Rows that are stored stay where they are.
    </ConfirmAction>
  );
}

function PinDialog({ onClose }: { onClose: () => void }): ReactElement {
  const styles = useStyles();
  const queries = useQueryClient();
  const notify = useNotify();
  const [kind, setKind] = useState<PinKind>('sender');
  const [match, setMatch] = useState('');
  const [stream, setStream] = useState<string>();
  const [timeZone, setTimeZone] = useState('');
  const [workspaceId, setWorkspaceId] = useState<string | null>(null);
  const request = PinRequest.safeParse(
    kind === 'sender'
      ? { kind, match: match.trim(), stream: stream ?? null, timeZone: timeZone === '' ? null : timeZone, workspaceId }
      : { kind, match: match.trim(), stream: stream ?? '' },
  );
  const fault =
    match.trim() === '' || request.success
      ? undefined
      : request.error.issues.find(({ path }) => path[0] === 'match') && 'no address, and no range of addresses';
  const save = useMutation({
    mutationFn: (body: PinRequest) => client.savePin({ body }),
    onSuccess: async (pin) => {
      await queries.invalidateQueries({ queryKey: ['pins'] });
      notify.done(`${visible(pin.match)} is pinned`);
      onClose();
    },
  });
  return (
    <FormDialog
      title="New pin"
      submit="Pin"
      ready={request.success}
      busy={save.isPending}
      error={save.error}
      failed="Nothing is pinned"
      onSubmit={() => request.success && save.mutate(request.data)}
      onClose={onClose}
    >
      <Field label="What is pinned">
        <Select value={kind} onChange={(_, { value }) => isKind(value) && setKind(value)}>
          {Object.entries(kinds).map(([value, { label }]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </Select>
      </Field>
      <Field
        label={kinds[kind].match}
        required
        hint={kinds[kind].hint}
        {...(fault === undefined ? {} : { validationState: 'error' as const, validationMessage: fault })}
      >
        <Input
          className={styles.code}
          value={match}
          maxLength={200}
          spellCheck={false}
          onChange={(_, data) => setMatch(data.value)}
        />
      </Field>
      <Field label="Goes to" required={kind !== 'sender' || (!isTimeZone(timeZone) && workspaceId === null)}>
        <StreamChoice
          label="Goes to"
          inline
          value={stream}
          none="Choose a source or a table"
          mayLeaveOut={false}
          onChange={(chosen) => setStream(chosen ?? undefined)}
        />
      </Field>
      {kind === 'sender' && (
        <TimeZoneInput
          label="Time zone of its lines"
          hint="Of times that say none. Empty: UTC."
          optional
          value={timeZone}
          onChange={setTimeZone}
        />
      )}
      {kind === 'sender' && (
        <WorkspaceField
          label="Workspace"
          none="As a wider range says, else the first"
          value={workspaceId}
          onChange={setWorkspaceId}
        />
      )}
    </FormDialog>
  );
}

/** What goes to one stream or workspace, or is of one time zone, by who sends it, and not by what it looks like. */
export function PinsTab(): ReactElement {
  const why = useRefusal('deletePin', 'savePin');
  const [writing, setWriting] = useState(false);
  const { data, error, refetch } = useQuery(pinsQuery);
  const streams = useQuery(streamsQuery).data;
  const workspaces = useWorkspaces();
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <Loading rows={6} label="Loading pins" />;
  const goesTo = ({ stream }: Pin): string => {
    if (stream === null) return 'the source that recognises it';
    const known = streams?.find((one) => one.stream === stream);
    return known === undefined ? stream : `${known.sourceName} → ${known.tables.join(', ')}`;
  };
  const columns: readonly GridColumn<Pin>[] = [
    { id: 'match', header: 'From', min: 180, grow: 1, cell: (pin) => visible(pin.match) },
    { id: 'kind', header: 'Kind', min: 152, drop: 2, cell: (pin) => kinds[pin.kind].label },
    { id: 'to', header: 'Goes to', min: 240, grow: 3, cell: (pin) => visible(goesTo(pin)) },
    { id: 'zone', header: 'Time zone', min: 168, drop: 4, cell: (pin) => pin.timeZone ?? '' },
    ...(workspaces.several
      ? [
          {
            id: 'workspace',
            header: 'Workspace',
            min: 128,
            cell: ({ workspaceId }: Pin) => (workspaceId === null ? '' : workspaces.nameOf(workspaceId)),
          },
        ]
      : []),
    { id: 'by', header: 'By', min: 160, grow: 1, drop: 3, cell: (pin) => visible(pin.createdBy) },
    { id: 'at', header: 'Since', min: 104, drop: 1, cell: (pin) => <RelativeTime at={pin.createdAt} /> },
    { id: 'remove', header: '', min: 96, cell: (pin) => <Unpin pin={pin} /> },
  ];
  const make = (
    <RefusableButton why={why} appearance="primary" size="small" icon={<PinRegular />} onClick={() => setWriting(true)}>
      New pin
    </RefusableButton>
  );
  return (
    <>
      {writing && <PinDialog onClose={() => setWriting(false)} />}
      {data.pins.length > 0 && <FilterBar filters={[]} end={make} />}
      <Grid
        label="Pins"
        rows={data.pins}
        columns={columns}
        rowId={(pin) => pin.id}
        empty={
          <EmptyState icon={<PinRegular />} title="Nothing is pinned" action={make}>
            Lines go to the source that recognises them. Where none does, or the wrong one, a pin sends everything of a
            sender, a token or a webhook to the source that you choose. A sender’s pin also says the time zone of lines
            that say none, and the workspace that they go to.
          </EmptyState>
        }
      />
    </>
  );
}
