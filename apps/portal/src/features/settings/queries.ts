import { queryOptions } from '@tanstack/react-query';
import { client } from '../../shared/api.ts';

export const AUDIT_MAX = 500;
const POLL_MS = 30_000;

export const configurationQuery = queryOptions({
  queryKey: ['settings'],
  queryFn: ({ signal }) => client.getSettings({ signal }),
});
export const sessionsQuery = queryOptions({
  queryKey: ['sessions'],
  queryFn: ({ signal }) => client.listSessions({ signal }),
});
export const tokensQuery = queryOptions({
  queryKey: ['tokens'],
  queryFn: ({ signal }) => client.listTokens({ signal }),
});
export const providersQuery = queryOptions({
  queryKey: ['identity-providers'],
  queryFn: ({ signal }) => client.listIdentityProviders({ signal }),
});
export const ldapQuery = queryOptions({
  queryKey: ['ldap-directories'],
  queryFn: ({ signal }) => client.listLdapDirectories({ signal }),
});
export const signalReceiversQuery = queryOptions({
  queryKey: ['shared-signals', 'receivers'],
  queryFn: ({ signal }) => client.listSignalReceivers({ signal }),
});
/** More streams than anyone keeps track of; the rest is not shown. */
const STREAMS_MAX = 100;
export const signalStreamsQuery = queryOptions({
  queryKey: ['shared-signals', 'streams'],
  queryFn: async ({ signal }) => {
    const found = await client.ssfReadStreams({ signal, query: {} });
    const streams = (Array.isArray(found) ? found : [found]).slice(0, STREAMS_MAX);
    return Promise.all(
      streams.map(async (stream) => ({
        ...stream,
        status: await client.ssfReadStatus({ signal, query: { stream_id: stream.stream_id } }),
      })),
    );
  },
});
export const workspaceUsageQuery = queryOptions({
  queryKey: ['workspaces', 'usage'],
  queryFn: ({ signal }) => client.listWorkspaceUsage({ signal }),
});
export const auditQuery = queryOptions({
  queryKey: ['audit'],
  queryFn: ({ signal }) => client.listAudit({ signal, query: { limit: AUDIT_MAX } }),
  refetchInterval: POLL_MS,
});
