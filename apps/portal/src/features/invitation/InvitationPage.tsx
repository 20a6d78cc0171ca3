import { Button } from '@fluentui/react-components';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import { fragmentValue } from '../../shared/address.ts';
import { client } from '../../shared/api.ts';
import { Gate } from '../../shared/Gate.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import { Enrol } from '../setup/index.ts';

/** With the one-time link of an invitation, a person sets up how they sign in. */
export function InvitationPage(): ReactElement {
  const navigate = useNavigate();
  const [token] = useState(() => fragmentValue(window.location.hash, 'token'));
  const [done, setDone] = useState<string>();
  const { data, error } = useQuery({
    queryKey: ['invitation', token],
    queryFn: () => client.startInvitation({ body: { token: token ?? '' } }),
    enabled: token !== undefined && done === undefined,
    // What was promised is held by the server; asking anew would change it under the person's hands.
    staleTime: Infinity,
    refetchOnWindowFocus: false,
    retry: false,
  });
  if (token === undefined)
    return (
      <Gate title="Invitation">
        <EmptyState title="This page needs its one-time link">
          Open the link that your administrator gave you, whole, or ask for a new one.
        </EmptyState>
      </Gate>
    );
  if (done !== undefined)
    return (
      <Gate title="You are set up" intro={`You sign in as ${visible(done)}.`}>
        <Button appearance="primary" onClick={() => void navigate({ to: '/signin' })}>
          Go to sign-in
        </Button>
      </Gate>
    );
  if (error)
    return (
      <Gate title="Invitation">
        <ErrorState error={error} title="The link was not accepted" />
      </Gate>
    );
  if (!data)
    return (
      <Gate title="Invitation">
        <Loading rows={4} label="Loading the invitation" />
      </Gate>
    );
  return (
    <Gate
      title={`Welcome, ${visible(data.displayName)}`}
      intro="Choose how you will sign in. You can add others later."
    >
      <Enrol
        started={data}
        finish={(how) => client.finishInvitation({ body: { ...how, token } })}
        onDone={({ userPrincipalName }) => setDone(userPrincipalName)}
      />
    </Gate>
  );
}
