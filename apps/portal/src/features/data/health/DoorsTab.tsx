import { makeStyles, tokens } from '@fluentui/react-components';
import { PlugDisconnectedRegular } from '@fluentui/react-icons';
import type { DoorHealth } from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { Bars } from '../../../shared/Bars.tsx';
import { Facts } from '../../../shared/Facts.tsx';
import { Grid, type GridColumn } from '../../../shared/Grid.tsx';
import { bytes, count } from '../../../shared/numbers.ts';
import { RelativeTime } from '../../../shared/RelativeTime.tsx';
import { Section } from '../../../shared/Section.tsx';
import { SidePanel } from '../../../shared/SidePanel.tsx';
import { EmptyState, ErrorState, Loading } from '../../../shared/States.tsx';
import { visible } from '../../../shared/text.ts';
import type { DataSearch } from '../index.ts';
import { doorsQuery } from '../queries.ts';
import { doorStates, DoorStatus } from './states.tsx';

const useStyles = makeStyles({
  split: { display: 'flex', gap: tokens.spacingHorizontalM, flexGrow: 1, minHeight: 0 },
  number: { textAlign: 'end' },
});

const total = (counts: readonly { count: number }[]): number => counts.reduce((sum, one) => sum + one.count, 0);

/** What the codes of refusals mean. */
const reasons: Readonly<Record<string, string>> = {
  Unauthenticated: 'No token, or one that is not valid',
  Forbidden: 'The token may not send logs',
  PayloadTooLarge: 'Too large',
  BadRequest: 'Malformed',
  UnsupportedMediaType: 'Of a kind that is not taken',
  InvalidStream: 'A stream that is not there',
  NotFound: 'Something that is not there',
  SpoolFull: 'The spool was full',
  TooManyRequests: 'Too many at once',
  Unavailable: 'The disk refused',
  sender: 'An address that may not send',
  connections: 'Too many connections',
  certificate: 'No certificate, or TLS failed',
  dropped: 'Datagrams were lost',
  kernel: 'Lost before they were read: this machine was busy',
  spool: 'Lost for want of room',
};

const columns: readonly GridColumn<DoorHealth>[] = [
  { id: 'name', header: 'Door', min: 200, grow: 1, cell: (door) => visible(door.name) },
  { id: 'place', header: 'Where', min: 160, grow: 1, drop: 3, cell: (door) => visible(door.place) },
  { id: 'state', header: 'State', min: 144, cell: (door) => <DoorStatus state={door.state} /> },
  {
    id: 'hours',
    header: 'Last day',
    min: 128,
    drop: 2,
    cell: (door) => <Bars values={door.hours} label={`${count(door.rowsLastDay)} rows in the last day, by hour`} />,
  },
  { id: 'rows', header: 'Rows, last day', min: 128, align: 'end', cell: (door) => count(door.rowsLastDay) },
  { id: 'refused', header: 'Refused', min: 96, align: 'end', cell: (door) => count(total(door.refused)) },
  { id: 'dropped', header: 'Dropped', min: 96, align: 'end', drop: 1, cell: (door) => count(total(door.dropped)) },
  { id: 'last', header: 'Last rows', min: 112, cell: (door) => <RelativeTime at={door.lastAt} /> },
];

function Reasons({ title, counts }: { title: string; counts: DoorHealth['refused'] }): ReactElement | null {
  if (counts.length === 0) return null;
  return (
    <Section title={title}>
      <Facts facts={counts.map((one) => [visible(reasons[one.reason] ?? one.reason), count(one.count)])} />
    </Section>
  );
}

function DoorPanel({ door, onClose }: { door: DoorHealth; onClose: () => void }): ReactElement {
  return (
    <SidePanel label="Door" title={visible(door.name)} onClose={onClose}>
      <Facts
        facts={[
          ['State', <DoorStatus key="s" state={door.state} />],
          ['Why', door.message === '' ? undefined : visible(door.message)],
          ['Where', door.place === '' ? undefined : visible(door.place)],
          ['Connections', door.connections === null ? undefined : `${count(door.connections)} open`],
          ['Calls, last day', count(door.callsLastDay)],
          ['Rows, last day', `${count(door.rowsLastDay)}, ${bytes(door.bytesLastDay)}`],
          ['Cut lines', door.cutLines === 0 ? undefined : `${count(door.cutLines)}, of more than 1 MiB`],
          ['Last rows', <RelativeTime key="l" at={door.lastAt} form="exact" />],
        ]}
      />
      <Reasons title="Refused in the last day" counts={door.refused} />
      <Reasons title="Datagrams lost in the last day" counts={door.dropped} />
      {door.lastError && (
        <Section title="Last error">
          <Facts
            facts={[
              ['When', <RelativeTime key="w" at={door.lastError.at} form="exact" />],
              ['What', visible(reasons[door.lastError.reason] ?? door.lastError.reason)],
              ['Message', visible(door.lastError.message)],
            ]}
          />
        </Section>
      )}
    </SidePanel>
  );
}

const route = getRouteApi('/frame/data');

/** The doors that logs come in by, those that need a person first. */
export function DoorsTab({ set }: { set: (change: DataSearch, replace?: boolean) => void }): ReactElement {
  const styles = useStyles();
  const { selected } = route.useSearch();
  const { data, error, refetch } = useQuery(doorsQuery);
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <Loading rows={8} label="Loading doors" />;
  const place = ({ state }: DoorHealth): number => doorStates.indexOf(state);
  const rows = data.doors.toSorted((a, b) => place(a) - place(b) || a.name.localeCompare(b.name));
  const open = rows.find(({ id }) => id === selected);
  const close = (): void => set({ selected: undefined });
  return (
    <div className={styles.split}>
      <Grid
        label="Doors"
        rows={rows}
        columns={columns}
        rowId={(door) => door.id}
        openId={open?.id}
        onOpen={(door) => set({ selected: door.id }, open !== undefined)}
        onClose={close}
        empty={<EmptyState icon={<PlugDisconnectedRegular />} title="No door" />}
      />
      {open && <DoorPanel key={open.id} door={open} onClose={close} />}
    </div>
  );
}
