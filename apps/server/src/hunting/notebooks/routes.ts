import { randomUUID } from 'node:crypto';
import { notebookLimits, SallyportError, type Notebook, type notebookRoutes } from '@sallyport/contracts';
import { requireCaller, type Caller, type Handlers } from '../../platform/http/index.ts';
import type { Platform } from '../../platform/types.ts';
import {
  changeNotebook,
  insertNotebook,
  notebookBy,
  notebooksFor,
  removeNotebook,
  type NotebookRow,
  type NotebookSummaryRow,
} from './store.ts';

/** Pages of text and queries. What they hold is run by whoever looks at them, as any query is: nothing runs here. */
export function notebookHandlers({
  database,
  clock,
}: Pick<Platform, 'database' | 'clock'>): Handlers<typeof notebookRoutes> {
  const seen = (row: NotebookRow | undefined, id: string, who: Caller): NotebookRow => {
    if (!row || !(row.shared || row.owner === who.name))
      throw new SallyportError('NotFound', `there is no notebook ${id}`);
    return row;
  };
  return {
    listNotebooks: async (context) => ({
      notebooks: (await notebooksFor(database, requireCaller(context).name)).map((row) => ({
        ...summaryOf(row),
        cellCount: row.cell_count,
      })),
    }),
    getNotebook: async (context, { params: { id } }) =>
      toNotebook(seen(await notebookBy(database, id), id, requireCaller(context))),
    createNotebook: async (context, { body }) => {
      const who = requireCaller(context);
      mayShare(body.shared, who);
      const row = await insertNotebook(database, { id: randomUUID(), text: body, by: who.name, at: clock.now() });
      if (!row) throw new SallyportError('Conflict', `there are ${notebookLimits.notebooks} notebooks already`);
      context.audit({ target: `notebook ${row.id}`, details: { name: row.name, shared: row.shared } });
      return toNotebook(row);
    },
    updateNotebook: async (context, { params: { id }, body: { version, ...text } }) => {
      const who = requireCaller(context);
      context.audit({ target: `notebook ${id}`, details: { name: text.name, shared: text.shared } });
      return database.transaction(async (tx) => {
        const before = seen(await notebookBy(tx, id, true), id, who);
        mayShare(before.shared || text.shared, who);
        if (before.shared !== text.shared && before.owner !== who.name)
          throw new SallyportError('Forbidden', 'only its owner may share a notebook, or share it no more');
        if (before.version !== version)
          throw new SallyportError('Conflict', `version ${before.version} was saved by ${before.updated_by} meanwhile`);
        const row = await changeNotebook(tx, id, text, who.name, clock.now());
        return toNotebook(row!);
      });
    },
    deleteNotebook: async (context, { params: { id } }) => {
      const who = requireCaller(context);
      const row = seen(await notebookBy(database, id), id, who);
      mayShare(row.shared, who);
      context.audit({ target: `notebook ${id}`, details: { name: row.name } });
      await removeNotebook(database, id);
      return {};
    },
  };
}

function mayShare(shared: boolean, who: Caller): void {
  if (shared && !who.permissions.has('alerts.manage'))
    throw new SallyportError('Forbidden', 'the permission alerts.manage is needed for what is shared');
}

const summaryOf = (row: Omit<NotebookSummaryRow, 'cell_count'>) => ({
  id: row.id,
  name: row.name,
  description: row.description,
  range: row.range,
  shared: row.shared,
  owner: row.owner,
  version: row.version,
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
  updatedBy: row.updated_by,
});
const toNotebook = (row: NotebookRow): Notebook => ({ ...summaryOf(row), cells: row.cells });
