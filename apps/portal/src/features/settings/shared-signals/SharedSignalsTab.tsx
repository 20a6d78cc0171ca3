import { makeStyles, tokens } from '@fluentui/react-components';
import { AddRegular, ShareRegular } from '@fluentui/react-icons';
import {
  deliveryMethods,
  type SignalReceiver,
  type StreamConfiguration,
  type StreamStatus,
} from '@sallyport/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client, useMay } from '../../../shared/api.ts';
import { ConfirmAction } from '../../../shared/ConfirmAction.tsx';
import { Copyable } from '../../../shared/Copyable.tsx';
import { Facts } from '../../../shared/Facts.tsx';
import { FilterBar } from '../../../shared/FilterBar.tsx';
import { Grid, type GridColumn } from '../../../shared/Grid.tsx';
import { RefusableButton, useRefusal } from '../../../shared/Refusable.tsx';
import { RelativeTime } from '../../../shared/RelativeTime.tsx';
import { Section } from '../../../shared/Section.tsx';
import { SidePanel } from '../../../shared/SidePanel.tsx';
import { EmptyState, ErrorState, Loading } from '../../../shared/States.tsx';
import { Status } from '../../../shared/Status.tsx';
import { visible } from '../../../shared/text.ts';
import { useNotify } from '../../../shared/toast.tsx';
import { signalReceiversQuery, signalStreamsQuery } from '../queries.ts';
import { ReceiverDialog } from './ReceiverDialog.tsx';

const useStyles = makeStyles({
  root: { display: 'flex', gap: tokens.spacingHorizontalM, flexGrow: 1, minHeight: '200px' },
});

type Stream = StreamConfiguration & { readonly status: StreamStatus };

const receiverColumns: readonly GridColumn<SignalReceiver>[] = [
  {
    id: 'state',
    header: 'State',
    min: 96,
    cell: ({ lastError }) => (
      <Status tone={lastError === null ? 'good' : 'bad'}>{lastError === null ? 'On' : 'Failing'}</Status>
    ),
  },
  { id: 'name', header: 'Transmitter', min: 140, grow: 1, cell: ({ name }) => visible(name) },
  { id: 'issuer', header: 'Issuer', min: 200, grow: 2, cell: ({ issuer }) => visible(issuer) },
  { id: 'how', header: 'How', min: 96, drop: 1, cell: ({ delivery }) => (delivery === 'push' ? 'it sends' : 'we ask') },
  { id: 'last', header: 'Last event', min: 112, cell: ({ lastEventAt }) => <RelativeTime at={lastEventAt} /> },
];
const tones = { enabled: 'good', paused: 'waiting', disabled: 'off' } as const;
const streamColumns: readonly GridColumn<Stream>[] = [
  {
    id: 'state',
    header: 'State',
    min: 96,
    cell: ({ status: { status } }) => <Status tone={tones[status]}>{status}</Status>,
  },
  { id: 'name', header: 'Receiver', min: 140, grow: 1, cell: ({ description, aud }) => visible(description ?? aud) },
  { id: 'to', header: 'Goes to', min: 200, grow: 2, cell: ({ delivery }) => visible(delivery.endpoint_url) },
  {
    id: 'how',
    header: 'How',
    min: 96,
    drop: 1,
    cell: ({ delivery }) => (delivery.method === deliveryMethods.push ? 'we send' : 'it asks'),
  },
  {
    id: 'events',
    header: 'Events',
    min: 160,
    grow: 1,
    drop: 2,
    cell: ({ events_delivered: events }) => eventNames(events),
  },
];
const eventNames = (events: readonly string[]): string =>
  events.map((event) => visible(event.slice(event.lastIndexOf('/') + 1))).join(', ');

/** Shared Signals: whose events end sessions here, and who is told of ours. */
export function SharedSignalsTab(): ReactElement {
  const styles = useStyles();
  const why = useRefusal('createSignalReceiver');
  const mayStreams = useMay('sharedSignals.exchange');
  const receivers = useQuery(signalReceiversQuery);
  const streams = useQuery({ ...signalStreamsQuery, enabled: mayStreams });
  const [selected, setSelected] = useState<string>();
  const [making, setMaking] = useState(false);
  const error = receivers.error ?? streams.error;
  if (error)
    return <ErrorState error={error} onRetry={() => void Promise.all([receivers.refetch(), streams.refetch()])} />;
  if (!receivers.data || (mayStreams && !streams.data)) return <Loading rows={4} label="Loading Shared Signals" />;
  const receiver = receivers.data.receivers.find(({ id }) => id === selected);
  const stream = streams.data?.find(({ stream_id: id }) => id === selected);
  const close = (): void => setSelected(undefined);
  return (
    <>
      <FilterBar
        filters={[]}
        end={
          <RefusableButton why={why} size="small" icon={<AddRegular />} onClick={() => setMaking(true)}>
            Take the signals of a transmitter
          </RefusableButton>
        }
      />
      {making && (
        <ReceiverDialog
          onClose={(id) => {
            setMaking(false);
            if (id !== undefined) setSelected(id);
          }}
        />
      )}
      <Section title="Whose signals are taken">
        <div className={styles.root}>
          <Grid
            label="Transmitters"
            rows={receivers.data.receivers}
            columns={receiverColumns}
            rowId={({ id }) => id}
            openId={selected}
            onOpen={({ id }) => setSelected(id)}
            onClose={close}
            empty={
              <EmptyState icon={<ShareRegular />} title="No transmitters">
                An identity provider or a device management that speaks CAEP tells here of sessions that it ended, of
                risk, of passwords and devices. Sessions here end with it, within a second.
              </EmptyState>
            }
          />
          {receiver && <ReceiverPanel key={receiver.id} receiver={receiver} onClose={close} />}
        </div>
      </Section>
      {mayStreams && (
        <Section title="Who is told">
          <div className={styles.root}>
            <Grid
              label="Streams"
              rows={streams.data ?? []}
              columns={streamColumns}
              rowId={({ stream_id: id }) => id}
              openId={selected}
              onOpen={({ stream_id: id }) => setSelected(id)}
              onClose={close}
              empty={
                <EmptyState icon={<ShareRegular />} title="No streams">
                  A receiver makes its stream by itself: give it an API token with the permission to exchange Shared
                  Signals, and the address of Sallyport as the issuer.
                </EmptyState>
              }
            />
            {stream && <StreamPanel key={stream.stream_id} stream={stream} onClose={close} />}
          </div>
        </Section>
      )}
    </>
  );
}

function ReceiverPanel(props: { receiver: SignalReceiver; onClose: () => void }): ReactElement {
  const why = useRefusal('deleteSignalReceiver');
  const { receiver, onClose } = props;
  const notify = useNotify();
  const queries = useQueryClient();
  const name = visible(receiver.name);
  const remove = useMutation({
    mutationFn: () => client.deleteSignalReceiver({ params: { id: receiver.id } }),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: signalReceiversQuery.queryKey });
      notify.done(`Signals of ${name} are taken no more`);
      onClose();
    },
    onError: (error) => notify.failed('It was not removed', error),
  });
  return (
    <SidePanel
      label="Transmitter"
      title={name}
      onClose={onClose}
      footer={
        <ConfirmAction
          why={why}
          label="Remove"
          title={`Remove “${name}”?`}
          disabled={remove.isPending}
          onConfirm={() => remove.mutate()}
        >
          What it tells is refused from now on. What it told stays in the audit.
        </ConfirmAction>
      }
    >
      <Facts
        facts={[
          ['Issuer', <Copyable key="issuer" text={receiver.issuer} label="the issuer" />],
          ['Audience', visible(receiver.audience)],
          receiver.delivery === 'push'
            ? ['Push address', <Copyable key="push" text={receiver.pushUrl} label="the push address" />]
            : ['Asked at', visible(receiver.pollUrl ?? '')],
          ['Its subjects', receiver.subjectAttribute],
          ['Last event', <RelativeTime key="last" at={receiver.lastEventAt} />],
          ['Last fault', receiver.lastError === null ? undefined : visible(receiver.lastError)],
          ['Since', <RelativeTime key="since" at={receiver.createdAt} />],
        ]}
      />
    </SidePanel>
  );
}

function StreamPanel({ stream, onClose }: { stream: Stream; onClose: () => void }): ReactElement {
  const why = useRefusal('ssfUpdateStatus', 'ssfVerify', 'ssfDeleteStream');
  const notify = useNotify();
  const queries = useQueryClient();
  const { stream_id: id, status } = stream;
  const name = visible(stream.description ?? stream.aud);
  const refresh = (): void => void queries.invalidateQueries({ queryKey: signalStreamsQuery.queryKey });
  const change = useMutation({
    mutationFn: (next: StreamStatus['status']) => client.ssfUpdateStatus({ body: { stream_id: id, status: next } }),
    onSuccess: refresh,
    onError: (error) => notify.failed('The stream was not changed', error),
  });
  const verify = useMutation({
    mutationFn: () => client.ssfVerify({ body: { stream_id: id } }),
    onSuccess: () => notify.done('A verification event is on its way'),
    onError: (error) => notify.failed('It was not asked for', error),
  });
  const end = useMutation({
    mutationFn: () => client.ssfDeleteStream({ query: { stream_id: id } }),
    onSuccess: () => {
      refresh();
      notify.done(`The stream of ${name} is ended`);
      onClose();
    },
    onError: (error) => notify.failed('It was not ended', error),
  });
  const isOn = status.status === 'enabled';
  return (
    <SidePanel
      label="Stream"
      title={name}
      onClose={onClose}
      footer={
        <>
          <RefusableButton
            why={why}
            size="small"
            disabled={change.isPending}
            onClick={() => change.mutate(isOn ? 'paused' : 'enabled')}
          >
            {isOn ? 'Pause' : 'Enable'}
          </RefusableButton>
          <RefusableButton why={why} size="small" disabled={verify.isPending || !isOn} onClick={() => verify.mutate()}>
            Verify
          </RefusableButton>
          <ConfirmAction
            why={why}
            label="End"
            title={`End the stream of “${name}”?`}
            disabled={end.isPending}
            onConfirm={() => end.mutate()}
          >
            It is told of nothing more, and what waits for it is dropped.
          </ConfirmAction>
        </>
      }
    >
      <Facts
        facts={[
          ['State', status.status],
          ['Reason', status.reason === undefined ? undefined : visible(status.reason)],
          ['Audience', visible(stream.aud)],
          ['Goes to', visible(stream.delivery.endpoint_url)],
          ['Events', eventNames(stream.events_delivered)],
          ['Stream ID', <Copyable key="id" text={id} label="the stream ID" />],
        ]}
      />
    </SidePanel>
  );
}
