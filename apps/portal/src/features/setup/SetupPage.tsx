import { Button, Field, Input, makeStyles, Tab, TabList, Text, tokens } from '@fluentui/react-components';
import { KeyRegular } from '@fluentui/react-icons';
import { Password, type Me, type ResponseOf, type routes } from '@sallyport/contracts';
import { startRegistration, type PublicKeyCredentialCreationOptionsJSON } from '@simplewebauthn/browser';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState, type FormEvent, type ReactElement } from 'react';
import { fragmentValue } from '../../shared/address.ts';
import { client, meQuery } from '../../shared/api.ts';
import { Copyable } from '../../shared/Copyable.tsx';
import { Gate, passkeyObstacle } from '../../shared/Gate.tsx';
import { QrCode } from '../../shared/QrCode.tsx';
import { EmptyState, ErrorState } from '../../shared/States.tsx';

const useStyles = makeStyles({
  form: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM },
  totp: { display: 'flex', flexDirection: 'column', alignItems: 'center', gap: tokens.spacingVerticalS },
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

function PasskeyStep(props: { token: string; started: Started; onDone: (me: Me) => void }): ReactElement {
  const styles = useStyles();
  const obstacle = passkeyObstacle();
  const finish = useMutation({
    mutationFn: async () => {
      const credential = await startRegistration({
        optionsJSON: props.started.registration as unknown as PublicKeyCredentialCreationOptionsJSON,
      });
      return client.finishSetup({
        body: {
          method: 'passkey',
          token: props.token,
          credential: credential as unknown as Record<string, unknown>,
        },
      });
    },
    onSuccess: props.onDone,
  });
  return (
    <div className={styles.form}>
      <Text>A passkey lives in this device, a phone or a security key. It cannot be guessed, phished or reused.</Text>
      {obstacle && <Field validationState="warning" validationMessage={obstacle} />}
      {finish.error && (
        <ErrorState
          error={finish.error}
          title="No passkey was made"
          kept="Nothing was lost; try again, or use a password and a code."
        />
      )}
      <Button
        appearance="primary"
        icon={<KeyRegular />}
        disabled={finish.isPending || obstacle !== undefined}
        onClick={() => finish.mutate()}
      >
        {finish.isPending ? 'Waiting for the passkey…' : 'Make a passkey'}
      </Button>
    </div>
  );
}

function PasswordStep(props: { token: string; started: Started; onDone: (me: Me) => void }): ReactElement {
  const styles = useStyles();
  const [password, setPassword] = useState('');
  const [totpCode, setCode] = useState('');
  const checked = Password.safeParse(password);
  const finish = useMutation({
    mutationFn: () =>
      client.finishSetup({ body: { method: 'passwordTotp', token: props.token, password, totpCode: totpCode.trim() } }),
    onSuccess: props.onDone,
    onError: () => setCode(''),
  });
  const ready = checked.success && /^\d{6}$/.test(totpCode.trim());
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (ready && !finish.isPending) finish.mutate();
  };
  return (
    <form className={styles.form} onSubmit={submit}>
      <Field
        label="Password"
        required
        hint="At least 12 characters; a few words are best"
        {...(password === '' || checked.success
          ? {}
          : {
              validationState: 'error' as const,
              validationMessage: checked.error.issues[0]?.message ?? 'not accepted',
            })}
      >
        <Input
          type="password"
          autoComplete="new-password"
          value={password}
          onChange={(_, data) => setPassword(data.value)}
        />
      </Field>
      <div className={styles.totp}>
        <Text>Scan this with an authenticator app, or type the secret.</Text>
        <QrCode text={props.started.totp.uri} label="QR code of the authenticator secret" />
        <Copyable text={props.started.totp.secret} label="secret" />
      </div>
      <Field label="Code" required hint="The six digits the app shows now">
        <Input
          inputMode="numeric"
          autoComplete="one-time-code"
          maxLength={6}
          value={totpCode}
          onChange={(_, data) => setCode(data.value)}
        />
      </Field>
      {finish.error && (
        <ErrorState error={finish.error} title="Not finished" kept="Your password is kept; type a new code." />
      )}
      <Button appearance="primary" type="submit" disabled={!ready || finish.isPending}>
        Finish
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
  const [method, setMethod] = useState<'passkey' | 'password'>(() =>
    passkeyObstacle() === undefined ? 'passkey' : 'password',
  );
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
      <TabList selectedValue={method} onTabSelect={(_, data) => setMethod(data.value as typeof method)}>
        <Tab value="passkey">Passkey</Tab>
        <Tab value="password">Password and code</Tab>
      </TabList>
      {method === 'passkey' ? (
        <PasskeyStep token={token} started={started} onDone={enter} />
      ) : (
        <PasswordStep token={token} started={started} onDone={enter} />
      )}
    </Gate>
  );
}
