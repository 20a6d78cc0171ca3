import { Field, Input, makeStyles, tokens } from '@fluentui/react-components';
import type { PermissionEntry, Role } from '@sallyport/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useDeferredValue, useState, type ReactElement } from 'react';
import { permissionLabel } from '../../shared/rights.ts';
import { client } from '../../shared/api.ts';
import { FormDialog } from '../../shared/FormDialog.tsx';
import { Section } from '../../shared/Section.tsx';
import { visible } from '../../shared/text.ts';
import { PermissionTree } from './PermissionTree.tsx';
import { previewQuery, rolesKey } from './queries.ts';

const useStyles = makeStyles({
  changes: { margin: 0, paddingLeft: tokens.spacingHorizontalL },
  tree: { maxHeight: '42vh', overflowY: 'auto', paddingRight: tokens.spacingHorizontalS },
});

const SHOWN_MAX = 5;

/** Who would be able to do what more, or less. */
function Preview({ role, entries }: { role: Role; entries: readonly PermissionEntry[] }): ReactElement {
  const styles = useStyles();
  const { data } = useQuery(previewQuery(role.id, useDeferredValue(entries)));
  const changes = data?.changes ?? [];
  return (
    <Section title="What would change">
      {changes.length === 0 ? (
        <span>{role.assignments === 0 ? 'Nobody holds this role now.' : 'Nobody could do more or less than now.'}</span>
      ) : (
        <ul className={styles.changes}>
          {changes.slice(0, SHOWN_MAX).map(({ id, name, gains, loses }) => (
            <li key={id}>
              {visible(name)}
              {gains.length > 0 && ` could also: ${gains.map(permissionLabel).join(', ')}.`}
              {loses.length > 0 && ` could no longer: ${loses.map(permissionLabel).join(', ')}.`}
            </li>
          ))}
          {changes.length > SHOWN_MAX && <li>and {changes.length - SHOWN_MAX} others</li>}
        </ul>
      )}
    </Section>
  );
}

/** Makes a role, or changes one. */
export function RoleDialog({ role, onClose }: { role: Role | undefined; onClose: () => void }): ReactElement {
  const styles = useStyles();
  const queries = useQueryClient();
  const [displayName, setName] = useState(role?.displayName ?? '');
  const [description, setDescription] = useState(role?.description ?? '');
  const [entries, setEntries] = useState<readonly PermissionEntry[]>(role?.permissions ?? []);
  const save = useMutation({
    mutationFn: () => {
      const body = { displayName: displayName.trim(), description: description.trim(), permissions: [...entries] };
      return role
        ? client.updateRole({ params: { id: role.id }, body: { ...body, revision: role.revision } })
        : client.createRole({ body });
    },
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: rolesKey });
      onClose();
    },
  });
  return (
    <FormDialog
      title={role ? `Change ${visible(role.displayName)}` : 'New role'}
      submit="Save"
      wide
      ready={displayName.trim() !== '' && entries.length > 0}
      busy={save.isPending}
      error={save.error}
      onSubmit={() => save.mutate()}
      onClose={onClose}
    >
      <Field label="Name" required>
        <Input value={displayName} maxLength={100} onChange={(_, data) => setName(data.value)} />
      </Field>
      <Field label="Description">
        <Input value={description} maxLength={1_000} onChange={(_, data) => setDescription(data.value)} />
      </Field>
      <Section title="Permissions">
        <div className={styles.tree}>
          <PermissionTree entries={entries} onChange={setEntries} />
        </div>
      </Section>
      {role && <Preview role={role} entries={entries} />}
    </FormDialog>
  );
}
