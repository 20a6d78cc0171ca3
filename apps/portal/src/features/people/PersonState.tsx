import type { DirectoryPerson } from '@sallyport/contracts';
import type { ReactElement } from 'react';
import { Status } from '../../shared/Status.tsx';

/** Whether a person can sign in, in a word. */
export function PersonState({ person }: { person: DirectoryPerson }): ReactElement {
  if (person.deletedAt !== null) return <Status tone="off">Deleted</Status>;
  if (!person.accountEnabled) return <Status tone="off">Disabled</Status>;
  if (person.methods.length > 0) return <Status tone="good">Enabled</Status>;
  return person.invitedUntil === null ? (
    <Status tone="bad">No way to sign in</Status>
  ) : (
    <Status tone="waiting">Invited</Status>
  );
}
