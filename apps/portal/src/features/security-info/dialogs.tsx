import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Field,
  Input,
  makeStyles,
  Text,
  tokens,
} from '@fluentui/react-components';
import type { AuthenticationMethod, SecurityInfo } from '@sallyport/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { AuthenticatorFields, isCode, isPassword, NewPasswordField } from '../../shared/AuthenticatorFields.tsx';
import { CopyButton } from '../../shared/Copyable.tsx';
import { FormDialog } from '../../shared/FormDialog.tsx';
import { makePasskey } from '../../shared/passkey.ts';
import { ErrorState, Loading } from '../../shared/States.tsx';
import { securityInfoQuery } from './queries.ts';

const useStyles = makeStyles({
  codes: {
    display: 'grid',
    gridTemplateColumns: '1fr 1fr',
    gap: tokens.spacingVerticalXS,
    fontFamily: tokens.fontFamilyMonospace,
    margin: `${tokens.spacingVerticalM} 0`,
  },
});

interface Closing {
  readonly onClose: () => void;
}

/** A change of one's security info: what is answered is shown at once, and the dialog closes. */
function useChange(mutationFn: () => Promise<SecurityInfo>, onClose: () => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn,
    onSuccess: (after) => {
      queries.setQueryData(securityInfoQuery.queryKey, after);
      onClose();
    },
  });
}

function NameField({ name, onChange }: { name: string; onChange: (name: string) => void }): ReactElement {
  return (
    <Field label="Name" required hint="By which you tell it from others: this laptop, blue key">
      <Input value={name} maxLength={64} onChange={(_, data) => onChange(data.value)} />
    </Field>
  );
}

export function PasskeyDialog({ onClose }: Closing): ReactElement {
  const [name, setName] = useState('');
  const add = useChange(async () => {
    const { challengeId, options } = await client.startPasskey();
    return client.addPasskey({ body: { challengeId, credential: await makePasskey(options), name: name.trim() } });
  }, onClose);
  return (
    <FormDialog
      title="Add a passkey"
      submit={add.isPending ? 'Waiting for the passkey…' : 'Make a passkey'}
      ready={name.trim() !== ''}
      busy={add.isPending}
      error={add.error}
      failed="No passkey was made"
      onSubmit={() => add.mutate()}
      onClose={onClose}
    >
      <Text>A passkey lives in this device, a phone or a security key. It cannot be guessed, phished or reused.</Text>
      <NameField name={name} onChange={setName} />
    </FormDialog>
  );
}

export function RenameDialog({ method, onClose }: Closing & { method: AuthenticationMethod }): ReactElement {
  const [name, setName] = useState(method.name);
  const rename = useChange(
    () => client.renamePasskey({ params: { id: method.id }, body: { name: name.trim() } }),
    onClose,
  );
  return (
    <FormDialog
      title="Name the passkey"
      submit="Save"
      ready={name.trim() !== ''}
      busy={rename.isPending}
      error={rename.error}
      onSubmit={() => rename.mutate()}
      onClose={onClose}
    >
      <NameField name={name} onChange={setName} />
    </FormDialog>
  );
}

export function PasswordDialog({ onClose }: Closing): ReactElement {
  const [password, setPassword] = useState('');
  const change = useChange(() => client.changePassword({ body: { password } }), onClose);
  return (
    <FormDialog
      title="Change the password"
      submit="Change"
      ready={isPassword(password)}
      busy={change.isPending}
      error={change.error}
      failed="The password was not changed"
      onSubmit={() => change.mutate()}
      onClose={onClose}
    >
      <NewPasswordField label="New password" password={password} onChange={setPassword} />
      <Text>Your other sessions end.</Text>
    </FormDialog>
  );
}

export function AuthenticatorDialog({ withPassword, onClose }: Closing & { withPassword: boolean }): ReactElement {
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const { data, error } = useQuery({
    queryKey: ['startAuthenticator'],
    queryFn: () => client.startAuthenticator(),
    staleTime: Infinity,
    gcTime: 0,
    retry: false,
  });
  const save = useChange(
    () =>
      client.setPasswordAndAuthenticator({
        body: { challengeId: data?.challengeId ?? '', totpCode: code.trim(), ...(withPassword ? { password } : {}) },
      }),
    onClose,
  );
  const ready = data !== undefined && isCode(code) && (!withPassword || isPassword(password));
  return (
    <FormDialog
      title={withPassword ? 'Add a password and an authenticator' : 'Use another authenticator'}
      submit="Save"
      ready={ready}
      busy={save.isPending}
      error={save.error}
      onSubmit={() => save.mutate()}
      onClose={onClose}
    >
      {withPassword && <NewPasswordField label="New password" password={password} onChange={setPassword} />}
      {error && <ErrorState error={error} />}
      {!data && !error && <Loading rows={4} label="Making a secret" />}
      <AuthenticatorFields totp={data?.totp} code={code} onCode={setCode} />
    </FormDialog>
  );
}

export function RecoveryCodesDialog({ onClose }: Closing): ReactElement {
  const styles = useStyles();
  const queries = useQueryClient();
  const make = useMutation({
    mutationFn: () => client.makeRecoveryCodes(),
    onSuccess: () => void queries.invalidateQueries({ queryKey: securityInfoQuery.queryKey }),
  });
  if (!make.data)
    return (
      <FormDialog
        title="Make recovery codes"
        submit="Make codes"
        ready
        busy={make.isPending}
        error={make.error}
        failed="No codes were made"
        onSubmit={() => make.mutate()}
        onClose={onClose}
      >
        <Text>Ten codes are shown once. Codes made before are worth nothing from then on.</Text>
      </FormDialog>
    );
  const { codes } = make.data;
  return (
    <Dialog open modalType="alert">
      <DialogSurface>
        <DialogBody>
          <DialogTitle action={<CopyButton text={codes.join('\n')} label="codes" />}>Recovery codes</DialogTitle>
          <DialogContent>
            <Text>Print them or keep them where you keep passwords. They are not shown again.</Text>
            <div className={styles.codes}>
              {codes.map((code) => (
                <span key={code}>{code}</span>
              ))}
            </div>
          </DialogContent>
          <DialogActions>
            <Button appearance="primary" onClick={onClose}>
              I have kept them
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
