import type { Exception } from '@sallyport/contracts';
import type { ReactElement } from 'react';
import type { GridColumn } from '../../shared/Grid.tsx';
import { count } from '../../shared/numbers.ts';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { Status } from '../../shared/Status.tsx';
import { visible } from '../../shared/text.ts';

export function ExceptionState({ state }: Pick<Exception, 'state'>): ReactElement {
  if (state === 'active') return <Status tone="good">Active</Status>;
  return state === 'expired' ? <Status tone="waiting">Ended</Status> : <Status tone="off">Off</Status>;
}

/** What an exception applies to, in words. */
export const placeOf = ({ scope, target, targetName }: Pick<Exception, 'scope' | 'target' | 'targetName'>): string =>
  scope === 'global' ? 'All rules' : scope === 'table' ? `Rules over ${target ?? ''}` : (targetName ?? target ?? '');

export const exceptionColumns: readonly GridColumn<Exception>[] = [
  { id: 'state', header: 'State', min: 96, cell: ({ state }) => <ExceptionState state={state} /> },
  { id: 'name', header: 'Exception', min: 180, grow: 2, cell: ({ name }) => visible(name) },
  { id: 'place', header: 'Applies to', min: 160, grow: 1, cell: (exception) => visible(placeOf(exception)) },
  { id: 'condition', header: 'Rows', min: 200, grow: 2, drop: 3, cell: ({ condition }) => visible(condition) },
  { id: 'owner', header: 'Owner', min: 160, drop: 2, cell: ({ owner }) => visible(owner) },
  { id: 'alerts', header: 'Alerts left out', min: 116, align: 'end', cell: ({ hits }) => count(hits.alerts) },
  { id: 'last', header: 'Last', min: 100, drop: 1, cell: ({ hits }) => <RelativeTime at={hits.lastAt} /> },
  {
    id: 'expires',
    header: 'Ends',
    min: 100,
    cell: ({ expiresAt }) => (expiresAt === null ? 'never' : <RelativeTime at={expiresAt} />),
  },
];
