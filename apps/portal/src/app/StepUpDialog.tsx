import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Divider,
  Field,
  Input,
  makeStyles,
  tokens,
} from '@fluentui/react-components';
import { KeyRegular } from '@fluentui/react-icons';
import { RecoveryCode, type Me } from '@sallyport/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactElement } from 'react';
import { client, meQuery } from '../shared/api.ts';
import { passkeyObstacle } from '../shared/Gate.tsx';
import { showPasskey } from '../shared/passkey.ts';
import { ErrorState } from '../shared/States.tsx';
import { stepUp, useStepUpAsked } from '../shared/stepUp.ts';

const useStyles = makeStyles({
  surface: { maxWidth: '440px' },
  content: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM },
});

async function byPasskey(): Promise<Me> {
  const { challengeId, options } = await client.startPasskeyStepUp();
  return client.stepUpWithPasskey({ body: { challengeId, credential: await showPasskey(options) } });
}

/** `multifactor authentication` → `Your organization’s policies ask for multifactor authentication.` */
const reasonOf = (required: readonly string[]): string =>
  required.length === 0
    ? 'Your organization’s policies ask you to sign in again.'
    : `Your organization’s policies ask for ${required.join(', and ')}.`;

/** Asks for the factor that Conditional Access demands now, over the page that is open: nothing of it is lost. */
export function StepUpDialog(props: { onSignOut: () => void }): ReactElement | null {
  return useStepUpAsked() ? <Asking {...props} /> : null;
}

function Asking({ onSignOut }: { onSignOut: () => void }): ReactElement {
  const styles = useStyles();
  const queries = useQueryClient();
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const asked = useQuery({ queryKey: ['stepUp'], queryFn: ({ signal }) => client.getStepUp({ signal }), staleTime: 0 });
  const obstacle = passkeyObstacle();
  const onSuccess = (me: Me): void => {
    queries.setQueryData(meQuery.queryKey, me);
    stepUp.settle(true);
  };
  const passkey = useMutation({ mutationFn: byPasskey, onSuccess });
  const passwordCode = useMutation({
    mutationFn: () => client.stepUpWithPassword({ body: { password, totpCode: code.trim() } }),
    onSuccess,
    onError: () => setCode(''),
  });
  const busy = passkey.isPending || passwordCode.isPending;
  const shownCode = code.trim();
  const ready = password !== '' && (/^\d{6}$/.test(shownCode) || RecoveryCode.safeParse(shownCode).success);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (ready && !busy) passwordCode.mutate();
  };
  const leave = (): void => {
    stepUp.settle(false);
    onSignOut();
  };
  const withPasskey = asked.data?.passkey === true && obstacle === undefined;
  const withPassword = asked.data?.password === true;
  const error = passkey.error ?? passwordCode.error;

  return (
    <Dialog open modalType="alert">
      <DialogSurface className={styles.surface}>
        <form noValidate onSubmit={submit}>
          <DialogBody>
            <DialogTitle>Confirm that it is you</DialogTitle>
            <DialogContent className={styles.content}>
              <span>{reasonOf(asked.data?.required ?? [])} The page stays as it is.</span>
              {withPasskey && (
                <Button
                  icon={<KeyRegular />}
                  disabled={busy}
                  {...(withPassword ? {} : { appearance: 'primary' as const })}
                  onClick={() => passkey.mutate()}
                >
                  {passkey.isPending ? 'Waiting for the passkey…' : 'Use a passkey'}
                </Button>
              )}
              {withPasskey && withPassword && <Divider>or with the password and a code</Divider>}
              {withPassword && (
                <>
                  <Field label="Password">
                    <Input
                      type="password"
                      autoComplete="current-password"
                      value={password}
                      disabled={busy}
                      onChange={(_, data) => setPassword(data.value)}
                    />
                  </Field>
                  <Field label="Code" hint="Six digits from your authenticator, or a recovery code">
                    <Input
                      autoComplete="one-time-code"
                      maxLength={19}
                      value={code}
                      disabled={busy}
                      onChange={(_, data) => setCode(data.value)}
                    />
                  </Field>
                </>
              )}
              {asked.data && !withPasskey && !withPassword && (
                <span>
                  {obstacle ??
                    'You have no way to show it here. Sign out, and ask an administrator for a temporary access pass to add one.'}
                </span>
              )}
              {asked.error && <ErrorState error={asked.error} title="What is asked for could not be read" />}
              {error && <ErrorState error={error} title="Not accepted" />}
            </DialogContent>
            <DialogActions>
              <Button disabled={busy} onClick={leave}>
                Sign out
              </Button>
              {withPassword && (
                <Button type="submit" appearance="primary" disabled={!ready || busy}>
                  Continue
                </Button>
              )}
            </DialogActions>
          </DialogBody>
        </form>
      </DialogSurface>
    </Dialog>
  );
}
