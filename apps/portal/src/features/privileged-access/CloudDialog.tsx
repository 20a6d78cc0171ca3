import { Field, Input } from '@fluentui/react-components';
import { cloudProviders, CloudSettings, type CloudConnection, type CloudProvider } from '@sallyport/contracts';
import { useState, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { ChooseOne } from '../../shared/choices.tsx';
import { FieldPair, FormDialog } from '../../shared/FormDialog.tsx';
import { fieldsOf, type SettingField } from './cloudFields.ts';
import { useDo } from './queries.ts';

const providers: readonly CloudProvider[] = ['azure'];

/** Connects a cloud, or changes how. */
export function CloudDialog({ of, onClose }: { of?: CloudConnection; onClose: () => void }): ReactElement {
  const [provider, setProvider] = useState<CloudProvider>(of?.settings.provider ?? 'azure');
  const [name, setName] = useState(of?.name ?? '');
  const [values, setValues] = useState<Readonly<Record<string, string>>>(of?.settings ?? {});
  const [secret, setSecret] = useState('');
  const fields = fieldsOf[provider];
  const valueOf = ({ key, initial = '' }: SettingField): string => values[key] ?? initial;
  const settings = CloudSettings.safeParse({
    provider,
    ...Object.fromEntries(fields.map((field) => [field.key, valueOf(field).trim()])),
  });
  const wrong = new Set(settings.success ? [] : settings.error.issues.map(({ path }) => String(path[0])));
  const save = useDo(
    async () => {
      if (!settings.success) throw settings.error;
      const body = { name: name.trim(), settings: settings.data };
      return of
        ? client.updateCloudConnection({
            params: { id: of.id },
            body: { ...body, ...(secret === '' ? {} : { secret }) },
          })
        : client.createCloudConnection({ body: { ...body, secret } });
    },
    ({ connection }) => `${connection.name} is ${of ? 'changed' : 'connected'}`,
    onClose,
  );
  return (
    <FormDialog
      title={of ? `Change ${of.name}` : 'Connect a cloud'}
      submit={of ? 'Save' : 'Connect'}
      wide
      ready={name.trim() !== '' && settings.success && (of !== undefined || secret !== '')}
      busy={save.isPending}
      error={save.error}
      onSubmit={() => save.mutate(undefined)}
      onClose={onClose}
    >
      <FieldPair>
        <Field label="Name" required>
          <Input value={name} maxLength={128} onChange={(_, { value }) => setName(value)} />
        </Field>
        <ChooseOne
          label="Cloud"
          options={providers}
          labelOf={(one) => cloudProviders[one].name}
          value={provider}
          disabled={of !== undefined}
          onChange={setProvider}
        />
        {fields.map((field) => (
          <Field
            key={field.key}
            label={field.label}
            required
            {...(wrong.has(field.key) && valueOf(field) !== '' ? { validationMessage: 'It is none of these' } : {})}
          >
            <Input
              value={valueOf(field)}
              maxLength={500}
              onChange={(_, { value }) => setValues((before) => ({ ...before, [field.key]: value }))}
            />
          </Field>
        ))}
      </FieldPair>
      <Field
        label={cloudProviders[provider].secret}
        required={of === undefined}
        hint={
          of
            ? 'Empty: it stays. It is asked for when anything above but the name changes.'
            : 'It is sealed, and never shown again.'
        }
      >
        <Input
          type="password"
          autoComplete="off"
          value={secret}
          maxLength={4_096}
          onChange={(_, { value }) => setSecret(value)}
        />
      </Field>
    </FormDialog>
  );
}
