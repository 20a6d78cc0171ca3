export { readItems, watchlistHandlers, type ReadItems } from './routes.ts';
export { scheduleWatchlists } from './publish.ts';
export { Watchlists } from './watchlists.ts';
