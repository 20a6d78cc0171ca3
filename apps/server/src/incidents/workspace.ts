import { SallyportError } from '@sallyport/contracts';
import type { Queryable } from '../platform/database/types.ts';
import type { Workspace, Workspaces } from '../platform/workspaces/index.ts';

/** The workspace whose rows an incident tells of. Throws NotFound where there is no such incident. */
export async function workspaceOfIncident(
  db: Queryable,
  workspaces: Pick<Workspaces, 'first' | 'get'>,
  number: number,
): Promise<Workspace> {
  const row = await db.first<{ workspace_id: string | null }>('SELECT workspace_id FROM incidents WHERE number = $1', [
    number,
  ]);
  if (!row) throw new SallyportError('NotFound', `there is no incident ${number}`);
  return row.workspace_id === null ? workspaces.first : workspaces.get(row.workspace_id);
}
