import { z } from 'zod';
import { route } from '../route.ts';

/** Bounds of watchlists. Items are bounded by the disk alone; these keep a list one that can be looked at. */
export const watchlistLimits = {
  items: 50_000_000,
  uploadBytes: 16 * 1024 ** 3,
  previewBytes: 64 * 1024 ** 2,
  columns: 300,
  itemBytes: 1024 ** 2,
  changedAtOnce: 10_000,
  lists: 2_000,
} as const;

/** As Sentinel has them: 3 to 64 characters, a letter or digit at both ends. Queries say it between quotation marks. */
export const WatchlistAlias = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9 _-]{1,62}[A-Za-z0-9]$/,
    '3 to 64 letters, digits, spaces, _ and -; a letter or digit first and last',
  );
const WatchlistName = z.string().trim().min(3).max(64);
export const WatchlistColumn = z
  .string()
  .min(1)
  .max(128)
  // eslint-disable-next-line no-control-regex
  .regex(/^(?!\s)(?!.*\s$)[^\u0000-\u001f\u007f]+$/, 'no control characters, and no spaces at its ends');

const Described = {
  name: WatchlistName,
  description: z.string().max(5_000),
  provider: z.string().max(256),
  /** Where the items came from: a file's name, as a rule. */
  source: z.string().max(256),
  labels: z.array(z.string().trim().min(1).max(64)).max(50),
};

export const Watchlist = z.object({
  id: z.uuid(),
  alias: z.string(),
  ...Described,
  itemsSearchKey: z.string(),
  columns: z.array(z.string()),
  items: z.int(),
  createdAt: z.iso.datetime(),
  createdBy: z.string(),
  updatedAt: z.iso.datetime(),
  updatedBy: z.string(),
});
export type Watchlist = z.infer<typeof Watchlist>;

/** Column → value. A column that is left out is empty. */
const ItemValues = z.record(z.string().max(128), z.string().max(watchlistLimits.itemBytes));
export const WatchlistItem = z.object({
  id: z.string(),
  searchKey: z.string(),
  values: ItemValues,
  updatedAt: z.iso.datetime(),
});
export type WatchlistItem = z.infer<typeof WatchlistItem>;

/** A line that is no item, and why. */
export const WatchlistProblem = z.object({ line: z.int(), message: z.string() });
export type WatchlistProblem = z.infer<typeof WatchlistProblem>;

export const WatchlistFormat = z.enum(['csv', 'tsv', 'jsonl']);
export type WatchlistFormat = z.infer<typeof WatchlistFormat>;

export const WatchlistPreview = z.object({
  format: WatchlistFormat,
  columns: z.array(z.string()),
  /** The first 50. */
  rows: z.array(z.array(z.string())),
  /** Items in what was sent. */
  items: z.int(),
  /** Lines that are no item; the first 100 of them in `problems`. */
  faulty: z.int(),
  problems: z.array(WatchlistProblem),
  /** Items whose search key an earlier one has. */
  repeatedKeys: z.int(),
});
export type WatchlistPreview = z.infer<typeof WatchlistPreview>;

export const WatchlistUpload = z.object({
  watchlist: Watchlist,
  added: z.int(),
  faulty: z.int(),
  problems: z.array(WatchlistProblem),
});
export type WatchlistUpload = z.infer<typeof WatchlistUpload>;

export const WatchlistTemplate = z.object({
  alias: z.string(),
  name: z.string(),
  description: z.string(),
  itemsSearchKey: z.string(),
  columns: z.array(z.string()),
});

const ByAlias = z.object({ alias: z.string().min(1).max(64) });
const Flag = z.enum(['true', 'false']).transform((text) => text === 'true');
const Reading = z.object({
  /** Default: by what it looks like. */
  format: WatchlistFormat.optional(),
  /** Lines before the header. */
  skipLines: z.coerce.number().int().min(0).max(10_000).default(0),
});

export const watchlistRoutes = {
  listWatchlists: route({
    method: 'GET',
    path: '/api/watchlists',
    permission: 'securityData.read',
    summary: 'All watchlists, by name',
    response: z.object({ watchlists: z.array(Watchlist) }),
  }),
  listWatchlistTemplates: route({
    method: 'GET',
    path: '/api/watchlist-templates',
    permission: 'securityData.read',
    summary: 'Lists that rules and hunts of the community ask for, with their columns',
    response: z.object({ templates: z.array(WatchlistTemplate) }),
  }),
  previewWatchlist: route({
    method: 'POST',
    path: '/api/watchlist-previews',
    permission: 'detectionTuning.manage',
    summary: 'What a file would bring as a watchlist, and the lines of it that are no item; nothing is saved',
    query: Reading.extend({ searchKey: z.string().max(128).optional() }),
    body: 'raw',
    bodyLimit: watchlistLimits.previewBytes,
    response: WatchlistPreview,
  }),
  getWatchlist: route({
    method: 'GET',
    path: '/api/watchlists/:alias',
    permission: 'securityData.read',
    summary: 'One watchlist, and the rules that use it',
    params: ByAlias,
    response: Watchlist.extend({ usedBy: z.array(z.object({ id: z.string(), name: z.string() })) }),
  }),
  createWatchlist: route({
    method: 'POST',
    path: '/api/watchlists',
    permission: 'detectionTuning.manage',
    summary: 'Make a watchlist without items. Queries know it and its columns at once',
    body: z.object({
      alias: WatchlistAlias,
      name: Described.name,
      description: Described.description.default(''),
      provider: Described.provider.default(''),
      source: Described.source.default(''),
      labels: Described.labels.default([]),
      columns: z.array(WatchlistColumn).min(1).max(watchlistLimits.columns),
      itemsSearchKey: WatchlistColumn,
    }),
    response: Watchlist,
  }),
  updateWatchlist: route({
    method: 'PATCH',
    path: '/api/watchlists/:alias',
    permission: 'detectionTuning.manage',
    summary: 'Change what a watchlist is called and says of itself',
    params: ByAlias,
    body: z.object(Described).partial(),
    response: Watchlist,
  }),
  deleteWatchlist: route({
    method: 'DELETE',
    path: '/api/watchlists/:alias',
    permission: 'detectionTuning.manage',
    summary: 'Remove a watchlist with its items, at once',
    params: ByAlias,
    response: z.object({}),
  }),
  uploadWatchlistItems: route({
    method: 'POST',
    path: '/api/watchlists/:alias/upload',
    permission: 'detectionTuning.manage',
    summary:
      'Bring items of a CSV, TSV or JSON-lines file: in the place of all there are (`replace`, with the file’s columns), or beside them (`append`). All or nothing; `skipFaulty` leaves lines out that are no item',
    params: ByAlias,
    query: Reading.extend({
      mode: z.enum(['replace', 'append']).default('replace'),
      skipFaulty: Flag.default(false),
      /** With `replace`: another search key. */
      searchKey: z.string().max(128).optional(),
      source: Described.source.optional(),
    }),
    body: 'raw',
    bodyLimit: watchlistLimits.uploadBytes,
    response: WatchlistUpload,
  }),
  listWatchlistItems: route({
    method: 'GET',
    path: '/api/watchlists/:alias/items',
    permission: 'securityData.read',
    summary: 'Items in their order, some at a time',
    params: ByAlias,
    query: z.object({
      /** A text that stands in one of the values, in upper or lower case. */
      search: z.string().max(500).optional(),
      /** The id of the last item that is known. */
      after: z.string().max(64).optional(),
      limit: z.coerce.number().int().min(1).max(1_000).default(200),
    }),
    response: z.object({ items: z.array(WatchlistItem), more: z.boolean() }),
  }),
  changeWatchlistItems: route({
    method: 'POST',
    path: '/api/watchlists/:alias/items',
    permission: 'detectionTuning.manage',
    summary: 'Add, change and remove items, all at once or none',
    params: ByAlias,
    body: z.object({
      add: z.array(ItemValues).max(watchlistLimits.changedAtOnce).default([]),
      change: z
        .array(z.object({ id: z.string().max(64), values: ItemValues }))
        .max(watchlistLimits.changedAtOnce)
        .default([]),
      remove: z.array(z.string().max(64)).max(watchlistLimits.changedAtOnce).default([]),
    }),
    bodyLimit: 64 * 1024 ** 2,
    response: z.object({ watchlist: Watchlist, added: z.array(z.string()) }),
  }),
} as const;
