import {
  Button,
  Checkbox,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  DialogTrigger,
  Field,
  Input,
  makeStyles,
  MessageBar,
  MessageBarBody,
  Select,
  tokens,
} from '@fluentui/react-components';
import { AddRegular } from '@fluentui/react-icons';
import { permissions, type GrantedPermission } from '@sallyport/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client, useMe } from '../../shared/api.ts';
import { Copyable } from '../../shared/Copyable.tsx';
import { ErrorState } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import { workspacesQuery } from '../../shared/workspaces.ts';

const useStyles = makeStyles({
  form: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM },
  scopes: { display: 'flex', flexDirection: 'column' },
});

const DAYS = [7, 30, 90, 180, 365];

/** Makes an API token and shows its secret, once. */
export function CreateToken(): ReactElement {
  const styles = useStyles();
  const me = useMe();
  const queries = useQueryClient();
  const [open, setOpen] = useState(false);
  const [name, setName] = useState('');
  const [days, setDays] = useState(90);
  const [workspace, setWorkspace] = useState<string>();
  const all = useQuery({ ...workspacesQuery, enabled: open }).data?.workspaces ?? [];
  const [scopes, setScopes] = useState<readonly GrantedPermission[]>([]);
  const create = useMutation({
    mutationFn: () =>
      client.createToken({
        body: {
          name: name.trim(),
          scopes: [...scopes],
          expiresInDays: days,
          ...(workspace === undefined ? {} : { workspaceId: workspace }),
        },
      }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['tokens'] }),
  });
  const onOpen = (next: boolean): void => {
    setOpen(next);
    if (!next) return;
    setName('');
    setScopes([]);
    setWorkspace(undefined);
    create.reset();
  };
  const toggle = (scope: GrantedPermission): void =>
    setScopes((before) => (before.includes(scope) ? before.filter((one) => one !== scope) : [...before, scope]));
  const ready = name.trim() !== '' && scopes.length > 0 && !create.isPending;
  return (
    <Dialog open={open} onOpenChange={(_, data) => onOpen(data.open)} modalType={create.data ? 'alert' : 'modal'}>
      <DialogTrigger disableButtonEnhancement>
        <Button appearance="primary" size="small" icon={<AddRegular />}>
          New token
        </Button>
      </DialogTrigger>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{create.data ? 'Copy the secret now' : 'New API token'}</DialogTitle>
          {create.data ? (
            <DialogContent className={styles.form}>
              <MessageBar intent="warning" layout="multiline">
                <MessageBarBody>
                  It is shown this once and kept nowhere; a lost one is replaced by a new token.
                </MessageBarBody>
              </MessageBar>
              <Copyable text={create.data.secret} label="secret" />
              {create.data.sharedKey !== undefined && (
                <Field label="Shared key" hint={`Signs webhooks, and calls of the workspace ${create.data.token.id}`}>
                  <Copyable text={create.data.sharedKey} label="shared key" />
                </Field>
              )}
            </DialogContent>
          ) : (
            <DialogContent className={styles.form}>
              <Field label="Name" required hint="What uses it, so that it can be told apart">
                <Input value={name} maxLength={64} onChange={(_, data) => setName(data.value)} />
              </Field>
              <Field label="What it may do" required hint="As little as its work needs">
                <div className={styles.scopes}>
                  {me.permissions.map((scope) => (
                    <Checkbox
                      key={scope}
                      label={permissions[scope]}
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
              {all.length > 1 && scopes.includes('data.ingest') && (
                <Field label="Its logs go to">
                  <Select value={workspace ?? all[0]?.id ?? ''} onChange={(_, data) => setWorkspace(data.value)}>
                    {all.map((one) => (
                      <option key={one.id} value={one.id}>
                        {visible(one.name)}
                      </option>
                    ))}
                  </Select>
                </Field>
              )}
              {create.error && <ErrorState error={create.error} title="No token was made" />}
            </DialogContent>
          )}
          <DialogActions>
            {create.data ? (
              <Button appearance="primary" onClick={() => onOpen(false)}>
                I have it
              </Button>
            ) : (
              <>
                <Button onClick={() => onOpen(false)}>Cancel</Button>
                <Button appearance="primary" disabled={!ready} onClick={() => create.mutate()}>
                  Make token
                </Button>
              </>
            )}
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
