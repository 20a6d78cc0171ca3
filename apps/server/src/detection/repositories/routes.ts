import { SallyportError, type repositoryRoutes } from '@sallyport/contracts';
import { requireCaller, type Handlers } from '../../platform/http/index.ts';
import type { Platform } from '../../platform/types.ts';
import { exportHuntingQuery, huntingQueryStore } from '../hunting-queries/store.ts';
import type { Repositories } from './index.ts';

/** Items that a repository's page lists. */
const itemsShown = 10_000;

export function repositoryHandlers(
  { config, database }: Pick<Platform, 'config' | 'database'>,
  repositories: Repositories,
): Handlers<typeof repositoryRoutes> {
  const hunting = huntingQueryStore(database);
  return {
    listRepositories: async () => ({
      repositories: [...(await repositories.list())],
      allowed: {
        hosts: [...config.repositoryHosts, ...config.repositoryInternalHosts],
        folders: [...config.repositoryFolders],
      },
    }),
    getRepository: async (_, { params }) => {
      const found = await repositories.get(params.id);
      return { ...found, content: found.content.slice(0, itemsShown) };
    },
    createRepository: async (context, { body }) => {
      const { token, ...said } = body;
      context.audit({ target: `repository ${body.name}`, details: { ...said, hasToken: token !== '' } });
      const made = await repositories.create(body, requireCaller(context).name);
      await repositories.syncSoon(made.id, { whole: false });
      return made;
    },
    updateRepository: async (context, { params: { id }, body }) => {
      const { token, ...said } = body;
      context.audit({
        target: `repository ${id}`,
        details: { ...said, ...(token === undefined ? {} : { token: token === '' ? 'removed' : 'changed' }) },
      });
      const given = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
      const changed = await repositories.change(id, given, requireCaller(context).name);
      await repositories.syncSoon(id, { whole: false });
      return changed;
    },
    deleteRepository: async (context, { params: { id }, query: { content } }) => {
      const { name } = await repositories.get(id);
      context.audit({ target: `repository ${name}`, details: { content } });
      return { removed: await repositories.remove(id, content) };
    },
    syncRepository: async (context, { params: { id } }) => {
      context.audit({ target: `repository ${id}` });
      await repositories.syncSoon(id);
      return {};
    },
    exportHuntingQueries: async (_, { body: { ids } }) => {
      const all = await hunting.all();
      const wanted = ids && new Set(ids);
      const chosen = wanted ? all.filter(({ id }) => wanted.has(id)) : all;
      if (wanted && chosen.length < wanted.size)
        throw new SallyportError('NotFound', 'one of the queries was not imported here');
      return { files: chosen.map(exportHuntingQuery) };
    },
    deleteHuntingQueries: async (context, { body: { ids } }) => {
      context.audit({ target: `${ids.length} hunting queries`, details: { ids: ids.slice(0, 200) } });
      return { removed: await hunting.remove(ids) };
    },
  };
}
