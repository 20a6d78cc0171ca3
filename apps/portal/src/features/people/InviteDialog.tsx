import { Dropdown, Field, Input, Option } from '@fluentui/react-components';
import { roleNames, RoleNameOrNone, type Invitation } from '@sallyport/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { FieldPair, FormDialog } from '../../shared/FormDialog.tsx';
import { OneTimeSecret } from './OneTimeSecret.tsx';

/** Makes a person, and shows the link by which they set up how they sign in. */
export function InviteDialog({ onClose }: { onClose: () => void }): ReactElement {
  const queries = useQueryClient();
  const [displayName, setDisplayName] = useState('');
  const [userPrincipalName, setName] = useState('');
  const [role, setRole] = useState('Security Reader');
  const [department, setDepartment] = useState('');
  const [jobTitle, setJobTitle] = useState('');
  const [invitation, setInvitation] = useState<Invitation>();
  const invite = useMutation({
    mutationFn: () =>
      client.invitePerson({
        body: {
          displayName: displayName.trim(),
          userPrincipalName: userPrincipalName.trim(),
          role: RoleNameOrNone.parse(role),
          attributes: {
            ...(department.trim() === '' ? {} : { department: department.trim() }),
            ...(jobTitle.trim() === '' ? {} : { jobTitle: jobTitle.trim() }),
          },
        },
      }),
    onSuccess: (made) => {
      void queries.invalidateQueries({ queryKey: ['directory'] });
      setInvitation(made.invitation);
    },
  });
  if (invitation)
    return (
      <OneTimeSecret
        title={`The invitation of ${displayName.trim()}`}
        text={invitation.url}
        label="link"
        expiresAt={invitation.expiresAt}
        onClose={onClose}
      />
    );
  const ready = displayName.trim() !== '' && /^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(userPrincipalName.trim());
  return (
    <FormDialog
      title="Invite somebody"
      submit="Invite"
      ready={ready}
      busy={invite.isPending}
      error={invite.error}
      failed="Nobody was invited"
      onSubmit={() => invite.mutate()}
      onClose={onClose}
    >
      <Field label="Name" required>
        <Input value={displayName} maxLength={128} onChange={(_, data) => setDisplayName(data.value)} />
      </Field>
      <Field label="User name" required hint="name@domain; they sign in with it">
        <Input type="email" value={userPrincipalName} onChange={(_, data) => setName(data.value)} />
      </Field>
      <Field label="Role" hint="What they may do here">
        <RolePicker role={role} onChange={setRole} />
      </Field>
      <FieldPair>
        <Field label="Department">
          <Input value={department} onChange={(_, data) => setDepartment(data.value)} />
        </Field>
        <Field label="Job title">
          <Input value={jobTitle} onChange={(_, data) => setJobTitle(data.value)} />
        </Field>
      </FieldPair>
    </FormDialog>
  );
}

function RolePicker(props: { role: string; onChange: (role: string) => void }): ReactElement {
  return (
    <Dropdown
      aria-label="Role"
      value={props.role || 'None'}
      selectedOptions={[props.role]}
      onOptionSelect={(_, { optionValue }) => props.onChange(optionValue ?? '')}
    >
      <Option value="">None</Option>
      {roleNames.map((name) => (
        <Option key={name} value={name}>
          {name}
        </Option>
      ))}
    </Dropdown>
  );
}
