import type { GrantedPermission } from '@sallyport/contracts';
import {
  Button,
  MenuItem,
  Switch,
  Tooltip,
  type ButtonProps,
  type MenuItemProps,
  type SwitchProps,
} from '@fluentui/react-components';
import type { ReactElement } from 'react';
import { useMe } from './api.ts';
import { refusalOf, type RouteName } from './rights.ts';

/**
 * Why something would be refused to who is signed in; undefined: it would not. Names the routes that it calls, so that what it needs is what the contract says of
 * them; a permission where the server asks for one more, by what is in the call.
 */
export function useRefusal(...calls: readonly (RouteName | GrantedPermission)[]): string | undefined {
  const me = useMe();
  return calls.map((call) => refusalOf(me, call)).find((why) => why !== undefined);
}

interface Refusable {
  /** Why it would be refused, by `useRefusal`; undefined: it would not. */
  why: string | undefined;
}

const explained = (control: ReactElement, why: string | undefined): ReactElement =>
  why === undefined ? (
    control
  ) : (
    <Tooltip content={why} relationship="description" positioning="below">
      {control}
    </Tooltip>
  );

/** A button that is greyed where it would be refused, and says why when it is pointed at or reached by keyboard. */
export function RefusableButton({
  why,
  busy = false,
  ...button
}: ButtonProps & Refusable & { busy?: boolean }): ReactElement {
  const shown =
    why === undefined && !busy ? <Button {...button} /> : <Button {...button} disabled={false} disabledFocusable />;
  return explained(shown, why);
}

/** An entry of a menu, as `RefusableButton` is. */
export function RefusableMenuItem({ why, ...item }: MenuItemProps & Refusable): ReactElement {
  // A menu's entries can be reached when they are disabled.
  return explained(why === undefined ? <MenuItem {...item} /> : <MenuItem {...item} disabled />, why);
}

/** A switch, as `RefusableButton` is. */
export function RefusableSwitch({ why, ...shown }: SwitchProps & Refusable): ReactElement {
  return explained(
    why === undefined ? <Switch {...shown} /> : <Switch {...shown} disabled={false} disabledFocusable />,
    why,
  );
}
