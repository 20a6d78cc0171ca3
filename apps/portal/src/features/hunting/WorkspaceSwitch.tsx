import { Select } from '@fluentui/react-components';
import type { ReactElement } from 'react';
import { visible } from '../../shared/text.ts';
import { useWorkspaces } from '../../shared/workspaces.ts';

export interface WorkspaceSwitchProps {
  /** A workspace's GUID; undefined: the first. */
  readonly value: string | undefined;
  readonly onChange: (value: string | undefined) => void;
}

/** Says which workspace queries are over. Nothing where there is one alone. */
export function WorkspaceSwitch({ value, onChange }: WorkspaceSwitchProps): ReactElement | false {
  const { all, several } = useWorkspaces();
  if (!several) return false;
  const first = all[0]?.id;
  return (
    <Select
      size="small"
      aria-label="Workspace"
      value={value ?? first}
      onChange={(_, data) => onChange(data.value === first ? undefined : data.value)}
    >
      {all.map(({ id, name }) => (
        <option key={id} value={id}>
          {visible(name)}
        </option>
      ))}
    </Select>
  );
}
