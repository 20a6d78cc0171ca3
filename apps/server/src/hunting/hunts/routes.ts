import { huntLimits, SallyportError, type huntRoutes } from '@sallyport/contracts';
import { requireCaller, type Handlers, type RequestContext } from '../../platform/http/index.ts';
import type { Platform } from '../../platform/types.ts';
import type { BookmarkRow } from './bookmark-store.ts';
import type { Bookmarks } from './bookmarks.ts';
import type { Hunts } from './hunts.ts';
import { toBookmark, toHuntQuery, toHuntSummary } from './objects.ts';
import type { BookmarksWithin } from './within.ts';

/** What is given, without what is not. */
const given = <T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;

export function huntHandlers(
  hunts: Hunts,
  bookmarks: Bookmarks,
  within: BookmarksWithin,
  { clock }: Pick<Platform, 'clock'>,
): Handlers<typeof huntRoutes> {
  const seen = (context: RequestContext, rows: readonly BookmarkRow[]): Promise<BookmarkRow[]> =>
    within.of(requireCaller(context), rows, clock.now(), context.signal);
  return {
    listHunts: async (context) => {
      const all = (await hunts.list()).map(toHuntSummary);
      const whole = within.isWhole(requireCaller(context));
      return { hunts: whole ? all : all.map((hunt) => ({ ...hunt, bookmarkCount: 0, commentCount: 0 })) };
    },
    getHunt: async (context, { params }) => {
      const caller = requireCaller(context);
      if (within.isWhole(caller)) return hunts.get(params.id);
      const hunt = await hunts.get(params.id);
      // How many rows another's run gave is told of all rows, and so may be what people wrote beside it.
      const queries = hunt.queries.map((query) => ({
        ...query,
        lastRun: query.lastRun?.by === caller.name ? query.lastRun : null,
      }));
      const shown = new Set((await seen(context, await bookmarks.ofHunt(hunt.id))).map(({ id }) => id));
      const own = hunt.bookmarks.filter(({ id }) => shown.has(id));
      return { ...hunt, queries, bookmarks: own, bookmarkCount: own.length, comments: [], commentCount: 0 };
    },
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
    listBookmarks: async (context, { query: { limit, offset, ...filter } }) => {
      if (within.isWhole(requireCaller(context))) {
        const { total, rows } = await bookmarks.list(filter, { limit, offset });
        return { total, bookmarks: rows.map(toBookmark) };
      }
      // Pages would tell how many there are between those that are seen.
      const { rows } = await bookmarks.list(filter, { limit: huntLimits.bookmarks, offset: 0 });
      const theirs = await seen(context, rows);
      return { total: theirs.length, bookmarks: theirs.slice(offset, offset + limit).map(toBookmark) };
    },
    getBookmark: async (context, { params: { id } }) => {
      const [row] = await seen(context, [await bookmarks.get(id)]);
      if (!row) throw new SallyportError('NotFound', `there is no bookmark ${id}`);
      return toBookmark(row);
    },
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
