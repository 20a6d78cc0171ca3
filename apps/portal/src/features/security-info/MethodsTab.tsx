import { Button, makeStyles, MessageBar, MessageBarBody, Text, tokens } from '@fluentui/react-components';
import { KeyRegular, PhoneRegular } from '@fluentui/react-icons';
import type { AuthenticationMethod, SecurityInfo } from '@sallyport/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { ConfirmAction } from '../../shared/ConfirmAction.tsx';
import { passkeyObstacle } from '../../shared/Gate.tsx';
import { plural } from '../../shared/numbers.ts';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { Section } from '../../shared/Section.tsx';
import { ErrorState, Loading } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import { useNotify } from '../../shared/toast.tsx';
import { AuthenticatorDialog, PasskeyDialog, PasswordDialog, RecoveryCodesDialog, RenameDialog } from './dialogs.tsx';
import { securityInfoQuery } from './queries.ts';
import { useFreshness } from './useFreshness.ts';

const useStyles = makeStyles({
  root: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalL, maxWidth: '760px' },
  list: { display: 'flex', flexDirection: 'column', margin: 0, padding: 0 },
  line: {
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    gap: tokens.spacingHorizontalM,
    listStyleType: 'none',
    padding: `${tokens.spacingVerticalS} 0`,
    borderBottom: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
  },
  name: { display: 'flex', flexDirection: 'column', minWidth: 0, overflowWrap: 'anywhere' },
  times: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200 },
  end: { marginLeft: 'auto', display: 'flex', gap: tokens.spacingHorizontalS },
});

type Open = 'passkey' | 'authenticator' | 'password' | 'codes' | AuthenticationMethod | undefined;

function Line(props: {
  method: AuthenticationMethod;
  onRename: () => void;
  onRemove: () => void;
  busy: boolean;
}): ReactElement {
  const styles = useStyles();
  const { method } = props;
  return (
    <li className={styles.line}>
      {method.kind === 'fido2' ? <KeyRegular aria-hidden /> : <PhoneRegular aria-hidden />}
      <span className={styles.name}>
        <Text weight="semibold">{visible(method.name)}</Text>
        <span className={styles.times}>
          {method.createdAt && (
            <>
              Added <RelativeTime at={method.createdAt} />
            </>
          )}
          {method.lastUsedAt && (
            <>
              , last used <RelativeTime at={method.lastUsedAt} />
            </>
          )}
        </span>
      </span>
      <span className={styles.end}>
        {method.kind === 'fido2' && (
          <Button size="small" appearance="subtle" onClick={props.onRename}>
            Rename
          </Button>
        )}
        <ConfirmAction
          label="Remove"
          title={`Remove “${visible(method.name)}”?`}
          disabled={props.busy}
          onConfirm={props.onRemove}
        >
          {method.kind === 'password' || method.kind === 'softwareOath'
            ? 'Password, authenticator and recovery codes go together. '
            : ''}
          It signs you in no more, and your other sessions end.
        </ConfirmAction>
      </span>
    </li>
  );
}

function Methods({ info }: { info: SecurityInfo }): ReactElement {
  const styles = useStyles();
  const queries = useQueryClient();
  const notify = useNotify();
  const [open, setOpen] = useState<Open>();
  const { fresh, signInAgain } = useFreshness(info.freshUntil);
  const remove = useMutation({
    mutationFn: (id: string) => client.removeMethod({ params: { id } }),
    onSuccess: (after) => queries.setQueryData(securityInfoQuery.queryKey, after),
    onError: (failure) => notify.failed('Nothing was removed', failure),
  });
  const begin = (what: Open): void => (fresh ? setOpen(what) : signInAgain());
  const close = (): void => setOpen(undefined);
  const hasPassword = info.methods.some(({ kind }) => kind === 'password');
  return (
    <div className={styles.root}>
      {!fresh && (
        <MessageBar intent="info">
          <MessageBarBody>
            To change how you sign in, sign in again first: yours was a while ago.{' '}
            <Button size="small" onClick={signInAgain}>
              Sign in again
            </Button>
          </MessageBarBody>
        </MessageBar>
      )}
      <Section
        title="Ways to sign in"
        card
        actions={
          <>
            <Button size="small" disabled={passkeyObstacle() !== undefined} onClick={() => begin('passkey')}>
              Add a passkey
            </Button>
            <Button size="small" onClick={() => begin('authenticator')}>
              {hasPassword ? 'Change authenticator' : 'Add a password and authenticator'}
            </Button>
            {hasPassword && (
              <Button size="small" onClick={() => begin('password')}>
                Change password
              </Button>
            )}
          </>
        }
      >
        <ul className={styles.list}>
          {info.methods.map((method) => (
            <Line
              key={method.id}
              method={method}
              busy={remove.isPending}
              onRename={() => begin(method)}
              onRemove={() => (fresh ? remove.mutate(method.id) : signInAgain())}
            />
          ))}
        </ul>
      </Section>
      {hasPassword && (
        <Section
          title="Recovery codes"
          card
          actions={
            <Button size="small" onClick={() => begin('codes')}>
              {info.recoveryCodesLeft === 0 ? 'Make codes' : 'Make new codes'}
            </Button>
          }
        >
          <Text>
            {info.recoveryCodesLeft === 0
              ? 'None. Each stands once for a code of the authenticator, when that is lost.'
              : `${plural(info.recoveryCodesLeft, 'code')} left. Each stands once for a code of the authenticator.`}
          </Text>
        </Section>
      )}
      {open === 'passkey' && <PasskeyDialog onClose={close} />}
      {open === 'authenticator' && <AuthenticatorDialog withPassword={!hasPassword} onClose={close} />}
      {open === 'password' && <PasswordDialog onClose={close} />}
      {open === 'codes' && <RecoveryCodesDialog onClose={close} />}
      {typeof open === 'object' && <RenameDialog method={open} onClose={close} />}
    </div>
  );
}

/** The passkeys, the password and the authenticator of the person who is signed in. */
export function MethodsTab(): ReactElement {
  const { data, error, refetch } = useQuery(securityInfoQuery);
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <Loading rows={4} label="Loading your ways to sign in" />;
  return <Methods info={data} />;
}
