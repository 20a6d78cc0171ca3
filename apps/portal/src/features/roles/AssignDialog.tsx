import { Combobox, Field, Input, Option } from '@fluentui/react-components';
import { wholeScope, type AssignmentScope, type Role } from '@sallyport/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useDeferredValue, useState, type ReactElement } from 'react';
import { client, useMay } from '../../shared/api.ts';
import { FieldPair, FormDialog } from '../../shared/FormDialog.tsx';
import { visible } from '../../shared/text.ts';
import { principalsQuery, rolesKey, rolesQuery, type Principal } from './queries.ts';
import { isReady } from './scope.ts';
import { ScopeFields } from './ScopeFields.tsx';

/** A person, a group or an application, found by typing. */
export function PrincipalPicker(props: {
  label: string;
  value: Principal | undefined;
  onChange: (principal: Principal | undefined) => void;
}): ReactElement {
  const [typed, setTyped] = useState<string>();
  const withApplications = useMay('applications.read');
  const { data = [] } = useQuery(principalsQuery(useDeferredValue(typed ?? ''), withApplications));
  return (
    <Combobox
      aria-label={props.label}
      placeholder="Person, group or application"
      value={typed ?? props.value?.name ?? ''}
      selectedOptions={props.value ? [props.value.id] : []}
      onChange={(event) => setTyped(event.target.value)}
      onOptionSelect={(_, { optionValue }) => {
        setTyped(undefined);
        props.onChange(data.find(({ id }) => id === optionValue));
      }}
    >
      {data.map(({ id, name, hint }) => (
        <Option key={id} value={id} text={name}>
          {visible(name)} · {visible(hint)}
        </Option>
      ))}
    </Combobox>
  );
}

const instant = (local: string): string | undefined => (local === '' ? undefined : new Date(local).toISOString());

/** Assigns a role to somebody, over something, for some time. */
export function AssignDialog(props: {
  role?: Role | undefined;
  principal?: Principal | undefined;
  onClose: () => void;
}): ReactElement {
  const queries = useQueryClient();
  const { data } = useQuery(rolesQuery);
  const roles = data?.roles ?? [];
  const [roleId, setRoleId] = useState(props.role?.id);
  const [principal, setPrincipal] = useState(props.principal);
  const [scope, setScope] = useState<AssignmentScope>(wholeScope);
  const [starts, setStarts] = useState('');
  const [ends, setEnds] = useState('');
  const [justification, setJustification] = useState('');
  const assign = useMutation({
    mutationFn: (to: { roleId: string; principal: Principal }) => {
      const startsAt = instant(starts);
      return client.createRoleAssignment({
        body: {
          roleId: to.roleId,
          principalId: to.principal.id,
          principalType: to.principal.type,
          scope,
          ...(startsAt === undefined ? {} : { startsAt }),
          endsAt: instant(ends) ?? null,
          justification: justification.trim(),
        },
      });
    },
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: rolesKey });
      void queries.invalidateQueries({ queryKey: ['directory'] });
      props.onClose();
    },
  });
  const chosen = roles.find(({ id }) => id === roleId);
  return (
    <FormDialog
      title="Assign a role"
      submit="Assign"
      wide
      ready={roleId !== undefined && principal !== undefined && isReady(scope)}
      busy={assign.isPending}
      error={assign.error}
      failed="Nothing was assigned"
      onSubmit={() => roleId !== undefined && principal && assign.mutate({ roleId, principal })}
      onClose={props.onClose}
    >
      <FieldPair>
        <Field label="Role" required>
          <Combobox
            aria-label="Role"
            value={chosen ? visible(chosen.displayName) : ''}
            selectedOptions={roleId === undefined ? [] : [roleId]}
            onOptionSelect={(_, { optionValue }) => setRoleId(optionValue)}
          >
            {roles.map(({ id, displayName }) => (
              <Option key={id} value={id} text={displayName}>
                {visible(displayName)}
              </Option>
            ))}
          </Combobox>
        </Field>
        <Field label="Who" required hint="A role of a group is of all who are in it">
          <PrincipalPicker label="Who" value={principal} onChange={setPrincipal} />
        </Field>
      </FieldPair>
      <ScopeFields scope={scope} onChange={setScope} />
      <FieldPair>
        <Field label="Begins" hint="Empty: now">
          <Input type="datetime-local" value={starts} onChange={(_, data) => setStarts(data.value)} />
        </Field>
        <Field label="Ends" hint="Empty: not by itself">
          <Input type="datetime-local" value={ends} onChange={(_, data) => setEnds(data.value)} />
        </Field>
      </FieldPair>
      <Field label="Why">
        <Input value={justification} maxLength={1_000} onChange={(_, data) => setJustification(data.value)} />
      </Field>
    </FormDialog>
  );
}
