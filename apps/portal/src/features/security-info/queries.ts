import { queryOptions } from '@tanstack/react-query';
import { client } from '../../shared/api.ts';

export const securityInfoQuery = queryOptions({
  queryKey: ['securityInfo'],
  queryFn: ({ signal }) => client.getSecurityInfo({ signal }),
});

export const myDevicesQuery = queryOptions({
  queryKey: ['myDevices'],
  queryFn: ({ signal }) => client.listMyDevices({ signal }),
});

export const mySignInsQuery = queryOptions({
  queryKey: ['mySignIns'],
  queryFn: ({ signal }) => client.listMySignIns({ signal }),
});
