import { Button, Field, Input, Select } from '@fluentui/react-components';
import { cloudProviders, type CloudConnection } from '@sallyport/contracts';
import { useMutation } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { FormDialog } from '../../shared/FormDialog.tsx';
import { PersonPicker } from '../../shared/PersonPicker.tsx';
import { ErrorState } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import { useDo } from './queries.ts';

interface PartProps {
  readonly of: CloudConnection;
  readonly onClose: () => void;
}

/** Lets a role over a scope be assigned; which there are, the cloud is asked. */
export function CloudRoleDialog({ of, onClose }: PartProps): ReactElement {
  const facts = cloudProviders[of.settings.provider];
  const [scope, setScope] = useState('');
  const [roleId, setRoleId] = useState('');
  const [named, setNamed] = useState<string>();
  const params = { id: of.id };
  const ask = useMutation({
    mutationFn: () => client.listCloudRoleDefinitions({ params, body: { scope: scope.trim() } }),
    onSuccess: ({ definitions }) => setRoleId(definitions[0]?.id ?? ''),
  });
  const definitions = ask.data?.definitions ?? [];
  const proposed = `${definitions.find(({ id }) => id === roleId)?.name ?? ''} on ${scope.trim().split('/').at(-1) ?? ''}`;
  const name = named ?? (definitions.length > 0 ? proposed : '');
  const add = useDo(
    () => client.addCloudRole({ params, body: { name: name.trim(), roleId: roleId.trim(), scope: scope.trim() } }),
    ({ role }) => `${role.name} can be assigned`,
    onClose,
  );
  const isScope = facts.scope.pattern.test(scope.trim());
  return (
    <FormDialog
      title={`Add a role of ${visible(of.name)}`}
      submit="Add"
      wide
      ready={name.trim() !== '' && isScope && facts.role.pattern.test(roleId.trim())}
      busy={add.isPending}
      error={add.error}
      onSubmit={() => add.mutate(undefined)}
      onClose={onClose}
      beside={
        <Button disabled={!isScope || ask.isPending} onClick={() => ask.mutate()}>
          {ask.isPending ? 'Asking…' : 'Ask which roles there are'}
        </Button>
      }
    >
      <Field label={facts.scope.label} required hint={`Such as ${facts.scope.example}`}>
        <Input value={scope} maxLength={1_000} onChange={(_, { value }) => setScope(value)} />
      </Field>
      <Field label={facts.role.label} required>
        {definitions.length > 0 ? (
          <Select value={roleId} onChange={(_, { value }) => setRoleId(value)}>
            {definitions.map((one) => (
              <option key={one.id} value={one.id}>
                {visible(one.name)}
              </option>
            ))}
          </Select>
        ) : (
          <Input
            value={roleId}
            maxLength={256}
            placeholder={facts.role.example}
            onChange={(_, { value }) => setRoleId(value)}
          />
        )}
      </Field>
      <Field label="Name" required hint="As people see it">
        <Input value={name} maxLength={128} onChange={(_, { value }) => setNamed(value)} />
      </Field>
      {ask.error && <ErrorState title="The cloud did not say" error={ask.error} />}
    </FormDialog>
  );
}

/** Says who somebody is in the cloud. */
export function CloudIdentityDialog({ of, onClose }: PartProps): ReactElement {
  const facts = cloudProviders[of.settings.provider];
  const [who, setWho] = useState<string | null>(null);
  const [externalId, setExternalId] = useState('');
  const save = useDo(
    () => client.setCloudIdentity({ params: { id: of.id }, body: { principal: who ?? '', externalId } }),
    'Known there',
    onClose,
  );
  return (
    <FormDialog
      title={`Who is who in ${visible(of.name)}`}
      submit="Save"
      ready={who !== null && facts.principal.pattern.test(externalId.trim())}
      busy={save.isPending}
      error={save.error}
      onSubmit={() => save.mutate(undefined)}
      onClose={onClose}
    >
      <Field label="Who" required>
        <PersonPicker label="Who" value={who} onChange={setWho} />
      </Field>
      <Field label={facts.principal.label} required>
        <Input value={externalId} maxLength={256} onChange={(_, { value }) => setExternalId(value)} />
      </Field>
    </FormDialog>
  );
}
