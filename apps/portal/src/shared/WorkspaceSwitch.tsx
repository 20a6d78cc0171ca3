import { Select } from '@fluentui/react-components';
import type { ReactElement } from 'react';
import { visible } from './text.ts';
import { useWorkspaces } from './workspaces.ts';

export interface WorkspaceSwitchProps {
  /** A workspace's GUID; undefined: the first. */
  readonly value: string | undefined;
  readonly onChange: (value: string | undefined) => void;
  /** As that of the buttons beside it. */
  readonly size?: 'small' | 'medium';
}

/** Says which workspace is asked. Nothing where there is one alone. */
export function WorkspaceSwitch({ value, onChange, size = 'small' }: WorkspaceSwitchProps): ReactElement | false {
  const { all, several } = useWorkspaces();
  if (!several) return false;
  const first = all[0]?.id;
  return (
    <Select
      size={size}
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
