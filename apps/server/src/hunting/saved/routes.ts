import type { SavedQuery, savedQueryRoutes } from '@sallyport/contracts';
import { requireCaller, type Handlers } from '../../platform/http/index.ts';
import type { SavedQueries } from './saved-queries.ts';
import type { SavedQueryRow } from './store.ts';

type Routes = Pick<
  typeof savedQueryRoutes,
  'listSavedQueries' | 'createSavedQuery' | 'updateSavedQuery' | 'deleteSavedQuery' | 'listSavedQueryVersions'
>;

export function savedQueryHandlers(saved: SavedQueries): Handlers<Routes> {
  return {
    listSavedQueries: async (context) => ({
      queries: (await saved.list(requireCaller(context))).map(toSavedQuery),
    }),
    createSavedQuery: async (context, { body }) => {
      const row = await saved.create(body, requireCaller(context));
      context.audit({ target: `saved query ${row.id}`, details: { ...body } });
      return toSavedQuery(row);
    },
    updateSavedQuery: async (context, { params: { id }, body: { version, ...body } }) => {
      context.audit({ target: `saved query ${id}`, details: { version, ...body } });
      return toSavedQuery(await saved.change(id, body, version, requireCaller(context)));
    },
    deleteSavedQuery: async (context, { params: { id } }) => {
      context.audit({ target: `saved query ${id}` });
      const { name, query } = await saved.remove(id, requireCaller(context));
      context.audit({ target: `saved query ${id}`, details: { name, query } });
      return {};
    },
    listSavedQueryVersions: async (context, { params: { id } }) => ({
      versions: (await saved.versions(id, requireCaller(context))).map((row) => ({
        version: row.version,
        at: row.at.toISOString(),
        by: row.by,
        name: row.name,
        query: row.query,
        functionParameters: row.function_parameters,
      })),
    }),
  };
}

const toSavedQuery = (row: SavedQueryRow): SavedQuery => ({
  id: row.id,
  name: row.name,
  folder: row.folder,
  description: row.description,
  query: row.query,
  tactics: row.tactics,
  techniques: row.techniques,
  shared: row.shared,
  functionName: row.function_name,
  functionParameters: row.function_parameters,
  owner: row.owner,
  version: row.version,
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
  updatedBy: row.updated_by,
});
