import type { Repository } from '@sallyport/contracts';
import type { ReactElement } from 'react';
import { plural } from '../../shared/numbers.ts';
import { Status } from '../../shared/Status.tsx';

/** How the last look at a repository went. */
export function RepositoryState({
  enabled,
  syncing,
  last,
}: Pick<Repository, 'enabled' | 'syncing' | 'last'>): ReactElement {
  if (syncing) return <Status tone="working">Looking</Status>;
  if (last?.error) return <Status tone="bad">Failed</Status>;
  if (!enabled) return <Status tone="off">Off</Status>;
  if (!last) return <Status tone="waiting">Waits</Status>;
  const errors = last.problems.filter(({ level }) => level === 'error').length;
  return errors > 0 ? <Status tone="bad">{plural(errors, 'error')}</Status> : <Status tone="good">Up to date</Status>;
}
