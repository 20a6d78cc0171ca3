import { Field, Input, Select, Textarea } from '@fluentui/react-components';
import { cloudProviders } from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { FieldPair, FormDialog } from '../../shared/FormDialog.tsx';
import { PersonPicker } from '../../shared/PersonPicker.tsx';
import { visible } from '../../shared/text.ts';
import { cloudsQuery, policiesQuery, useDo } from './queries.ts';

const daysOf = [1, 7, 30, 90, 180, 365];

/** Makes somebody eligible for a role, in a cloud too, or gives it to them. */
export function AssignDialog({ onClose }: { onClose: () => void }): ReactElement {
  const { data } = useQuery(policiesQuery);
  const [who, setWho] = useState<string | null>(null);
  const [chosen, choose] = useState('');
  const [kind, setKind] = useState<'eligible' | 'active'>('eligible');
  const [days, setDays] = useState(90);
  const [startAt, setStartAt] = useState('');
  const [justification, setJustification] = useState('');
  const [externalId, setExternalId] = useState<string>();
  const policies = data?.policies ?? [];
  const policy = policies.find(({ id }) => id === chosen) ?? policies[0];
  const clouds = useQuery({ ...cloudsQuery, enabled: policy?.target.type === 'cloudRole' });
  const cloud = clouds.data?.connections.find(({ roles }) => roles.some(({ id }) => id === policy?.target.id));
  const there = cloud?.identities.find(({ name }) => name.toLowerCase() === who?.toLowerCase())?.externalId ?? '';
  const external = (externalId ?? there).trim();
  const principalFacts = cloud && cloudProviders[cloud.settings.provider].principal;
  const assign = useDo(
    async () => {
      if (cloud && external !== there)
        await client.setCloudIdentity({
          params: { id: cloud.id },
          body: { principal: who ?? '', externalId: external },
        });
      return client.managePrivilegedAccess({
        body: {
          action: 'adminAssign',
          kind,
          target: policy?.target ?? { type: 'role', id: '', access: '' },
          principal: who ?? '',
          justification: justification.trim(),
          ...(startAt === '' ? {} : { startAt: new Date(startAt).toISOString() }),
          expiration: days === 0 ? { type: 'noExpiration' } : { type: 'afterDuration', duration: `P${days}D` },
        },
      });
    },
    ({ request }) => `${request.principal.displayName} is ${kind === 'eligible' ? 'eligible' : 'assigned'}`,
    onClose,
  );
  return (
    <FormDialog
      title="Assign"
      submit="Assign"
      ready={who !== null && policy !== undefined && (!principalFacts || principalFacts.pattern.test(external))}
      busy={assign.isPending}
      error={assign.error}
      failed="Nobody was assigned"
      onSubmit={() => assign.mutate(undefined)}
      onClose={onClose}
    >
      <Field label="Who" required>
        <PersonPicker label="Who" value={who} onChange={setWho} />
      </Field>
      <FieldPair>
        <Field label="Role">
          <Select value={policy?.id ?? ''} onChange={(_, { value }) => choose(value)}>
            {policies.map(({ id, targetName }) => (
              <option key={id} value={id}>
                {visible(targetName)}
              </option>
            ))}
          </Select>
        </Field>
        <Field label="State" hint={kind === 'eligible' ? 'Activated when it is needed' : 'In force by itself'}>
          <Select value={kind} onChange={(_, { value }) => setKind(value === 'active' ? 'active' : 'eligible')}>
            <option value="eligible">Eligible</option>
            <option value="active">Active</option>
          </Select>
        </Field>
        <Field label="For">
          <Select value={String(days)} onChange={(_, { value }) => setDays(Number(value))}>
            {daysOf.map((one) => (
              <option key={one} value={one}>
                {one === 1 ? '1 day' : `${one} days`}
              </option>
            ))}
            <option value="0">No end</option>
          </Select>
        </Field>
        <Field label="From" hint="Empty: at once">
          <Input type="datetime-local" value={startAt} onChange={(_, data) => setStartAt(data.value)} />
        </Field>
      </FieldPair>
      {cloud && principalFacts && (
        <Field label={principalFacts.label} required hint={`Who this is in ${visible(cloud.name)}`}>
          <Input value={externalId ?? there} maxLength={256} onChange={(_, data) => setExternalId(data.value)} />
        </Field>
      )}
      <Field label="Justification">
        <Textarea value={justification} maxLength={2_048} onChange={(_, data) => setJustification(data.value)} />
      </Field>
    </FormDialog>
  );
}
