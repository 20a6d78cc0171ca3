import { queryOptions } from '@tanstack/react-query';
import { client } from '../../shared/api.ts';

export const applicationsQuery = queryOptions({
  queryKey: ['applications'],
  queryFn: ({ signal }) => client.listApplications({ signal }),
});

export const applicationQuery = (id: string) =>
  queryOptions({
    queryKey: ['applications', id],
    queryFn: ({ signal }) => client.getApplication({ signal, params: { id } }),
  });

export const samlApplicationQuery = (id: string) =>
  queryOptions({
    queryKey: ['applications', id, 'saml'],
    queryFn: ({ signal }) => client.getSamlApplication({ signal, params: { id } }),
  });

/** What it may in Sallyport itself, as its service principal. */
export const applicationRightsQuery = (id: string) =>
  queryOptions({
    queryKey: ['applications', 'rights', id],
    queryFn: ({ signal }) => client.explainAccess({ signal, params: { type: 'servicePrincipal', id } }),
  });
