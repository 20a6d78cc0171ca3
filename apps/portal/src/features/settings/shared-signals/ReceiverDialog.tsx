import { Dropdown, Field, Input, Option, Radio, RadioGroup } from '@fluentui/react-components';
import { SignalReceiverWish } from '@sallyport/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client } from '../../../shared/api.ts';
import { FormDialog } from '../../../shared/FormDialog.tsx';
import { signalReceiversQuery } from '../queries.ts';

const attributes: Readonly<Record<SignalReceiverWish['subjectAttribute'], string>> = {
  userPrincipalName: 'User principal name',
  mail: 'Mail',
  id: 'ID',
  externalId: 'External ID',
};

/** Takes the signals of another system from now on. */
export function ReceiverDialog({ onClose }: { onClose: (id?: string) => void }): ReactElement {
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const [issuer, setIssuer] = useState('');
  const [audience, setAudience] = useState('');
  const [delivery, setDelivery] = useState<SignalReceiverWish['delivery']>('push');
  const [pollUrl, setPollUrl] = useState('');
  const [authorization, setAuthorization] = useState('');
  const [subjectAttribute, setSubjectAttribute] = useState<SignalReceiverWish['subjectAttribute']>('userPrincipalName');
  const wish = SignalReceiverWish.safeParse({
    name,
    issuer: issuer.trim(),
    audience: audience.trim(),
    delivery,
    subjectAttribute,
    ...(delivery === 'poll' ? { pollUrl: pollUrl.trim() } : {}),
    ...(delivery === 'poll' && authorization !== '' ? { authorization } : {}),
  });
  const save = useMutation({
    mutationFn: (body: SignalReceiverWish) => client.createSignalReceiver({ body }),
    onSuccess: ({ id }) => {
      void queries.invalidateQueries({ queryKey: signalReceiversQuery.queryKey });
      onClose(id);
    },
  });
  return (
    <FormDialog
      title="Take the signals of a transmitter"
      submit="Take them"
      ready={wish.success}
      busy={save.isPending}
      error={save.error}
      onSubmit={() => wish.success && save.mutate(wish.data)}
      onClose={() => onClose()}
    >
      <Field label="Name" required>
        <Input value={name} maxLength={64} onChange={(_, data) => setName(data.value)} />
      </Field>
      <Field label="Issuer" required hint="Its configuration is read at /.well-known/ssf-configuration of it">
        <Input type="url" value={issuer} maxLength={512} onChange={(_, data) => setIssuer(data.value)} />
      </Field>
      <Field label="Audience" required hint="What it calls Sallyport: the aud of its events">
        <Input value={audience} maxLength={512} onChange={(_, data) => setAudience(data.value)} />
      </Field>
      <Field label="How they come">
        <RadioGroup
          layout="horizontal"
          value={delivery}
          onChange={(_, { value }) => setDelivery(value === 'poll' ? 'poll' : 'push')}
        >
          <Radio value="push" label="It sends them" />
          <Radio value="poll" label="We ask for them" />
        </RadioGroup>
      </Field>
      {delivery === 'poll' && (
        <>
          <Field label="Address that is asked" required>
            <Input type="url" value={pollUrl} maxLength={1_024} onChange={(_, data) => setPollUrl(data.value)} />
          </Field>
          <Field label="Authorization" hint="The header as it is sent, kept sealed: Bearer …">
            <Input
              type="password"
              autoComplete="off"
              value={authorization}
              maxLength={4_096}
              onChange={(_, data) => setAuthorization(data.value)}
            />
          </Field>
        </>
      )}
      <Field label="Its subjects are" hint="What sub and id are of people here">
        <Dropdown
          value={attributes[subjectAttribute]}
          selectedOptions={[subjectAttribute]}
          onOptionSelect={(_, { optionValue }) => {
            const known = SignalReceiverWish.shape.subjectAttribute.safeParse(optionValue);
            if (known.success) setSubjectAttribute(known.data);
          }}
        >
          {Object.entries(attributes).map(([value, label]) => (
            <Option key={value} value={value}>
              {label}
            </Option>
          ))}
        </Dropdown>
      </Field>
    </FormDialog>
  );
}
