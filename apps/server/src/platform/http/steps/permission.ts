import { SallyportError, type Permission } from '@sallyport/contracts';
import type { Step } from '../exchange.ts';
import type { Caller } from '../handlers.ts';

/** What stands against `caller` doing what needs `permission`; undefined when nothing does. Pure. */
export function refusal(permission: Permission, caller: Caller | undefined): SallyportError | undefined {
  if (permission === 'public') return undefined;
  if (!caller) return new SallyportError('Unauthenticated', 'sign in, or send a bearer token');
  if (permission === 'signedIn')
    return caller.kind === 'person'
      ? undefined
      : new SallyportError('Forbidden', 'only a signed-in person can do this');
  return caller.permissions.has(permission)
    ? undefined
    : new SallyportError('Forbidden', `this needs the permission \`${permission}\``);
}

export const checkPermission: Step = ({ route, caller }, { noteUse }) => {
  const { permission } = route;
  const error = refusal(permission, caller);
  if (error) throw error;
  if (caller && permission !== 'public' && permission !== 'signedIn') noteUse?.(caller, permission);
};
