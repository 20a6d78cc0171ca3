import { permissions, type GrantedPermission } from '@sallyport/contracts';
import { Button, Tooltip, type ButtonProps } from '@fluentui/react-components';
import type { ReactElement } from 'react';
import { useMay } from './api.ts';

/** What is missing for something that takes a permission; undefined: nothing. */
export function useRefusal(permission: GrantedPermission): string | undefined {
  const may = useMay(permission);
  const { name, level } = permissions[permission];
  return may ? undefined : `This takes the right “${name} (${level.toLowerCase()})”, which your roles do not have.`;
}

/** A button that is greyed where it would be refused, and says why when it is pointed at or reached by keyboard. */
export function RefusableButton({
  why,
  busy = false,
  ...button
}: ButtonProps & {
  /** Why it would be refused; undefined: it would not. */
  why: string | undefined;
  busy?: boolean;
}): ReactElement {
  const shown = <Button {...button} disabledFocusable={why !== undefined || busy} />;
  if (why === undefined) return shown;
  return (
    <Tooltip content={why} relationship="description">
      {shown}
    </Tooltip>
  );
}
