import { Field, Input, makeStyles, tokens } from '@fluentui/react-components';
import { permissionCategories, permissions, type Role } from '@sallyport/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { permissionLabel } from '../../shared/rights.ts';
import { client } from '../../shared/api.ts';
import { ConfirmAction } from '../../shared/ConfirmAction.tsx';
import { Facts } from '../../shared/Facts.tsx';
import { FormDialog } from '../../shared/FormDialog.tsx';
import { RefusableButton, useRefusal } from '../../shared/Refusable.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { Section } from '../../shared/Section.tsx';
import { SidePanel } from '../../shared/SidePanel.tsx';
import { visible } from '../../shared/text.ts';
import { useNotify } from '../../shared/toast.tsx';
import { AssignDialog } from './AssignDialog.tsx';
import { assignmentsQuery, rolesKey, useOfRoleQuery } from './queries.ts';
import { RoleDialog } from './RoleDialog.tsx';
import { categories } from './tree.ts';

const useStyles = makeStyles({
  list: { margin: 0, paddingLeft: tokens.spacingHorizontalL },
  category: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200 },
});

function CloneDialog({ role, onClose }: { role: Role; onClose: () => void }): ReactElement {
  const queries = useQueryClient();
  const [displayName, setName] = useState(`${role.displayName} (copy)`);
  const clone = useMutation({
    mutationFn: () => client.cloneRole({ params: { id: role.id }, body: { displayName: displayName.trim() } }),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: rolesKey });
      onClose();
    },
  });
  return (
    <FormDialog
      title={`Copy ${visible(role.displayName)}`}
      submit="Copy"
      ready={displayName.trim() !== ''}
      busy={clone.isPending}
      error={clone.error}
      onSubmit={() => clone.mutate()}
      onClose={onClose}
    >
      <Field label="Name of the copy" required>
        <Input value={displayName} maxLength={100} onChange={(_, data) => setName(data.value)} />
      </Field>
    </FormDialog>
  );
}

/** What of the role was used, and the cut to it. */
function Use({ role, why }: { role: Role; why: string | undefined }): ReactElement | null {
  const styles = useStyles();
  const queries = useQueryClient();
  const notify = useNotify();
  const { data: use } = useQuery(useOfRoleQuery(role.id));
  const cut = useMutation({
    mutationFn: () =>
      client.cutRole({ params: { id: role.id }, body: { revision: role.revision, loses: use?.loses ?? [] } }),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: rolesKey });
      notify.done(`${visible(role.displayName)} is cut to what was used`);
    },
    onError: (failure) => notify.failed('The role is as it was', failure),
  });
  if (!use) return null;
  const losers = use.holders.filter(({ loses }) => loses.length > 0);
  return (
    <Section
      title="Use"
      actions={
        !role.builtIn && use.loses.length > 0 && use.keeps.length > 0 ? (
          <ConfirmAction
            why={why}
            label="Cut to what was used"
            title={`Cut ${visible(role.displayName)} to what was used?`}
            disabled={cut.isPending}
            onConfirm={() => cut.mutate()}
          >
            It loses {use.loses.map(permissionLabel).join(', ')}.{' '}
            {losers.length > 0 &&
              `Less than now could be done by ${losers.map(({ name }) => visible(name)).join(', ')}.`}
          </ConfirmAction>
        ) : undefined
      }
    >
      <div>
        Since <RelativeTime at={use.since} />, {use.keeps.length} of {use.uses.length} rights were used.
      </div>
      {use.loses.length > 0 && (
        <ul className={styles.list}>
          {use.loses.map((one) => (
            <li key={one}>{permissionLabel(one)} was not used</li>
          ))}
        </ul>
      )}
    </Section>
  );
}

function Actions({ role, onClose }: { role: Role; onClose: () => void }): ReactElement {
  const queries = useQueryClient();
  const notify = useNotify();
  const refusal = useRefusal('updateRole', 'cloneRole', 'cutRole', 'deleteRole', 'createRoleAssignment');
  const builtIn = role.builtIn ? 'Built-in roles can’t be changed: change a copy.' : undefined;
  const [shown, setShown] = useState<'edit' | 'clone' | 'assign'>();
  const close = (): void => setShown(undefined);
  const remove = useMutation({
    mutationFn: () => client.deleteRole({ params: { id: role.id } }),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: rolesKey });
      onClose();
    },
    onError: (failure) => notify.failed(`${visible(role.displayName)} was not deleted`, failure),
  });
  return (
    <>
      <RefusableButton appearance="primary" why={refusal} onClick={() => setShown('assign')}>
        Assign
      </RefusableButton>
      <RefusableButton why={refusal ?? builtIn} onClick={() => setShown('edit')}>
        Change
      </RefusableButton>
      <RefusableButton why={refusal} onClick={() => setShown('clone')}>
        Copy
      </RefusableButton>
      {!role.builtIn && (
        <ConfirmAction
          why={refusal}
          label="Delete"
          title={`Delete ${visible(role.displayName)}?`}
          disabled={remove.isPending}
          onConfirm={() => remove.mutate()}
        >
          A role that is assigned can’t be deleted.
        </ConfirmAction>
      )}
      {shown === 'edit' && <RoleDialog role={role} onClose={close} />}
      {shown === 'clone' && <CloneDialog role={role} onClose={close} />}
      {shown === 'assign' && <AssignDialog role={role} onClose={close} />}
    </>
  );
}

/** One role: what it grants, who holds it, what of it is used. */
export function RolePanel({ role, onClose }: { role: Role; onClose: () => void }): ReactElement {
  const styles = useStyles();
  const refusal = useRefusal('updateRole', 'cloneRole', 'cutRole', 'deleteRole', 'createRoleAssignment');
  const { data } = useQuery(assignmentsQuery('now', role.id));
  const assigned = data?.assignments ?? [];
  return (
    <SidePanel
      label="Role"
      title={visible(role.displayName)}
      onClose={onClose}
      footer={<Actions role={role} onClose={onClose} />}
    >
      <Facts
        facts={[
          ['Kind', role.builtIn ? 'Built-in' : 'Custom'],
          ['Description', role.description === '' ? undefined : visible(role.description)],
          ['Made by', role.createdBy === null ? undefined : visible(role.createdBy)],
          ['Changed', role.modifiedAt === null ? undefined : <RelativeTime key="m" at={role.modifiedAt} />],
        ]}
      />
      <Section title={`Permissions (${role.grants.length})`}>
        {categories.map((category) => {
          const of = role.grants.filter((one) => permissions[one].category === category);
          return (
            of.length > 0 && (
              <div key={category}>
                <div className={styles.category}>{permissionCategories[category]}</div>
                <ul className={styles.list}>
                  {of.map((one) => (
                    <li key={one}>{permissionLabel(one)}</li>
                  ))}
                </ul>
              </div>
            )
          );
        })}
      </Section>
      <Section title={`Assigned to (${assigned.length})`}>
        <ul className={styles.list}>
          {assigned.map(({ id, principalName, endsAt }) => (
            <li key={id}>
              {visible(principalName)}
              {endsAt !== null && (
                <>
                  , until <RelativeTime at={endsAt} />
                </>
              )}
            </li>
          ))}
        </ul>
      </Section>
      {role.assignments > 0 && <Use role={role} why={refusal} />}
    </SidePanel>
  );
}
