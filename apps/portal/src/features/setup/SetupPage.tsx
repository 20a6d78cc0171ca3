import { Button, Field, Input, makeStyles, tokens } from '@fluentui/react-components';
import type { Me, ResponseOf, routes } from '@sallyport/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState, type FormEvent, type ReactElement } from 'react';
import { fragmentValue } from '../../shared/address.ts';
import { client, meQuery } from '../../shared/api.ts';
import { Gate } from '../../shared/Gate.tsx';
import { EmptyState, ErrorState } from '../../shared/States.tsx';
import { Enrol } from './Enrol.tsx';

const useStyles = makeStyles({
  form: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM },
});

type Started = ResponseOf<(typeof routes)['startSetup']>;

function WhoForm({ token, onStarted }: { token: string; onStarted: (started: Started) => void }): ReactElement {
  const styles = useStyles();
  const [displayName, setDisplayName] = useState('');
  const [userPrincipalName, setName] = useState('');
  const start = useMutation({
    mutationFn: () =>
      client.startSetup({
        body: { token, displayName: displayName.trim(), userPrincipalName: userPrincipalName.trim() },
      }),
    onSuccess: onStarted,
  });
  const named = /^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(userPrincipalName.trim());
  const ready = named && displayName.trim() !== '';
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (ready && !start.isPending) start.mutate();
  };
  return (
    <form className={styles.form} onSubmit={submit}>
      <Field label="Your name" required>
        <Input autoComplete="name" value={displayName} onChange={(_, data) => setDisplayName(data.value)} />
      </Field>
      <Field
        label="User name"
        required
        hint="name@domain; you sign in with it"
        {...(userPrincipalName !== '' && !named && userPrincipalName.includes('@')
          ? { validationState: 'none' as const, validationMessage: 'A name, @, and a domain such as contoso.com' }
          : {})}
      >
        <Input
          type="email"
          autoComplete="username"
          value={userPrincipalName}
          onChange={(_, data) => setName(data.value)}
        />
      </Field>
      {start.error && <ErrorState error={start.error} title="The link was not accepted" />}
      <Button appearance="primary" type="submit" disabled={!ready || start.isPending}>
        Continue
      </Button>
    </form>
  );
}

/** First start: with the one-time link, the first administrator is made. */
export function SetupPage(): ReactElement {
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [token] = useState(() => fragmentValue(window.location.hash, 'token'));
  const [started, setStarted] = useState<Started>();
  const enter = (me: Me): void => {
    queries.clear();
    queries.setQueryData(meQuery.queryKey, me);
    void navigate({ to: '/' });
  };
  if (token === undefined)
    return (
      <Gate title="First start">
        <EmptyState title="This page needs its one-time link">
          The first administrator is made with the link that the server printed when it started. Open that link, or
          start the server again to have a new one.
        </EmptyState>
      </Gate>
    );
  if (!started)
    return (
      <Gate title="First start" intro="You are the first administrator of this Sallyport. No default password exists.">
        <WhoForm token={token} onStarted={setStarted} />
      </Gate>
    );
  return (
    <Gate title="How will you sign in?">
      <Enrol started={started} finish={(how) => client.finishSetup({ body: { ...how, token } })} onDone={enter} />
    </Gate>
  );
}
