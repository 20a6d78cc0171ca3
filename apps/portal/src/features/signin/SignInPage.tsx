import { Button, Divider, Field, Input, makeStyles, tokens } from '@fluentui/react-components';
import { KeyRegular } from '@fluentui/react-icons';
import { RecoveryCode, SallyportError, termsTarget, type Me } from '@sallyport/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useRouter } from '@tanstack/react-router';
import { useState, type FormEvent, type ReactElement } from 'react';
import { client, meQuery } from '../../shared/api.ts';
import { Gate, passkeyObstacle } from '../../shared/Gate.tsx';
import { showPasskey } from '../../shared/passkey.ts';
import { ErrorState } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import { belongsTo, Federated, FederationFault } from './Federated.tsx';
import { signInProvidersQuery } from './queries.ts';
import { TermsStep } from './TermsStep.tsx';

const useStyles = makeStyles({
  form: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM },
});

const route = getRouteApi('/signin');

async function byPasskey(): Promise<Me> {
  const { challengeId, options } = await client.startPasskeySignIn();
  return client.signInWithPasskey({ body: { challengeId, credential: await showPasskey(options) } });
}

/** The ticket of a sign-in that only lacks acceptance of terms. */
const ticketOf = (error: unknown): string | undefined =>
  error instanceof SallyportError && error.target === termsTarget
    ? error.details.find(({ code }) => code === 'ticket')?.message
    : undefined;

/** Only a path of this portal is followed after sign-in. */
export const safeReturn = (to: string | undefined): string =>
  to !== undefined && /^\/(?![/\\])/.test(to) && !to.startsWith('/signin') ? to : '/';

export function SignInPage(): ReactElement {
  const styles = useStyles();
  const { to, failure } = route.useSearch();
  const router = useRouter();
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [withPass, setWithPass] = useState(false);
  /** A password kept here, though the name belongs to a directory. */
  const [withCode, setWithCode] = useState(false);
  const obstacle = passkeyObstacle();
  const known = useQuery(signInProvidersQuery);
  const providers = known.data?.providers ?? [];
  const home = belongsTo(providers, name);
  const directory = belongsTo(known.data?.directories ?? [], name);

  const enter = async (me: Me): Promise<void> => {
    queries.clear();
    queries.setQueryData(meQuery.queryKey, me);
    router.history.push(safeReturn(to));
  };
  const passkey = useMutation({ mutationFn: byPasskey, onSuccess: enter });
  const passwordCode = useMutation({
    mutationFn: () =>
      client.signInWithPassword({ body: { userPrincipalName: name.trim(), password, totpCode: code.trim() } }),
    onSuccess: enter,
    onError: () => setCode(''),
  });
  const pass = useMutation({
    mutationFn: () =>
      client.signInWithTemporaryAccessPass({
        body: { userPrincipalName: name.trim(), temporaryAccessPass: password.trim() },
      }),
    onSuccess: enter,
  });
  const elsewhere = useMutation({
    mutationFn: () => client.signInWithDirectory({ body: { userPrincipalName: name.trim(), password } }),
    onSuccess: enter,
  });
  const ways = [passkey, passwordCode, pass, elsewhere];
  const [federated, setFederated] = useState(() => /^#?terms=([\w-]{20,100})$/.exec(router.state.location.hash)?.[1]);
  const ticket = federated ?? ways.map(({ error }) => ticketOf(error)).find((one) => one !== undefined);
  const again = (): void => {
    setFederated(undefined);
    ways.forEach((one) => one.reset());
  };
  const busy = ways.some(({ isPending }) => isPending);
  const shownCode = code.trim();
  const codeFits = /^\d{6}$/.test(shownCode) || RecoveryCode.safeParse(shownCode).success;
  const withDirectory = directory !== undefined && !withPass && !withCode;
  const asksCode = !withPass && !withDirectory;
  const ready =
    name.trim() !== '' && (withPass ? password.trim().length >= 8 : password !== '' && (withDirectory || codeFits));
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (ready && !busy) (withPass ? pass : withDirectory ? elsewhere : passwordCode).mutate();
  };

  if (ticket !== undefined)
    return (
      <Gate title="Terms of use" intro="One thing is left: your organization asks you to accept its terms.">
        <TermsStep ticket={ticket} onDone={(me) => void enter(me)} onCancel={again} />
      </Gate>
    );
  return (
    <Gate title="Sign in">
      {failure && <FederationFault failure={failure} />}
      <Button
        appearance={home ? 'secondary' : 'primary'}
        size="large"
        icon={<KeyRegular />}
        disabled={busy || obstacle !== undefined}
        onClick={() => passkey.mutate()}
      >
        {passkey.isPending ? 'Waiting for the passkey…' : 'Sign in with a passkey'}
      </Button>
      {obstacle && <Field validationState="warning" validationMessage={obstacle} />}
      {passkey.error && <ErrorState error={passkey.error} title="The passkey was not accepted" />}
      <Federated providers={providers} home={home} name={name} to={safeReturn(to)} />
      <Divider>{withPass ? 'or with a temporary access pass' : 'or with a password and a code'}</Divider>
      <form className={styles.form} onSubmit={submit}>
        <Field label="User name" hint="name@domain">
          <Input
            autoComplete="username"
            type="email"
            value={name}
            disabled={busy}
            onChange={(_, data) => setName(data.value)}
          />
        </Field>
        <Field
          label={withPass ? 'Temporary access pass' : 'Password'}
          {...(withDirectory ? { hint: `Of ${visible(directory.displayName)}` } : {})}
        >
          <Input
            type="password"
            autoComplete={withPass ? 'one-time-code' : 'current-password'}
            value={password}
            disabled={busy}
            onChange={(_, data) => setPassword(data.value)}
          />
        </Field>
        {asksCode && (
          <Field label="Code" hint="Six digits from your authenticator, or a recovery code">
            <Input
              autoComplete="one-time-code"
              maxLength={19}
              value={code}
              disabled={busy}
              onChange={(_, data) => setCode(data.value)}
            />
          </Field>
        )}
        {pass.error && <ErrorState error={pass.error} title="Not signed in" />}
        {elsewhere.error && <ErrorState error={elsewhere.error} title="Not signed in" />}
        {passwordCode.error && <ErrorState error={passwordCode.error} title="Not signed in" />}
        <Button type="submit" disabled={!ready || busy}>
          {passwordCode.isPending || pass.isPending || elsewhere.isPending ? 'Signing in…' : 'Sign in'}
        </Button>
        <Button appearance="transparent" type="button" disabled={busy} onClick={() => setWithPass(!withPass)}>
          {withPass ? 'Use a password and a code' : 'I have a temporary access pass'}
        </Button>
        {directory && !withPass && (
          <Button appearance="transparent" type="button" disabled={busy} onClick={() => setWithCode(!withCode)}>
            {withCode ? `Use the password of ${visible(directory.displayName)}` : 'Use a password and a code kept here'}
          </Button>
        )}
      </form>
    </Gate>
  );
}
