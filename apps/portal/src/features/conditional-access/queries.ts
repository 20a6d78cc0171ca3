import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { client } from '../../shared/api.ts';
import { listAcceptances, listAgreements, listContexts, listLocations, listPolicies, listStrengths } from './graph.ts';

export const accessKey = ['conditionalAccess'] as const;

export const policiesQuery = queryOptions({
  queryKey: [...accessKey, 'policies'],
  queryFn: ({ signal }) => listPolicies(signal),
});
export const locationsQuery = queryOptions({
  queryKey: [...accessKey, 'locations'],
  queryFn: ({ signal }) => listLocations(signal),
});
export const strengthsQuery = queryOptions({
  queryKey: [...accessKey, 'strengths'],
  queryFn: ({ signal }) => listStrengths(signal),
});

export const contextsQuery = queryOptions({
  queryKey: [...accessKey, 'contexts'],
  queryFn: ({ signal }) => listContexts(signal),
});

export const termsQuery = queryOptions({
  queryKey: [...accessKey, 'terms'],
  queryFn: ({ signal }) => listAgreements(signal),
});
export const acceptancesQuery = (id: string) =>
  queryOptions({
    queryKey: [...accessKey, 'acceptances', id],
    queryFn: ({ signal }) => listAcceptances(id, signal),
  });

const MEASURED_MS = 120_000;
export const effectQuery = (days: number) =>
  queryOptions({
    queryKey: [...accessKey, 'effect', days],
    queryFn: ({ signal }) => client.getAccessEffect({ signal, query: { days } }),
    staleTime: MEASURED_MS,
    placeholderData: keepPreviousData,
  });

export const gapsQuery = queryOptions({
  queryKey: [...accessKey, 'gaps'],
  queryFn: ({ signal }) => client.listAccessGaps({ signal }),
});

export const emergencyQuery = queryOptions({
  queryKey: [...accessKey, 'emergency'],
  queryFn: ({ signal }) => client.getEmergencyAccounts({ signal }),
});
