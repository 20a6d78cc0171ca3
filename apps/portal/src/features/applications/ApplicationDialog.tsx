import { Button, Field, Input, Radio, RadioGroup, Textarea } from '@fluentui/react-components';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRef, useState, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { FormDialog } from '../../shared/FormDialog.tsx';
import { visible } from '../../shared/text.ts';
import { useNotify } from '../../shared/toast.tsx';

const kinds = {
  web: 'A web application with a server',
  spa: 'A page in the browser, without a server of its own',
  publicClient: 'A program on a device or a phone',
  saml: 'An application that speaks SAML 2.0',
} as const;
type Kind = keyof typeof kinds;
/** As long as the server takes. */
const metadataMax = 524_288;

/** Registers an application of one kind, with the addresses that it is answered at. */
export function ApplicationDialog(props: { onClose: () => void; onDone: (id: string) => void }): ReactElement {
  const notify = useNotify();
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const [kind, setKind] = useState<Kind>('web');
  const [uris, setUris] = useState('');
  const [metadataUrl, setMetadataUrl] = useState('');
  const [metadata, setMetadata] = useState('');
  const file = useRef<HTMLInputElement>(null);
  const save = useMutation({
    mutationFn: async () => {
      if (kind === 'saml') {
        const source = metadata.trim() === '' ? { url: metadataUrl.trim() } : { xml: metadata };
        const settings = await client.readSamlMetadata({ body: source });
        const { id } = await client.createSamlApplication({ body: { displayName: name, settings } });
        return client.getApplication({ params: { id } });
      }
      const redirectUris = uris.split(/\s+/).filter((uri) => uri !== '');
      const fallback = kind === 'publicClient' && redirectUris.length === 0 ? { isFallbackPublicClient: true } : {};
      return client.createApplication({ body: { displayName: name, [kind]: { redirectUris }, ...fallback } });
    },
    onSuccess: ({ id, body }) => {
      void queries.invalidateQueries({ queryKey: ['applications'] });
      notify.done(`${visible(body.displayName)} is registered`);
      props.onDone(id);
    },
  });
  return (
    <FormDialog
      title="New application"
      submit="Register"
      ready={name.trim() !== '' && (kind !== 'saml' || metadata.trim() !== '' || metadataUrl.trim() !== '')}
      busy={save.isPending}
      error={save.error}
      onSubmit={() => save.mutate()}
      onClose={props.onClose}
      wide
    >
      <Field label="Name" required hint="People see it when they sign in">
        <Input value={name} maxLength={256} onChange={(_, { value }) => setName(value)} />
      </Field>
      <Field label="What it is">
        <RadioGroup value={kind} onChange={(_, { value }) => setKind(value as Kind)}>
          {Object.entries(kinds).map(([value, label]) => (
            <Radio key={value} value={value} label={label} />
          ))}
        </RadioGroup>
      </Field>
      {kind === 'saml' ? (
        <>
          <Field label="Address of its metadata" hint="Read now and once; https only">
            <Input
              value={metadataUrl}
              maxLength={2_048}
              placeholder="https://app.example.org/saml/metadata"
              onChange={(_, { value }) => setMetadataUrl(value)}
            />
          </Field>
          <Field label="Or the metadata itself">
            <Textarea
              value={metadata}
              rows={4}
              placeholder="<EntityDescriptor …>"
              onChange={(_, { value }) => setMetadata(value)}
            />
          </Field>
          <div>
            <Button onClick={() => file.current?.click()}>Upload a file</Button>
            <input
              ref={file}
              type="file"
              hidden
              accept=".xml,text/xml,application/xml,application/samlmetadata+xml"
              aria-label="Metadata file"
              onChange={({ currentTarget }) =>
                void currentTarget.files?.[0]?.text().then((text) => setMetadata(text.slice(0, metadataMax)))
              }
            />
          </div>
        </>
      ) : (
        <Field label="Redirect URIs" hint="One a line, exactly as the application sends them. Empty for device codes">
          <Textarea
            value={uris}
            rows={3}
            placeholder="https://app.example.org/callback"
            onChange={(_, { value }) => setUris(value)}
          />
        </Field>
      )}
    </FormDialog>
  );
}
