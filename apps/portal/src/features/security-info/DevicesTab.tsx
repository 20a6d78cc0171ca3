import { LaptopRegular } from '@fluentui/react-icons';
import type { MyDevice } from '@sallyport/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { ConfirmAction } from '../../shared/ConfirmAction.tsx';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { Status } from '../../shared/Status.tsx';
import { visible } from '../../shared/text.ts';
import { useNotify } from '../../shared/toast.tsx';
import { myDevicesQuery } from './queries.ts';

function Compliance({ device }: { device: MyDevice }): ReactElement {
  if (!device.enabled) return <Status tone="off">Disabled</Status>;
  if (device.isCompliant === null) return <Status tone="waiting">Not known</Status>;
  return (
    <Status tone={device.isCompliant ? 'good' : 'bad'}>{device.isCompliant ? 'Compliant' : 'Not compliant'}</Status>
  );
}

/** Devices that the person registered, by whose keys they prove themselves at a sign-in. */
export function DevicesTab(): ReactElement {
  const queries = useQueryClient();
  const notify = useNotify();
  const { data, error, refetch } = useQuery(myDevicesQuery);
  const remove = useMutation({
    mutationFn: (id: string) => client.removeMyDevice({ params: { id } }),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: myDevicesQuery.queryKey });
      notify.done('The device is forgotten');
    },
    onError: (failure) => notify.failed('Nothing was forgotten', failure),
  });
  const columns: readonly GridColumn<MyDevice>[] = [
    { id: 'name', header: 'Name', min: 180, grow: 2, cell: ({ displayName }) => <bdi>{visible(displayName)}</bdi> },
    {
      id: 'system',
      header: 'System',
      min: 160,
      grow: 1,
      cell: ({ operatingSystem, operatingSystemVersion }) => visible(`${operatingSystem} ${operatingSystemVersion}`),
    },
    { id: 'state', header: 'State', min: 150, cell: (device) => <Compliance device={device} /> },
    {
      id: 'registered',
      header: 'Registered',
      min: 120,
      cell: ({ registeredAt }) => <RelativeTime at={registeredAt} />,
    },
    { id: 'last', header: 'Signed in', min: 120, cell: ({ lastSignInAt }) => <RelativeTime at={lastSignInAt} /> },
    {
      id: 'forget',
      header: 'Actions',
      min: 96,
      cell: (device) => (
        <ConfirmAction
          label="Forget"
          title={`Forget ${visible(device.displayName)}?`}
          disabled={remove.isPending}
          onConfirm={() => remove.mutate(device.id)}
        >
          It proves itself no more, and sessions that it began end. It can be registered again.
        </ConfirmAction>
      ),
    },
  ];
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <Loading rows={4} label="Loading your devices" />;
  return (
    <Grid
      label="My devices"
      rows={data.devices}
      columns={columns}
      rowId={({ id }) => id}
      empty={
        <EmptyState icon={<LaptopRegular />} title="No devices">
          A device is registered by the agent that runs on it, with a key that never leaves it. Policies can then ask
          for it.
        </EmptyState>
      }
    />
  );
}
