import { Checkbox, Field, Input, makeStyles, MessageBar, MessageBarBody, Select } from '@fluentui/react-components';
import { AddRegular } from '@fluentui/react-icons';
import { permissions, type GrantedPermission } from '@sallyport/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client, useMe } from '../../shared/api.ts';
import { Copyable } from '../../shared/Copyable.tsx';
import { FormDialog } from '../../shared/FormDialog.tsx';
import { RefusableButton, useRefusal } from '../../shared/Refusable.tsx';
import { SecretDialog } from '../../shared/SecretDialog.tsx';
import { WorkspaceField } from '../../shared/WorkspaceField.tsx';

const useStyles = makeStyles({
  scopes: { display: 'flex', flexDirection: 'column' },
});

const DAYS = [7, 30, 90, 180, 365];

/** Makes an API token and shows its secret, once. */
export function CreateToken(): ReactElement {
  const styles = useStyles();
  const me = useMe();
  const why = useRefusal('createToken');
  const queries = useQueryClient();
  const [open, setOpen] = useState(false);
  const [name, setName] = useState('');
  const [days, setDays] = useState(90);
  const [workspace, setWorkspace] = useState<string | null>(null);
  const [scopes, setScopes] = useState<readonly GrantedPermission[]>([]);
  const create = useMutation({
    mutationFn: () =>
      client.createToken({
        body: {
          name: name.trim(),
          scopes: [...scopes],
          expiresInDays: days,
          ...(workspace === null ? {} : { workspaceId: workspace }),
        },
      }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['tokens'] }),
  });
  const onOpen = (next: boolean): void => {
    setOpen(next);
    if (!next) return;
    setName('');
    setScopes([]);
    setWorkspace(null);
    create.reset();
  };
  const toggle = (scope: GrantedPermission): void =>
    setScopes((before) => (before.includes(scope) ? before.filter((one) => one !== scope) : [...before, scope]));
  const close = (): void => onOpen(false);
  const made = create.data;
  return (
    <>
      <RefusableButton why={why} appearance="primary" size="small" icon={<AddRegular />} onClick={() => onOpen(true)}>
        New token
      </RefusableButton>
      {open && made && (
        <SecretDialog title="Copy the secret now" done="I have it" onClose={close}>
          <MessageBar intent="warning" layout="multiline">
            <MessageBarBody>
              It is shown this once and kept nowhere; a lost one is replaced by a new token.
            </MessageBarBody>
          </MessageBar>
          <Copyable text={made.secret} label="secret" />
          {made.sharedKey !== undefined && (
            <Field label="Shared key" hint={`Signs webhooks, and calls of the workspace ${made.token.id}`}>
              <Copyable text={made.sharedKey} label="shared key" />
            </Field>
          )}
        </SecretDialog>
      )}
      {open && !made && (
        <FormDialog
          title="New API token"
          submit="Make token"
          ready={name.trim() !== '' && scopes.length > 0}
          busy={create.isPending}
          error={create.error}
          failed="No token was made"
          onSubmit={() => create.mutate()}
          onClose={close}
        >
          <Field label="Name" required hint="What uses it, so that it can be told apart">
            <Input value={name} maxLength={64} onChange={(_, data) => setName(data.value)} />
          </Field>
          <Field label="What it may do" required hint="As little as its work needs">
            <div className={styles.scopes}>
              {me.permissions.map((scope) => (
                <Checkbox
                  key={scope}
                  label={`${permissions[scope].name} (${permissions[scope].level.toLowerCase()}): ${permissions[scope].lets}`}
                  checked={scopes.includes(scope)}
                  onChange={() => toggle(scope)}
                />
              ))}
            </div>
          </Field>
          <Field label="Good for">
            <Select value={String(days)} onChange={(_, data) => setDays(Number(data.value))}>
              {DAYS.map((one) => (
                <option key={one} value={one}>
                  {one} days
                </option>
              ))}
            </Select>
          </Field>
          {scopes.includes('data.ingest') && (
            <WorkspaceField label="Its logs go to" value={workspace} onChange={setWorkspace} />
          )}
        </FormDialog>
      )}
    </>
  );
}
