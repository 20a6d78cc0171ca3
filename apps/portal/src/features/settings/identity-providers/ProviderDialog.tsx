import { Button, Field, Input, makeStyles, Switch, Textarea } from '@fluentui/react-components';
import type { IdentityProvider } from '@sallyport/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client } from '../../../shared/api.ts';
import { FieldPair, FormDialog } from '../../../shared/FormDialog.tsx';
import { peopleQuery } from '../../../shared/people.ts';
import { ErrorState } from '../../../shared/States.tsx';
import { visible } from '../../../shared/text.ts';
import { useNotify } from '../../../shared/toast.tsx';
import { providersQuery } from '../queries.ts';
import { draftOf, emptyDraft, inputOf, type Draft } from './draft.ts';
import { Findings } from './Findings.tsx';

type Texts = { [K in keyof Draft]: Draft[K] extends string ? K : never }[keyof Draft];

const useStyles = makeStyles({ test: { whiteSpace: 'nowrap' } });

/** Adds an identity provider, or changes one. */
export function ProviderDialog(props: {
  provider: IdentityProvider | undefined;
  onClose: (id?: string) => void;
}): ReactElement {
  // prettier-ignore
  const { provider } = props;
  const styles = useStyles();
  const queries = useQueryClient();
  const notify = useNotify();
  const groups = useQuery(peopleQuery).data?.groups ?? [];
  const [typed, setTyped] = useState<Partial<Draft>>({});
  const draft: Draft = { ...(provider ? draftOf(provider, groups) : emptyDraft), ...typed };
  const made = inputOf(draft, groups, provider);
  const begun = draft.displayName.trim() !== '' && draft.issuer.trim() !== '' && draft.clientId.trim() !== '';
  const save = useMutation({
    mutationFn: () => {
      if ('fault' in made) throw new Error(made.fault);
      const body = made.input;
      return provider
        ? client.updateIdentityProvider({ params: { id: provider.id }, body })
        : client.createIdentityProvider({ body });
    },
    onSuccess: (saved) => {
      void queries.invalidateQueries({ queryKey: providersQuery.queryKey });
      notify.done(`${visible(saved.displayName)} is ${provider ? 'changed' : 'added'}`);
      props.onClose(saved.id);
    },
  });
  const test = useMutation({
    mutationFn: () => {
      if ('fault' in made) throw new Error(made.fault);
      return client.testIdentityProvider({ body: { settings: made.input.settings } });
    },
  });
  const field = (name: Texts, more: { placeholder?: string; type?: 'password'; max?: number } = {}) => (
    <Input
      value={draft[name]}
      maxLength={more.max ?? 512}
      type={more.type ?? 'text'}
      {...(more.type ? { autoComplete: 'off' } : {})}
      {...(more.placeholder === undefined ? {} : { placeholder: more.placeholder })}
      onChange={(_, { value }) => setTyped((before) => ({ ...before, [name]: value }))}
    />
  );
  const lines = (name: Texts, placeholder: string) => (
    <Textarea
      value={draft[name]}
      rows={2}
      resize="vertical"
      placeholder={placeholder}
      onChange={(_, { value }) => setTyped((before) => ({ ...before, [name]: value }))}
    />
  );
  const toggle = (name: 'createPeople' | 'linkPeople' | 'requireMultiFactor', label: string) => (
    <Switch
      label={label}
      checked={draft[name]}
      onChange={(_, { checked }) => setTyped((before) => ({ ...before, [name]: checked }))}
    />
  );
  const fault = begun && 'fault' in made ? made.fault : undefined;
  return (
    <FormDialog
      title={provider ? 'Change the identity provider' : 'New identity provider'}
      submit="Save"
      ready={begun && fault === undefined}
      busy={save.isPending}
      error={save.error}
      onSubmit={() => save.mutate()}
      onClose={() => props.onClose()}
      wide
      beside={
        <Button
          className={styles.test}
          disabled={!begun || fault !== undefined || test.isPending}
          onClick={() => test.mutate()}
        >
          {test.isPending ? 'Asking…' : 'Test connection'}
        </Button>
      }
    >
      <FieldPair>
        <Field label="Name" required hint="On the button of the sign-in page">
          {field('displayName', { max: 100 })}
        </Field>
        <Field label="Domains" hint="Names that belong there: contoso.com">
          {field('domains')}
        </Field>
      </FieldPair>
      <Field label="Issuer" required hint="As its discovery document says it; it can’t be changed later">
        {field('issuer', { placeholder: 'https://login.microsoftonline.com/<tenant id>/v2.0' })}
      </Field>
      <FieldPair>
        <Field label="Client ID" required>
          {field('clientId', { max: 256 })}
        </Field>
        <Field
          label="Client secret"
          hint={provider?.hasSecret === true ? 'There is one; empty: it stays' : 'Kept sealed, never shown again'}
        >
          {field('clientSecret', { type: 'password', max: 2_048 })}
        </Field>
      </FieldPair>
      <FieldPair>
        <Field label="Scopes">{field('scopes')}</Field>
        <Field label="Claim with the user name" hint="email counts only when it is verified">
          {field('userPrincipalName', { max: 128 })}
        </Field>
      </FieldPair>
      <FieldPair>
        <Field label="amr values that prove several factors">{field('amr')}</Field>
        <Field label="acr values that prove several factors">{field('acr')}</Field>
      </FieldPair>
      <div>
        {toggle('requireMultiFactor', 'Refuse who has shown one factor only')}
        {toggle('createPeople', 'Make a person at the first sign-in')}
        {toggle('linkPeople', 'Let a first sign-in take over a person here of the same name, but none with a role')}
      </div>
      <Field label="Claim with groups">{field('groupsClaim', { max: 128 })}</Field>
      <FieldPair>
        <Field label="Groups" hint="value = group here, one a line">
          {lines('groups', '0a1b… = Night shift')}
        </Field>
        <Field label="Roles" hint="value = role, one a line; the first that fits">
          {lines('roles', 'soc = Security Operator')}
        </Field>
      </FieldPair>
      {fault !== undefined && <Field validationState="error" validationMessage={fault} />}
      {test.error && <ErrorState error={test.error} title="It was not tested" />}
      {test.data && <Findings findings={test.data.findings} />}
    </FormDialog>
  );
}
