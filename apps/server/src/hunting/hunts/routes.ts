import type { huntRoutes } from '@sallyport/contracts';
import { requireCaller, type Handlers } from '../../platform/http/index.ts';
import type { Bookmarks } from './bookmarks.ts';
import type { Hunts } from './hunts.ts';
import { toBookmark, toHuntQuery, toHuntSummary } from './objects.ts';

/** What is given, without what is not. */
const given = <T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;

export function huntHandlers(hunts: Hunts, bookmarks: Bookmarks): Handlers<typeof huntRoutes> {
  return {
    listHunts: async () => ({ hunts: (await hunts.list()).map(toHuntSummary) }),
    getHunt: (_, { params }) => hunts.get(params.id),
    createHunt: async (context, { body: { hypothesisStatus, ...text } }) => {
      const hunt = await hunts.create({ ...text, hypothesis_status: hypothesisStatus }, requireCaller(context).name);
      context.audit({ target: `hunt ${hunt.id}`, details: { name: hunt.name } });
      return hunt;
    },
    updateHunt: (context, { params: { id }, body }) => {
      context.audit({ target: `hunt ${id}`, details: body });
      const { hypothesisStatus, ...text } = body;
      return hunts.change(id, given({ ...text, hypothesis_status: hypothesisStatus }), requireCaller(context).name);
    },
    deleteHunt: async (context, { params: { id } }) => {
      context.audit({ target: `hunt ${id}` });
      await hunts.remove(id);
      return {};
    },
    addHuntQueries: (context, { params: { id }, body }) => {
      context.audit({ target: `hunt ${id}`, details: { add: body.queries.map(({ name }) => name) } });
      return hunts.addQueries(id, body.queries, requireCaller(context).name);
    },
    removeHuntQuery: (context, { params: { id, queryId } }) => {
      context.audit({ target: `hunt ${id}`, details: { remove: queryId } });
      return hunts.removeQuery(id, queryId, requireCaller(context).name);
    },
    runHuntQuery: async (context, { params: { id, queryId }, body }) => {
      context.audit({ target: `hunt ${id}`, details: { run: queryId, days: body.days } });
      return toHuntQuery(await hunts.run(context, id, queryId, body.days));
    },
    addHuntComment: (context, { params: { id }, body }) => {
      context.audit({ target: `hunt ${id}` });
      return hunts.comment(id, body.text, requireCaller(context).name);
    },
    listBookmarks: async (_, { query: { limit, offset, ...filter } }) => {
      const { total, rows } = await bookmarks.list(filter, { limit, offset });
      return { total, bookmarks: rows.map(toBookmark) };
    },
    getBookmark: async (_, { params: { id } }) => toBookmark(await bookmarks.get(id)),
    createBookmarks: async (context, { body }) => {
      const rows = await bookmarks.create(body.bookmarks, requireCaller(context).name);
      context.audit({ target: `${rows.length} bookmarks`, details: { ids: rows.map(({ id }) => id) } });
      return { bookmarks: rows.map(toBookmark) };
    },
    updateBookmark: async (context, { params: { id }, body }) => {
      context.audit({ target: `bookmark ${id}`, details: body });
      const { huntId, ...text } = body;
      return toBookmark(await bookmarks.change(id, given({ ...text, hunt_id: huntId }), requireCaller(context).name));
    },
    deleteBookmark: async (context, { params: { id } }) => {
      context.audit({ target: `bookmark ${id}` });
      const { name, query, row } = toBookmark(await bookmarks.remove(id));
      context.audit({ target: `bookmark ${id}`, details: { name, query, row } });
      return {};
    },
    promoteBookmarks: async (context, { body: { ids, ...target } }) => {
      context.audit({
        target: target.incident === null ? 'a new incident' : `incident ${target.incident}`,
        details: { bookmarks: ids },
      });
      const incident = await bookmarks.promote(ids, target, requireCaller(context).name);
      context.audit({ target: `incident ${incident}`, details: { bookmarks: ids } });
      return { incident };
    },
  };
}
