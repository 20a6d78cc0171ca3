import { Checkbox, Field, Input, makeStyles, Textarea, tokens } from '@fluentui/react-components';
import { KeyMultipleRegular } from '@fluentui/react-icons';
import { builtInStrengths, type AuthenticationStrength } from '@sallyport/contracts/conditional-access';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { ConfirmAction } from '../../shared/ConfirmAction.tsx';
import { Facts } from '../../shared/Facts.tsx';
import { FormDialog } from '../../shared/FormDialog.tsx';
import type { GridColumn } from '../../shared/Grid.tsx';
import { plural } from '../../shared/numbers.ts';
import { RefusableButton, useRefusal } from '../../shared/Refusable.tsx';
import { Section } from '../../shared/Section.tsx';
import { EmptyState } from '../../shared/States.tsx';
import { visible, words } from '../../shared/text.ts';
import { ObjectsTab } from './ObjectsTab.tsx';
import type { TabProps } from './PoliciesTab.tsx';
import { strengthsQuery } from './queries.ts';
import { useChange, useDeletion } from './useChange.ts';

const useStyles = makeStyles({
  list: { margin: 0, paddingLeft: tokens.spacingHorizontalL },
  group: {
    border: 'none',
    margin: 0,
    padding: 0,
    display: 'flex',
    flexDirection: 'column',
    maxHeight: '300px',
    overflowY: 'auto',
  },
  legend: { padding: 0, fontWeight: tokens.fontWeightSemibold },
});

const modeWords: Readonly<Record<string, string>> = {
  fido2: 'Passkey (FIDO2)',
  softwareOath: 'Authenticator code',
  hardwareOath: 'Hardware token code',
  sms: 'Text message',
  x509CertificateSingleFactor: 'Certificate (one factor)',
  x509CertificateMultiFactor: 'Certificate (several factors)',
  windowsHelloForBusiness: 'Windows Hello for Business',
  deviceBasedPush: 'Phone sign-in',
  microsoftAuthenticatorPush: 'Authenticator notification',
  temporaryAccessPassOneTime: 'Temporary access pass (once)',
  temporaryAccessPassMultiUse: 'Temporary access pass',
  federatedSingleFactor: 'Federated (one factor)',
  federatedMultiFactor: 'Federated (several factors)',
};
const combinationName = (combination: string): string =>
  combination
    .split(',')
    .map((mode) => modeWords[mode.trim()] ?? words(mode.trim()))
    .join(' + ');
const combinations = [
  ...builtInStrengths.multifactor.allowedCombinations,
  'password',
  'sms',
  'federatedSingleFactor',
  'x509CertificateSingleFactor',
];

const columns: readonly GridColumn<AuthenticationStrength>[] = [
  { id: 'name', header: 'Name', min: 220, grow: 2, cell: ({ displayName }) => <bdi>{visible(displayName)}</bdi> },
  { id: 'kind', header: 'Kind', min: 100, cell: ({ policyType }) => (policyType === 'builtIn' ? 'Built in' : 'Own') },
  { id: 'count', header: 'Ways', min: 160, cell: ({ allowedCombinations: all }) => plural(all.length, 'combination') },
  {
    id: 'which',
    header: 'Such as',
    min: 240,
    grow: 3,
    drop: 1,
    cell: ({ allowedCombinations: all }) => all.slice(0, 3).map(combinationName).join(', '),
  },
];

/** Which ways to sign in are strong enough. */
export function StrengthsTab(props: TabProps): ReactElement {
  const why = useRefusal('graphCreateStrength', 'graphUpdateStrength', 'graphDeleteStrength');
  const styles = useStyles();
  const query = useQuery(strengthsQuery);
  const [editing, setEditing] = useState<AuthenticationStrength | 'new'>();
  const remove = useDeletion((id: string) => client.graphDeleteStrength({ params: { id } }), 'The strength is deleted', () => props.set({ selected: undefined }, true)); // prettier-ignore
  return (
    <>
      <ObjectsTab
        why={why}
        {...props}
        query={query}
        columns={columns}
        label="Authentication strengths"
        one="strength"
        note="Which methods, alone or together, satisfy a policy that demands the strength. Three are built in; a tenant has at most 15 of its own."
        empty={<EmptyState icon={<KeyMultipleRegular />} title="No strengths" />}
        onNew={() => setEditing('new')}
        footer={(strength) =>
          strength.policyType !== 'builtIn' && (
            <>
              <RefusableButton why={why} size="small" appearance="primary" onClick={() => setEditing(strength)}>
                Edit
              </RefusableButton>
              <ConfirmAction
                why={why}
                label="Delete"
                title={`Delete ${visible(strength.displayName)}?`}
                disabled={remove.isPending}
                onConfirm={() => remove.run(strength.id)}
              >
                A strength that a policy demands is not deleted.
              </ConfirmAction>
            </>
          )
        }
        panel={(strength) => (
          <>
            <Facts
              facts={[
                ['Kind', strength.policyType === 'builtIn' ? 'Built in; it can’t be changed' : 'Own'],
                ['Satisfies', strength.requirementsSatisfied === 'mfa' ? 'Multifactor authentication' : 'Itself only'],
                ['Description', strength.description ? visible(strength.description) : undefined],
              ]}
            />
            <Section title={`Ways (${strength.allowedCombinations.length})`}>
              <ul className={styles.list}>
                {strength.allowedCombinations.map((combination) => (
                  <li key={combination}>{combinationName(combination)}</li>
                ))}
              </ul>
            </Section>
          </>
        )}
      />
      {editing !== undefined && (
        <StrengthDialog strength={editing === 'new' ? undefined : editing} onClose={() => setEditing(undefined)} />
      )}
    </>
  );
}

function StrengthDialog({
  strength,
  onClose,
}: {
  strength: AuthenticationStrength | undefined;
  onClose: () => void;
}): ReactElement {
  const styles = useStyles();
  const [name, setName] = useState(strength?.displayName ?? '');
  const [description, setDescription] = useState(strength?.description ?? '');
  const [allowed, setAllowed] = useState<readonly string[]>(strength?.allowedCombinations ?? []);
  const offered = [...new Set([...combinations, ...allowed])];
  const save = useChange(
    () => {
      const body = { displayName: name.trim(), description, allowedCombinations: allowed };
      return strength
        ? client.graphUpdateStrength({ params: { id: strength.id }, body })
        : client.graphCreateStrength({ body });
    },
    `${visible(name.trim())} is saved`,
    onClose,
  );
  return (
    <FormDialog
      title={strength ? 'Edit the strength' : 'New strength'}
      submit="Save"
      ready={name.trim() !== '' && allowed.length > 0}
      busy={save.isPending}
      error={save.error}
      onSubmit={() => save.mutate(undefined)}
      onClose={onClose}
    >
      <Field label="Name" required>
        <Input value={name} maxLength={256} onChange={(_, { value }) => setName(value)} />
      </Field>
      <Field label="Description">
        <Textarea rows={2} value={description} maxLength={2_000} onChange={(_, { value }) => setDescription(value)} />
      </Field>
      <fieldset className={styles.group}>
        <legend className={styles.legend}>Ways that are strong enough</legend>
        {offered.map((combination) => (
          <Checkbox
            key={combination}
            label={combinationName(combination)}
            checked={allowed.includes(combination)}
            onChange={(_, { checked }) =>
              setAllowed(offered.filter((one) => (one === combination ? checked === true : allowed.includes(one))))
            }
          />
        ))}
      </fieldset>
    </FormDialog>
  );
}
