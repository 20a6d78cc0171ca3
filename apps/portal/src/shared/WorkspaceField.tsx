import { Field, Select } from '@fluentui/react-components';
import type { ReactElement } from 'react';
import { visible } from './text.ts';
import { useWorkspaces } from './workspaces.ts';

export interface WorkspaceFieldProps {
  readonly label: string;
  readonly hint?: string;
  /** A workspace's GUID; null: the first, or what `none` says. */
  readonly value: string | null;
  readonly onChange: (value: string | null) => void;
  /** What null means, where it is another thing than the first. */
  readonly none?: string;
}

/** A workspace as a field of a form. Nothing where there is one alone. */
export function WorkspaceField({ label, hint, value, onChange, none }: WorkspaceFieldProps): ReactElement | false {
  const { all, several } = useWorkspaces();
  if (!several) return false;
  const ofNull = none === undefined ? (all.find(({ isDefault }) => isDefault)?.id ?? '') : '';
  return (
    <Field label={label} {...(hint === undefined ? {} : { hint })}>
      <Select value={value ?? ofNull} onChange={(_, data) => onChange(data.value === ofNull ? null : data.value)}>
        {none !== undefined && <option value="">{none}</option>}
        {all.map(({ id, name }) => (
          <option key={id} value={id}>
            {visible(name)}
          </option>
        ))}
      </Select>
    </Field>
  );
}
