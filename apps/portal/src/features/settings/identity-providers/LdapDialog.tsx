import { Button, Field, Input, makeStyles, Select, Switch, Textarea } from '@fluentui/react-components';
import { LdapDirectoryInput, type LdapDirectory } from '@sallyport/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client } from '../../../shared/api.ts';
import { FieldPair, FormDialog } from '../../../shared/FormDialog.tsx';
import { ErrorState } from '../../../shared/States.tsx';
import { visible } from '../../../shared/text.ts';
import { useNotify } from '../../../shared/toast.tsx';
import { ldapQuery } from '../queries.ts';
import { Findings } from './Findings.tsx';

const encryptions = {
  ldaps: 'LDAPS: encrypted from the start',
  startTls: 'StartTLS: encrypted before anything is said',
  none: 'None: passwords can be read on the line',
} as const;
type Encryption = keyof typeof encryptions;
const isEncryption = (value: string): value is Encryption => Object.hasOwn(encryptions, value);

/** Attributes as Active Directory has them, where they differ from OpenLDAP's. */
const activeDirectory = {
  attributes: {
    id: 'objectGUID',
    userPrincipalName: 'userPrincipalName',
    displayName: 'displayName',
    accountName: 'sAMAccountName',
    department: 'department',
    modified: 'whenChanged',
  },
  peopleFilter: '(&(objectCategory=person)(objectClass=user))',
  disabledFilter: '(userAccountControl:1.2.840.113556.1.4.803:=2)',
  groupsFilter: '(objectClass=group)',
} as const;
const openLdap = {
  attributes: {},
  peopleFilter: '(objectClass=inetOrgPerson)',
  disabledFilter: '',
  groupsFilter: '(objectClass=groupOfNames)',
} as const;

type Texts = 'displayName' | 'host' | 'port' | 'domains' | 'bindDn' | 'bindPassword' | 'peopleBase' | 'peopleFilter' | 'disabledFilter' | 'groupsBase' | 'groupsFilter' | 'authorities' | 'deletionLimitPercent'; // prettier-ignore
const empty: Readonly<Record<Texts, string>> = {
  displayName: '',
  host: '',
  port: '636',
  domains: '',
  bindDn: '',
  bindPassword: '',
  peopleBase: '',
  peopleFilter: openLdap.peopleFilter,
  disabledFilter: '',
  groupsBase: '',
  groupsFilter: openLdap.groupsFilter,
  authorities: '',
  deletionLimitPercent: '10',
};
const textsOf = ({ displayName, domains, deletionLimitPercent, settings }: LdapDirectory): typeof empty => ({
  ...empty,
  ...settings,
  displayName,
  domains: domains.join(' '),
  port: String(settings.port),
  deletionLimitPercent: String(deletionLimitPercent),
});

const useStyles = makeStyles({ test: { whiteSpace: 'nowrap' } });

/** Adds an LDAP directory, or changes one. */
export function LdapDialog(props: { directory: LdapDirectory | undefined; onClose: () => void }): ReactElement {
  const { directory } = props;
  const styles = useStyles();
  const queries = useQueryClient();
  const notify = useNotify();
  const [typed, setTyped] = useState(directory ? textsOf(directory) : empty);
  const [encryption, setEncryption] = useState<Encryption>(directory?.settings.encryption ?? 'ldaps');
  const [attributes, setAttributes] = useState<object>(directory?.settings.attributes ?? {});
  const [signIn, setSignIn] = useState(directory?.signIn ?? true);
  const [sync, setSync] = useState(directory?.sync ?? true);
  const { bindPassword, displayName, domains, deletionLimitPercent, ...settings } = typed;
  const parsed = LdapDirectoryInput.safeParse({
    displayName,
    enabled: directory?.enabled ?? true,
    domains: domains.split(/[\s,;]+/).filter((one) => one !== ''),
    signIn,
    sync,
    deletionLimitPercent: Number(deletionLimitPercent),
    settings: { ...directory?.settings, ...settings, port: Number(settings.port), encryption, attributes },
    ...(bindPassword === '' ? {} : { bindPassword }),
  });
  const begun = [displayName, settings.host, settings.peopleBase, domains].every((text) => text.trim() !== '');
  const [issue] = parsed.error?.issues ?? [];
  const fault = begun && issue ? `${String(issue.path.at(-1) ?? '')}: ${issue.message}` : undefined;
  const body = (): LdapDirectoryInput => {
    if (!parsed.success) throw new Error(fault ?? 'the form is not complete');
    return parsed.data;
  };
  const save = useMutation({
    mutationFn: () =>
      directory
        ? client.updateLdapDirectory({ params: { id: directory.id }, body: body() })
        : client.createLdapDirectory({ body: body() }),
    onSuccess: (saved) => {
      void queries.invalidateQueries({ queryKey: ldapQuery.queryKey });
      notify.done(`${visible(saved.displayName)} is ${directory ? 'changed' : 'added'}`);
      props.onClose();
    },
  });
  const test = useMutation({
    mutationFn: () =>
      client.testLdapDirectory({ body: { ...(directory ? { id: directory.id } : {}), directory: body() } }),
  });
  const field = (name: Texts, type: 'text' | 'password' | 'number' = 'text', placeholder?: string) => (
    <Input
      value={typed[name]}
      type={type}
      maxLength={2_048}
      {...(type === 'password' ? { autoComplete: 'off' } : {})}
      {...(placeholder === undefined ? {} : { placeholder })}
      onChange={(_, { value }) => setTyped((before) => ({ ...before, [name]: value }))}
    />
  );
  const usePreset = ({ attributes: names, ...filters }: typeof activeDirectory | typeof openLdap): void => {
    setAttributes(names);
    setTyped((before) => ({ ...before, ...filters }));
  };
  return (
    <FormDialog
      title={directory ? 'Change the LDAP directory' : 'New LDAP directory'}
      submit="Save"
      ready={begun && fault === undefined}
      busy={save.isPending}
      error={save.error}
      onSubmit={() => save.mutate()}
      onClose={props.onClose}
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
        <Field label="Name" required>
          {field('displayName')}
        </Field>
        <Field label="Domains" required hint="Of the names that it speaks of: contoso.com">
          {field('domains')}
        </Field>
      </FieldPair>
      <FieldPair>
        <Field label="Host" required>
          {field('host', 'text', 'ldap.contoso.com')}
        </Field>
        <Field label="Port" required>
          {field('port', 'number')}
        </Field>
      </FieldPair>
      <Field label="Encryption">
        <Select
          value={encryption}
          onChange={(_, { value }) => {
            if (!isEncryption(value)) return;
            setEncryption(value);
            setTyped((before) => ({ ...before, port: value === 'ldaps' ? '636' : '389' }));
          }}
        >
          {Object.entries(encryptions).map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </Select>
      </Field>
      <Field label="Its authority" hint="PEM; empty: the public authorities">
        <Textarea
          value={typed.authorities}
          rows={2}
          resize="vertical"
          placeholder="-----BEGIN CERTIFICATE-----"
          onChange={(_, { value }) => setTyped((before) => ({ ...before, authorities: value }))}
        />
      </Field>
      <FieldPair>
        <Field label="Bind DN" hint="Who asks: an account that may read, and no more">
          {field('bindDn', 'text', 'cn=sallyport,dc=contoso,dc=com')}
        </Field>
        <Field
          label="Its password"
          hint={directory?.hasPassword === true ? 'There is one; empty: it stays' : 'Kept sealed, never shown again'}
        >
          {field('bindPassword', 'password')}
        </Field>
      </FieldPair>
      <Field label="What it is" hint="Sets the filters and attributes below as that product has them">
        <div>
          <Button size="small" onClick={() => usePreset(openLdap)}>
            OpenLDAP
          </Button>{' '}
          <Button size="small" onClick={() => usePreset(activeDirectory)}>
            Active Directory
          </Button>
        </div>
      </Field>
      <FieldPair>
        <Field label="People below" required>
          {field('peopleBase', 'text', 'ou=people,dc=contoso,dc=com')}
        </Field>
        <Field label="Filter of people">{field('peopleFilter')}</Field>
      </FieldPair>
      <Field label="Filter of the disabled" hint="Empty: nobody is disabled there">
        {field('disabledFilter')}
      </Field>
      <FieldPair>
        <Field label="Groups below" hint="Empty: no groups are brought">
          {field('groupsBase')}
        </Field>
        <Field label="Filter of groups">{field('groupsFilter')}</Field>
      </FieldPair>
      <div>
        <Switch label="Check passwords against it" checked={signIn} onChange={(_, { checked }) => setSignIn(checked)} />
        <Switch
          label="Bring people and groups every ten minutes"
          checked={sync}
          onChange={(_, { checked }) => setSync(checked)}
        />
      </div>
      <Field
        label="Most deletions in one run"
        hint="In hundredths of its people; a run that would delete more deletes nobody"
      >
        {field('deletionLimitPercent', 'number')}
      </Field>
      {fault !== undefined && <Field validationState="error" validationMessage={fault} />}
      {test.error && <ErrorState error={test.error} title="It was not tested" />}
      {test.data && <Findings findings={test.data.findings} />}
    </FormDialog>
  );
}
