import type { Me } from '@sallyport/contracts';
import { useMutation, useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { ErrorState, Loading } from '../../shared/States.tsx';
import { TermsForm } from '../../shared/TermsForm.tsx';

/** Terms of use that the sign-in still needs. Whoever accepts is in; no factor is asked for again. */
export function TermsStep(props: { ticket: string; onDone: (me: Me) => void; onCancel: () => void }): ReactElement {
  const { ticket } = props;
  const { data, error } = useQuery({
    queryKey: ['terms', ticket],
    queryFn: ({ signal }) => client.readTerms({ signal, body: { ticket, language: navigator.language } }),
    retry: false,
    gcTime: 0,
  });
  const accept = useMutation({
    mutationFn: () => client.answerTerms({ body: { ticket, accept: true } }),
    onSuccess: props.onDone,
  });
  const decline = useMutation({
    mutationFn: () => client.answerTerms({ body: { ticket, accept: false } }),
    onSettled: props.onCancel,
  });
  return (
    <>
      {error && <ErrorState error={error} title="The terms could not be shown" onRetry={props.onCancel} />}
      {!data && !error && <Loading rows={6} label="Loading the terms" />}
      {accept.error && <ErrorState error={accept.error} title="You are not signed in" />}
      {data && (
        <TermsForm
          terms={data.terms}
          busy={accept.isPending || decline.isPending}
          onAccept={() => accept.mutate()}
          onDecline={() => decline.mutate()}
        />
      )}
    </>
  );
}
