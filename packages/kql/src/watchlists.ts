import type { FunctionDefinition, KqlCatalogue, TableSchema, WatchlistSchema } from './types.ts';

/**
 * `_GetWatchlist('alias')` of a watchlist that the catalogue knows is a table of its own, with the list's columns, so that names bind before anything runs
 * and the items are read as they are stored. Of others it stays the stored function over the table `Watchlist`.
 * https://learn.microsoft.com/azure/sentinel/watchlists-queries
 */

/** A text or a comment, which are passed over; or a call with what it is given first; or a name that stands for a text. */
const token =
  /\/\/[^\n]*|@"(?:[^"]|"")*"|@'(?:[^']|'')*'|\b_GetWatchlist\s*\(\s*(?:watchlistAlias\s*=\s*)?(?:"([^"\\\n]*)"|'([^'\\\n]*)'|([A-Za-z_]\w*))|\blet\s+([A-Za-z_]\w*)\s*=\s*(?:"([^"\\\n]*)"|'([^'\\\n]*)')\s*;|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g;

/** The text with calls of known watchlists under the names that these have in the catalogue. Every place stays where it was. */
export function watchlistText(text: string, { watchlists }: KqlCatalogue): string {
  if (!watchlists?.length || !text.includes('_GetWatchlist')) return text;
  const byAlias = new Map(watchlists.map((list) => [list.alias.toLowerCase(), list]));
  const said = new Map<string, string>();
  return text.replaceAll(token, (whole: string, ...groups: (string | undefined)[]) => {
    const [double, single, name, letName, letDouble, letSingle] = groups;
    if (letName !== undefined) said.set(letName, letDouble ?? letSingle ?? '');
    const alias = double ?? single ?? (name === undefined ? undefined : said.get(name));
    const list = alias === undefined ? undefined : byAlias.get(alias.toLowerCase());
    // The alias is no argument of the list's own function: an empty text stands for it.
    return list ? `${list.name}(${''.padEnd(whole.length - list.name.length - 3)}''` : whole;
  });
}

/** The catalogue with a table and a function for each of its watchlists. */
export function withWatchlists(catalogue: KqlCatalogue): KqlCatalogue {
  const { watchlists } = catalogue;
  if (!watchlists?.length) return catalogue;
  return {
    ...catalogue,
    tables: [...catalogue.tables, ...watchlists.map(asTable)],
    functions: [...catalogue.functions.map((one) => withAliases(one, watchlists)), ...watchlists.map(asFunction)],
  };
}

const tableOf = (list: WatchlistSchema): string => `${list.name}_items`;

/** `union *` and `search` do not come to it. */
const asTable = (list: WatchlistSchema): TableSchema => ({
  name: tableOf(list),
  columns: list.columns,
  reference: list.from,
  empty: true,
});

const asFunction = (list: WatchlistSchema): FunctionDefinition => ({
  name: list.name,
  parameters: '(watchlistAlias:string, keys:dynamic=dynamic([]))',
  body: `${tableOf(list)} | where array_length(keys) == 0 or SearchKey in (keys)`,
});

/** The names of lists that are known are told beside those of the table's rows. */
const withAliases = (one: FunctionDefinition, watchlists: readonly WatchlistSchema[]): FunctionDefinition =>
  one.name === '_GetWatchlistAlias'
    ? {
        ...one,
        body: `union (${one.body}), (datatable(WatchlistAlias:string)[${watchlists.map(({ alias }) => JSON.stringify(alias)).join(', ')}]) | distinct WatchlistAlias`,
      }
    : one;
