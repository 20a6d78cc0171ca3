import { Button, Field, makeStyles, Tab, TabList, Text, tokens } from '@fluentui/react-components';
import { KeyRegular } from '@fluentui/react-icons';
import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactElement } from 'react';
import { AuthenticatorFields, isCode, isPassword, NewPasswordField } from '../../shared/AuthenticatorFields.tsx';
import { passkeyObstacle } from '../../shared/Gate.tsx';
import { makePasskey } from '../../shared/passkey.ts';
import { ErrorState } from '../../shared/States.tsx';

const useStyles = makeStyles({
  form: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM },
});

/** What the server promised, of which the person takes one. */
export interface EnrolStart {
  readonly registration: Record<string, unknown>;
  readonly totp: { readonly secret: string; readonly uri: string };
}
export type EnrolChoice =
  | { readonly method: 'passkey'; readonly credential: Record<string, unknown> }
  | { readonly method: 'passwordTotp'; readonly password: string; readonly totpCode: string };
interface EnrolProps<T> {
  readonly started: EnrolStart;
  readonly finish: (choice: EnrolChoice) => Promise<T>;
  readonly onDone: (answer: T) => void;
}

/** How somebody will sign in: a passkey, or a password and a code. */
export function Enrol<T>(props: EnrolProps<T>): ReactElement {
  const [method, setMethod] = useState<'passkey' | 'password'>(() =>
    passkeyObstacle() === undefined ? 'passkey' : 'password',
  );
  return (
    <>
      <TabList selectedValue={method} onTabSelect={(_, data) => setMethod(data.value as typeof method)}>
        <Tab value="passkey">Passkey</Tab>
        <Tab value="password">Password and code</Tab>
      </TabList>
      {method === 'passkey' ? <PasskeyStep {...props} /> : <PasswordStep {...props} />}
    </>
  );
}

function PasskeyStep<T>(props: EnrolProps<T>): ReactElement {
  const styles = useStyles();
  const obstacle = passkeyObstacle();
  const finish = useMutation({
    mutationFn: async () =>
      props.finish({ method: 'passkey', credential: await makePasskey(props.started.registration) }),
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

function PasswordStep<T>(props: EnrolProps<T>): ReactElement {
  const styles = useStyles();
  const [password, setPassword] = useState('');
  const [totpCode, setCode] = useState('');
  const finish = useMutation({
    mutationFn: () => props.finish({ method: 'passwordTotp', password, totpCode: totpCode.trim() }),
    onSuccess: props.onDone,
    onError: () => setCode(''),
  });
  const ready = isPassword(password) && isCode(totpCode);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (ready && !finish.isPending) finish.mutate();
  };
  return (
    <form className={styles.form} onSubmit={submit}>
      <NewPasswordField label="Password" password={password} onChange={setPassword} />
      <AuthenticatorFields totp={props.started.totp} code={totpCode} onCode={setCode} />
      {finish.error && (
        <ErrorState error={finish.error} title="Not finished" kept="Your password is kept; type a new code." />
      )}
      <Button appearance="primary" type="submit" disabled={!ready || finish.isPending}>
        Finish
      </Button>
    </form>
  );
}
