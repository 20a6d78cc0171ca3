import { SallyportError } from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Navigate } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { identifiersOf } from '../../shared/entityCells.ts';
import { Page } from '../../shared/Page.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';

const route = getRouteApi('/frame/entities/find');

/** Leads from what a cell names to the page of the entity. */
export function FindEntityPage(): ReactElement {
  const { kind, value = '', workspace } = route.useSearch();
  const known = kind !== undefined && value !== '';
  const { data, error, refetch } = useQuery({
    queryKey: ['entity of', kind, value],
    queryFn: ({ signal }) =>
      client.resolveEntity({
        signal,
        body: { kind: kind ?? 'Account', identifiers: identifiersOf(kind ?? 'Account', value) },
      }),
    enabled: known,
    staleTime: Infinity,
  });
  if (data) return <Navigate to="/entities/$id" params={{ id: data.id }} search={{ workspace }} replace />;
  return (
    <Page title="Entity">
      {!known || (error instanceof SallyportError && error.code === 'BadRequest') ? (
        <EmptyState title="This names nobody">
          “{visible(value)}” is no name that could be told from others: generic names such as SYSTEM or - have no page.
        </EmptyState>
      ) : error ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : (
        <Loading rows={8} label="Looking for the entity" />
      )}
    </Page>
  );
}
